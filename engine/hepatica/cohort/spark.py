"""The same kernel in Spark's workers, for tables that one machine has outgrown. Needs the extra `spark` and Java.

Spark spreads the work and tries again what fails; every batch is answered as on one machine. Workers load the ruleset
themselves, by its id or its folder, and refuse one whose digest is not that of the program which sent them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hepatica.cohort.cells import flat, reject_table
from hepatica.cohort.kernel import Kernel
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.run import BoundTable, Shape, answered, numbered, parquet_writer
from hepatica.cohort.sources import TableSource, parquet_file
from hepatica.knowledge import Ruleset, load
from hepatica.problems import InternalError, InvalidInput

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Named = tuple[str, str]
"""A ruleset as workers find it: its id or folder, and its digest."""
Piece = tuple[str, int, int]
"""A row group: its file, its number there, and the number of its first row."""
PARTS_TO_A_CORE = 8
BATCH = 1 << 17


def session(master: str = "local[*]") -> SparkSession:
    """A session on a master, quiet; its workers run this very Python unless `PYSPARK_PYTHON` says otherwise."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"ui.enabled": "false", "log.level": "ERROR"}
    if master.startswith("local"):
        # A machine whose name does not resolve could not find its own driver.
        settings |= {"driver.host": "127.0.0.1", "driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master(master).appName("hepatica")
    return builder.config(map={f"spark.{name}": value for name, value in settings.items()}).getOrCreate()


def answer_files_on_spark(
    spark: SparkSession,
    sources: Sequence[Path],
    target: Path,
    ruleset: Ruleset,
    shape: Shape = "codes",
    mapping: TableMapping | None = None,
) -> dict[str, int]:
    """Answer Parquet files into a folder `target` that workers see, too; returns how many rows there were, and were answered.

    Spark hands out row groups; the workers read and write Parquet themselves, which spares every cell the way through the
    Java machine. A part is written aside and renamed, so one that is tried again is never there twice or by half. Rows are
    numbered through all files, and `rejects` is a folder beside the parts. Raises `InvalidInput` for a mapping of several rows
    to a patient, who may have them in different parts.
    """
    if mapping is not None and mapping.rows is not None:
        said = "the rows of one patient may be in different parts of a table on Spark: give it one row to a patient"
        raise InvalidInput.at(mapping.mapping or "mapping", "several-rows", said)
    (target / "rejects").mkdir(parents=True)
    groups: list[Piece] = []
    first = 1
    for source in sources:
        file = pq.ParquetFile(source).metadata
        for group in range(file.num_row_groups):
            groups.append((str(source.absolute()), group, first))
            first += file.row_group(group).num_rows
    # Several parts to a core keep all of them at work when one takes longer, and little is lost when one is tried again.
    count = min(len(groups) or 1, PARTS_TO_A_CORE * spark.sparkContext.defaultParallelism)
    parts = [(part, json.dumps(own.tolist())) for part, own in enumerate(np.array_split(np.array(groups, dtype=object), count))]
    named: Named = ruleset.folder or ruleset.card.id, ruleset.digest
    work = partial(_parts, named=named, shape=shape, target=str(target), mapping=mapping or TableMapping())
    # One part to a task: spread by a hash, some tasks would have several, and others none.
    frame = spark.createDataFrame(spark.sparkContext.parallelize(parts, len(parts)), "part int, groups string")
    done = frame.mapInArrow(work, "rows long, answered long").collect()
    (target / "_SUCCESS").touch()
    return {"rows": sum(one.rows for one in done), "answered": sum(one.answered for one in done)}


def _parts(batches: Iterator[pa.RecordBatch], named: Named, shape: Shape, target: str, mapping: TableMapping) -> Iterator[Any]:
    """In a worker: row groups read, answered and written; how many rows there were, and were answered."""
    for part in (part for batch in batches for part in batch.to_pylist()):
        done = _part(part["part"], json.loads(part["groups"]), _kernel(*named), shape, target, mapping)
        yield pa.RecordBatch.from_pydict(dict(zip(("rows", "answered"), done[:, None], strict=True)))


def _part(number: int, groups: list[Piece], kernel: Kernel, shape: Shape, target: str, mapping: TableMapping) -> Any:
    name, done = f"part-{number:05}.parquet", np.zeros(2, dtype=np.int64)
    with ExitStack() as parts:
        writers: list[pq.ParquetWriter] = []
        for file, group, first in groups:
            source = parquet_file(file)
            columns = tuple(flat(source.schema_arrow.empty_table()).column_names)
            batches = numbered(source.iter_batches(BATCH, row_groups=[group], use_threads=False), first)
            table = BoundTable(TableSource(file, columns, partial(iter, batches)), mapping, kernel.coder.fields)
            for raw in table.batches():
                made = answered(table, kernel, raw, shape)
                written = made.table, reject_table(made.coded.rejects)
                # The first tables give the schemas.
                writers = writers or [
                    parts.enter_context(_aside(Path(target, folder, name), one.schema))
                    for folder, one in zip(("", "rejects"), written, strict=True)
                ]
                for writer, one in zip(writers, written, strict=True):
                    writer.write_table(one)
                done += len(raw.rows), len(made.coded.rows)
    return done


@contextmanager
def _aside(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    # Two workers may be at one part, where Spark takes the first for lost: each writes a file of its own.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with parquet_writer(aside, schema) as writer:
            yield writer
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@lru_cache(maxsize=4)  # Spark keeps its workers, so it is built once in each
def _kernel(ruleset: str, digest: str) -> Kernel:
    loaded = load(ruleset)
    if loaded.digest != digest:
        raise InternalError(f"this worker's ruleset {ruleset} has the digest {loaded.digest}, not {digest}; no answer is given")
    return Kernel(loaded)
