"""The kernel in Spark's workers, on a real Java machine: the same answers, byte for byte, under the same numbers."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hepatica
from hepatica.cohort import Kernel, read_mapping
from tests.bench.cohort import column
from tests.cohort.tables import joined, stream

MISSING = (
    "no Java on the PATH" if shutil.which("java") is None else "pyspark is not installed" if not find_spec("pyspark") else ""
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]
ROWS = 2_000


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from hepatica.cohort.spark import session

    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        # A short life does not pay for code compiled to its best, nor for several collectors: a third less of the processor.
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        # Spark's own warnings, of its dependencies and of sockets that it leaves to the garbage collector.
        warnings.simplefilter("ignore")
        found = session("local[2]")
        yield found
        found.stop()


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return Kernel(hepatica.load("hcc-2026"))


@pytest.fixture(scope="module")
def registry(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(7)
    columns: dict[str, Any] = {"patient": np.arange(ROWS)}
    columns |= {name: column(field, ROWS, random) for name, field in kernel.ruleset.fields.items() if name != "child_pugh_score"}
    columns["cmet"] = ["?!" if n % 100 == 0 else word for n, word in enumerate(columns["cmet"].to_pylist())]
    path = tmp_path_factory.mktemp("registry") / "in.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=150)
    return path


@pytest.mark.filterwarnings("ignore")
def test_files_are_answered_as_on_one_machine(spark: Any, kernel: Kernel, registry: Path, tmp_path: Path) -> None:
    from hepatica.cohort.spark import answer_files_on_spark

    counts = answer_files_on_spark(spark, [registry], tmp_path / "out", kernel.ruleset)
    parts = list(stream(pq.ParquetFile(registry).iter_batches(333), kernel))
    written = sorted((tmp_path / "out").glob("part-*"))
    assert len(written) > 2 and (tmp_path / "out" / "_SUCCESS").exists()
    assert joined(map(pq.read_table, written)).to_pylist() == joined(part.table for part in parts).to_pylist()
    rejects = pa.concat_tables(map(pq.read_table, sorted((tmp_path / "out" / "rejects").glob("part-*"))))
    refused = [one._replace(file=str(registry)) for part in parts for one in part.coded.rejects]
    assert rejects.to_pylist() == [one._asdict() for one in refused]
    assert counts == {"rows": ROWS, "answered": ROWS - ROWS // 100}


@pytest.mark.filterwarnings("ignore")
def test_files_are_read_by_a_mapping_as_on_one_machine(spark: Any, kernel: Kernel, tmp_path: Path) -> None:
    from hepatica.cohort.spark import answer_files_on_spark

    names = {"stage": ["3", "4", "9"], "who": ["a", "b", "c"]}
    pq.write_table(pa.table(names), tmp_path / "in.parquet", row_group_size=1)
    text = "fields:\n  bclc_stage: {column: stage, codes: {3: C, 4: D}}\n"
    (tmp_path / "mapping.yaml").write_text(text, encoding="utf-8")
    mapping = read_mapping(tmp_path / "mapping.yaml")
    counts = answer_files_on_spark(spark, [tmp_path / "in.parquet"], tmp_path / "out", kernel.ruleset, "wide", mapping)
    here = hepatica.evaluate_table(pa.table(names), kernel.ruleset, mapping)
    there = joined(map(pq.read_table, sorted((tmp_path / "out").glob("part-*"))))
    assert there.to_pylist() == here.wide.to_pylist() and counts == {"rows": 3, "answered": 2}
    with pytest.raises(hepatica.InvalidInput, match="several-rows"):
        answer_files_on_spark(spark, [], tmp_path / "no", kernel.ruleset, "wide", read_mapping("redcap"))


@pytest.mark.filterwarnings("ignore")
def test_a_worker_whose_ruleset_is_another_answers_nothing(spark: Any, registry: Path, tmp_path: Path) -> None:
    from hepatica.cohort.spark import answer_files_on_spark

    other = replace(hepatica.load("hcc-2016"), digest="0" * 64)
    with pytest.raises(Exception, match=r"has the digest .*; no answer is given"):
        answer_files_on_spark(spark, [registry], tmp_path / "out", other)
    assert not list((tmp_path / "out").glob("*part*")) and not (tmp_path / "out" / "_SUCCESS").exists()
