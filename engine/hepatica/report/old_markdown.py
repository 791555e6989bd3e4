"""An answer as Markdown, for a document or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hepatica.evaluation import Entry, Evaluation
from hepatica.knowledge import DEMANDS
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME, FIELDS, show
from hepatica.report.sentences import applicability_words, evidence_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def answer(evaluation: Evaluation) -> str:
    """The whole answer."""
    return "\n".join(_lines(evaluation)) + "\n"


def _lines(evaluation: Evaluation) -> Iterator[str]:
    card, profile = evaluation.ruleset.card, evaluation.profile
    yield f"# {escaped(profile.label or 'Hypothetical patient')}"
    yield ""
    yield f"> {notice(card.as_of)}"
    yield ""
    yield f"Ruleset {card.id} {card.version}, evidence as of {card.as_of}, `{evaluation.ruleset.digest}`."
    yield ""
    yield "| fact | value |"
    yield "| --- | --- |"
    for field in FIELDS:
        yield f"| {field.title} | {escaped(show(profile.facts[field.name]))} |"
    yield from (f"\n**Warning.** {escaped(warning.message)}" for warning in profile.warnings)
    if evaluation.scope != "in":
        yield f"\n**Scope: {evaluation.scope}.** {escaped(card.out_of_scope)}"
    yield from _applying("Options the evidence backs", evaluation.options)
    yield from _possible(evaluation.possible)
    yield from _applying("Tested in this setting and not supported", evaluation.not_supported)
    yield from _ruled_out(evaluation.ruled_out)


def _applying(title: str, entries: tuple[Entry, ...]) -> Iterator[str]:
    yield f"\n## {title} ({len(entries)})\n"
    if not entries:
        return
    yield "| therapy | standing | says | evidence | this patient |"
    yield "| --- | --- | --- | --- | --- |"
    for entry in entries:
        finding = entry.finding
        fits = "; ".join(f"{c.study.name}: {applicability_words(c.applicability)}" for c in finding.citations)
        standing = DEMANDS[finding.rule.standing].title
        cells = [entry.therapy.name, standing, finding.rule.says, evidence_line(finding), fits]
        yield "| " + " | ".join(map(escaped, cells)) + " |"


def _possible(entries: tuple[Entry, ...]) -> Iterator[str]:
    yield f"\n## Not known until a fact is ({len(entries)})\n"
    if not entries:
        return
    yield "| therapy | would be | depends on |"
    yield "| --- | --- | --- |"
    for entry in entries:
        needs = ", ".join(FIELD_BY_NAME[name].title for name in entry.finding.needs)
        yield f"| {escaped(entry.therapy.name)} | {DEMANDS[entry.finding.rule.standing].title} | {needs} |"


def _ruled_out(entries: tuple[Entry, ...]) -> Iterator[str]:
    yield f"\n## Ruled out ({len(entries)})\n"
    if not entries:
        return
    yield "| therapy | by |"
    yield "| --- | --- |"
    for entry in entries:
        by = "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}, needs {r.requires}" for r in entry.finding.blocked_by)
        yield f"| {escaped(entry.therapy.name)} | {escaped(by)} |"
