"""A cohort from end to end: tables are read, mapped, answered and counted, batch by batch; every row is answered or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hepatica.cohort.canonical import Canonical, canonical
from hepatica.cohort.mapping import TableMapping, found_field
from hepatica.cohort.rejects import Reject, shortened
from hepatica.cohort.sources import RawBatch, TableSource, plain_cell, simple_column
from hepatica.cohort.visits import gathered_visits
from hepatica.patient import Fields
from hepatica.problems import InvalidInput, Problem, gathered, quote

if TYPE_CHECKING:
    from hepatica.cohort.coding import Coded
    from hepatica.cohort.kernel import Kernel


class ReadBatch(NamedTuple):
    """Some patients ready to be coded: the canonical table of n rows, their numbers (n,), the columns that go with them, what
    was refused, and how many rows were folded into others of the same patient."""

    file: str
    table: Any
    rows: Any
    kept: Any
    rejects: list[Reject]
    folded: int = 0


def bound_to(mapping: TableMapping, sources: Sequence[TableSource], fields: Fields) -> list[TableMapping]:
    """The mapping for the columns of each table; raises `InvalidInput` with what is wrong with any."""
    return gathered(sources, lambda source: [mapping.over(source.columns, fields, source.name)])


def read_batches(source: TableSource, mapping: TableMapping, fields: Fields) -> Iterator[ReadBatch]:
    """The patients of one table. `mapping` is bound to it."""
    if mapping.rows is not None:
        yield _visits(source, mapping, fields)
        return
    for raw in source.batches():
        found = canonical(mapping, raw.table, fields, raw.rows, european=source.european)
        kept = raw.table.select(mapping.kept(raw.table.column_names))
        yield _without_refused(source, raw, found, kept)


def _without_refused(source: TableSource, raw: RawBatch, found: Canonical, kept: Any) -> ReadBatch:
    import numpy as np

    rejects = [one._replace(file=source.name) for one in (*raw.rejects, *found.rejects)]
    if not found.rejects:
        return ReadBatch(source.name, found.table, raw.rows, kept, rejects)
    good = np.flatnonzero(~np.isin(raw.rows, [one.row for one in found.rejects]))
    return ReadBatch(source.name, found.table.take(good), raw.rows[good], kept.take(good), rejects)


def _visits(source: TableSource, mapping: TableMapping, fields: Fields) -> ReadBatch:
    """All rows of a table at once, since those of one patient may stand anywhere in it."""
    import numpy as np
    import pyarrow as pa

    batches = list(source.batches())
    raw = pa.concat_tables([each.table for each in batches], promote_options="permissive")
    rows = np.concatenate([each.rows for each in batches])
    found = canonical(mapping, raw, fields, rows, european=source.european)
    visits = gathered_visits(mapping, raw, found.table, rows, found.rejects)
    no_rows = [one for each in batches for one in each.rejects]
    rejects = [one._replace(file=source.name) for one in (*no_rows, *visits.rejects)]
    return ReadBatch(source.name, visits.table, visits.rows, visits.kept, rejects, visits.folded)


class KeptColumns:
    """The columns that go with the answers, the same for all tables: what a table lacks is empty there."""

    def __init__(self, sources: Sequence[TableSource], mappings: Sequence[TableMapping]) -> None:
        pairs = zip(sources, mappings, strict=True)
        self.names = tuple(dict.fromkeys(name for source, mapping in pairs for name in mapping.kept(source.columns)))
        self._several = len(sources) > 1
        self._kinds: dict[str, Any] = {}

    def of(self, batch: ReadBatch) -> Any:
        """The columns of a batch as a table of its n rows; of several tables, with the name of the file."""
        import pyarrow as pa

        rows = len(batch.rows)
        file = {"file": pa.repeat(batch.file, rows)} if self._several else {}
        own = {name: self._alike(name, batch, rows) for name in self.names}
        return pa.table({**file, **own}) if file or own else None

    def _alike(self, name: str, batch: ReadBatch, rows: int) -> Any:
        """A column in the kind that it has had in the batches before, or as text from the first where tables may differ."""
        import pyarrow as pa

        column = batch.kept.column(name) if name in batch.kept.column_names else pa.nulls(rows, pa.string())
        kind = self._kinds.setdefault(name, pa.string() if self._several else column.type)
        if column.type == kind:
            return column
        if pa.types.is_string(kind):
            return pa.array([plain_cell(cell) for cell in column.to_pylist()], kind)
        try:
            return column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            message = f"the column {quote(name)} holds {column.type} after {kind}; a column that is kept needs one kind of value"
            raise InvalidInput([Problem(batch.file, 1, 1, "mixed-column", message)]) from None


def coded_batch(kernel: Kernel, batch: ReadBatch, bound: TableMapping, kept: Any) -> tuple[Coded, list[Reject]]:
    """The codes of a batch, and everything that was refused in it, by the mapping or by the fields' readers."""
    coded = kernel.coder.code(batch.table, batch.rows)
    return coded._replace(given=coded.given if kept is None else kept), [*batch.rejects, *located(coded.rejects, bound, batch)]


def located(rejects: Any, mapping: TableMapping, batch: ReadBatch) -> list[Reject]:
    """What the coder refused (`row`, `column`, `value`, `code`, `reason`), under the table's own names of columns."""
    found = []
    for one in rejects.to_pylist():
        reading = mapping.fields.get(one["column"])
        columns = reading.columns if reading else ()
        column = columns[0] if columns else one["column"]
        found.append(Reject(one["row"], column, shortened(one["value"]), one["code"], one["reason"], batch.file))
    return found


def in_order(rejects: Iterable[Reject]) -> tuple[list[Reject], list[Reject]]:
    """All rejects by row, and of each row the first."""
    every = sorted(rejects, key=lambda one: (one.file, one.row, one.column, one.code))
    first = {(one.file, one.row): one for one in reversed(every)}
    return every, [first[place] for place in dict.fromkeys((one.file, one.row) for one in every)]


def reject_table(rejects: Sequence[Reject]) -> Any:
    """Rejects as an Arrow table: file, row, column, value, code, reason."""
    import pyarrow as pa

    from hepatica.cohort.coding import REJECTS

    return pa.Table.from_pylist([one._asdict() for one in rejects], pa.schema([pa.field("file", pa.string()), *REJECTS]))


def read_columns(mapping: TableMapping, fields: Fields) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each field that is read: its name, its title and its columns."""
    for key, reading in mapping.fields.items():
        named = found_field(key, fields)
        if named is not None:
            yield key, named[1].title, reading.columns or (f"{reading.value}, for all rows",)


def in_memory(table: Any) -> TableSource:
    """An Arrow table as a source of one batch."""
    import numpy as np
    import pyarrow as pa

    simple = pa.table([simple_column(column.combine_chunks()) for column in table.columns], names=table.column_names)
    batch = RawBatch(simple, np.arange(1, table.num_rows + 1))
    return TableSource("<table>", tuple(table.column_names), lambda: iter([batch]), table.num_rows)
