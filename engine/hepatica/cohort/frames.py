"""A data frame in, data frames of the same kind out: pandas, polars, Arrow, DuckDB, or anything with an Arrow stream."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hepatica.cohort.coding import Coded, flat
from hepatica.cohort.kernel import Kernel, beside, kernel_for
from hepatica.cohort.mapping import TableMapping, read_mapping
from hepatica.cohort.run import coded_batch, in_memory, in_order, read_batches, reject_table
from hepatica.knowledge import Ruleset, load
from hepatica.problems import InvalidInput, Problem

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
        if mapping is None:
            coded, sources = kernel.coder.code(table), kernel.coder.sources(flat(table).column_names)
            self.fields = {key: [each.column for each in own] for key, own in sources.items()}
        else:
            coded, bound = mapped_rows(table, mapping, kernel)
            self.fields = {key: list(reading.columns) for key, reading in bound.fields.items()}
        self.answered, self.rejected = len(coded.rows), coded.rejected
        self.warnings, self.stamp = dict(coded.warnings), dict(kernel.stamp)
        if mapping is not None:
            self.stamp |= {"mapping": mapping.mapping, "mapping_digest": mapping.digest}
        self._answers = kernel.answer(coded)

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
        coded = self._answers.coded
        given = coded.given.take(pa.array(coded.rejects["row"].to_numpy() - 1))
        return self._given(beside(coded.rejects, given))

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
    table = arrow(frame)
    read = read_mapping(mapping, loaded.fields) if isinstance(mapping, (str, Path)) else mapping
    return TableAnswers(frame, table, kernel_for(loaded, table.num_rows), read)


def mapped_rows(table: pa.Table, mapping: TableMapping, kernel: Kernel) -> tuple[Coded, TableMapping]:
    """The rows of a table as a mapping reads them, and the mapping for its columns; what is refused names the table's columns."""
    source = in_memory(table)
    bound = mapping.over(source.columns, kernel.coder.fields, source.name)
    (batch,) = read_batches(source, bound, kernel.coder.fields)
    coded, rejects = coded_batch(kernel, batch, bound, None)
    found = reject_table(in_order(rejects)[0]).drop_columns("file")
    given = table.select(bound.kept(table.column_names))
    return coded._replace(places=coded.rows - 1, rejects=found, given=given), bound


def arrow(frame: Any) -> pa.Table:
    """A frame as an Arrow table, every cell as it was."""
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, Mapping):
        return pa.table({str(name): array(cells) for name, cells in frame.items()})
    kind = _kind(frame)
    if kind == "pandas":
        return _from_pandas(frame)
    if kind == "polars" and hasattr(frame, "collect"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        said = f"a {type(frame).__name__} is no table; allowed: pandas, polars, Arrow, DuckDB, a mapping of columns"
        raise InvalidInput([Problem("<table>", 1, 1, "wrong-type", said)])
    return pa.table(frame)


def _kind(frame: Any) -> str:
    return type(frame).__module__.partition(".")[0].lstrip("_")


def _from_pandas(frame: Any) -> pa.Table:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput([Problem("<table>", 1, 1, "duplicate-key", f"several columns are named '{name}'") for name in twice])
    return pa.table({name: array(frame.iloc[:, at]) for at, name in enumerate(names)})


def array(cells: Iterable[Any]) -> pa.Array:
    """A column as an Arrow array. One whose cells are of several types becomes text, as a person would type each of them."""
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError):
        return pa.array([_typed(cell) for cell in cells], pa.string())


def _typed(cell: Any) -> str | None:
    """A cell as text that reads back as the same value; None where it holds none."""
    if cell is None or cell is getattr(_pandas(), "NA", None) or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, (float, np.floating)) and math.isfinite(cell):
        # Three decimals after a point could be a group of three: a fourth says that they are decimals.
        text = np.format_float_positional(cell, trim="0")
        return f"{text}0"
    if isinstance(cell, (list, tuple, set, np.ndarray)):
        return ", ".join(map(str, cell)) or "[]"
    return str(cell)


def _pandas() -> Any:
    """pandas, where the program has loaded it."""
    return sys.modules.get("pandas")


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
