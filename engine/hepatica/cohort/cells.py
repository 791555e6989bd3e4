"""Cells and columns, of whatever kind a table has them: made plain, told apart, cut by thresholds, or refused; and from cells to
what a person would type of a field: code books, words for missing, decimals, units, and of several rows to a patient the one that
counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.cohort.mapping import NUMERIC, UNSAID, YES_NO, ColumnReading, FieldReading, TableMapping, Take, Visits
from hepatica.patient import Field, Refused, digits, is_missing, read_value, unit_key
from hepatica.problems import LONGEST_QUOTE, quote

Places = NDArray[np.intp]
MOST_KEYS = 1 << 62
_EXACT = 1e15


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


def reject_table(rejects: Iterable[Reject]) -> pa.Table:
    """Rejects as an Arrow table: file, row, column, value, code, reason."""
    names = ("file", "row", "column", "value", "code", "reason")
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in names])
    return pa.Table.from_pylist([one._asdict() for one in rejects], schema)


def plain_cell(cell: Any) -> str | None:
    """A cell as a person would type it, in text that reads back as the same value. A list is its members joined by commas."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return None if np.isnan(cell) else digits(cell) if abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, (list, tuple, set, np.ndarray)):
        return ", ".join(filter(None, map(plain_cell, cell))) or "none"
    if isinstance(cell, (date, time)):
        return cell.isoformat().removesuffix("T00:00:00")  # a date alone where the hour is midnight
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict) else str(cell)


