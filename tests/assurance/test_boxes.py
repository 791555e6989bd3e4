"""Box algebra against plain sets of points."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.space import boxes as algebra
from hepatica.assurance.space.axes import space_of
from hepatica.assurance.space.boxes import Box
from hepatica.assurance.space.describe import describe
from hepatica.assurance.space.uncovered import gap
from hepatica.knowledge import Test

SPACE = space_of(
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
    shared = algebra.meet(first, second)
    assert points([shared] if shared else []) == points([first]) & points([second])


@given(regions(), regions())
def test_subtract_is_set_difference(first: list[Box], second: list[Box]) -> None:
    assert points(algebra.subtract(first, second)) == points(first) - points(second)


@given(regions())
def test_union_is_the_same_region_in_disjoint_boxes(region: list[Box]) -> None:
    parts = algebra.union(region)
    assert points(parts) == points(region)
    assert sum(len(points([part])) for part in parts) == len(points(region))


@given(regions())
def test_a_count_is_the_weight_of_its_points(region: list[Box]) -> None:
    assert algebra.count(SPACE, region) == weighed(points(region))


@given(regions(), boxes())
def test_contains_is_subset(region: list[Box], box: Box) -> None:
    assert algebra.contains(region, box) == (points([box]) <= points(region))


@given(regions(), regions())
def test_equal_is_equality_of_sets(first: list[Box], second: list[Box]) -> None:
    assert algebra.equal(first, second) == (points(first) == points(second))


@given(regions(), regions())
def test_a_gap_is_counted_and_its_example_lies_in_it(region: list[Box], cover: list[Box]) -> None:
    left = points(region) - points(cover)
    found = gap(SPACE, region, cover)
    assert (found.profiles if found else 0) == weighed(left)
    if found:
        assert points([found.box]) <= left
        assert found.cost == min(_cost(point) for point in left)


@given(regions())
def test_a_description_is_the_region_and_no_box_of_it_is_superfluous(region: list[Box]) -> None:
    inside, outside = algebra.union(region), algebra.subtract([SPACE.full], region)
    shown = describe(SPACE, inside, outside)
    assert points(shown) == points(region)
    for box in shown:
        assert points([other for other in shown if other is not box]) != points(region)


@given(regions())
def test_every_box_of_a_description_is_as_large_as_the_region_allows(region: list[Box]) -> None:
    inside, outside = algebra.union(region), algebra.subtract([SPACE.full], region)
    for box in describe(SPACE, inside, outside):
        for axis, full in enumerate(SPACE.full):
            for bit in range(full.bit_length()):
                if not box[axis] >> bit & 1:
                    wider = (*box[:axis], box[axis] | 1 << bit, *box[axis + 1 :])
                    assert not points([wider]) <= points(region)


def _cost(point: tuple[int, ...]) -> int:
    return sum(axis.costs[at] for axis, at in zip(SPACE.axes, point, strict=True))
