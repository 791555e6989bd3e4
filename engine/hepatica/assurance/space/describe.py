"""A region in as few boxes as a greedy search finds, each as large as the region allows, none superfluous.

Finding the fewest boxes is as hard as two-level logic minimisation; this is the same idea as its heuristics: grow a box to a
prime (no side can be widened), take the prime that covers most, repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from hepatica.assurance.space.axes import Box, Space
from hepatica.assurance.space.boxes import Packing, contains, intersect, meet, subtract

STARTS = 2
MOST_BOXES = 200
MOST_WORK = 500_000


def describe(space: Space, region: Sequence[Box], outside: Sequence[Box]) -> tuple[Box, ...]:
    """Prime boxes that cover `region` and keep clear of `outside`; what is in neither may be covered or not.

    Of a space whose axes are all points.

    Boxes may overlap. Irredundant, not proved smallest. Past `MOST_BOXES` primes, or `MOST_WORK` boxes looked
    at, the rest follows as plain disjoint boxes.
    """
    # The same boxes are looked at in every round, but for those that the last one cut.
    grown, size = cache(_Growing(space, outside).primes), cache(space.count)
    left = list(region)
    chosen: list[Box] = []
    work = 0
    while left and len(chosen) < MOST_BOXES and work < MOST_WORK:
        work += len(left) + len(outside)
        space.work.spend(4 * (len(left) + len(outside)))
        starts = sorted(left, key=size, reverse=True)[:STARTS]
        primes = dict.fromkeys(prime for start in starts for prime in grown(start))
        best = max(primes, key=lambda box: (sum(map(size, intersect(space, [box], left))), -_asked(space, box)))
        chosen.append(best)
        left = subtract(space, left, [best])
    needed = [*chosen, *left] if left else _needed(space, chosen, region)
    return tuple(sorted(needed, key=lambda box: (_asked(space, box), -size(box))))


def without_impossible(space: Space, box: Box, region: Sequence[Box]) -> Box:
    """The box with each side that it limits cut to the points that the region really has there.

    A prime may have grown over combinations that no profile has; named to a reader they would be false.
    """
    shared = [both for part in region if (both := meet(box, part)) is not None]
    sides = list(box)
    for axis, full in enumerate(space.full):
        if box[axis] != full:
            sides[axis] = 0
            for both in shared:
                sides[axis] |= both[axis]
    return tuple(sides)


class _Growing:
    """Widens boxes along one axis after another as far as they stay clear of some others; see `Packing`."""

    def __init__(self, space: Space, outside: Sequence[Box]) -> None:
        self._packing = Packing(space)
        self._full = space.full
        self._outside = [self._packing.packed(box) for box in outside]

    def primes(self, start: Box) -> list[Box]:
        """Boxes around `start` that cannot be widened any further."""
        order = range(len(start))
        return [self._grown(start, axes) for axes in (order, reversed(order))]

    def _grown(self, start: Box, axes: Iterable[int]) -> Box:
        shifts, apart = self._packing.shifts, self._packing.misses
        box = self._packing.packed(start)
        near = [(other, apart(box, other)) for other in self._outside]
        for axis in axes:
            shift, full = shifts[axis], self._full[axis]
            only = 1 << shift + full.bit_length()
            blocked = 0
            for other, misses in near:
                # Only this axis keeps the two apart, so widening into the other's points here would make them meet.
                if misses == only:
                    blocked |= other
            wider = box | full << shift & ~blocked
            if wider == box:
                continue
            box = wider
            near = [(other, apart(box, other) if misses & only else misses) for other, misses in near]
        return tuple(box >> shift & full for shift, full in zip(shifts, self._full, strict=True))


def _asked(space: Space, box: Box) -> int:
    """How many axes the box says something of."""
    return sum(mask != full for mask, full in zip(box, space.full, strict=True))


def _needed(space: Space, boxes: list[Box], region: Sequence[Box]) -> list[Box]:
    """Without the boxes whose part of the region the others cover, the last ones tried first."""
    kept = list(boxes)
    for box in reversed(boxes):
        space.work.spend(2 * len(region))
        others = [other for other in kept if other is not box]
        # Together they cover the region, so that without this one nothing can be missing outside it.
        mine = (shared for part in region if (shared := meet(part, box)) is not None)
        if all(contains(space, others, part) for part in mine):
            kept = others
    return kept
