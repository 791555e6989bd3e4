"""Several rows to a patient: for each field the known value that counts on the index date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import numpy as np

from hepatica.cohort.cells import Places, Reject, plain_cell, shortened
from hepatica.cohort.mapping import Take, Visits
from hepatica.patient import is_missing
from hepatica.problems import quote


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
