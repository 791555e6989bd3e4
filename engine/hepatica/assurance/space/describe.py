"""A region in words: in few boxes, and each as the values that it leaves of the fields that it limits.

Finding the fewest boxes is as hard as two-level logic minimisation; this is the
same idea as its heuristics: grow a box to a prime (no side can be widened), take the prime that covers most, repeat.

Every phrase has one reading. One value stands alone ("C"), several as "any of A, B"; all but a few as "any but D"; and "or not
known" is added only where the value may be missing, so "any but D" is never unknown. Numbers are comparisons ("> 400").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import accumulate, combinations
from math import isfinite

from hepatica.assurance.space.axes import Axis, Box, Cell, IntervalAxis, Side, Space, bounds, filled, fully_known, gapless
from hepatica.assurance.space.boxes import Region, contains, intersect, meet, side_by_side, subtract
from hepatica.assurance.space.diagram import diagram_of, sum_or
from hepatica.inference import FieldClasses, Verdict, each_bit
from hepatica.patient import Field, Value

STARTS = 2
MOST_BOXES = 200
MOST_WORK = 500_000
Limits = dict[str, str]
"""Field to the values it is limited to, in words; a profile meets all of them."""
NOT_KNOWN = "not known"
_UNKNOWN: Cell = (0,)
_MOST_INTERVALS = 3
_VERDICTS = (Verdict.TRUE, Verdict.UNKNOWN, Verdict.FALSE)
_NAMES = {Verdict.TRUE: "in", Verdict.UNKNOWN: "unknown", Verdict.FALSE: "out"}
_FIELD = Field(
    name="scope",
    title="Scope",
    kind="choice",
    nature="characteristic",
    values=tuple(_NAMES.values()),
    help="The scope's verdict.",
    value_titles={"in": "in scope", "out": "out of scope", "unknown": "scope not known"},
)


def described(
    space: Space, scoped: ScopedSpace | None, inside: Sequence[Box], outside: Sequence[Box] | None, *, known_only: bool = False
) -> tuple[Limits, ...]:
    """A region in few boxes, each as what it asks of every field that it limits; with the scope first where that is given.

    With `known_only` complete profiles alone are told of, and what an incomplete one would have is left open. Without `outside`
    the boxes are told as they are.
    """
    if scoped is not None:
        space, inside, outside = scoped, scoped.lifted(inside), outside and scoped.lifted(outside)
    shown, (part, rest) = _asked_alone(space, (inside, outside or ()), known_only)
    boxes = part if outside is None else [without_impossible(shown, box, part) for box in describe(shown, part, rest)]
    found = [limits(shown, box, known_only=known_only) for box in boxes]
    named = [{name: one[name] for name in (_FIELD.name,) if name in one} | one for one in found]
    return tuple(one for index, one in enumerate(named) if one not in named[:index])


class ScopedSpace(Space):
    """The axes of a space and, last, the scope's verdict.

    Only boxes from `lifted` are made of real profiles; combinations that no profile has are in none of them.
    """

    def __init__(self, space: Space, scope: Region) -> None:
        diagram = diagram_of(space, [scope], lambda verdicts: verdicts[0])
        found = [verdict for verdict in _VERDICTS if diagram.count(verdict)]
        self._parts = [list(diagram.where(verdict)) for verdict in found]
        names = tuple(_NAMES[verdict] for verdict in found)
        classes = FieldClasses(_FIELD, (), (None, *names), {name: index for index, name in enumerate(names, 1)})
        axis = Axis((_FIELD,), (classes,), tuple((((index,),),) for index in range(1, len(names) + 1)))
        super().__init__((*space.axes, axis), space.fields, space.work)

    def lifted(self, boxes: Iterable[Box]) -> list[Box]:
        """The same profiles as boxes of this space; disjoint where `boxes` are."""
        given = list(boxes)
        return [(*box, 1 << index) for index, where in enumerate(self._parts) for box in intersect(self, given, where)]


def describe(space: Space, region: Sequence[Box], outside: Sequence[Box]) -> tuple[Box, ...]:
    """Prime boxes that cover `region` and keep clear of `outside`; what is in neither may be covered or not.

    Of a space whose axes are all points. Boxes may overlap. Irredundant, not proved smallest. Past `MOST_BOXES` primes, or
    `MOST_WORK` boxes looked at, the rest follows as plain disjoint boxes.
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
    return tuple(sorted(needed, key=lambda box: (_asked(space, box), -size(box), box)))


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
    """Widens boxes along one axis after another as far as they stay clear of some others.

    Boxes are numbers: their sides stand next to each other, a spare bit above each. `fill` has every side full, so adding it to
    `box & other` carries into the spare bit of exactly the sides in which the two share a place: one AND and one addition tell
    where two boxes miss each other, however many axes there are.
    """

    def __init__(self, space: Space, outside: Sequence[Box]) -> None:
        self._full = space.full
        widths = [full.bit_length() for full in space.full]
        self._shifts = [*accumulate((width + 1 for width in widths[:-1]), initial=0)][: len(widths)]
        self._fill = side_by_side([(1 << width) - 1 for width in widths], self._shifts)
        self._spare = sum(1 << shift + width for shift, width in zip(self._shifts, widths, strict=True))
        self._outside = [side_by_side(box, self._shifts) for box in outside]

    def primes(self, start: Box) -> list[Box]:
        """Boxes around `start` that cannot be widened any further."""
        order = range(len(start))
        return [self._grown(start, axes) for axes in (order, reversed(order))]

    def _grown(self, start: Box, axes: Iterable[int]) -> Box:
        box, fill, spare = side_by_side(start, self._shifts), self._fill, self._spare
        near = [(other, spare & ~((box & other) + fill)) for other in self._outside]
        for axis in axes:
            shift, full = self._shifts[axis], self._full[axis]
            only = 1 << shift + full.bit_length()
            blocked = 0
            for other, misses in near:
                # Only this axis keeps the two apart, so widening into the other's points here would make them meet.
                if misses == only:
                    blocked |= other
            wider = box | full << shift & ~blocked
            if wider != box:
                box = wider
                near = [(other, spare & ~((box & other) + fill) if misses & only else misses) for other, misses in near]
        return tuple(box >> shift & full for shift, full in zip(self._shifts, self._full, strict=True))


