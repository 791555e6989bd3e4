"""A cohort under one ruleset: answers as tables, everything that is refused, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hepatica.cohort.kernel import Answers, kernel_for
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.rejects import Reject
from hepatica.cohort.run import KeptColumns, ReadBatch, bound_to, coded_batch, in_order, read_batches, read_columns
from hepatica.cohort.sources import TableSource
from hepatica.cohort.streaming import Shape, held_to_durable_rules, shaped, side_by_side
from hepatica.cohort.summary import CohortSummary, MappingIdentity, ReadColumns, RowCounts, suppressed
from hepatica.cohort.tally import Tally, counted_warnings
from hepatica.evaluation import evaluator_of, identity
from hepatica.inference import SCOPE
from hepatica.knowledge import Ruleset
from hepatica.notice import notice
from hepatica.patient import Value
from hepatica.wording import Wording, shown

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

    def __init__(self, sources: Sequence[TableSource], mapping: TableMapping, progress: Progress | None) -> None:
        self.sources, self.mapping = sources, mapping
        self.rejects: list[Reject] = []
        self.answered = self.folded = self.rejected = 0
        known = [source.rows for source in sources]
        self._total = None if None in known else sum(each or 0 for each in known)
        self._progress = progress

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

    def passed(self, answered: int, folded: int, rejects: Sequence[Reject]) -> list[Reject]:
        """Counts one batch; returns the first reject of every refused row."""
        every, first = in_order(rejects)
        self.rejects += every
        self.answered += answered
        self.folded += folded
        self.rejected += len(first)
        if self._progress:
            self._progress(self.answered + self.rejected + self.folded, self._total)
        return first

    @property
    def mapping_identity(self) -> MappingIdentity:
        """Which mapping read the tables."""
        return MappingIdentity(id=self.mapping.mapping, title=self.mapping.title, digest=self.mapping.digest)


class Cohort(Counting):
    """A run under one ruleset: go through `tables` once, then ask for the `summary`."""

    def __init__(
        self,
        sources: Sequence[TableSource],
        mapping: TableMapping,
        ruleset: Ruleset,
        *,
        verify_all: bool = False,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(sources, mapping, progress)
        self.ruleset = ruleset
        self.kernel = kernel_for(ruleset, self._total)
        self._mappings = bound_to(mapping, sources, ruleset.fields)
        self.tally = Tally(self.kernel)
        self._verify_all = verify_all
        self.verified = 0

    @property
    def stamp(self) -> dict[str, str]:
        """What answers rest on."""
        return stamp_of(self.ruleset, self.mapping)

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """The answers, batch by batch, all of one schema; at least one table, which may have no rows. Without a shape there are
        none: the rows are only counted."""
        kept = KeptColumns(self.sources, self._mappings)
        for source, bound in zip(self.sources, self._mappings, strict=True):
            batches = read_batches(source, bound, self.ruleset.fields)
            items = ((bound, each, kept.of(each), shape) for each in batches)
            for batch, answers, rejects, table in side_by_side(self._answered, items):
                self.tally.add(answers)
                self.tally.refuse(self.passed(len(answers.coded.rows), batch.folded, rejects))
                self.tally.warnings.update(answers.coded.warnings)
                self.verified += self._checked(len(answers.coded.rows))
                if table is not None:
                    yield table

    def _checked(self, rows: int) -> int:
        """How many of so many rows are evaluated again by durable_rules."""
        return rows if self._verify_all else min(rows, SAMPLE)

    def _answered(
        self, bound: TableMapping, batch: ReadBatch, kept: Any, shape: Shape | None
    ) -> tuple[ReadBatch, Answers, list[Reject], pa.Table | None]:
        """One batch from cells to a table; raises `InternalError` where durable_rules has another answer for a row."""
        coded, rejects = coded_batch(self.kernel, batch, bound, kept)
        answers = self.kernel.answer(coded)
        held_to_durable_rules(answers, batch.table, self._checked(len(coded.rows)))
        return batch, answers, rejects, identified(shaped(answers, shape), kept) if shape else None

    def summary(self, least: int = 0) -> CohortSummary:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        tally, rules = self.tally, self.ruleset
        missing, examined = tally.missing()
        columns = {key: (title, names) for bound in self._mappings for key, title, names in read_columns(bound, rules.fields)}
        found = CohortSummary(
            notice=notice(rules.card.as_of),
            ruleset=identity(rules),
            mapping=self.mapping_identity,
            tables=tuple(source.name for source in self.sources),
            columns=tuple(ReadColumns(field=key, title=title, columns=names) for key, (title, names) in columns.items()),
            suppress_below=0,
            rows=self.counts,
            scope=tally.scopes(),
            out_of_scope=tally.scope_reasons(self._scope_fields(), self._words),
            patients=tally.described(self._value),
            strongest=tally.standings(),
            therapies=tally.therapies(),
            missing=missing,
            examined=examined,
            rejects=tally.refused(),
            warnings=counted_warnings(tally.warnings),
            verified=self.verified,
        )
        return suppressed(found, least)

    def _scope_fields(self) -> list[str]:
        read = evaluator_of(self.ruleset).explained[SCOPE].fields
        return [name for name in self.ruleset.fields if name in read]

    def _value(self, name: str, value: Value | None) -> str:
        return shown(self.ruleset.fields[name], value)

    def _words(self, name: str, value: Value | None) -> str:
        return Wording(self.ruleset).fact(name, value)


def identified(table: pa.Table, kept: pa.Table | None) -> pa.Table:
    """Answers with the columns that were given right behind the row's number, where a reader looks for them."""
    names = table.column_names
    last = len(names) - (len(kept.column_names) if kept is not None else 0)
    return table.select([names[0], *names[last:], *names[1:last]])
