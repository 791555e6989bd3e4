"""Cells and columns, of whatever kind a table has them: made plain, told apart, cut by thresholds, or refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, time
from operator import ge, gt
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.inference import FieldClasses
from hepatica.patient import DECIMALS, digits
from hepatica.problems import LONGEST_QUOTE

Places = NDArray[np.intp]
MOST_KEYS = 1 << 62
FEW = 100
_EXACT = 1e15


class Reject(NamedTuple):
    """A cell that cannot be read, or a row that cannot. `row` counts the data rows of its file from 1, `column` is the
    table's own name ("" for the whole row), `code` is stable, `reason` says what is allowed."""

    row: int
    column: str
    value: str
    code: str
    reason: str
    file: str = ""


def shortened(value: object) -> str:
    """A cell's value for a list of rejects: its beginning, where it is very long."""
    text = "" if value is None else str(value)
    return text if len(text) <= 3 * LONGEST_QUOTE else f"{text[: 3 * LONGEST_QUOTE]}..."


def reject_table(rejects: Iterable[Reject]) -> pa.Table:
    """Rejects as an Arrow table: file, row, column, value, code, reason."""
    names = ("file", "row", "column", "value", "code", "reason")
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in names])
    return pa.Table.from_pylist([one._asdict() for one in rejects], schema)


def plain_cell(cell: Any) -> str | None:
    """A cell as a person would type it, in text that reads back as the same value. A list is its members joined by commas."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return None if np.isnan(cell) else digits(cell) if abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, (list, tuple, set, np.ndarray)):
        return ", ".join(filter(None, map(plain_cell, cell))) or "none"
    if isinstance(cell, (date, time)):
        return cell.isoformat().removesuffix("T00:00:00")  # a date alone where the hour is midnight
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict) else str(cell)


def texts(cells: Iterable[Any]) -> pa.Array:
    """Cells of whatever kinds as an array of texts."""
    return pa.array(map(plain_cell, cells), pa.string())


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as one of the kinds that are read: texts, numbers, booleans; all else as the text of `plain_cell`."""
    kind, are = column.type, pa.types
    if are.is_large_string(kind) or are.is_string_view(kind):
        return column.cast(pa.string())
    if are.is_dictionary(kind) and not are.is_string(kind.value_type):
        return plain_column(pa.chunked_array([column.combine_chunks().dictionary_decode()]))
    is_plain = are.is_string, are.is_dictionary, are.is_boolean, are.is_integer, are.is_floating
    return column if any(each(kind) for each in is_plain) else pa.chunked_array([texts(column.to_pylist())])


def flat(table: pa.RecordBatch | pa.Table) -> pa.Table:
    """A table whose columns are no structures: a component stands in a column of its own (`cmet.percent`)."""
    table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    # Arrow cannot select rows of texts that are views, as polars has them.
    text, view = pa.large_string(), pa.string_view()
    categories = pa.dictionary(pa.int32(), text)
    return _cast(table, lambda kind: text if kind == view else categories if _words(kind) == view else kind)


def plain(table: pa.Table) -> pa.Table:
    """A table of texts instead of dictionaries."""
    return _cast(table, lambda kind: _words(kind) or kind)


def _words(kind: pa.DataType) -> pa.DataType | None:
    return kind.value_type if pa.types.is_dictionary(kind) else None


def _cast(table: pa.Table, wanted: Callable[[pa.DataType], pa.DataType]) -> pa.Table:
    fields = [field.with_type(wanted(field.type)) for field in table.schema]
    return table if fields == list(table.schema) else table.cast(pa.schema(fields, table.schema.metadata))


def beside(table: pa.Table, given: pa.Table) -> pa.Table:
    """A table with columns that were given right behind the row's number, where a reader looks for them; one that has the name of
    an answer becomes `given_<name>`."""
    names = [f"given_{name}" if name in table.column_names else name for name in given.column_names]
    row, *others = zip(table.column_names, table.columns, strict=True)
    return pa.table(dict([row, *zip(names, given.columns, strict=True), *others]))