def _asked(space: Space, box: Box) -> int:
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


def _asked_alone(space: Space, regions: Sequence[Sequence[Box]], known_only: bool) -> tuple[Space, list[list[Box]]]:
    """Regions of disjoint boxes in a space of the axes that they ask something of; with `known_only` their complete profiles."""
    every = [box for region in regions for box in region]
    space.work.spend(20 * len(every))
    # Most boxes ask something of few axes: leaving out the others halves the work, and no word would be said of them.
    asked = [at for at, full in enumerate(space.full) if any(box[at] != full for box in every)]
    axes = [space.axes[at] for at in asked]
    kept = [(at, axis.complete if known_only else axis.full) for at, axis in zip(asked, axes, strict=True)]
    cut = ([tuple([box[at] & mask for at, mask in kept]) for box in region] for region in regions)
    found = [list(filter(all, region)) for region in cut]
    for at in (at for at, axis in enumerate(axes) if isinstance(axis, IntervalAxis)):
        found = [_joined(region, at) for region in found]
    shown = Space(axes, space.fields, space.work)
    if known_only:
        # What is said of a number compares known values: intervals weigh nothing then.
        shown.full = tuple(axis.complete if isinstance(axis, IntervalAxis) else axis.full for axis in axes)
    return shown, found


def _joined(boxes: Iterable[Box], at: int) -> list[Box]:
    """The boxes with those made one that differ on one axis only."""
    found: dict[tuple[Box, Box], int] = {}
    for box in boxes:
        key = box[:at], box[at + 1 :]
        found[key] = found.get(key, 0) | box[at]
    return [(*before, mask, *after) for (before, after), mask in found.items()]


def limits(space: Space, box: Box, *, known_only: bool = False) -> Limits:
    """Field to values, in the fields' order, for every field that the box limits; `known_only`: among complete profiles."""
    found: Limits = {}
    for axis, side in space.sides(box):
        if isinstance(axis, IntervalAxis):
            if (side & axis.complete != axis.complete) if known_only else (side != axis.full):
                found[axis.fields[0].name] = _intervals(axis, side & axis.complete if known_only else side)
            continue
        kept, every = axis.cells(side), axis.cells(axis.full)
        if known_only:
            kept, every = [cells for cells in kept if fully_known(cells)], [cells for cells in every if fully_known(cells)]
        if len(kept) != len(every):
            found |= _axis_words(axis, kept, every)
    return found


def _intervals(axis: IntervalAxis, side: Side) -> str:
    """Comparisons for the runs of neighbouring classes, then the intervals that reach beyond one of them."""
    classes, unknown = axis.classes[0], bool(side >> axis.unknown & 1)
    single = sum_or(filled(*axis.segments[axis.ends(point)[0]]) for point in each_bit(side & axis.complete))
    runs = list(gapless(single))

    def beyond(point: int) -> bool:
        first, last = axis.ends(point)
        start, end = axis.segments[first][0], axis.segments[last][1]
        return not any(low <= start and end <= high for low, high in runs)

    alone = unknown and axis.weights[axis.unknown] == 1
    wide = [point for point in each_bit(side & ~axis.complete & ~(alone << axis.unknown)) if beyond(point)]
    number = sum(axis.weights[point] for point in wide) - (axis.unknown in wide)
    parts = _numbers(classes, single)
    if number > _MOST_INTERVALS:
        parts.append(f"known only as one of {number} intervals")
    else:
        cells = sorted(cell for point in wide for (cell,) in axis.group(point) if cell != _UNKNOWN)
        parts += [f"known only as {run_in_words(classes, *cell)}" for cell in cells]
    return _or_not_known(any_of(parts) if parts else "", unknown=unknown)


