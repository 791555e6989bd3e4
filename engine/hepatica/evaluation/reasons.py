"""From verdict bits to reasons: what holds, what is missing, and the smallest set of conditions that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from hepatica.evaluation.result import Reason
from hepatica.inference import Conclusions, Goal, Program, Verdict, each_bit
from hepatica.knowledge import ConceptTest, Condition, Test, leaves
from hepatica.patient import NONE, Facts, Field, Value

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


class Derived(BoundedCache[K, V]):
    """What `make` gives for a key, worked out when it is first looked up."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make

    def __missing__(self, key: K) -> V:
        return self.keep(key, self._make(key))


class Explained:
    """One goal's verdict bits read back into tests, and tests into fields, values and requirements.

    Which tests decide depends only on which hold and which fail: that is worked out once for each such pattern. Tables are
    filled by single assignments, so that threads at worst work out the same thing twice.
    """

    def __init__(self, goal: Goal, tests: tuple[Test, ...], owners: Callable[[], Mapping[int, str]]) -> None:
        self.goal, self._tests, self._find_owners = goal, tests, owners
        ways = goal.conjunctions
        # Typed by annotation: calling `Derived[int, int](...)` takes ten times as long, and there are a thousand.
        self._holding: Derived[int, int] = Derived(lambda holds: next(way for way in ways if not way & ~holds))
        self._failing: Derived[int, int] = Derived(lambda fails: smallest_failing(ways, fails, self._by_field, self._naming))
        self._asked: Derived[tuple[int, int], int] = Derived(lambda told: still_asked(ways, *told))
        self._reasons: Derived[tuple[int, Value | None], Reason] = Derived(
            lambda shown: reason(self._tests[shown[0]], shown[1], self._owners.get(shown[0], ""))
        )

    @cached_property
    def _owners(self) -> Mapping[int, str]:
        return self._find_owners()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields that its tests read."""
        return fields_of(self.goal.tests, self._tests)

    @cached_property
    def _by_field(self) -> tuple[int, ...]:
        return field_masks(self._tests, self.goal.tests)

    @cached_property
    def _naming(self) -> int:
        return naming_mask(self._tests, self.goal.tests)

    def failing(self, reading: Conclusions) -> int:
        """The fewest failing tests that would all have to change."""
        return self._failing[reading.fails & self.goal.tests]

    def asked(self, reading: Conclusions) -> int:
        """The tests of unknown fields that decide."""
        return self._asked[reading.holds & self.goal.tests, reading.fails & self.goal.tests]

    def deciding(self, verdict: Verdict, reading: Conclusions) -> int:
        """The tests that make the goal hold or fail, or that would decide it."""
        if verdict is Verdict.TRUE:
            return self._holding[reading.holds & self.goal.tests]
        return self.asked(reading) if verdict is Verdict.UNKNOWN else self.failing(reading)

    def reasons(self, tests: int, facts: Facts) -> tuple[Reason, ...]:
        """Tests beside what a profile says of their fields, without those that hold only because nothing is known."""
        shown = ((index, facts[self._tests[index].field]) for index in each_bit(tests))
        return tuple(
            [self._reasons[index, value] for index, value in shown if value is not None or not self._tests[index].unknown]
        )

    def needs(self, reading: Conclusions) -> tuple[str, ...]:
        """The unknown fields that decide, in the order of the fields."""
        return tuple(dict.fromkeys(self._tests[index].field for index in each_bit(self.asked(reading))))


def fields_of(bits: int, tests: tuple[Test, ...]) -> frozenset[str]:
    """The fields that some tests read."""
    return frozenset(tests[index].field for index in each_bit(bits))


def reason(test: Test, value: Value | None, concept: str = "") -> Reason:
    """A test beside what a profile says of its field, as a token: `yes`, `wild_type`, `hbv, hcv`, `> 400`, `unknown`."""
    token = (", ".join(value) or NONE) if isinstance(value, tuple) else Field.written(value)
    return Reason(test.field, token, test.requires(), concept, test)


def smallest_failing(conjunctions: tuple[int, ...], fails: int, by_field: tuple[int, ...], naming: int) -> int:
    """The failing tests of the conjunction that fails in fewest fields, then tests: all would have to change.

    Of those that fail in just these fields, the one with the fewest `naming` tests: "not D" asks for less than "C, and not D".
    """
    # Of a condition that nothing could fulfil, as a mutant's may be, there is none.
    failing_sets = dict.fromkeys(c & fails for c in conjunctions) or {0: None}

    def fields(failing: int) -> tuple[bool, ...]:
        return tuple([failing & mask != 0 for mask in by_field])

    # Fields before tests: two bounds on one value are one thing to change, not two.
    sizes = {failing: (sum(fields(failing)), failing.bit_count()) for failing in failing_sets}
    first = min(sizes, key=sizes.__getitem__)
    alike = [failing for failing, size in sizes.items() if size == sizes[first] and fields(failing) == fields(first)]
    return min(alike, key=lambda failing: (failing & naming).bit_count())


def naming_mask(tests: Sequence[Test], used: int) -> int:
    """The used tests that ask for certain values, which is more than to ask for any but some."""
    return sum(1 << index for index in each_bit(used) if tests[index].operator == "in")


def field_masks(tests: tuple[Test, ...], used: int) -> tuple[int, ...]:
    """For each field that the used tests read, the bits of its tests."""
    masks: dict[str, int] = {}
    for index in each_bit(used):
        masks[tests[index].field] = masks.get(tests[index].field, 0) | 1 << index
    return tuple(masks.values())


def still_asked(conjunctions: tuple[int, ...], holds: int, fails: int) -> int:
    """The unknown tests of every open conjunction that asks for no more than another does."""
    still_open = [c & ~holds for c in conjunctions if not c & fails]
    union = 0
    for one in still_open:
        # What asks for all that another asks, and more, decides nothing: the other one does.
        if not any(other != one and other & one == other for other in still_open):
            union |= one
    return union


def owners(goal: Goal, program: Program, condition: Condition) -> dict[int, str]:
    """For each test of a goal that only a concept brings in, the concept that the goal names."""
    asked = leaves(condition)
    named = sorted({leaf.concept for leaf in asked if isinstance(leaf, ConceptTest)}, reverse=True)
    brought = goal.tests
    for leaf in asked if named else ():
        if isinstance(leaf, Test):
            brought &= ~program.bits.get(leaf, 0)
    # Of several concepts that bring in a test, the first by name is told: it is written last.
    return {index: concept for concept in named for index in each_bit(brought & program.concept_tests[concept])}
