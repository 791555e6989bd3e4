"""From verdict bits to reasons: what holds, what is missing, and the smallest set of conditions that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TypeVar

from hepatica.evaluation.model import Reason
from hepatica.inference import Goal, Masks, Opener, Program
from hepatica.knowledge import ConceptTest, Condition, Test, leaves
from hepatica.patient import Facts, Value, show

MAX_KEPT = 1024

K = TypeVar("K")
V = TypeVar("V")


class _Beside(dict[Value | None, Reason]):
    """One requirement beside each value it has met; bounded."""

    __slots__ = ("concept", "field", "requires")

    def __init__(self, field: str, requires: str, concept: str) -> None:
        self.field, self.requires, self.concept = field, requires, concept

    def __missing__(self, value: Value | None) -> Reason:
        return _keep(self, value, Reason(self.field, show(value), self.requires, self.concept))


Parts = tuple[tuple[str, _Beside], ...]


class Explained:
    """One goal's verdict bits read back into fields, values and requirements.

    Which tests decide depends only on which hold and which fail, so that is worked out once for each such pattern.
    """

    def __init__(self, goal: Goal, tests: tuple[Test, ...], owners: Callable[[], Mapping[int, str]]) -> None:
        self.goal = goal
        self._tests = goal.tests
        self._every = tests
        self._by_field = field_masks(tests, goal.tests)
        self._owners = owners
        self._beside: dict[int, tuple[str, _Beside]] = {}
        self._failing: dict[int, Parts] = {}
        self._holding: dict[int, Parts] = {}
        self._open: dict[tuple[int, int], tuple[Parts, tuple[str, ...]]] = {}

    def because(self, masks: Masks, facts: Facts) -> tuple[Reason, ...]:
        """The tests of the first conjunction that certainly holds."""
        holds = masks.holds & self._tests
        parts = self._holding.get(holds)
        if parts is None:
            first = next(c for c in self.goal.conjunctions if not c & ~holds)
            parts = _keep(self._holding, holds, self._parts(first))
        return tuple([beside[facts[name]] for name, beside in parts])

    def blocked_by(self, masks: Masks, facts: Facts) -> tuple[Reason, ...]:
        """The fewest failing tests that would all have to change."""
        fails = masks.fails & self._tests
        parts = self._failing.get(fails)
        if parts is None:
            parts = _keep(self._failing, fails, self._parts(smallest_failing(self.goal.conjunctions, fails, self._by_field)))
        return tuple([beside[facts[name]] for name, beside in parts])

    def open_tests(self, masks: Masks, facts: Facts) -> tuple[Reason, ...]:
        """The tests of unknown fields that decide."""
        return tuple([beside[facts[name]] for name, beside in self._asked(masks)[0]])

    def needs(self, masks: Masks) -> tuple[str, ...]:
        """The unknown fields that decide."""
        return self._asked(masks)[1]

    def _asked(self, masks: Masks) -> tuple[Parts, tuple[str, ...]]:
        key = (masks.holds & self._tests, masks.fails & self._tests)
        known = self._open.get(key)
        if known is None:
            parts = self._parts(still_asked(self.goal.conjunctions, *key))
            known = _keep(self._open, key, (parts, tuple(dict.fromkeys(name for name, _ in parts))))
        return known

    def _parts(self, bits: int) -> Parts:
        if not self._beside:
            owners = self._owners()
            for index in each_bit(self._tests):
                test = self._every[index]
                self._beside[index] = (test.field, _Beside(test.field, test.requires(), owners.get(index, "")))
        return tuple(self._beside[index] for index in each_bit(bits))


def _keep(memo: dict[K, V], key: K, value: V) -> V:
    if len(memo) >= MAX_KEPT:
        memo.clear()
    memo[key] = value
    return value


def explained(program: Program, conditions: Mapping[str, Condition], concepts: Mapping[str, Condition]) -> dict[str, Explained]:
    """Every goal of a program, ready to be explained."""
    opener = Opener(concepts)
    by_concept = cache(lambda name: _tests(name, opener))
    return {
        name: Explained(goal, program.tests, partial(_owners, goal, program.tests, conditions[name], by_concept))
        for name, goal in program.goals.items()
    }


def smallest_failing(conjunctions: tuple[int, ...], fails: int, by_field: tuple[int, ...]) -> int:
    """The failing tests of the conjunction that fails in fewest fields, then tests: all would have to change."""
    return min((c & fails for c in conjunctions), key=lambda failing: (_fields_in(failing, by_field), failing.bit_count()))


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
        if not any(other != one and other & one == other for other in still_open):
            union |= one
    return union


def _owners(
    goal: Goal, tests: tuple[Test, ...], condition: Condition, by_concept: Callable[[str], frozenset[Test]]
) -> dict[int, str]:
    """For each test of a goal that only a concept brings in, the concept that the goal names."""
    named = [leaf for leaf in leaves(condition) if isinstance(leaf, ConceptTest)]
    direct = {leaf for leaf in leaves(condition) if isinstance(leaf, Test)}
    found: dict[int, str] = {}
    for index in each_bit(goal.tests if named else 0):
        if tests[index] not in direct:
            owner = next((leaf.concept for leaf in named if tests[index] in by_concept(leaf.concept)), None)
            if owner:
                found[index] = owner
    return found


def _tests(concept: str, opener: Opener) -> frozenset[Test]:
    """Every test that either reading of a concept may bring in."""
    both = (*opener.concept(concept), *opener.concept(concept, wanted=False))
    return frozenset(test for alternative in both for test in alternative)


def each_bit(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
