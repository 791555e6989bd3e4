"""From a canonical table to codes: every distinct cell is read once, by the reader that reads a patient file.

A code stands for all values of a field that no test of the ruleset tells apart, or for an interval that reaches over several
of those. Fields that are read together (Child-Pugh class, score and components; the parts of a c-MET staining) are read once
for each distinct combination of what their cells say. So a column of millions costs a look-up to a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    Implication,
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


class Source(NamedTuple):
    """A column of a canonical table: the key of a patient file, and the part of a measurement (empty for a whole field)."""

    column: str
    key: str
    part: str

    def entry(self, cell: Any) -> dict[str, Any]:
        """The cell as an entry of a patient file."""
        return {self.key: {self.part: cell} if self.part else cell}


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
        self._doubts = list(self._doubting())
        self._said = list(self._implications())
        self._groups: dict[tuple[str, ...], list[Group]] = {}

    def sources(self, names: Iterable[str]) -> list[Source]:
        """The columns that are keys of a patient file; others are not looked at."""
        split = (Source(name, *name.partition(".")[::2]) for name in names)
        return [one for one in split if one.key in keys_of(self.fields) and one.key != LABEL]

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
        sources = self.sources(table.column_names)
        for row in table.to_pylist():
            found: dict[str, Any] = {}
            for source in sources:
                if row[source.column] is not None:
                    _enter(found, source, row[source.column])
            yield found

    def facts(self, codes: Codes) -> Facts:
        """Facts that the codes of one row stand for: shape (fields,)."""
        pairs = zip(self.domains, codes, strict=True)
        return facts_of({domain.field.name: domain.values[code] for domain, code in pairs}, self.fields)

    def _grouped(self, names: tuple[str, ...]) -> list[Group]:
        """The columns that must be read together, kept with what they have read."""
        if names not in self._groups:
            by_key: dict[str, list[Source]] = {}
            for source in self.sources(names):
                # Class, score and components say one thing, and contradict each other.
                by_key.setdefault("child_pugh" if source.key in CHILD_PUGH_GROUP else source.key, []).append(source)
            self._groups[names] = [self._group(sources) for sources in by_key.values()]
        return self._groups[names]

    def _group(self, sources: Sequence[Source]) -> Group:
        keys = CHILD_PUGH_GROUP if sources[0].key in CHILD_PUGH_GROUP else (sources[0].key,)
        targets = [(self._place[key], self.domains[self._place[key]]) for key in keys if key in self.fields]
        return Group(self.fields, sources, targets)

    def _implications(self) -> Iterator[tuple[int, int, Implication, Which, Which]]:
        """What fields say of one another: the places of the one told of and of the teller; by the teller's code whether it says
        so, and by the other's whether that cannot be."""
        for place, domain in enumerate(self.domains):
            for one in domain.field.implied:
                ground = self._place.get(one.field)
                if ground is not None:
                    holds = np.array([one.holds(value) for value in self.domains[ground].values])
                    yield place, ground, one, holds, np.array([one.denies(value) for value in domain.values])

    def _imply(self, codes: Codes) -> None:
        """Fills in what one field says of another that is not known, as the reader of a patient file does."""
        for place, ground, one, holds, _ in self._said:
            if one.value:
                domain = self.domains[place]
                found = holds[codes[ground]] & (codes[place] == 0)
                codes[place][found] = domain.code_of(FLAGS[one.value] if domain.field.kind == "flag" else one.value)

    def _doubtful(self, codes: Codes, named: Mapping[tuple[str, ...], Which]) -> Counter[str]:
        """By code, how many rows raise a doubt about staging, or have fields that do not go together or must say more."""
        found: Counter[str] = Counter()
        for code, contradicting in self._doubts:
            raised = np.ones(codes.shape[1], dtype=np.bool_)
            for place, stands in contradicting:
                raised &= stands[codes[place]]
            found[code] += int(raised.sum())
        for place, ground, one, holds, denies in self._said:
            told = holds[codes[ground]]
            brought = named.get((one.field, self.domains[place].field.name)) if one.named else None
            if brought is not None:
                found["named-elsewhere"] += int((brought & (codes[place] == 0)).sum())
                told |= brought
            found["fields-disagree"] += int((denies[codes[place]] & told).sum())
        return found

    def _doubting(self) -> Iterator[tuple[str, list[tuple[int, Which]]]]:
        """Each doubt about staging: the places of its fields, and by code whether that contradicts the others."""
        for doubt in CONTRADICTIONS:
            when: Mapping[str, Sequence[Value]] = doubt["when"]
            if set(when) <= set(self.fields):
                places = [self._place[name] for name in when]
                pairs = zip(places, when.values(), strict=True)
                yield (
                    doubt["code"],
                    [(at, np.array([value in wanted for value in self.domains[at].values])) for at, wanted in pairs],
                )


