"""Box algebra against plain sets of points."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.space import Box, Space, count, describe, meet, space_of, subtract, uncovered
from hepatica.knowledge import Test
from hepatica.patient import COMMON_FIELDS
from tests.making import boxes_of, common_space

TESTS = [
    Test("cmet", "in", ("high",)),
    Test("ras", "in", ("mutant",)),
    Test("bclc_stage", "in", ("C",)),
    *(Test("afp", ">", (bound,)) for bound in (20.0, 400.0)),
]
SPACE = common_space(TESTS)
# Described are regions of points alone.
LISTED = space_of(TESTS, COMMON_FIELDS, intervals=False)
Cells = tuple[tuple[int, ...], ...]
Entries = set[tuple[Cells, ...]]


def regions(space: Space = SPACE) -> st.SearchStrategy[list[Box]]:
    return st.lists(boxes_of(space), max_size=5)


def entries(region: list[Box] | tuple[Box, ...], space: Space = SPACE) -> Entries:
    """Every profile of some boxes, as the cells of its axes."""
    return {entry for box in region for entry in product(*(axis.cells(side) for axis, side in space.sides(box)))}


@given(boxes_of(SPACE), boxes_of(SPACE))
def test_meet_is_intersection(first: Box, second: Box) -> None:
    shared = meet(first, second)
    assert entries([shared] if shared else []) == entries([first]) & entries([second])


@given(regions(), regions())
def test_subtract_is_set_difference(first: list[Box], second: list[Box]) -> None:
    left = subtract(SPACE, first, second)
    assert entries(left) == entries(first) - entries(second)
    assert sum(len(entries([box])) for box in subtract(SPACE, [SPACE.full], second)) == SPACE.profiles - len(entries(second))


@given(regions())
def test_a_count_is_that_of_its_profiles(region: list[Box]) -> None:
    assert (count(SPACE, region) if region else 0) == len(entries(region))


@given(regions(), regions())
def test_what_is_uncovered_is_counted_and_its_example_lies_in_it(region: list[Box], cover: list[Box]) -> None:
    left = entries(region) - entries(cover)
    found = uncovered(SPACE, region, cover)
    assert (found[0] if found else 0) == len(left)
    if found:
        assert min(map(_cost, entries([found[1]]) & left)) == min(map(_cost, left))


@given(regions(LISTED))
def test_a_description_is_the_region_and_no_box_of_it_is_superfluous(region: list[Box]) -> None:
    inside, outside = disjoint(region), subtract(LISTED, [LISTED.full], region)
    shown = describe(LISTED, inside, outside)
    assert entries(shown, LISTED) == entries(region, LISTED)
    for box in shown:
        assert entries([other for other in shown if other is not box], LISTED) != entries(region, LISTED)


@pytest.mark.slow
@given(regions(LISTED))
def test_every_box_of_a_description_is_as_large_as_the_region_allows(region: list[Box]) -> None:
    inside, outside = disjoint(region), subtract(LISTED, [LISTED.full], region)
    for box in describe(LISTED, inside, outside):
        for axis, full in enumerate(LISTED.full):
            for bit in range(full.bit_length()):
                if not box[axis] >> bit & 1:
                    wider = (*box[:axis], box[axis] | 1 << bit, *box[axis + 1 :])
                    assert not entries([wider], LISTED) <= entries(region, LISTED)


def disjoint(region: list[Box]) -> list[Box]:
    found: list[Box] = []
    for box in region:
        found.extend(subtract(LISTED, [box], found))
    return found


def _cost(entry: tuple[Cells, ...]) -> int:
    """How many fields are known, an interval for two."""
    return sum(0 if cell == (0,) else min(len(cell), 2) for cells in entry for cell in cells)
