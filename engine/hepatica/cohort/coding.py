"""From a table's cells to codes: every distinct cell is read once, by the reader that reads a patient file.

A code stands for all values of a field that no test of the ruleset tells apart, or for an interval that reaches over several
of those. Fields that are read together (Child-Pugh class, score and components; the parts of a c-MET staining) are read once
for each distinct combination of what their cells say. So a column of millions costs a look-up to a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hepatica.cohort.mapping import PARTS
from hepatica.cohort.numeric import NumberCutter
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
    Fields,
    Implication,
    Profile,
    Value,
    facts_of,
    keys_of,
    profile_from,
)
from hepatica.problems import InvalidInput, Problem, suggestion

Codes = NDArray[np.uint16]
Places = NDArray[np.intp]
REJECTS = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in ("column", "value", "code", "reason"))])
MOST_REMEMBERED = 200_000
MOST_TABULATED = 1 << 22
MOST_KEYS = 1 << 62
FEW = 100


class Coded(NamedTuple):
    """The rows of a batch that could be read, as codes of shape (fields, n), and what became of the others.

    `rows` are the numbers of the n rows, `places` where they stand in the batch. `rejects` is a table of the cells that were
    refused (`REJECTS`); a row with any of them is not among the n. `warnings` counts the rows that raise each doubt. `given`
    are the columns that are no fields, for every row of the batch.
    """

    codes: Codes
    rows: NDArray[np.int64]
    places: Places
    rejects: pa.Table
    warnings: Mapping[str, int]
    given: pa.Table

    @property
    def rejected(self) -> int:
        """How many rows are not answered."""
        return len(pc.unique(self.rejects["row"]))

    def at(self, chosen: Places) -> Coded:
        """Some of the n rows."""
        return self._replace(codes=self.codes[:, chosen], rows=self.rows[chosen], places=self.places[chosen])


class Domain:
    """What the codes of a field stand for: `values[code]`, where 0 is unknown."""

    def __init__(self, classes: FieldClasses) -> None:
        self.field = classes.field
        self.classes = classes
        # Doubts about staging ask for single grades, which a ruleset may not tell apart.
        self._first = int(self.field.low) if self.field.kind == "integer" and self.field.high - self.field.low <= FEW else None
        every = classes.values if self._first is None else (None, *range(self._first, int(self.field.high) + 1))
        self.values: tuple[Value | None, ...] = every

    def code(self, value: Value | None) -> int:
        """The code of a value of the field."""
        if value is None:
            return 0
        return self.classes.code_of(value) if self._first is None else int(value) - self._first + 1  # type: ignore[arg-type]

    def where(self, values: Iterable[Value]) -> NDArray[np.bool_]:
        """By code, whether it stands for one of some values."""
        wanted = list(values)
        return np.array([value is not None and value in wanted for value in self.values])


class Source(NamedTuple):
    """A column of a table: its own name, and the part of a measurement that it holds (empty where it is a whole field)."""

    column: str
    key: str
    part: str = ""

    def entry(self, cell: Any) -> dict[str, Any]:
        """The cell as an entry of a patient file."""
        return {self.key: {self.part: cell}} if self.part else {self.column: cell}


_LABEL = Source(LABEL, LABEL)


class Refusal(NamedTuple):
    """Why a cell is refused, and which of the columns that were read together is to blame."""

    source: int
    code: str
    reason: str


class Read(NamedTuple):
    """What cells that are read together say: a code for each field that they speak of, and doubts, or why they are refused.

    `named` are fields that their words bring up, and that a row then has to say more of.
    """

    codes: tuple[int, ...]
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    named: tuple[tuple[str, ...], ...] = ()


class Cells(NamedTuple):
    """A column as the distinct cells in it and, for each of n rows, which one it has; -1 where there is none."""

    distinct: Sequence[Any]
    which: Places


class Coder:
    """Reads tables under one ruleset. What it has read it remembers, so keep it for all batches of a table."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset, self.fields = ruleset, ruleset.fields
        program = evaluator_of(ruleset).program
        classes = {table.classes.field.name: table.classes for table in program.tables}
        self.domains = tuple(Domain(classes.get(name) or classes_of(field, ())) for name, field in self.fields.items())
        self._place = {name: place for place, name in enumerate(self.fields)}
        self.values = {domain.field.name: (place, domain.values) for place, domain in enumerate(self.domains)}
        self._doubt_bits = list(self._doubting())
        self._said = list(self._implications())
        self._groups: dict[tuple[str, ...], list[Group]] = {}

    def sources(self, names: Sequence[str]) -> dict[str, tuple[Source, ...]]:
        """The columns that are fields, by field; other columns are identifiers, and are not looked at.

        Raises `InvalidInput` where two columns are the same field, or none is one.
        """
        found: dict[str, list[Source]] = {}
        problems = []
        for place, name in enumerate(names, 1):
            source = _source(name, keys_of(self.fields))
            if source is None or source.key == LABEL:
                continue
            others = found.setdefault(source.key, [])
            if any(source.part in ("", other.part) or not other.part for other in others):
                same = f"'{name}' and '{others[0].column}' are the same field"
                problems.append(Problem("<table>", 1, place, "duplicate-key", same))
            others.append(source)
        if not found:
            said = f"no column is a field of {self.ruleset.card.id}; {suggestion('', self.fields)}"
            problems.append(Problem("<table>", 1, 1, "no-field", said))
        if problems:
            raise InvalidInput(problems)
        return {key: tuple(sources) for key, sources in found.items()}

    def code(self, batch: pa.RecordBatch | pa.Table, rows: NDArray[np.int64] | None = None) -> Coded:
        """The codes of a canonical batch of n rows; `rows` are the numbers of its rows, from 1 by default.

        Raises `InvalidInput` where the columns themselves cannot be used.
        """
        table = flat(batch)
        names = tuple(table.column_names)
        if names not in self._groups:
            self._groups[names] = list(self._grouped(self.sources(names)))
        numbers = np.arange(1, table.num_rows + 1) if rows is None else rows
        codes = np.zeros((len(self.fields), table.num_rows), dtype=np.uint16)
        bad = np.zeros(table.num_rows, dtype=np.bool_)
        rejects: list[pa.Table] = []
        work = Work(table, codes, bad, numbers, [], {})
        read = [(group, group.alone(work, rejects)) for group in self._groups[names]]
        # Like the reader of a patient file: what contradicts each other is asked only of rows whose every cell is readable.
        for group, parts in read:
            if len(parts) > 1:
                rejects += group.together(work, parts)
        places: Places = np.flatnonzero(~bad)
        if len(places) < len(bad):
            codes, numbers = np.ascontiguousarray(codes[:, places]), numbers[places]
        self._imply(codes)
        warnings = Counter(self._doubts(codes))
        warnings.update(self._unfitting(codes, {pair: rows[places] for pair, rows in work.named.items()}))
        for code, where in work.warnings:
            warnings[code] += int((where & ~bad).sum())
        found = pa.concat_tables([REJECTS.empty_table(), *rejects]).sort_by([("row", "ascending"), ("column", "ascending")])
        counted = {code: n for code, n in sorted(warnings.items()) if n}
        return Coded(codes, numbers, places, found, counted, self.given(table))

    def given(self, table: pa.Table) -> pa.Table:
        """The columns of a flat table that are no fields: identifiers, which nobody interprets."""
        return table.select([name for name in table.column_names if (_source(name, keys_of(self.fields)) or _LABEL).key == LABEL])

    def entries(self, table: pa.Table) -> Iterator[dict[str, Any]]:
        """The rows of a flat table as patient files."""
        sources = [source for each in self.sources(table.column_names).values() for source in each]
        for row in table.to_pylist():
            found: dict[str, Any] = {}
            for source in sources:
                if row[source.column] is not None:
                    entry = source.entry(row[source.column])
                    found |= {source.key: found.get(source.key, {}) | entry[source.key]} if source.part else entry
            yield found

    def facts(self, codes: Codes) -> Facts:
        """Facts that the codes of one row stand for: shape (fields,)."""
        pairs = zip(self.domains, codes, strict=True)
        return facts_of({domain.field.name: domain.values[code] for domain, code in pairs}, self.fields)

    def _grouped(self, sources: Mapping[str, tuple[Source, ...]]) -> Iterator[Group]:
        """The columns that must be read together, and the fields that they speak of."""
        left = dict(sources)
        together = {key: left.pop(key) for key in CHILD_PUGH_GROUP if key in left}
        if together:
            targets = [key for key in CHILD_PUGH_GROUP if key in self.fields]
            yield self._group([source for key in together for source in together[key]], targets)
        for key, own in left.items():
            yield self._group(own, [key])

    def _group(self, sources: Sequence[Source], targets: Sequence[str]) -> Group:
        return Group(self.fields, tuple(sources), [(self._place[name], self.domains[self._place[name]]) for name in targets])

    def _implications(self) -> Iterator[tuple[int, int, Implication, NDArray[np.bool_], NDArray[np.bool_]]]:
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
                codes[place][found] = domain.code(FLAGS[one.value] if domain.field.kind == "flag" else one.value)

    def _unfitting(self, codes: Codes, named: Mapping[tuple[str, ...], NDArray[np.bool_]]) -> Iterator[str]:
        """A warning code for every row in which two fields do not go together, or one has to say more of what another names."""
        for place, ground, one, holds, denies in self._said:
            denied, told = denies[codes[place]], holds[codes[ground]]
            brought = named.get((one.field, self.domains[place].field.name)) if one.named else None
            if brought is not None:
                yield from repeat("named-elsewhere", int((brought & (codes[place] == 0)).sum()))
                told |= brought
            yield from repeat("fields-disagree", int((denied & told).sum()))

    def _doubts(self, codes: Codes) -> dict[str, int]:
        """How many rows raise each doubt about staging."""
        raised = np.full(codes.shape[1], (1 << len(CONTRADICTIONS)) - 1, dtype=np.uint16)
        for place, allowed in self._doubt_bits:
            raised &= allowed[codes[place]]
        counts = np.bincount(raised)
        sets = np.arange(len(counts))
        return {doubt["code"]: int(counts[sets >> bit & 1 == 1].sum()) for bit, doubt in enumerate(CONTRADICTIONS)}

    def _doubting(self) -> Iterator[tuple[int, NDArray[np.uint16]]]:
        """By field, which doubts each code leaves standing, one bit to a doubt: what remains of the bits is what a row raises."""
        for place, domain in enumerate(self.domains):
            left = np.zeros(len(domain.values), dtype=np.uint16)
            for bit, doubt in enumerate(CONTRADICTIONS):
                if not set(doubt["when"]) <= set(self.fields):
                    continue
                stands = domain.where(doubt["when"][domain.field.name]) if domain.field.name in doubt["when"] else True
                left |= (stands * np.uint16(1 << bit)).astype(np.uint16)
            if (left != left[0]).any():
                yield place, left


