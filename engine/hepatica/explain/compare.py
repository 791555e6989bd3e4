"""Answers side by side: several patients, or one patient under several rulesets. What differs first, then what is shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import Applicability, Entry, Evaluation, Finding, ListName
from hepatica.knowledge import Rule, Study
from hepatica.patient import FIELDS, Field, Value, show

Difference = Literal["list", "standing", "grounds", ""]
DIFFERENCES: dict[Difference, str] = {
    "list": "In another list",
    "standing": "In the same list with another standing",
    "grounds": "In the same list on other grounds",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One answer and the name it is shown under."""

    name: str
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class FactRow:
    """One field in every column, as a reader sees it."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DerivedRow:
    """One concept in every column: yes, no, unknown, or empty where the ruleset has no such concept."""

    concept: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One therapy in one column. `evidence` is each cited study with whether the patient is one it enrolled."""

    list: ListName
    finding: Finding
    evidence: tuple[tuple[Study, Applicability], ...]

    @property
    def rule(self) -> Rule:
        """The rule that puts the therapy there."""
        return self.finding.rule


@dataclass(frozen=True, slots=True)
class TherapyRow:
    """One therapy in every column; None where a ruleset does not know it. `difference` is the weightiest one."""

    therapy: str
    name: str
    cells: tuple[Cell | None, ...]
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between the columns, and everything they share."""

    columns: tuple[Column, ...]
    facts: tuple[FactRow, ...]
    derived: tuple[DerivedRow, ...]
    therapies: tuple[TherapyRow, ...]
    shared_facts: tuple[FactRow, ...]
    shared_derived: tuple[DerivedRow, ...]
    shared_therapies: tuple[TherapyRow, ...]

    @property
    def as_of(self) -> str:
        """The dates of the evidence behind the answers."""
        return " and ".join(dict.fromkeys(column.evaluation.ruleset.card.as_of for column in self.columns))


def compare(columns: Sequence[Column]) -> Comparison:
    """The columns side by side; at least one."""
    evaluations = [column.evaluation for column in columns]
    facts = [FactRow(f, tuple(_shown(f, e.profile[f.name]) for e in evaluations)) for f in FIELDS]
    derived = [DerivedRow(name, tuple(_derived(e, name) for e in evaluations)) for name in _names(evaluations)]
    therapies = [_row(name, evaluations) for name in dict.fromkeys(t for e in evaluations for t in e.ruleset.therapies)]
    order = list(DIFFERENCES)
    return Comparison(
        columns=tuple(columns),
        facts=tuple(row for row in facts if _differs(row.values)),
        derived=tuple(row for row in derived if _differs(row.values)),
        therapies=tuple(sorted((row for row in therapies if row.difference), key=lambda row: order.index(row.difference))),
        shared_facts=tuple(row for row in facts if not _differs(row.values)),
        shared_derived=tuple(row for row in derived if not _differs(row.values)),
        shared_therapies=tuple(row for row in therapies if not row.difference),
    )


def _shown(field: Field, value: Value | None) -> str:
    unit = f" {field.unit}" if field.kind == "number" and value is not None else ""
    return f"{show(value)}{unit}"


def _differs(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values)


def _names(evaluations: list[Evaluation]) -> list[str]:
    return list(dict.fromkeys(name for e in evaluations for name in e.derived))


def _derived(evaluation: Evaluation, name: str) -> str:
    derived = evaluation.derived.get(name)
    return show(derived.value) if derived is not None else ""


def _row(therapy: str, evaluations: list[Evaluation]) -> TherapyRow:
    cells = tuple(_cell(therapy, evaluation) for evaluation in evaluations)
    name = next(e.ruleset.therapies[therapy].name for e in evaluations if therapy in e.ruleset.therapies)
    return TherapyRow(therapy, name, cells, _difference(cells))


def _cell(therapy: str, evaluation: Evaluation) -> Cell | None:
    if therapy not in evaluation.ruleset.therapies:
        return None
    name, entry = evaluation.entry(therapy)
    return Cell(name, entry.finding, _evidence(entry))


def _evidence(entry: Entry) -> tuple[tuple[Study, Applicability], ...]:
    return tuple((citation.study, citation.applicability) for citation in entry.finding.citations)


def _difference(cells: tuple[Cell | None, ...]) -> Difference:
    if _differs([cell and cell.list for cell in cells]):
        return "list"
    known = [cell for cell in cells if cell is not None]
    if known[0].list == "ruled_out":
        return ""
    if _differs([cell.rule.standing for cell in known]):
        return "standing"
    grounds = [(cell.rule, cell.finding.needs, [(s, a.status) for s, a in cell.evidence]) for cell in known]
    return "grounds" if _differs(grounds) else ""
