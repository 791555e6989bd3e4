"""What a table holds that is not answered: where it stands, what it is, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


class BadCell(Exception):
    """A cell that is refused while a column is made; `source` is the position of its column among those that are read."""

    def __init__(self, code: str, reason: str, source: int = 0) -> None:
        super().__init__(reason)
        self.code, self.reason, self.source = code, reason, source


def shortened(value: object) -> str:
    """A cell's value for a list of rejects: its beginning, where it is very long."""
    text = "" if value is None else str(value)
    return text if len(text) <= 3 * LONGEST_QUOTE else f"{text[: 3 * LONGEST_QUOTE]}..."


def distinct(columns: Sequence[Any]) -> tuple[list[tuple[Any, ...]], Any]:
    """The distinct combinations of the cells of some Arrow arrays of n cells, and for each row which one it has: (n,) int.

    A table of millions of rows holds few different cells, so whatever is done to each of these costs next to nothing.
    """
    import numpy as np

    encoded = [column.dictionary_encode(null_encoding="encode") for column in columns]
    values = [each.dictionary.to_pylist() for each in encoded]
    combined = np.zeros(len(columns[0]), dtype=np.int64)
    for each, known in zip(encoded, values, strict=True):
        # Renumbered after each column, so that the product of many cannot overflow.
        combined = combined * max(len(known), 1) + each.indices.to_numpy(zero_copy_only=False)
        found, combined = np.unique(combined, return_inverse=True)
    first = np.zeros(len(found), dtype=np.int64)
    first[combined[::-1]] = np.arange(len(combined))[::-1]
    places = [each.indices.to_numpy(zero_copy_only=False)[first] for each in encoded]
    return list(zip(*([known[i] for i in place] for place, known in zip(places, values, strict=True)), strict=True)), combined


def mapped(columns: Sequence[Any], names: Sequence[str], rows: Any, read: Callable[..., Any]) -> tuple[Any, Iterable[Reject]]:
    """What `read` makes of the cells of each row, as an Arrow array, with a reject for every row that it refuses."""
    import numpy as np
    import pyarrow as pa

    combinations, which = distinct(columns)
    made: list[Any] = []
    bad: dict[int, tuple[tuple[Any, ...], BadCell]] = {}
    for index, cells in enumerate(combinations):
        try:
            made.append(read(*cells))
        except BadCell as refused:
            bad[index] = (cells, refused)
            made.append(None)
    values = pa.array(made, pa.string()).take(pa.array(which))
    rejects = [
        Reject(int(rows[place]), names[wrong.source], shortened(cells[wrong.source]), wrong.code, wrong.reason)
        for index, (cells, wrong) in bad.items()
        for place in np.flatnonzero(which == index)
    ]
    return values, rejects
