"""A ruleset's conditions compiled once into bit tables.

Every goal (a rule, a concept, the scope, a note, whom a study enrolled) is a run of conjunctions, one bit each. For each
class of each field a table says which conjunctions the class does not contradict: once with unknown contradicting
(certain) and once with unknown passing (possible). A profile's verdicts are the AND of one entry per field.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import Literal, NamedTuple

from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import MAX_ALTERNATIVES, Expander, TooManyAlternatives, breadth, each_bit
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


MAX_IN_ALL = 100_000
"""The most alternatives that all goals of a ruleset may have together."""
SCOPE = GoalKey("scope")
Conditions = Mapping[GoalKey, Condition]


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


class Conclusions(NamedTuple):
    """The verdicts of one profile: marks of the goals that certainly hold and that may, bits of the tests that hold and fail."""

    certain: int
    possible: int
    holds: int
    fails: int

    def verdict(self, goal: Goal) -> Verdict:
        """The verdict of a goal."""
        return Verdict.of(self.certain & goal.mark, self.possible & goal.mark)


class Masks(NamedTuple):
    """Of one value, or of a profile: conjunctions left standing (certain, possible), and tests that hold and that fail."""

    certain: int
    possible: int
    holds: int
    fails: int


@record
class FieldTable:
    """What each class of a field leaves standing; a row is made when it is first asked for.

    `tests` are the bit of each test of this field, the test, and the conjunctions that use it; `every` all conjunctions.
    """

    classes: FieldClasses
    tests: tuple[tuple[int, Test, int], ...]
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

    @property
    def asked(self) -> int:
        """The bits of its tests."""
        return sum(bit for bit, _, _ in self.tests)

    def _row(self, points: tuple[Value, ...]) -> Masks:
        """A test holds of a value where it holds of every point of it, and fails where it fails of every one."""
        holds = fails = 0
        # Everything stands until a test speaks against it.
        certain = possible = self.every
        for bit, test, users in self.tests:
            passed = [test.holds(point) for point in points]
            decided = points and all(passed) == any(passed)
            # One that the value leaves open has the verdict it asks for (`known:`), if any.
            verdict = passed[0] if decided else test.unknown
            if verdict:
                holds |= bit
                continue
            certain &= ~users
            if verdict is False:
                fails |= bit
                possible &= ~users
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

    def read(self, facts: Facts) -> Conclusions:
        """The verdicts of a profile by the tables alone: for many profiles, or rules that are no ruleset's."""
        certain, possible, holds, fails = self.masks(facts)
        return Conclusions(self.verdicts(certain), self.verdicts(possible), holds, fails)

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
    """Whom a study enrolled, as `recorded`; None for what enrolled nobody."""
    return None if study.kind in ENROLLED_NOBODY else recorded(study)


def recorded(study: Study) -> Condition | None:
    """Whom a study or an approval is about: what its source prints and what is known from elsewhere; None where neither says."""
    printed = [study.population.when] if study.population and study.population.when is not None else []
    parts = (*printed, *(criterion.when for criterion in study.criteria))
    return AllOf(parts=parts) if len(parts) > 1 else parts[0] if parts else None


ENROLLED_NOBODY = ("regulatory_approval", "case_report", "review_statement")


def compile_ruleset(ruleset: Ruleset, conditions: Conditions | None = None) -> Program:
    """The program of a ruleset, of its `conditions_of` where they are at hand.

    Raises `InvalidInput` where a condition, or all of them together, multiply out beyond the limit.
    """
    return compile_conditions(conditions or conditions_of(ruleset), ruleset.concept_conditions, ruleset.fields, ruleset)


def compile_conditions(
    conditions: Conditions, concepts: Mapping[str, Condition], fields: Fields, written_in: Ruleset | None = None
) -> Program:
    """The program of named conditions over some fields."""
    expander = Expander(concepts, fields)
    expanded, concept_masks = _expanded(conditions, expander, written_in)
    tests, bits = _ordered(expander.tests, expanded.values(), fields)
    # Many goals share conjunctions: each is renumbered once.
    renumbered = {mask: _renumbered(mask, bits) for mask in set(chain.from_iterable(expanded.values()))}
    goals, fill = _goals({key: [renumbered[mask] for mask in masks] for key, masks in expanded.items()})
    # No two goals share a bit, so that adding is the same as joining.
    every, marks = sum(goal.mask for goal in goals.values()), sum(goal.mark for goal in goals.values())
    concept_tests = {name: _renumbered(reduce(or_, masks, 0), bits) for name, masks in concept_masks.items()}
    return Program(fields, tests, goals, _tables(fields, tests, goals.values(), every), every, fill, marks, concept_tests)


