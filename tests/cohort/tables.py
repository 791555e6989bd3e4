"""Tables for tests: written by hand, read back by the command."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hepatica.cli.main import run
from hepatica.cohort import Answers, Kernel, Shape, TableMapping
from hepatica.cohort.cells import flat
from hepatica.cohort.run import BoundTable, answered, numbered, side_by_side
from hepatica.cohort.sources import TableSource

if TYPE_CHECKING:
    import pytest

HEAD = ("id", "bclc_stage", "child_pugh_class", "prior_sorafenib", "other_prior_systemic", "afp")
ROWS = (("a", "C", "A", "none", "none", "620"), ("b", "D", "C", "none", "none", ""), ("c", "", "", "", "", ""))


def csv_of(rows: Any, delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def table(folder: Path, data: str | bytes = "", name: str = "table.csv") -> str:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def cohort(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["cohort", *arguments])
    captured = capfd.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Answers of several batches as one table."""
    return pa.concat_tables(tables).unify_dictionaries()


def stream(
    batches: Iterable[pa.RecordBatch | pa.Table], kernel: Kernel, shape: Shape = "codes", verify: int = 0, workers: int = 0
) -> Iterator[Answers]:
    """The answers of every batch, in order; rows are numbered through from 1, and `verify` of each batch are verified (-1: all)."""
    rest = iter(batches)
    for first in islice(rest, 1):
        columns = tuple(flat(first).column_names)
        source = TableSource("<table>", columns, partial(numbered, chain([first], rest)))
        table = BoundTable(source, TableMapping(), kernel.coder.fields)
        yield from side_by_side(answered, ((table, kernel, raw, shape, verify) for raw in table.batches()), workers)
