"""Answers side by side: several patients, or one patient under several rulesets. What differs first, then what is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hepatica.evaluation import ApplicabilityStatus, Evaluation, ListName, RulesetIdentity, Scope
from hepatica.knowledge import Standing, Verdict, concept_words
from hepatica.notice import notice
from hepatica.patient import Profile
from hepatica.wording import NOT_KNOWN, shown

Difference = Literal["list", "standing", "grounds", ""]
DIFFERENCES: Mapping[Difference, str] = {
    "list": "Verdict differs",
    "standing": "Same verdict, different standing",
    "grounds": "Same verdict, different evidence",
}
MOST_COLUMNS = 26


@dataclass(frozen=True, slots=True)
class Column:
    """One answer and the name it is shown under."""

    name: str
    evaluation: Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCase:
    """What a column is about: the case, and the ruleset that answered."""

    name: str
    ruleset: RulesetIdentity
    scope: Scope
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """A field, a component of Child-Pugh or a concept in every column, in words; empty where a ruleset has no such thing."""

    id: str
    title: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedTherapy:
    """One therapy in one column. `evidence` is each cited study with whether the patient is one it enrolled."""

    list: ListName
    rule: str
    standing: Standing
    verdict: Verdict | None
    would_be: ListName | None
    needs: tuple[str, ...]
    needs_titles: tuple[str, ...]
    headline: str
    evidence: tuple[tuple[str, ApplicabilityStatus], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapyRow:
    """One therapy in every column; None where a ruleset does not know it. `difference` is the weightiest one."""

    therapy: str
    name: str
    cells: tuple[ComparedTherapy | None, ...]
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that differs between the columns, and everything they share."""

    notice: str
    columns: tuple[ComparedCase, ...]
    facts: tuple[ComparedRow, ...]
    components: tuple[ComparedRow, ...]
    derived: tuple[ComparedRow, ...]
    therapies: tuple[TherapyRow, ...]
    shared_facts: tuple[ComparedRow, ...]
    shared_derived: tuple[ComparedRow, ...]
    shared_therapies: tuple[TherapyRow, ...]


def compare(columns: Sequence[Column]) -> Comparison:
    """The columns side by side; at least one."""
    evaluations = [column.evaluation for column in columns]
    facts, derived = _facts(evaluations), _derived(evaluations)
    therapies = [_row(name, evaluations) for name in dict.fromkeys(t for e in evaluations for t in e.knowledge.therapies)]
    order = list(DIFFERENCES)
    dates = dict.fromkeys(evaluation.ruleset.as_of for evaluation in evaluations)
    cases = ((column.name, column.evaluation) for column in columns)
    return Comparison(
        notice=notice(" and ".join(dates)),
        columns=tuple(ComparedCase(name=name, ruleset=e.ruleset, scope=e.scope, profile=e.profile) for name, e in cases),
        facts=tuple(row for row in facts if _differs(row.values)),
        components=tuple(row for row in _components(evaluations) if _differs(row.values)),
        derived=tuple(row for row in derived if _differs(row.values)),
        therapies=tuple(sorted((row for row in therapies if row.difference), key=lambda row: order.index(row.difference))),
        shared_facts=tuple(row for row in facts if not _differs(row.values)),
        shared_derived=tuple(row for row in derived if not _differs(row.values)),
        shared_therapies=tuple(row for row in therapies if not row.difference),
    )


def _facts(evaluations: list[Evaluation]) -> list[ComparedRow]:
    def value(evaluation: Evaluation, name: str) -> str:
        known = evaluation.knowledge.fields
        return shown(known[name], evaluation.profile.facts.get(name)) if name in known else ""

    return _rows({name: field.title for e in evaluations for name, field in e.knowledge.fields.items()}, evaluations, value)


def _components(evaluations: list[Evaluation]) -> list[ComparedRow]:
    """The components of Child-Pugh with their points."""

    def value(evaluation: Evaluation, name: str) -> str:
        components, points = (_child_pugh(evaluation).get(part, {}) for part in ("components", "points"))
        return f"{components[name]} ({points.get(name, '?')})" if name in components else NOT_KNOWN

    named = {name: name for evaluation in evaluations for name in _child_pugh(evaluation).get("components", ())}
    return _rows(named, evaluations, value)


def _child_pugh(evaluation: Evaluation) -> Mapping[str, Any]:
    return evaluation.profile.measurements.get("child_pugh") or {}


def _derived(evaluations: list[Evaluation]) -> list[ComparedRow]:
    words = {True: "yes", False: "no", "unknown": NOT_KNOWN}

    def value(evaluation: Evaluation, name: str) -> str:
        return words[evaluation.derived[name]] if name in evaluation.derived else ""

    return _rows({name: concept_words(name) for e in evaluations for name in e.derived}, evaluations, value)


def _rows(titles: Mapping[str, str], evaluations: list[Evaluation], value: Callable[[Evaluation, str], str]) -> list[ComparedRow]:
    return [ComparedRow(id=k, title=title, values=tuple(value(e, k) for e in evaluations)) for k, title in titles.items()]


def _differs(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values)


def _row(therapy: str, evaluations: list[Evaluation]) -> TherapyRow:
    cells = tuple(_cell(therapy, evaluation) for evaluation in evaluations)
    name = next(e.knowledge.therapies[therapy].name for e in evaluations if therapy in e.knowledge.therapies)
    return TherapyRow(therapy=therapy, name=name, cells=cells, difference=_difference(cells))


def _cell(therapy: str, evaluation: Evaluation) -> ComparedTherapy | None:
    if therapy not in evaluation.knowledge.therapies:
        return None
    name, entry = evaluation.entry(therapy)
    return ComparedTherapy(
        list=name,
        rule=entry.rule,
        standing=entry.standing,
        verdict=entry.verdict,
        would_be=entry.would_be,
        needs=entry.needs,
        needs_titles=tuple(evaluation.knowledge.fields[field].title for field in entry.needs),
        headline=entry.headline.text,
        evidence=tuple((citation.name, citation.applicability.status) for citation in entry.citations),
    )


def _difference(cells: tuple[ComparedTherapy | None, ...]) -> Difference:
    if _differs([cell and cell.list for cell in cells]):
        return "list"
    known = [cell for cell in cells if cell is not None]
    if known[0].list in ("ruled_out", "unreported"):
        return ""
    if _differs([(cell.standing, cell.verdict) for cell in known]):
        return "standing"
    return "grounds" if _differs([(cell.rule, cell.needs, cell.evidence) for cell in known]) else ""
