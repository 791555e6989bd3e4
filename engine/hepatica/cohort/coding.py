"""From a canonical table to codes: every distinct cell is read once, by the reader that reads a patient file.

A code stands for all values of a field that no test of the ruleset tells apart, or for an interval that reaches over several
of those. Fields that are read together (Child-Pugh class, score and components; the parts of a c-MET staining) are read once
for each distinct combination of what their cells say. So a column of millions costs a look-up to a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from operator import and_
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hepatica.cohort.cells import FEW, Cells, Places, combined, encoded, flat, plain_column
from hepatica.cohort.numeric import NumberCutter
from hepatica.cohort.rejects import Reject, shortened
from hepatica.evaluation import evaluator_of
from hepatica.inference import FieldClasses, classes_of
from hepatica.knowledge import Ruleset
from hepatica.patient import (
    CHILD_PUGH_GROUP,
    COMPONENTS,
    CONTRADICTIONS,
    FLAGS,
    LABEL,
    Facts,
    Field,
    Fields,
    Profile,
    Value,
    facts_of,
    keys_of,
    profile_from,
)
from hepatica.problems import InvalidInput

Codes = NDArray[np.uint16]
Which = NDArray[np.bool_]
MOST_REMEMBERED = 200_000
NOTHING = pa.table({})
CLASS = CHILD_PUGH_GROUP[0]


class Coded(NamedTuple):
    """The rows of a batch that could be read, as codes of shape (fields, n), and what became of the others.

    `rows` are the numbers of the n rows, `places` where they stand in the batch. A row that has any reject is not among the
    n. `warnings` counts the rows that raise each doubt. `given` are columns that go with the answers, for every row of the batch.
    """

    codes: Codes
    rows: NDArray[np.int64]
    places: Places
    rejects: Sequence[Reject] = ()
    warnings: Mapping[str, int] = {}
    given: pa.Table = NOTHING

    @property
    def rejected(self) -> int:
        """How many rows are not answered."""
        return len({one.row for one in self.rejects})

    def at(self, chosen: Places) -> Coded:
        """Some of the n rows."""
        return self._replace(codes=self.codes[:, chosen], rows=self.rows[chosen], places=self.places[chosen])


class Said(NamedTuple):
    """What cells that are read together say: a code for each field that they speak of, and doubts, or why they are refused.

    `refusals` are (which of the columns, code, reason). `named` are fields that the words bring up, and that a row then has
    to say more of. `meaning` is all that counts of a cell beside others: cells that share it are interchangeable.
    """

    codes: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    named: tuple[tuple[str, ...], ...] = ()
    refusals: tuple[tuple[int, str, str], ...] = ()
    meaning: Any = None


class Coder:
    """Reads canonical tables under one ruleset. What it has read it remembers, so keep it for all batches of a table."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.fields = ruleset.fields
        # A field that no rule reads has no table, and is cut into classes all the same: it may imply another.
        asked = {table.classes.field.name: table.classes for table in evaluator_of(ruleset).program.tables}
        self.domains = tuple(_by_grade(field) or asked.get(name) or classes_of(field, ()) for name, field in self.fields.items())
        self._place = {name: place for place, name in enumerate(self.fields)}
        self.values = {domain.field.name: (place, domain.values) for place, domain in enumerate(self.domains)}
        every = ((name, one) for name, field in self.fields.items() for one in field.implied)
        self._implied = [(name, one) for name, one in every if one.field in self.fields]
        self._doubts = list(self._doubting())
        self._grouped = cache(self._groups)

    def code(self, batch: pa.RecordBatch | pa.Table, rows: NDArray[np.int64] | None = None) -> Coded:
        """The codes of a canonical batch of n rows; `rows` are the numbers of its rows, from 1 by default."""
        table = flat(batch)
        numbers = np.arange(1, table.num_rows + 1) if rows is None else rows
        codes = np.zeros((len(self.fields), table.num_rows), dtype=np.uint16)
        # What is not in the table is not known: code 0.
        work = Work(table, codes, np.zeros(table.num_rows, dtype=np.bool_), numbers, [], [], {})
        read = [(group, group.alone(work)) for group in self._grouped(tuple(table.column_names))]
        # Like the reader of a patient file: what contradicts each other is asked only of rows whose every cell is readable.
        for group, parts in read:
            if len(parts) > 1:
                group.together(work, parts)
        places: Places = np.flatnonzero(~work.bad)
        if len(places) < len(numbers):
            codes, numbers = np.ascontiguousarray(codes[:, places]), numbers[places]
        self._imply(codes)
        warnings = self._doubtful(codes, {pair: raised[places] for pair, raised in work.named.items()})
        for code, raised in work.warnings:
            warnings[code] += int(raised[places].sum())
        return Coded(codes, numbers, places, sorted(work.rejects), {code: n for code, n in sorted(warnings.items()) if n})

    def entries(self, table: pa.Table) -> Iterator[dict[str, Any]]:
        """The rows of a canonical table as patient files."""
        columns = [column for group in self._grouped(tuple(table.column_names)) for column in group.columns]
        for row in table.to_pylist():
            yield _entries((column, row[column.name]) for column in columns)

    def facts(self, codes: Codes) -> Facts:
        """Facts that the codes of one row stand for: shape (fields,)."""
        pairs = zip(self.domains, codes, strict=True)
        return facts_of({domain.field.name: domain.values[code] for domain, code in pairs}, self.fields)

    def _groups(self, names: tuple[str, ...]) -> list[Group]:
        """The columns that are keys of a patient file, those that must be read together side by side."""
        by_key: dict[str, list[NamedColumn]] = {}
        for name in names:
            key, _, part = name.partition(".")
            if key in keys_of(self.fields) and key != LABEL:
                # Class, score and components say one thing, and contradict each other.
                by_key.setdefault(CLASS if key in CHILD_PUGH_GROUP else key, []).append(NamedColumn(name, key, part))
        return [self._group(key, columns) for key, columns in by_key.items()]

    def _group(self, key: str, columns: Sequence[NamedColumn]) -> Group:
        keys = CHILD_PUGH_GROUP if key == CLASS else (key,)
        return Group(
            self.fields, columns, {self._place[name]: self.domains[self._place[name]] for name in keys if name in self.fields}
        )

    def _holds(self, name: str, says: Callable[[Value | None], bool], codes: Codes) -> Which:
        """By row, whether something is true of the value of a field."""
        place = self._place[name]
        by_code = np.array([says(value) for value in self.domains[place].values])
        found: Which = by_code[codes[place]]
        return found

    def _imply(self, codes: Codes) -> None:
        """Fills in what one field says of another that is not known, as the reader of a patient file does."""
        for name, one in self._implied:
            if one.value:
                place = self._place[name]
                found = self._holds(one.field, one.holds, codes) & (codes[place] == 0)
                value = FLAGS[one.value] if self.fields[name].kind == "flag" else one.value
                codes[place][found] = self.domains[place].code_of(value)

    def _doubting(self) -> Iterator[tuple[str, list[tuple[str, Callable[[Value | None], bool]]]]]:
        """Each doubt of a row, and of which fields what must be true at once for it to be raised."""
        for doubt in CONTRADICTIONS:
            if set(doubt["when"]) <= set(self.fields):
                yield doubt["code"], [(name, values.__contains__) for name, values in doubt["when"].items()]
        for name, one in self._implied:
            yield "fields-disagree", [(one.field, one.holds), (name, one.denies)]

    def _doubtful(self, codes: Codes, named: Mapping[tuple[str, ...], Which]) -> Counter[str]:
        """By code, how many rows raise a doubt about staging, or have fields that do not go together or must say more."""
        found: Counter[str] = Counter()
        for code, parts in self._doubts:
            found[code] += int(reduce(and_, (self._holds(name, says, codes) for name, says in parts)).sum())
        for name, one in self._implied:
            brought = named.get((one.field, name)) if one.named else None
            if brought is not None:
                unsaid = brought & ~self._holds(one.field, one.holds, codes)
                found["named-elsewhere"] += int((brought & (codes[self._place[name]] == 0)).sum())
                found["fields-disagree"] += int((unsaid & self._holds(name, one.denies, codes)).sum())
        return found