def _by_grade(field: Field) -> FieldClasses | None:
    """A class to each grade: doubts about staging ask for single grades, which a ruleset may not tell apart."""
    if field.kind != "integer" or field.high - field.low > FEW:
        return None
    grades = range(int(field.low), int(field.high) + 1)
    positions: dict[Value, int] = {2 * at + 1: at + 1 for at in range(len(grades))}
    return FieldClasses(field, tuple(map(float, grades)), (None, *grades), positions)


def _enter(entries: dict[str, Any], source: Source, cell: Any) -> None:
    """Adds a cell to a patient file."""
    for key, value in source.entry(cell).items():
        entries[key] = {**entries.get(key, {}), **value} if source.part else value


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


Part = tuple[list[Said], Places]
"""A column read by itself: what each distinct cell says, and which one each row has."""


class Group:
    """Columns that are read together. Its memory of cells is bounded."""

    def __init__(self, fields: Fields, sources: Sequence[Source], targets: Sequence[tuple[int, FieldClasses]]) -> None:
        self._fields, self._sources, self._targets = fields, sources, targets
        self._alone: list[dict[Any, Said]] = [{} for _ in sources]
        # By meaning a cell of each column that has it: whatever has the same meaning is read as that one.
        self._cell_of: list[dict[Any, Any]] = [{} for _ in sources]
        self._joint: dict[tuple[Any, ...], Said] = {}
        classes = targets[0][1]
        # A part is scored, not cut: its bounds are in the reader of the measurement.
        bare = len(sources) == 1 and not sources[0].part and classes.field.kind == "number"
        self._cutter = NumberCutter(classes) if bare else None

    def alone(self, work: Work) -> list[Part]:
        """Read each column by itself, refuse what cannot be read, and write the codes of a lone column; gives back the parts."""
        columns = [plain_column(work.table[source.column]) for source in self._sources]
        if self._cutter and self._cutter.takes(columns[0].type):
            work.codes[self._targets[0][0]], refused = self._cutter.cut(columns[0])
            if refused.any():
                # Only what is out of bounds is read one by one, for the reason.
                self._cells(0, encoded(columns[0].filter(pa.array(refused))), np.flatnonzero(refused), work)
            return []
        rows = np.arange(len(work.numbers))
        found = [self._cells(at, encoded(column), rows, work) for at, column in enumerate(columns)]
        if len(found) == 1:
            self._write(work, *found[0])
        return found

    def _write(self, work: Work, read: Sequence[Said], which: Places) -> None:
        """Codes by what each row says; the last look-up serves -1, a cell that is not there."""
        for at, (place, _) in enumerate(self._targets):
            found = np.array([*(one.codes[at] if one.codes else 0 for one in read), 0], dtype=np.uint16)
            work.codes[place] = found[which]
        for number, one in enumerate(read):
            work.warnings.extend((code, which == number) for code in one.warnings)
            for pair in one.named:
                work.named.setdefault(pair, np.zeros(len(which), dtype=np.bool_))[which == number] = True

    def _cells(self, at: int, cells: Cells, rows: Places, work: Work) -> Part:
        """Each distinct cell of a column read by itself; `rows` are the places that `cells` speaks of."""
        memory = _bounded(self._alone[at])
        source = self._sources[at]
        found: list[Said] = []
        for number, cell in enumerate(cells.distinct):
            key = (type(cell), str(cell))
            said = memory.get(key)
            if said is None:
                # Another thread may clear the memory meanwhile.
                said = self._read(source.entry(cell), [0], source, cell)
                self._cell_of[at].setdefault(said.meaning, cell)
                memory[key] = said
            found.append(said)
            for _, code, reason in said.refusals:
                work.refuse(rows[cells.which == number], source.column, cell, code, reason)
        return found, cells.which

    def _read(self, entries: dict[str, Any], owners: Sequence[int], source: Source | None = None, cell: Any = None) -> Said:
        """What entries of a patient file say; the n-th of them comes from the column `owners[n]`."""
        try:
            profile = profile_from(entries, "<table>", self._fields)
        except InvalidInput as error:
            # The n-th entry stands at line n.
            return Said(refusals=tuple((owners[each.line - 1], each.code, each.message) for each in error.problems))
        codes = tuple(classes.code_of(profile.facts[classes.field.name]) for _, classes in self._targets)
        # Doubts that facts raise are counted over whole rows.
        own = tuple(warning.code for warning in profile.warnings if warning.code not in _DOUBTS)
        named = tuple(warning.fields for warning in profile.warnings if warning.code == "named-elsewhere")
        return Said(codes, own, named, meaning=_meaning(profile, source, cell) if source else None)

    def together(self, work: Work, parts: Sequence[Part]) -> None:
        """Each distinct combination of what the cells say read once, its codes written, contradictions refused."""
        stands = [_interchangeable(read, which) for read, which in parts]
        found, which, _ = combined([each for _, each in stands], ~work.bad)
        told = [[None if n < 0 else cells[n] for (cells, _), n in zip(stands, each, strict=True)] for each in found]
        read = [self._joint_read(tuple(each)) for each in told]
        self._write(work, read, which)
        for number, one in enumerate(read):
            for at, code, reason in one.refusals:
                rows, name = np.flatnonzero(which == number), self._sources[at].column
                # The cells of a combination mean the same, and may be written in several ways.
                cells = encoded(plain_column(work.table[name].take(pa.array(rows))))
                for place, cell in enumerate([*cells.distinct, None]):
                    same = cells.which == (-1 if cell is None else place)
                    work.refuse(rows[same], name, cell, code, reason)

    def _joint_read(self, meanings: tuple[Any, ...]) -> Said:
        """Cells with these meanings, one of each column, read as one patient file."""
        memory = _bounded(self._joint)
        said = memory.get(meanings)
        if said is None:
            entries: dict[str, Any] = {}
            owners: dict[str, int] = {}
            for at, (source, meaning) in enumerate(zip(self._sources, meanings, strict=True)):
                if meaning is not None:
                    owners.setdefault(source.key, at)
                    _enter(entries, source, self._cell_of[at][meaning])
            said = memory[meanings] = self._read(entries, list(owners.values()))
        return said


