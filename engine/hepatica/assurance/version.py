"""One version of a ruleset as questions about its answers: where each therapy stands, what is in scope, whom studies enrolled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from hepatica.assurance.space import (
    MOST_BEYOND,
    MOST_WORK,
    USUAL_SIZE,
    Box,
    Region,
    RegionMaker,
    Space,
    TooManyParts,
    TooMuchWork,
    WorkLimit,
    simplest,
)
from hepatica.evaluation import LISTS, in_precedence
from hepatica.inference import GoalKey, Program, Verdict, compile_ruleset, conditions_of, each_bit
from hepatica.knowledge import Condition, Rule, Ruleset, Test
from hepatica.patient import Fields
from hepatica.problems import Problem
from hepatica.records import record

SubjectKind = Literal["therapy", "rule", "scope", "concept", "study", "note"]
ABSENT = "absent"
Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""
_TRUTH = {Verdict.TRUE: "yes", Verdict.FALSE: "no", Verdict.UNKNOWN: "unknown"}
_WORDS: Mapping[SubjectKind, Mapping[Verdict, str]] = {
    "scope": {Verdict.TRUE: "in", Verdict.FALSE: "out", Verdict.UNKNOWN: "unknown"},
    "study": {Verdict.TRUE: "inside", Verdict.FALSE: "outside", Verdict.UNKNOWN: "unknown"},
    "note": {Verdict.TRUE: "shown", Verdict.FALSE: "not shown", Verdict.UNKNOWN: "not shown"},
    "rule": {Verdict.TRUE: "applies", Verdict.FALSE: "does not apply", Verdict.UNKNOWN: "may apply"},
    "concept": _TRUTH,
}
PLACES: Mapping[SubjectKind, tuple[str, ...]] = {
    "therapy": (*LISTS, ABSENT),
    **{kind: (*dict.fromkeys(words.values()), ABSENT) for kind, words in _WORDS.items()},
}
"""Every place a subject of a kind can have."""


class Subject(NamedTuple):
    """Something whose answer may differ between versions; `id` is empty for the scope."""

    kind: SubjectKind
    id: str = ""

    @property
    def goal(self) -> GoalKey:
        """The condition that decides it; a therapy has none of its own."""
        assert self.kind != "therapy"
        return GoalKey(self.kind, self.id)


@record
class Placement:
    """Where a subject stands: a list with its standing and verdict, or inside, outside, in, out, yes, no, shown ..."""

    place: str
    standing: str = ""
    verdict: str = ""


@record
class RulesetVersion:
    """A ruleset with its compiled conditions."""

    ruleset: Ruleset
    program: Program

    @classmethod
    def of(cls, ruleset: Ruleset, like: RulesetVersion | None = None) -> RulesetVersion:
        """A ruleset, compiled; one with the very conditions of another version is compiled already."""
        conditions = conditions_of(ruleset)
        if like is not None and conditions == like.conditions and [*ruleset.fields.values()] == [*like.fields.values()]:
            return cls(ruleset, like.program)
        return cls(ruleset, compile_ruleset(ruleset, conditions))

    def conjunctions(self, goal: GoalKey) -> list[tuple[Test, ...]]:
        """The alternatives of a goal, each as its tests; none for a goal that the version does not have."""
        found, tests = self.program.goals.get(goal), self.program.tests
        return [tuple(tests[n] for n in each_bit(part)) for part in found.conjunctions] if found is not None else []

    def meaning(self, goal: GoalKey) -> frozenset[frozenset[Test]]:
        """The alternatives as a set: equal for two goals only if they have the same verdicts and reasons for every profile."""
        return frozenset(map(frozenset, self.conjunctions(goal)))

    @cached_property
    def conditions(self) -> Mapping[GoalKey, Condition]:
        """Every goal's condition as it is written."""
        return conditions_of(self.ruleset)

    @property
    def fields(self) -> Fields:
        """Every field that a profile under this version has."""
        return self.ruleset.fields

    @cached_property
    def citing(self) -> Mapping[str, tuple[Rule, ...]]:
        """For each study that is cited the rules that do."""
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.ruleset.rules.values():
            for study in dict.fromkeys(rule.cites):
                found[study] = (*found.get(study, ()), rule)
        return found

    @cached_property
    def known(self) -> Mapping[str, Collection[str]]:
        """What there is of each kind of subject, by id."""
        found = self.ruleset
        named = {"therapy": found.therapies, "rule": found.rules, "concept": found.concepts, "study": found.studies}
        return {**named, "note": [note.id for note in found.notes], "scope": ("scope",)}

    def in_order(self, therapy: str) -> list[Rule]:
        """The rules of a therapy in the order in which they decide; none of one that the version does not know."""
        found = self.ruleset.therapies.get(therapy)
        return in_precedence(found.rules if found is not None else (), self.ruleset.studies)

    def knows(self, subject: Subject) -> bool:
        """Whether the version has the subject at all."""
        return subject.kind == "scope" or subject.id in self.known[subject.kind]

    def subjects(self) -> Iterator[Subject]:
        """Everything that an answer speaks of, in the order of the ruleset; of studies those that a rule cites."""
        yield Subject("scope")
        kinds: tuple[SubjectKind, ...] = ("therapy", "concept", "study", "note")
        yield from (Subject(kind, name) for kind in kinds for name in self.known[kind] if kind != "study" or name in self.citing)

    def word(self, subject: Subject, verdict: Verdict) -> Placement:
        """Where a subject other than a therapy stands by the verdict of its condition."""
        if not self.knows(subject):
            return Placement(ABSENT)
        if subject.goal not in self.program.goals:
            return Placement("not_stated" if subject.kind == "study" else "shown")
        return Placement(_WORDS[subject.kind][verdict])