def encoded(column: pa.ChunkedArray) -> tuple[list[Any], Places]:
    """A plain column's distinct cells and, for each of n rows, which one it has; -1 where there is none."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    which = pc.fill_null(whole.indices.cast(pa.int32()), -1).to_numpy().astype(np.intp)
    distinct = whole.dictionary.to_pylist()
    if len(distinct) > FEW:
        # Categories that no row has are not read: there may be any number of them.
        present = np.flatnonzero(np.bincount(which + 1, minlength=len(distinct) + 1)[1:])
        places = np.full(len(distinct) + 1, -1, dtype=np.intp)
        places[present] = np.arange(len(present))
        return [distinct[at] for at in present], places[which]
    return distinct, which


class Combined(NamedTuple):
    """The different combinations of numbers that some rows have, in the order in which they first occur; which one each of n rows
    has, -1 where it was not asked for; and the first row of each."""

    found: list[tuple[int, ...]]
    which: Places
    firsts: Places


def combined(columns: Sequence[NDArray[Any]], wanted: NDArray[np.bool_] | None = None) -> Combined:
    """The combinations that n rows (or the wanted ones) have of several columns of numbers from -1 up, each of shape (n,)."""
    key, width = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        size = int(column.max(initial=0)) + 2
        if width * size > MOST_KEYS:
            # Renumbered by what occurs: a key of all columns at once would not fit a word.
            key = pa.array(key).dictionary_encode().indices.to_numpy().astype(np.int64)
            width = len(key)
        key *= size
        key += column
        key += 1
        width *= size
    # Arrow tells numbers apart by hashing, several times as fast as NumPy by sorting.
    kinds = pa.array(key, mask=None if wanted is None else ~wanted).dictionary_encode()
    which = pc.fill_null(kinds.indices, -1).to_numpy().astype(np.intp)
    firsts = np.zeros(len(kinds.dictionary) + 1, dtype=np.intp)
    firsts[which[::-1]] = np.arange(len(which))[::-1]  # the last to be written is the first row; -1 has a place of its own
    return Combined(list(zip(*(column[firsts[:-1]].tolist() for column in columns), strict=True)), which, firsts[:-1])


def rows_of(which: Places, wanted: Iterable[bool]) -> Iterator[tuple[int, Places]]:
    """Of the numbers from 0 up those that are wanted, each with the rows that have it."""
    # Every cell of a table may be wrong in its own way: looked for one by one in all rows, these would take hours.
    chosen = np.array([*wanted, False])  # the last serves -1, the number of none
    if not chosen.any():
        return iter(())
    numbers, rows = np.flatnonzero(chosen), np.flatnonzero(chosen[which])
    ordered = rows[np.argsort(which[rows], kind="stable")]
    parts = np.split(ordered, np.searchsorted(which[ordered], numbers)[1:])
    return zip(numbers.tolist(), parts, strict=False)


class NumberCutter:
    """Codes of a numeric field from numbers as a program has them. The reader rounds every number to `DECIMALS` first,
    which never changes their order: held against the least that is rounded to a threshold, and to more, none needs rounding."""

    def __init__(self, classes: FieldClasses) -> None:
        self._bounds = classes.field.low, classes.field.high
        self._edges = [_edge(threshold, beyond) for threshold in classes.thresholds for beyond in (False, True)]
        slots = range(len(self._edges) + 1)
        self._codes = np.array([classes.positions.get(slot, 0) for slot in slots], dtype=np.uint16)

    def cut(self, column: pa.ChunkedArray) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        """The codes of n numbers, and which of them are out of bounds; both of shape (n,)."""
        known = pc.fill_null(column.cast(pa.float64(), safe=False), math.nan).to_numpy()
        # There are few edges: counting those that a number reaches takes a tenth of the time of a search.
        slots: NDArray[np.unsignedinteger[Any]] = np.zeros(len(known), dtype=np.uint8 if len(self._edges) < 256 else np.uint16)
        for edge in self._edges:
            slots += (known >= edge).view(np.uint8)
        codes = self._codes[slots]
        missing = np.isnan(known)
        codes[missing] = 0
        # A comparison with what is not a number is false.
        return codes, ~((known >= self._bounds[0]) & (known <= self._bounds[1]) | missing)


def _edge(threshold: float, beyond: bool) -> float:
    """The least number that is, once rounded, at the threshold or above it, or (`beyond`) above it."""
    reached = gt if beyond else ge
    low, high = threshold - 1, threshold + 1
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if reached(round(middle, DECIMALS), threshold) else (middle, high)
    return high