def _axis_words(axis: Axis, listed: Sequence[tuple[Cell, ...]], every: Sequence[tuple[Cell, ...]]) -> Limits:
    kept = set(listed)
    for positions in (at for size in range(1, len(axis.fields) + 1) for at in combinations(range(len(axis.fields)), size)):
        sides = [{cells[at] for cells in kept} for at in positions]
        asked = list(zip(positions, sides, strict=True))
        if {cells for cells in every if all(cells[at] in side for at, side in asked)} == kept:
            return {axis.fields[at].name: cells_in_words(axis.classes[at], side) for at, side in asked}
    return {axis.fields[0].name: _pairs(axis, listed, every)}


def _pairs(axis: Axis, kept: Sequence[tuple[Cell, ...]], every: Sequence[tuple[Cell, ...]]) -> str:
    """Two linked fields: for each value of the first the values of the second, where that is not left open."""
    groups: dict[Cell, set[Cell]] = {}
    for first, second in kept:
        groups.setdefault(first, set()).add(second)
    parts = []
    for first, seconds in groups.items():
        possible = {second for one, second in every if one == first}
        name = cells_in_words(axis.classes[0], {first})
        title = axis.fields[1].title
        parts.append(name if seconds == possible else f"{name} with {title} {cells_in_words(axis.classes[1], seconds)}")
    return "; or ".join(parts)


def cells_in_words(classes: FieldClasses, chosen: Collection[Cell]) -> str:
    """Some of a field's cells as a reader would say it."""
    known = [cell for cell in chosen if cell != _UNKNOWN]
    if not known:
        return NOT_KNOWN
    if classes.field.kind in ("integer", "number"):
        shown = any_of(_numbers(classes, sum_or(1 << cell[0] - 1 for cell in known)))
    else:
        shown = _tokens(classes, {cell[0] for cell in known})
    return _or_not_known(shown, unknown=len(known) < len(chosen))


def _or_not_known(shown: str, *, unknown: bool) -> str:
    return f"{shown}, or {NOT_KNOWN}" if shown and unknown else shown or NOT_KNOWN


def any_of(words: Sequence[str]) -> str:
    """One of several words: "C", "any of A, B". Never parted by semicolons: those stand between fields."""
    return words[0] if len(words) == 1 else f"any of {', '.join(words)}"


def _tokens(classes: FieldClasses, known: set[int]) -> str:
    every = range(1, len(classes.samples))
    if len(known) == len(every):
        return "known"
    values = {index: value for index in every if (value := classes.samples[index]) is not None}
    if classes.field.kind == "set":
        return _lists(classes.field, {values[index] for index in known}, set(values.values()))
    ordered = [classes.field.show(value) for index, value in values.items() if index in known]
    others = [classes.field.show(value) for index, value in values.items() if index not in known]
    return f"any but {', '.join(others)}" if len(others) < len(ordered) and len(ordered) > 3 else any_of(ordered)


def _lists(field: Field, known: set[Value], every: set[Value]) -> str:
    """Lists of words by what they include and lack, where one such phrase or two say it; else one by one."""
    nothing: set[Value] = {()}
    atoms: list[tuple[str, set[Value]]] = [("none", nothing), ("at least one", every - nothing)]
    for size in range(1, len(field.values) + 1):
        for words in combinations(field.values, size):
            without = {value for value in every if not (isinstance(value, tuple) and set(words) & set(value))}
            named = any_of([field.show(word) for word in words])
            atoms += [(f"includes {named}", every - without), (f"without {named}", without)]
    for text, held in atoms:
        if held == known:
            return text
    for (text, held), (more, also) in combinations(atoms, 2):
        if held & also == known:
            return f"{text} and {more}"
    for text, held in atoms:
        if held | nothing == known:
            return f"none, or {text}"
    listed = sorted(known, key=lambda value: (len(value) if isinstance(value, tuple) else 0, str(value)))
    return any_of([field.show(value).replace(", ", " with ") for value in listed])


def _numbers(classes: FieldClasses, single: int) -> list[str]:
    """The runs of neighbouring classes of a number."""
    if single == filled(0, len(classes.samples) - 2):
        return ["known"]
    return [run_in_words(classes, first + 1, last + 1) for first, last in gapless(single)]


def run_in_words(classes: FieldClasses, first: int, last: int) -> str:
    """Neighbouring classes of a number as a comparison or a range."""
    if classes.field.kind == "integer":
        return _whole(classes, first, last)
    ends = bounds(classes, first, last)
    if ends.low == ends.high:
        return f"{ends.low:g}"
    if ends.low_included and ends.high_included:
        return f"{ends.low:g} to {ends.high:g}"
    above = f"{'>=' if ends.low_included else '>'} {ends.low:g}" if isfinite(ends.low) else ""
    below = f"{'<=' if ends.high_included else '<'} {ends.high:g}" if isfinite(ends.high) else ""
    return " and ".join(part for part in (above, below) if part) or "known"


def _whole(classes: FieldClasses, first: int, last: int) -> str:
    start, following = classes.samples[first], classes.samples[last + 1] if last + 1 < len(classes.samples) else None
    final = int(following) - 1 if isinstance(following, (int, float)) else int(classes.field.high)
    assert isinstance(start, (int, float))
    if start == final:
        return f"{start}"
    if final == int(classes.field.high):
        return f">= {start}"
    return f"<= {final}" if first == 1 else f"{start} to {final}"
