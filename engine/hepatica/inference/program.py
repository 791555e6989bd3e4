"""A ruleset's conditions compiled once into bit tables.

Every goal (a rule, a concept, the scope, a note, a study's population) is a run of conjunctions, one bit each. For each
class of each field a table says which conjunctions the class does not contradict: once with unknown contradicting
(certain) and once with unknown passing (possible). A profile's verdicts are the AND of one entry per field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import MAX_ALTERNATIVES, Opener, TooManyAlternatives, breadth
from hepatica.knowledge import AllOf, Condition, Ruleset, Test
from hepatica.patient import FIELDS, Facts
from hepatica.problems import InvalidInput, Problem

SCOPE = "scope"
CONCEPT = "concept/"


@dataclass(frozen=True, slots=True)
class Goal:
    """A condition with a verdict: its conjunctions are bits `first` to `first + len(conjunctions) - 1`.

    Each conjunction is a bit mask over `Program.tests`.
    """

    name: str
    index: int
    first: int
    conjunctions: tuple[int, ...]
    mask: int
    tests: int


@dataclass(frozen=True, slots=True)
class FieldTable:
    """For each class of a field: conjunctions not contradicted (certain, possible), tests that hold, tests that fail."""

    classes: FieldClasses
    certain: tuple[int, ...]
    possible: tuple[int, ...]
    holds: tuple[int, ...]
    fails: tuple[int, ...]


class Masks(NamedTuple):
    """Every verdict of one profile: conjunction bits (certain, possible) and test bits (holds, fails)."""

    certain: int
    possible: int
    holds: int
    fails: int


@dataclass(frozen=True, slots=True)
class Program:
    """The compiled conditions of one ruleset."""

    tests: tuple[Test, ...]
    goals: Mapping[str, Goal]
    tables: tuple[FieldTable, ...]

    def masks(self, facts: Facts) -> Masks:
        """The verdict bits of a profile: one table entry per field."""
        certain = possible = -1
        holds = fails = 0
        for table in self.tables:
            index = table.classes.class_of(facts[table.classes.field.name])
            certain &= table.certain[index]
            possible &= table.possible[index]
            holds |= table.holds[index]
            fails |= table.fails[index]
        return Masks(certain, possible, holds, fails)


def conditions_of(ruleset: Ruleset) -> dict[str, Condition]:
    """Every goal's condition by name. The scope is part of every rule."""
    scope = ruleset.card.scope
    found: dict[str, Condition] = {f"{CONCEPT}{c.id}": c.when for c in ruleset.concepts.values()}
    found[SCOPE] = scope
    found |= {f"rule/{rule.id}": AllOf((scope, rule.when)) for rule in ruleset.rules.values()}
    found |= {f"note/{note.id}": note.when for note in ruleset.notes if note.when is not None}
    for study in ruleset.studies.values():
        if study.population is not None and study.population.when is not None:
            found[f"population/{study.id}"] = study.population.when
    return found


def compile_ruleset(ruleset: Ruleset) -> Program:
    """The program of a ruleset; raises `InvalidInput` where a condition multiplies out beyond the limit."""
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    return compile_conditions(conditions_of(ruleset), concepts, ruleset.places)


def compile_conditions(
    conditions: Mapping[str, Condition], concepts: Mapping[str, Condition], places: Mapping[str, str] | None = None
) -> Program:
    """The program of named conditions."""
    opener = Opener(concepts)
    expanded: dict[str, tuple[frozenset[Test], ...]] = {}
    too_many: list[str] = []
    for name, condition in conditions.items():
        try:
            expanded[name] = opener.opened(condition)
            broad = breadth(condition)
            if name.startswith(CONCEPT):
                opener.concept(name.removeprefix(CONCEPT), wanted=False)
                broad += breadth(condition, wanted=False)
        except TooManyAlternatives:
            broad = MAX_ALTERNATIVES + 1
        if broad > MAX_ALTERNATIVES:
            too_many.append(name)
    if too_many:
        raise InvalidInput(_located(name, (places or {}).get(name, f"{name}:1")) for name in too_many)
    tests = _ordered(expanded.values())
    bit = {test: 1 << index for index, test in enumerate(tests)}
    goals = _goals(expanded, bit)
    return Program(tests, goals, _tables(tests, goals))


def _located(name: str, place: str) -> Problem:
    file, _, line = place.rpartition(":")
    message = f"{name} multiplies out to more than {MAX_ALTERNATIVES} alternatives; split it"
    return Problem(file, int(line), 1, "too-many-alternatives", message)


def _tables(tests: tuple[Test, ...], goals: Mapping[str, Goal]) -> tuple[FieldTable, ...]:
    """One table for each field that a test reads."""
    used = {test.field for test in tests}
    return tuple(_table(classes_of(field, tests), tests, goals) for field in FIELDS if field.name in used)


def _ordered(expanded: Iterable[tuple[frozenset[Test], ...]]) -> tuple[Test, ...]:
    """Every test once, by field, operator and operands."""
    order = {field.name: index for index, field in enumerate(FIELDS)}
    unique = {test for alternatives in expanded for alternative in alternatives for test in alternative}
    return tuple(sorted(unique, key=lambda test: (order[test.field], test.operator, repr(test.operands))))


def _goals(expanded: Mapping[str, tuple[frozenset[Test], ...]], bit: Mapping[Test, int]) -> dict[str, Goal]:
    goals: dict[str, Goal] = {}
    first = 0
    for index, (name, alternatives) in enumerate(expanded.items()):
        conjunctions = tuple(sum(bit[test] for test in alternative) for alternative in alternatives)
        mask = ((1 << len(conjunctions)) - 1) << first
        every = 0
        for conjunction in conjunctions:
            every |= conjunction
        goals[name] = Goal(name, index, first, conjunctions, mask, every)
        first += len(conjunctions)
    return goals


def _table(classes: FieldClasses, tests: tuple[Test, ...], goals: Mapping[str, Goal]) -> FieldTable:
    own = [(1 << index, test) for index, test in enumerate(tests) if test.field == classes.field.name]
    every = sum(bit for bit, _ in own)
    holds = tuple(0 if s is None else sum(bit for bit, test in own if test.holds(s)) for s in classes.samples)
    fails = tuple(0 if s is None else every & ~held for s, held in zip(classes.samples, holds, strict=True))
    conjunctions = [c for goal in goals.values() for c in goal.conjunctions]
    certain = tuple(_not_contradicted(conjunctions, every & ~held) for held in holds)
    possible = tuple(_not_contradicted(conjunctions, failed) for failed in fails)
    return FieldTable(classes, certain, possible, holds, fails)


def _not_contradicted(conjunctions: list[int], against: int) -> int:
    """The bits of the conjunctions that use none of the tests `against`."""
    return sum(1 << index for index, conjunction in enumerate(conjunctions) if not conjunction & against)
