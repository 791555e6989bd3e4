"""A ruleset's conditions compiled once into bit tables.

Every goal (a rule, a concept, the scope, a note, whom a study enrolled) is a run of conjunctions, one bit each. For each
class of each field a table says which conjunctions the class does not contradict: once with unknown contradicting
(certain) and once with unknown passing (possible). A profile's verdicts are the AND of one entry per field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property, reduce
from operator import or_
from typing import Literal, NamedTuple

from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import MAX_ALTERNATIVES, Expander, TooManyAlternatives, each_bit, too_broad
from hepatica.inference.plain import Verdict
from hepatica.knowledge import AllOf, Condition, Ruleset, Study, Test
from hepatica.patient import Facts, Fields, Interval, Value
from hepatica.problems import InvalidInput, Problem
from hepatica.records import record

GoalKind = Literal["concept", "scope", "rule", "note", "study", "result"]


class GoalKey(NamedTuple):
    """Names a condition that has a verdict; a study's is whom it enrolled, a result's (`study/result`) its subgroup."""

    kind: GoalKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}" if self.id else self.kind


SCOPE = GoalKey("scope")
Conditions = Mapping[GoalKey, Condition]
Groups = Sequence[tuple[int, int]]


@record
class Goal:
    """A condition with a verdict: its conjunctions are bits `first` to `first + len(conjunctions) - 1`, together `mask`.

    Each conjunction is a bit mask over `Program.tests`, and `tests` their union. `mark` is the goal's one bit in a verdict.
    """

    key: GoalKey
    first: int
    conjunctions: tuple[int, ...]
    mask: int
    mark: int
    tests: int


class Masks(NamedTuple):
    """Of one value, or of a profile: conjunctions left standing (certain, possible), and tests that hold and that fail."""

    certain: int
    possible: int
    holds: int
    fails: int

    def verdict(self, goal: Goal) -> Verdict:
        """The verdict of a goal."""
        return Verdict.of(self.certain & goal.mask, self.possible & goal.mask)


@record
class FieldTable:
    """What each class of a field leaves standing; a row is made when it is first asked for.

    `groups` are the masks of conjunctions by the tests of this field they use, `every` all conjunctions.
    """

    classes: FieldClasses
    tests: tuple[tuple[int, Test], ...]
    groups: Groups
    every: int
    _known: dict[int | Interval, Masks] = field(default_factory=dict, compare=False, repr=False)

    def row(self, value: Value | None) -> Masks:
        """The row of a value, or of a number known as an interval."""
        key = value if isinstance(value, Interval) else self.classes.class_of(value)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST_ROWS:
                self._known.clear()
            found = self._known[key] = self._row(self.classes.points_of(key))
        return found

    def _row(self, points: tuple[Value, ...]) -> Masks:
        """A test holds of a value where it holds of every point of it, and fails where it fails of every one."""
        holds = fails = 0
        # Everything stands until a test speaks against it.
        certain = possible = self.every
        for bit, test in self.tests:
            passed = [test.holds(point) for point in points]
            decided = points and all(passed) == any(passed)
            # One that the value leaves open has the verdict it asks for (`known:`), if any.
            verdict = passed[0] if decided else test.unknown
            holds |= bit if verdict else 0
            fails |= bit if verdict is False else 0
        own = sum(bit for bit, _ in self.tests)
        for tests, conjunctions in self.groups:
            if tests & own & ~holds:  # uses a test that may fail
                certain &= ~conjunctions
            if tests & fails:
                possible &= ~conjunctions
        return Masks(certain, possible, holds, fails)


_MOST_ROWS = 1024


@record
class Program:
    """The compiled conditions of one ruleset. `every` are all conjunction bits; `fill` and `marks` serve `verdicts`.

    `concept_tests` are, for each concept that is a goal, the tests that it or its opposite may bring into another goal.
    """

    fields: Fields
    tests: tuple[Test, ...]
    goals: Mapping[GoalKey, Goal]
    tables: tuple[FieldTable, ...]
    every: int
    fill: int
    marks: int
    concept_tests: Mapping[str, int]

    @cached_property
    def bits(self) -> Mapping[Test, int]:
        """The bit of each test."""
        return {test: 1 << index for index, test in enumerate(self.tests)}

    def masks(self, facts: Facts) -> Masks:
        """The verdict bits of a profile: one table entry per field."""
        certain = possible = self.every
        holds = fails = 0
        for table in self.tables:
            row = table.row(facts[table.classes.field.name])
            certain &= row.certain
            possible &= row.possible
            holds |= row.holds
            fails |= row.fails
        return Masks(certain, possible, holds, fails)

    def verdicts(self, conjunctions: int) -> int:
        """The marks of the goals of which some conjunction stands.

        The conjunctions of a goal lie side by side below a spare bit, its mark. Adding ones to all of them carries into the
        mark where at least one bit was set: one addition answers for every goal.
        """
        return (conjunctions + self.fill) & self.marks


def conditions_of(ruleset: Ruleset) -> dict[GoalKey, Condition]:
    """Every goal's condition. The scope is part of every rule."""
    scope = ruleset.card.scope
    found: dict[GoalKey, Condition] = {GoalKey("concept", name): when for name, when in ruleset.concept_conditions.items()}
    found[SCOPE] = scope
    found |= {GoalKey("rule", rule.id): AllOf(parts=(scope, rule.when)) for rule in ruleset.rules.values()}
    found |= {GoalKey("note", note.id): note.when for note in ruleset.notes if note.when is not None}
    asked: dict[GoalKey, Condition | None] = {}
    for study in ruleset.studies.values():
        asked[GoalKey("study", study.id)] = enrolment(study)
        asked |= {GoalKey("result", f"{study.id}/{result.id}"): result.subgroup_when for result in study.results}
    return found | {key: when for key, when in asked.items() if when is not None}