def _expanded(
    conditions: Conditions, expander: Expander, written_in: Ruleset | None
) -> tuple[dict[GoalKey, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Each goal's conjunctions, and those that each concept and its opposite bring in."""
    expanded: dict[GoalKey, tuple[int, ...]] = {}
    concept_masks: dict[str, tuple[int, ...]] = {}
    problems: list[Problem] = []
    total = 0
    for key, condition in conditions.items():
        try:
            expanded[key] = expander.masks(condition)
            most = breadth(condition)
            if key.kind == "concept":
                concept_masks[key.id] = (*expanded[key], *expander.concept(key.id, wanted=False))
                most = max(most, breadth(condition, wanted=False))
            total += len(expanded[key])
        except TooManyAlternatives:
            most = MAX_ALTERNATIVES + 1
        if most > MAX_ALTERNATIVES:
            problems.append(_too_many(f"{key} multiplies out to more than {MAX_ALTERNATIVES} alternatives", key, written_in))
        if total > MAX_IN_ALL:  # there may be many more: what all of them are need not be known
            problems.append(_too_many(f"the conditions up to {key} are more than {MAX_IN_ALL} alternatives", key, written_in))
            break
    if problems:
        raise InvalidInput(problems)
    return expanded, concept_masks


def _too_many(message: str, key: GoalKey, written_in: Ruleset | None) -> Problem:
    file, _, line = (written_in.places.get(str(key), "") if written_in else "").rpartition(":")
    place = os.path.join(written_in.folder, file) if written_in else str(key)
    return Problem(place, int(line or 1), 1, "too-many-alternatives", f"{message}; split it")


def _ordered(met: Sequence[Test], masks: Iterable[Sequence[int]], fields: Fields) -> tuple[tuple[Test, ...], dict[int, int]]:
    """Every test that a mask uses, by field, operator and operands, and the bit of each by its bit before."""
    order = {name: index for index, name in enumerate(fields)}
    used = reduce(or_, (mask for each in masks for mask in each), 0)
    numbers = sorted(
        each_bit(used), key=lambda n: (order[met[n].field], met[n].operator, repr(met[n].operands), str(met[n].unknown))
    )
    return tuple(met[n] for n in numbers), {1 << number: 1 << place for place, number in enumerate(numbers)}


def _renumbered(mask: int, bits: Mapping[int, int]) -> int:
    found = 0
    while mask:  # as `each_bit` does it, whose calls would take as long again
        low = mask & -mask
        found |= bits.get(low, 0)
        mask ^= low
    return found


def _goals(expanded: Mapping[GoalKey, Sequence[int]]) -> tuple[dict[GoalKey, Goal], int]:
    """Every goal, and the ones to add so that a goal's conjunctions carry into its mark."""
    goals: dict[GoalKey, Goal] = {}
    first = fill = 0
    for key, alternatives in expanded.items():
        # The shortest first, whatever the order of writing: of several alternatives that hold or fail alike the first is told.
        # Sorting keeps the order of equals, so that two plain sorts do what a key of two parts would.
        conjunctions = tuple(sorted(sorted(alternatives), key=int.bit_count))
        count, every = len(conjunctions), reduce(or_, conjunctions, 0)
        mask = ((1 << count) - 1) << first
        spare = count != 1  # a single conjunction is its own mark
        fill |= mask if spare else 0
        goals[key] = Goal(key, first, conjunctions, mask, 1 << first + count - (not spare), every)
        first += count + spare
    return goals, fill


def _tables(fields: Fields, tests: Sequence[Test], goals: Iterable[Goal], every: int) -> tuple[FieldTable, ...]:
    """A table for each field that a test reads: any other one leaves everything standing."""
    own: dict[str, list[tuple[int, Test, int]]] = {}
    for place, (test, users) in enumerate(zip(tests, _users(goals, len(tests)), strict=True)):
        own.setdefault(test.field, []).append((1 << place, test, users))
    return tuple(FieldTable(classes_of(field, tests), tuple(own[name]), every) for name, field in fields.items() if name in own)


def _users(goals: Iterable[Goal], tests: int) -> list[int]:
    """For each test the conjunctions that use it.

    The masks say it the other way round, which tests a conjunction uses: written as rows of noughts and ones they are turned
    by slicing, ten times as fast as bit by bit.
    """
    nothing = "0" * tests
    rows: list[str] = []
    for goal in goals:
        rows += [nothing] * (goal.first - len(rows))  # the spare bits
        rows += [format(mask, f"0{tests}b") for mask in goal.conjunctions]
    table = "".join(reversed(rows))  # the highest bit is written first, in rows and in columns
    return [int(table[place::tests] or "0", 2) for place in reversed(range(tests))]
