"""The answer beside the form: the main view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hepatica.evaluation import Entry, Evaluation, Reason
from hepatica.knowledge import DEMANDS
from hepatica.patient import FIELDS, show
from hepatica.report.old_document import Document, answer
from hepatica.web.view import Asked, View

Pair = tuple[Document, Entry]


def view(asked: Asked) -> View:
    """The options, and what else is said of the case."""
    assert asked.case.profile is not None
    evaluation = asked.book.evaluator.evaluate(asked.case.profile)
    document = answer(evaluation, asked.book.shelf)
    context = {
        "evaluation": evaluation,
        "known": known_facts(evaluation),
        "unknown": [known.title for known in FIELDS if evaluation.profile[known.name] is None],
        "options": by_standing(_pairs(document["options"], evaluation.options)),
        "hopeful": by_needs(_pairs(document["possible"], evaluation.possible), not_supported=False),
        "doubtful": by_needs(_pairs(document["possible"], evaluation.possible), not_supported=True),
        "not_supported": _pairs(document["not_supported"], evaluation.not_supported),
        "ruled_out": by_reasons(evaluation.ruled_out),
        "summary": summary(evaluation),
    }
    return View("answer.html", document, context)


def known_facts(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Title, value and unit of every known fact; a unit that only names the scale is left out."""
    facts = evaluation.profile.facts
    return [
        (known.title, show(facts[known.name]), known.unit if known.kind == "number" else "")
        for known in FIELDS
        if facts[known.name] is not None
    ]


def by_standing(pairs: Iterable[Pair]) -> list[tuple[str, str, list[Pair]]]:
    """Title and meaning of each standing with its options."""
    groups: dict[str, tuple[str, list[Pair]]] = {}
    for document, entry in pairs:
        demand = DEMANDS[entry.finding.rule.standing]
        groups.setdefault(demand.title, (demand.means, []))[1].append((document, entry))
    return [(title, means, members) for title, (means, members) in groups.items()]


def by_needs(pairs: Iterable[Pair], *, not_supported: bool) -> list[tuple[tuple[str, ...], list[Pair]]]:
    """The open therapies by the unknown fields that decide, fewest first."""
    groups: dict[tuple[str, ...], list[Pair]] = {}
    for document, entry in pairs:
        if (entry.finding.rule.standing == "not_supported") == not_supported:
            groups.setdefault(entry.finding.needs, []).append((document, entry))
    return sorted(groups.items(), key=lambda item: len(item[0]))


def by_reasons(entries: Sequence[Entry]) -> list[tuple[tuple[Reason, ...], list[Entry]]]:
    """The therapies that are ruled out by what rules them out, the most frequent reason first."""
    groups: dict[tuple[Reason, ...], list[Entry]] = {}
    for entry in entries:
        plain = tuple(Reason(r.field, r.value, r.requires) for r in entry.finding.blocked_by)
        groups.setdefault(plain, []).append(entry)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def summary(evaluation: Evaluation) -> str:
    """The answer in one sentence, for those who hear it."""
    counts = f"{_count(len(evaluation.options), 'option')}, {len(evaluation.possible)} not settled"
    left = f"{len(evaluation.not_supported)} not supported, {len(evaluation.ruled_out)} ruled out"
    scope = {"in": "", "out": "Out of scope. ", "unknown": "Scope not known. "}[evaluation.scope]
    return f"{scope}{counts}, {left}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _pairs(documents: Sequence[Document], entries: Sequence[Entry]) -> list[Pair]:
    return list(zip(documents, entries, strict=True))
