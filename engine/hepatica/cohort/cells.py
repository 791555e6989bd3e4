"""Cells and columns, of whatever kind a table has them: made plain, and counted each different one once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.patient import digits

Places = NDArray[np.intp]
MOST_KEYS = 1 << 62
FEW = 100
_EXACT = 1e15


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


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as one of the kinds that are read: texts, numbers, booleans; all else as the text of `plain_cell`."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return (
            column
            if pa.types.is_string(kind.value_type)
            else plain_column(pa.chunked_array([column.combine_chunks().dictionary_decode()]))
        )
    if pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    return pa.chunked_array([pa.array(map(plain_cell, column.to_pylist()), pa.string())])


def flat(table: pa.RecordBatch | pa.Table) -> pa.Table:
    """A table whose columns are no structures: a component stands in a column of its own (`cmet.percent`)."""
    table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    # Arrow cannot select rows of texts that are views, as polars has them.
    kinds = list(map(_no_view, table.schema.types))
    if kinds == table.schema.types:
        return table
    fields = [field.with_type(kind) for field, kind in zip(table.schema, kinds, strict=True)]
    return table.cast(pa.schema(fields, table.schema.metadata))


def _no_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), pa.large_string()) if kind.value_type == pa.string_view() else kind
    return pa.large_string() if kind == pa.string_view() else kind


def plain(table: pa.Table) -> pa.Table:
    """A table of texts instead of dictionaries."""
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema(zip(table.column_names, kinds, strict=True), table.schema.metadata))


class Cells(NamedTuple):
    """A column as the distinct cells in it and, for each of n rows, which one it has; -1 where there is none."""

    distinct: Sequence[Any]
    which: Places


def encoded(column: pa.ChunkedArray) -> Cells:
    """A plain column's distinct cells, and which one each row has."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    which = pc.fill_null(whole.indices.cast(pa.int64()), -1).to_numpy()
    distinct = whole.dictionary.to_pylist()
    if len(distinct) > FEW:
        # Categories that no row has are not read: there may be any number of them.
        present = np.flatnonzero(np.bincount(which + 1, minlength=len(distinct) + 1)[1:])
        places = np.full(len(distinct) + 1, -1, dtype=np.intp)
        places[present] = np.arange(len(present))
        return Cells([distinct[at] for at in present], places[which])
    return Cells(distinct, which)


class Combined(NamedTuple):
    """The different combinations of numbers that some rows have, in the order in which they first occur.

    `which` says for each of n rows which combination it has, -1 where it was not asked for; `firsts` are the first rows of each.
    """

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
    firsts = firsts[:-1]
    return Combined(list(zip(*(column[firsts].tolist() for column in columns), strict=True)), which, firsts)
