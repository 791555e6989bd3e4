"""From verdict bits to reasons: what holds, what is missing, and the smallest set of conditions that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

from hepatica.evaluation.result import Reason
from hepatica.inference import Expander, Goal, Program, Reading
from hepatica.knowledge import ConceptTest, Condition, Test, leaves
from hepatica.patient import NONE, UNKNOWN, Facts, Value


class Explained:
    """One goal's verdict bits read back into fields, values and requirements. Safe for several threads: it keeps nothing."""

    def __init__(self, goal: Goal, tests: tuple[Test, ...], owners: Callable[[], Mapping[int, str]]) -> None:
        self.goal = goal
        self._tests = tests
        self._by_field = field_masks(tests, goal.tests)
        self._owners = cache(owners)

    def because(self, reading: Reading, facts: Facts) -> tuple[Reason, ...]:
        """The tests of the first conjunction that certainly holds."""
        return self._reasons(next(c for c in self.goal.conjunctions if not c & ~reading.holds), facts)

    def blocked_by(self, reading: Reading, facts: Facts) -> tuple[Reason, ...]:
        """The fewest failing tests that would all have to change."""
        return self._reasons(smallest_failing(self.goal.conjunctions, reading.fails, self._by_field), facts)

    def open_tests(self, reading: Reading, facts: Facts) -> tuple[Reason, ...]:
        """The tests of unknown fields that decide."""
        return self._reasons(still_asked(self.goal.conjunctions, reading.holds, reading.fails), facts)

    def needs(self, reading: Reading) -> tuple[str, ...]:
        """The unknown fields that decide, in the order of the fields."""
        asked = still_asked(self.goal.conjunctions, reading.holds, reading.fails)
        return tuple(dict.fromkeys(self._tests[index].field for index in each_bit(asked)))

    def _reasons(self, bits: int, facts: Facts) -> tuple[Reason, ...]:
        owners = self._owners()
        return tuple(reason(self._tests[index], facts, owners.get(index, "")) for index in each_bit(bits))


def reason(test: Test, facts: Facts, concept: str = "") -> Reason:
    """A test beside what a profile says of its field."""
    return Reason(test.field, token(facts[test.field]), test.requires(), concept, test)


def token(value: Value | None) -> str:
    """A value as an output's token: `yes`, `wild_type`, `hbv, hcv`, `400`, `> 400`, `unknown`."""
    if value is None or isinstance(value, bool):
        return UNKNOWN if value is None else "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) if value else NONE
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def explained(program: Program, conditions: Mapping[object, Condition], concepts: Mapping[str, Condition]) -> dict[object, Explained]:
    """Every goal of a program, ready to be explained, under the key it has there."""
    expander = Expander(concepts, program.fields)

    @cache
    def tests_of(concept: str) -> frozenset[Test]:
        """Every test that either reading of a concept may bring in."""
        both = (*expander.concept(concept), *expander.concept(concept, wanted=False))
        return frozenset(test for alternative in both for test in alternative)

    return {
        key: Explained(goal, program.tests, partial(_owners, goal, program.tests, conditions[key], tests_of))
        for key, goal in program.goals.items()
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
    goal: Goal, tests: tuple[Test, ...], condition: Condition, tests_of: Callable[[str], frozenset[Test]]
) -> dict[int, str]:
    """For each test of a goal that only a concept brings in, the concept that the goal names."""
    named = [leaf for leaf in leaves(condition) if isinstance(leaf, ConceptTest)]
    direct = {leaf for leaf in leaves(condition) if isinstance(leaf, Test)}
    found: dict[int, str] = {}
    for index in each_bit(goal.tests if named else 0):
        if tests[index] not in direct:
            owner = next((leaf.concept for leaf in named if tests[index] in tests_of(leaf.concept)), None)
            if owner:
                found[index] = owner
    return found


def each_bit(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
