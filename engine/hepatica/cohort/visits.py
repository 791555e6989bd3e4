"""Several rows to a patient: for each field the known value that counts on the index date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from hepatica.cohort.canonical import Canonical
from hepatica.cohort.cells import plain_cell
from hepatica.cohort.mapping import TableMapping, Take, Visits
from hepatica.cohort.rejects import Reject, shortened
from hepatica.patient import is_missing
from hepatica.problems import quote


class Visit(NamedTuple):
    """One row: its place in the table, its date, and the date that its patient is looked at."""

    place: int
    day: date
    until: date


class _BadVisitError(Exception):
    """A visit that cannot be placed; `args` are its place, and the column, value, code and reason of a reject."""


def gathered(mapping: TableMapping, raw: pa.Table, found: Canonical, rows: Any) -> tuple[Canonical, Any]:
    """The visits of each patient as one row, and the places of the patients' first rows.

    A patient of whom any row is refused is refused: that row might be the one that counts.
    """
    assert mapping.rows is not None
    how = _Placing(mapping.rows, raw)
    bad = {one.row: one for one in found.rejects}
    cells = found.table.to_pydict()
    made: list[dict[str, Any]] = []
    firsts: list[int] = []
    rejects: list[Reject] = []
    for places in how.patients():
        wrong = [bad[int(rows[place])] for place in places if int(rows[place]) in bad]
        try:
            if not wrong:
                visits = how.visits(places)
                takes = {name: mapping.fields[name].take or mapping.rows.take for name in cells}
                made.append({name: _value(name, own, visits, takes[name], mapping.rows) for name, own in cells.items()})
                firsts.append(places[0])
        except _BadVisitError as error:
            place, *what = error.args
            wrong = [Reject(int(rows[place]), *what)]
        rejects += wrong[:1]  # one to a patient, so that rows and rejects add up
    columns = {name: pa.array([one[name] for one in made], found.table.schema.field(name).type) for name in cells}
    return Canonical(pa.table(columns), rejects), np.array(firsts, dtype=np.intp)


class _Placing:
    """The columns that say whose row a row is, and when."""

    def __init__(self, how: Visits, raw: pa.Table) -> None:
        self._how = how
        self._cells = {name: raw.column(name).to_pylist() for name in how.columns}

    def patients(self) -> list[list[int]]:
        """The places of each patient's rows; a row that names no patient stands alone."""
        found: dict[Any, list[int]] = {}
        for place, patient in enumerate(self._cells[self._how.patient]):
            found.setdefault(("", place) if _missing(patient) else patient, []).append(place)
        return list(found.values())

    def visits(self, places: Sequence[int]) -> list[Visit]:
        """A patient's rows by date; raises `_BadVisitError`."""
        how, first = self._how, places[0]
        if _missing(self._cells[how.patient][first]):
            raise _BadVisitError(first, how.patient, "", "no-patient", "the row names no patient")
        indexes = {self._day(how.index, place) for place in places} if how.index else {date.max}
        if len(indexes) > 1:
            said = " and ".join(sorted(map(str, indexes)))
            raise _BadVisitError(first, how.index, "", "contradiction", f"two index dates: {said}")
        index = indexes.pop()
        return sorted((Visit(place, self._day(how.date, place), index) for place in places), key=lambda one: one.day)

    def _day(self, column: str, place: int) -> date:
        text = (plain_cell(self._cells[column][place]) or "").strip()
        for how in dict.fromkeys((self._how.date_format, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")):
            try:
                return datetime.strptime(text, how).date()
            except ValueError:
                continue
        said = f"no date as {self._how.date_format}; another way of writing dates is said by date_format in the mapping"
        raise _BadVisitError(place, column, shortened(text), "not-a-date", said)


def _value(name: str, cells: Sequence[Any], visits: Sequence[Visit], take: Take, how: Visits) -> Any:
    """The value of one field on the index date. Two different values of one day are no answer to which counts."""
    known = [one for one in visits if not _missing(cells[one.place]) and _fits(one, take)]
    if not known:
        return None
    chosen = known[0] if take in ("first_after", "first") else known[-1]
    same = {str(cells[one.place]) for one in known if one.day == chosen.day}
    if len(same) > 1:
        said = f"{name} has {len(same)} values on {chosen.day}: {', '.join(map(quote, sorted(same)))}"
        raise _BadVisitError(chosen.place, how.date, str(chosen.day), "contradiction", said)
    return cells[chosen.place]


def _fits(visit: Visit, take: Take) -> bool:
    return visit.day > visit.until if take == "first_after" else visit.day <= visit.until if take == "last_before" else True


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_missing(cell.strip()))
