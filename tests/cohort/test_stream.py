"""Tables of any size: the same answers however they are cut into batches, in order, every row accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hepatica
from hepatica.cohort import Kernel, Shape, parquet_writer
from tests.bench.cohort import column
from tests.cohort.tables import joined, stream

ROWS = 700


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return Kernel(hepatica.load("hcc-2016"))


@pytest.fixture(scope="module")
def registry(kernel: Kernel) -> pa.Table:
    """Random patients; every hundredth has a cell that cannot be read."""
    random = np.random.default_rng(5)
    columns: dict[str, Any] = {"patient": [f"p{n}" for n in range(ROWS)]}
    columns |= {name: column(field, ROWS, random) for name, field in kernel.ruleset.fields.items() if name != "child_pugh_score"}
    columns["cmet"] = ["?!" if n % 100 == 0 else word for n, word in enumerate(columns["cmet"].to_pylist())]
    return pa.table(columns)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["codes", "wide", "long"])
def test_answers_do_not_depend_on_how_a_table_is_cut(kernel: Kernel, registry: pa.Table, shape: Shape) -> None:
    whole = next(iter(stream([registry], kernel, shape)))
    for size, workers in ((64, 1), (150, 3)):
        parts = list(stream(registry.to_batches(size), Kernel(kernel.ruleset), shape, workers=workers))
        assert joined(part.table for part in parts).to_pylist() == whole.table.to_pylist()
        assert [one for part in parts for one in part.coded.rejects] == whole.coded.rejects


@pytest.mark.slow
def test_the_same_table_gives_the_same_bytes_whichever_thread_is_first(
    registry: pa.Table, kernel: Kernel, tmp_path: Path
) -> None:
    written = []
    for run in range(2):
        parts = list(stream(registry.to_batches(50), Kernel(kernel.ruleset), "long", workers=4))
        with parquet_writer(tmp_path / f"{run}.parquet", parts[0].table.schema) as writer:
            for part in parts:
                writer.write_table(part.table)
        written.append((tmp_path / f"{run}.parquet").read_bytes())
    assert written[0] == written[1]


def test_every_row_is_answered_or_rejected_under_its_own_number(kernel: Kernel, registry: pa.Table) -> None:
    parts = list(stream(registry.to_batches(64), kernel))
    answered = [row for part in parts for row in part.table["row"].to_pylist()]
    rejected = [one.row for part in parts for one in part.coded.rejects]
    assert rejected == list(range(1, ROWS + 1, 100))
    assert answered == [row for row in range(1, ROWS + 1) if row not in rejected]
    assert [name for part in parts for name in part.table["patient"].to_pylist()] == [f"p{row - 1}" for row in answered]


def test_no_more_batches_are_read_than_can_be_worked_on(kernel: Kernel, registry: pa.Table) -> None:
    read = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for batch in registry.to_batches(10):
            read += 1
            yield batch

    next(iter(stream(batches(), kernel, workers=2)))
    assert read <= 5


@pytest.mark.slow
def test_a_sample_is_held_to_durable_rules(kernel: Kernel, registry: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(len(part.coded.rows) for part in stream([registry.slice(0, 60)], kernel, verify=-1)) == 59
    wrong = Kernel(kernel.ruleset)
    # A planted fault: every list is read one state off.
    group, members = wrong.groups[0]
    wrong.groups[0] = group._replace(outcomes=np.roll(group.outcomes, 1, axis=1)), members
    for one in wrong.therapies:
        monkeypatch.setattr(one, "patterns", [each._replace(outcomes=np.roll(each.outcomes, 1, axis=1)) for each in one.patterns])
    with pytest.raises(hepatica.InternalError, match=r"row \d+, .*: the tables and durable_rules differ on \{'"):
        list(stream([registry], wrong, verify=20))


def test_a_parquet_file_holds_the_answers_and_the_stamp(kernel: Kernel, registry: pa.Table, tmp_path: Path) -> None:
    table = next(iter(stream([registry], kernel))).table
    with parquet_writer(tmp_path / "answers.parquet", table.schema) as writer:
        writer.write_table(table)
    back = pq.read_table(tmp_path / "answers.parquet")
    assert back.to_pylist() == table.to_pylist()
    assert kernel.ruleset.digest in back.schema.metadata[b"hepatica"].decode()
    assert "not a medical device" in back.schema.metadata[b"hepatica"].decode()


@pytest.mark.slow
def test_doubts_about_staging_are_counted_as_single_answers_raise_them(kernel: Kernel, registry: pa.Table) -> None:
    (found,) = stream([registry], kernel, verify=-1)
    coded, expected = found.coded, dict[str, int]()
    for entries in coded.sample.values():
        for warning in hepatica.read_profile(entries, kernel.ruleset).warnings:
            expected[warning.code] = expected.get(warning.code, 0) + 1
    assert dict(coded.warnings) == expected
