"""A region as it is described: the intervals of a number in as few points as the region tells apart.

Boxes have rectangles of intervals; a description joins several of them ("> 400, or not known"), and so needs points of which any
set may be chosen. A region tells few of them apart, whatever the rules do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, product, repeat

from hepatica.assurance.space.axes import Axis, Box, IntervalAxis, Side, Space
from hepatica.assurance.space.spans import Rectangle, filled, lowest, trimmed
from hepatica.inference import each_bit


@dataclass(frozen=True, eq=False)
class DrawnAxis(Axis):
    """A number whose points are rectangles of intervals; with `known_only`, runs of known values."""

    axis: IntervalAxis
    places: tuple[Rectangle, ...]
    known_only: bool

    @property
    def size(self) -> int:
        """How many points there are."""
        return len(self.places)

    @property
    def _last(self) -> int:
        every = self.axis.full[1]
        return every & ~(every >> 1)

    @cached_property
    def _weights(self) -> tuple[int, ...]:
        return tuple(map(self.axis.known_volume if self.known_only else self.axis.volume, self.places))

    def unknown(self, side: Side) -> bool:
        """Whether the unknown value, which is the interval of all classes, is among some points."""
        return not self.known_only and any(begins & 1 and ends & self._last for begins, ends in self._chosen(side))

    def rectangles(self, side: Side) -> list[Rectangle]:
        """The intervals of some points without the unknown value."""
        if not self.unknown(side):
            return self._chosen(side)
        apart = (~1, -1), (1, ~self._last)
        pairs = [(begins & one, ends & other) for begins, ends in self._chosen(side) for one, other in apart]
        return [rectangle for pair in pairs if (rectangle := trimmed(*pair)) is not None]

    def _chosen(self, side: Side) -> list[Rectangle]:
        return [self.places[point] for point in each_bit(side[0])]

    def drawn(self, side: Side) -> int:
        """The points that lie in a side of the axis as it is."""
        begins, ends = (side[0] & side[1],) * 2 if self.known_only else side
        return sum(1 << at for at, (first, last) in enumerate(self.places) if not (first & ~begins or last & ~ends))


def drawn(space: Space, regions: Sequence[Sequence[Box]], *, known_only: bool) -> tuple[Space, list[list[Box]]]:
    """Regions of disjoint boxes in a space of the axes that they ask something of, all of points; with `known_only` their
    complete profiles."""
    every = [box for region in regions for box in region]
    space.work.spend(20 * len(every))
    axes: list[Axis] = []
    columns: list[list[int]] = []
    for axis, (start, end) in zip(space.axes, pairwise(space.starts), strict=True):
        sides = [box[start:end] for box in every]
        # Most boxes ask something of few axes: leaving out the others halves the work, and no word would be said of them.
        if different := dict.fromkeys(sides).keys() - {space.full[start:end]}:
            shown = _drawn_axis(axis, sides, known_only)
            points = {side: _points(shown, side, known_only) for side in (space.full[start:end], *different)}
            axes.append(shown)
            columns.append([points[side] for side in sides])
    rows = iter(zip(*columns, strict=True)) if columns else repeat(())
    found: list[list[Box]] = [list(filter(all, islice(rows, len(region)))) for region in regions]
    for at, axis in enumerate(axes):
        if isinstance(axis, DrawnAxis):
            found = [_joined(region, at) for region in found]
    return Space(axes, space.fields, space.work), found


def _points(axis: Axis, side: Side, known_only: bool) -> int:
    """The points of an axis that is drawn which lie in a side of it as it was."""
    if isinstance(axis, DrawnAxis):
        return axis.drawn(side)
    return side[0] & axis.complete if known_only else side[0]


def _drawn_axis(axis: Axis, sides: Sequence[Side], known_only: bool) -> Axis:
    if not isinstance(axis, IntervalAxis):
        return axis
    places: Iterable[Rectangle]
    if known_only:
        places = ((run, run) for run in _cut([begins & ends for begins, ends in sides], axis.full[0]))
    else:
        pairs = product(*(_cut([side[at] for side in sides], axis.full[at]) for at in (0, 1)))
        places = (place for pair in pairs if (place := trimmed(*pair)) is not None)
    return DrawnAxis(axis.fields, axis.classes, axis, tuple(places), known_only)


def _cut(masks: Iterable[int], full: int) -> Iterator[int]:
    """The runs of places that none of some masks without gaps tells apart."""
    edges = {edge for mask in (*masks, full) if mask for edge in (lowest(mask), mask.bit_length())}
    return (filled(start, end - 1) for start, end in pairwise(sorted(edges)))


def _joined(boxes: Iterable[Box], at: int) -> list[Box]:
    """The boxes with those made one that differ on one axis only."""
    found: dict[tuple[Box, Box], int] = {}
    for box in boxes:
        key = box[:at], box[at + 1 :]
        found[key] = found.get(key, 0) | box[at]
    return [(*before, mask, *after) for (before, after), mask in found.items()]
