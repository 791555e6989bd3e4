"""From the table that somebody has to the canonical one: columns named by fields, cells as a person would type them.

A cell is worked out once for each different one, by the dictionary of its column; a row costs a look into an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hepatica.cohort.cells import combined, encoded, plain_cell, plain_column
from hepatica.cohort.mapping import NUMERIC, YES_NO, ColumnReading, FieldReading, TableMapping, found_field
from hepatica.cohort.rejects import BadCell, Reject, shortened
from hepatica.patient import Field, Fields, Refused, digits, is_missing, read_value, unit_key, with_unit
from hepatica.problems import quote

_NUMBER = re.compile(r"\d[\d.,' ]*\d|\d")
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
_FLOATING = re.compile(r"\d+\.0+")
_MOST_DIGITS = 99


class Canonical(NamedTuple):
    """The canonical table (every row of the raw one), and the rejects: a row that has any is not to be answered."""

    table: pa.Table
    rejects: list[Reject]


def canonical(mapping: TableMapping, table: pa.Table, fields: Fields, rows: Any, *, european: bool = False) -> Canonical:
    """The fields that a mapping reads from an Arrow table; `mapping` is bound to the table's columns (`TableMapping.over`).

    `rows` are the numbers of the rows. In a `european` table (semicolons) without a declared decimal mark, a number that reads
    two ways is refused.
    """
    made: dict[str, Any] = {}
    rejects: list[Reject] = []
    for key, reading in mapping.fields.items():
        named = found_field(key, fields)
        if named is None:
            continue  # a field that this ruleset does not have
        if reading.value:
            made[key] = pa.repeat(reading.value, table.num_rows)
            continue
        # Kinds first: whatever program wrote the table, a cell is text, a number, or yes and no.
        columns = [plain_column(table.column(name)) for name in reading.columns]
        reader = CellReader(mapping, reading, named[1], european)
        made[key] = columns[0] if reader.passes(columns[0].type) else _read(reader, columns, rows, rejects)
    place = {int(number): at for at, number in enumerate(rows)} if rejects else {}
    return Canonical(pa.table(made), sorted(rejects, key=lambda one: (place[one.row], one.column)))


def _read(reader: CellReader, columns: Sequence[Any], rows: Any, rejects: list[Reject]) -> pa.Array:
    """What a reader makes of the cells of each row; adds a reject for every row that it refuses."""
    known = [encoded(column) for column in columns]
    # Several columns are read by the combinations of cells that occur, as one column is by its cells.
    patterns = combined([each.which for each in known])
    made: list[str | None] = []
    for index, places in enumerate(patterns.found):
        cells = [None if place < 0 else each.distinct[place] for each, place in zip(known, places, strict=True)]
        try:
            made.append(reader.read(cells))
        except BadCell as wrong:
            made.append(None)
            what = (reader.names[wrong.source], shortened(cells[wrong.source]), wrong.code, wrong.reason)
            rejects += [Reject(int(rows[place]), *what) for place in np.flatnonzero(patterns.which == index)]
    return pa.array(made, pa.string()).take(pa.array(patterns.which))


class CellReader:
    """Makes one value of a field from the cells that a mapping reads it from: code books, words for missing, decimals, units."""

    def __init__(self, mapping: TableMapping, reading: FieldReading, known: Field, european: bool) -> None:
        self.names = reading.columns
        self._reading, self._known, self._european = reading, known, european
        self._missing = frozenset(map(_word, mapping.missing))
        self._decimal = mapping.table.decimal
        self._books = {id(each): _by_word(each.codes) for each in (reading, *reading.several)}

    def passes(self, kind: pa.DataType) -> bool:
        """Whether a column is canonical as it is: numbers in the field's own unit, or texts of which nothing is said."""
        reading, known = self._reading, self._known
        if reading.several or reading.codes or reading.unit_column or reading.missing or self._missing:
            return False
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
            return not (reading.unit or (known.kind in NUMERIC and (self._decimal or self._european)))
        return not reading.unit or unit_key(reading.unit) == unit_key(known.unit)

    def read(self, cells: Sequence[Any]) -> str | None:
        """The value, None where it is not known; raises `BadCell`."""
        reading, own = self._reading, dict(zip(self.names, cells, strict=True))
        if reading.members:
            return self._set(reading.members, own)
        if reading.any_of:
            return {True: "yes", False: "no", None: None}[self._any(reading.any_of, own)]
        text = self._meaning(reading, cells[0])
        if text is None or self._known.kind not in NUMERIC or reading.codes:
            return text
        text = self._number(text)
        unit = self._unit(*cells[1:]) if text.strip()[-1:].isdigit() else ""
        spelled: str = with_unit(text, unit)
        return spelled

    def _meaning(self, reading: ColumnReading, cell: Any) -> str | None:
        """A cell by the code book, or as it is; None where it is missing. Raises `BadCell` for a code that nobody explained."""
        text = plain_cell(cell) or ""
        word, book = _word(text), self._books[id(reading)]
        # A table that has been through a program of numbers writes the code 1 as 1.0.
        for spelled in (word, word.split(".")[0] if _FLOATING.fullmatch(word) else word):
            if spelled in book:
                return book[spelled]
        if not word or word in self._missing or word in map(_word, reading.missing):
            return None
        if not book:
            return text
        if is_missing(text.strip()):
            return None
        raise BadCell("unknown-code", f"the code book of {quote(reading.column)} knows {', '.join(map(quote, reading.codes))}")

    def _number(self, text: str) -> str:
        """A number with the mark before its decimals spelled as a point, and none between thousands."""
        if self._decimal:
            return _NUMBER.sub(lambda number: _plain_number(number[0], self._decimal), text)
        found = _NUMBER.search(text) if self._european else None
        if found and _THOUSANDS.fullmatch(found[0]):
            decimal, whole = found[0].replace(",", "."), found[0].replace(",", "")
            raise BadCell("unclear", f"reads as {float(decimal):g} or as {whole}: say in the mapping table: {{decimal: ...}}")
        return text

    def _unit(self, cell: Any = None) -> str:
        """The unit of a bare number."""
        if not self._reading.unit_column:
            return self._reading.unit
        typed = (plain_cell(cell) or "").strip()
        unit = _by_word(self._reading.units).get(_word(typed), typed)
        if is_missing(unit) or not self._known.has_unit(unit):
            raise BadCell("unit", f"no unit of {self._known.title}; allowed: {', '.join(self._known.every_unit)}", 1)
        return unit

    def _set(self, members: Mapping[str, Iterable[ColumnReading]], cells: Mapping[str, Any]) -> str | None:
        """The values whose columns say yes. One column that is not known leaves the set unknown: it might say yes, too."""
        said = {value: self._any(columns, cells) for value, columns in members.items()}
        # A box that nobody looked at is no empty box.
        if None in said.values():
            return None
        return ", ".join(value for value in self._known.values if said.get(value)) or "none"

    def _any(self, columns: Iterable[ColumnReading], cells: Mapping[str, Any]) -> bool | None:
        """Whether any of some columns says yes; None where none does and one is not known."""
        answers = [self._flag(each, cells[each.column]) for each in columns]
        return True if True in answers else None if None in answers else False

    def _flag(self, reading: ColumnReading, cell: Any) -> bool | None:
        source = self.names.index(reading.column)
        try:
            said: bool | None = read_value(YES_NO, self._meaning(reading, cell)).value
        except BadCell as refused:
            raise BadCell(refused.code, refused.reason, source) from None
        except Refused as refused:
            raise BadCell(refused.parts[0][1], refused.parts[0][2], source) from None
        return said


def _word(text: str) -> str:
    return text.strip().casefold()


def _by_word(book: Mapping[str, str]) -> dict[str, str]:
    return {_word(code): meaning for code, meaning in book.items()}


def _plain_number(text: str, decimal: str) -> str:
    """A number by its declared decimal mark, spelled so that it reads one way only."""
    whole, mark, decimals = text.partition(decimal)
    first, *groups = re.split(r"[.' ]" if decimal == "," else r"[,' ]", whole)
    if (
        any(len(group) != 3 for group in groups)
        or len(first) > (3 if groups else _MOST_DIGITS)
        or (mark and not decimals.isdigit())
    ):
        raise BadCell("not-a-number", f"{quote(text)} is no number where {quote(decimal)} stands before decimals")
    return digits(float(f"{''.join((first, *groups))}.{decimals or 0}"))
