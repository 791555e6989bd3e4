"""The profile space: every consistent profile that the tests of one or more rulesets can tell apart.

An axis is one field, or fields that constrain each other (Child-Pugh class and score). Its points are groups of entries
that no test distinguishes; unknown is a group of its own. A profile, where profiles are counted, is one entry per field
that some test reads: a word, yes or no, a list of words, a number on a threshold or between two neighbouring ones, an
interval of such numbers, or unknown. Fields that no test reads are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, prod

from hepatica.inference import FieldClasses, classes_of
from hepatica.knowledge import Test
from hepatica.patient import CLASS_RANGES, Facts, Field, Fields, Interval, Value, class_of, facts_of
from hepatica.problems import InvalidInput, Problem

Entry = tuple[Value | None, ...]
"""One value per field of an axis; None where it is not known."""
Cell = tuple[int, ...]
"""The classes of one field that a value may lie in: one (0 is unknown), or several neighbours for an interval."""
CLASS, SCORE = "child_pugh_class", "child_pugh_score"
_LINKED = (CLASS, SCORE)
_UNKNOWN: Cell = (0,)
_INTERVALS = ("number",)
# Seventy thresholds of one field. Each run of classes is held against each test, so twice as many take eight times as long.
MOST_RUNS = 10_000


@dataclass(frozen=True, eq=False)
class Axis:
    """Fields that vary together. `points[i]` are the cells (one per field) of the entries of the i-th group."""

    fields: tuple[Field, ...]
    classes: tuple[FieldClasses, ...]
    points: tuple[tuple[tuple[Cell, ...], ...], ...]

    @property
    def full(self) -> int:
        """The mask of every point."""
        return (1 << len(self.points)) - 1

    def cells(self, mask: int) -> list[tuple[Cell, ...]]:
        """The cells of every entry of the points in a mask."""
        return [cells for index, point in enumerate(self.points) if mask >> index & 1 for cells in point]

    def cells_of(self, cells: tuple[Cell, ...]) -> tuple[frozenset[int], ...]:
        """For each field the classes that it may turn out to have: of an unknown one, all."""
        every = [frozenset(range(1, len(classes.samples))) for classes in self.classes]
        return tuple(all_ if cell == _UNKNOWN else frozenset(cell) for all_, cell in zip(every, cells, strict=True))

    def entry(self, cells: tuple[Cell, ...]) -> Entry:
        """The entry with those cells."""
        return tuple(value_of(classes, cell) for classes, cell in zip(self.classes, cells, strict=True))

    def simplest(self, mask: int) -> tuple[Cell, ...]:
        """The cells of the entry with fewest known fields among the points of a mask, the first of several."""
        return min(self.cells(mask), key=_known)


class Space:
    """The product of the axes that some tests read. A box in it is one mask of points per axis.

    `fields` are all that a profile has, read or not. `known` is the box of the points that some fully known entry has.
    """

    def __init__(self, axes: Sequence[Axis], fields: Fields) -> None:
        self.axes = tuple(axes)
        self.fields = fields
        self.full = tuple(axis.full for axis in self.axes)
        self.axis_of = {field.name: index for index, axis in enumerate(self.axes) for field in axis.fields}
        # By axis and point: how many entries it stands for, and the fewest known fields among them.
        self.weights = tuple(tuple(map(len, axis.points)) for axis in self.axes)
        self.costs = tuple(tuple(min(map(_known, point)) for point in axis.points) for axis in self.axes)
        whole = ([any(map(fully_known, point)) for point in axis.points] for axis in self.axes)
        self.known = tuple(sum(known << point for point, known in enumerate(axis)) for axis in whole)
        self._volumes: list[dict[int, int]] = [{} for _ in self.axes]

    @property
    def profiles(self) -> int:
        """How many profiles there are."""
        return self.count(self.full)

    @property
    def points(self) -> int:
        """How many of them some test can tell apart."""
        return prod(len(axis.points) for axis in self.axes)

    def count(self, box: Sequence[int]) -> int:
        """The profiles in a box."""
        return prod(self.volume(axis, mask) for axis, mask in enumerate(box))

    def volume(self, axis: int, mask: int) -> int:
        """How many entries of an axis a mask stands for."""
        known = self._volumes[axis]
        if mask not in known:
            known[mask] = sum(weight for point, weight in enumerate(self.weights[axis]) if mask >> point & 1)
        return known[mask]

    def cost(self, axis: int, mask: int) -> int:
        """The fewest known fields among the entries of a mask."""
        return min(cost for point, cost in enumerate(self.costs[axis]) if mask >> point & 1)

    def facts(self, box: Sequence[int], *, usual: bool = False) -> Facts:
        """The profile of a box with the fewest known fields; total, and consistent.

        `usual`: with values that a reader would expect where no test tells several apart.
        """
        known: dict[str, Value | None] = {}
        for axis, mask in zip(self.axes, box, strict=True):
            cells = axis.simplest(mask)
            entry = axis.entry(cells)
            if usual and len(axis.fields) == 1 and entry[0] is not None:
                entry = (_expected(axis, cells, entry[0]),)
            known |= dict(zip((field.name for field in axis.fields), entry, strict=True))
        return self.total(known)

    def total(self, known: dict[str, Value | None]) -> Facts:
        """Some values as facts about every field, consistent."""
        return facts_of(consistent(known), self.fields)

    def expected(self, box: Sequence[int]) -> Facts:
        """As `facts`, with usual values."""
        return self.facts(box, usual=True)


def value_of(classes: FieldClasses, cell: Cell) -> Value | None:
    """A value that lies in the classes of a cell, and may lie in any of them."""
    return classes.samples[cell[0]] if len(cell) == 1 else bounds(classes, cell[0], cell[-1])


def bounds(classes: FieldClasses, first: int, last: int) -> Interval:
    """The ends of a run of classes of a number; both ends are the same for a run of one threshold.

    A class is a slot between thresholds: odd slots are one threshold, even ones lie between two, or beyond the last.
    """
    slots = {position: slot for slot, position in classes.positions.items()}
    low, high = slots[first], slots[last]
    assert isinstance(low, int) and isinstance(high, int)
    cuts = classes.thresholds
    start = cuts[low // 2] if low % 2 else cuts[low // 2 - 1] if low else -inf
    end = cuts[high // 2] if high // 2 < len(cuts) else inf
    return Interval(start, end, bool(low % 2), bool(high % 2))


def consistent(known: dict[str, Value | None]) -> dict[str, Value | None]:
    """The same values with the class that a known Child-Pugh score implies."""
    score = known.get(SCORE)
    return known | {CLASS: class_of(score)} if isinstance(score, int) else known


def space_of(tests: Iterable[Test], fields: Fields) -> Space:
    """The space that some tests of some fields cut; give the tests of both rulesets to compare them."""
    every = tuple(dict.fromkeys(tests))
    used = {test.field for test in every}
    axes = []
    for name, field in fields.items():
        if name not in used or (name == SCORE and CLASS in used):
            continue
        linked = [fields[one] for one in _LINKED if one in used] if name == CLASS else [field]
        axes.append(_axis(tuple(linked), every))
    return Space(axes, fields)


def _axis(fields: tuple[Field, ...], tests: tuple[Test, ...]) -> Axis:
    linked = len(fields) > 1
    classes = tuple(classes_of(field, (*tests, *_EDGES) if linked else tests) for field in fields)
    told_apart = (*tests, *_LETTERS) if linked else tests
    own = [(test, at) for at, field in enumerate(fields) for test in told_apart if test.field == field.name]
    groups: dict[tuple[bool | None, ...], list[tuple[Cell, ...]]] = {}
    for cells in product(*map(_cells, classes)):
        if not linked or _agrees(*(value_of(c, cell) for c, cell in zip(classes, cells, strict=True))):
            groups.setdefault(tuple(verdict(classes[at], cells[at], test) for test, at in own), []).append(cells)
    return Axis(fields, classes, tuple(map(tuple, groups.values())))


def _cells(classes: FieldClasses) -> list[Cell]:
    """Unknown, every class, and for a number every run of neighbouring classes but the whole line, which is unknown."""
    known = len(classes.samples) - 1
    if classes.field.kind in _INTERVALS and known * (known + 1) // 2 > MOST_RUNS:
        message = f"its values are cut into {known} classes; with their intervals that is more than can be proved about"
        raise InvalidInput([Problem(classes.field.name, 1, 1, "too-many-parts", message)])
    longest = known - 1 if classes.field.kind in _INTERVALS else 1
    runs = [tuple(range(first, first + size)) for size in range(1, longest + 1) for first in range(1, known - size + 2)]
    return [_UNKNOWN, *(runs or ([(1,)] if known else []))]


_EDGES = tuple(Test(SCORE, sign, (float(low),)) for low, _ in list(CLASS_RANGES.values())[1:] for sign in ("<", ">="))
"""Tests that keep scores of different Child-Pugh classes apart."""
_LETTERS = tuple(Test(CLASS, "in", (letter,)) for letter in CLASS_RANGES)
"""Tests that keep the classes apart where a score may follow: what an unknown score can turn out to be depends on them."""


def _agrees(letter: Value | None, score: Value | None) -> bool:
    """A known score always comes with its class; a class may stand without a score."""
    return score is None or (isinstance(score, int) and letter == class_of(score))


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
