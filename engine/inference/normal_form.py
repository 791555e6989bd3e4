"""Conditions as alternatives of tests (disjunctive normal form), keeping Kleene's three values exactly.

Negation moves to the tests (De Morgan and double negation hold in Kleene logic, as do distribution and absorption).
Contradictory alternatives are kept: with an unknown field they are unknown, not false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.knowledge.conditions import All, ConceptTest, Condition, Not, Test
from engine.profile.fields import FIELD_BY_NAME

MAX_ALTERNATIVES = 512

Leaf = Test | ConceptTest
Alternative = frozenset[Leaf]


def alternatives(condition: Condition, wanted: bool = True) -> tuple[Alternative, ...]:
    """The alternatives under which `condition` holds (or, `wanted` false, is false); concepts stay closed."""
    if isinstance(condition, Not):
        return alternatives(condition.part, not wanted)
    if isinstance(condition, ConceptTest):
        return (frozenset([ConceptTest(condition.concept, condition.wanted == wanted)]),)
    if isinstance(condition, Test):
        return (frozenset([condition if wanted else condition.opposite()]),)
    parts = [alternatives(part, wanted) for part in condition.parts]
    return all_of(parts) if isinstance(condition, All) == wanted else any_of(parts)


def any_of(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    """At least one part."""
    return absorbed(alternative for part in parts for alternative in part)


def all_of(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    """Every part."""
    product: tuple[Alternative, ...] = (frozenset(),)
    for part in parts:
        product = absorbed(left | right for left in product for right in part)
    return product


def absorbed(found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    """Each alternative once, without those that ask for more than another does; in order of first meeting."""
    unique = list(dict.fromkeys(found))
    if len(unique) > MAX_ALTERNATIVES:
        raise TooManyAlternatives
    return tuple(one for one in unique if not any(other < one for other in unique))


class TooManyAlternatives(Exception):
    """A condition multiplies out beyond the limit."""


def opened(condition: Condition, concepts: Mapping[str, Condition], wanted: bool = True) -> tuple[frozenset[Test], ...]:
    """As `alternatives`, with every concept replaced by its definition and tests of one field merged."""
    found: list[tuple[Alternative, ...]] = []
    for alternative in alternatives(condition, wanted):
        parts: list[tuple[Alternative, ...]] = []
        for leaf in sorted(alternative, key=repr):
            if isinstance(leaf, ConceptTest):
                parts.append(tuple(opened(concepts[leaf.concept], concepts, leaf.wanted)))
            else:
                parts.append((frozenset([leaf]),))
        found.append(all_of(parts))
    return tuple(_merged(alternative) for alternative in any_of(found))


def _merged(alternative: Alternative) -> frozenset[Test]:
    """Word tests of the same single-valued field become one test of the words that pass them all."""
    tests = [leaf for leaf in alternative if isinstance(leaf, Test)]
    words: dict[str, list[Test]] = {}
    for test in tests:
        if test.operator in ("in", "not in"):
            words.setdefault(test.field, []).append(test)
    kept = {test for test in tests if len(words.get(test.field, ())) < 2}
    return frozenset(kept | {_meet(name, group) for name, group in words.items() if len(group) > 1})


def _meet(name: str, group: list[Test]) -> Test:
    passing = tuple(word for word in words_of(name) if all(test.holds(word) for test in group))
    return Test(name, "in", passing)


def words_of(name: str) -> tuple[str | bool, ...]:
    """The values of a choice or a flag."""
    field = FIELD_BY_NAME[name]
    return (True, False) if field.kind == "flag" else field.values
