"""Holds answers against cases: what was expected, what came, and the finding that decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hepatica.assurance.cases.case import Also, Case, Why
from hepatica.evaluation import ApplicabilityStatus, Entry, Evaluation, Evaluator, Finding, ListName, Scope
from hepatica.patient import UNKNOWN, show

Placed = tuple[ListName, Entry]
NOT_CITED = "not cited"


@dataclass(frozen=True, slots=True)
class Answered:
    """The parts of an answer that a case can speak of.

    `derived` is yes, no or unknown by concept, `applicability` inside, outside ... by each study that the answer cites.
    """

    placed: Mapping[str, Placed]
    scope: Scope
    derived: Mapping[str, str]
    warnings: frozenset[str]
    applicability: Mapping[str, ApplicabilityStatus]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that was not met; `finding` is what put the therapy where it is."""

    about: str
    expected: str
    came: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what did not come as it says; passed where nothing did."""

    case: Case
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.mismatches


def run(cases: Iterable[Case], evaluator: Evaluator) -> list[Outcome]:
    """Every case under one ruleset, in order."""
    return [outcome(case, evaluator) for case in cases]


def outcome(case: Case, evaluator: Evaluator) -> Outcome:
    """One case under one ruleset."""
    return Outcome(case, tuple(mismatches(case, answered(evaluator.evaluate(case.profile)))))


def answered(evaluation: Evaluation) -> Answered:
    """What an evaluation says."""
    placed = {entry.therapy.id: (name, entry) for name, entries in evaluation.entries().items() for entry in entries}
    derived = {name: truth(found.value) for name, found in evaluation.derived.items()}
    warnings = frozenset(warning.code for warning in evaluation.profile.warnings)
    findings = [finding for _, entry in placed.values() for finding in (entry.finding, *entry.others)]
    applicability = {study.id: fits.status for finding in findings for study, fits in finding.citations}
    return Answered(placed, evaluation.scope, derived, warnings, applicability)


def truth(value: bool | None) -> str:
    """A verdict as a case writes it."""
    return UNKNOWN if value is None else show(value)


def mismatches(case: Case, answer: Answered) -> Iterator[Mismatch]:
    """Every expectation of a case that an answer does not meet."""
    if case.scope is not None and case.scope != answer.scope:
        yield Mismatch("scope", case.scope, answer.scope)
    if case.warnings is not None and case.warnings != answer.warnings:
        yield Mismatch("warnings", _listed(case.warnings), _listed(answer.warnings))
    for concept, expected in case.derived.items():
        if expected != answer.derived[concept]:
            yield Mismatch(concept, expected, answer.derived[concept])
    for study, status in case.applicability.items():
        came: str = answer.applicability.get(study, NOT_CITED)
        if status != came:
            yield Mismatch(f"applicability of {study}", status, came)
    for therapy, placed in answer.placed.items():
        yield from misplaced(case, therapy, placed)


def misplaced(case: Case, therapy: str, placed: Placed) -> Iterator[Mismatch]:
    """What a case expects of one therapy and does not find."""
    reached, entry = placed
    expected = case.lists.get(therapy)
    if expected is not None and expected != reached:
        yield Mismatch(therapy, expected, reached, entry.finding)
    for whole, names in case.exactly.items():
        if therapy in names and reached != whole:
            yield Mismatch(therapy, whole, reached, entry.finding)
        elif therapy not in names and reached == whole:
            yield Mismatch(therapy, f"not in {whole}", reached, entry.finding)
    why = case.why.get(therapy)
    if why is not None:
        yield from _unexplained(why, therapy, entry)


def _unexplained(why: Why, therapy: str, entry: Entry) -> Iterator[Mismatch]:
    for part, expected, came in _parts(why, entry.finding):
        if expected != came:
            yield Mismatch(f"{therapy}, {part}", expected, came, entry.finding)
    for rule, also in why.also.items():
        yield from _other(also, f"{therapy}, rule {rule}", rule, entry)


def _other(also: Also, about: str, rule: str, entry: Entry) -> Iterator[Mismatch]:
    """What a case expects of one rule, and does not find."""
    found = next((f for f in (entry.finding, *entry.others) if f.rule.id == rule), None)
    came = found.reaches if found is not None else "ruled_out"
    if came != also.reaches:
        yield Mismatch(about, also.reaches, came, found or entry.finding)
    elif found is not None:
        for part, expected, given in _evidence(also, found):
            if expected != given:
                yield Mismatch(f"{about}, {part}", expected, given, found)


def _evidence(asked: Why | Also, finding: Finding) -> Iterator[tuple[str, str, str]]:
    if asked.standing is not None:
        yield "standing", asked.standing, finding.rule.standing
    if asked.cites is not None:
        yield "cites", ", ".join(asked.cites), ", ".join(finding.rule.cites)


def _parts(why: Why, finding: Finding) -> Iterator[tuple[str, str, str]]:
    if why.rule:
        yield "rule", why.rule, finding.rule.id
    yield from _evidence(why, finding)
    if why.needs is not None:
        yield "needs", _listed(why.needs), _listed(finding.needs)
    if why.blocked_by is not None:
        yield "blocked by", _listed(why.blocked_by), _listed(reason.field for reason in finding.blocked_by)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"