def _by_grade(field: Field) -> FieldClasses | None:
    """A class to each grade: doubts about staging ask for single grades, which a ruleset may not tell apart."""
    if field.kind != "integer" or field.high - field.low > FEW:
        return None
    grades = range(int(field.low), int(field.high) + 1)
    positions: dict[Value, int] = {2 * at + 1: at + 1 for at in range(len(grades))}
    return FieldClasses(field, tuple(map(float, grades)), (None, *grades), positions)


class Work(NamedTuple):
    """A batch of n rows in the making: its codes, which rows are bad, the numbers of its rows, what is refused, and which rows
    raise a doubt or bring up another field."""

    table: pa.Table
    codes: Codes
    bad: Which
    numbers: NDArray[np.int64]
    rejects: list[Reject]
    warnings: list[tuple[str, Which]]
    named: dict[tuple[str, ...], Which]

    def refuse(self, rows: Places, column: str, cell: Any, code: str, reason: str) -> None:
        """Refuses some rows for one cell that all of them have."""
        self.bad[rows] = True
        self.rejects.extend(Reject(int(row), column, shortened(cell), code, reason) for row in self.numbers[rows])


class NamedColumn:
    """A column of a canonical table: the key of a patient file, and the part of a measurement (empty for a whole field)."""

    def __init__(self, name: str, key: str, part: str) -> None:
        self.name, self.key, self.part = name, key, part
        # By meaning a cell that has it: whatever has the same meaning is read as that one.
        self.cell_of: dict[Any, Any] = {}

    def meaning(self, profile: Profile, cell: Any) -> tuple[Any, ...] | None:
        """What counts of a cell beside others; None where nothing is known by it."""
        if self.part and self.key == COMPONENTS:
            return tuple(profile.measurements["child_pugh"]["points"].values()) if "child_pugh" in profile.measurements else None
        if self.part:
            staining = profile.measurements.get("cmet")
            known = staining and (staining["intensity"] is not None or staining["percent"] is not None)
            return (profile["cmet"],) if known else None
        # Class and score may each be stated in one text ("B7"), and a contradiction quotes it.
        return (type(cell), str(cell)) if any(value is not None for value in profile.facts.values()) else None


