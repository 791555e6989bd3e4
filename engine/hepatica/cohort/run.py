"""A batch's way from a table's cells to its answers: both cores, bounded memory, in the order of the rows, a sample of every
batch held to durable_rules."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.canonical import canonical
from hepatica.cohort.cells import flat, plain_cell
from hepatica.cohort.coding import Coded, Coder
from hepatica.cohort.kernel import Answers, Kernel, beside
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.rejects import Reject, reject_table
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.cohort.visits import gathered
from hepatica.patient import Fields, profile_from
from hepatica.problems import InternalError, InvalidInput, Problem, quote

T = TypeVar("T")
Shape = Literal["codes", "wide", "long"]
BATCH = 1 << 17
AHEAD = 2


class ReadBatch(NamedTuple):
    """Some patients ready to be coded: the canonical table of n rows, their numbers (n,), what goes with them, what was refused,
    and how many rows were folded into others of the same patient."""

    table: pa.Table
    rows: Any
    given: pa.Table
    rejects: list[Reject]
    folded: int


class BoundTable:
    """One table as a mapping reads it; raises `InvalidInput` for columns that cannot be used."""

    def __init__(self, source: TableSource, mapping: TableMapping, fields: Fields) -> None:
        self.source, self.fields = source, fields
        self.mapping = mapping.over(source.columns, fields, source.name)

    def batches(self) -> Iterator[RawBatch]:
        """The table's batches; all rows at once where those of one patient may stand anywhere in it."""
        if self.mapping.rows is None:
            yield from self.source.batches()
            return
        # The last row of a file may be the one that counts for its first patient.
        every = list(self.source.batches())
        table = pa.concat_tables([each.table for each in every], promote_options="permissive")
        rejects = tuple(one for each in every for one in each.rejects)
        yield RawBatch(table, np.concatenate([each.rows for each in every]), rejects)

    def read(self, raw: RawBatch, given: pa.Table | None = None) -> ReadBatch:
        """The patients of a batch; `given` are columns that go with its rows, by default those that the mapping keeps."""
        found = canonical(self.mapping, raw.table, self.fields, raw.rows, european=self.source.european)
        # What goes with the rows is told apart before any row is left out, so that it stays beside its own row.
        given = raw.table.select(self.mapping.kept(raw.table.column_names)) if given is None else given
        if self.mapping.rows is not None:
            found, places = gathered(self.mapping, raw.table, found, raw.rows)
            folded = len(raw.rows) - len(places) - len(found.rejects)
            return ReadBatch(found.table, raw.rows[places], given.take(places), self._named(raw, found.rejects), folded)
        rejects = self._named(raw, found.rejects)
        if not found.rejects:
            return ReadBatch(found.table, raw.rows, given, rejects, 0)
        good = np.flatnonzero(~np.isin(raw.rows, [one.row for one in found.rejects]))
        return ReadBatch(found.table.take(good), raw.rows[good], given.take(good), rejects, 0)

    def _named(self, raw: RawBatch, rejects: Iterable[Reject]) -> list[Reject]:
        return [one._replace(file=self.source.name) for one in (*raw.rejects, *rejects)]

    def coded(self, coder: Coder, batch: ReadBatch) -> Coded:
        """The codes of a batch, with all that was refused in it, in order, under the table's own names of columns."""
        coded = coder.code(batch.table, batch.rows)
        rejects = [one._replace(column=self._column(one.column), file=self.source.name) for one in coded.rejects]
        # By row and column, whoever refused: which of several is first must not depend on the order of reading.
        ordered = sorted((*batch.rejects, *rejects), key=lambda one: (one.row, one.column, one.code))
        return coded._replace(rejects=ordered, given=batch.given)

    def rejected(self, raw: RawBatch, coded: Coded) -> pa.Table:
        """What was refused of a batch, as a table, with the columns that the mapping keeps."""
        found = reject_table(coded.rejects).drop_columns("file")
        kept = raw.table.select(self.mapping.kept(raw.table.column_names))
        return beside(found, kept.take(found["row"].to_numpy() - 1))

    def _column(self, key: str) -> str:
        return next(iter(self.mapping.fields[key].columns), key)


