"""The profile space: every consistent profile that the tests of one or more rulesets can tell apart.

An axis is one field, or fields that constrain each other (Child-Pugh class and score). A profile, where profiles are counted,
is one entry per field that some test reads: a word, yes or no, a list of words, a number on a threshold or between two
neighbouring ones, an interval of such numbers, or unknown. Fields that no test reads are not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise, product
from math import inf, prod
from operator import and_, or_

from hepatica.assurance.space.work import WorkLimit
from hepatica.inference import FieldClasses, classes_of, each_bit
from hepatica.knowledge import Test
from hepatica.patient import CLASS_RANGES, Facts, Field, Fields, Interval, Value, class_of, facts_of

Entry = tuple[Value | None, ...]
"""One value per field of an axis; None where it is not known."""
Cell = tuple[int, ...]
"""The class of one field that a value lies in (0 is unknown); of an interval, the first and the last that it may lie in."""
Group = tuple[tuple[Cell, ...], ...]
"""The entries of an axis that no test tells apart, each as the cells of its fields."""
Side = int
"""What a box leaves of one axis: a mask of its groups of entries."""
Box = tuple[Side, ...]
"""A part of the space: the sides of all axes."""
CLASS, SCORE = "child_pugh_class", "child_pugh_score"
_LINKED = (CLASS, SCORE)
_UNKNOWN: Cell = (0,)
_INTERVALS = ("number",)
MOST_LISTED = 1_000


class Axis:
    """Fields that vary together, as groups of entries that no test tells apart; unknown is an entry of its own."""

    def __init__(self, fields: tuple[Field, ...], classes: tuple[FieldClasses, ...], groups: Sequence[Group] = ()) -> None:
        self.fields, self.classes, self._groups = fields, classes, groups

    def group(self, point: int) -> Group:
        """The entries of a group."""
        return self._groups[point]

    @property
    def size(self) -> int:
        """How many groups some test tells apart."""
        return len(self._groups)

    @cached_property
    def weights(self) -> Sequence[int]:
        """How many entries each group has."""
        return tuple(map(len, self._groups))

    @property
    def points(self) -> Sequence[Side]:
        """Each group alone."""
        return [1 << point for point in range(len(self.weights))]

    @cached_property
    def full(self) -> Side:
        """All of the axis."""
        return (1 << len(self.weights)) - 1

    @cached_property
    def complete(self) -> Side:
        """The groups of which some entry is fully known."""
        return sum(any(map(fully_known, group)) << point for point, group in enumerate(self._groups))

    @cached_property
    def _costs(self) -> Mapping[int, Side]:
        """By the fewest known fields of an entry, ascending, the groups that have one."""
        found: dict[int, Side] = {}
        for point, group in enumerate(self._groups):
            cost = min(map(_known, group))
            found[cost] = found.get(cost, 0) | 1 << point
        return dict(sorted(found.items()))

    @cached_property
    def _by_weight(self) -> Mapping[int, Side]:
        return {weight: _mask([one == weight for one in self.weights]) for weight in {*self.weights}}

    def volume(self, side: Side) -> int:
        """How many entries a side stands for."""
        return sum([weight * (side & mask).bit_count() for weight, mask in self._by_weight.items()])

    def known_volume(self, side: Side) -> int:
        """How many entries the groups among them stand for of which some entry is fully known."""
        return self.volume(side & self.complete)

    def cost(self, side: Side) -> int:
        """The fewest known fields among the entries of a side."""
        return next(cost for cost, mask in self._costs.items() if side & mask)

    def cells(self, side: Side) -> list[tuple[Cell, ...]]:
        """The cells of every entry of a side; of all of a finely cut number that is long."""
        return [cells for point in each_bit(side) for cells in self.group(point)]

    def entry(self, cells: tuple[Cell, ...]) -> Entry:
        """The entry with those cells."""
        return tuple(value_of(classes, cell) for classes, cell in zip(self.classes, cells, strict=True))

    def simplest(self, side: Side) -> tuple[Cell, ...]:
        """The cells of the entry with fewest known fields in a side, the first of several."""
        return min(self.group(lowest(side & self._costs[self.cost(side)])), key=_known)

    def sides(self, test: Test) -> tuple[Side, Side]:
        """Where a test of one of the fields holds, and where it may."""
        at = next(at for at, field in enumerate(self.fields) if field.name == test.field)
        # Entries of one group have the same verdicts, so the first speaks for all.
        found = [verdict(self.classes[at], group[0][at], test) for group in self._groups]
        return _mask([one is True for one in found]), _mask([one is not False for one in found])

    def completable(self, side: Side) -> Side:
        """The groups that can turn out to lie in a side once everything is known."""
        return _mask([bool(side & reached) for reached in self._completions])

    @cached_property
    def _completions(self) -> Sequence[Side]:
        every = [frozenset(range(1, len(classes.samples))) for classes in self.classes]
        # For each field the classes that it may turn out to have: of an unknown one, all.
        groups = [
            [
                [whole if cell == _UNKNOWN else frozenset(cell) for whole, cell in zip(every, cells, strict=True)]
                for cells in group
            ]
            for group in self._groups
        ]

        def reached(group: Iterable[Sequence[frozenset[int]]], target: Sequence[Sequence[frozenset[int]]]) -> bool:
            """Whether an entry can turn out to be another: every value that the other may have, it may have, too."""
            return any(all(map(frozenset.issuperset, entry, other)) for entry in group for other in target)

        return [_mask([reached(group, target) for target in groups]) for group in groups]


class IntervalAxis(Axis):
    """A number that may be known as an interval: a run of neighbouring classes. Unknown is the run of all of them.

    The classes fall into segments that no test tells apart. A group are the runs that begin in one segment and end in another;
    for each segment to begin in there is a row of them. Where a test tells the unknown value from the other runs of its group
    it is a last group of its own. Groups are worked out from their place: a thousand thresholds make half a million.
    """

    def __init__(self, field: Field, classes: FieldClasses, tests: tuple[Test, ...]) -> None:
        super().__init__((field,), (classes,))
        self._tests, self._last = tests, len(classes.samples) - 2
        edges = {edge for test in tests for low, high in self._passed(test) for edge in (low, high + 1)}
        self.segments = [(start, end - 1) for start, end in pairwise(sorted(edges | {0, self._last + 1}))]
        """The first and last place of each; class 1 has place 0."""
        self._rows = list(accumulate(range(len(self.segments), 0, -1), initial=0))
        """The first group of each row, and how many there are in all."""
        lengths = [last - first + 1 for first, last in self.segments]
        whole, passed = [(0, self._last)], [(self._passed(test), test.unknown) for test in tests]
        apart = any((runs == whole and known is not True) or (not runs and known is not False) for runs, known in passed)
        self.unknown = self._rows[-1] if apart and (lengths[0], lengths[-1]) != (1, 1) else len(lengths) - 1
        """The group of the unknown value."""
        weights = [one * other for at, one in enumerate(lengths) for other in lengths[at:]]
        for row, length in zip(self._rows, lengths, strict=False):
            weights[row] = length * (length + 1) // 2
        if self.unknown == len(weights):
            weights[len(lengths) - 1] -= 1
            weights.append(1)
        self.weights = weights
        self.complete = sum(1 << row for row in self._rows[:-1])
        self._costs = {0: 1 << self.unknown, 1: self.complete, 2: self.full}

    def group(self, point: int) -> Group:
        """The runs that begin and end in two segments."""
        if point == self._rows[-1]:
            return ((_UNKNOWN,),)
        (low, high), (start, end) = (self.segments[at] for at in self.ends(point))
        runs = ((first, last) for first in range(low, high + 1) for last in range(max(first, start), end + 1))
        cells = [_run(first, last) for first, last in runs if (first, last) != (0, self._last)]
        return tuple((cell,) for cell in ([_UNKNOWN, *cells] if point == self.unknown else cells))

    def ends(self, point: int) -> tuple[int, int]:
        """The segments in which the runs of a group begin and end."""
        row = bisect_right(self._rows, point) - 1
        return row, row + point - self._rows[row]

    @cached_property
    def size(self) -> int:
        """How many groups some test tells apart: with comparisons alone, all of them."""
        passed = [self._passed(test) for test in self._tests if test.unknown is None and test.operator not in ("=", "!=")]
        if len(passed) == len(self._tests) and all(runs and runs != [(0, self._last)] for runs in passed):
            return self._rows[-1]
        rows = [sum(passes << at for at, passes in enumerate(row)) for row in zip(*map(self._passes, self._tests), strict=True)]
        yes, no = (sum((test.unknown is told) << at for at, test in enumerate(self._tests)) for told in (True, False))
        found = {(yes, ~no & (1 << len(self._tests)) - 1)}
        for row in range(len(rows)):
            every, some = (accumulate(rows[row:], join) for join in (and_, or_))
            found.update((sure | may & yes, may & (sure | ~no)) for sure, may in zip(every, some, strict=True))
        return len(found)

    def simplest(self, side: Side) -> tuple[Cell, ...]:
        """Unknown, else the lowest single class, else the shortest interval."""
        if side & (self.complete | 1 << self.unknown):
            return super().simplest(side)
        first, last = min(map(self.ends, each_bit(side)), key=lambda ends: ends[1] - ends[0])
        return (_run(self.segments[first][1], self.segments[last][0]),)

    def sides(self, test: Test) -> tuple[Side, Side]:
        """As of any axis."""
        passes = self._passes(test)
        # All values of a run pass until the next segment that fails, some from the next one that passes.
        fails, holds = (
            [*accumulate((row if passes[row] is wanted else len(passes) for row in reversed(range(len(passes)))), min)][::-1]
            for wanted in (False, True)
        )
        sure, some = self._from(range(len(passes))) & ~self._from(fails), self._from(holds)
        if test.unknown is not None:
            sure = some = some if test.unknown else sure
        unknown = 1 << self.unknown
        return sure | unknown if test.unknown else sure & ~unknown, some & ~unknown if test.unknown is False else some | unknown

    def _passes(self, test: Test) -> list[bool]:
        passed = self._passed(test)
        return [any(low <= start <= high for low, high in passed) for start, _ in self.segments]

    def _passed(self, test: Test) -> list[tuple[int, int]]:
        """The runs of classes that pass a test, by their first and last places."""
        on = self.classes[0].class_of(float(str(test.operands[0]))) - 1
        below, above = (0, on - 1), (on + 1, self._last)
        runs = {"<": [below], "<=": [(0, on)], ">": [above], ">=": [(on, self._last)], "=": [(on, on)], "!=": [below, above]}
        return [(low, high) for low, high in runs[test.operator] if low <= high]

    def _from(self, ends: Sequence[int]) -> Side:
        """Of each row the runs that end in a given segment or a later one."""
        rows = ["0" * (end - row) + "1" * (len(ends) - end) for row, end in enumerate(ends)]
        return int("".join(rows)[::-1], 2)

    def completable(self, side: Side) -> Side:
        """A run can turn out to be any run within it."""
        ends, count = [len(self.segments)], len(self.segments)
        for row in reversed(range(count)):
            taken = side >> self._rows[row] & (1 << count - row) - 1
            ends.append(min(ends[-1], row + lowest(taken)) if taken else ends[-1])
        return self._from(ends[:0:-1]) | 1 << self.unknown if side else 0


class Space:
    """The product of the axes that some tests read.

    `fields` are all that a profile has, read or not. `full` is the box of everything. `work` bounds what is done with it, without
    end by default.
    """

    def __init__(self, axes: Sequence[Axis], fields: Fields, work: WorkLimit | None = None) -> None:
        self.axes = tuple(axes)
        self.fields = fields
        self.work = work or WorkLimit()
        self.full: Box = tuple(axis.full for axis in self.axes)
        self._places: dict[int, tuple[int, Box]] = {}
        self.axis_of = {field.name: index for index, axis in enumerate(self.axes) for field in axis.fields}

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

    def sides(self, box: Box) -> Iterator[tuple[Axis, Side]]:
        """Every axis with what a box leaves of it."""
        return zip(self.axes, box, strict=True)

    def replaced(self, box: Box, axis: int, side: Side) -> Box:
        """The box with another side on one axis."""
        return (*box[:axis], side, *box[axis + 1 :])

    def count(self, box: Box) -> int:
        """The profiles in a box."""
        return prod(axis.volume(side) for axis, side in self.sides(box))

    def places(self, box: Box) -> int:
        """How much a box leaves of the axes; for boxes that are kept and asked for often."""
        # By identity: to hash the side of a finely cut number takes as long as to look through it.
        if (found := self._places.get(id(box))) is None:
            found = self._places[id(box)] = sum(map(int.bit_count, box)), box
        return found[0]

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


def lowest(mask: int) -> int:
    """The position of the lowest bit."""
    return (mask & -mask).bit_length() - 1


def filled(low: int, high: int) -> int:
    """The mask of the positions from one to another."""
    return (1 << high + 1) - (1 << low) if low <= high else 0


def gapless(mask: int) -> Iterator[tuple[int, int]]:
    """The runs of neighbouring bits of a mask, by their first and last positions."""
    while mask:
        # Adding the lowest bit carries through the lowest run: what changed from set to not set is that run.
        run = mask & ~(mask + (mask & -mask))
        yield lowest(run), run.bit_length() - 1
        mask ^= run


def _mask(chosen: Sequence[bool]) -> Side:
    return int("".join("1" if one else "0" for one in reversed(chosen)) or "0", 2)


def _run(first: int, last: int) -> Cell:
    return (first + 1,) if first == last else (first + 1, last + 1)


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
    group = next(group for group in map(axis.group, range(axis.size)) if cells in group)
    return next(entry for one in reversed(group) if (entry := axis.entry(one)[0]) is not None)
