"""Equivalence classes of a field: values that no test of a ruleset can tell apart. Class 0 is always unknown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from hepatica.knowledge import Test
from hepatica.patient import Field, Value

UNKNOWN_CLASS = 0


@dataclass(frozen=True, slots=True)
class FieldClasses:
    """A field cut by the thresholds of some tests. `samples[i]` is one value of class `i`; None for unknown."""

    field: Field
    thresholds: tuple[float, ...]
    samples: tuple[Value | None, ...]
    positions: dict[Value, int]

    def class_of(self, value: Value | None) -> int:
        """The class of a value of the field."""
        if value is None:
            return UNKNOWN_CLASS
        if self.thresholds or self.field.kind in ("integer", "number"):
            assert isinstance(value, (int, float))
            return self.positions[_slot(self.thresholds, value)]
        return self.positions[value]


def classes_of(field: Field, tests: Iterable[Test]) -> FieldClasses:
    """The classes of `field` under `tests` (those of other fields are ignored)."""
    own = [test for test in tests if test.field == field.name]
    if field.kind in ("integer", "number"):
        return _numeric(field, own)
    values = _values(field)
    positions: dict[Value, int] = {value: index for index, value in enumerate(values, 1)}
    return FieldClasses(field, (), (None, *values), positions)


def _values(field: Field) -> tuple[Value, ...]:
    if field.kind == "flag":
        return (True, False)
    if field.kind == "choice":
        return field.values
    sizes = range(len(field.values) + 1)
    return tuple(chosen for size in sizes for chosen in combinations(field.values, size))


def _slot(thresholds: tuple[float, ...], value: float) -> int:
    """Even: between two thresholds; odd: exactly on one."""
    return bisect_left(thresholds, value) + bisect_right(thresholds, value)


def _numeric(field: Field, tests: list[Test]) -> FieldClasses:
    thresholds = tuple(sorted({float(operand) for test in tests for operand in test.operands}))
    samples: list[Value | None] = [None]
    positions: dict[Value, int] = {}
    for slot in range(2 * len(thresholds) + 1):
        sample = _sample(field, thresholds, slot)
        if sample is not None:
            positions[slot] = len(samples)
            samples.append(sample)
    return FieldClasses(field, thresholds, tuple(samples), positions)


def _sample(field: Field, thresholds: tuple[float, ...], slot: int) -> Value | None:
    """A value of the slot that the field can take; None where there is none."""
    if slot % 2:
        on = thresholds[slot // 2]
        return int(on) if field.kind == "integer" else on
    low = thresholds[slot // 2 - 1] if slot else None
    high = thresholds[slot // 2] if slot // 2 < len(thresholds) else None
    if field.kind == "integer":
        first = int(field.low) if low is None else int(low) + 1
        last = int(field.high) if high is None else int(high) - 1
        return first if first <= last else None
    if low is None:
        return None if high == field.low else field.low
    if high is None:
        return None if low == field.high else min(field.high, low * 2 if low else 1.0)
    return (low + high) / 2