class Work(NamedTuple):
    """A batch of n rows in the making: its codes, which rows are bad, the numbers of its rows, and which rows raise a doubt."""

    table: pa.Table
    codes: Codes
    bad: NDArray[np.bool_]
    numbers: NDArray[np.int64]
    warnings: list[tuple[str, NDArray[np.bool_]]]
    named: dict[tuple[str, ...], NDArray[np.bool_]]


Part = tuple[list[tuple[Read, Any]], Places]
"""A column read by itself: what each distinct cell says, and which one each row has."""


class Group:
    """Columns that are read together. Its memory of cells is bounded."""

    def __init__(self, fields: Fields, sources: tuple[Source, ...], targets: Sequence[tuple[int, Domain]]) -> None:
        self._fields, self._sources = fields, sources
        self._targets = targets
        self._alone: list[dict[Any, tuple[Read, Any]]] = [{} for _ in sources]
        self._joint: dict[tuple[Any, ...], Read] = {}
        domain = targets[0][1]
        bare = len(sources) == 1 and sources[0].column in fields and domain.field.kind == "number" and not sources[0].part
        self._cutter = NumberCutter(domain.classes) if bare else None

    def alone(self, work: Work, rejects: list[pa.Table]) -> list[Part]:
        """Read each column by itself: adds to the rejects, writes the codes of a lone column, and gives back the parts."""
        columns = [work.table[source.column] for source in self._sources]
        if self._cutter and self._cutter.takes(columns[0].type):
            work.codes[self._targets[0][0]], refused = self._cutter.cut(columns[0])
            if refused.any():
                # Only what is out of bounds is read one by one, for the reason.
                cells = encoded(columns[0].filter(pa.array(refused)))
                self._cells(0, cells, np.flatnonzero(refused), work, rejects)
            return []
        found: list[Part] = []
        for at, column in enumerate(columns):
            cells = encoded(column)
            found.append((self._cells(at, cells, None, work, rejects), cells.which))
        if len(found) == 1:
            readings, which = found[0]
            self._write(work, [one for one, _ in readings], which)
        return found

    def _write(self, work: Work, read: Sequence[Read], which: Places) -> None:
        """Codes by which reading each row has; the last look-up serves -1, a cell that is not there."""
        for at, (place, _) in enumerate(self._targets):
            found = np.array([*(one.codes[at] if one.codes else 0 for one in read), 0], dtype=np.uint16)
            work.codes[place] = found[which]
        for number, one in enumerate(read):
            work.warnings.extend((code, which == number) for code in one.warnings)
            for pair in one.named:
                work.named.setdefault(pair, np.zeros(len(which), dtype=np.bool_))[which == number] = True

    def _cells(self, at: int, cells: Cells, where: Places | None, work: Work, rejects: list[pa.Table]) -> list[tuple[Read, Any]]:
        """Each distinct cell of a column read by itself; `where` are the rows that `cells` speaks of, all by default."""
        memory = self._alone[at]
        if len(memory) > MOST_REMEMBERED:
            memory.clear()
        source = self._sources[at]
        found: list[tuple[Read, Any]] = []
        for number, cell in enumerate(cells.distinct):
            key = (type(cell), repr(cell) if isinstance(cell, (list, dict, float)) else cell)
            known = memory.get(key)
            if known is None:
                known = memory[key] = self._cell(source, cell)
            found.append(known)
            if known[0].refusals:
                rows = np.flatnonzero(cells.which == number)
                rows = rows if where is None else where[rows]
                work.bad[rows] = True
                rejects += [_rejects(work.numbers[rows], source.column, cell, why) for why in known[0].refusals]
        return found

    def _cell(self, source: Source, cell: Any) -> tuple[Read, Any]:
        """What a cell says by itself, and what of it counts beside others: cells that share this are interchangeable."""
        entry = source.entry(cell)
        try:
            profile = profile_from(entry, "<table>", self._fields)
        except InvalidInput as error:
            return self._refused(error, [0]), None
        return self._read(profile), _says(profile, source, cell)

    def _read(self, profile: Profile) -> Read:
        # Doubts that facts raise are counted over whole rows.
        own = tuple(warning.code for warning in profile.warnings if warning.code not in _DOUBTS)
        named = tuple(warning.fields for warning in profile.warnings if warning.code == "named-elsewhere")
        return Read(tuple(domain.code(profile.facts[domain.field.name]) for _, domain in self._targets), own, named=named)

    @staticmethod
    def _refused(error: InvalidInput, owners: Sequence[int]) -> Read:
        """The n-th entry stands at line n."""
        return Read((), (), tuple(Refusal(owners[each.line - 1], each.code, each.message) for each in error.problems))

    def together(self, work: Work, read: Sequence[Part]) -> list[pa.Table]:
        """Each distinct combination of what the cells say, read once; returns tables of what is refused."""
        parts = [_numbered([said for _, said in known], which) for known, which in read]
        combinations, which = combined([len(said) for said, _ in parts], [each for _, each in parts], ~work.bad)
        found = [self._joined(tuple(said[n] for (said, _), n in zip(parts, each, strict=True))) for each in combinations]
        self._write(work, found, which)
        rejects = []
        for number, one in enumerate(found):
            for why in one.refusals:
                rows = np.flatnonzero(which == number)
                work.bad[rows] = True
                name = self._sources[why.source].column
                for cell, these in _by_cell(work.table[name], rows):
                    rejects.append(_rejects(work.numbers[these], name, cell, why))
        return rejects

    def _joined(self, said: tuple[Any, ...]) -> Read:
        known = self._joint.get(said)
        if known is None:
            if len(self._joint) > MOST_REMEMBERED:
                self._joint.clear()
            known = self._joint[said] = self._joint_read(said)
        return known

    def _joint_read(self, said: tuple[Any, ...]) -> Read:
        """Cells that say what each of the columns says, read as one patient file."""
        entry: dict[str, Any] = {}
        owners: dict[str, int] = {}
        for at, (source, one) in enumerate(zip(self._sources, said, strict=True)):
            if one is None:
                continue
            for key, cell in source.entry(one.cell).items():
                owners.setdefault(key, at)
                entry[key] = {**entry[key], **cell} if source.part and key in entry else cell
        try:
            return self._read(profile_from(entry, "<table>", self._fields))
        except InvalidInput as error:
            return self._refused(error, list(owners.values()))


