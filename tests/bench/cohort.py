"""Ten million patients, Parquet to Parquet, beside zen's batch, Polars and Spark.

    python -m tests.bench.cohort [--rows 10000000] [--ruleset hcc-2016] [--without spark,zen,polars] [--folder DIR]

Every contender runs in a process of its own, whose peak memory is measured. Polars gets the same rules as expressions over its
own three-valued logic, the same judging, and writes the same table; its file must hold the same answers as ours. Zen gets its
decision table of the same rules over fewer rows. Quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import hepatica
from hepatica.cohort import Kernel, parquet_writer
from hepatica.evaluation import ORDER, precedence
from hepatica.inference import compile_ruleset
from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Ruleset, Test, load_ruleset
from hepatica.patient import Field
from tests.bench.zen_table import context, decision_table
from tests.cohort.tables import stream
from tests.conftest import ROOT

CHUNK = 1_000_000
SLOW = 20_000
FRAME = 10_000
UNKNOWN = 0.2
AMOUNTS = 1_000


def make(path: Path, ruleset: Ruleset, rows: int) -> None:
    """A registry: every field unknown in a fifth of the rows, and else any of its values; a number has many."""
    random = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        columns = {"patient": pa.array(np.arange(start, start + size))}
        columns |= {name: column(field, size, random) for name, field in ruleset.fields.items() if name != "child_pugh_score"}
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer
    writer.close()


def column(field: Field, size: int, random: np.random.Generator) -> pa.Array:
    """Random cells of a field: numbers as numbers, words as words."""
    unknown = random.random(size) < UNKNOWN
    if field.kind == "number":
        return pa.array(np.round(random.gamma(0.5, AMOUNTS, size), 1), mask=unknown)
    if field.kind == "integer":
        return pa.array(random.integers(int(field.low), int(field.high) + 1, size, dtype=np.int8), mask=unknown)
    words = {"flag": ("yes", "no"), "set": ("none", *field.values)}.get(field.kind, field.values)
    found = pa.array(random.integers(0, len(words), size, dtype=np.int32), mask=unknown)
    return pa.DictionaryArray.from_arrays(found, pa.array(words)).cast(pa.string())


def ours(source: Path, target: Path, ruleset: Ruleset, seconds: dict[str, float]) -> None:
    """Hepatica: batches in, batches out, on all cores."""
    kernel = clocked("start", seconds, lambda: Kernel(ruleset))
    file = pq.ParquetFile(
        source, read_dictionary=[name for name, f in ruleset.fields.items() if f.kind not in ("integer", "number")]
    )
    writer = None
    start = time.perf_counter()
    for part in stream(file.iter_batches(1 << 17), kernel, "codes"):
        writer = writer or parquet_writer(target, part.table.schema)
        writer.write_table(part.table)
    assert writer
    writer.close()
    seconds["run"] = time.perf_counter() - start


def polars_expressions(source: Path, target: Path, ruleset: Ruleset, seconds: dict[str, float]) -> None:
    """Polars: the same rules, written as a user of Polars would; its `&`, `|` and `~` are three-valued as ours."""
    import polars as pl

    def test(one: Test) -> Any:
        cell, operands = pl.col(one.field), list(one.operands)
        field = ruleset.fields[one.field]
        if field.kind == "flag":
            operands = ["yes" if value else "no" for value in operands]
        compared = {
            "in": lambda: cell.is_in(operands),
            "not in": lambda: ~cell.is_in(operands),
            # A cell of a set holds one word or none here.
            "includes": lambda: cell.is_in(operands),
            "lacks": lambda: ~cell.is_in(operands),
            "empty": lambda: cell == "none",
            "not empty": lambda: cell != "none",
            "<": lambda: cell < operands[0],
            "<=": lambda: cell <= operands[0],
            ">": lambda: cell > operands[0],
            ">=": lambda: cell >= operands[0],
            "=": lambda: cell == operands[0],
            "!=": lambda: cell != operands[0],
        }
        found = compared[one.operator]()
        return found if one.unknown is None else found.fill_null(one.unknown)

    concepts: dict[str, Any] = {}

    def said(when: Condition) -> Any:
        if isinstance(when, Test):
            return test(when)
        if isinstance(when, ConceptTest):
            return pl.col(f"concept {when.concept}") if when.wanted else ~pl.col(f"concept {when.concept}")
        if isinstance(when, NotOf):
            return ~said(when.part)
        return reduce(and_ if isinstance(when, AllOf) else or_, [said(part) for part in when.parts])

    # The class follows from the score and the other way round: our tables have no score here, so it is unknown.
    frame = pl.scan_parquet(source).with_columns(pl.lit(None, pl.Int64).alias("child_pugh_score"))
    for name, field in ruleset.fields.items():
        for one in field.implied:
            follows = pl.when(pl.col(one.field) != one.lacks).then(pl.lit(one.value))
            frame = frame.with_columns(pl.col(name).fill_null(follows))
    for name, when in ruleset.concept_conditions.items():
        concepts[name] = said(when)
        frame = frame.with_columns(concepts[name].alias(f"concept {name}"))
    scope = said(ruleset.card.scope)
    frame = frame.with_columns(scope.alias("scope?"))
    rules = {rule.id: (pl.col("scope?") & said(rule.when)).alias(f"rule {rule.id}") for rule in ruleset.rules.values()}
    frame = frame.with_columns(list(rules.values()))
    named = pl.when(pl.col("scope?")).then(pl.lit("in")).when(~pl.col("scope?")).then(pl.lit("out")).otherwise(pl.lit("unknown"))
    words = pl.Enum(list(ORDER))
    judged = [_judged(pl, therapy.rules, ruleset).cast(words).alias(therapy.id) for therapy in ruleset.therapies.values()]
    answer = frame.with_row_index("row", offset=1).select("row", named.alias("scope"), *judged, "patient")
    clocked("run", seconds, lambda: answer.sink_parquet(target, compression="snappy", statistics=False))


def _judged(pl: Any, rules: Any, ruleset: Ruleset) -> Any:
    """The first list in precedence that any rule of a therapy reaches."""
    ways: dict[str, list[Any]] = {name: [] for name in ORDER}
    for rule in sorted(rules, key=lambda rule: precedence(rule, ruleset.studies)):
        verdict = pl.col(f"rule {rule.id}")
        if rule.reaches == "unreported":
            ways["unreported"].append(verdict.fill_null(value=True))
        else:
            ways[rule.reaches].append(verdict.fill_null(value=False))
            ways["possible"].append(verdict.is_null())
    found: Any = None
    for name, which in ways.items():
        if which:
            held = reduce(or_, which)
            found = (pl if found is None else found).when(held).then(pl.lit(name))
    return found.otherwise(pl.lit("ruled_out"))


def zen_batch(source: Path, _: Path, ruleset: Ruleset, seconds: dict[str, float]) -> None:
    """Zen's batch over the first rows: certain rules only, from contexts that are ready made."""
    import zen

    program = compile_ruleset(ruleset)
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": json.loads(decision_table(program))}}})
    kernel = Kernel(ruleset)
    coded = next(stream(pq.ParquetFile(source).iter_batches(SLOW), kernel)).coded
    contexts = [context(dict(kernel.coder.facts(coded.codes[:, at]))) for at in range(len(coded.rows))]
    batches = [contexts[at : at + 1_000] for at in range(0, len(contexts), 1_000)]
    calls: Any = [[{"key": "rules", "context": one} for one in batch] for batch in batches]
    seconds["rows"] = float(len(contexts))
    clocked("run", seconds, lambda: [engine.evaluate_batch(batch) for batch in calls])


