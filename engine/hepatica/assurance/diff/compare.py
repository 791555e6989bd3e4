"""What an edit of the rules does: every region of the profile space in which an answer differs, and a proof of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from hepatica.assurance.answers.version import Question, Stand, Subject, Version
from hepatica.assurance.diff.edits import Edit, edits
from hepatica.assurance.space.axes import Space, space_of
from hepatica.assurance.space.boxes import Box, Cutter, Region, simplest
from hepatica.assurance.space.describe import describe
from hepatica.assurance.space.partition import Partition, Verdicts
from hepatica.assurance.space.scoped import Scoped
from hepatica.assurance.space.words import Words, limits
from hepatica.inference import SCOPE
from hepatica.knowledge import Test
from hepatica.patient import Facts

ChangeKind = Literal["list", "standing", "citations", "other rules", "verdict"]


@dataclass(frozen=True, eq=False)
class Change:
    """One subject's answer changes in the same way throughout a region.

    `boxes` are the region as disjoint boxes; `where` describes it in words: profiles that meet every limit of one of them.
    For the kind "other rules" only what the therapy's further rules say changes; `before` and `after` leave that out.
    """

    subject: Subject
    kind: ChangeKind
    before: Stand
    after: Stand
    profiles: int
    boxes: tuple[Box, ...]
    where: tuple[Words, ...]
    witness: Facts


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two versions: what was edited, over which space, and every change of an answer. `same`: subjects proved equal."""

    old: Version
    new: Version
    space: Space
    edits: tuple[Edit, ...]
    changes: tuple[Change, ...]
    same: int


def compare(old: Version, new: Version, cuts: Iterable[Test] = ()) -> Comparison:
    """Compare two versions over the space cut at the thresholds of both, and at any further `cuts`."""
    space = space_of((*old.program.tests, *new.program.tests, *cuts))
    shared = set(new.subjects()) & set(old.subjects())
    every = dict.fromkeys((*new.subjects(), *old.subjects()))
    compared = [subject for subject in every if subject.kind != "study" or subject in shared]
    comparing = _Comparing(old, new, space)
    changes: list[Change] = []
    same = 0
    for subject in compared:
        found = comparing.changes(subject)
        changes.extend(found)
        same += not found
    return Comparison(old, new, space, edits(old.ruleset, new.ruleset), tuple(changes), same)


class _Comparing:
    def __init__(self, old: Version, new: Version, space: Space) -> None:
        self.old, self.new, self.space = old, new, space
        self.cutter = Cutter(space)

    def changes(self, subject: Subject) -> list[Change]:
        before, after = self.old.question(subject), self.new.question(subject)
        if self.old.meaning(before) == self.new.meaning(after):
            return []
        size = len(before.goals)
        regions = [*self._regions(self.old, before), *self._regions(self.new, after)]

        def judge(verdicts: Verdicts) -> _Kind | None:
            first, second = before.judge(verdicts[:size]), after.judge(verdicts[size:])
            return None if first == second else kind_of(subject, first, second)

        parts = Partition(self.space, regions, judge, " ".join(subject))
        found = [self._change(subject, kind, parts) for kind in parts.outcomes() if kind is not None]
        return sorted(found, key=lambda change: (_KINDS.index(change.kind), -change.profiles, change.before, change.after))

    def _regions(self, version: Version, question: Question) -> list[Region]:
        return [self.cutter.region(version.conjunctions(goal)) for goal in question.goals]

    def _change(self, subject: Subject, kind: _Kind, parts: Partition[_Kind | None]) -> Change:
        inside, outside = parts.split(kind)
        total = sum(map(self.space.count, inside))
        witness = self.space.facts(simplest(self.space, inside))
        scoped = self.scoped if subject.kind != "scope" else None
        if scoped is None:
            shown = describe(self.space, inside, outside)
            where = tuple(limits(self.space, box) for box in shown)
        else:
            shown = describe(scoped, scoped.lifted(inside), scoped.lifted(outside))
            where = tuple(scoped.words(box) for box in shown)
        return Change(subject, *kind, total, tuple(inside), where, witness)

    @cached_property
    def scoped(self) -> Scoped | None:
        """The space with the scope as an axis, where both versions have the same scope."""
        first, second = self.old.question(_SCOPE), self.new.question(_SCOPE)
        if self.old.meaning(first) != self.new.meaning(second):
            return None
        return Scoped(self.space, self._regions(self.new, second)[0])


_SCOPE = Subject("scope", SCOPE)
_Kind = tuple[ChangeKind, Stand, Stand]
_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


def kind_of(subject: Subject, first: Stand, second: Stand) -> _Kind:
    """What kind of change this is, and the two stands without what the kind does not speak of."""
    if subject.kind != "therapy":
        return "verdict", first, second
    before, after = first._replace(also=()), second._replace(also=())
    if before == after:
        return "other rules", before, after
    if before.place != after.place:
        return "list", before, after
    return ("standing" if before.standing != after.standing else "citations"), before, after


def touched(comparison: Comparison) -> Mapping[Subject, list[Change]]:
    """The changes by subject, in order."""
    found: dict[Subject, list[Change]] = {}
    for change in comparison.changes:
        found.setdefault(change.subject, []).append(change)
    return found