_DOUBTS = frozenset(("fields-disagree", "named-elsewhere", *(doubt["code"] for doubt in CONTRADICTIONS)))


class Said:
    """A cell, equal to another of its column that says the same to whoever reads them together."""

    __slots__ = ("cell", "meaning")

    def __init__(self, cell: Any, meaning: Any) -> None:
        self.cell, self.meaning = cell, meaning

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and self.meaning == other.meaning

    def __hash__(self) -> int:
        return hash(self.meaning)


def _says(profile: Profile, source: Source, cell: Any) -> Said | None:
    """What counts of a cell; None where nothing is known by it."""
    if source.key == COMPONENTS and source.part:
        points = profile.measurements["child_pugh"]["points"] if "child_pugh" in profile.measurements else {}
        return Said(cell, tuple(points.values())) if points else None
    if source.part:
        staining = profile.measurements.get("cmet")
        known = staining and (staining["intensity"] is not None or staining["percent"] is not None)
        return Said(cell, profile["cmet"]) if known else None
    # Class and score may each be stated in one text ("B7"), and a contradiction quotes it.
    return Said(cell, (type(cell), str(cell))) if any(profile[name] is not None for name in profile.facts) else None


def _source(name: str, keys: Fields) -> Source | None:
    """What a column's name says that it holds; None for an identifier."""
    key, _ = keys.find_with_unit(name)
    if key is not None:
        return Source(name, key)
    whole, dot, part = name.partition(".")
    owner = keys.find(whole) if dot else None
    known = owner is not None and owner in PARTS and PARTS[owner].find_with_unit(part)[0]
    return Source(name, owner, part) if owner and known else None


