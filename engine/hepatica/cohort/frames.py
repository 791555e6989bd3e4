"""A data frame in, data frames of the same kind out: pandas, polars, Arrow, DuckDB, or anything with an Arrow stream."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from hepatica.cohort.cells import flat, texts
from hepatica.cohort.kernel import Kernel, kernel_for
from hepatica.cohort.mapping import TableMapping, read_mapping
from hepatica.cohort.run import BoundTable, answered, bound_batch
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
        bound = bound_batch(table, kernel, mapping)
        (raw,) = bound.batches()
        self._answers = answered(bound, kernel, raw)
        coded = self._answers.coded
        self.answered, self.warnings = len(coded.rows), dict(coded.warnings)
        self.rejected = len({one.row for one in coded.rejects})
        self.fields: dict[str, list[str]] = {}
        for key, reading in bound.mapping.fields.items():
            self.fields.setdefault(key.partition(".")[0], []).extend(reading.columns)
        self.stamp = dict(kernel.stamp)
        if mapping is not None:
            self.stamp |= {"mapping": mapping.mapping, "mapping_digest": mapping.digest}

    @cached_property
    def wide(self) -> Any:
        """One row per patient."""
        return like(self._frame, self._answers.wide())

    @cached_property
    def long(self) -> Any:
        """One row per patient and therapy."""
        return like(self._frame, self._answers.long())

    @cached_property
    def codes(self) -> Any:
        """One row per patient, one column per therapy."""
        return like(self._frame, self._answers.codes())

    @cached_property
    def rejects(self) -> Any:
        """One row per cell that cannot be read."""
        return like(self._frame, BoundTable.rejected(self._answers.coded))

    def __repr__(self) -> str:
        name = f"{self.stamp['ruleset']} {self.stamp['version']}"
        return f"<TableAnswers {name}: {self.rows} rows, {self.answered} answered, {self.rejected} rejected>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the counts, the first rows, and the notice."""
        table = self._answers.wide().slice(0, SHOWN)
        cells = [["" if cell is None else str(cell) for cell in row.values()] for row in table.to_pylist()]
        head, *rows = (
            "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
            for tag, row in (("th", table.column_names), *(("td", row) for row in cells))
        )
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
    if isinstance(frame, Mapping):
        return pa.table({str(name): array(cells) for name, cells in frame.items()})
    if kind == "pandas":
        columns = [(str(name), frame.iloc[:, at]) for at, name in enumerate(frame.columns)]
        table = pa.table([array(cells) for _, cells in columns], [name for name, _ in columns])
    else:
        # A lazy frame has no cells before it is collected.
        frame = frame.collect() if kind == "polars" and hasattr(frame, "collect") else frame
        if not hasattr(frame, "__arrow_c_stream__"):
            said = f"a {type(frame).__name__} is no table; allowed: pandas, polars, Arrow, DuckDB, a mapping of columns"
            raise InvalidInput.at("<table>", "wrong-type", said)
        table = pa.table(frame)
    twice = [name for name, number in Counter(table.column_names).items() if number > 1]
    if twice:
        raise InvalidInput(Problem("<table>", 1, 1, "duplicate-column", f"several columns are named '{name}'") for name in twice)
    return table


def _kind(frame: Any) -> str:
    return type(frame).__module__.partition(".")[0].lstrip("_")


def array(cells: Iterable[Any]) -> pa.Array:
    """A column as an Arrow array. One whose cells are of several types becomes text, as a person would type each of them."""
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError):
        # Whoever has pandas' own mark of a missing cell has loaded pandas.
        missing = getattr(sys.modules.get("pandas"), "NA", None)
        return texts(None if cell is missing else cell for cell in cells)


def like(frame: Any, table: pa.Table) -> Any:
    """A table as the kind of frame given, of which its column `row` counts the rows."""
    kind = _kind(frame)
    if kind == "pandas":
        found = table.to_pandas()
        # pandas joins by index: the answers go back to the rows that they are of.
        found.index = frame.index.take(table["row"].to_numpy() - 1)
        return found
    if kind in ("polars", "duckdb"):
        return import_module(kind).from_arrow(table)
    return table