def _entries(cells: Iterable[tuple[NamedColumn, Any]]) -> dict[str, Any]:
    """Cells as a patient file; those that are not there are left out."""
    found: dict[str, Any] = {}
    for column, cell in cells:
        if cell is not None:
            found[column.key] = {**found.get(column.key, {}), column.part: cell} if column.part else cell
    return found


Part = tuple[list[Said], Places]
"""A column read by itself: what each distinct cell says, and which one each row has."""


class Group:
    """Columns that are read together. Its memory of cells is bounded."""

    def __init__(self, fields: Fields, columns: Sequence[NamedColumn], targets: Mapping[int, FieldClasses]) -> None:
        self.columns = columns
        self._fields, self._targets = fields, targets
        # As many types, as many cells: True, 1 and 1.0 are equal to Python.
        self._read = lru_cache(MOST_REMEMBERED, typed=True)(self._read_alone)
        self._read_joint = lru_cache(MOST_REMEMBERED)(self._read_together)
        classes = next(iter(targets.values()))
        # A part is scored, not cut: its bounds are in the reader of the measurement.
        bare = len(columns) == 1 and not columns[0].part and classes.field.kind == "number"
        self._cutter = NumberCutter(classes) if bare else None

    def alone(self, work: Work) -> list[Part]:
        """Read each column by itself, refuse what cannot be read, and write the codes of a lone column; gives back the parts."""
        cells = [plain_column(work.table[column.name]) for column in self.columns]
        if self._cutter and self._cutter.takes(cells[0].type):
            (place,) = self._targets
            work.codes[place], refused = self._cutter.cut(cells[0])
            if refused.any():
                # Only what is out of bounds is read one by one, for the reason.
                self._cells(0, encoded(cells[0].filter(pa.array(refused))), np.flatnonzero(refused), work)
            return []
        rows = np.arange(len(work.numbers))
        found = [self._cells(at, encoded(column), rows, work) for at, column in enumerate(cells)]
        if len(found) == 1:
            self._write(work, *found[0])
        return found

    def _write(self, work: Work, read: Sequence[Said], which: Places) -> None:
        """Codes by what each row says; the last look-up serves -1, a cell that is not there."""
        for at, place in enumerate(self._targets):
            found = np.array([*(one.codes[at] if one.codes else 0 for one in read), 0], dtype=np.uint16)
            work.codes[place] = found[which]
        for number, one in enumerate(read):
            work.warnings.extend((code, which == number) for code in one.warnings)
            for pair in one.named:
                work.named.setdefault(pair, np.zeros(len(which), dtype=np.bool_))[which == number] = True

    def _cells(self, at: int, cells: Cells, rows: Places, work: Work) -> Part:
        """Each distinct cell of a column read by itself; `rows` are the places that `cells` speaks of."""
        found = [self._read(at, cell) for cell in cells.distinct]
        for number, said in enumerate(found):
            for _, code, reason in said.refusals:
                work.refuse(rows[cells.which == number], self.columns[at].name, cells.distinct[number], code, reason)
        return found, cells.which

    def _read_alone(self, at: int, cell: Any) -> Said:
        """What a cell of the column `at` says by itself."""
        column = self.columns[at]
        said, profile = self._said(_entries([(column, cell)]), [at])
        if profile is None:
            return said
        meaning = column.meaning(profile, cell)
        column.cell_of.setdefault(meaning, cell)
        return said._replace(meaning=meaning)

    def _said(self, entries: dict[str, Any], owners: Sequence[int]) -> tuple[Said, Profile | None]:
        """What entries of a patient file say, and their profile; the n-th of them comes from the column `owners[n]`."""
        try:
            profile = profile_from(entries, "<table>", self._fields)
        except InvalidInput as error:
            # The n-th entry stands at line n.
            return Said(refusals=tuple((owners[each.line - 1], each.code, each.message) for each in error.problems)), None
        codes = tuple(classes.code_of(profile.facts[classes.field.name]) for classes in self._targets.values())
        # Doubts that facts raise are counted over whole rows.
        own = tuple(warning.code for warning in profile.warnings if warning.code not in _DOUBTS)
        named = tuple(warning.fields for warning in profile.warnings if warning.code == "named-elsewhere")
        return Said(codes, own, named), profile

    def together(self, work: Work, parts: Sequence[Part]) -> None:
        """Each distinct combination of what the cells say read once, its codes written, contradictions refused."""
        stands = [_interchangeable(read, which) for read, which in parts]
        patterns = combined([each for _, each in stands], ~work.bad)
        told = [[None if n < 0 else cells[n] for (cells, _), n in zip(stands, each, strict=True)] for each in patterns.found]
        read = [self._read_joint(*each) for each in told]
        self._write(work, read, patterns.which)
        for number, one in enumerate(read):
            for at, code, reason in one.refusals:
                rows, name = np.flatnonzero(patterns.which == number), self.columns[at].name
                # The cells of a combination mean the same, and may be written in several ways.
                cells = encoded(plain_column(work.table[name].take(pa.array(rows))))
                for place, cell in enumerate([*cells.distinct, None]):
                    same = cells.which == (-1 if cell is None else place)
                    work.refuse(rows[same], name, cell, code, reason)

    def _read_together(self, *meanings: Any) -> Said:
        """Cells with these meanings, one of each column, read as one patient file."""
        known = [(at, column, meaning) for at, (column, meaning) in enumerate(zip(self.columns, meanings, strict=True))]
        known = [one for one in known if one[2] is not None]
        owners: dict[str, int] = {}
        for at, column, _ in known:
            owners.setdefault(column.key, at)
        entries = _entries((column, column.cell_of[meaning]) for _, column, meaning in known)
        return self._said(entries, list(owners.values()))[0]


_DOUBTS = frozenset(("fields-disagree", "named-elsewhere", *(doubt["code"] for doubt in CONTRADICTIONS)))


def _interchangeable(read: Sequence[Said], which: Places) -> tuple[list[Any], Places]:
    """The different meanings of a column's cells, and which one each row has; -1 where nothing is known."""
    numbers: dict[Any, int] = {}
    places = [-1 if one.meaning is None else numbers.setdefault(one.meaning, len(numbers)) for one in read]
    return list(numbers), np.array([*places, -1], dtype=np.intp)[which]
