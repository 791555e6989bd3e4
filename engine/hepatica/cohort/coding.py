"""From the cells of a table to codes: every distinct cell is read once, by the reader that reads a patient file.

A code stands for all values of a field that no test of the ruleset tells apart, or for an interval that reaches over several
of those. Fields that are read together (Child-Pugh class, score and components; the parts of a c-MET staining) are read once
for each distinct combination of what their cells say. So a column of millions costs a look-up to a row.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial, reduce
from operator import and_, ge, gt
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.cohort.cells import BadCell, CellReader, Places, Reject, combined, counting_rows, plain_column, shortened
from hepatica.cohort.mapping import TableMapping, found_field
from hepatica.evaluation import evaluator_of
from hepatica.inference import FieldClasses, classes_of
from hepatica.knowledge import Ruleset, Test
from hepatica.patient import (
    CHILD_PUGH_GROUP,
    COMPONENTS,
    CONTRADICTIONS,
    DECIMALS,
    FLAGS,
    Facts,
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
FEW = 100
NOTHING = pa.table({})
# Doubts that facts raise are counted over whole rows.
_DOUBTS = frozenset(("fields-disagree", "named-elsewhere", *(doubt["code"] for doubt in CONTRADICTIONS)))


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

    def at(self, chosen: Places) -> Coded:
        """Some of the n rows."""
        return self._replace(codes=self.codes[:, chosen], rows=self.rows[chosen], places=self.places[chosen])


class Said(NamedTuple):
    """What cells that are read together say: a code for each field that they speak of, and doubts, or why they are refused.

    `doubts` are a code and, of words that bring up another field, of which a row then has to say more, the pair of fields.
    `refusals` are (which of the columns, code, reason), `shown` the cell that is refused. `value` is what a person would have
    typed for the cells of one field, `meaning` all that counts of it beside others: values that share it are interchangeable.
    """

    codes: tuple[int, ...] = ()
    doubts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    refusals: tuple[tuple[int, str, str], ...] = ()
    shown: Any = None
    value: Any = None
    meaning: Any = None


class Part(NamedTuple):
    """A field read by itself: what its different cells say, and which of them each of n rows has; -1 where nothing is known.
    Where numbers are cut, `column` holds them, and what is said are their codes."""

    said: Sequence[Said]
    which: Places
    column: pa.ChunkedArray | None = None

    def value(self, row: int) -> Any:
        """What a person would have typed in a row; None where nothing is known."""
        if self.column is not None:
            return self.column[row].as_py()
        return self.said[self.which[row]].value if self.which[row] >= 0 else None

    @property
    def meanings(self) -> tuple[list[Any], Places]:
        """The different meanings of the values, and which one each row has; -1 where nothing is known."""
        numbers: dict[Any, int] = {}
        places = [-1 if one.meaning is None else numbers.setdefault(one.meaning, len(numbers)) for one in self.said]
        return list(numbers), np.array([*places, -1], dtype=np.intp)[self.which]

    def at(self, rows: Places) -> Part:
        """The part of some rows; -1 is one of which nothing is known."""
        column = None if self.column is None else self.column.take(pa.array(rows, mask=rows < 0))
        return self._replace(which=np.where(rows < 0, -1, self.which[rows]), column=column)


class Work:
    """n rows in the making: codes, which rows are bad, what is refused, and which rows raise a doubt."""

    def __init__(self, fields: int, numbers: NDArray[np.int64], rejects: Iterable[Reject] = ()) -> None:
        self.numbers, self.rejects = numbers, list(rejects)
        # What is not in the table is not known: code 0.
        self.codes: Codes = np.zeros((fields, len(numbers)), dtype=np.uint16)
        self.bad: Which = np.zeros(len(numbers), dtype=np.bool_)
        self.settled: Which = np.zeros_like(self.bad)  # bad rows that are asked no further
        self.doubts: list[tuple[str, tuple[str, ...], Which]] = []

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
        # Doubts about staging ask for single grades, which a ruleset may not tell apart.
        few = (field for field in self.fields.values() if field.kind == "integer" and field.high - field.low <= FEW)
        grades = [Test(field.name, "=", tuple(range(int(field.low), int(field.high) + 1))) for field in few]
        asked |= {test.field: classes_of(self.fields[test.field], [test]) for test in grades}
        self.domains = tuple(asked.get(name) or classes_of(field, ()) for name, field in self.fields.items())
        self._place = {name: place for place, name in enumerate(self.fields)}
        self.values = {domain.field.name: (place, domain.values) for place, domain in enumerate(self.domains)}
        every = ((name, one) for name, field in self.fields.items() for one in field.implied)
        self._implied = [(name, one) for name, one in every if one.field in self.fields]
        self._staging = [doubt for doubt in CONTRADICTIONS if set(doubt["when"]) <= set(self.fields)]
        self._known: dict[str, list[Group]] = {}

    def code(self, table: pa.Table, mapping: TableMapping, rows: NDArray[np.int64], sample: int = 0) -> Coded:
        """The codes of a batch, as a mapping that is bound to its columns reads it; `rows` are the numbers of its rows."""
        groups = self._known[mapping.digest] = self._known.get(mapping.digest) or self._groups(mapping)
        sources = [source for group in groups for source in group.sources]
        parts = {source.name: source.read(table) for source in sources}
        work, firsts, folded = Work(len(self.fields), rows), np.arange(len(rows)), 0
        for source in sources:
            source.refuse(work, parts[source.name], unread=True)
        if mapping.rows is not None:
            takes = {name: mapping.fields[name].take or mapping.rows.take for name in parts}
            values = {name: [part.value(row) for row in range(len(rows))] for name, part in parts.items()}
            bad = {one.row: one for one in sorted(work.rejects)}
            cells = {name: table.column(name).to_pylist() for name in mapping.rows.columns}
            firsts, chosen, rejects = counting_rows(mapping.rows, takes, cells, values, bad, rows)
            folded = len(rows) - len(firsts) - len(rejects)
            work = Work(len(self.fields), rows[firsts], rejects)
            parts = {name: part.at(chosen[name]) for name, part in parts.items()}
        # One thing at a time, as for a patient file: a row with a cell that is no value is asked no further, and what
        # contradicts each other is asked only of rows whose every cell is readable.
        work.settled = work.bad.copy()
        for source in sources:
            source.refuse(work, parts[source.name], unread=False)
        for group in groups:
            group.write(work, [parts[source.name] for source in group.sources])
        return self._coded(work, [(source, parts[source.name]) for source in sources], firsts, sample)._replace(folded=folded)

    def _coded(self, work: Work, parts: Sequence[tuple[Source, Part]], firsts: Places, sample: int) -> Coded:
        good: Places = np.flatnonzero(~work.bad)
        codes = work.codes if len(good) == len(work.bad) else np.ascontiguousarray(work.codes[:, good])
        self._imply(codes)
        warnings = self._doubtful(codes, [(code, pair, raised[good]) for code, pair, raised in work.doubts])
        # Evenly, not at random: of the same table the same rows are always taken.
        count = len(good) if sample < 0 else min(sample, len(good))
        chosen = np.unique(np.linspace(0, len(good) - 1, count).astype(np.intp))
        files = {int(at): _entries((source, part.value(good[at])) for source, part in parts) for at in chosen}
        counts = {code: number for code, number in sorted(warnings.items()) if number}
        return Coded(codes, work.numbers[good], firsts[good], work.rejects, counts, sample=files)

    def facts(self, codes: Codes) -> Facts:
        """Facts that the codes of one row stand for: shape (fields,)."""
        pairs = zip(self.domains, codes, strict=True)
        return facts_of({domain.field.name: domain.values[code] for domain, code in pairs}, self.fields)

    def _groups(self, mapping: TableMapping) -> list[Group]:
        groups: dict[str, Group] = {}
        for name, reading in mapping.fields.items():
            named = found_field(name, self.fields)
            if named is not None:  # else this ruleset has no such field
                key = name.partition(".")[0]
                # Class, score and components say one thing, and contradict each other.
                keys = CHILD_PUGH_GROUP if key in CHILD_PUGH_GROUP else (key,)
                targets = {self._place[each]: self.domains[self._place[each]] for each in keys if each in self.fields}
                group = groups.setdefault(keys[0], Group(self.fields, targets))
                group.sources.append(Source(name, CellReader(mapping, reading, named[1]), group))
        return list(groups.values())

    def _holds(self, name: str, says: Callable[[Value | None], bool], codes: Codes) -> Which:
        place = self._place[name]
        found: Which = np.array([says(value) for value in self.domains[place].values])[codes[place]]
        return found

    def _imply(self, codes: Codes) -> None:
        """Fills in what one field says of another that is not known, as the reader of a patient file does."""
        for name, one in self._implied:
            if one.value:
                place = self._place[name]
                found = self._holds(one.field, one.holds, codes) & (codes[place] == 0)
                value = FLAGS[one.value] if self.fields[name].kind == "flag" else one.value
                codes[place][found] = self.domains[place].code_of(value)

    def _doubtful(self, codes: Codes, raised: Iterable[tuple[str, tuple[str, ...], Which]]) -> Counter[str]:
        """By code, how many rows raise a doubt: in their cells, about staging, or of fields that do not go together."""
        found: Counter[str] = Counter()
        brought: dict[tuple[str, ...], Which] = {}
        for code, pair, rows in raised:
            if pair:
                brought[pair] = brought.get(pair, False) | rows
            else:
                found[code] += int(rows.sum())
        for doubt in self._staging:
            held = (self._holds(name, values.__contains__, codes) for name, values in doubt["when"].items())
            found[doubt["code"]] += int(reduce(and_, held).sum())
        for name, one in self._implied:
            said = self._holds(one.field, one.holds, codes)
            if one.named and (one.field, name) in brought:
                said |= brought[one.field, name]
                found["named-elsewhere"] += int((brought[one.field, name] & (codes[self._place[name]] == 0)).sum())
            found["fields-disagree"] += int((said & self._holds(name, one.denies, codes)).sum())
        return found


class Source:
    """A key of a patient file, or the part of a measurement under it: what its cells say. Its memory of cells is bounded."""

    def __init__(self, name: str, reader: CellReader, group: Group) -> None:
        self.name, self.reader, self._group = name, reader, group
        self.key, _, self.part = name.partition(".")
        self.columns = reader.names or (name,)
        # By meaning a value that has it: whatever has the same meaning is read as that one.
        self.value_of: dict[Any, Any] = {}
        # True, 1 and 1.0 are equal to Python.
        self._said = lru_cache(MOST_REMEMBERED, typed=True)(self._say)
        classes, *others = group.targets.values()
        # A part is scored, not cut: its bounds are in the reader of the measurement.
        self._cutter = NumberCutter(classes) if not (others or self.part) and classes.field.kind == "number" else None

    def read(self, table: pa.Table) -> Part:
        """The field by itself, every different cell once."""
        columns = [plain_column(table.column(name)) for name in self.reader.names]
        passes = len(columns) == 1 and self.reader.passes(columns[0].type)
        if passes and self._cutter and (pa.types.is_floating(columns[0].type) or pa.types.is_integer(columns[0].type)):
            return self._cut(self._cutter, columns[0])
        known = [encoded(column) for column in columns]
        if passes:
            return Part([self._said(True, cell) for cell in known[0][0]], known[0][1])
        # Several columns are read by the combinations of cells that occur, as one column is by its cells.
        found, which, _ = combined([which for _, which in known] or [np.zeros(table.num_rows, dtype=np.intp)])
        cells = ([None if n < 0 else distinct[n] for (distinct, _), n in zip(known, one, strict=False)] for one in found)
        return Part([self._said(False, *one) for one in cells], which)

    def _cut(self, cutter: NumberCutter, column: pa.ChunkedArray) -> Part:
        codes, refused = cutter.cut(column)  # only what is out of bounds is read one by one, for the reason
        which, said = codes.astype(np.intp), [Said((code,)) for code in range(int(codes.max(initial=0)) + 1)]
        bad, places = encoded(column.filter(pa.array(refused)))
        which[refused] = len(said) + places
        return Part([*said, *(self._said(True, cell) for cell in bad)], which, column)

    def _say(self, passes: bool, *cells: Any) -> Said:
        try:
            value = cells[0] if passes else self.reader.read(cells)
        except BadCell as wrong:
            return Said(refusals=((wrong.source, wrong.code, wrong.reason),), shown=cells[wrong.source])
        said, profile = self._group.say(_entries([(self, value)]), [0])
        if profile is None:
            return said._replace(value=value, shown=value)
        meaning = self._meaning(profile, value)
        # Before what is said is remembered: another thread that is given the meaning must find its value.
        self.value_of.setdefault(meaning, value)
        return said._replace(value=value, meaning=meaning)

    def _meaning(self, profile: Profile, value: Any) -> tuple[Any, ...] | None:
        """What counts of a value beside others; None where nothing is known by it."""
        if self.part and self.key == COMPONENTS:
            return tuple(profile.measurements["child_pugh"]["points"].values()) if "child_pugh" in profile.measurements else None
        if self.part:
            staining = profile.measurements.get("cmet")
            known = staining and (staining["intensity"] is not None or staining["percent"] is not None)
            return (profile["cmet"],) if known else None
        # Class and score may each be stated in one text ("B7"), and a contradiction quotes it.
        return (type(value), str(value)) if any(fact is not None for fact in profile.facts.values()) else None

    def refuse(self, work: Work, part: Part, *, unread: bool) -> None:
        """Refuses rows with a cell that is no value (`unread`), or with a value that the field does not take."""
        wrong = (bool(one.refusals) and (one.value is None) == unread for one in part.said)
        for number, rows in rows_of(part.which, wrong):
            for at, code, reason in part.said[number].refusals:
                work.refuse(rows, self.columns[at], part.said[number].shown, code, reason)


def _entries(values: Iterable[tuple[Source, Any]]) -> dict[str, Any]:
    """Values as a patient file; those that are not known are left out."""
    found: dict[str, Any] = {}
    for source, value in values:
        if value is not None:
            found[source.key] = {**found.get(source.key, {}), source.part: value} if source.part else value
    return found


class Group:
    """Fields that are read together; `targets` are their classes by their places among the codes."""

    def __init__(self, fields: Fields, targets: Mapping[int, FieldClasses]) -> None:
        self.sources: list[Source] = []
        self.targets, self._profile = targets, partial(profile_from, file="<table>", fields=fields)
        self._said_together = lru_cache(MOST_REMEMBERED)(self._together)

    def say(self, entries: dict[str, Any], owners: Sequence[int]) -> tuple[Said, Profile | None]:
        """What entries of a patient file say, and their profile; the n-th of them comes from the source `owners[n]`."""
        try:
            profile = self._profile(entries)
        except InvalidInput as error:
            # The n-th entry stands at line n.
            return Said(refusals=tuple((owners[each.line - 1], each.code, each.message) for each in error.problems)), None
        codes = tuple(classes.code_of(profile.facts[classes.field.name]) for classes in self.targets.values())
        own = [(warning.code, ()) for warning in profile.warnings if warning.code not in _DOUBTS]
        named = [(warning.code, warning.fields) for warning in profile.warnings if warning.code == "named-elsewhere"]
        return Said(codes, (*own, *named)), profile

    def write(self, work: Work, parts: Sequence[Part]) -> None:
        """The codes of what is read together."""
        read, which = (parts[0].said, parts[0].which) if len(parts) == 1 else self._joined(work, parts)
        # Only now by row: a look-up for each, however few different cells there are; the last serves -1, no cell.
        for at, place in enumerate(self.targets):
            work.codes[place] = np.array([*(one.codes[at] if one.codes else 0 for one in read), 0], dtype=np.uint16)[which]
        # By doubt, not by cell: every cell of a table may raise one, and each look-up is as long as the table.
        for doubt in dict.fromkeys(doubt for one in read for doubt in one.doubts):
            work.doubts.append((*doubt, np.array([*(doubt in one.doubts for one in read), False])[which]))

    def _joined(self, work: Work, parts: Sequence[Part]) -> tuple[Sequence[Said], Places]:
        """Each distinct combination of what the cells say read once, contradictions refused."""
        stands = [part.meanings for part in parts]
        patterns = combined([each for _, each in stands], ~work.bad)
        told = [[None if n < 0 else known[n] for (known, _), n in zip(stands, each, strict=True)] for each in patterns.found]
        read = [self._said_together(*each) for each in told]
        for number, rows in rows_of(patterns.which, (bool(one.refusals) for one in read)):
            for at, code, reason in read[number].refusals:
                # The values of a combination mean the same, and may be written in several ways.
                own = parts[at].which[rows]
                for place in np.unique(own):
                    shown = parts[at].said[place].value if place >= 0 else None
                    work.refuse(rows[own == place], self.sources[at].columns[0], shown, code, reason)
        return read, patterns.which

    def _together(self, *meanings: Any) -> Said:
        known = [(source, meaning) for source, meaning in zip(self.sources, meanings, strict=True) if meaning is not None]
        owners: dict[str, int] = {}
        for source, _ in known:
            owners.setdefault(source.key, self.sources.index(source))
        return self.say(_entries((source, source.value_of[meaning]) for source, meaning in known), list(owners.values()))[0]


# -- the cells of a column, and the numbers that stand for them ----------------------------------------------------------


def encoded(column: pa.ChunkedArray) -> tuple[list[Any], Places]:
    """A plain column's distinct cells and, for each of n rows, which one it has; -1 where there is none."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    which = pc.fill_null(whole.indices.cast(pa.int32()), -1).to_numpy().astype(np.intp)
    distinct = whole.dictionary.to_pylist()
    if len(distinct) > FEW:
        # Categories that no row has are not read: there may be any number of them.
        present = np.flatnonzero(np.bincount(which + 1, minlength=len(distinct) + 1)[1:])
        places = np.full(len(distinct) + 1, -1, dtype=np.intp)
        places[present] = np.arange(len(present))
        return [distinct[at] for at in present], places[which]
    return distinct, which


