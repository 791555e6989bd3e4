"""Boxes and regions: a box is what it leaves of every axis, a region is a union of boxes. Everything is exact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import and_

from hepatica.assurance.space.axes import Box, Side, Space
from hepatica.assurance.space.work import WorkLimit
from hepatica.knowledge import Test
from hepatica.problems import InvalidInput, Problem

MOST_STEPS = 50_000
Boxes = tuple[Box, ...]


class TooManyParts(InvalidInput):
    """The conditions cut the space too finely for a bounded cost."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a condition certainly holds, and where it may: one box to a conjunction. `certain` lies in `possible`."""

    certain: Boxes
    possible: Boxes


NOWHERE = Region((), ())


def meet(first: Box, second: Box) -> Box | None:
    """What two boxes share; None where that is nothing."""
    shared = tuple([a & b for a, b in zip(first, second, strict=True)])
    return shared if all(shared) else None


def minus(box: Box, cut: Box) -> list[Box]:
    """The part of a box outside another, as disjoint boxes."""
    shared = meet(box, cut)
    if shared is None:
        return [box]
    pieces: list[Box] = []
    left = list(box)
    # Axis by axis: what sticks out along this one is one box; the next ones look only at what does not.
    for at, (side, taken) in enumerate(zip(box, shared, strict=True)):
        if rest := side & ~taken:
            pieces.append((*left[:at], rest, *left[at + 1 :]))
        left[at] = taken
    return pieces


def subtract(space: Space, boxes: Iterable[Box], cuts: Iterable[Box]) -> list[Box]:
    """The part of a region outside another; disjoint where `boxes` are."""
    left = list(boxes)
    for cut in cuts:
        space.work.spend(3 * len(left))
        left = [piece for box in left for piece in minus(box, cut)]
        if not left:
            break
    return left


def escaping(space: Space, boxes: Iterable[Box], cuts: Iterable[Box]) -> Iterator[Box]:
    """Parts of some boxes that lie outside some others, as they are found: mostly one is enough.

    Raises `TooManyParts` past `MOST_STEPS` looks.
    """
    steps = iter(range(MOST_STEPS))

    def left(box: Box, cuts: Collection[Box]) -> Iterator[Box]:
        if next(steps, None) is None:
            raise TooManyParts([Problem("the rules", 1, 1, "too-many-parts", f"not settled in {MOST_STEPS:,} steps")])
        space.work.spend(8 + len(cuts) // 8)
        near = [cut for cut in cuts if all(map(and_, cut, box))]
        if not near:
            yield box
            return
        # The largest first: what it leaves is small, or nothing.
        first = max(near, key=space.places)
        near.remove(first)
        for piece in minus(box, first):
            yield from left(piece, near)

    every = list(cuts)
    for box in boxes:
        yield from left(box, every)


def maximal(boxes: Iterable[Box], work: WorkLimit | None = None) -> list[Box]:
    """Each box once, without those that lie in another."""
    unique = list(dict.fromkeys(boxes))
    if work is not None:
        work.spend(len(unique) ** 2 // 16)
    # Every box is held against every other, so each is one number: its masks side by side, as wide as the widest of the axis.
    shifts = [0, *accumulate(max(masks).bit_length() for masks in zip(*unique, strict=True))][:-1]
    packed = {box: side_by_side(box, shifts) for box in unique}
    others = packed.values()
    return [box for box, mine in packed.items() if not any(mine | other == other != mine for other in others)]


def side_by_side(box: Sequence[Side], shifts: Iterable[int]) -> int:
    """A box as one number."""
    return sum([mask << shift for mask, shift in zip(box, shifts, strict=True)])


def intersect(space: Space, first: Collection[Box], second: Collection[Box]) -> list[Box]:
    """What two regions share."""
    space.work.spend(len(first) * len(second))
    return [shared for a in first for b in second if (shared := meet(a, b)) is not None]


def contains(space: Space, region: Sequence[Box], box: Box) -> bool:
    """Whether a box lies in a region."""
    return not subtract(space, [box], (other for other in region if meet(box, other) is not None))


def simplest(space: Space, boxes: Iterable[Box]) -> Box:
    """The box that holds a profile with the fewest known fields, the first of several."""
    return min(boxes, key=space.cost)


class RegionMaker:
    """Turns conditions in disjunctive form into regions of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._sides: dict[Test, tuple[Side, Side]] = {}

    def region(self, conjunctions: Iterable[Iterable[Test]]) -> Region:
        """Where at least one conjunction holds, and where one may."""
        certain: list[Box] = []
        possible: list[Box] = []
        for tests in conjunctions:
            self.space.work.spend(60)
            sure, maybe = self.boxes(tests)
            certain += filter(all, [sure])
            possible += filter(all, [maybe])
        return Region(tuple(maximal(certain, self.space.work)), tuple(maximal(possible, self.space.work)))

    def boxes(self, tests: Iterable[Test]) -> tuple[Box, Box]:
        """Where every test holds, and where none fails; a box with an empty side is empty."""
        sure, maybe = list(self.space.full), list(self.space.full)
        for test in tests:
            axis = self.space.axis_of[test.field]
            if (found := self._sides.get(test)) is None:
                found = self._sides[test] = self.space.axes[axis].sides(test)
            sure[axis] &= found[0]
            maybe[axis] &= found[1]
        return tuple(sure), tuple(maybe)