def texts(cells: Iterable[Any]) -> pa.Array:
    """Cells of whatever kinds as an array of texts."""
    return pa.array(map(plain_cell, cells), pa.string())


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as one of the kinds that are read: texts, numbers, booleans; all else as the text of `plain_cell`."""
    kind, are = column.type, pa.types
    if are.is_large_string(kind) or are.is_string_view(kind):
        return column.cast(pa.string())
    if are.is_dictionary(kind) and not are.is_string(kind.value_type):
        return plain_column(pa.chunked_array([column.combine_chunks().dictionary_decode()]))
    is_plain = are.is_string, are.is_dictionary, are.is_boolean, are.is_integer, are.is_floating
    return column if any(each(kind) for each in is_plain) else pa.chunked_array([texts(column.to_pylist())])


def flat(table: pa.RecordBatch | pa.Table) -> pa.Table:
    """A table whose columns are no structures: a component stands in a column of its own (`cmet.percent`)."""
    table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    # Arrow cannot select rows of texts that are views, as polars has them.
    text, view = pa.large_string(), pa.string_view()
    categories = pa.dictionary(pa.int32(), text)
    return _cast(table, lambda kind: text if kind == view else categories if _words(kind) == view else kind)


def plain(table: pa.Table) -> pa.Table:
    """A table of texts instead of dictionaries."""
    return _cast(table, lambda kind: _words(kind) or kind)


def _words(kind: pa.DataType) -> pa.DataType | None:
    return kind.value_type if pa.types.is_dictionary(kind) else None


def _cast(table: pa.Table, wanted: Callable[[pa.DataType], pa.DataType]) -> pa.Table:
    fields = [field.with_type(wanted(field.type)) for field in table.schema]
    return table if fields == list(table.schema) else table.cast(pa.schema(fields, table.schema.metadata))


def beside(table: pa.Table, given: pa.Table) -> pa.Table:
    """A table with columns that were given right behind the row's number, where a reader looks for them; one that has the name of
    an answer becomes `given_<name>`."""
    names = [f"given_{name}" if name in table.column_names else name for name in given.column_names]
    row, *others = zip(table.column_names, table.columns, strict=True)
    return pa.table(dict([row, *zip(names, given.columns, strict=True), *others]))


class Combined(NamedTuple):
    """The different combinations of numbers that some rows have, in the order in which they first occur; which one each of n rows
    has, -1 where it was not asked for; and the first row of each."""

    found: list[tuple[int, ...]]
    which: Places
    firsts: Places


def combined(columns: Sequence[NDArray[Any]], wanted: NDArray[np.bool_] | None = None) -> Combined:
    """The combinations that n rows (or the wanted ones) have of several columns of numbers from -1 up, each of shape (n,)."""
    key, width = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        size = int(column.max(initial=0)) + 2
        if width * size > MOST_KEYS:
            # Renumbered by what occurs: a key of all columns at once would not fit a word.
            key = pa.array(key).dictionary_encode().indices.to_numpy().astype(np.int64)
            width = len(key)
        key *= size
        key += column
        key += 1
        width *= size
    # Arrow tells numbers apart by hashing, several times as fast as NumPy by sorting.
    kinds = pa.array(key, mask=None if wanted is None else ~wanted).dictionary_encode()
    which = pc.fill_null(kinds.indices, -1).to_numpy().astype(np.intp)
    firsts = np.zeros(len(kinds.dictionary) + 1, dtype=np.intp)
    firsts[which[::-1]] = np.arange(len(which))[::-1]  # the last to be written is the first row; -1 has a place of its own
    return Combined(list(zip(*(column[firsts[:-1]].tolist() for column in columns), strict=True)), which, firsts[:-1])


# -- from the cells of a row to the value of a field --------------------------------------------------------------------

_NUMBER = re.compile(r"\d[\d.,' ]*\d|\d")
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
_FLOATING = re.compile(r"\d+\.0+")
_MOST_DIGITS = 99


class BadCell(Exception):
    """A cell that is refused; `source` is the position of its column among those that are read."""

    def __init__(self, code: str, reason: str, source: int = 0) -> None:
        super().__init__(reason)
        self.code, self.reason, self.source = code, reason, source


class CellReader:
    """Makes one value of a field from the cells that a mapping reads it from."""

    def __init__(self, mapping: TableMapping, reading: FieldReading, known: Field) -> None:
        self.names = reading.columns
        self._reading, self._known = reading, known
        self._missing = frozenset(map(_word, mapping.missing))
        self._decimal = mapping.table.decimal
        every = (reading, *reading.several)
        self._books = {id(each): {_word(code): meaning for code, meaning in each.codes.items()} for each in every}
        self._units = {_word(code): meaning for code, meaning in reading.units.items()}

    def passes(self, kind: pa.DataType) -> bool:
        """Whether a column holds values as they are: numbers in the field's own unit, or texts of which nothing is said."""
        reading, known = self._reading, self._known
        if reading.value or reading.several or reading.codes or reading.unit_column or reading.missing or self._missing:
            return False
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
            return not (reading.unit or (known.kind in NUMERIC and self._decimal))
        return not reading.unit or unit_key(reading.unit) == unit_key(known.unit)

    def read(self, cells: Sequence[Any]) -> str | None:
        """The value, None where it is not known; raises `BadCell`."""
        reading, own = self._reading, dict(zip(self.names, cells, strict=True))
        if reading.value:
            return reading.value
        if reading.members:
            return self._set(reading.members, own)
        if reading.any_of:
            return {True: "yes", False: "no", None: None}[self._any(reading.any_of, own)]
        text = self._meaning(reading, cells[0])
        if text is None or self._known.kind not in NUMERIC or reading.codes:
            return text
        text = self._number(text)
        return f"{text} {unit}" if text.strip()[-1:].isdigit() and (unit := self._unit(*cells[1:])) else text

    def _meaning(self, reading: ColumnReading, cell: Any, source: int = 0) -> str | None:
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
        said = f"the code book of {quote(reading.column)} knows {', '.join(map(quote, reading.codes))}"
        raise BadCell("unknown-code", said, source)

    def _number(self, text: str) -> str:
        """A number with the mark before its decimals spelled as a point, and none between thousands."""
        if self._decimal not in ("", UNSAID):
            return _NUMBER.sub(lambda number: _plain_number(number[0], self._decimal), text)
        found = _NUMBER.search(text) if self._decimal else None
        if found and _THOUSANDS.fullmatch(found[0]):
            decimal, whole = found[0].replace(",", "."), found[0].replace(",", "")
            raise BadCell("unclear", f"reads as {float(decimal):g} or as {whole}: say in the mapping table: {{decimal: ...}}")
        return text

    def _unit(self, cell: Any = None) -> str:
        if not self._reading.unit_column:
            return self._reading.unit
        typed = (plain_cell(cell) or "").strip()
        unit = self._units.get(_word(typed), typed)
        if is_missing(unit) or not self._known.has_unit(unit):
            raise BadCell("unit", f"no unit of {self._known.title}; allowed: {', '.join(self._known.every_unit)}", 1)
        return unit

    def _set(self, members: Mapping[str, Iterable[ColumnReading]], cells: Mapping[str, Any]) -> str | None:
        said = {value: self._any(columns, cells) for value, columns in members.items()}
        # A box that nobody looked at is no empty box: it might say yes, too.
        if None in said.values():
            return None
        return ", ".join(value for value in self._known.values if said.get(value)) or "none"

    def _any(self, columns: Iterable[ColumnReading], cells: Mapping[str, Any]) -> bool | None:
        """Whether any of some columns says yes; None where none does and one is not known."""
        answers = []
        for each in columns:
            source = self.names.index(each.column)
            try:
                answers.append(read_value(YES_NO, self._meaning(each, cells[each.column], source)).value)
            except Refused as refused:
                raise BadCell(refused.parts[0][1], refused.parts[0][2], source) from None
        return True if True in answers else None if None in answers else False