def enrolment(study: Study) -> Condition | None:
    """Whom a study enrolled: what its source prints and what is known from elsewhere; None where neither says."""
    if study.kind in ENROLLED_NOBODY:
        return None
    printed = [study.population.when] if study.population and study.population.when is not None else []
    parts = (*printed, *(criterion.when for criterion in study.criteria))
    return AllOf(parts=parts) if len(parts) > 1 else parts[0] if parts else None


ENROLLED_NOBODY = ("regulatory_approval", "case_report", "review_statement")


def compile_ruleset(ruleset: Ruleset) -> Program:
    """The program of a ruleset; raises `InvalidInput` where a condition multiplies out beyond the limit."""
    return compile_conditions(conditions_of(ruleset), ruleset.concept_conditions, ruleset.fields, ruleset.places)


def compile_conditions(
    conditions: Conditions, concepts: Mapping[str, Condition], fields: Fields, places: Mapping[str, str] | None = None
) -> Program:
    """The program of named conditions over some fields."""
    expander = Expander(concepts, fields)
    expanded: dict[GoalKey, tuple[int, ...]] = {}
    concept_masks: dict[str, tuple[int, ...]] = {}
    too_many: list[GoalKey] = []
    for key, condition in conditions.items():
        try:
            expanded[key] = expander.masks(condition)
            broad = too_broad(condition)
            if key.kind == "concept":
                concept_masks[key.id] = (*expanded[key], *expander.concept(key.id, wanted=False))
                broad = broad or too_broad(condition, wanted=False)
        except TooManyAlternatives:
            broad = True
        if broad:
            too_many.append(key)
    if too_many:
        raise InvalidInput(_located(key, (places or {}).get(str(key), f"{key}:1")) for key in too_many)
    tests, bits = _ordered(expander.tests, expanded.values(), fields)
    renumbered = {key: [_renumbered(mask, bits) for mask in masks] for key, masks in expanded.items()}
    concept_tests = {name: _renumbered(reduce(or_, masks, 0), bits) for name, masks in concept_masks.items()}
    return assembled(fields, tests, renumbered, concept_tests)


