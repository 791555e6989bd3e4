"""Batch after batch: both cores, bounded memory, answers in the order of the rows, a sample held to durable_rules."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.coding import Coded, flat
from hepatica.cohort.kernel import Answers, Kernel
from hepatica.patient import profile_from
from hepatica.problems import InternalError

T = TypeVar("T")
Shape = Literal["codes", "wide", "long"]
BATCH = 1 << 17
AHEAD = 2


def parquet_writer(target: str | Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer for answers, in half the time that the default takes: no statistics of columns with few words, numbers packed."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    packed = {field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)}
    return pq.ParquetWriter(target, schema, use_dictionary=words, column_encoding=packed, write_statistics=list(packed))


class Answered(NamedTuple):
    """A batch that is answered: its table in the shape asked for, and how its cells were read (rejects, warnings)."""

    table: pa.Table
    coded: Coded


def stream(
    batches: Iterable[pa.RecordBatch | pa.Table], kernel: Kernel, shape: Shape = "codes", verify: int = 0, workers: int = 0
) -> Iterator[Answered]:
    """The answers of every batch, in order; rows are numbered through from 1.

    `verify` rows of every batch that can be read are evaluated again by durable_rules (-1: all of them); raises
    `InternalError` with the profile where it says otherwise. `workers` threads work side by side (as many as there are cores by
    default): NumPy and Arrow let go of Python's lock. At most `AHEAD` batches a worker are held.
    """
    yield from side_by_side(lambda batch, first: answered(batch, kernel, shape, first, verify), _numbered(batches), workers)


def _numbered(batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[tuple[pa.RecordBatch | pa.Table, int]]:
    first = 1
    for batch in batches:
        yield batch, first
        first += batch.num_rows


def side_by_side(work: Callable[..., T], items: Iterable[tuple[Any, ...]], workers: int = 0) -> Iterator[T]:
    """What `work` makes of each item, in order, several at a time; at most `AHEAD` a worker wait to be taken."""
    threads = workers or len(os.sched_getaffinity(0))
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(work, *item))
            if len(waiting) >= AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def shaped(answers: Answers, shape: Shape) -> pa.Table:
    """The answers as a table."""
    made = {"codes": answers.codes, "wide": answers.wide, "long": answers.long}[shape]
    return made()


def answered(batch: pa.RecordBatch | pa.Table, kernel: Kernel, shape: Shape, first: int = 1, verify: int = 0) -> Answered:
    """One batch; its first row has the number `first`."""
    coded = kernel.coder.code(batch, np.arange(first, first + batch.num_rows))
    answers = kernel.answer(coded)
    held_to_durable_rules(answers, batch, len(coded.rows) if verify < 0 else verify)
    return Answered(shaped(answers, shape), coded)


def held_to_durable_rules(answers: Answers, batch: pa.RecordBatch | pa.Table, rows: int) -> None:
    """Read and evaluate some rows of a batch again, as patient files, by durable_rules.

    Raises `InternalError` with the profile of one that has another answer. The rows are spread evenly over the batch.
    """
    coded, kernel = answers.coded, answers.kernel
    if not rows or not len(coded.rows):
        return
    chosen = np.unique(np.linspace(0, len(coded.rows) - 1, min(rows, len(coded.rows))).astype(np.intp))
    told = answers.at(chosen).long().select(["list", "rule", "headline", "needs"]).to_pylist()
    count = len(kernel.therapies)
    for at, entries in enumerate(kernel.coder.entries(flat(batch).take(pa.array(coded.places[chosen])))):
        evaluation = kernel.evaluator.evaluate(profile_from(entries, fields=kernel.coder.fields))
        for one, said in zip(kernel.therapies, told[at * count : (at + 1) * count], strict=True):
            name, entry = evaluation.entry(one.therapy.id)
            rule, headline = (None, None) if name == "ruled_out" else (entry.rule, entry.headline.text or None)
            if said != {"list": name, "rule": rule, "headline": headline, "needs": ", ".join(entry.needs) or None}:
                where = f"row {coded.rows[chosen[at]]}, {one.therapy.id}: the tables and durable_rules differ"
                raise InternalError(f"{where} on {evaluation.profile.as_document()}; no answer is given")