def _word(text: str) -> str:
    return text.strip().casefold()


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


# Several rows to a patient: for each field the known value that counts on the index date


class _BadVisitError(Exception):
    """A visit that cannot be placed; `args` are its place, and the column, value, code and reason of a reject."""


def counting_rows(
    how: Visits,
    takes: Mapping[str, Take],
    cells: Mapping[str, Sequence[Any]],
    values: Mapping[str, Sequence[Any]],
    bad: Mapping[int, Reject],
    rows: Places,
) -> tuple[Places, dict[str, Places], list[Reject]]:
    """The places of the patients' first rows; by field the places of the rows that count for it (-1: none); and what is refused.

    A patient of whom any row is refused is refused: that row might be the one that counts. `cells` are those of the columns of
    `how`, `values` those of each field, `bad` what is refused of a row, by its number.
    """
    patients: dict[Any, list[int]] = {}
    for place, patient in enumerate(cells[how.patient]):
        # A row that names no patient must not be taken for another of an unnamed one.
        patients.setdefault(("", place) if _missing(patient) else patient, []).append(place)
    chosen: list[list[int]] = []
    rejects: list[Reject] = []
    for places in patients.values():
        wrong = [bad[row] for row in rows[places].tolist() if row in bad]
        try:
            if not wrong:
                until, visits = _visits(how, cells, places)
                counting = (_counting(name, values[name], until, visits, take, how.date) for name, take in takes.items())
                chosen.append([places[0], *counting])
        except _BadVisitError as error:
            place, *what = error.args
            wrong = [Reject(int(rows[place]), *what)]
        rejects += wrong[:1]  # one to a patient, so that rows and rejects add up
    firsts, *counts = np.array(chosen, dtype=np.intp).reshape(len(chosen), 1 + len(takes)).T
    return firsts, dict(zip(takes, counts, strict=True)), rejects


def _visits(how: Visits, cells: Mapping[str, Sequence[Any]], places: Sequence[int]) -> tuple[date, list[tuple[date, int]]]:
    """The date that a patient is looked at, and the patient's rows as (date, place), by date."""

    def day(column: str, place: int) -> date:
        text = (plain_cell(cells[column][place]) or "").strip()
        for layout in (how.date_format, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"):
            with suppress(ValueError):
                return datetime.strptime(text, layout).date()
        said = f"no date as {how.date_format}; another way of writing dates is said by date_format in the mapping"
        raise _BadVisitError(place, column, shortened(text), "not-a-date", said)

    if _missing(cells[how.patient][places[0]]):
        raise _BadVisitError(places[0], how.patient, "", "no-patient", "the row names no patient")
    # Without an index date every visit lies before it.
    indexes = {day(how.index, place) for place in places} if how.index else {date.max}
    if len(indexes) > 1:
        said = " and ".join(sorted(map(str, indexes)))
        raise _BadVisitError(places[0], how.index, "", "contradiction", f"two index dates: {said}")
    return indexes.pop(), sorted((day(how.date, place), place) for place in places)


def _counting(name: str, cells: Sequence[Any], until: date, visits: Sequence[tuple[date, int]], take: Take, column: str) -> int:
    """The place of the value of one field on the index date, -1 without. Of two different values of one day neither counts."""
    fitting = (one for one in visits if take in ("last", "first") or (one[0] > until) == (take == "first_after"))
    known = [(day, place) for day, place in fitting if not _missing(cells[place])]
    if not known:
        return -1
    chosen, found = known[0 if take.startswith("first") else -1]
    same = {str(cells[place]) for day, place in known if day == chosen}
    if len(same) > 1:
        said = f"{name} has {len(same)} values on {chosen}: {', '.join(map(quote, sorted(same)))}"
        raise _BadVisitError(found, column, str(chosen), "contradiction", said)
    return found


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_missing(cell.strip()))
