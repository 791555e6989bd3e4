"""A cohort under two rulesets: which rows are answered differently, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from hepatica.cohort.cohort import Counting, Progress, stamp_of
from hepatica.cohort.kernel import Answers, beside, kernel_for
from hepatica.cohort.mapping import TableMapping
from hepatica.cohort.rejects import Reject
from hepatica.cohort.run import BoundTable, Shape, side_by_side
from hepatica.cohort.sources import RawBatch, TableSource
from hepatica.cohort.summary import MappingIdentity, Number, RowCounts, hidden, parts, suppressed_rows
from hepatica.cohort.tally import SCOPES
from hepatica.evaluation import LISTS, ListName, RulesetIdentity, identity
from hepatica.knowledge import RANK, STANDINGS, Ruleset
from hepatica.notice import notice
from hepatica.records import record

NAMES, _SCOPES = tuple(LISTS), tuple(SCOPES)
LAST = len(RANK)


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


class _Side:
    """One ruleset's tables, with what is counted of its answers."""

    def __init__(self, ruleset: Ruleset, rows: int | None) -> None:
        self.kernel = kernel_for(ruleset, rows)
        self.places = {name: place for place, name in enumerate(ruleset.therapies)}

    def scopes(self, found: Answers) -> Any:
        """By row, the place of its scope in `SCOPES`."""
        return np.array([_SCOPES.index(scope) for scope in self.kernel.scopes])[found.outcome(len(self.places))]

    def standings(self, found: Answers) -> Any:
        """By row, the rank of the strongest option; the last where there is none."""
        return np.minimum(found.strongest >> 20, LAST)

    def lists(self, name: str, found: Answers) -> Any:
        """By row, the place of a therapy's list in `LISTS`; behind the last where the ruleset does not know the therapy."""
        if name in self.places:
            return found.list_of(self.places[name])
        return np.full(len(found.coded.rows), len(NAMES), dtype=np.uint8)


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
        self._sides = [_Side(ruleset, self.total) for ruleset in (old, new)]
        self._all = tuple(dict.fromkeys((*old.therapies, *new.therapies)))
        self.changed_rows = 0
        self._scope: Counter[tuple[int, int]] = Counter()
        self._strongest: Counter[tuple[int, int]] = Counter()
        self._lists: dict[str, Any] = {name: np.zeros((len(NAMES) + 1,) * 2, dtype=np.int64) for name in self._all}

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
            self.passed(len(found[0].coded.rows), folded, rejects)
            answers, which = self._compared(found, shape or "")
            if shape:
                coded = found[0].coded
                rows = pa.table({"row": coded.rows[which], **dict(zip(answers.column_names, answers.columns, strict=True))})
                yield beside(rows, coded.given.take(coded.places[which]))

    def _answered(self, table: BoundTable, raw: RawBatch, given: pa.Table) -> tuple[list[Reject], int, list[Answers]]:
        """The answers of both rulesets to the rows that both can read."""
        batch = table.read(raw, given)
        pair = [table.coded(side.kernel.coder, batch) for side in self._sides]
        # What one ruleset refuses the other may read, for their fields differ; such a row has no answer to compare.
        good = np.intersect1d(pair[0].rows, pair[1].rows)
        both = [coded.at(np.flatnonzero(np.isin(coded.rows, good))) for coded in pair]
        found = [side.kernel.answer(coded) for side, coded in zip(self._sides, both, strict=True)]
        # Both rulesets may refuse the same cell.
        return sorted({*pair[0].rejects, *pair[1].rejects}), batch.folded, found

    def _compared(self, found: Sequence[Answers], shape: str) -> tuple[pa.Table, Any]:
        pairs = list(zip(self._sides, found, strict=True))
        scopes, standings = [side.scopes(one) for side, one in pairs], [side.standings(one) for side, one in pairs]
        lists = {name: tuple(side.lists(name, one) for side, one in pairs) for name in self._all}
        both = [pair for name, pair in lists.items() if all(name in side.places for side in self._sides)]
        differs = (scopes[0] != scopes[1]) | (standings[0] != standings[1])
        for old, new in both:
            differs |= old != new
        self._count(scopes, standings, lists, differs)
        if shape == "long":
            return self._long(lists)
        return self._wide(scopes, standings, lists, differs), np.arange(len(differs))

    def _count(self, scopes: Sequence[Any], standings: Sequence[Any], lists: Mapping[str, Any], differs: Any) -> None:
        self.changed_rows += int(differs.sum())
        for counter, (old, new) in ((self._scope, scopes), (self._strongest, standings)):
            # A cell of the table of turns for each pair that occurs.
            pairs, numbers = np.unique(np.stack([old, new]), axis=1, return_counts=True)
            counter.update({(int(a), int(b)): int(number) for a, b, number in zip(*pairs, numbers, strict=True)})
        for name, (old, new) in lists.items():
            np.add.at(self._lists[name], (old, new), 1)

    def _wide(self, scopes: Sequence[Any], standings: Sequence[Any], lists: Mapping[str, Any], differs: Any) -> pa.Table:
        both = np.array([each for pair in lists.values() for each in pair]).reshape(2 * len(lists), len(differs)).T
        # The therapies whose list changes, told once for each way in which a row changes.
        ways, which = np.unique(both, axis=0, return_inverse=True)
        columns = {"changed": pa.array(differs)}
        for name, words, pair in (("scope", _SCOPES, scopes), ("strongest", (*RANK, ""), standings)):
            columns |= {
                f"{lead}{name}": pa.array(words).take(pa.array(each)) for lead, each in zip(("", "new_"), pair, strict=True)
            }
        changes = pa.array([self._way(way.reshape(-1, 2)) for way in ways], pa.string())
        return pa.table(columns | {"changes": changes.take(pa.array(which.reshape(-1)))})

    def _way(self, way: Any) -> str:
        """A way in which a row changes, in words; that a ruleset does not know what the other has no evidence for is no news."""
        named = (*NAMES, "not in this ruleset")
        silent = {NAMES.index("ruled_out"), NAMES.index("unreported"), len(NAMES)}
        pairs = [(name, old, new) for name, (old, new) in zip(self._all, way.tolist(), strict=True) if old != new]
        told = [(name, old, new) for name, old, new in pairs if len(NAMES) not in (old, new) or not {old, new} <= silent]
        return "; ".join(f"{name}: {named[old]} -> {named[new]}" for name, old, new in told)

    def _long(self, lists: Mapping[str, Any]) -> tuple[pa.Table, Any]:
        named = pa.array([*NAMES, ""])
        found = []
        for number, (before, after) in enumerate(lists.values()):
            differs = np.flatnonzero(before != after)
            found.append(np.stack([differs, np.full(len(differs), number), before[differs], after[differs]]))
        every = np.concatenate(found, axis=1)
        which, place, old, new = every[:, np.lexsort((every[1], every[0]))]
        columns = {"therapy": pa.array(self._all).take(pa.array(place)), "list": named.take(pa.array(old))}
        return pa.table({**columns, "new_list": named.take(pa.array(new))}), which

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
            scope=_turns(self._scope, scopes, least),
            strongest=_turns(self._strongest, ranked, least),
            therapies=tuple(sorted(self._therapies(least), key=lambda one: (-(one.rows or 0), one.name, one.old, one.new))),
        )
        changed = hidden([found.changed, (found.rows.answered or 0) - self.changed_rows], least)[0]
        return replace(found, rows=suppressed_rows(found.rows, least), changed=changed)

    def _therapies(self, least: int) -> Iterator[CohortTherapyTurn]:
        named = (*NAMES, "")
        for name in self._all:
            card = self.new.therapies.get(name) or self.old.therapies[name]
            turns = self._lists[name]
            every = [(old, new) for old in range(len(named)) for new in range(len(named)) if turns[old, new]]
            for (old, new), rows in zip(every, hidden([int(turns[pair]) for pair in every], least), strict=True):
                if old != new:
                    yield CohortTherapyTurn(therapy=name, name=card.name, old=named[old], new=named[new], rows=rows)


def _turns(counts: Counter[tuple[int, int]], words: Sequence[str], least: int) -> tuple[CohortTurn, ...]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return parts(tuple(CohortTurn(old=words[old], new=words[new], rows=rows) for (old, new), rows in ordered), least)
