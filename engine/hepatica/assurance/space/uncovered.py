"""What a union of many boxes leaves uncovered: counted exactly, with a smallest example, without listing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hepatica.assurance.space.axes import Space
from hepatica.assurance.space.boxes import Box, meet, union


class Gap(NamedTuple):
    """How many profiles are uncovered, and a box that holds one with the fewest known fields (`cost` of them)."""

    profiles: int
    cost: int
    box: Box


def gap(space: Space, region: Iterable[Box], boxes: Sequence[Box]) -> Gap | None:
    """The part of `region` that no box covers; None where there is none."""
    found = [part for start in union(region) if (part := _Search(space, start, boxes).gap()) is not None]
    if not found:
        return None
    best = min(found, key=lambda part: part.cost)
    return Gap(sum(part.profiles for part in found), best.cost, best.box)


class _Search:
    """Axis by axis; the state is which boxes still hold the profile. A box that asks for nothing more has covered it."""

    def __init__(self, space: Space, start: Box, boxes: Sequence[Box]) -> None:
        self.space, self.start = space, start
        near = list(dict.fromkeys(shared for box in boxes if (shared := meet(box, start)) is not None))
        size = len(near)
        self._every = (1 << size) - 1
        self._rows = [
            [(point, sum((box[axis] >> point & 1) << bit for bit, box in enumerate(near))) for point in _bits(start[axis])]
            for axis in range(len(start))
        ]
        asks = [[box[axis] != start[axis] for box in near] for axis in range(len(start))]
        self._later = [sum(any(row[bit] for row in asks[axis:]) << bit for bit in range(size)) for axis in range(len(start) + 1)]
        self._known: dict[tuple[int, int], Gap | None] = {}

    def gap(self) -> Gap | None:
        return self._gap(0, self._every)

    def _gap(self, axis: int, alive: int) -> Gap | None:
        if alive & ~self._later[axis]:
            return None
        if not alive:
            return self._rest(axis)
        key = (axis, alive)
        if key not in self._known:
            self._known[key] = self._branched(axis, alive)
        return self._known[key]

    def _branched(self, axis: int, alive: int) -> Gap | None:
        branches: dict[int, int] = {}
        for point, holding in self._rows[axis]:
            branches[alive & holding] = branches.get(alive & holding, 0) | 1 << point
        found = [self._before(axis, mask, below) for state, mask in branches.items() if (below := self._gap(axis + 1, state))]
        if not found:
            return None
        return min(found, key=lambda part: part.cost)._replace(profiles=sum(part.profiles for part in found))

    def _before(self, axis: int, mask: int, below: Gap) -> Gap:
        whole = self.space.axes[axis]
        points = list(_bits(mask))
        cost = min(whole.costs[point] for point in points)
        weight = sum(whole.weights[point] for point in points)
        return Gap(weight * below.profiles, cost + below.cost, (mask, *below.box))

    def _rest(self, axis: int) -> Gap:
        below = Gap(1, 0, ())
        for later in reversed(range(axis, len(self.start))):
            below = self._before(later, self.start[later], below)
        return below


def _bits(mask: int) -> Iterable[int]:
    return (index for index in range(mask.bit_length()) if mask >> index & 1)
