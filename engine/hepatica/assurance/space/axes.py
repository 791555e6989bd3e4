"""The profile space: every consistent profile that the tests of one or more rulesets can tell apart.

An axis is one field, or fields that constrain each other (Child-Pugh class and score). A profile, where profiles are counted,
is one entry per field that some test reads: a word, yes or no, a list of words, a number on a threshold or between two
neighbouring ones, an interval of such numbers, or unknown. Fields that no test reads are not counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise, product
from math import inf, prod
from operator import and_, itemgetter, or_

from hepatica.assurance.space.spans import filled, how_many, intervals, lowest, within
from hepatica.assurance.space.work import WorkLimit
from hepatica.inference import FieldClasses, classes_of, each_bit
from hepatica.knowledge import Test
from hepatica.patient import CLASS_RANGES, Facts, Field, Fields, Interval, Value, class_of, facts_of

Entry = tuple[Value | None, ...]
"""One value per field of an axis; None where it is not known."""
Cell = tuple[int, ...]
"""The classes of one field that a value may lie in: one (0 is unknown), or several neighbours for an interval."""
Points = tuple[tuple[tuple[Cell, ...], ...], ...]
Side = tuple[int, ...]
"""What a box leaves of one axis: a mask of its points, or for intervals the masks of where they begin and where they end."""
Box = tuple[int, ...]
"""A part of the space: the sides of all axes, one after the other."""
CLASS, SCORE = "child_pugh_class", "child_pugh_score"
_LINKED = (CLASS, SCORE)
_UNKNOWN: Cell = (0,)
_INTERVALS = ("number",)
MOST_LISTED = 1_000


class Axis:
    """Fields that vary together. `points[i]` are the cells (one per field) of the entries of the i-th group.

    No test tells the entries of a group apart; unknown is an entry of its own.
    """

    def __init__(self, fields: tuple[Field, ...], classes: tuple[FieldClasses, ...], points: Points = ()) -> None:
        self.fields, self.classes, self._listed = fields, classes, points

    @cached_property
    def points(self) -> Points:
        """The groups of entries."""
        return self._listed

    @property
    def size(self) -> int:
        """How many points there are."""
        return len(self.points)

    @property
    def full(self) -> Side:
        """All of the axis."""
        return ((1 << self.size) - 1,)

    @cached_property
    def _weights(self) -> tuple[int, ...]:
        return tuple(map(len, self.points))

    @cached_property
    def complete(self) -> int:
        """The points of which some entry is fully known."""
        return sum(any(map(fully_known, point)) << index for index, point in enumerate(self.points))

    def volume(self, side: Side) -> int:
        """How many entries a side stands for."""
        return sum(self._weights[point] for point in each_bit(side[0]))

    def cost(self, side: Side) -> int:
        """The fewest known fields among the entries of a side."""
        return _known(self.simplest(side))

    def known_volume(self, side: Side) -> int:
        """How many entries the points among them stand for."""
        return self.volume((side[0] & self.complete,))

    def cells(self, side: Side) -> list[tuple[Cell, ...]]:
        """The cells of every entry of a side."""
        return [cells for index in each_bit(side[0]) for cells in self.points[index]]

    def at(self, point: int) -> Side:
        """The side of a point, or of its first entry."""
        return (1 << point,)

    def _open_to(self, cells: tuple[Cell, ...]) -> Sequence[frozenset[int]]:
        """For each field the classes that it may turn out to have: of an unknown one, all."""
        every = [frozenset(range(1, len(classes.samples))) for classes in self.classes]
        return tuple(all_ if cell == _UNKNOWN else frozenset(cell) for all_, cell in zip(every, cells, strict=True))

    def entry(self, cells: tuple[Cell, ...]) -> Entry:
        """The entry with those cells."""
        return tuple(value_of(classes, cell) for classes, cell in zip(self.classes, cells, strict=True))

    def simplest(self, side: Side) -> tuple[Cell, ...]:
        """The cells of the entry with fewest known fields in a side, the first of several."""
        return min(self.cells(side), key=_known)

    def sides(self, test: Test) -> tuple[list[Side], list[Side]]:
        """Where a test of one of the fields holds, and where it may; nothing is an empty mask."""
        at = next(at for at, field in enumerate(self.fields) if field.name == test.field)
        holds = may = 0
        for point, entries in enumerate(self.points):
            # Entries of one point have the same verdicts, so the first speaks for all.
            found = verdict(self.classes[at], entries[0][at], test)
            holds |= (found is True) << point
            may |= (found is not False) << point
        return [(holds,)], [(may,)]

    def completable(self, side: Side) -> Side:
        """The points that can turn out to lie in a side once everything is known."""
        return (sum(bool(side[0] & reached) << point for point, reached in enumerate(self._completions)),)

    @cached_property
    def _completions(self) -> tuple[int, ...]:
        entries = [[self._open_to(cells) for cells in point] for point in self.points]

        def reached(point: list[Sequence[frozenset[int]]], target: list[Sequence[frozenset[int]]]) -> bool:
            """Whether an entry can turn out to be another: every value that the other may have, it may have, too."""
            return any(all(map(frozenset.__ge__, entry, other)) for entry in point for other in target)

        return tuple(sum(reached(point, target) << at for at, target in enumerate(entries)) for point in entries)


class IntervalAxis(Axis):
    """A number that may be known as an interval: a run of neighbouring classes, told by the first and the last of them.

    A thousand thresholds make two million runs, so they are not listed unless asked for. A side is a rectangle of `spans`: the
    classes where a run may begin and those where it may end (bit 0 is class 1). Unknown is the run of all classes.
    """

    def __init__(self, field: Field, classes: FieldClasses, tests: tuple[Test, ...]) -> None:
        super().__init__((field,), (classes,))
        self.tests, self._last = tests, len(classes.samples) - 2

    @property
    def full(self) -> Side:
        """Every begin, and every end."""
        every = filled(0, self._last)
        return every, every

    def volume(self, side: Side) -> int:
        """How many intervals a side holds."""
        return how_many(side)

    def known_volume(self, side: Side) -> int:
        """The runs that no test tells from one known value."""
        begins, ends = side
        # A side has no gaps: it has all of each segment between the first and the last that it reaches into.
        first = bisect_left(self.segments, lowest(ends), key=itemgetter(1))
        last = bisect_right(self.segments, begins.bit_length() - 1, key=itemgetter(0)) - 1
        whole = self._in_segments[last] - self._in_segments[first + 1] if first < last else 0
        return whole + sum(within(side, *self.segments[at]) for at in {first, last} if first <= last)

    @cached_property
    def _in_segments(self) -> tuple[int, ...]:
        """How many runs lie in one of the first so many segments."""
        lengths = (last - first + 1 for first, last in self.segments)
        return tuple(accumulate((length * (length + 1) // 2 for length in lengths), initial=0))

    def cells(self, side: Side) -> list[tuple[Cell, ...]]:
        """The cells of every interval; of all of a finely cut number that is long."""
        return [(self._cell(first, last),) for first, last in intervals(side)]

    def _cell(self, first: int, last: int) -> Cell:
        return _UNKNOWN if (first, last) == (0, self._last) else tuple(range(first + 1, last + 2))

    def at(self, point: int) -> Side:
        """The first entry of a point."""
        cell = self.points[point][0][0]
        first, last = (0, self._last) if cell == _UNKNOWN else (cell[0] - 1, cell[-1] - 1)
        return 1 << first, 1 << last

    def simplest(self, side: Side) -> tuple[Cell, ...]:
        """Unknown, else the lowest single class, else the shortest interval."""
        begins, ends = side
        if begins & 1 and ends >> self._last:
            return (_UNKNOWN,)
        single = begins & ends
        first, last = (lowest(single), lowest(single)) if single else (begins.bit_length() - 1, lowest(ends))
        return (self._cell(first, last),)

    def sides(self, test: Test) -> tuple[list[Side], list[Side]]:
        """As of any axis; up to two rectangles, where a test passes values below and above."""
        passed = self._passed(test)
        sure: list[Side] = [(filled(low, high),) * 2 for low, high in passed]
        some: list[Side] = [(filled(0, high), filled(low, self._last)) for low, high in passed] or [(1, 1 << self._last)]
        if passed == [(0, self._last)]:
            # Every value passes, and still nothing is known of one that is not known.
            sure = [(filled(1, self._last),) * 2, (filled(0, self._last - 1),) * 2]
        if test.unknown is None:
            return sure or [(0, 0)], some
        decided = some if test.unknown else sure or [(0, 0)]
        return decided, decided

    def _passed(self, test: Test) -> list[tuple[int, int]]:
        """The runs of classes that pass a test, by their first and last places."""
        on = self.classes[0].class_of(float(str(test.operands[0]))) - 1
        below, above = (0, on - 1), (on + 1, self._last)
        runs = {"<": [below], "<=": [(0, on)], ">": [above], ">=": [(on, self._last)], "=": [(on, on)], "!=": [below, above]}
        return [(low, high) for low, high in runs[test.operator] if low <= high]

    @cached_property
    def segments(self) -> tuple[tuple[int, int], ...]:
        """The first and last place of each run of neighbouring classes that no test tells apart."""
        edges = {edge for test in self.tests for low, high in self._passed(test) for edge in (low, high + 1)}
        return tuple((start, end - 1) for start, end in pairwise(sorted(edges | {0, self._last + 1})))

    @cached_property
    def size(self) -> int:
        """How many points there are: with comparisons alone, every pair of segments is one."""
        passed = [self._passed(test) for test in self.tests if test.unknown is None and test.operator not in ("=", "!=")]
        plain = len(passed) == len(self.tests) and all(runs and runs != [(0, self._last)] for runs in passed)
        return len(self.segments) * (len(self.segments) + 1) // 2 if plain else len(self._groups)

    @cached_property
    def _groups(self) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Pairs of segments in which runs begin and end, by the tests that hold of all their values and of some."""
        bits = {test: 1 << position for position, test in enumerate(self.tests)}
        passed = [self._passed(test) for test in self.tests]
        passing = [[any(low <= start <= high for low, high in runs) for runs in passed] for start, _ in self.segments]
        rows = [sum(bit for bit, passes in zip(bits.values(), row, strict=True) if passes) for row in passing]
        yes, no = (sum(bit for test, bit in bits.items() if test.unknown is wanted) for wanted in (True, False))
        found: dict[tuple[int, int], list[tuple[int, int]]] = {(yes, sum(bits.values()) & ~no): [(-1, -1)]}
        for first in range(len(rows)):
            every, some = (list(accumulate(rows[first:], join)) for join in (and_, or_))
            for last, (sure, may) in enumerate(zip(every, some, strict=True), first):
                decided = sure | may & ~sure & yes, may & ~(~sure & no)
                found.setdefault(decided, []).append((first, last))
        return found

    @cached_property
    def points(self) -> Points:
        """The groups of entries, listed: for a number that is cut by few thresholds."""
        found: list[tuple[tuple[Cell, ...], ...]] = []
        for pairs in self._groups.values():
            unknown = [(_UNKNOWN,) for first, _ in pairs if first < 0]
            sides = (tuple(filled(*self.segments[at]) for at in pair) for pair in pairs if pair[0] >= 0)
            found.append((*unknown, *(cells for side in sides for cells in self.cells(side) if cells != (_UNKNOWN,))))
        return tuple(found)

    def completable(self, side: Side) -> Side:
        """A run can turn out to be any run within it."""
        begins, ends = side
        return filled(0, begins.bit_length() - 1), filled(lowest(ends), self._last)


