"""From verdict bits to reasons: what holds, what is missing, and the smallest set of conditions that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from typing import TypeVar

from hepatica.evaluation.result import Reason
from hepatica.inference import Conclusions, Conditions, Goal, GoalKey, Masks, Program, Verdict, each_bit
from hepatica.knowledge import ConceptTest, Condition, Test, leaves
from hepatica.patient import NONE, Facts, Field, Value

Tested = Conclusions | Masks


class Explained:
    """One goal's verdict bits read back into tests, and tests into fields, values and requirements.

    Which tests decide depends only on which hold and which fail: that is worked out once for each such pattern. Tables are
    filled by single assignments, so that threads at worst work out the same thing twice.
    """

    def __init__(self, goal: Goal, tests: tuple[Test, ...], owners: Callable[[], Mapping[int, str]]) -> None:
        self.goal = goal
        self._tests = tests
        self._owners = cache(owners)
        # Typed by annotation: calling `BoundedCache[int, int]()` takes ten times as long, and there are a thousand.
        self._holding: BoundedCache[int, int] = BoundedCache()
        self._failing: BoundedCache[int, int] = BoundedCache()
        self._asked: BoundedCache[tuple[int, int], int] = BoundedCache()
        self._reasons: BoundedCache[tuple[int, Value | None], Reason] = BoundedCache()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields that its tests read."""
        return fields_of(self.goal.tests, self._tests)

    @cached_property
    def _by_field(self) -> tuple[int, ...]:
        return field_masks(self._tests, self.goal.tests)

    def holding(self, reading: Tested) -> int:
        """The tests of the first conjunction that certainly holds."""
        holds = reading.holds & self.goal.tests
        found = self._holding.get(holds)
        return self._holding.keep(holds, next(c for c in self.goal.conjunctions if not c & ~holds)) if found is None else found

    def failing(self, reading: Tested) -> int:
        """The fewest failing tests that would all have to change."""
        fails = reading.fails & self.goal.tests
        found = self._failing.get(fails)
        if found is None:
            found = self._failing.keep(fails, smallest_failing(self.goal.conjunctions, fails, self._by_field))
        return found

    def asked(self, reading: Tested) -> int:
        """The tests of unknown fields that decide."""
        key = reading.holds & self.goal.tests, reading.fails & self.goal.tests
        found = self._asked.get(key)
        return self._asked.keep(key, still_asked(self.goal.conjunctions, *key)) if found is None else found

    def deciding(self, verdict: Verdict, reading: Tested) -> int:
        """The tests that make the goal hold or fail, or that would decide it."""
        if verdict is Verdict.TRUE:
            return self.holding(reading)
        return self.asked(reading) if verdict is Verdict.UNKNOWN else self.failing(reading)

    def reasons(self, tests: int, facts: Facts) -> tuple[Reason, ...]:
        """Tests beside what a profile says of their fields."""
        found = []
        for index in each_bit(tests):
            test = self._tests[index]
            if test.unknown and facts[test.field] is None:
                continue  # it holds only because nothing is known
            key = index, facts[test.field]
            known = self._reasons.get(key)
            found.append(self._reasons.keep(key, reason(test, facts, self._owners().get(index, ""))) if known is None else known)
        return tuple(found)

    def needs(self, reading: Tested) -> tuple[str, ...]:
        """The unknown fields that decide, in the order of the fields."""
        return tuple(dict.fromkeys(self._tests[index].field for index in each_bit(self.asked(reading))))


K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """Things worked out once, thrown away where there are too many."""

    MOST = 1024

    def keep(self, key: K, value: V) -> V:
        """Store a thing, and give it back."""
        # Emptied at once: counting what was used last would cost more than working a few out again.
        if len(self) >= self.MOST:
            self.clear()
        self[key] = value
        return value


def fields_of(bits: int, tests: tuple[Test, ...]) -> frozenset[str]:
    """The fields that some tests read."""
    return frozenset(tests[index].field for index in each_bit(bits))


def reason(test: Test, facts: Facts, concept: str = "") -> Reason:
    """A test beside what a profile says of its field."""
    return Reason(test.field, token(facts[test.field]), test.requires(), concept, test)


def token(value: Value | None) -> str:
    """A value as an output's token: `yes`, `wild_type`, `hbv, hcv`, `400`, `> 400`, `unknown`."""
    return Field.written(value) if not isinstance(value, tuple) else ", ".join(value) or NONE


def explained(program: Program, conditions: Conditions) -> dict[GoalKey, Explained]:
    """Every goal of a program, ready to be explained, under the key it has there."""
    goals = program.goals.items()
    return {key: Explained(goal, program.tests, partial(_owners, goal, program, conditions[key])) for key, goal in goals}


def smallest_failing(conjunctions: tuple[int, ...], fails: int, by_field: tuple[int, ...]) -> int:
    """The failing tests of the conjunction that fails in fewest fields, then tests: all would have to change."""
    # Fields before tests: two bounds on one value are one thing to change, not two.
    failing_sets = dict.fromkeys(c & fails for c in conjunctions)
    return min(failing_sets, key=lambda failing: (_fields_in(failing, by_field), failing.bit_count()))


def field_masks(tests: tuple[Test, ...], used: int) -> tuple[int, ...]:
    """For each field that the used tests read, the bits of its tests."""
    masks: dict[str, int] = {}
    for index in each_bit(used):
        masks[tests[index].field] = masks.get(tests[index].field, 0) | 1 << index
    return tuple(masks.values())


def _fields_in(bits: int, by_field: tuple[int, ...]) -> int:
    return sum(1 for mask in by_field if bits & mask)


def still_asked(conjunctions: tuple[int, ...], holds: int, fails: int) -> int:
    """The unknown tests of every open conjunction that asks for no more than another does."""
    still_open = [c & ~holds for c in conjunctions if not c & fails]
    union = 0
    for one in still_open:
        # What asks for all that another asks, and more, decides nothing: the other one does.
        if not any(other != one and other & one == other for other in still_open):
            union |= one
    return union


def _owners(goal: Goal, program: Program, condition: Condition) -> dict[int, str]:
    """For each test of a goal that only a concept brings in, the concept that the goal names."""
    asked = leaves(condition)
    named = sorted({leaf.concept for leaf in asked if isinstance(leaf, ConceptTest)}, reverse=True)
    brought = goal.tests
    for leaf in asked if named else ():
        if isinstance(leaf, Test):
            brought &= ~program.bits.get(leaf, 0)
    # Of several concepts that bring in a test, the first by name is told: it is written last.
    return {index: concept for concept in named for index in each_bit(brought & program.concept_tests[concept])}
