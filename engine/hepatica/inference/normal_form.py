"""Conditions as alternatives of tests (disjunctive normal form), keeping Kleene's three values exactly.

Negation moves to the tests (De Morgan and double negation hold in Kleene logic, as do distribution and absorption).
Contradictory alternatives are kept: with an unknown field they are unknown, not false. An alternative is a bit mask over
numbered leaves while it is worked on: absorption compares every pair of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from math import prod
from operator import or_

from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import Field, Fields

MAX_ALTERNATIVES = 512

Leaf = Test | ConceptTest
Alternative = frozenset[Leaf]
Masks = tuple[int, ...]


class TooManyAlternatives(Exception):
    """A condition multiplies out beyond the limit."""


def each_bit(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def alternatives(condition: Condition, wanted: bool = True) -> tuple[Alternative, ...]:
    """The alternatives under which `condition` holds (or, `wanted` false, is false); concepts stay closed."""
    # The leaves are numbered as they are met.
    numbers: dict[Leaf, int] = {}
    found = _masks(condition, wanted, lambda leaf: (1 << numbers.setdefault(leaf, len(numbers)),))
    leaves = tuple(numbers)
    return tuple(frozenset(leaves[index] for index in each_bit(mask)) for mask in found)


def _masks(condition: Condition, wanted: bool, of_leaf: Callable[[Leaf], Masks]) -> Masks:
    """As `alternatives`, of what `of_leaf` has for each leaf."""
    if isinstance(condition, NotOf):
        return _masks(condition.part, not wanted, of_leaf)
    if isinstance(condition, ConceptTest):
        return of_leaf(condition if wanted else ConceptTest(condition.concept, not condition.wanted))
    if isinstance(condition, Test):
        return of_leaf(condition if wanted else condition.opposite())
    # De Morgan: what all of the parts make true, any of their opposites makes false.
    parts = [_masks(part, wanted, of_leaf) for part in condition.parts]
    if isinstance(condition, AllOf) == wanted:
        return reduce(_both, parts, (0,))
    return _absorbed(mask for part in parts for mask in part)


# Conditions ask for the same things together again and again, every rule for the scope.
@lru_cache(maxsize=256)
def _both(left: Masks, right: Masks) -> Masks:
    crossed = [one | other for one in left for other in right]
    # What shares no leaf cannot make one alternative ask for more than another: neither does so in its own part.
    return _absorbed(crossed) if reduce(or_, left, 0) & reduce(or_, right, 0) else _bounded(crossed)


def _absorbed(found: Iterable[int]) -> Masks:
    """Each alternative once, without those that ask for more than another does; in order of first meeting."""
    unique = _bounded(tuple(dict.fromkeys(found)))
    by_size: dict[int, list[int]] = {}
    for mask in unique:
        by_size.setdefault(mask.bit_count(), []).append(mask)
    # Only one with fewer leaves can be asked for by another, and of those only one that itself is kept.
    kept: list[int] = []
    for size in sorted(by_size):
        # A list for each, not a search that ends early: that would be a call to every pair.
        kept += [one for one in by_size[size] if not [other for other in kept if other & one == other]]
    chosen = set(kept)
    return tuple([one for one in unique if one in chosen])


def _bounded(found: Sequence[int]) -> Masks:
    if len(found) > MAX_ALTERNATIVES:
        raise TooManyAlternatives
    return tuple(found)


def breadth(condition: Condition, wanted: bool = True) -> int:
    """How many plain conjunctions a condition is at most, with every list of words or values told apart.

    Counted without multiplying out: what one alternative asks for beyond another is not taken off.
    """
    if isinstance(condition, NotOf):
        return breadth(condition.part, not wanted)
    if isinstance(condition, ConceptTest):
        return 1
    if isinstance(condition, Test):
        leaf = condition if wanted else condition.opposite()
        return max(1, len(leaf.operands)) if leaf.operator == "includes" else 2 if leaf.operator == "!=" else 1
    widths = [breadth(part, wanted) for part in condition.parts]
    return prod(widths) if isinstance(condition, AllOf) == wanted else sum(widths)


class Expander:
    """Replaces concepts by their definitions; each concept is expanded once each way, however often it is named.

    `tests` are all that were met, and the bits of masks stand for them.
    """

    def __init__(self, concepts: Mapping[str, Condition], fields: Fields) -> None:
        self.tests: list[Test] = []
        self._concepts = concepts
        self._fields = fields
        self._numbers: dict[Test, int] = {}
        self._word_tests: dict[tuple[str, bool | None], int] = {}
        self._known: dict[tuple[str, bool], Masks] = {}
        self._met: dict[int, int] = {}

    def expanded(self, condition: Condition, wanted: bool = True) -> tuple[frozenset[Test], ...]:
        """As `alternatives`, with every concept replaced by its definition and tests of one field merged."""
        return tuple(frozenset(self.tests[index] for index in each_bit(mask)) for mask in self.masks(condition, wanted))

    def masks(self, condition: Condition, wanted: bool = True) -> Masks:
        """As `expanded`, each alternative as a mask of tests."""
        found = _masks(condition, wanted, self._leaf)
        # Only fields of which two tests occur in this very condition can have tests to merge: most have none.
        used = reduce(or_, found, 0)
        groups = [tests for tests in self._word_tests.values() if used & tests & (used & tests) - 1]
        return tuple(dict.fromkeys([self._merged(mask, groups) for mask in found])) if groups else found

    def concept(self, name: str, wanted: bool = True) -> Masks:
        """The alternatives under which a concept holds, or (`wanted` false) does not."""
        known = self._known.get((name, wanted))
        if known is None:
            known = self._known[name, wanted] = self.masks(self._concepts[name], wanted)
        return known

    def _leaf(self, leaf: Leaf) -> Masks:
        return self.concept(leaf.concept, leaf.wanted) if isinstance(leaf, ConceptTest) else (self._bit(leaf),)

    def _bit(self, test: Test) -> int:
        # A number as high as there are tests has just been given: the test is new.
        number = self._numbers.setdefault(test, len(self.tests))
        if number == len(self.tests):
            self.tests.append(test)
            if test.operator in ("in", "not in"):
                group = test.field, test.unknown
                self._word_tests[group] = self._word_tests.get(group, 0) | 1 << number
        return 1 << number

    def _merged(self, alternative: int, groups: Sequence[int]) -> int:
        """Word tests of the same single-valued field (one of the groups) become one test of the words that pass them all."""
        for tests in groups:
            # Two bits or more are left where taking one from the number clears not all of them.
            group = alternative & tests
            if group & group - 1:
                # Clears the group's bits and sets the one of the test that replaces them, which may be among them.
                alternative ^= group ^ self._meet(group)
        return alternative

    def _meet(self, group: int) -> int:
        """One test of the words that pass all of `group`; the group itself where none does, so that a reader sees why."""
        found = self._met.get(group)
        if found is None:
            tests = [self.tests[index] for index in each_bit(group)]
            name, unknown = tests[0].field, tests[0].unknown
            passing = tuple(word for word in words_of(self._fields[name]) if all(test.holds(word) for test in tests))
            found = self._met[group] = self._bit(Test(name, "in", passing, unknown)) if passing else group
        return found


def words_of(field: Field) -> tuple[str | bool, ...]:
    """The values of a choice or a flag."""
    return (True, False) if field.kind == "flag" else field.values