class Space:
    """The product of the axes that some tests read.

    `fields` are all that a profile has, read or not. `full` is the box of everything, `starts` says where in a box the side of
    each axis begins. `work` bounds what is done with it, without end by default.
    """

    def __init__(self, axes: Sequence[Axis], fields: Fields, work: WorkLimit | None = None) -> None:
        self.axes = tuple(axes)
        self.fields = fields
        self.work = work or WorkLimit()
        sides = [axis.full for axis in self.axes]
        self.full: Box = sum(sides, ())
        self.starts = tuple(accumulate(map(len, sides), initial=0))
        self.axis_of = {field.name: index for index, axis in enumerate(self.axes) for field in axis.fields}
        # The masks that are begins or ends of intervals, each with where its rectangle starts.
        self.rectangles = {at: start for start, end in pairwise(self.starts) for at in range(start, end) if end - start > 1}

    @property
    def profiles(self) -> int:
        """How many profiles there are."""
        return self.count(self.full)

    @cached_property
    def points(self) -> int:
        """How many of them some test can tell apart."""
        return prod(axis.size for axis in self.axes)

    @cached_property
    def listable(self) -> bool:
        """Whether the points of each axis can be gone through one by one: a finely cut number has too many intervals."""
        return all(axis.size <= MOST_LISTED for axis in self.axes)

    def side(self, box: Box, axis: int) -> Side:
        """What a box leaves of an axis."""
        return box[self.starts[axis] : self.starts[axis + 1]]

    def sides(self, box: Box) -> Iterator[tuple[Axis, Side]]:
        """Every axis with what a box leaves of it."""
        for (start, end), axis in zip(pairwise(self.starts), self.axes, strict=True):
            yield axis, box[start:end]

    def replaced(self, box: Box, axis: int, side: Side) -> Box:
        """The box with another side on one axis."""
        return (*box[: self.starts[axis]], *side, *box[self.starts[axis + 1] :])

    def at(self, points: Sequence[int]) -> Box:
        """The box of a point of each axis."""
        return sum((axis.at(point) for axis, point in zip(self.axes, points, strict=True)), ())

    def count(self, box: Box) -> int:
        """The profiles in a box."""
        return prod(axis.volume(side) for axis, side in self.sides(box))

    def known(self, box: Box) -> int:
        """Those of them that no test tells from one with every fact known."""
        return prod(axis.known_volume(side) for axis, side in self.sides(box))

    def cost(self, box: Box) -> int:
        """The fewest known fields among the profiles of a box."""
        return sum(axis.cost(side) for axis, side in self.sides(box))

    def facts(self, box: Box, *, usual: bool = False) -> Facts:
        """The profile of a box with the fewest known fields; total, and consistent.

        `usual`: with values that a reader would expect where no test tells several apart.
        """
        known: dict[str, Value | None] = {}
        for axis, side in self.sides(box):
            cells = axis.simplest(side)
            entry = axis.entry(cells)
            if usual and len(axis.fields) == 1 and entry[0] is not None:
                entry = (_expected(axis, cells, entry[0]),)
            known |= dict(zip((field.name for field in axis.fields), entry, strict=True))
        return self.total(known)

    def total(self, known: dict[str, Value | None]) -> Facts:
        """Some values as facts about every field, consistent."""
        return facts_of(consistent(known), self.fields)

    def expected(self, box: Box) -> Facts:
        """As `facts`, with usual values."""
        return self.facts(box, usual=True)