@contextmanager
def bounded(version: RulesetVersion, purpose: str) -> Iterator[WorkLimit]:
    """What a command may do with a ruleset's spaces. Raises `TooManyParts` where that is not enough, at the largest therapy."""
    ruleset, goals = version.ruleset, version.program.goals
    sizes = {
        name: sum(len(goals[GoalKey("rule", rule.id)].conjunctions) for rule in therapy.rules)
        for name, therapy in ruleset.therapies.items()
    }
    try:
        yield WorkLimit(MOST_WORK if sum(sizes.values()) <= USUAL_SIZE else MOST_BEYOND)
    except TooMuchWork:
        largest = max(sizes, key=sizes.__getitem__)
        file, _, line = ruleset.places.get(f"therapy/{largest}", "").rpartition(":")
        told = (
            f"{len(ruleset.rules):,} rules with {sum(sizes.values()):,} alternatives over {len(version.program.tests):,} single "
            f"conditions cut the profiles into too many parts to {purpose}; split {largest}, which has {sizes[largest]:,} of them"
        )
        raise TooManyParts([Problem(str(Path(ruleset.folder, file)), int(line or 1), 1, "too-many-parts", told)]) from None


def placed_by(rule: Rule) -> Placement:
    """Where a therapy stands that a rule decides."""
    return Placement(rule.reaches, rule.standing, rule.verdict or "")


@record(kw_only=True)
class ProfileSpace:
    """Over how many profiles something was proved, and how many of them some test tells apart."""

    profiles: int
    distinguishable: int
    counted: str = (
        "A profile is one entry per field that some rule reads: a word, yes or no, a list, a number on a threshold or between "
        "two neighbouring ones, an interval of such numbers, or unknown; only combinations that fit together are counted. They "
        "are not patients: how many people have a profile is not known here."
    )


class RuleRegions(dict[str, Region]):
    """Where each rule of a version applies (the scope is part of it), made when first asked for."""

    def __init__(self, version: RulesetVersion, maker: RegionMaker) -> None:
        super().__init__()
        self._version, self._maker = version, maker

    def __missing__(self, rule: str) -> Region:
        found = self[rule] = self._maker.region(self._version.conjunctions(GoalKey("rule", rule)))
        return found


def smallest_boxes(version: RulesetVersion, space: Space, rules: Iterable[str]) -> Iterator[Box]:
    """For each of some rules that can apply a box with a smallest profile to which it does."""
    regions = RuleRegions(version, RegionMaker(space))
    for rule in rules:
        if certain := regions[rule].certain:
            yield simplest(space, certain)
