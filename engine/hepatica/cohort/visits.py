"""Several rows to a patient: for each field the known value that counts on the index date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from hepatica.cohort.mapping import TableMapping, Take, Visits
from hepatica.cohort.rejects import BadCell, Reject, shortened
from hepatica.cohort.sources import plain_cell
from hepatica.patient import is_missing
from hepatica.problems import quote


class Visit(NamedTuple):
    """One row: its number, its date, and the known cells by field."""

    row: int
    day: date
    cells: Mapping[str, Any]


class Gathered(NamedTuple):
    """One row to a patient: the canonical table, the row numbers of the patients' first rows, what goes with them, rejects."""

    table: Any
    rows: Any
    kept: Any
    rejects: list[Reject]
    folded: int


def gathered_visits(mapping: TableMapping, raw: Any, table: Any, rows: Any, rejects: Iterable[Reject]) -> Gathered:
    """The visits of each patient as one row. A patient of whom any row is refused is refused: that row might be the one."""
    import numpy as np
    import pyarrow as pa

    how = mapping.rows
    assert how is not None
    bad = {one.row: one for one in rejects}
    patients: dict[Any, list[int]] = {}
    ids = raw.column(how.patient).to_pylist()
    for place, patient in enumerate(ids):
        patients.setdefault(("", place) if _missing(patient) else patient, []).append(place)
    columns = table.to_pydict()
    found: list[Mapping[str, Any]] = []
    firsts: list[int] = []
    refused: list[Reject] = []
    for places in patients.values():
        wrong = [bad[int(rows[place])] for place in places if int(rows[place]) in bad]
        try:
            chosen = {} if wrong else _chosen(mapping, how, raw, columns, rows, places)
        except _BadVisitError as error:
            wrong = [error.reject]
        if wrong:
            refused.append(wrong[0])  # one to a patient, so that rows and rejects add up
            continue
        found.append(chosen)
        firsts.append(places[0])
    made = pa.table({name: pa.array([one.get(name) for one in found], table.column(name).type) for name in table.column_names})
    kept = raw.select(mapping.kept(raw.column_names)).take(pa.array(firsts, pa.int64()))
    numbers = np.array([int(rows[place]) for place in firsts], dtype=np.int64)
    return Gathered(made, numbers, kept, refused, len(ids) - len(patients))


class _BadVisitError(Exception):
    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.reject = reject


def _chosen(
    mapping: TableMapping, how: Visits, raw: Any, columns: Mapping[str, list[Any]], rows: Any, places: list[int]
) -> dict[str, Any]:
    def cell(name: str, place: int) -> Any:
        return raw.column(name)[place].as_py()

    def day(name: str, place: int) -> date:
        try:
            return _day(cell(name, place), how.date_format)
        except BadCell as error:
            value = shortened(plain_cell(cell(name, place)))
            raise _BadVisitError(Reject(int(rows[place]), name, value, error.code, error.reason)) from None

    if _missing(cell(how.patient, places[0])):
        raise _BadVisitError(Reject(int(rows[places[0]]), how.patient, "", "no-patient", "the row names no patient"))
    index = {day(how.index, place) for place in places} if how.index else {date.max}
    if len(index) > 1:
        said = " and ".join(sorted(map(str, index)))
        raise _BadVisitError(Reject(int(rows[places[0]]), how.index, "", "contradiction", f"two index dates: {said}"))
    when = index.pop()
    visits = [
        Visit(int(rows[place]), day(how.date, place), {name: cells[place] for name, cells in columns.items()}) for place in places
    ]
    visits.sort(key=lambda one: one.day)
    return {
        name: _value(name, visits, when, mapping.fields[name].take or how.take, how.date)
        for name in columns
        if name in mapping.fields
    }


def _value(name: str, visits: list[Visit], when: date, take: Take, column: str) -> Any:
    """The value of one field on the index date. Two different values of one day are no answer to which counts."""
    known = [one for one in visits if not _missing(one.cells[name]) and _fits(one.day, when, take)]
    if not known:
        return None
    chosen = known[0] if take in ("first_after", "first") else known[-1]
    same = {str(one.cells[name]) for one in known if one.day == chosen.day}
    if len(same) > 1:
        said = f"{name} has {len(same)} values on {chosen.day}: {', '.join(map(quote, sorted(same)))}"
        raise _BadVisitError(Reject(chosen.row, column, str(chosen.day), "contradiction", said))
    return chosen.cells[name]


def _fits(day: date, when: date, take: Take) -> bool:
    return day > when if take == "first_after" else day <= when if take == "last_before" else True


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_missing(cell.strip()))


def _day(cell: Any, written: str) -> date:
    text = (plain_cell(cell) or "").strip()
    for how in dict.fromkeys((written, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")):
        try:
            return datetime.strptime(text, how).date()
        except ValueError:
            continue
    raise BadCell("not-a-date", f"no date as {written}; another way of writing dates is said by date_format in the mapping")