def spark(source: Path, target: Path, ruleset: Ruleset, seconds: dict[str, float]) -> None:
    """The same kernel in Spark's workers on this machine."""
    from hepatica.cohort.spark import answer_files_on_spark, session

    def warm() -> Any:
        # Java, the workers and their rulesets start on a small table: that takes as long for ten rows as for a billion.
        found, small = session("local[*]"), source.with_name("small.parquet")
        pq.write_table(pa.Table.from_batches([next(pq.ParquetFile(source).iter_batches(1_000))]), small, row_group_size=100)
        answer_files_on_spark(found, [small], target.with_name("small"), ruleset)
        return found

    shutil.rmtree(target.with_name("small"), ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    started = clocked("start", seconds, warm)
    clocked("run", seconds, lambda: answer_files_on_spark(started, [source], target, ruleset))
    started.stop()


def clocked(name: str, seconds: dict[str, float], work: Callable[[], Any]) -> Any:
    """What some work gives; its time is noted."""
    start = time.perf_counter()
    found = work()
    seconds[name] = time.perf_counter() - start
    return found


def pandas_long(source: Path, _: Path, ruleset: Ruleset, seconds: dict[str, float]) -> None:
    """A pandas frame to a frame with a row for every patient and therapy, tables built on the way."""
    frame = pa.Table.from_batches([next(pq.ParquetFile(source).iter_batches(FRAME))]).to_pandas()
    seconds["rows"] = float(len(frame))
    clocked("run", seconds, lambda: hepatica.evaluate_table(frame, ruleset).long)


WORK = {"hepatica": ours, "polars": polars_expressions, "zen": zen_batch, "spark": spark, "pandas long": pandas_long}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--ruleset", default="hcc-2016")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    ruleset = load_ruleset(ROOT / "rulesets" / chosen.ruleset)
    if chosen.only:
        seconds: dict[str, float] = {}
        WORK[chosen.only](chosen.folder / "in.parquet", chosen.folder / f"{chosen.only}.parquet", ruleset, seconds)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps(seconds | {"MiB": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime}))
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        compare(Path(folder), ruleset, chosen)


