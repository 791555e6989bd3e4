"""From the table that somebody has to the canonical one: columns named by fields, cells as a person would type them.

A cell is worked out once for each different one, by the dictionary of its column; a row costs a look into an array.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hepatica.cohort.mapping import YES_NO, ColumnReading, FieldReading, TableMapping, found_field
from hepatica.cohort.rejects import BadCell, Reject, shortened
from hepatica.cohort.sources import plain_cell
from hepatica.patient import COMMON_FIELDS, Field, Fields, Refused, digits, is_missing, read_value, unit_key, with_unit
from hepatica.problems import quote

_NUMBER = re.compile(r"\d[\d.,' ]*\d|\d")
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
_FLOATING = re.compile(r"\d+\.0+")
NUMERIC = ("integer", "number")


class Canonical(NamedTuple):
    """The canonical table (every row of the raw one), and the rejects: a row that has any is not to be answered."""

    table: Any
    rejects: list[Reject]


def canonical(
    mapping: TableMapping, table: Any, fields: Fields = COMMON_FIELDS, rows: Any = None, *, european: bool = False
) -> Canonical:
    """The fields that a mapping reads from an Arrow table; `mapping` is bound to the table's columns (`TableMapping.over`).

    `rows` are the row numbers, by default from 1. In a `european` table (semicolons) without a declared decimal mark, a number
    that reads two ways is refused.
    """
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(1, table.num_rows + 1) if rows is None else rows
    how = CellReader(mapping, european)
    made: dict[str, Any] = {}
    rejects: list[Reject] = []
    for key, reading in mapping.fields.items():
        named = found_field(key, fields)
        if named is None:
            continue  # a field that this ruleset does not have
        if reading.value:
            made[key] = pa.array([reading.value] * table.num_rows, pa.string())
            continue
        columns = [table.column(name) for name in reading.columns]
        if how.passes(reading, named[1], columns):
            made[key] = columns[0]
            continue
        made[key], bad = mapped(columns, reading.columns, numbers, how.reader(reading, named[1]))
        rejects += bad
    order = {int(number): place for place, number in enumerate(numbers)} if rejects else {}
    return Canonical(pa.table(made), sorted(rejects, key=lambda one: (order[one.row], one.column)))


def mapped(columns: Sequence[Any], names: Sequence[str], rows: Any, read: Callable[..., Any]) -> tuple[Any, Iterable[Reject]]:
    """What `read` makes of the cells of each row, as an Arrow array, with a reject for every row that it refuses."""
    import numpy as np
    import pyarrow as pa

    from hepatica.cohort.coding import combined, encoded

    known = [encoded(column) for column in columns]
    patterns, which = combined([len(each.distinct) for each in known], [each.which for each in known])
    made: list[Any] = []
    rejects: list[Reject] = []
    for index, places in enumerate(patterns):
        cells = [None if place < 0 else each.distinct[place] for each, place in zip(known, places, strict=True)]
        try:
            made.append(read(*cells))
        except BadCell as wrong:
            made.append(None)
            what = (names[wrong.source], shortened(cells[wrong.source]), wrong.code, wrong.reason)
            rejects += [Reject(int(rows[place]), *what) for place in np.flatnonzero(which == index)]
    return pa.array(made, pa.string()).take(pa.array(which)), rejects


class CellReader:
    """Reads cells as a mapping says: code books, words for missing, decimal marks, units."""

    def __init__(self, mapping: TableMapping, european: bool = False) -> None:
        self.missing = frozenset(map(_word, mapping.missing))
        self.decimal, self.european = mapping.table.decimal, european

    def passes(self, reading: FieldReading, known: Field, columns: Sequence[Any]) -> bool:
        """Whether a column is canonical as it is: numbers in the field's own unit, or texts of which nothing is said."""
        import pyarrow as pa

        kind = columns[0].type
        if reading.several or reading.codes or reading.unit_column or reading.missing:
            return False
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
            marks = known.kind in NUMERIC and (self.decimal or self.european)
            return not (self.missing or marks or reading.unit)
        return not self.missing and (not reading.unit or unit_key(reading.unit) == unit_key(known.unit))

    def reader(self, reading: FieldReading, known: Field) -> Callable[..., str | None]:
        """What makes one value of the cells of the columns that a field is read from."""
        names = reading.columns
        if reading.members:
            return lambda *cells: self._set(reading.members, known, dict(zip(names, cells, strict=True)), names)
        if reading.any_of:
            return lambda *cells: _yes_or_no(self._any(reading.any_of, dict(zip(names, cells, strict=True)), names))
        return lambda cell, *unit: self._one(reading, known, cell, *unit)

    def _one(self, reading: ColumnReading, known: Field, cell: Any, *unit: Any) -> str | None:
        text = self.meaning(reading, cell)
        if text is None or known.kind not in NUMERIC or reading.codes:
            return text
        text = self._number(text)
        spelled: str = with_unit(text, self._unit(reading, known, *unit) if _bare(text) else "")
        return spelled

    def meaning(self, reading: ColumnReading, cell: Any) -> str | None:
        """A cell by the code book, or as it is; None where it is missing. Raises `BadCell` for a code that nobody explained."""
        text = plain_cell(cell) or ""
        word = _word(text)
        if reading.codes:
            books = {_word(code): meaning for code, meaning in reading.codes.items()}
            # A table that has been through a program of numbers writes the code 1 as 1.0.
            for spelled in (word, word.split(".")[0] if _FLOATING.fullmatch(word) else word):
                if spelled in books:
                    return books[spelled]
        if word in self.missing or word in map(_word, reading.missing) or not word:
            return None
        if not reading.codes:
            return text
        if is_missing(text.strip()):
            return None
        raise BadCell("unknown-code", f"the code book of {quote(reading.column)} knows {', '.join(map(quote, reading.codes))}")

    def _number(self, text: str) -> str:
        """A number with the mark before its decimals spelled as a point, and none between thousands."""
        if not self.decimal:
            found = _NUMBER.search(text) if self.european else None
            if found and _THOUSANDS.fullmatch(found[0]):
                decimal, whole = found[0].replace(",", "."), found[0].replace(",", "")
                raise BadCell("unclear", f"reads as {float(decimal):g} or as {whole}: say in the mapping table: {{decimal: ...}}")
            return text
        return _NUMBER.sub(lambda number: _plain_number(number[0], self.decimal), text)

    def _unit(self, reading: ColumnReading, known: Field, cell: Any = None) -> str:
        """The unit of a bare number."""
        if not reading.unit_column:
            return reading.unit
        typed = (plain_cell(cell) or "").strip()
        unit = {_word(code): unit for code, unit in reading.units.items()}.get(_word(typed), typed)
        if is_missing(unit) or not known.has_unit(unit):
            raise BadCell("unit", f"no unit of {known.title}; allowed: {', '.join(known.every_unit)}", 1)
        return unit

    def _set(
        self, members: Mapping[str, tuple[ColumnReading, ...]], known: Field, cells: Mapping[str, Any], names: tuple[str, ...]
    ) -> str | None:
        """The values whose columns say yes. One column that is not known leaves the set unknown: it might say yes, too."""
        said = {value: self._any(columns, cells, names) for value, columns in members.items()}
        if None in said.values():
            return None
        return ", ".join(value for value in known.values if said.get(value)) or "none"

    def _any(self, columns: Iterable[ColumnReading], cells: Mapping[str, Any], names: tuple[str, ...]) -> bool | None:
        """Whether any of some columns says yes; None where none does and one is not known."""
        answers = [self._flag(each, cells[each.column], names.index(each.column)) for each in columns]
        return True if True in answers else None if None in answers else False

    def _flag(self, reading: ColumnReading, cell: Any, source: int) -> bool | None:
        try:
            meaning = self.meaning(reading, cell)
            said: bool | None = read_value(YES_NO, meaning).value
        except BadCell as refused:
            raise BadCell(refused.code, refused.reason, source) from None
        except Refused as refused:
            raise BadCell(refused.parts[0][1], refused.parts[0][2], source) from None
        return said


def _word(text: str) -> str:
    return text.strip().casefold()


def _bare(text: str) -> bool:
    return text.strip()[-1:].isdigit()


def _yes_or_no(answer: bool | None) -> str | None:
    return None if answer is None else "yes" if answer else "no"


def _plain_number(text: str, decimal: str) -> str:
    """A number by its declared decimal mark, spelled so that it reads one way only."""
    grouping = "." if decimal == "," else ","
    whole, mark, decimals = text.partition(decimal)
    groups = re.split(rf"[{grouping}' ]", whole)
    if (
        any(len(group) != 3 for group in groups[1:])
        or not (decimals.isdigit() or not mark)
        or len(groups[0]) > (3 if groups[1:] else 99)
    ):
        raise BadCell("not-a-number", f"{quote(text)} is no number where {quote(decimal)} stands before decimals")
    return digits(float(f"{''.join(groups)}.{decimals or 0}"))
