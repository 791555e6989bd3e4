"""Conditions as alternatives of tests (disjunctive normal form), keeping Kleene's three values exactly.

Negation moves to the tests (De Morgan and double negation hold in Kleene logic, as do distribution and absorption).
Contradictory alternatives are kept: with an unknown field they are unknown, not false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import Field, Fields

MAX_ALTERNATIVES = 512

Leaf = Test | ConceptTest
Alternative = frozenset[Leaf]


class TooManyAlternatives(Exception):
    """A condition multiplies out beyond the limit."""


def alternatives(condition: Condition, wanted: bool = True) -> tuple[Alternative, ...]:
    """The alternatives under which `condition` holds (or, `wanted` false, is false); concepts stay closed."""
    if isinstance(condition, NotOf):
        return alternatives(condition.part, not wanted)
    if isinstance(condition, ConceptTest):
        return (frozenset([ConceptTest(condition.concept, condition.wanted == wanted)]),)
    if isinstance(condition, Test):
        return (frozenset([condition if wanted else condition.opposite()]),)
    parts = [alternatives(part, wanted) for part in condition.parts]
    return _all_of(parts) if isinstance(condition, AllOf) == wanted else _any_of(parts)


def _any_of(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    return _absorbed(alternative for part in parts for alternative in part)


def _all_of(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    product: tuple[Alternative, ...] = (frozenset(),)
    used: frozenset[Leaf] = frozenset()
    for part in dict.fromkeys(parts):
        asked = frozenset().union(*part)
        crossed = (left | right for left in product for right in part)
        # Parts that share no leaf cannot make one alternative ask for more than another: neither does so in its own part.
        product = _absorbed(crossed) if used & asked else _bounded(list(crossed))
        used |= asked
    return product


def _absorbed(found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Each alternative once, without those that ask for more than another does; in order of first meeting."""
    unique = _bounded(list(dict.fromkeys(found)))
    return tuple(one for one in unique if not any(other < one for other in unique)) if len(unique) > 1 else unique


def _bounded(found: list[Alternative]) -> tuple[Alternative, ...]:
    if len(found) > MAX_ALTERNATIVES:
        raise TooManyAlternatives
    return tuple(found)


def breadth(condition: Condition, wanted: bool = True) -> int:
    """How many plain conjunctions a condition is, with every list of words or values told apart."""
    return sum(prod(_width(leaf) for leaf in alternative) for alternative in alternatives(condition, wanted))


def _width(leaf: Leaf) -> int:
    if isinstance(leaf, ConceptTest):
        return 1
    return max(1, len(leaf.operands)) if leaf.operator == "includes" else 2 if leaf.operator == "!=" else 1


def leaf_order(leaf: Leaf) -> tuple[str, str, str]:
    """A fixed order of leaves, concepts first: sets of them are otherwise in no order at all."""
    if isinstance(leaf, ConceptTest):
        return "", leaf.concept, str(leaf.wanted)
    return leaf.field, leaf.operator, f"{leaf.operands} {leaf.unknown}"


class Expander:
    """Replaces concepts by their definitions; each concept is expanded once each way, however often it is named."""

    def __init__(self, concepts: Mapping[str, Condition], fields: Fields) -> None:
        self._concepts = concepts
        self._fields = fields
        self._known: dict[tuple[str, bool], tuple[frozenset[Test], ...]] = {}
        self._met: dict[tuple[Test, ...], list[Test]] = {}

    def expanded(self, condition: Condition, wanted: bool = True) -> tuple[frozenset[Test], ...]:
        """As `alternatives`, with every concept replaced by its definition and tests of one field merged."""
        found = [
            _all_of(self._leaf(leaf) for leaf in sorted(alternative, key=leaf_order))
            for alternative in alternatives(condition, wanted)
        ]
        return tuple(dict.fromkeys(self._merged(alternative) for alternative in _any_of(found)))

    def concept(self, name: str, wanted: bool = True) -> tuple[frozenset[Test], ...]:
        """The alternatives under which a concept holds, or (`wanted` false) does not."""
        known = self._known.get((name, wanted))
        if known is None:
            known = self._known[name, wanted] = self.expanded(self._concepts[name], wanted)
        return known

    def _leaf(self, leaf: Leaf) -> tuple[Alternative, ...]:
        return tuple(self.concept(leaf.concept, leaf.wanted)) if isinstance(leaf, ConceptTest) else (frozenset([leaf]),)

    def _merged(self, alternative: Alternative) -> frozenset[Test]:
        """Word tests of the same single-valued field become one test of the words that pass them all."""
        tests = [leaf for leaf in alternative if isinstance(leaf, Test)]
        words: dict[tuple[str, bool | None], list[Test]] = {}
        for test in tests:
            if test.operator in ("in", "not in"):
                words.setdefault((test.field, test.unknown), []).append(test)
        if all(len(group) < 2 for group in words.values()):
            return frozenset(tests)
        kept = {test for test in tests if len(words.get((test.field, test.unknown), ())) < 2}
        met = (test for group in words.values() if len(group) > 1 for test in self._meet(tuple(group)))
        return frozenset((*kept, *met))

    def _meet(self, group: tuple[Test, ...]) -> list[Test]:
        """One test of the words that pass all of `group`; the group itself where none does, so that a reader sees why."""
        found = self._met.get(group)
        if found is None:
            name, unknown = group[0].field, group[0].unknown
            passing = tuple(word for word in words_of(self._fields[name]) if all(test.holds(word) for test in group))
            found = self._met[group] = [Test(name, "in", passing, unknown)] if passing else list(group)
        return found


def words_of(field: Field) -> tuple[str | bool, ...]:
    """The values of a choice or a flag."""
    return (True, False) if field.kind == "flag" else field.values