def rows_of(which: Places, wanted: Iterable[bool]) -> Iterator[tuple[int, Places]]:
    """Of the numbers from 0 up those that are wanted, each with the rows that have it."""
    # Every cell of a table may be wrong in its own way: looked for one by one in all rows, these would take hours.
    chosen = np.array([*wanted, False])  # the last serves -1, the number of none
    if not chosen.any():
        return iter(())
    numbers, rows = np.flatnonzero(chosen), np.flatnonzero(chosen[which])
    ordered = rows[np.argsort(which[rows], kind="stable")]
    parts = np.split(ordered, np.searchsorted(which[ordered], numbers)[1:])
    return zip(numbers.tolist(), parts, strict=False)


class NumberCutter:
    """Codes of a numeric field from numbers as a program has them. The reader rounds every number to `DECIMALS` first,
    which never changes their order: held against the least that is rounded to a threshold, and to more, none needs rounding."""

    def __init__(self, classes: FieldClasses) -> None:
        self._bounds = classes.field.low, classes.field.high
        self._edges = [_edge(threshold, beyond) for threshold in classes.thresholds for beyond in (False, True)]
        slots = range(len(self._edges) + 1)
        self._codes = np.array([classes.positions.get(slot, 0) for slot in slots], dtype=np.uint16)

    def cut(self, column: pa.ChunkedArray) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
        """The codes of n numbers, and which of them are out of bounds; both of shape (n,)."""
        known = pc.fill_null(column.cast(pa.float64(), safe=False), math.nan).to_numpy()
        # There are few edges: counting those that a number reaches takes a tenth of the time of a search.
        slots: NDArray[np.unsignedinteger[Any]] = np.zeros(len(known), dtype=np.uint8 if len(self._edges) < 256 else np.uint16)
        for edge in self._edges:
            slots += (known >= edge).view(np.uint8)
        codes = self._codes[slots]
        missing = np.isnan(known)
        codes[missing] = 0
        # A comparison with what is not a number is false.
        return codes, ~((known >= self._bounds[0]) & (known <= self._bounds[1]) | missing)


def _edge(threshold: float, beyond: bool) -> float:
    """The least number that is, once rounded, at the threshold or above it, or (`beyond`) above it."""
    reached = gt if beyond else ge
    low, high = threshold - 1, threshold + 1
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if reached(round(middle, DECIMALS), threshold) else (middle, high)
    return high