def flat(batch: pa.RecordBatch | pa.Table) -> pa.Table:
    """The batch as a table whose columns are no structures: a component stands in a column of its own (`cmet.percent`)."""
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    # Arrow cannot select rows of texts that are views, as polars has them.
    wanted = pa.schema([field.with_type(_no_view(field.type)) for field in table.schema], table.schema.metadata)
    return table if wanted == table.schema else table.cast(wanted)


def _no_view(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), pa.large_string()) if kind.value_type == pa.string_view() else kind
    return pa.large_string() if kind == pa.string_view() else kind


def encoded(column: pa.ChunkedArray) -> Cells:
    """A column's distinct cells, and which one each row has."""
    whole = column.combine_chunks()
    if pa.types.is_null(whole.type):
        return Cells((), np.full(len(whole), -1, dtype=np.intp))
    if not pa.types.is_dictionary(whole.type):
        try:
            whole = whole.dictionary_encode()
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            return _encoded_cells(whole.to_pylist())
    which = pc.fill_null(
        whole.indices if pa.types.is_signed_integer(whole.indices.type) else whole.indices.cast(pa.int64()), -1
    ).to_numpy()
    distinct = whole.dictionary.to_pylist()
    if len(distinct) > FEW:
        # Categories that no row has are not read: there may be any number of them.
        present = np.flatnonzero(np.bincount(which + 1, minlength=len(distinct) + 1)[1:])
        places = np.full(len(distinct) + 1, -1, dtype=np.intp)
        places[present] = np.arange(len(present))
        return Cells([distinct[at] for at in present], places[which])
    return Cells(distinct, which)


