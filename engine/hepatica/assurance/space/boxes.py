"""Set algebra on boxes: a box is one mask of points per axis, a region is a union of boxes. Everything is exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hepatica.assurance.space.axes import Space
from hepatica.knowledge import Test

Box = tuple[int, ...]
Boxes = tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Where a condition certainly holds, and where it may: one box to a conjunction. `certain` lies in `possible`."""

    certain: Boxes
    possible: Boxes


def meet(first: Box, second: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    shared = []
    for a, b in zip(first, second, strict=True):
        both = a & b
        if not both:
            return None
        shared.append(both)
    return tuple(shared)


def within(inner: Box, outer: Box) -> bool:
    """Whether one box lies in another."""
    return all(not a & ~b for a, b in zip(inner, outer, strict=True))


def minus(box: Box, cut: Box) -> list[Box]:
    """The part of a box outside another, as disjoint boxes."""
    if meet(box, cut) is None:
        return [box]
    pieces = []
    left = list(box)
    for axis, (mask, taken) in enumerate(zip(box, cut, strict=True)):
        if rest := mask & ~taken:
            pieces.append((*left[:axis], rest, *left[axis + 1 :]))
        left[axis] = mask & taken
    return pieces


def subtract(boxes: Iterable[Box], cuts: Iterable[Box]) -> list[Box]:
    """The part of a region outside another; disjoint where `boxes` are."""
    left = list(boxes)
    for cut in cuts:
        left = [piece for box in left for piece in minus(box, cut)]
        if not left:
            break
    return left


def union(boxes: Iterable[Box]) -> list[Box]:
    """The same region as disjoint boxes."""
    found: list[Box] = []
    for box in maximal(boxes):
        found.extend(subtract([box], found))
    return found


def maximal(boxes: Iterable[Box]) -> list[Box]:
    """Each box once, without those that lie in another."""
    unique = list(dict.fromkeys(boxes))
    return [box for box in unique if not any(other is not box and within(box, other) for other in unique)]


def intersect(first: Iterable[Box], second: Sequence[Box]) -> list[Box]:
    """What two regions share."""
    return [shared for a in first for b in second if (shared := meet(a, b)) is not None]


def contains(region: Sequence[Box], box: Box) -> bool:
    """Whether a box lies in a region."""
    return not subtract([box], (other for other in region if meet(box, other) is not None))


def covers(region: Sequence[Box], boxes: Iterable[Box]) -> bool:
    """Whether one region lies in another."""
    return all(contains(region, box) for box in boxes)


def equal(first: Sequence[Box], second: Sequence[Box]) -> bool:
    """Whether two regions are the same set of profiles."""
    return covers(first, second) and covers(second, first)


def count(space: Space, boxes: Iterable[Box]) -> int:
    """The profiles in a region."""
    return sum(map(space.count, union(boxes)))


def simplest(space: Space, boxes: Iterable[Box]) -> Box:
    """The box that holds a profile with the fewest known fields, the first of several."""
    costs = [axis.costs for axis in space.axes]
    return min(boxes, key=lambda box: sum(_cost(mask, c) for mask, c in zip(box, costs, strict=True)))


def _cost(mask: int, costs: tuple[int, ...]) -> int:
    return min(cost for index, cost in enumerate(costs) if mask >> index & 1)


class Cutter:
    """Turns conditions in disjunctive form into regions of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._masks: dict[Test, tuple[int, int, int]] = {}

    def region(self, conjunctions: Iterable[Iterable[Test]]) -> Region:
        """Where at least one conjunction holds, and where one may."""
        certain, possible = [], []
        for tests in conjunctions:
            sure, maybe = self.boxes(tests)
            certain.extend([sure] if all(sure) else [])
            possible.extend([maybe] if all(maybe) else [])
        return Region(tuple(maximal(certain)), tuple(maximal(possible)))

    def boxes(self, tests: Iterable[Test]) -> tuple[Box, Box]:
        """Where every test holds, and where none fails; a box with an empty mask is empty."""
        sure, maybe = list(self.space.full), list(self.space.full)
        for test in tests:
            axis, holds, may = self._masked(test)
            sure[axis] &= holds
            maybe[axis] &= may
        return tuple(sure), tuple(maybe)

    def _masked(self, test: Test) -> tuple[int, int, int]:
        known = self._masks.get(test)
        if known is None:
            known = self._masks[test] = self._mask(test)
        return known

    def _mask(self, test: Test) -> tuple[int, int, int]:
        index = self.space.axis_of[test.field]
        axis = self.space.axes[index]
        position = next(at for at, field in enumerate(axis.fields) if field.name == test.field)
        holds = may = 0
        for point, entries in enumerate(axis.points):
            value = entries[0][position]
            holds |= (value is not None and test.holds(value)) << point
            may |= (value is None or test.holds(value)) << point
        return index, holds, may
