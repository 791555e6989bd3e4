"""Box algebra against plain sets of points."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.space import Box, count, describe, meet, subtract, uncovered
from hepatica.knowledge import Test
from tests.making import common_space

SPACE = common_space(
    [Test("cmet", "in", ("high",)), Test("ras", "in", ("mutant",)), Test("bclc_stage", "in", ("C",)), Test("afp", ">", (400.0,))]
)
Points = set[tuple[int, ...]]


def boxes() -> st.SearchStrategy[Box]:
    return st.tuples(*(st.integers(1, full) for full in SPACE.full))


def regions() -> st.SearchStrategy[list[Box]]:
    return st.lists(boxes(), max_size=5)


def points(region: list[Box] | tuple[Box, ...]) -> Points:
    return {p for p in every() if any(all(mask >> at & 1 for mask, at in zip(box, p, strict=True)) for box in region)}


def every() -> Points:
    return set(product(*(range(len(axis.points)) for axis in SPACE.axes)))


def weighed(region: Points) -> int:
    return sum(SPACE.count([1 << at for at in point]) for point in region)


@given(boxes(), boxes())
def test_meet_is_intersection(first: Box, second: Box) -> None:
    shared = meet(first, second)
    assert points([shared] if shared else []) == points([first]) & points([second])


@given(regions(), regions())
def test_subtract_is_set_difference(first: list[Box], second: list[Box]) -> None:
    assert points(subtract(first, second)) == points(first) - points(second)


@given(regions())
def test_a_count_is_the_weight_of_its_points(region: list[Box]) -> None:
    assert (count(SPACE, region) if region else 0) == weighed(points(region))


@given(regions(), regions())
def test_what_is_uncovered_is_counted_and_its_example_lies_in_it(region: list[Box], cover: list[Box]) -> None:
    left = points(region) - points(cover)
    found = uncovered(SPACE, region, cover)
    assert (found[0] if found else 0) == weighed(left)
    if found:
        assert min(_cost(point) for point in points([found[1]]) & left) == min(_cost(point) for point in left)


@given(regions())
def test_a_description_is_the_region_and_no_box_of_it_is_superfluous(region: list[Box]) -> None:
    inside, outside = disjoint(region), subtract([SPACE.full], region)
    shown = describe(SPACE, inside, outside)
    assert points(shown) == points(region)
    for box in shown:
        assert points([other for other in shown if other is not box]) != points(region)


@pytest.mark.slow
@given(regions())
def test_every_box_of_a_description_is_as_large_as_the_region_allows(region: list[Box]) -> None:
    inside, outside = disjoint(region), subtract([SPACE.full], region)
    for box in describe(SPACE, inside, outside):
        for axis, full in enumerate(SPACE.full):
            for bit in range(full.bit_length()):
                if not box[axis] >> bit & 1:
                    wider = (*box[:axis], box[axis] | 1 << bit, *box[axis + 1 :])
                    assert not points([wider]) <= points(region)


def disjoint(region: list[Box]) -> list[Box]:
    found: list[Box] = []
    for box in region:
        found.extend(subtract([box], found))
    return found


def _cost(point: tuple[int, ...]) -> int:
    return sum(costs[at] for costs, at in zip(SPACE.costs, point, strict=True))
