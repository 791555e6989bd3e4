"""Cells and columns, of whatever kind a table has them: made plain, and counted each different one once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, time
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.patient import digits

Places = NDArray[np.intp]
MOST_TABULATED = 1 << 22
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
    table = pa.table(table)
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    # Arrow cannot select rows of texts that are views, as polars has them.
    wanted = pa.schema([field.with_type(_no_view(field.type)) for field in table.schema], table.schema.metadata)
    return table if wanted == table.schema else table.cast(wanted)


def _no_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), pa.large_string()) if kind.value_type == pa.string_view() else kind
    return pa.large_string() if kind == pa.string_view() else kind


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


def combined(
    sizes: Sequence[int], columns: Sequence[Places], wanted: NDArray[np.bool_] | None = None
) -> tuple[list[tuple[int, ...]], Places]:
    """The distinct combinations of numbers, from -1 up, that wanted rows have, and which one each row has; -1 if not wanted."""
    wanted = np.ones(len(columns[0]), dtype=np.bool_) if wanted is None else wanted
    each = [size + 1 for size in sizes]
    if prod(each) > MOST_KEYS and len(sizes) > 1:
        # The first half, then the second, each renumbered: a key of all at once would not fit a word.
        half = len(sizes) // 2
        halves = [combined(sizes[:half], columns[:half], wanted), combined(sizes[half:], columns[half:], wanted)]
        pairs, which = combined([len(found) for found, _ in halves], [places for _, places in halves], wanted)
        return [(*halves[0][0][left], *halves[1][0][right]) for left, right in pairs], which
    key = np.zeros(len(wanted), dtype=np.int64)
    for size, column in zip(each, columns, strict=True):
        key *= size
        key += column + 1
    which = np.full(len(wanted), -1, dtype=np.intp)
    rows = slice(None) if wanted.all() else np.flatnonzero(wanted)
    if prod(each) <= MOST_TABULATED:
        # Marking what occurs in a table of all that could costs less than sorting a million keys.
        occurs = np.zeros(prod(each), dtype=np.bool_)
        occurs[key[rows]] = True
        found = np.flatnonzero(occurs)
        number = np.zeros(len(occurs), dtype=np.intp)
        number[found] = np.arange(len(found))
        which[rows] = number[key[rows]]
    else:
        found, inverse = np.unique(key[rows], return_inverse=True)
        which[rows] = inverse
    parts = np.unravel_index(found, each)
    return [tuple(int(n) - 1 for n in one) for one in zip(*parts, strict=True)], which
