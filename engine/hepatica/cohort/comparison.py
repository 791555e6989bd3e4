"""A cohort under two rulesets: which rows are answered differently, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from hepatica.cohort.cells import combined
from hepatica.cohort.cohort import Counting, Progress, stamp_of
from hepatica.cohort.kernel import Answers, beside, kernel_for
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.rejects import Reject
from hepatica.cohort.run import BoundTable, Shape, side_by_side
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.cohort.summary import MappingIdentity, Number, RowCounts, hidden, suppressed_rows
from hepatica.cohort.tally import SCOPES
from hepatica.evaluation import LISTS, ListName, RulesetIdentity, identity
from hepatica.knowledge import RANK, STANDINGS, Ruleset
from hepatica.notice import notice
from hepatica.records import record

NAMES = tuple(LISTS)


@record(kw_only=True)
class CohortTurn:
    """Rows that were so under the old ruleset and are so under the new one; both in words."""

    old: str
    new: str
    rows: Number


@record(kw_only=True)
class CohortTherapyTurn:
    """Rows in which a therapy is in one list under the old ruleset and in another under the new one; "" where a ruleset does not
    know the therapy."""

    therapy: str
    name: str
    old: ListName | str
    new: ListName | str
    rows: Number


@record(kw_only=True)
class CohortDiff:
    """What a change of rules does to the patients of a cohort. `changed` rows have another scope or strongest standing, or a
    therapy that both rulesets know in another list."""

    notice: str
    ruleset: RulesetIdentity
    new_ruleset: RulesetIdentity
    mapping: MappingIdentity
    tables: tuple[str, ...]
    suppress_below: int
    rows: RowCounts
    changed: Number
    scope: tuple[CohortTurn, ...]
    strongest: tuple[CohortTurn, ...]
    therapies: tuple[CohortTherapyTurn, ...]


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
        self._words: list[tuple[str, ...]] = [tuple(SCOPES), (*RANK, ""), *[(*NAMES, "")] * len(self._all)]
        self._shared = [True, True, *(name in old.therapies and name in new.therapies for name in self._all)]
        self._turns = [np.zeros((len(words), len(words)), dtype=np.int64) for words in self._words]
        self.changed_rows = 0

    @property
    def changed(self) -> int:
        """1 where any row is answered differently: a command's exit code."""
        return int(self.changed_rows > 0)

    @property
    def stamp(self) -> dict[str, str]:
        """What the comparison rests on."""
        return {**stamp_of(self.old, self.mapping), "new_ruleset": stamp_of(self.new, self.mapping)["ruleset"]}

    def tables(self, shape: Shape | None = "wide") -> Iterator[pa.Table]:
        """By row what changes (wide), or a row to each patient and therapy whose list changes (long); at least one table."""
        for rejects, folded, found in side_by_side(self._answered, self.batches()):
            coded = found[0].coded
            self.passed(len(coded.rows), folded, rejects)
            turns = list(zip(*map(self._placed, found), strict=True))
            differs = reduce(np.logical_or, [old != new for (old, new), own in zip(turns, self._shared, strict=True) if own])
            self.changed_rows += int(differs.sum())
            for counts, turn in zip(self._turns, turns, strict=True):
                np.add.at(counts, turn, 1)
            if shape:
                which, columns = self._long(turns) if shape == "long" else self._wide(turns, differs)
                yield beside(pa.table({"row": coded.rows[which], **columns}), coded.given.take(coded.places[which]))

    def _answered(self, table: BoundTable, raw: RawBatch, given: pa.Table) -> tuple[list[Reject], int, list[Answers]]:
        """The answers of both rulesets to the rows that both can read."""
        batch = table.read(raw, given)
        pair = [table.coded(kernel.coder, batch) for kernel in self._kernels]
        # What one ruleset refuses the other may read, for their fields differ; such a row has no answer to compare.
        good = np.intersect1d(pair[0].rows, pair[1].rows)
        both = [coded.at(np.flatnonzero(np.isin(coded.rows, good))) for coded in pair]
        found = [kernel.answer(coded) for kernel, coded in zip(self._kernels, both, strict=True)]
        # Both rulesets may refuse the same cell.
        return sorted({*pair[0].rejects, *pair[1].rejects}), batch.folded, found

    def _placed(self, found: Answers) -> list[Any]:
        """By what is compared, the place of each row's word in `_words`."""
        own = {name: place for place, name in enumerate(found.kernel.ruleset.therapies)}
        scopes = np.array([self._words[0].index(scope) for scope in found.kernel.scopes])[found.outcome(len(own))]
        unknown = np.full(len(scopes), len(NAMES), dtype=np.int8)
        lists = (found.list_of(own[name]) if name in own else unknown for name in self._all)
        return [scopes, np.minimum(found.strongest >> 20, len(RANK)), *lists]

    def _wide(self, turns: Sequence[Any], differs: Any) -> tuple[Any, dict[str, Any]]:
        columns = {"changed": pa.array(differs)}
        for name, words, pair in zip(("scope", "strongest"), self._words, turns, strict=False):
            columns |= {
                f"{lead}{name}": pa.array(words).take(pa.array(each)) for lead, each in zip(("", "new_"), pair, strict=True)
            }
        # The therapies whose list changes, told once for each way in which a row changes.
        ways = combined([each for pair in turns[2:] for each in pair])
        changes = pa.array(map(self._way, ways.found), pa.string()).take(pa.array(ways.which))
        return np.arange(len(differs)), {**columns, "changes": changes}

    def _way(self, way: tuple[int, ...]) -> str:
        """A way in which a row changes, in words; that a ruleset does not know what the other has no evidence for is no news."""
        named = (*NAMES, "not in this ruleset")
        silent = {NAMES.index("ruled_out"), NAMES.index("unreported"), len(NAMES)}
        pairs = [(name, old, new) for name, old, new in zip(self._all, way[::2], way[1::2], strict=True) if old != new]
        told = [(name, old, new) for name, old, new in pairs if len(NAMES) not in (old, new) or not {old, new} <= silent]
        return "; ".join(f"{name}: {named[old]} -> {named[new]}" for name, old, new in told)

    def _long(self, turns: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        old, new = (np.array(side).reshape(len(self._all), -1).T for side in zip(*turns[2:], strict=True))
        which, place = np.nonzero(old != new)  # by row, then by therapy
        named = pa.array([*NAMES, ""])
        columns = {"therapy": pa.array(self._all).take(pa.array(place)), "list": named.take(pa.array(old[which, place]))}
        return which, {**columns, "new_list": named.take(pa.array(new[which, place]))}

    def summary(self, least: int = 0) -> CohortDiff:
        """What all batches that were gone through come to, with numbers below `least` hidden."""
        ranked = [*(STANDINGS[name].title for name in RANK), "no certain option"]
        scopes = [title.lower() for title in SCOPES.values()]
        found = CohortDiff(
            notice=notice(self.new.card.as_of),
            ruleset=identity(self.old),
            new_ruleset=identity(self.new),
            mapping=self.mapping_identity,
            tables=self.tables_read,
            suppress_below=least if least > 1 else 0,
            rows=self.counts,
            changed=self.changed_rows,
            scope=tuple(CohortTurn(old=old, new=new, rows=rows) for old, new, rows in self._told(0, scopes, least)),
            strongest=tuple(CohortTurn(old=old, new=new, rows=rows) for old, new, rows in self._told(1, ranked, least)),
            therapies=tuple(sorted(self._therapies(least), key=lambda one: (-(one.rows or 0), one.name, one.old, one.new))),
        )
        changed = hidden([found.changed, (found.rows.answered or 0) - self.changed_rows], least)[0]
        return replace(found, rows=suppressed_rows(found.rows, least), changed=changed)

    def _told(self, place: int, words: Sequence[str], least: int) -> Iterator[tuple[str, str, Number]]:
        """The turns of what is compared at a place, the commonest first, small numbers hidden."""
        counts = self._turns[place]
        pairs = sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: -counts[pair])
        numbers = hidden([int(counts[pair]) for pair in pairs], least)
        return ((words[old], words[new], rows) for (old, new), rows in zip(pairs, numbers, strict=True))

    def _therapies(self, least: int) -> Iterator[CohortTherapyTurn]:
        for place, name in enumerate(self._all, 2):
            card = self.new.therapies.get(name) or self.old.therapies[name]
            for old, new, rows in self._told(place, self._words[place], least):
                if old != new:
                    yield CohortTherapyTurn(therapy=name, name=card.name, old=old, new=new, rows=rows)
