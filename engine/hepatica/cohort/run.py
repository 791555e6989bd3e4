"""A batch's way from a table's cells to its answers: both cores, bounded memory, in the order of the rows, a sample of every
batch held to durable_rules. A data frame is a table of one batch, and is answered in frames of its own kind."""

from __future__ import annotations

import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.cells import beside, flat, reject_table, texts
from hepatica.cohort.coding import Coded, Coder
from hepatica.cohort.kernel import Answers, Kernel, kernel_for
from hepatica.cohort.mapping import UNSAID, TableMapping, read_mapping
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.knowledge import Ruleset, load
from hepatica.patient import Fields, profile_from
from hepatica.problems import InternalError, InvalidInput, Problem, quote

T = TypeVar("T")
Shape = Literal["codes", "wide", "long"]
AHEAD, SHOWN = 2, 10


class BoundTable:
    """One table as a mapping reads it, and the `names` and `kinds` of the columns that go with its answers; raises `InvalidInput`
    for columns that cannot be used."""

    def __init__(self, source: TableSource, mapping: TableMapping, fields: Fields) -> None:
        self.source = source
        bound = mapping.over(source.columns, fields, source.name)
        decimal = bound.table.decimal or (UNSAID if source.european else "")
        self.mapping = replace(bound, table=replace(bound.table, decimal=decimal))
        self.names, self.kinds, self._several = bound.kept(source.columns), dict[str, Any](), False

    def batches(self) -> Iterator[RawBatch]:
        """The table's batches; all rows at once where those of one patient may stand anywhere in it."""
        batches = self.source.batches()
        if self.mapping.rows is not None:
            # The last row of a file may be the one that counts for its first patient.
            every = list(batches)
            table = pa.concat_tables([each.table for each in every], promote_options="permissive")
            rejects = tuple(one for each in every for one in each.rejects)
            batches = iter([RawBatch(table, np.concatenate([each.rows for each in every]), rejects)])
        for raw in batches:
            # Of several tables, with the name of the file.
            file = {"file": pa.repeat(self.source.name, len(raw.rows))} if self._several else {}
            yield raw._replace(given=pa.table(file | {name: self._alike(name, raw) for name in self.names}))

    def _alike(self, name: str, raw: RawBatch) -> Any:
        """A column in the kind that it has had in the batches before, or as text from the first where tables may differ."""
        column = raw.table.column(name) if name in raw.table.column_names else pa.nulls(len(raw.rows), pa.string())
        # All batches must be of one schema, which the first of them gives.
        kind = self.kinds.setdefault(name, pa.string() if self._several else column.type)
        if column.type == kind:
            return column
        if pa.types.is_string(kind):
            return texts(column.to_pylist())
        try:
            return column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            message = f"the column {quote(name)} holds {column.type} after {kind}; a column that is kept needs one kind of value"
            raise InvalidInput.at(self.source.name, "mixed-column", message) from None

    def coded(self, coder: Coder, raw: RawBatch, verify: int = 0) -> Coded:
        """The codes of a batch, with all that was refused in it, in order."""
        coded = coder.code(raw.table, self.mapping, raw.rows, verify)
        # By row and column, whoever refused: which of several is first must not depend on the order of reading.
        rejects = sorted(one._replace(file=self.source.name) for one in (*raw.rejects, *coded.rejects))
        return coded._replace(rejects=rejects, given=raw.given)

    @staticmethod
    def alike(tables: Sequence[BoundTable]) -> None:
        """Gives tables the same columns beside their answers: what a table lacks is empty there."""
        for each in tables:
            each.names = tuple(dict.fromkeys(name for one in tables for name in one.names))
            each.kinds, each._several = tables[0].kinds, len(tables) > 1


def answered(table: BoundTable, kernel: Kernel, raw: RawBatch, shape: Shape | None = None, verify: int = 0) -> Answers:
    """The answers to one batch, with their table in a shape where one is asked for; `verify` of its rows (-1: all) are held to
    durable_rules."""
    answers = kernel.answer(table.coded(kernel.coder, raw, verify))
    held_to_durable_rules(answers)
    if shape:
        answers.table = getattr(answers, shape)()
    return answers