class KeptColumns:
    """The columns that go with the answers, the same for all tables: what a table lacks is empty there."""

    def __init__(self, tables: Sequence[BoundTable]) -> None:
        self.names = tuple(dict.fromkeys(name for each in tables for name in each.mapping.kept(each.source.columns)))
        self._several = len(tables) > 1
        self._kinds: dict[str, Any] = {}

    def of(self, table: BoundTable, raw: RawBatch) -> pa.Table:
        """The columns of a batch as a table of its n rows; of several tables, with the name of the file."""
        file = {"file": pa.repeat(table.source.name, len(raw.rows))} if self._several else {}
        own = {name: self._alike(name, raw, table.source.name) for name in self.names}
        return pa.table({**file, **own})

    def _alike(self, name: str, raw: RawBatch, file: str) -> Any:
        """A column in the kind that it has had in the batches before, or as text from the first where tables may differ."""
        column = raw.table.column(name) if name in raw.table.column_names else pa.nulls(len(raw.rows), pa.string())
        # All batches must be of one schema, which the first of them gives.
        kind = self._kinds.setdefault(name, pa.string() if self._several else column.type)
        if column.type == kind:
            return column
        if pa.types.is_string(kind):
            return pa.array(map(plain_cell, column.to_pylist()), kind)
        try:
            return column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            message = f"the column {quote(name)} holds {column.type} after {kind}; a column that is kept needs one kind of value"
            raise InvalidInput([Problem(file, 1, 1, "mixed-column", message)]) from None


class Answered(NamedTuple):
    """A batch that is answered: its table in the shape asked for (None without one), and how its cells were read."""

    table: Any
    answers: Answers
    folded: int

    @property
    def coded(self) -> Coded:
        """The codes of the rows that are answered, and what became of the others."""
        return self.answers.coded


def answered(
    table: BoundTable, kernel: Kernel, raw: RawBatch, shape: Shape | None = None, verify: int = 0, given: pa.Table | None = None
) -> Answered:
    """One batch; `verify` of its rows (-1: all) are held to durable_rules. Without a shape there is no table."""
    batch = table.read(raw, given)
    answers = kernel.answer(table.coded(kernel.coder, batch))
    held_to_durable_rules(answers, batch.table, len(answers.coded.rows) if verify < 0 else verify)
    return Answered(getattr(answers, shape)() if shape else None, answers, batch.folded)


def stream(
    batches: Iterable[pa.RecordBatch | pa.Table], kernel: Kernel, shape: Shape = "codes", verify: int = 0, workers: int = 0
) -> Iterator[Answered]:
    """The answers of every batch, in order; rows are numbered through from 1.

    `verify` rows of every batch that can be read are evaluated again by durable_rules (-1: all of them); raises
    `InternalError` with the profile where it says otherwise. `workers` threads work side by side (as many as there are cores by
    default): NumPy and Arrow let go of Python's lock. At most `AHEAD` batches a worker are held.
    """
    rest = iter(batches)
    for first in rest:
        table = bound_batch(first, kernel)
        items = ((table, kernel, raw, shape, verify) for raw in numbered(chain([first], rest)))
        yield from side_by_side(answered, items, workers)


def bound_batch(
    batch: pa.RecordBatch | pa.Table, kernel: Kernel, mapping: TableMapping | None = None, name: str = "<table>"
) -> BoundTable:
    """The table that a batch is of; without a mapping its columns are read by their names."""
    return BoundTable(in_memory(flat(batch), name), mapping or TableMapping(), kernel.coder.fields)


def in_memory(table: pa.Table, name: str = "<table>") -> TableSource:
    """A table without structures as a source of one batch."""
    return TableSource(name, tuple(table.column_names), lambda: numbered([table]), table.num_rows)


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


def held_to_durable_rules(answers: Answers, table: pa.Table, rows: int) -> None:
    """Read and evaluate some rows of a canonical table again, as patient files, by durable_rules.

    Raises `InternalError` with the profile of one that has another answer. The rows are spread evenly over the batch.
    """
    coded, kernel = answers.coded, answers.kernel
    if not rows or not len(coded.rows):
        return
    # Evenly, not at random: the same table is always held to the same sample.
    chosen = np.unique(np.linspace(0, len(coded.rows) - 1, min(rows, len(coded.rows))).astype(np.intp))
    told = iter(answers.at(chosen).long().select(["list", "rule", "headline", "needs"]).to_pylist())
    for at, entries in enumerate(kernel.coder.entries(table.take(coded.places[chosen]))):
        evaluation = kernel.evaluator.evaluate(profile_from(entries, fields=kernel.coder.fields))
        for one in kernel.therapies:
            name, entry = evaluation.entry(one.therapy.id)
            rule, headline = (None, None) if name == "ruled_out" else (entry.rule, entry.headline.text or None)
            if next(told) != {"list": name, "rule": rule, "headline": headline, "needs": ", ".join(entry.needs) or None}:
                where = f"row {coded.rows[chosen[at]]}, {one.therapy.id}: the tables and durable_rules differ"
                raise InternalError(f"{where} on {evaluation.profile.as_document()}; no answer is given")


def parquet_writer(target: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer for answers, in half the time that the default takes: no statistics of columns with few words, numbers packed."""
    # Every writer of Parquet would look for the least and greatest of each column; of words nobody asks it.
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    packed = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)}
    return pq.ParquetWriter(target, schema, use_dictionary=words, column_encoding=packed, write_statistics=list(packed))
