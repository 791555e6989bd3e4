"""One version of a ruleset as questions about its answers: where each therapy stands, what is in scope, whom studies enrolled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal, NamedTuple

from hepatica.assurance.space.partition import Verdicts
from hepatica.evaluation import LISTS, Finding, judged
from hepatica.inference import SCOPE, Goal, Program, Verdict
from hepatica.knowledge import Rule, Ruleset, Test, Therapy

Kind = Literal["therapy", "scope", "study", "note"]
Conjunctions = frozenset[frozenset[Test]]


class Said(NamedTuple):
    """What one rule contributes to an answer."""

    place: str
    standing: str
    citations: tuple[str, ...]


class Stand(NamedTuple):
    """Where a subject stands for a profile. For a therapy: its list, the standing and studies of the deciding rule, and what
    its other rules say; for the scope in, out or unknown; for a study inside, outside, unknown or not stated; for a note
    shown or not shown. `place` is "absent" where the version does not know the subject.
    """

    place: str
    standing: str = ""
    citations: tuple[str, ...] = ()
    also: tuple[Said, ...] = ()


ABSENT = Stand("absent")
_SCOPE = {Verdict.TRUE: Stand("in"), Verdict.FALSE: Stand("out"), Verdict.UNKNOWN: Stand("unknown")}
_STUDY = {Verdict.TRUE: Stand("inside"), Verdict.FALSE: Stand("outside"), Verdict.UNKNOWN: Stand("unknown")}
_UNSTATED = Stand("not_stated")
_NOTE = {Verdict.TRUE: Stand("shown"), Verdict.FALSE: Stand("not shown"), Verdict.UNKNOWN: Stand("not shown")}

PLACES: Mapping[Kind, tuple[str, ...]] = {
    "therapy": (*LISTS, ABSENT.place),
    "scope": tuple(said.place for said in _SCOPE.values()),
    "study": (*(said.place for said in _STUDY.values()), _UNSTATED.place, ABSENT.place),
    "note": (*dict.fromkeys(said.place for said in _NOTE.values()), ABSENT.place),
}
"""Every place a subject of a kind can have."""


class Subject(NamedTuple):
    """Something whose answer may differ between versions."""

    kind: Kind
    id: str


@dataclass(frozen=True)
class Question:
    """How a version answers for one subject: the goals it depends on, and the outcome of their verdicts."""

    goals: tuple[str, ...]
    judge: Callable[[Verdicts], Stand]
    fixed: object


@dataclass(frozen=True)
class Version:
    """A ruleset with its compiled conditions."""

    ruleset: Ruleset
    program: Program

    def subjects(self) -> Iterator[Subject]:
        """Everything that an answer speaks of, in the order of the ruleset; of studies those that a rule cites."""
        yield Subject("scope", SCOPE)
        yield from (Subject("therapy", name) for name in self.ruleset.therapies)
        cited = {name for rule in self.ruleset.rules.values() for name in rule.cites}
        yield from (Subject("study", name) for name in self.ruleset.studies if name in cited)
        yield from (Subject("note", note.id) for note in self.ruleset.notes)

    def question(self, subject: Subject) -> Question:
        """How this version answers for a subject."""
        if subject.kind == "therapy":
            return self._therapy(self.ruleset.therapies.get(subject.id))
        if subject.kind == "scope":
            return Question((SCOPE,), partial(_looked_up, _SCOPE), "")
        if subject.kind == "study":
            known = subject.id in self.ruleset.studies
            return self._optional(f"population/{subject.id}", _STUDY, _UNSTATED if known else ABSENT)
        return self._optional(f"note/{subject.id}", _NOTE, Stand("shown") if subject.id in self._notes else ABSENT)

    def _therapy(self, therapy: Therapy | None) -> Question:
        if therapy is None:
            return Question((), lambda _: ABSENT, ABSENT)
        goals = tuple(f"rule/{rule.id}" for rule in therapy.rules)
        return Question(goals, partial(stand, therapy), tuple((rule.standing, rule.cites) for rule in therapy.rules))

    def _optional(self, goal: str, outcomes: Mapping[Verdict, Stand], otherwise: Stand) -> Question:
        if goal in self.program.goals:
            return Question((goal,), partial(_looked_up, outcomes), "")
        return Question((), lambda _: otherwise, otherwise)

    @cached_property
    def _notes(self) -> frozenset[str]:
        return frozenset(note.id for note in self.ruleset.notes)

    def conjunctions(self, goal: str) -> list[tuple[Test, ...]]:
        """The alternatives of a goal, each as its tests."""
        return [self._tests_in(conjunction) for conjunction in self.program.goals[goal].conjunctions]

    def meaning(self, question: Question) -> tuple[object, ...]:
        """Equal for two questions only if they have the same answer for every profile (the converse need not hold)."""
        parts = tuple(frozenset(map(frozenset, self.conjunctions(goal))) for goal in question.goals)
        return (question.fixed, parts)

    def goal(self, name: str) -> Goal:
        """A compiled goal by name."""
        return self.program.goals[name]

    def _tests_in(self, conjunction: int) -> tuple[Test, ...]:
        return tuple(test for index, test in enumerate(self.program.tests) if conjunction >> index & 1)


def stand(therapy: Therapy, verdicts: Verdicts) -> Stand:
    """Where a therapy stands given the verdicts of its rules, as an evaluation would say."""
    entry = judged(therapy, [finding_of(rule, verdict) for rule, verdict in zip(therapy.rules, verdicts, strict=True)])
    main = entry.finding
    if main.reaches == "ruled_out":
        return Stand("ruled_out")
    also = tuple(Said(other.reaches, other.rule.standing, other.rule.cites) for other in entry.others)
    return Stand(main.reaches, main.rule.standing, main.rule.cites, also)


def finding_of(rule: Rule, verdict: Verdict) -> Finding:
    """What a rule with that verdict contributes, without its reasons."""
    if verdict is Verdict.TRUE:
        return Finding(rule, "not_supported" if rule.standing == "not_supported" else "options")
    return Finding(rule, "possible" if verdict is Verdict.UNKNOWN else "ruled_out")


def _looked_up(outcomes: Mapping[Verdict, Stand], verdicts: Verdicts) -> Stand:
    return outcomes[verdicts[0]]
