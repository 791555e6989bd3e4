"""A batch's way from a table's cells to its answers: both cores, bounded memory, in the order of the rows, a sample of every
batch held to durable_rules."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.cells import beside, flat, reject_table, texts
from hepatica.cohort.coding import Coded, Coder
from hepatica.cohort.kernel import Answers, Kernel
from hepatica.cohort.mapping import UNSAID, TableMapping
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.patient import Fields, profile_from
from hepatica.problems import InternalError, InvalidInput, quote

T = TypeVar("T")
Shape = Literal["codes", "wide", "long"]
AHEAD = 2


class BoundTable:
    """One table as a mapping reads it; raises `InvalidInput` for columns that cannot be used.

    `names` are the columns that go with its answers, `kinds` the kinds that they have had.
    """

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
    def rejected(coded: Coded) -> pa.Table:
        """What was refused of a whole table, as a table, with the columns that go with its answers."""
        found = reject_table(coded.rejects).drop_columns("file")
        return beside(found, coded.given.take(found["row"].to_numpy() - 1))

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


def bound_batch(batch: pa.RecordBatch | pa.Table, kernel: Kernel, mapping: TableMapping | None = None) -> BoundTable:
    """The table that a batch is of, as a table of that one batch; without a mapping its columns are read by their names."""
    table = flat(batch)
    source = TableSource("<table>", tuple(table.column_names), lambda: numbered([table]), table.num_rows)
    return BoundTable(source, mapping or TableMapping(), kernel.coder.fields)


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
    """Read and evaluate the sample of a batch again, as patient files, by durable_rules.

    Raises `InternalError` with the profile of one that has another answer.
    """
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
