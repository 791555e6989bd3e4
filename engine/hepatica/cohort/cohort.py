"""A cohort under one ruleset or two: answers as tables, everything that is refused, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from hepatica.cohort.cells import Reject, beside, combined
from hepatica.cohort.coding import Coded
from hepatica.cohort.kernel import LIST_NAMES, Answers, kernel_for
from hepatica.cohort.mapping import TableMapping, found_field
from hepatica.cohort.run import BoundTable, Shape, answered, side_by_side
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.cohort.summary import (
    SCOPES,
    CohortDiff,
    CohortSummary,
    CohortTherapyTurn,
    CohortTurn,
    MappingIdentity,
    Number,
    ReadColumns,
    RowCounts,
    Tally,
    hidden,
    suppressed,
    suppressed_rows,
)
from hepatica.evaluation import identity
from hepatica.knowledge import RANK, STANDINGS, Ruleset
from hepatica.notice import notice
from hepatica.patient import Fields
from hepatica.problems import gathered

SAMPLE = 4
"""Rows of every batch that are evaluated again, one by one, by durable_rules."""
Progress = Callable[[int, int | None], None]


class Counting:
    """What every run keeps: how many rows there were, what became of them, and the list of what was refused."""

    changed = 0
    """1 where two rulesets are compared, and any row is answered differently: a command's exit code."""

    def __init__(self, sources: Sequence[TableSource], mapping: TableMapping, fields: Fields, progress: Progress | None) -> None:
        self.mapping = mapping
        self.bound = gathered(sources, lambda source: [BoundTable(source, mapping, fields)])
        BoundTable.alike(self.bound)
        self.rejects: list[Reject] = []
        self.answered = self.folded = self.rejected = 0
        # Text tables do not say how many rows they have, so a rest of the time is known of other kinds only.
        known = [source.rows for source in sources]
        self.total = None if None in known else sum(each or 0 for each in known)
        self._progress = progress

    def stamp_of(self, ruleset: Ruleset) -> dict[str, str]:
        """What answers rest on, as every table carries it."""
        card = ruleset.card
        named = f"{card.id} {card.version} {ruleset.digest}"
        return {"ruleset": named, "mapping": self.mapping.identity, "notice": notice(card.as_of)}

    @property
    def said(self) -> str:
        """The counts in a line."""
        folded = f", {self.folded:,} further rows of the same patients" if self.folded else ""
        return f"{self.counts.rows:,} rows: {self.answered:,} answered, {self.rejected:,} rejected{folded}"

    @property
    def counts(self) -> RowCounts:
        """The rows so far: the parts add up."""
        rows = self.answered + self.rejected + self.folded
        return RowCounts(rows=rows, answered=self.answered, rejected=self.rejected, folded=self.folded)

    def passed(self, coded: Coded) -> list[Reject]:
        """Counts one batch; returns the first reject of every refused row, so that rows and rejects add up."""
        # Backwards, so that the first of a row is written last, and stays.
        first = list({one.row: one for one in reversed(coded.rejects)}.values())[::-1]
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
        return self.stamp_of(self.ruleset)

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """The answers, batch by batch, all of one schema; at least one table, which may have no rows. Without a shape there are
        none: the rows are only counted."""
        items = ((table, self.kernel, raw, shape, self._verify) for table in self.bound for raw in table.batches())
        for made in side_by_side(answered, items):
            # A refused row counts once, under the first thing that is wrong with it.
            self.tally.add(made, self.passed(made.coded))
            self.verified += len(made.coded.sample)
            if made.table is not None:
                yield made.table

    def summary(self, least: int = 0) -> CohortSummary:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        columns = {}
        for key, reading in ((key, reading) for each in self.bound for key, reading in each.mapping.fields.items()):
            if named := found_field(key, self.ruleset.fields):
                read = reading.columns or (f"{reading.value}, for all rows",)
                columns[key] = ReadColumns(field=key, title=named[1].title, columns=read)
        found = CohortSummary(
            notice=notice(self.ruleset.card.as_of),
            ruleset=identity(self.ruleset),
            **self.read,
            columns=tuple(columns.values()),
            suppress_below=0,
            **self.tally.counts(),
            verified=self.verified,
        )
        return suppressed(found, least)