def value_of(classes: FieldClasses, cell: Cell) -> Value | None:
    """A value that lies in the classes of a cell, and may lie in any of them."""
    return classes.samples[cell[0]] if len(cell) == 1 else bounds(classes, cell[0], cell[-1])


def bounds(classes: FieldClasses, first: int, last: int) -> Interval:
    """The ends of a run of classes of a number; both ends are the same for a run of one threshold.

    A class is a slot between thresholds: odd slots are one threshold, even ones lie between two, or beyond the last.
    """
    low, high = _slot(classes, first), _slot(classes, last)
    cuts = classes.thresholds
    start = cuts[low // 2] if low % 2 else cuts[low // 2 - 1] if low else -inf
    end = cuts[high // 2] if high // 2 < len(cuts) else inf
    return Interval(start, end, bool(low % 2), bool(high % 2))


def _slot(classes: FieldClasses, index: int) -> int:
    """The slot of a class; every slot is a class but, perhaps, the first."""
    slot = index - 1 + (0 not in classes.positions)
    assert classes.positions[slot] == index
    return slot


def consistent(known: dict[str, Value | None]) -> dict[str, Value | None]:
    """The same values with the class that a known Child-Pugh score implies."""
    score = known.get(SCORE)
    return known | {CLASS: class_of(score)} if isinstance(score, int) else known


def space_of(tests: Iterable[Test], fields: Fields, *, intervals: bool = True, work: WorkLimit | None = None) -> Space:
    """The space that some tests of some fields cut; give the tests of both rulesets to compare them.

    Without `intervals` a number is known or unknown, and each of its points can be listed. `work` bounds what is done with it.
    """
    every = tuple(dict.fromkeys(tests))
    used = {test.field for test in every}
    axes = []
    for name, field in fields.items():
        if name not in used or (name == SCORE and CLASS in used):
            continue
        linked = [fields[one] for one in _LINKED if one in used] if name == CLASS else [field]
        axes.append(_axis(tuple(linked), every, intervals))
    return Space(axes, fields, work)


def _axis(fields: tuple[Field, ...], tests: tuple[Test, ...], intervals: bool) -> Axis:
    linked = len(fields) > 1
    classes = tuple(classes_of(field, (*tests, *_EDGES) if linked else tests) for field in fields)
    told_apart = (*tests, *_LETTERS) if linked else tests
    own = [(test, at) for at, field in enumerate(fields) for test in told_apart if test.field == field.name]
    if intervals and fields[0].kind in _INTERVALS:
        return IntervalAxis(fields[0], classes[0], tuple(test for test, _ in own))
    groups: dict[tuple[bool | None, ...], list[tuple[Cell, ...]]] = {}
    for cells in product(*([(index,) for index in range(len(each.samples))] for each in classes)):
        known = {field.name: value_of(c, cell) for field, c, cell in zip(fields, classes, cells, strict=True)}
        # A known score always comes with its class; a class may stand without a score.
        if not linked or consistent(known) == known:
            groups.setdefault(tuple(verdict(classes[at], cells[at], test) for test, at in own), []).append(cells)
    return Axis(fields, classes, tuple(map(tuple, groups.values())))


_EDGES = tuple(Test(SCORE, sign, (float(low),)) for low, _ in list(CLASS_RANGES.values())[1:] for sign in ("<", ">="))
"""Tests that keep scores of different Child-Pugh classes apart."""
_LETTERS = tuple(Test(CLASS, "in", (letter,)) for letter in CLASS_RANGES)
"""Tests that keep the classes apart where a score may follow: what an unknown score can turn out to be depends on them."""


def verdict(classes: FieldClasses, cell: Cell, test: Test) -> bool | None:
    """Whether a test holds of every value in a cell (True), of none (False), or of some only (None, or what the test says)."""
    if cell == _UNKNOWN:
        return test.unknown
    held = {test.holds(value) for index in cell if (value := classes.samples[index]) is not None}
    return held.pop() if len(held) == 1 else test.unknown


def fully_known(cells: tuple[Cell, ...]) -> bool:
    """Whether every field of an entry has one known value."""
    return all(cell != _UNKNOWN and len(cell) == 1 for cell in cells)


def _known(cells: tuple[Cell, ...]) -> int:
    """How many fields are known; an interval counts more than a value, which is what a reader would rather see."""
    return sum(0 if cell == _UNKNOWN else 1 if len(cell) == 1 else 2 for cell in cells)


def _expected(axis: Axis, cells: tuple[Cell, ...], value: Value) -> Value:
    """Of values that no test tells apart: the highest stage or grade, and no amount of zero."""
    field, thresholds = axis.fields[0], axis.classes[0].thresholds
    if field.kind == "number" and value == field.low and thresholds and isinstance(value, float) and value < thresholds[0]:
        return (field.low + thresholds[0]) / 2
    if field.kind != "choice" or field.nature != "test":
        return value
    point = next(point for point in axis.points if cells in point)
    return next(entry for one in reversed(point) if (entry := axis.entry(one)[0]) is not None)
