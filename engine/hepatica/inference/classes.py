"""Equivalence classes of a field: values that no test of a ruleset can tell apart. Class 0 is always unknown."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import combinations

from hepatica.inference.normal_form import words_of
from hepatica.knowledge import Test
from hepatica.patient import Field, Interval, Value
from hepatica.records import record

UNKNOWN_CLASS = 0
NUMERIC = ("integer", "number")


@record
class FieldClasses:
    """A field cut by the thresholds of some tests. `samples[i]` is one value of class `i`; None for unknown.

    `positions` gives the class of a value; of a numeric field, the class of a slot: 2i lies below threshold i, 2i + 1 on it.
    """

    field: Field
    thresholds: tuple[float, ...]
    samples: tuple[Value | None, ...]
    positions: dict[Value, int]

    def class_of(self, value: Value | None) -> int:
        """The class of a value of the field; raises `KeyError` for an interval, which may lie in several."""
        if value is None:
            return UNKNOWN_CLASS
        return self.positions[
            _slot(self.thresholds, value) if isinstance(value, (int, float)) and self.field.kind in NUMERIC else value
        ]

    def code_of(self, value: Value | None) -> int:
        """The place in `values` of what a test makes of a value: its class, or of an interval over several its span."""
        if not isinstance(value, Interval):
            return self.class_of(value)
        first, last = (_slot(self.thresholds, end) for end in closed_bounds(self.field, value))
        return self.positions[first] if first == last else len(self.samples) + self._spans[first, last]

    @cached_property
    def values(self) -> tuple[Value | None, ...]:
        """The samples, and behind them an interval for every pair of slots that one may reach from and to."""
        # Between the cuts around a slot, or on one: the ends of a slot on a threshold are that threshold.
        cuts = (-math.inf, *self.thresholds, math.inf)
        ends = ((cuts[(low + 1) // 2], cuts[high // 2 + 1], low % 2 == 1, high % 2 == 1) for low, high in self._spans)
        return *self.samples, *(Interval(*each) for each in ends)

    @cached_property
    def _spans(self) -> dict[tuple[int, int], int]:
        slots = range(2 * len(self.thresholds) + 1) if self.field.kind == "number" else ()
        return {pair: place for place, pair in enumerate(combinations(slots, 2))}

    def points_of(self, known: int | Interval) -> tuple[Value, ...]:
        """Values that stand for a class, none for the unknown; for an interval both ends, and one of every class between them."""
        if not isinstance(known, Interval):
            sample = self.samples[known]
            return () if sample is None else (sample,)
        low, high = closed_bounds(self.field, known)
        first, last = _slot(self.thresholds, low), _slot(self.thresholds, high)
        inside = (self.samples[index] for slot, index in self.positions.items() if isinstance(slot, int) and first < slot < last)
        return low, *(point for point in inside if isinstance(point, (int, float))), high


def closed_bounds(field: Field, value: Interval) -> tuple[float, float]:
    """The least and the greatest number that an interval of a field holds; infinite where it has no such end.

    An end that is left out becomes its neighbour: the next whole number, or the next number that a computer can write.
    """
    if field.kind == "integer":
        low = math.ceil(value.low) if math.isfinite(value.low) else value.low
        high = math.floor(value.high) if math.isfinite(value.high) else value.high
        return low + (low == value.low and not value.low_included), high - (high == value.high and not value.high_included)
    return (
        value.low if value.low_included else math.nextafter(value.low, math.inf),
        value.high if value.high_included else math.nextafter(value.high, -math.inf),
    )


def classes_of(field: Field, tests: Iterable[Test]) -> FieldClasses:
    """The classes of `field` under `tests` (those of other fields are ignored)."""
    if field.kind in NUMERIC:
        thresholds = tuple(sorted({float(operand) for test in tests if test.field == field.name for operand in test.operands}))
        slots = {slot: _sample(field, thresholds, slot) for slot in range(2 * len(thresholds) + 1)}
        taken = [slot for slot, sample in slots.items() if sample is not None]
        samples = (None, *(slots[slot] for slot in taken))
        return FieldClasses(field, thresholds, samples, {slot: index for index, slot in enumerate(taken, 1)})
    values: tuple[Value, ...] = words_of(field)
    if field.kind == "set":
        values = tuple(chosen for size in range(len(field.values) + 1) for chosen in combinations(field.values, size))
    return FieldClasses(field, (), (None, *values), {value: index for index, value in enumerate(values, 1)})


def _slot(thresholds: tuple[float, ...], value: float) -> int:
    """Even: between two thresholds; odd: exactly on one."""
    # The two differ by one exactly where the value is a threshold.
    return bisect_left(thresholds, value) + bisect_right(thresholds, value)


def _sample(field: Field, thresholds: tuple[float, ...], slot: int) -> Value | None:
    """A value of the slot that the field can take; None where there is none."""
    if slot % 2:
        on = thresholds[slot // 2]
        return int(on) if field.kind == "integer" else on
    low = thresholds[slot // 2 - 1] if slot else None
    high = thresholds[slot // 2] if slot // 2 < len(thresholds) else None
    if field.kind == "integer":
        first = int(field.low) if low is None else math.floor(low) + 1
        last = int(field.high) if high is None else math.ceil(high) - 1
        return first if first <= last else None
    if low is None:
        return None if high == field.low else field.low
    if high is None:
        return None if low == field.high else min(field.high, low * 2 if low else 1.0)
    # Between two thresholds any number does.
    return (low + high) / 2
