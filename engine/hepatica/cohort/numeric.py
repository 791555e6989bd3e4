"""Columns of numbers, cut by a ruleset's thresholds without reading each number."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import ge, gt
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
        self._edges = [_edge(compare, threshold) for threshold in thresholds for compare in (ge, gt)]
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


def _edge(compare: Callable[[float, float], bool], threshold: float) -> float:
    """The least number that is, once rounded, at the threshold or above it (`ge`), or above it (`gt`)."""
    low, high = threshold - 1, threshold + 1
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if compare(round(middle, DECIMALS), threshold) else (middle, high)
    return high
