"""Columns of numbers, cut by a ruleset's thresholds without reading each number."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.inference import FieldClasses
from hepatica.patient import DECIMALS

Slots = NDArray[np.unsignedinteger[Any]]


class NumberCutter:
    """Codes of a numeric field from numbers as a program has them. The reader rounds every number to `DECIMALS` first.

    Rounding never changes the order of two numbers, so each threshold has a least number that is rounded to it or above it,
    and a least one that is rounded to more. Held against these two, a number needs no rounding.
    """

    def __init__(self, classes: FieldClasses) -> None:
        self._bounds = classes.field.low, classes.field.high
        thresholds = classes.thresholds
        self._edges = [edge for t in thresholds for edge in (_edge(partial(_reaches, t), t), _edge(partial(_passes, t), t))]
        slots = range(len(self._edges) + 1)
        self._codes = np.array([classes.positions.get(slot, 0) for slot in slots], dtype=np.uint16)

    @staticmethod
    def takes(kind: pa.DataType) -> bool:
        """Whether a column of a type holds numbers that a computer calculates with."""
        return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))

    def cut(self, column: pa.ChunkedArray) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        """The codes of n numbers, and which of them are out of bounds; both of shape (n,)."""
        known = pc.fill_null(column.cast(pa.float64(), safe=False), math.nan).to_numpy()
        slots: Slots = np.zeros(len(known), dtype=np.uint8 if len(self._edges) < 256 else np.uint16)
        for edge in self._edges:
            slots += (known >= edge).view(np.uint8)
        codes = self._codes[slots]
        missing = np.isnan(known)
        codes[missing] = 0
        # A comparison with what is not a number is false.
        return codes, ~((known >= self._bounds[0]) & (known <= self._bounds[1]) | missing)


def _reaches(threshold: float, number: float) -> bool:
    return round(number, DECIMALS) >= threshold


def _passes(threshold: float, number: float) -> bool:
    return round(number, DECIMALS) > threshold


def _edge(found: Callable[[float], bool], near: float) -> float:
    """The least number of which something is found that is true of every greater one; it lies within 1 of `near`."""
    low, high = near - 1, near + 1
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if found(middle) else (middle, high)
    return high
