"""A data frame in, data frames of the same kind out: pandas, polars, Arrow, DuckDB, or anything with an Arrow stream."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hepatica.cohort.cells import flat, plain_cell
from hepatica.cohort.kernel import Kernel, kernel_for
from hepatica.cohort.mapping import TableMapping, read_mapping
from hepatica.cohort.run import answered, bound_batch
from hepatica.knowledge import Ruleset, load
from hepatica.problems import InvalidInput, Problem

if TYPE_CHECKING:
    import numpy as np

SHOWN = 10


class TableAnswers:
    """The answers to a table, as frames of the kind that was given; each is made when it is first asked for.

    `wide` has one row per patient: scope, the best list that any therapy reaches, the best standing there, the therapies that
    have it, what is missing. `long` has one row per patient and therapy: list, standing, rule, headline, needs. `codes` has a
    column for each therapy with its list. All name the row of the table, counted from 1 (a pandas frame keeps its index),
    and carry the columns that are no fields through. `rejects` are the cells that cannot be read, with the reason: their rows
    are in no other frame, so `answered + rejected == rows`, unless a mapping makes one of several rows of a patient.
    `warnings` counts the rows that raise each doubt about staging, `fields` names the columns behind each field, and `stamp`
    says which ruleset answered, with the notice.
    """

    def __init__(self, frame: Any, table: pa.Table, kernel: Kernel, mapping: TableMapping | None = None) -> None:
        self._frame, self.rows = frame, table.num_rows
        self._bound = bound_batch(table, kernel, mapping)
        (self._raw,) = self._bound.batches()
        self._answers = answered(self._bound, kernel, self._raw).answers
        coded = self._answers.coded
        self.answered, self.rejected, self.warnings = len(coded.rows), coded.rejected, dict(coded.warnings)
        self.fields: dict[str, list[str]] = {}
        for key, reading in self._bound.mapping.fields.items():
            self.fields.setdefault(key.partition(".")[0], []).extend(reading.columns)
        self.stamp = dict(kernel.stamp)
        if mapping is not None:
            self.stamp |= {"mapping": mapping.mapping, "mapping_digest": mapping.digest}

    @cached_property
    def wide(self) -> Any:
        """One row per patient."""
        return self._given(self._answers.wide())

    @cached_property
    def long(self) -> Any:
        """One row per patient and therapy."""
        return self._given(self._answers.long())

    @cached_property
    def codes(self) -> Any:
        """One row per patient, one column per therapy."""
        return self._given(self._answers.codes())

    @cached_property
    def rejects(self) -> Any:
        """One row per cell that cannot be read."""
        return self._given(self._bound.rejected(self._raw, self._answers.coded))

    def _given(self, table: pa.Table) -> Any:
        """A table as the kind of frame that came in."""
        return like(self._frame, table, table["row"].to_numpy() - 1)

    def __repr__(self) -> str:
        name = f"{self.stamp['ruleset']} {self.stamp['version']}"
        return f"<TableAnswers {name}: {self.rows} rows, {self.answered} answered, {self.rejected} rejected>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the counts, the first rows, and the notice."""
        table = self._answers.wide().slice(0, SHOWN)
        head = "".join(f"<th>{escape(name)}</th>" for name in table.column_names)
        rows = [
            "".join(f"<td>{escape('' if cell is None else str(cell))}</td>" for cell in row.values()) for row in table.to_pylist()
        ]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<p>{escape(repr(self)[1:-1])}</p><table><tr>{head}</tr>{body}</table><p>{escape(self.stamp['notice'])}</p>"


def evaluate_table(
    frame: Any, ruleset: Ruleset | str | Path = "hcc-2016", mapping: TableMapping | str | Path | None = None
) -> TableAnswers:
    """The answers for every row of a table whose columns are named as in a patient file; other columns are passed through.

    `frame` is a pandas or polars frame, an Arrow table, a DuckDB relation, anything with `__arrow_c_stream__`, or a mapping of
    columns. `mapping` says how columns with other names and codes are read: a mapping file, or what it was read into. Raises
    `InvalidInput` for a ruleset, a mapping or columns that cannot be used; a cell that cannot be read rejects its row only.
    """
    loaded = load(ruleset) if isinstance(ruleset, (str, Path)) else ruleset
    table = flat(arrow(frame))
    read = read_mapping(mapping, loaded.fields) if isinstance(mapping, (str, Path)) else mapping
    return TableAnswers(frame, table, kernel_for(loaded, table.num_rows), read)


def arrow(frame: Any) -> pa.Table:
    """A frame as an Arrow table, every cell as it was; raises `InvalidInput` where it is none, or two columns have one name."""
    kind = _kind(frame)
    if kind == "pandas":
        names = _apart(map(str, frame.columns))
        return pa.table({name: array(frame.iloc[:, at]) for at, name in enumerate(names)})
    if isinstance(frame, Mapping):
        return pa.table({str(name): array(cells) for name, cells in frame.items()})
    # A lazy frame has no cells before it is collected.
    if kind == "polars" and hasattr(frame, "collect"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        said = f"a {type(frame).__name__} is no table; allowed: pandas, polars, Arrow, DuckDB, a mapping of columns"
        raise InvalidInput([Problem("<table>", 1, 1, "wrong-type", said)])
    table = pa.table(frame)
    _apart(table.column_names)
    return table


def _apart(names: Iterable[str]) -> list[str]:
    """Names of columns, no two of them the same."""
    found = list(names)
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise InvalidInput(Problem("<table>", 1, 1, "duplicate-column", f"several columns are named '{name}'") for name in twice)
    return found


def _kind(frame: Any) -> str:
    return type(frame).__module__.partition(".")[0].lstrip("_")


def array(cells: Iterable[Any]) -> pa.Array:
    """A column as an Arrow array. One whose cells are of several types becomes text, as a person would type each of them."""
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError):
        # Whoever has pandas' own mark of a missing cell has loaded pandas.
        missing = getattr(sys.modules.get("pandas"), "NA", None)
        return pa.array([None if cell is missing else plain_cell(cell) for cell in cells], pa.string())


def like(frame: Any, table: pa.Table, places: Sequence[int] | np.ndarray[Any, Any]) -> Any:
    """A table as the kind of frame given; `places` are the rows of that frame which its rows belong to."""
    kind = _kind(frame)
    if kind == "pandas":
        found = table.to_pandas()
        found.index = frame.index.take(places)
        return found
    if kind == "polars":
        import polars

        return polars.from_arrow(table)
    if kind == "duckdb":
        import duckdb

        return duckdb.from_arrow(table)
    return table