def numbered(batches: Iterable[pa.RecordBatch | pa.Table], first: int = 1) -> Iterator[RawBatch]:
    """Batches of which the first row of all has the number `first`."""
    for batch in batches:
        yield RawBatch(flat(batch), np.arange(first, first + batch.num_rows))
        first += batch.num_rows


def side_by_side(work: Callable[..., T], items: Iterable[tuple[Any, ...]], workers: int = 0) -> Iterator[T]:
    """What `work` makes of each item, in order, several at a time; at most `AHEAD` a worker wait to be taken."""
    threads = workers or len(os.sched_getaffinity(0))
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(work, *item))
            # The oldest first: answers come in the order of the rows, and what is not yet taken holds back the reading.
            if len(waiting) >= AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def held_to_durable_rules(answers: Answers) -> None:
    """Has durable_rules evaluate the sample of a batch, as patient files; raises `InternalError` with a profile that differs."""
    coded, kernel = answers.coded, answers.kernel
    if not coded.sample:
        return
    chosen = answers.at(np.array(list(coded.sample), dtype=np.intp))
    told = iter(chosen.long().select(["list", "rule", "headline", "needs"]).to_pylist())
    for at, entries in coded.sample.items():
        evaluation = kernel.evaluator.evaluate(profile_from(entries, fields=kernel.coder.fields))
        for one in kernel.therapies:
            name, entry = evaluation.entry(one.therapy.id)
            rule, headline = (None, None) if name == "ruled_out" else (entry.rule, entry.headline.text or None)
            if next(told) != {"list": name, "rule": rule, "headline": headline, "needs": ", ".join(entry.needs) or None}:
                where = f"row {coded.rows[at]}, {one.therapy.id}: the tables and durable_rules differ"
                raise InternalError(f"{where} on {evaluation.profile.as_document()}; no answer is given")


def parquet_writer(target: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer for answers, in half the time that the default takes: no statistics of columns with few words, numbers packed."""
    # Every writer of Parquet would look for the least and greatest of each column; of words nobody asks it.
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    packed = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)}
    return pq.ParquetWriter(target, schema, use_dictionary=words, column_encoding=packed, write_statistics=list(packed))


# Data frames: pandas, polars, Arrow, DuckDB, or anything with an Arrow stream


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
        source = TableSource("<table>", tuple(table.column_names), lambda: numbered([table]))
        bound = BoundTable(source, mapping or TableMapping(), kernel.coder.fields)
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
        coded = self._answers.coded
        found = reject_table(coded.rejects).drop_columns("file")
        return like(self._frame, beside(found, coded.given.take(found["row"].to_numpy() - 1)))

    def __repr__(self) -> str:
        name = f"{self.stamp['ruleset']} {self.stamp['version']}"
        return f"<TableAnswers {name}: {self.rows} rows, {self.answered} answered, {self.rejected} rejected>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the counts, the first rows, and the notice."""
        table = self._answers.wide().slice(0, SHOWN)
        rows = [("th", table.column_names), *(("td", row.values()) for row in table.to_pylist())]
        cells = ("".join(f"<{tag}>{'' if cell is None else escape(str(cell))}</{tag}>" for cell in row) for tag, row in rows)
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        return f"<p>{escape(repr(self)[1:-1])}</p><table>{body}</table><p>{escape(self.stamp['notice'])}</p>"


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
        return _of_columns(frame)
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


def _of_columns(columns: Mapping[Any, Any]) -> pa.Table:
    """A mapping of columns as a table; one patient's facts are none: a text would be taken for its letters."""
    single = [name for name, cells in columns.items() if isinstance(cells, (str, bytes)) or not isinstance(cells, Iterable)]
    said = f"{', '.join(map(quote, map(str, single)))}: one value, where a column of cells is needed"
    read = {str(name): array(cells) for name, cells in columns.items() if not single}
    if len(lengths := sorted(set(map(len, read.values())))) > 1:
        said = f"the columns are of different lengths: {', '.join(map(str, lengths))}"
    if single or len(lengths) > 1:
        raise InvalidInput.at("<table>", "wrong-type", said)
    return pa.table(read)


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
