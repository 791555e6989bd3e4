"""Rows as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> str:
    """Rows of equal keys. A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns or (list(rows[0]) if rows else []))
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return _cell("; ".join(map(str, value)))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
