"""A cohort under one ruleset: answers as tables, everything that is refused, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hepatica.cohort.coding import Coded
from hepatica.cohort.kernel import kernel_for
from hepatica.cohort.mapping import TableMapping, found_field
from hepatica.cohort.rejects import Reject, first_of_each_row
from hepatica.cohort.run import Answered, BoundTable, KeptColumns, Shape, answered, side_by_side
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.cohort.summary import CohortSummary, MappingIdentity, ReadColumns, RowCounts, suppressed
from hepatica.cohort.tally import Tally, counted_warnings
from hepatica.evaluation import identity
from hepatica.knowledge import Ruleset
from hepatica.notice import notice
from hepatica.patient import Fields
from hepatica.problems import gathered

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 4
"""Rows of every batch that are evaluated again, one by one, by durable_rules."""
Progress = Callable[[int, int | None], None]


def stamp_of(ruleset: Ruleset, mapping: TableMapping) -> dict[str, str]:
    """What answers rest on, as every table carries it."""
    card = ruleset.card
    named = f"{card.id} {card.version} {ruleset.digest}"
    return {"ruleset": named, "mapping": mapping.identity, "notice": notice(card.as_of)}


class Counting:
    """What every run keeps: how many rows there were, what became of them, and the list of what was refused."""

    def __init__(self, sources: Sequence[TableSource], mapping: TableMapping, fields: Fields, progress: Progress | None) -> None:
        self.mapping = mapping
        self.bound = gathered(sources, lambda source: [BoundTable(source, mapping, fields)])
        self.rejects: list[Reject] = []
        self.answered = self.folded = self.rejected = 0
        # Text tables do not say how many rows they have, so a rest of the time is known of other kinds only.
        known = [source.rows for source in sources]
        self.total = None if None in known else sum(each or 0 for each in known)
        self._progress = progress

    def batches(self) -> Iterator[tuple[BoundTable, RawBatch, pa.Table]]:
        """Every batch of every table, with the columns that go with its answers."""
        kept = KeptColumns(self.bound)
        return ((table, raw, kept.of(table, raw)) for table in self.bound for raw in table.batches())

    @property
    def counts(self) -> RowCounts:
        """The rows so far: the parts add up."""
        rows = self.answered + self.rejected + self.folded
        return RowCounts(rows=rows, answered=self.answered, rejected=self.rejected, folded=self.folded)

    @property
    def said(self) -> str:
        """The counts in a line."""
        found = self.counts
        folded = f", {found.folded:,} further rows of the same patients" if found.folded else ""
        return f"{found.rows:,} rows: {found.answered:,} answered, {found.rejected:,} rejected{folded}"

    def passed(self, coded: Coded) -> list[Reject]:
        """Counts one batch; returns the first reject of every refused row."""
        first = first_of_each_row(coded.rejects)
        self.rejects += coded.rejects
        self.answered += len(coded.rows)
        self.folded += coded.folded
        self.rejected += len(first)
        if self._progress:
            self._progress(self.answered + self.rejected + self.folded, self.total)
        return first

    @property
    def read(self) -> dict[str, Any]:
        """What every summary says of the tables: which mapping read them, their names, their rows."""
        mapping = MappingIdentity(id=self.mapping.mapping, title=self.mapping.title, digest=self.mapping.digest)
        return {"mapping": mapping, "tables": tuple(each.source.name for each in self.bound), "rows": self.counts}


class Cohort(Counting):
    """A run under one ruleset: go through `tables` once, then ask for the `summary`."""

    changed = 0
    """Nothing is compared: see `CohortComparison`."""

    def __init__(
        self,
        sources: Sequence[TableSource],
        mapping: TableMapping,
        ruleset: Ruleset,
        *,
        verify_all: bool = False,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(sources, mapping, ruleset.fields, progress)
        self.ruleset = ruleset
        self.kernel = kernel_for(ruleset, self.total)
        self.tally = Tally(self.kernel)
        self._verify = -1 if verify_all else SAMPLE
        self.verified = 0

    @property
    def stamp(self) -> dict[str, str]:
        """What answers rest on."""
        return stamp_of(self.ruleset, self.mapping)

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """The answers, batch by batch, all of one schema; at least one table, which may have no rows. Without a shape there are
        none: the rows are only counted."""
        for made in side_by_side(self._answered, ((*batch, shape) for batch in self.batches())):
            coded = made.coded
            self.tally.add(made.answers)
            # A refused row counts once, under the first thing that is wrong with it.
            self.tally.refuse(self.passed(coded))
            self.tally.warnings.update(coded.warnings)
            self.verified += len(coded.sample)
            if made.table is not None:
                yield made.table

    def _answered(self, table: BoundTable, raw: RawBatch, given: pa.Table, shape: Shape | None) -> Answered:
        """One batch from cells to a table; raises `InternalError` where durable_rules has another answer for a row."""
        return answered(table, self.kernel, raw, shape, self._verify, given)

    def summary(self, least: int = 0) -> CohortSummary:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        tally, rules = self.tally, self.ruleset
        missing, examined = tally.missing()
        found = CohortSummary(
            notice=notice(rules.card.as_of),
            ruleset=identity(rules),
            **self.read,
            columns=tuple({one.field: one for one in self._columns()}.values()),
            suppress_below=0,
            scope=tally.scopes(),
            out_of_scope=tally.scope_reasons(),
            patients=tuple(tally.described()),
            strongest=tally.standings(),
            therapies=tally.therapies(),
            missing=missing,
            examined=examined,
            rejects=tally.refused(),
            warnings=counted_warnings(tally.warnings),
            verified=self.verified,
        )
        return suppressed(found, least)

    def _columns(self) -> Iterator[ReadColumns]:
        for key, reading in ((key, reading) for each in self.bound for key, reading in each.mapping.fields.items()):
            named = found_field(key, self.ruleset.fields)
            if named is not None:
                columns = reading.columns or (f"{reading.value}, for all rows",)
                yield ReadColumns(field=key, title=named[1].title, columns=columns)
