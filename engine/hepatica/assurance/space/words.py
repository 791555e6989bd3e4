"""A box in words: for each field that it limits, the values it leaves. Every phrase has one reading.

One value stands alone ("C"), several as "any of A, B"; all but a few as "any but D"; and "or not known" is added only where
the value may be missing, so "any but D" is never unknown. Numbers are comparisons ("> 400", "20 to 400").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from math import isfinite

from hepatica.assurance.space.axes import Axis, Box, Cell, PointAxis, Space, bounds, fully_known
from hepatica.assurance.space.boxes import Region, intersect
from hepatica.assurance.space.describe import describe, without_impossible
from hepatica.assurance.space.diagram import diagram_of, sum_or
from hepatica.assurance.space.drawing import DrawnAxis, drawn
from hepatica.assurance.space.spans import Rectangle, filled, gapless, how_many, intervals, lowest, within
from hepatica.inference import FieldClasses, Verdict
from hepatica.patient import Field, Value

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


def limits(space: Space, box: Box, *, known_only: bool = False) -> Limits:
    """Field to values, in the fields' order, for every field that the box limits; `known_only`: among complete profiles."""
    found: Limits = {}
    for axis, side in space.sides(box):
        if isinstance(axis, DrawnAxis):
            if side != axis.full:
                known = _numbers(axis.classes[0], axis.rectangles(side))
                found[axis.fields[0].name] = _or_not_known(known, unknown=axis.unknown(side))
            continue
        kept, every = axis.cells(side), axis.cells(axis.full)
        if known_only:
            kept, every = [cells for cells in kept if fully_known(cells)], [cells for cells in every if fully_known(cells)]
        if len(kept) != len(every):
            found |= _axis_words(axis, kept, every)
    return found


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
        shown = _numbers(classes, [(1 << cell[0] - 1, 1 << cell[-1] - 1) for cell in known])
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


def _numbers(classes: FieldClasses, chosen: Sequence[Rectangle]) -> str:
    """Comparisons for the runs of neighbouring classes, then the intervals that reach beyond one of them."""
    single = sum_or(begins & ends for begins, ends in chosen)
    if single == filled(0, len(classes.samples) - 2):
        return "known"
    runs = [(lowest(run), run.bit_length() - 1) for run in gapless(single)]
    parts = [run_in_words(classes, first + 1, last + 1) for first, last in runs]
    beyond = sum(how_many(one) - sum(within(one, *run) for run in runs) for one in chosen)
    if beyond > _MOST_INTERVALS:
        parts.append(f"known only as one of {beyond} intervals")
    elif beyond:
        every = sorted(pair for one in chosen for pair in intervals(one))
        left = [(low, high) for low, high in every if not any(first <= low and high <= last for first, last in runs)]
        parts += [f"known only as {run_in_words(classes, low + 1, high + 1)}" for low, high in left]
    return any_of(parts) if parts else ""


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


class ScopedSpace(Space):
    """The axes of a space and, last, the scope's verdict.

    Only boxes from `lifted` are made of real profiles; combinations that no profile has are in none of them.
    """

    def __init__(self, space: Space, scope: Region) -> None:
        parts = diagram_of(space, [scope], lambda verdicts: verdicts[0]).boxes()
        self._parts = [parts[verdict] for verdict in _VERDICTS if verdict in parts]
        names = tuple(_NAMES[verdict] for verdict in _VERDICTS if verdict in parts)
        classes = FieldClasses(_FIELD, (), (None, *names), {name: index for index, name in enumerate(names, 1)})
        axis = PointAxis((_FIELD,), (classes,), tuple((((index,),),) for index in range(1, len(names) + 1)))
        super().__init__((*space.axes, axis), space.fields, space.work)

    def lifted(self, boxes: Iterable[Box]) -> list[Box]:
        """The same profiles as boxes of this space; disjoint where `boxes` are."""
        given = list(boxes)
        return [(*box, 1 << index) for index, where in enumerate(self._parts) for box in intersect(self, given, where)]


def described(
    space: Space, scoped: ScopedSpace | None, inside: Sequence[Box], outside: Sequence[Box], *, known_only: bool = False
) -> tuple[Limits, ...]:
    """A region in few boxes, each as what it asks of every field that it limits; with the scope first where that is given.

    With `known_only` complete profiles alone are told of, and what an incomplete one would have is left open.
    """
    if scoped is not None:
        space, inside, outside = scoped, scoped.lifted(inside), scoped.lifted(outside)
    shown, (part, rest) = drawn(space, (inside, outside), known_only=known_only)
    boxes = [without_impossible(shown, box, part) for box in describe(shown, part, rest)]
    found = [limits(shown, box, known_only=known_only) for box in boxes]
    named = [{name: one[name] for name in (_FIELD.name,) if name in one} | one for one in found]
    return tuple(one for index, one in enumerate(named) if one not in named[:index])
