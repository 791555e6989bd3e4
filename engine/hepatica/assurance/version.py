"""One version of a ruleset as questions about its answers: where each therapy stands, what is in scope, whom studies enrolled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

from hepatica.assurance.space import (
    HOLDS,
    MOST_BEYOND,
    MOST_WORK,
    OPEN,
    USUAL_SIZE,
    Box,
    Diagrams,
    Node,
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


class Position(NamedTuple):
    """Where a subject stands for a profile: of a therapy its list, standing and verdict, of all else a word of `PLACES`."""

    place: str
    standing: str = ""
    verdict: str = ""


@record
class RulesetVersion:
    """A ruleset with its compiled conditions."""

    ruleset: Ruleset
    program: Program

    @classmethod
    def of(cls, ruleset: Ruleset) -> RulesetVersion:
        """A ruleset, compiled."""
        return cls(ruleset, compile_ruleset(ruleset))

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
    def owners(self) -> Mapping[str, str]:
        """The therapy of each rule, by ids."""
        return {rule.id: therapy.id for therapy, rule in self.ruleset.rules_with_therapy()}

    @cached_property
    def notes(self) -> Mapping[str, object]:
        """The notes by id."""
        return {note.id: note for note in self.ruleset.notes}

    @cached_property
    def known(self) -> Mapping[str, Collection[str]]:
        """What there is of each kind of subject, by id."""
        found = self.ruleset
        named = {"therapy": found.therapies, "rule": found.rules, "concept": found.concepts, "study": found.studies}
        return {**named, "note": self.notes, "scope": ("scope",)}

    def in_order(self, therapy: str) -> list[Rule]:
        """The rules of a therapy in the order in which they decide; none of one that the version does not know."""
        found = self.ruleset.therapies.get(therapy)
        rules = found.rules if found is not None else ()
        return in_precedence(rules, self.ruleset.studies)

    def knows(self, subject: Subject) -> bool:
        """Whether the version has the subject at all."""
        return subject.kind == "scope" or subject.id in self.known[subject.kind]

    def subjects(self) -> Iterator[Subject]:
        """Everything that an answer speaks of, in the order of the ruleset; of studies those that a rule cites."""
        yield Subject("scope")
        kinds: tuple[SubjectKind, ...] = ("therapy", "concept", "study", "note")
        yield from (Subject(kind, name) for kind in kinds for name in self.known[kind] if kind != "study" or name in self.citing)

    def word(self, subject: Subject, verdict: Verdict) -> Position:
        """Where a subject other than a therapy stands by the verdict of its condition."""
        if not self.knows(subject):
            return Position(ABSENT)
        if subject.goal not in self.program.goals:
            return Position("not_stated" if subject.kind == "study" else "shown")
        return Position(_WORDS[subject.kind][verdict])


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


def position_of(rule: Rule) -> Position:
    """Where a therapy stands that a rule decides."""
    return Position(rule.reaches, rule.standing, rule.verdict or "")


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


def placed(made: Diagrams, inside: Node, therapy: str, version: RulesetVersion, region: Mapping[str, Region]) -> Node:
    """Where a therapy stands (`Position`), of the profiles within `inside`.

    Rules that follow each other in the order in which they decide, with the same list, standing and verdict, decide alike: they
    are joined before they are asked, and a therapy of fifty rules has a handful of such groups.
    """
    if therapy not in version.ruleset.therapies:
        return made.combined((inside,), lambda _: Position(ABSENT))
    found = made.combined((inside,), lambda _: _Reached())
    for at, rules in groupby(version.in_order(therapy), position_of):
        group = made.joined([made.region(region[rule.id]) for rule in rules])
        # Where the group says nothing, or the therapy's place is settled, nothing is asked.
        found = made.combined(
            (found, group),
            partial(_after, at),
            lambda asked: asked[0] if asked[1] == made.nothing or isinstance(made.values.get(asked[0]), Position) else None,
        )
    return made.combined((found,), _position)


class _Reached(NamedTuple):
    """The first position of a rule that holds, and of one that is still open, as far as rules were asked."""

    held: Position | None = None
    still: Position | None = None


def _after(at: Position, before: _Reached | Position, bits: int) -> _Reached | Position:
    """What is reached with one more group of rules, or the position where no further rule matters."""
    if isinstance(before, Position):
        return before
    # A rule that only names a therapy needs no certainty: there is nothing that it could become.
    named = at.place == "unreported"
    held = before.held or (at if bits & HOLDS or (named and bits) else None)
    still = before.still or (at if bits & OPEN and not named else None)
    if held is not None and held.place in ("options", "trials"):
        return held
    # Beside a rule that holds, another that is still open makes the therapy possible, unless the one that holds is an option.
    return Position("possible", still.standing) if held and still else _Reached(held, still)


def _position(reached: _Reached | Position) -> Position:
    if isinstance(reached, Position):
        return reached
    still = reached.still
    return Position("possible", still.standing) if still else reached.held or Position("ruled_out")


def smallest_boxes(version: RulesetVersion, space: Space, rules: Iterable[str]) -> Iterator[Box]:
    """For each of some rules that can apply a box with a smallest profile to which it does."""
    regions = RuleRegions(version, RegionMaker(space))
    for rule in rules:
        if certain := regions[rule].certain:
            yield simplest(space, certain)


class RuleRegions(dict[str, Region]):
    """Where each rule of a version applies (the scope is part of it), made when first asked for."""

    def __init__(self, version: RulesetVersion, maker: RegionMaker) -> None:
        super().__init__()
        self._version, self._maker = version, maker

    def __missing__(self, rule: str) -> Region:
        found = self[rule] = self._maker.region(self._version.conjunctions(GoalKey("rule", rule)))
        return found