class CohortComparison(Counting):
    """A run under two rulesets: go through `tables` once, then ask for the `summary`."""

    def __init__(
        self,
        sources: Sequence[TableSource],
        mapping: TableMapping,
        old: Ruleset,
        new: Ruleset,
        *,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(sources, mapping, old.fields.beside(new.fields), progress)
        self.old, self.new = old, new
        self._kernels = [kernel_for(ruleset, self.total) for ruleset in (old, new)]
        self._all = tuple(dict.fromkeys((*old.therapies, *new.therapies)))
        # What is compared: scope, strongest standing, and each therapy's list; the last word is for what there is not.
        self._words: list[tuple[str, ...]] = [tuple(SCOPES), (*RANK, ""), *[(*LIST_NAMES, "")] * len(self._all)]
        self._shared = [True, True, *(name in old.therapies and name in new.therapies for name in self._all)]
        self._turns = [np.zeros((len(words), len(words)), dtype=np.int64) for words in self._words]
        self.changed_rows = 0

    @property
    def stamp(self) -> dict[str, str]:
        """What the comparison rests on."""
        return {**self.stamp_of(self.old), "new_ruleset": self.stamp_of(self.new)["ruleset"]}

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """By row what changes (wide), or a row to each patient and therapy whose list changes (long); at least one table."""
        for found in side_by_side(self._answered, ((table, raw) for table in self.bound for raw in table.batches())):
            coded = found[0].coded
            self.passed(coded)
            turns = list(zip(*map(self._placed, found), strict=True))
            differs = reduce(np.logical_or, [old != new for (old, new), own in zip(turns, self._shared, strict=True) if own])
            self.changed_rows += int(differs.sum())
            self.changed = int(self.changed_rows > 0)
            for counts, turn in zip(self._turns, turns, strict=True):
                np.add.at(counts, turn, 1)  # unlike `counts[turn] += 1`, which counts a pair that occurs twice once
            if shape:
                which, columns = self._long(turns) if shape == "long" else self._wide(turns, differs)
                yield beside(pa.table({"row": coded.rows[which], **columns}), coded.given.take(coded.places[which]))

    def _answered(self, table: BoundTable, raw: RawBatch) -> list[Answers]:
        """The answers of both rulesets to the rows that both can read."""
        pair = [table.coded(kernel.coder, raw) for kernel in self._kernels]
        # What one ruleset refuses the other may read, for their fields differ; such a row has no answer to compare.
        good = np.intersect1d(pair[0].rows, pair[1].rows)
        # Both rulesets may refuse the same cell.
        rejects = sorted({*pair[0].rejects, *pair[1].rejects})
        both = [coded.at(np.flatnonzero(np.isin(coded.rows, good)))._replace(rejects=rejects) for coded in pair]
        return [kernel.answer(coded) for kernel, coded in zip(self._kernels, both, strict=True)]

    def _placed(self, found: Answers) -> list[Any]:
        """By what is compared, the place of each row's word in `_words`."""
        own = {name: place for place, name in enumerate(found.kernel.ruleset.therapies)}
        scopes = np.array([self._words[0].index(scope) for scope in found.kernel.scopes])[found.outcome(len(own))]
        unknown = np.full(len(scopes), len(LIST_NAMES), dtype=np.int8)
        lists = (found.list_of(own[name]) if name in own else unknown for name in self._all)
        return [scopes, np.minimum(found.strongest >> 20, len(RANK)), *lists]

    def _wide(self, turns: Sequence[Any], differs: Any) -> tuple[Any, dict[str, Any]]:
        columns = {"changed": pa.array(differs)}
        for name, words, pair in zip(("scope", "strongest"), self._words, turns, strict=False):
            for lead, each in zip(("", "new_"), pair, strict=True):
                columns[f"{lead}{name}"] = pa.array(words).take(pa.array(each))
        # The therapies whose list changes, told once for each way in which a row changes.
        ways = combined([each for pair in turns[2:] for each in pair])
        columns["changes"] = pa.array(map(self._way, ways.found), pa.string()).take(pa.array(ways.which))
        return np.arange(len(differs)), columns

    def _way(self, way: tuple[int, ...]) -> str:
        """A way in which a row changes, in words; that a ruleset does not know what the other has no evidence for is no news."""
        named = (*LIST_NAMES, "not in this ruleset")
        absent = len(LIST_NAMES)
        silent = {LIST_NAMES.index("ruled_out"), LIST_NAMES.index("unreported"), absent}
        return "; ".join(
            f"{name}: {named[old]} -> {named[new]}"
            for name, old, new in zip(self._all, way[::2], way[1::2], strict=True)
            if old != new and (absent not in (old, new) or not {old, new} <= silent)
        )

    def _long(self, turns: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        old, new = (np.array(side).reshape(len(self._all), -1).T for side in zip(*turns[2:], strict=True))
        which, place = np.nonzero(old != new)  # by row, then by therapy
        named = pa.array([*LIST_NAMES, ""])
        columns = {"therapy": pa.array(self._all).take(pa.array(place)), "list": named.take(pa.array(old[which, place]))}
        return which, {**columns, "new_list": named.take(pa.array(new[which, place]))}

    def summary(self, least: int = 0) -> CohortDiff:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        ranked = [*(STANDINGS[name].title for name in RANK), "no certain option"]
        scopes = [title.lower() for title in SCOPES.values()]
        therapies = []
        for place, name in enumerate(self._all, 2):
            card = self.new.therapies.get(name) or self.old.therapies[name]
            turns = [turn for turn in self._told(place, self._words[place], least) if turn.old != turn.new]
            therapies += [
                CohortTherapyTurn(therapy=name, name=card.name, old=one.old, new=one.new, rows=one.rows) for one in turns
            ]
        return CohortDiff(
            notice=notice(self.new.card.as_of),
            ruleset=identity(self.old),
            new_ruleset=identity(self.new),
            **{**self.read, "rows": suppressed_rows(self.counts, least)},
            suppress_below=least if least > 1 else 0,
            changed=hidden([self.changed_rows, self.answered - self.changed_rows], least)[0],
            scope=self._told(0, scopes, least),
            strongest=self._told(1, ranked, least),
            therapies=tuple(sorted(therapies, key=lambda one: (-(one.rows or 0), one.name, one.old, one.new))),
        )

    def _told(self, place: int, words: Sequence[str], least: int) -> tuple[CohortTurn, ...]:
        """The turns of what is compared at a place, the commonest first, small numbers hidden."""
        counts = self._turns[place]
        pairs = sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: -counts[pair])
        numbers: list[Number] = hidden([int(counts[pair]) for pair in pairs], least)
        turns = zip(pairs, numbers, strict=True)
        return tuple(CohortTurn(old=words[old], new=words[new], rows=rows) for (old, new), rows in turns)
