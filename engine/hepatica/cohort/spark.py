"""The same kernel in Spark's workers, for tables that one machine has outgrown. Needs the extra `spark` and Java.

Spark spreads the work and tries again what fails; every batch is answered as on one machine. Workers load the ruleset
themselves, by its id or its folder, and refuse one whose digest is not that of the program which sent them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.kernel import Kernel, beside
from hepatica.cohort.sources import parquet_file
from hepatica.cohort.streaming import BATCH, Shape, answered, parquet_writer
from hepatica.knowledge import Ruleset, load
from hepatica.problems import InternalError, InvalidInput, Problem

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Named = tuple[str, str]
"""A ruleset as workers find it: its id or folder, and its digest."""
DONE = pa.schema([("part", pa.int64()), ("rows", pa.int64()), ("answered", pa.int64())])
PARTS_TO_A_CORE = 8


def session(master: str = "local[*]") -> SparkSession:
    """A session on a master, quiet; its workers run this very Python unless `PYSPARK_PYTHON` says otherwise."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("hepatica")
    settings = {
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
    }
    if master.startswith("local"):
        # A machine whose name does not resolve could not find its own driver.
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def answers_on_spark(frame: DataFrame, ruleset: Ruleset, shape: Shape = "codes") -> DataFrame:
    """The answers to a Spark frame, as a frame; the columns that are no fields name its rows. Rejected rows: `rejects_on_spark`.

    Raises `InvalidInput` where every column is a field: the rows of a frame have no numbers, so nothing would name them.
    """
    return _mapped(frame, ruleset, partial(_answers, shape=shape))


def rejects_on_spark(frame: DataFrame, ruleset: Ruleset) -> DataFrame:
    """The cells of a Spark frame that cannot be read, with the columns that name their rows."""
    return _mapped(frame, ruleset, _rejected)


def _mapped(frame: DataFrame, ruleset: Ruleset, table_of: Callable[[Kernel, pa.RecordBatch], pa.Table]) -> DataFrame:
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    kernel = Kernel(ruleset, few=True)
    empty = to_arrow_schema(frame.schema).empty_table()
    if not kernel.coder.given(empty).num_columns:
        said = "a Spark frame needs a column that is no field, to name its rows"
        raise InvalidInput([Problem("<table>", 1, 1, "no-identifier", said)])
    batch = pa.RecordBatch.from_arrays([column.combine_chunks() for column in empty.columns], schema=empty.schema)
    schema = from_arrow_schema(table_of(kernel, batch).schema)
    return frame.mapInArrow(partial(_batches, named=_named(ruleset), table_of=table_of), schema)


def _batches(
    batches: Iterator[pa.RecordBatch], named: Named, table_of: Callable[[Kernel, pa.RecordBatch], pa.Table]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield from table_of(_kernel(*named), batch).combine_chunks().to_batches()


def _answers(kernel: Kernel, batch: pa.RecordBatch, shape: Shape) -> pa.Table:
    return _plain(answered(batch, kernel, shape).table)


def _rejected(kernel: Kernel, batch: pa.RecordBatch) -> pa.Table:
    coded = kernel.coder.code(batch)
    places = coded.rejects["row"].to_numpy() - 1
    return _plain(beside(coded.rejects, coded.given.take(pa.array(places))))


def _plain(table: pa.Table) -> pa.Table:
    """A table without row numbers, which are a batch's own here, and without dictionaries, which Spark does not take."""
    fields = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields)).drop_columns(["row"])


def answer_files_on_spark(
    spark: SparkSession, sources: Sequence[Path], target: Path, ruleset: Ruleset, shape: Shape = "codes"
) -> dict[str, int]:
    """Answer Parquet files into a folder `target` that workers see, too; returns how many rows there were, and were answered.

    Spark hands out row groups; the workers read and write Parquet themselves, which spares every cell the way through the
    Java machine. A part is written aside and renamed, so one that is tried again is never there twice or by half. Rows are
    numbered through all files, and `rejects` is a folder beside the parts.
    """
    (target / "rejects").mkdir(parents=True)
    pieces = list(_pieces(sources, PARTS_TO_A_CORE * spark.sparkContext.defaultParallelism))
    # One piece to a task: a frame that is spread by a hash of its rows would give some tasks several, and others none.
    rows = spark.sparkContext.parallelize(pieces, len(pieces))
    frame = spark.createDataFrame(rows, "part long, file string, first long, groups array<int>")
    work = partial(_parts, named=_named(ruleset), shape=shape, target=str(target))
    done = frame.mapInArrow(work, "part long, rows long, answered long").collect()
    (target / "_SUCCESS").touch()
    return {name: sum(row[name] for row in done) for name in ("rows", "answered")}


def _pieces(sources: Sequence[Path], parts: int) -> Iterator[tuple[int, str, int, list[int]]]:
    """Runs of row groups of about equal size, each with the number of its first row."""
    metadata = [pq.ParquetFile(source).metadata for source in sources]
    wanted = max(1, sum(each.num_rows for each in metadata) // parts)
    part, first = 0, 1
    for source, each in zip(sources, metadata, strict=True):
        groups: list[int] = []
        rows = 0
        for group in range(each.num_row_groups):
            groups.append(group)
            rows += each.row_group(group).num_rows
            if rows >= wanted or group == each.num_row_groups - 1:
                yield part, str(source.absolute()), first, groups
                part, first, groups, rows = part + 1, first + rows, [], 0


def _parts(batches: Iterator[pa.RecordBatch], named: Named, shape: Shape, target: str) -> Iterator[pa.RecordBatch]:
    """In a worker: every piece that a batch names, read, answered and written."""
    for batch in batches:
        done = [_part(_kernel(*named), Path(target), shape, **piece) for piece in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(done, schema=DONE)


def _part(kernel: Kernel, target: Path, shape: Shape, part: int, file: str, first: int, groups: list[int]) -> dict[str, int]:
    source = parquet_file(file)
    rows = right = 0
    with _Aside(target / f"part-{part:05}.parquet") as answers, _Aside(target / "rejects" / f"part-{part:05}.parquet") as rejects:
        for batch in source.iter_batches(BATCH, row_groups=groups, use_threads=False):
            table, coded = answered(batch, kernel, shape, first + rows)
            answers.write(table)
            rejects.write(coded.rejects)
            rows, right = rows + batch.num_rows, right + len(coded.rows)
    return {"part": part, "rows": rows, "answered": right}


class _Aside:
    """A Parquet file that is there only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._aside = path, path.with_name(f".{path.name}.{os.getpid()}")
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Add a table; the first one gives the schema."""
        self._writer = self._writer or parquet_writer(self._aside, table.schema)
        self._writer.write_table(table)

    def __enter__(self) -> _Aside:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._writer:
            self._writer.close()
            self._aside.unlink() if kind else self._aside.replace(self._path)


def _named(ruleset: Ruleset) -> Named:
    return ruleset.folder or ruleset.card.id, ruleset.digest


@lru_cache(maxsize=4)
def _kernel(ruleset: str, digest: str) -> Kernel:
    """A worker's own kernel; Spark keeps its workers, so it is built once in each."""
    loaded = load(ruleset)
    if loaded.digest != digest:
        raise InternalError(f"this worker's ruleset {ruleset} has the digest {loaded.digest}, not {digest}; no answer is given")
    return Kernel(loaded)
