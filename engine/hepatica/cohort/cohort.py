"""A cohort under one ruleset or two: answers as tables, everything that is refused, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from hepatica.cohort.cells import Reject, beside, combined
from hepatica.cohort.kernel import LIST_NAMES, Answers, Kernel, kernel_for
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
    ReadColumns,
    RowCounts,
    Tally,
    hidden,
    suppressed_rows,
)
from hepatica.evaluation import identity
from hepatica.knowledge import RANK, STANDINGS, Ruleset
from hepatica.notice import notice
from hepatica.problems import gathered

SAMPLE = 4
"""Rows of every batch that are evaluated again, one by one, by durable_rules."""
Progress = Callable[[int, int | None], None]


class Cohort:
    """A run under one ruleset, or under two that are compared: go through `tables` once, then ask for the `summary`."""

    def __init__(
        self,
        sources: Sequence[TableSource],
        mapping: TableMapping,
        *rulesets: Ruleset,
        verify_all: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.mapping, self.rulesets = mapping, rulesets
        fields = rulesets[0].fields.beside(*(other.fields for other in rulesets[1:]))
        self.bound = gathered(sources, lambda source: [BoundTable(source, mapping, fields)])
        BoundTable.alike(self.bound)
        self.rejects: list[Reject] = []
        self.answered = self.folded = self.rejected = self.verified = 0
        # Text tables do not say how many rows they have, so a rest of the time is known of other kinds only.
        known = [source.rows for source in sources if source.rows is not None]
        self.total = sum(known) if len(known) == len(sources) else None
        self._kernels = [kernel_for(ruleset, self.total) for ruleset in rulesets]
        self._counted: Tally | Turns = Turns(*self._kernels) if len(rulesets) > 1 else Tally(*self._kernels)
        self._verify, self._progress = -1 if verify_all else SAMPLE, progress

    @property
    def changed(self) -> int:
        """1 where two rulesets are compared, and any row is answered differently: a command's exit code."""
        return int(isinstance(self._counted, Turns) and self._counted.changed > 0)

    @property
    def stamp(self) -> dict[str, str]:
        """What answers rest on, as every table carries it."""
        old, *new = (f"{one.card.id} {one.card.version} {one.digest}" for one in self.rulesets)
        mapping = f"{self.mapping.mapping or 'column names'} {self.mapping.digest}"
        found = {"ruleset": old, "mapping": mapping, "notice": notice(self.rulesets[0].card.as_of)}
        return {**found, "new_ruleset": new[0]} if new else found

    @property
    def rows(self) -> int:
        """How many rows were gone through."""
        return self.answered + self.rejected + self.folded

    @property
    def said(self) -> str:
        """The counts in a line."""
        folded = f", {self.folded:,} further rows of the same patients" if self.folded else ""
        return f"{self.rows:,} row{'s' * (self.rows != 1)}: {self.answered:,} answered, {self.rejected:,} rejected{folded}"

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """The answers, batch by batch, all of one schema; at least one table, which may have no rows. Without a shape there are
        none: the rows are only counted.

        Of two rulesets by row what changes (wide), or a row to each patient and therapy whose list changes (long).
        """
        items = ((table, raw, shape) for table in self.bound for raw in table.batches())
        for found in side_by_side(self._answered, items):
            coded = found[0].coded
            # A refused row counts once, under the first thing that is wrong with it: backwards, that is written last, and stays.
            first = list({one.row: one for one in reversed(coded.rejects)}.values())[::-1]
            self.rejects += coded.rejects
            self.answered += len(coded.rows)
            self.folded += coded.folded
            self.rejected += len(first)
            self.verified += len(coded.sample)
            if self._progress:
                self._progress(self.rows, self.total)
            if (made := self._counted.add(found, first, shape)) is not None:
                yield made

    def _answered(self, table: BoundTable, raw: RawBatch, shape: Shape | None) -> list[Answers]:
        """The answers of every ruleset to the rows of a batch that all can read."""
        if len(self._kernels) == 1:
            return [answered(table, self._kernels[0], raw, shape, self._verify)]
        pair = [table.coded(kernel.coder, raw) for kernel in self._kernels]
        # What one ruleset refuses the other may read, for their fields differ; such a row has no answer to compare.
        good = np.intersect1d(pair[0].rows, pair[1].rows)
        rejects = sorted({*pair[0].rejects, *pair[1].rejects})  # both may refuse the same cell
        both = [coded.at(np.flatnonzero(np.isin(coded.rows, good)))._replace(rejects=rejects) for coded in pair]
        return [kernel.answer(coded) for kernel, coded in zip(self._kernels, both, strict=True)]

    def summary(self, least: int = 0) -> CohortSummary | CohortDiff:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        unread = dict.fromkeys(name for each in self.bound for name in each.mapping.unread(each.source.columns))
        read: dict[str, Any] = {
            "mapping": MappingIdentity(id=self.mapping.mapping, title=self.mapping.title, digest=self.mapping.digest),
            "tables": tuple(each.source.name for each in self.bound),
            "unread": tuple(unread),
            "rows": RowCounts(rows=self.rows, answered=self.answered, rejected=self.rejected, folded=self.folded),
        }
        if isinstance(self._counted, Turns):
            return self._counted.summary(read, least)
        columns = {}
        for key, reading in ((key, reading) for each in self.bound for key, reading in each.mapping.fields.items()):
            if named := found_field(key, self.rulesets[0].fields):
                cells = reading.columns or (f"{reading.value}, for all rows",)
                columns[key] = ReadColumns(field=key, title=named[1].title, columns=cells)
        return self._counted.summary({**read, "columns": tuple(columns.values()), "verified": self.verified}, least)


