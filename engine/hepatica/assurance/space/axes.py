"""The profile space: every consistent profile that the tests of one or more rulesets can tell apart.

An axis is one field, or fields that constrain each other (Child-Pugh class and score). Its points are groups of entries
that no test distinguishes; unknown is a group of its own. A profile, where profiles are counted, is one entry per field
that some test reads: a word, yes or no, a list of words, a number on a threshold, the numbers between two neighbouring
thresholds, or unknown. Fields that no test reads are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from hepatica.inference import FieldClasses, classes_of
from hepatica.knowledge import Test
from hepatica.patient import CLASS_RANGES, FIELDS, Facts, Field, Value, class_of, facts_of

Entry = tuple[Value | None, ...]
CLASS, SCORE = "child_pugh_class", "child_pugh_score"
_LINKED = (CLASS, SCORE)


@dataclass(frozen=True, eq=False)
class Axis:
    """Fields that vary together. `points[i]` are the entries (one value per field) of the i-th group."""

    fields: tuple[Field, ...]
    classes: tuple[FieldClasses, ...]
    points: tuple[tuple[Entry, ...], ...]
    positions: dict[tuple[int, ...], int]

    @property
    def weights(self) -> tuple[int, ...]:
        """How many entries each point stands for."""
        return tuple(map(len, self.points))

    @property
    def full(self) -> int:
        """The mask of every point."""
        return (1 << len(self.points)) - 1

    @property
    def costs(self) -> tuple[int, ...]:
        """For each point the fewest known fields among its entries."""
        return tuple(min(_known(entry) for entry in point) for point in self.points)

    def point_of(self, facts: Facts) -> int:
        """The point of a profile."""
        return self.positions[tuple(c.class_of(facts[f.name]) for c, f in zip(self.classes, self.fields, strict=True))]

    def simplest(self, mask: int) -> Entry:
        """The entry with fewest known fields among the points of a mask, the first of several."""
        entries = (entry for index, point in enumerate(self.points) if mask >> index & 1 for entry in point)
        return min(entries, key=_known)


class Space:
    """The product of the axes that some tests read."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = tuple(axes)
        self.full = tuple(axis.full for axis in self.axes)
        self.axis_of = {field.name: index for index, axis in enumerate(self.axes) for field in axis.fields}
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
        """The profiles in a box (one mask of points per axis)."""
        total = 1
        for axis, known, mask in zip(self.axes, self._volumes, box, strict=True):
            volume = known.get(mask)
            if volume is None:
                volume = known[mask] = sum(w for index, w in enumerate(axis.weights) if mask >> index & 1)
            total *= volume
        return total

    def point(self, facts: Facts) -> tuple[int, ...]:
        """The point of a profile on every axis."""
        return tuple(axis.point_of(facts) for axis in self.axes)

    def facts(self, box: Sequence[int]) -> Facts:
        """The profile of a box with the fewest known fields; total, and consistent."""
        known: dict[str, Value | None] = {}
        for axis, mask in zip(self.axes, box, strict=True):
            entry = axis.simplest(mask)
            known |= {field.name: value for field, value in zip(axis.fields, entry, strict=True)}
        return facts_of(consistent(known))


def consistent(known: dict[str, Value | None]) -> dict[str, Value | None]:
    """The same values with the class that a known Child-Pugh score implies."""
    score = known.get(SCORE)
    return known | {CLASS: class_of(score)} if isinstance(score, int) else known


def space_of(tests: Iterable[Test]) -> Space:
    """The space that some tests cut; give the tests of both rulesets to compare them."""
    every = tuple(dict.fromkeys(tests))
    used = {test.field for test in every}
    axes = []
    for field in FIELDS:
        if field.name not in used or (field.name == SCORE and CLASS in used):
            continue
        linked = [f for f in FIELDS if f.name in _LINKED and f.name in used] if field.name == CLASS else [field]
        axes.append(_axis(tuple(linked), every))
    return Space(axes)


def _axis(fields: tuple[Field, ...], tests: tuple[Test, ...]) -> Axis:
    cuts = tests if len(fields) == 1 else (*tests, *_class_edges())
    classes = tuple(classes_of(field, cuts) for field in fields)
    groups: dict[tuple[bool | None, ...], list[tuple[int, ...]]] = {}
    told_apart = tests if len(fields) == 1 else (*tests, *_letters())
    own = [(test, position) for position, field in enumerate(fields) for test in told_apart if test.field == field.name]
    for coded in product(*(range(len(c.samples)) for c in classes)):
        entry = _entry(classes, coded)
        if len(fields) == 1 or _agrees(*entry):
            groups.setdefault(tuple(_verdict(test, entry[at]) for test, at in own), []).append(coded)
    points = tuple(tuple(_entry(classes, coded) for coded in group) for group in groups.values())
    positions = {coded: index for index, group in enumerate(groups.values()) for coded in group}
    return Axis(fields, classes, points, positions)


def _class_edges() -> list[Test]:
    """Tests that keep scores of different Child-Pugh classes apart."""
    return [Test(SCORE, operator, (float(low),)) for low, _ in list(CLASS_RANGES.values())[1:] for operator in ("<", ">=")]


def _letters() -> list[Test]:
    """Tests that keep the classes apart where a score may follow: what an unknown score can turn out to be depends on them."""
    return [Test(CLASS, "in", (letter,)) for letter in CLASS_RANGES]


def _entry(classes: tuple[FieldClasses, ...], coded: tuple[int, ...]) -> Entry:
    return tuple(c.samples[index] for c, index in zip(classes, coded, strict=True))


def _agrees(letter: Value | None, score: Value | None) -> bool:
    """A known score always comes with its class; a class may stand without a score."""
    return score is None or (isinstance(score, int) and letter == class_of(score))


def _verdict(test: Test, value: Value | None) -> bool | None:
    return None if value is None else test.holds(value)


def _known(entry: Entry) -> int:
    return sum(value is not None for value in entry)