_DOUBTS = frozenset(("fields-disagree", "named-elsewhere", *(doubt["code"] for doubt in CONTRADICTIONS)))


def _meaning(profile: Profile, source: Source, cell: Any) -> tuple[Any, ...] | None:
    """What counts of a cell beside others; None where nothing is known by it."""
    if source.part and source.key == COMPONENTS:
        return tuple(profile.measurements["child_pugh"]["points"].values()) if "child_pugh" in profile.measurements else None
    if source.part:
        staining = profile.measurements.get("cmet")
        known = staining and (staining["intensity"] is not None or staining["percent"] is not None)
        return (profile["cmet"],) if known else None
    # Class and score may each be stated in one text ("B7"), and a contradiction quotes it.
    return (type(cell), str(cell)) if any(value is not None for value in profile.facts.values()) else None


def _bounded(memory: dict[Any, Said]) -> dict[Any, Said]:
    if len(memory) > MOST_REMEMBERED:
        memory.clear()
    return memory


def _interchangeable(read: Sequence[Said], which: Places) -> tuple[list[Any], Places]:
    """The different meanings of a column's cells, and which one each row has; -1 where nothing is known."""
    numbers: dict[Any, int] = {}
    places = [-1 if one.meaning is None else numbers.setdefault(one.meaning, len(numbers)) for one in read]
    return list(numbers), np.array([*places, -1], dtype=np.intp)[which]