class Turns:
    """Counts over all batches of what two rulesets answer differently."""

    def __init__(self, old: Kernel, new: Kernel) -> None:
        self.old, self.new = old.ruleset, new.ruleset
        self._all = tuple(dict.fromkeys((*self.old.therapies, *self.new.therapies)))
        # What is compared: scope, strongest standing, and each therapy's list; the last word is for what there is not.
        self._words: list[tuple[str, ...]] = [tuple(SCOPES), (*RANK, ""), *[(*LIST_NAMES, "")] * len(self._all)]
        self._shared = [True, True, *(name in self.old.therapies and name in self.new.therapies for name in self._all)]
        self._turns = [np.zeros((len(words), len(words)), dtype=np.int64) for words in self._words]
        self.changed = 0

    def add(self, found: Sequence[Answers], _: Any, shape: Shape | None) -> pa.Table | None:
        """Counts the answers of both rulesets to the same rows; returns what changes as a table where a shape is asked for."""
        coded, turns = found[0].coded, list(zip(*map(self._placed, found), strict=True))
        differs = reduce(np.logical_or, [old != new for (old, new), own in zip(turns, self._shared, strict=True) if own])
        self.changed += int(differs.sum())
        for counts, turn in zip(self._turns, turns, strict=True):
            np.add.at(counts, turn, 1)  # unlike `counts[turn] += 1`, which counts a pair that occurs twice once
        if not shape:
            return None
        which, columns = self._long(turns) if shape == "long" else self._wide(turns, differs)
        return beside(pa.table({"row": coded.rows[which], **columns}), coded.given.take(coded.places[which]))

    def _placed(self, found: Answers) -> list[Any]:
        """By what is compared, the place of each row's word in `_words`."""
        own = {name: place for place, name in enumerate(found.kernel.ruleset.therapies)}
        scopes = np.array([self._words[0].index(scope) for scope in found.kernel.scopes])[found.outcome(len(own))]
        unknown = np.full(len(scopes), len(LIST_NAMES), dtype=np.int8)
        lists = (found.list_of(own[name]) if name in own else unknown for name in self._all)
        return [scopes, np.minimum(found.strongest >> 20, len(RANK)), *lists]

    def _wide(self, turns: Sequence[Any], differs: Any) -> tuple[Any, dict[str, Any]]:
        columns = {"changed": pa.array(differs)}
        for name, words, (old, new) in zip(("scope", "strongest"), self._words, turns, strict=False):
            columns |= {each: pa.array(words).take(pa.array(at)) for each, at in ((name, old), (f"new_{name}", new))}
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
        lists = pa.array([*LIST_NAMES, ""])
        turn = {name: lists.take(pa.array(side[which, place])) for name, side in (("list", old), ("new_list", new))}
        return which, {"therapy": pa.array(self._all).take(pa.array(place)), **turn}

    def summary(self, read: Mapping[str, Any], least: int) -> CohortDiff:
        """What all batches come to, with numbers below `least` hidden; `read` says what was gone through."""
        ranked = [*(STANDINGS[name].title for name in RANK), "no certain option"]
        scopes = [title.lower() for title in SCOPES.values()]
        therapies = []
        for place, name in enumerate(self._all, 2):
            card = self.new.therapies.get(name) or self.old.therapies[name]
            turns = [turn for turn in self._told(place, self._words[place], least) if turn.old != turn.new]
            therapies += [CohortTherapyTurn(therapy=name, name=card.name, **vars(turn)) for turn in turns]
        rows = read["rows"]
        return CohortDiff(
            notice=notice(self.new.card.as_of),
            ruleset=identity(self.old),
            new_ruleset=identity(self.new),
            **{**read, "rows": suppressed_rows(rows, least)},
            suppress_below=least if least > 1 else 0,
            changed=hidden([self.changed, rows.answered - self.changed], least)[0],
            scope=self._told(0, scopes, least),
            strongest=self._told(1, ranked, least),
            therapies=tuple(sorted(therapies, key=lambda one: (-(one.rows or 0), one.name, one.old, one.new))),
        )

    def _told(self, place: int, words: Sequence[str], least: int) -> tuple[CohortTurn, ...]:
        """The turns of what is compared at a place, the commonest first, small numbers hidden."""
        counts = self._turns[place]
        pairs = sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: -counts[pair])
        numbers = hidden([int(counts[pair]) for pair in pairs], least)
        turns = zip(pairs, numbers, strict=True)
        return tuple(CohortTurn(old=words[old], new=words[new], rows=rows) for (old, new), rows in turns)