def compare(folder: Path, ruleset: Ruleset, chosen: argparse.Namespace) -> None:
    """Make the table, let the contenders take turns, compare what they wrote."""
    make(folder / "in.parquet", ruleset, chosen.rows)
    size = (folder / "in.parquet").stat().st_size / 2**20
    print(
        f"{ruleset.card.id}: {len(ruleset.rules)} rules, {len(ruleset.therapies)} therapies; {chosen.rows:,} rows, {size:.0f} MiB"
    )
    names = [name for name in WORK if name not in chosen.without.split(",")]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(chosen.rounds):
        for name in names:
            if name != "spark" or not turn:
                found[name].append(alone(name, folder, chosen.ruleset))
    best = {name: min(runs, key=lambda run: run["run"] / run.get("rows", chosen.rows)) for name, runs in found.items()}
    base = best["hepatica"]["run"] / chosen.rows
    for name, run in best.items():
        rows = run.get("rows", chosen.rows)
        rate = run["run"] / rows
        shown = f"{run['run']:8.2f} s (start {run.get('start', 0):.2f} s) {rows / run['run']:12,.0f} rows/s"
        print(
            f"{name:11} {shown}   x{rate / base:8.2f} of hepatica's time; CPU {run['cpu']:.1f} s in all; peak {run['MiB']:6.0f} MiB"
        )
    for name in ("polars", "spark"):
        if name in names:
            print(f"cells that differ between hepatica's file and that of {name}: {differing(folder, name)}")


def alone(name: str, folder: Path, ruleset: str) -> dict[str, float]:
    """One contender in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.cohort", "--only", name, "--folder", str(folder), "--ruleset", ruleset]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def differing(folder: Path, name: str) -> int:
    """How many cells of two files differ; both have a row for every patient, in any order."""
    wrong = 0
    pair = ("hepatica", name)

    def read(each: str, field: str) -> pa.ChunkedArray:
        path = folder / f"{each}.parquet"
        parts = sorted(path.glob("part-*")) if path.is_dir() else [path]
        return pa.concat_tables(pq.read_table(part, columns=[field]) for part in parts).unify_dictionaries()[field]

    order = [np.argsort(read(each, "patient").to_numpy()) for each in pair]
    assert len(order[0]) == len(order[1])
    for field in pq.read_schema(folder / "hepatica.parquet").names:
        columns = [read(each, field) for each in pair]
        texts = [np.asarray(codes_of(column))[at] for column, at in zip(columns, order, strict=True)]
        wrong += int((texts[0] != texts[1]).sum())
    return wrong


def codes_of(column: pa.ChunkedArray) -> Any:
    """A column as numbers: words by their place in the alphabet."""
    if pa.types.is_integer(column.type):
        return column.to_numpy()
    whole = column.combine_chunks()
    whole = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    words = whole.dictionary.to_pylist()
    place = np.array([sorted(set(words) | set(ORDER) | {"in", "out", "unknown"}).index(word) for word in words])
    return place[whole.indices.to_numpy(zero_copy_only=False)]


if __name__ == "__main__":
    main()
