"""What a table holds that is not answered: where it stands, what it is, and why."""

from __future__ import annotations

from typing import NamedTuple

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


class BadCell(Exception):
    """A cell that is refused while a column is made; `source` is the position of its column among those that are read."""

    def __init__(self, code: str, reason: str, source: int = 0) -> None:
        super().__init__(reason)
        self.code, self.reason, self.source = code, reason, source


def shortened(value: object) -> str:
    """A cell's value for a list of rejects: its beginning, where it is very long."""
    text = "" if value is None else str(value)
    return text if len(text) <= 3 * LONGEST_QUOTE else f"{text[: 3 * LONGEST_QUOTE]}..."
