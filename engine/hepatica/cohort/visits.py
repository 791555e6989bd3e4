"""Several rows to a patient: for each field the known value that counts on the index date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hepatica.cohort.cells import Places, plain_cell
from hepatica.cohort.mapping import TableMapping, Take, Visits
from hepatica.cohort.rejects import Reject, shortened
from hepatica.patient import is_missing
from hepatica.problems import quote

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from hepatica.cohort.coding import Part


class Visit(NamedTuple):
    """One row: its place in the table, its date, and the date that its patient is looked at."""

    place: int
    day: date
    until: date


class _BadVisitError(Exception):
    """A visit that cannot be placed; `args` are its place, and the column, value, code and reason of a reject."""


def gathered(
    mapping: TableMapping, table: pa.Table, parts: Mapping[str, Part], rejects: Iterable[Reject], rows: NDArray[np.int64]
) -> tuple[Places, dict[str, Places], list[Reject]]:
    """The places of the patients' first rows; by field the places of the rows that count for it (-1: none); and what is refused.

    A patient of whom any row is refused is refused: that row might be the one that counts.
    """
    assert mapping.rows is not None
    how = _Placing(mapping.rows, table)
    bad = {one.row: one for one in sorted(rejects)}
    values = {name: [part.value(row) for row in range(len(rows))] for name, part in parts.items()}
    takes = {name: mapping.fields[name].take or mapping.rows.take for name in parts}
    firsts: list[int] = []
    chosen: dict[str, list[int]] = {name: [] for name in parts}
    found: list[Reject] = []
    for places in how.patients():
        wrong = [bad[int(rows[place])] for place in places if int(rows[place]) in bad]
        try:
            if not wrong:
                visits = how.visits(places)
                counting = [_counting(name, own, visits, takes[name], mapping.rows) for name, own in values.items()]
                for name, place in zip(parts, counting, strict=True):
                    chosen[name].append(place)
                firsts.append(places[0])
        except _BadVisitError as error:
            place, *what = error.args
            wrong = [Reject(int(rows[place]), *what)]
        found += wrong[:1]  # one to a patient, so that rows and rejects add up
    return np.array(firsts, dtype=np.intp), {name: np.array(own, dtype=np.intp) for name, own in chosen.items()}, found


class _Placing:
    """The columns that say whose row a row is, and when."""

    def __init__(self, how: Visits, raw: pa.Table) -> None:
        self._how = how
        self._cells = {name: raw.column(name).to_pylist() for name in how.columns}

    def patients(self) -> list[list[int]]:
        """The places of each patient's rows; a row that names no patient stands alone."""
        found: dict[Any, list[int]] = {}
        for place, patient in enumerate(self._cells[self._how.patient]):
            # Such a row must not be taken for another of an unnamed patient.
            found.setdefault(("", place) if _missing(patient) else patient, []).append(place)
        return list(found.values())

    def visits(self, places: Sequence[int]) -> list[Visit]:
        """A patient's rows by date; raises `_BadVisitError`."""
        how, first = self._how, places[0]
        if _missing(self._cells[how.patient][first]):
            raise _BadVisitError(first, how.patient, "", "no-patient", "the row names no patient")
        # Without an index date every visit lies before it.
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


def _counting(name: str, cells: Sequence[Any], visits: Sequence[Visit], take: Take, how: Visits) -> int:
    """The place of the value of one field on the index date, -1 without. Of two different values of one day neither counts."""
    known = [one for one in visits if not _missing(cells[one.place]) and _fits(one, take)]
    if not known:
        return -1
    chosen = known[0] if take in ("first_after", "first") else known[-1]
    same = {str(cells[one.place]) for one in known if one.day == chosen.day}
    if len(same) > 1:
        said = f"{name} has {len(same)} values on {chosen.day}: {', '.join(map(quote, sorted(same)))}"
        raise _BadVisitError(chosen.place, how.date, str(chosen.day), "contradiction", said)
    return chosen.place


def _fits(visit: Visit, take: Take) -> bool:
    return visit.day > visit.until if take == "first_after" else visit.day <= visit.until if take == "last_before" else True


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and is_missing(cell.strip()))