def assembled(
    fields: Fields,
    tests: tuple[Test, ...],
    conjunctions: Mapping[GoalKey, Sequence[int]],
    concept_tests: Mapping[str, int],
    groups: Sequence[Groups] | None = None,
) -> Program:
    """The program of goals that are multiplied out; `groups` are those of each table where they are known."""
    goals, fill = _goals(conjunctions)
    # No two goals share a bit, so that adding is the same as joining.
    every, marks = sum(goal.mask for goal in goals.values()), sum(goal.mark for goal in goals.values())
    by_field = {name: tuple((1 << n, test) for n, test in enumerate(tests) if test.field == name) for name in fields}
    # A field that no test reads leaves everything standing: it needs no table.
    owned = {name: own for name, own in by_field.items() if own}
    found = _groups(goals.values(), owned.values()) if groups is None else groups
    cut = ((classes_of(fields[name], tests), own) for name, own in owned.items())
    tables = tuple(FieldTable(*one, group, every) for one, group in zip(cut, found, strict=True))
    return Program(fields, tests, goals, tables, every, fill, marks, concept_tests)


def _located(key: GoalKey, place: str) -> Problem:
    file, _, line = place.rpartition(":")
    message = f"{key} multiplies out to more than {MAX_ALTERNATIVES} alternatives; split it"
    return Problem(file, int(line), 1, "too-many-alternatives", message)


def _ordered(met: Sequence[Test], masks: Iterable[Sequence[int]], fields: Fields) -> tuple[tuple[Test, ...], dict[int, int]]:
    """Every test that a mask uses, by field, operator and operands, and the bit of each by its number before."""
    order = {name: index for index, name in enumerate(fields)}
    used = reduce(or_, (mask for each in masks for mask in each), 0)
    numbers = sorted(
        each_bit(used), key=lambda n: (order[met[n].field], met[n].operator, repr(met[n].operands), str(met[n].unknown))
    )
    return tuple(met[n] for n in numbers), {number: 1 << place for place, number in enumerate(numbers)}


def _renumbered(mask: int, bits: Mapping[int, int]) -> int:
    return sum([bits[number] for number in each_bit(mask) if number in bits])


def _goals(expanded: Mapping[GoalKey, Sequence[int]]) -> tuple[dict[GoalKey, Goal], int]:
    """Every goal, and the ones to add so that a goal's conjunctions carry into its mark."""
    goals: dict[GoalKey, Goal] = {}
    first = fill = 0
    for key, alternatives in expanded.items():
        # The shortest first, whatever the order of writing: of several alternatives that hold or fail alike the first is told.
        conjunctions = tuple(sorted(alternatives, key=lambda mask: (mask.bit_count(), mask)))
        count, every = len(conjunctions), reduce(or_, conjunctions, 0)
        mask = ((1 << count) - 1) << first
        spare = count != 1  # a single conjunction is its own mark
        fill |= mask if spare else 0
        goals[key] = Goal(key, first, conjunctions, mask, 1 << first + count - (not spare), every)
        first += count + spare
    return goals, fill


def _groups(goals: Iterable[Goal], owned: Iterable[tuple[tuple[int, Test], ...]]) -> list[Groups]:
    """For each field the masks of the conjunctions by which of its tests they use."""
    uses: dict[int, int] = {}
    for goal in goals:
        for offset, conjunction in enumerate(goal.conjunctions):
            uses[conjunction] = uses.get(conjunction, 0) | 1 << goal.first + offset
    found: list[Groups] = []
    for own in owned:
        all_own = sum(bit for bit, _ in own)
        groups: dict[int, int] = {}
        for conjunction, bits in uses.items():
            groups[conjunction & all_own] = groups.get(conjunction & all_own, 0) | bits
        found.append(tuple(groups.items()))
    return found
