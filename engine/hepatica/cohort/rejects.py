"""What a table holds that is not answered: where it stands, what it is, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from hepatica.problems import LONGEST_QUOTE


class Reject(NamedTuple):
    """A cell that cannot be read, or a row that cannot. `row` counts the data rows of its file from 1, `column` is the
    table's own name ("" for the whole row), `code` is stable, `reason` says what is allowed."""

    row: int
    column: str
    value: str
    code: str
    reason: str
    file: str = ""


def shortened(value: object) -> str:
    """A cell's value for a list of rejects: its beginning, where it is very long."""
    text = "" if value is None else str(value)
    return text if len(text) <= 3 * LONGEST_QUOTE else f"{text[: 3 * LONGEST_QUOTE]}..."


def first_of_each_row(rejects: Iterable[Reject]) -> list[Reject]:
    """Of several rejects of a row the first, so that rows and rejects add up."""
    # Backwards, so that the first of a row is written last, and stays.
    return list({(one.file, one.row): one for one in reversed([*rejects])}.values())[::-1]


def reject_table(rejects: Iterable[Reject]) -> Any:
    """Rejects as an Arrow table: file, row, column, value, code, reason."""
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in ("file", "column", "value", "code", "reason")]
    schema = pa.schema([texts[0], pa.field("row", pa.int64()), *texts[1:]])
    return pa.Table.from_pylist([one._asdict() for one in rejects], schema)
