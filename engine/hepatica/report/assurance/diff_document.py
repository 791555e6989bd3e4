"""A comparison of two rulesets as JSON-ready values. Keys may be added, never renamed."""

from __future__ import annotations

from typing import Any

from hepatica.assurance.answers.version import Stand
from hepatica.assurance.diff.allow import Judged
from hepatica.assurance.diff.compare import Change, Comparison
from hepatica.notice import notice
from hepatica.patient import Facts, Profile
from hepatica.report.assurance.comparison_words import COUNTED, headline
from hepatica.report.old_document import identity

Document = dict[str, Any]


def document(comparison: Comparison, judged: Judged | None) -> Document:
    """The whole comparison. `changed` is whether any answer differs; `undeclared` is absent without declared changes."""
    shown: Document = {
        "notice": notice(comparison.new.ruleset.card.as_of),
        "old": identity(comparison.old.ruleset),
        "new": identity(comparison.new.ruleset),
        "headline": headline(comparison),
        "changed": bool(comparison.changes),
        "space": {"profiles": comparison.space.profiles, "distinguishable": comparison.space.points, "counted": COUNTED},
        "unchanged_subjects": comparison.same,
        "edits": [edit._asdict() for edit in comparison.edits],
        "changes": [_change(change, judged) for change in comparison.changes],
    }
    if judged is not None:
        left = {id(change): left for change, left in judged.undeclared}
        shown["undeclared"] = [{**_subject(c), "profiles": left[id(c)]} for c, _ in judged.undeclared]
        shown["declared_but_not_met"] = [{"place": a.place, "kind": a.subject.kind, "id": a.subject.id} for a in judged.unmet]
    return shown


def witness(facts: Facts) -> Document:
    """A witness as a profile document: reading it back gives the same facts."""
    return Profile(facts).as_document()


def _subject(change: Change) -> Document:
    return {"kind": change.subject.kind, "id": change.subject.id, "what": change.kind}


def _change(change: Change, judged: Judged | None) -> Document:
    shown = {
        **_subject(change),
        "before": _stand(change.before),
        "after": _stand(change.after),
        "profiles": change.profiles,
        "where": [dict(words) for words in change.where],
        "witness": witness(change.witness),
    }
    return shown if judged is None else shown | {"declared": any(change is declared for declared in judged.declared)}


def _stand(stand: Stand) -> Document:
    return {"place": stand.place, "standing": stand.standing or None, "citations": list(stand.citations)}
