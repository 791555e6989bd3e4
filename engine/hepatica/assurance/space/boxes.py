"""Boxes and regions: a box is one mask of points per axis, a region is a union of boxes. Everything is exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hepatica.assurance.space.axes import Space, verdict
from hepatica.knowledge import Test
from hepatica.problems import InvalidInput, Problem

MOST_STEPS = 1_000_000
Box = tuple[int, ...]
Boxes = tuple[Box, ...]


class TooManyParts(InvalidInput):
    """The conditions cut the space too finely for a bounded cost."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a condition certainly holds, and where it may: one box to a conjunction. `certain` lies in `possible`."""

    certain: Boxes
    possible: Boxes


NOWHERE = Region((), ())


def joined(regions: Iterable[Region]) -> Region:
    """Where at least one of some conditions certainly holds, and where one may."""
    every = list(regions)
    return Region(
        tuple(maximal(box for region in every for box in region.certain)),
        tuple(maximal(box for region in every for box in region.possible)),
    )


def meet(first: Box, second: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    shared = tuple([a & b for a, b in zip(first, second, strict=True)])
    return shared if all(shared) else None


def within(inner: Box, outer: Box) -> bool:
    """Whether one box lies in another."""
    return all(not a & ~b for a, b in zip(inner, outer, strict=True))


def minus(box: Box, cut: Box) -> list[Box]:
    """The part of a box outside another, as disjoint boxes."""
    if meet(box, cut) is None:
        return [box]
    pieces = []
    left = list(box)
    # Axis by axis: what sticks out along this axis is one box; the next axes look only at what does not.
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


def escapes(boxes: Iterable[Box], cuts: Sequence[Box]) -> bool:
    """Whether a part of some boxes lies outside some others: one such part is looked for, not all of them.

    Raises `TooManyParts` past `MOST_STEPS` looks.
    """
    steps = iter(range(MOST_STEPS))
    return any(_escapes(box, cuts, steps) for box in boxes)


def _escapes(box: Box, cuts: Sequence[Box], steps: Iterator[int]) -> bool:
    if next(steps, None) is None:
        raise TooManyParts([Problem("the rules", 1, 1, "too-many-parts", f"not settled in {MOST_STEPS:,} steps")])
    near = [cut for cut in cuts if meet(box, cut) is not None]
    if not near:
        return True
    # The largest first: what it leaves is small, or nothing.
    first = max(near, key=lambda cut: sum(mask.bit_count() for mask in cut))
    rest = [cut for cut in near if cut is not first]
    return any(_escapes(piece, rest, steps) for piece in minus(box, first))


def maximal(boxes: Iterable[Box]) -> list[Box]:
    """Each box once, without those that lie in another."""
    unique = list(dict.fromkeys(boxes))
    # Every box is held against every other, so each is one number: its masks side by side, as wide as the widest of the axis.
    widths = [max(masks).bit_length() for masks in zip(*unique, strict=True)]
    packed = {box: _packed(box, widths) for box in unique}
    others = packed.values()
    return [box for box, mine in packed.items() if not any(mine | other == other != mine for other in others)]


def _packed(box: Box, widths: Iterable[int]) -> int:
    number = 0
    for mask, width in zip(box, widths, strict=True):
        number = number << width | mask
    return number


def intersect(first: Iterable[Box], second: Sequence[Box]) -> list[Box]:
    """What two regions share."""
    return [shared for a in first for b in second if (shared := meet(a, b)) is not None]


def contains(region: Sequence[Box], box: Box) -> bool:
    """Whether a box lies in a region."""
    return not subtract([box], (other for other in region if meet(box, other) is not None))


def simplest(space: Space, boxes: Iterable[Box]) -> Box:
    """The box that holds a profile with the fewest known fields, the first of several."""
    return min(boxes, key=lambda box: sum(space.cost(axis, mask) for axis, mask in enumerate(box)))


class RegionMaker:
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
            axis, holds, may = self.masked(test)
            sure[axis] &= holds
            maybe[axis] &= may
        return tuple(sure), tuple(maybe)

    def masked(self, test: Test) -> tuple[int, int, int]:
        """The axis of a test, and its points where the test holds and where it may."""
        if test in self._masks:
            return self._masks[test]
        index = self.space.axis_of[test.field]
        axis = self.space.axes[index]
        at = next(at for at, field in enumerate(axis.fields) if field.name == test.field)
        holds = may = 0
        for point, entries in enumerate(axis.points):
            # Entries of one point have the same verdicts, so the first speaks for all.
            found = verdict(axis.classes[at], entries[0][at], test)
            holds |= (found is True) << point
            may |= (found is not False) << point
        self._masks[test] = index, holds, may
        return self._masks[test]