def _encoded_cells(cells: Iterable[Any]) -> Cells:
    """As `encoded`, of lists and whatever else Arrow does not compare."""
    numbers: dict[str, int] = {}
    distinct: list[Any] = []
    which = []
    for cell in cells:
        if cell is None:
            which.append(-1)
            continue
        number = numbers.setdefault(repr(cell), len(distinct))
        if number == len(distinct):
            distinct.append(cell)
        which.append(number)
    return Cells(distinct, np.array(which, dtype=np.intp))


def combined(
    sizes: Sequence[int], columns: Sequence[Places], wanted: NDArray[np.bool_] | None = None
) -> tuple[list[tuple[int, ...]], Places]:
    """The distinct combinations of numbers, from -1 up, that wanted rows have, and which one each row has; -1 if not wanted."""
    wanted = np.ones(len(columns[0]), dtype=np.bool_) if wanted is None else wanted
    each = [size + 1 for size in sizes]
    if prod(each) > MOST_KEYS and len(sizes) > 1:
        # The first half, then the second, each renumbered: a key of all at once would not fit a word.
        half = len(sizes) // 2
        halves = [combined(sizes[:half], columns[:half], wanted), combined(sizes[half:], columns[half:], wanted)]
        pairs, which = combined([len(found) for found, _ in halves], [places for _, places in halves], wanted)
        return [(*halves[0][0][left], *halves[1][0][right]) for left, right in pairs], which
    key = np.zeros(len(wanted), dtype=np.int64)
    for size, column in zip(each, columns, strict=True):
        key *= size
        key += column + 1
    which = np.full(len(wanted), -1, dtype=np.intp)
    rows = slice(None) if wanted.all() else np.flatnonzero(wanted)
    if prod(each) <= MOST_TABULATED:
        # Marking what occurs in a table of all that could costs less than sorting a million keys.
        occurs = np.zeros(prod(each), dtype=np.bool_)
        occurs[key[rows]] = True
        found = np.flatnonzero(occurs)
        number = np.zeros(len(occurs), dtype=np.intp)
        number[found] = np.arange(len(found))
        which[rows] = number[key[rows]]
    else:
        found, inverse = np.unique(key[rows], return_inverse=True)
        which[rows] = inverse
    parts = np.unravel_index(found, each)
    return [tuple(int(n) - 1 for n in one) for one in zip(*parts, strict=True)], which


def _numbered(said: Sequence[Any], which: Places) -> tuple[list[Any], Places]:
    """Readings that say the same made one, the last place for what says nothing; `which` renumbered."""
    numbers: dict[Any, int] = {}
    places = [-1 if one is None else numbers.setdefault(one, len(numbers)) for one in said]
    return [*numbers, None], np.array([*places, -1], dtype=np.intp)[which]


def _by_cell(column: pa.ChunkedArray, rows: Places) -> Iterator[tuple[Any, Places]]:
    cells = encoded(column.take(pa.array(rows)))
    for number, cell in enumerate([*cells.distinct, None]):
        these = rows[cells.which == (number if number < len(cells.distinct) else -1)]
        if len(these):
            yield cell, these


def _rejects(rows: NDArray[np.int64], column: str, cell: Any, why: Refusal) -> pa.Table:
    shown = "" if cell is None else str(cell)
    told = [pa.repeat(text, len(rows)) for text in (column, shown, *why[1:])]
    return pa.table([pa.array(rows, pa.int64()), *told], schema=REJECTS)
