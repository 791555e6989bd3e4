"""From the cells of a table to codes: every distinct cell is read once, by the reader that reads a patient file.

A code stands for all values of a field that no test of the ruleset tells apart, or for an interval that reaches over several
of those. Fields that are read together (Child-Pugh class, score and components; the parts of a c-MET staining) are read once
for each distinct combination of what their cells say. So a column of millions costs a look-up to a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hepatica.cohort.cell_reader import BadCell, CellReader
from hepatica.cohort.cells import FEW, NumberCutter, Places, combined, encoded, plain_column, rows_of
from hepatica.cohort.mapping import TableMapping, found_field
from hepatica.cohort.rejects import Reject, shortened
from hepatica.cohort.visits import gathered
from hepatica.evaluation import evaluator_of
from hepatica.inference import FieldClasses, classes_of
from hepatica.knowledge import Ruleset
from hepatica.patient import (
    CHILD_PUGH_GROUP,
    COMPONENTS,
    CONTRADICTIONS,
    FLAGS,
    Facts,
    Field,
    Fields,
    Profile,
    Value,
    facts_of,
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
    n; `folded` rows count for another row of the same patient. `warnings` counts the rows that raise each doubt. `sample` are
    some of the n rows as patient files. `given` are columns that go with the answers, for every row of the batch.
    """

    codes: Codes
    rows: NDArray[np.int64]
    places: Places
    rejects: Sequence[Reject] = ()
    warnings: Mapping[str, int] = {}
    folded: int = 0
    sample: Mapping[int, dict[str, Any]] = {}
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

    `refusals` are (which of the columns, code, reason), `shown` the cell that is refused. `named` are fields that the words
    bring up, and that a row then has to say more of. `value` is what a person would have typed for the cells of one field,
    `meaning` all that counts of it beside others: values that share it are interchangeable.
    """

    codes: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
    named: tuple[tuple[str, ...], ...] = ()
    refusals: tuple[tuple[int, str, str], ...] = ()
    shown: Any = None
    value: Any = None
    meaning: Any = None


class Part(NamedTuple):
    """A field read by itself: what its different cells say, and which of them each of n rows has; -1 where nothing is known.

    Where numbers are cut, `column` holds them, and what is said are their codes.
    """

    said: Sequence[Said]
    which: Places
    column: pa.ChunkedArray | None = None

    def value(self, row: int) -> Any:
        """What a person would have typed in a row; None where nothing is known."""
        if self.column is not None:
            return self.column[row].as_py()
        return self.said[self.which[row]].value if self.which[row] >= 0 else None

    def at(self, rows: Places) -> Part:
        """The part of some rows; -1 is one of which nothing is known."""
        column = None if self.column is None else self.column.take(pa.array(rows, mask=rows < 0))
        return self._replace(which=np.where(rows < 0, -1, self.which[rows]), column=column)


class Work:
    """n rows in the making: codes, which rows are bad, the rows' numbers, what is refused, and which rows raise a doubt or bring
    up another field."""

    def __init__(self, fields: int, numbers: NDArray[np.int64], rejects: Iterable[Reject] = ()) -> None:
        self.numbers = numbers
        # What is not in the table is not known: code 0.
        self.codes: Codes = np.zeros((fields, len(numbers)), dtype=np.uint16)
        self.bad: Which = np.zeros(len(numbers), dtype=np.bool_)
        self.settled: Which = np.zeros_like(self.bad)  # bad rows that are asked no further
        self.rejects = list(rejects)
        self.warnings: list[tuple[str, Which]] = []
        self.named: dict[tuple[str, ...], Which] = {}

    def refuse(self, rows: Places, column: str, cell: Any, code: str, reason: str) -> None:
        """Refuses some rows for one cell that all of them have."""
        rows = rows[~self.settled[rows]]
        self.bad[rows] = True
        self.rejects.extend(Reject(int(row), column, shortened(cell), code, reason) for row in self.numbers[rows])


class Coder:
    """Reads tables under one ruleset. What it has read it remembers, so keep it for all batches of a table."""

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
        self._known: dict[str, list[Group]] = {}

    def code(self, table: pa.Table, mapping: TableMapping, rows: NDArray[np.int64], sample: int = 0) -> Coded:
        """The codes of a batch, as a mapping that is bound to its columns reads it; `rows` are the numbers of its rows."""
        if mapping.digest not in self._known:
            self._known[mapping.digest] = self._groups(mapping)
        parts = [(group, group.read(table)) for group in self._known[mapping.digest]]
        work, firsts, folded = Work(len(self.fields), rows), np.arange(len(rows)), 0
        for group, own in parts:
            group.refuse(work, own, unread=True)
        if mapping.rows is not None:
            flat = {source.name: part for group, own in parts for source, part in zip(group.sources, own, strict=True)}
            firsts, chosen, rejects = gathered(mapping, table, flat, work.rejects, rows)
            folded = len(rows) - len(firsts) - len(rejects)
            work = Work(len(self.fields), rows[firsts], rejects)
            parts = [(group, [flat[source.name].at(chosen[source.name]) for source in group.sources]) for group, _ in parts]
        # One thing at a time, as for a patient file: a row with a cell that is no value is asked no further, and what
        # contradicts each other is asked only of rows whose every cell is readable.
        work.settled = work.bad.copy()
        for group, own in parts:
            group.refuse(work, own, unread=False)
        for group, own in parts:
            group.write(work, own)
        return self._coded(work, parts, firsts, sample)._replace(folded=folded)

    def _coded(self, work: Work, parts: Sequence[tuple[Group, list[Part]]], firsts: Places, sample: int) -> Coded:
        good: Places = np.flatnonzero(~work.bad)
        codes = work.codes if len(good) == len(work.bad) else np.ascontiguousarray(work.codes[:, good])
        self._imply(codes)
        warnings = self._doubtful(codes, {pair: raised[good] for pair, raised in work.named.items()})
        for code, raised in work.warnings:
            warnings[code] += int(raised[good].sum())
        # Evenly, not at random: of the same table the same rows are always taken.
        count = min(sample, len(good)) if sample >= 0 else len(good)
        chosen = np.unique(np.linspace(0, len(good) - 1, count).astype(np.intp))
        flat = [pair for group, own in parts for pair in zip(group.sources, own, strict=True)]
        files = {int(at): _entries((source, part.value(good[at])) for source, part in flat) for at in chosen}
        counts = {code: number for code, number in sorted(warnings.items()) if number}
        return Coded(codes, work.numbers[good], firsts[good], work.rejects, counts, sample=files)

    def facts(self, codes: Codes) -> Facts:
        """Facts that the codes of one row stand for: shape (fields,)."""
        pairs = zip(self.domains, codes, strict=True)
        return facts_of({domain.field.name: domain.values[code] for domain, code in pairs}, self.fields)

    def _groups(self, mapping: TableMapping) -> list[Group]:
        """What a mapping reads, fields that must be read together side by side."""
        by_key: dict[str, list[Source]] = {}
        for name, reading in mapping.fields.items():
            named = found_field(name, self.fields)
            if named is not None:  # else this ruleset has no such field
                source = Source(name, CellReader(mapping, reading, named[1]))
                # Class, score and components say one thing, and contradict each other.
                by_key.setdefault(CLASS if source.key in CHILD_PUGH_GROUP else source.key, []).append(source)
        return [self._group(key, sources) for key, sources in by_key.items()]

    def _group(self, key: str, sources: Sequence[Source]) -> Group:
        keys = [name for name in (CHILD_PUGH_GROUP if key == CLASS else (key,)) if name in self.fields]
        return Group(self.fields, sources, {self._place[name]: self.domains[self._place[name]] for name in keys})

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


class Source:
    """A key of a patient file, or the part of a measurement under it, and what makes its value from the cells of a table."""

    def __init__(self, name: str, reader: CellReader) -> None:
        self.name, self.reader = name, reader
        self.key, _, self.part = name.partition(".")
        # By meaning a value that has it: whatever has the same meaning is read as that one.
        self.value_of: dict[Any, Any] = {}

    def column(self, at: int) -> str:
        """The name of one of the columns that it is read from."""
        return self.reader.names[at] if self.reader.names else self.name

    def meaning(self, profile: Profile, value: Any) -> tuple[Any, ...] | None:
        """What counts of a value beside others; None where nothing is known by it."""
        if self.part and self.key == COMPONENTS:
            return tuple(profile.measurements["child_pugh"]["points"].values()) if "child_pugh" in profile.measurements else None
        if self.part:
            staining = profile.measurements.get("cmet")
            known = staining and (staining["intensity"] is not None or staining["percent"] is not None)
            return (profile["cmet"],) if known else None
        # Class and score may each be stated in one text ("B7"), and a contradiction quotes it.
        return (type(value), str(value)) if any(fact is not None for fact in profile.facts.values()) else None


def _entries(values: Iterable[tuple[Source, Any]]) -> dict[str, Any]:
    """Values as a patient file; those that are not known are left out."""
    found: dict[str, Any] = {}
    for source, value in values:
        if value is not None:
            found[source.key] = {**found.get(source.key, {}), source.part: value} if source.part else value
    return found


class Group:
    """Fields that are read together. Its memory of cells is bounded."""

    def __init__(self, fields: Fields, sources: Sequence[Source], targets: Mapping[int, FieldClasses]) -> None:
        self.sources = sources
        self._fields, self._targets = fields, targets
        # As many types, as many cells: True, 1 and 1.0 are equal to Python.
        self._said_alone = lru_cache(MOST_REMEMBERED, typed=True)(self._alone)
        self._said_together = lru_cache(MOST_REMEMBERED)(self._together)
        classes = next(iter(targets.values()))
        # A part is scored, not cut: its bounds are in the reader of the measurement.
        bare = len(sources) == 1 and not sources[0].part and classes.field.kind == "number"
        self._cutter = NumberCutter(classes) if bare else None

    def read(self, table: pa.Table) -> list[Part]:
        """Each field read by itself, every different cell once."""
        return [self._part(at, table) for at in range(len(self.sources))]

    def _part(self, at: int, table: pa.Table) -> Part:
        columns = [plain_column(table.column(name)) for name in self.sources[at].reader.names]
        passes = len(columns) == 1 and self.sources[at].reader.passes(columns[0].type)
        if passes and self._cutter and self._cutter.takes(columns[0].type):
            return self._cut(self._cutter, columns[0])
        known = [encoded(column) for column in columns]
        if passes:
            cells, which = [[cell] for cell in known[0].distinct], known[0].which
        else:
            # Several columns are read by the combinations of cells that occur, as one column is by its cells.
            found, which, _ = combined([each.which for each in known] or [np.zeros(table.num_rows, dtype=np.intp)])
            cells = [[None if n < 0 else each.distinct[n] for each, n in zip(known, one, strict=False)] for one in found]
        return Part([self._said_alone(at, passes, *one) for one in cells], which)

    def _cut(self, cutter: NumberCutter, column: pa.ChunkedArray) -> Part:
        """Numbers as codes; only what is out of bounds is read one by one, for the reason."""
        codes, refused = cutter.cut(column)
        which, said = codes.astype(np.intp), [Said((code,)) for code in range(int(codes.max(initial=0)) + 1)]
        bad = encoded(column.filter(pa.array(refused)))
        which[refused] = len(said) + bad.which
        said += [self._said_alone(0, True, cell) for cell in bad.distinct]
        return Part(said, which, column)

    def _alone(self, at: int, passes: bool, *cells: Any) -> Said:
        """What the cells of the source `at` say by themselves; those that pass are values as they are."""
        source = self.sources[at]
        try:
            value = cells[0] if passes else source.reader.read(cells)
        except BadCell as wrong:
            return Said(refusals=((wrong.source, wrong.code, wrong.reason),), shown=cells[wrong.source])
        said, profile = self._said({source.key: {source.part: value} if source.part else value}, [0])
        if profile is None:
            return said._replace(value=value, shown=value)
        meaning = source.meaning(profile, value)
        # Before what is said is remembered: another thread that is given the meaning must find its value.
        source.value_of.setdefault(meaning, value)
        return said._replace(value=value, meaning=meaning)

    def _said(self, entries: dict[str, Any], owners: Sequence[int]) -> tuple[Said, Profile | None]:
        """What entries of a patient file say, and their profile; the n-th of them comes from the source `owners[n]`."""
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

    def refuse(self, work: Work, parts: Sequence[Part], *, unread: bool) -> None:
        """Refuses rows with a cell that is no value (`unread`), or with a value that the field does not take."""
        for source, part in zip(self.sources, parts, strict=True):
            wrong = (bool(one.refusals) and (one.value is None) == unread for one in part.said)
            for number, rows in rows_of(part.which, wrong):
                for at, code, reason in part.said[number].refusals:
                    work.refuse(rows, source.column(at), part.said[number].shown, code, reason)

    def write(self, work: Work, parts: Sequence[Part]) -> None:
        """The codes of what is read together; contradictions are refused."""
        if len(parts) == 1:
            self._write(work, parts[0].said, parts[0].which)
        else:
            self._join(work, parts)

    def _write(self, work: Work, read: Sequence[Said], which: Places) -> None:
        """Codes by what each row says; the last look-up serves -1, a cell that is not there."""
        # Only now by row: a look-up for each, however few different cells there are.
        for at, place in enumerate(self._targets):
            found = np.array([*(one.codes[at] if one.codes else 0 for one in read), 0], dtype=np.uint16)
            work.codes[place] = found[which]
        for number, one in enumerate(read):
            work.warnings.extend((code, which == number) for code in one.warnings)
            for pair in one.named:
                work.named.setdefault(pair, np.zeros(len(which), dtype=np.bool_))[which == number] = True

    def _join(self, work: Work, parts: Sequence[Part]) -> None:
        """Each distinct combination of what the cells say read once, its codes written, contradictions refused."""
        stands = [_interchangeable(part) for part in parts]
        patterns = combined([each for _, each in stands], ~work.bad)
        told = [[None if n < 0 else known[n] for (known, _), n in zip(stands, each, strict=True)] for each in patterns.found]
        read = [self._said_together(*each) for each in told]
        self._write(work, read, patterns.which)
        for number, rows in rows_of(patterns.which, (bool(one.refusals) for one in read)):
            for at, code, reason in read[number].refusals:
                # The values of a combination mean the same, and may be written in several ways.
                own = parts[at].which[rows]
                for place in np.unique(own):
                    shown = parts[at].said[place].value if place >= 0 else None
                    work.refuse(rows[own == place], self.sources[at].column(0), shown, code, reason)

    def _together(self, *meanings: Any) -> Said:
        """Values with these meanings, one of each source, read as one patient file."""
        known = [(at, source, meaning) for at, (source, meaning) in enumerate(zip(self.sources, meanings, strict=True))]
        known = [one for one in known if one[2] is not None]
        owners: dict[str, int] = {}
        for at, source, _ in known:
            owners.setdefault(source.key, at)
        entries = _entries((source, source.value_of[meaning]) for _, source, meaning in known)
        return self._said(entries, list(owners.values()))[0]


_DOUBTS = frozenset(("fields-disagree", "named-elsewhere", *(doubt["code"] for doubt in CONTRADICTIONS)))


def _interchangeable(part: Part) -> tuple[list[Any], Places]:
    """The different meanings of a part's values, and which one each row has; -1 where nothing is known."""
    numbers: dict[Any, int] = {}
    places = [-1 if one.meaning is None else numbers.setdefault(one.meaning, len(numbers)) for one in part.said]
    return list(numbers), np.array([*places, -1], dtype=np.intp)[part.which]
