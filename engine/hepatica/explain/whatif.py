"""What if: every minimal change of facts that makes a therapy an option or ends its being one, and what would settle most.

A change sets facets to other known states. It is minimal when no part of it does the same; nothing that is known is ever
forgotten, and Child-Pugh class and score move together. A trial in progress or a name without a result is no option.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations, product
from typing import Any, Literal

from hepatica.evaluation import Evaluator, ListName, RulesetIdentity, facts_under
from hepatica.explain.search import (
    Facet,
    MinimalChange,
    State,
    TherapyGoals,
    facets_of,
    meet,
    merged,
    minimal_changes,
    therapy_goals,
)
from hepatica.explain.why import HiddenEvaluation
from hepatica.knowledge import RANK, Standing
from hepatica.patient import Facts, Profile, ProfileWarning, Value, doubts, facts_of
from hepatica.records import record

ChangeKind = Literal["open_test", "open_fact", "other_result", "other_history", "contrast"]
KINDS: Mapping[ChangeKind, str] = {
    "open_test": "A test not yet known",
    "open_fact": "A fact not yet asked",
    "other_result": "A test with another result",
    "other_history": "Another history",
    "contrast": "Fixed characteristics (for comparison only)",
}
_RANK_OF_KIND = {kind: rank for rank, kind in enumerate(KINDS)}


@record(kw_only=True)
class Step:
    """One facet moved: `was` and `becomes` in words (all values that serve equally), `to` the values nearest to the profile."""

    fields: tuple[str, ...]
    title: str
    kind: ChangeKind
    was: str
    becomes: str
    to: Mapping[str, Any]


@record(kw_only=True)
class Change:
    """A minimal change. `reaches` is the therapy's list after it; `rule`, its `mark` and `standing` then make it an option.

    `profile` is the case after it, `doubts` the staging disagreements that it newly has.
    """

    therapy: str
    name: str
    kind: ChangeKind
    steps: tuple[Step, ...]
    reaches: ListName
    rule: str
    mark: str
    standing: Standing | None
    smallest: bool
    profile: Profile
    doubts: tuple[ProfileWarning, ...]


@record(kw_only=True)
class OpenTherapy:
    """A therapy that depends on what is not known."""

    therapy: str
    name: str


@record(kw_only=True)
class SettledTherapy:
    """A therapy that a result settles: the list it then stands in, and its standing where that is an option."""

    therapy: str
    name: str
    list: ListName
    standing: Standing | None


@record(kw_only=True)
class Outcome:
    """One result (a group of values for each facet, in words): the therapies it settles, and those it leaves open."""

    results: tuple[str, ...]
    settled: tuple[SettledTherapy, ...]
    left: tuple[str, ...]


@record(kw_only=True)
class Question:
    """One unknown facet or two. `least` and `most` are how many open therapies are settled, over all results.

    `tests_only`: tests answer it, no history or characteristic has to be asked.
    """

    fields: tuple[str, ...]
    titles: tuple[str, ...]
    tests_only: bool
    least: int
    most: int
    outcomes: tuple[Outcome, ...]


@record(kw_only=True)
class Settling:
    """The therapies still open, and the questions that bear on them: best first."""

    open: tuple[OpenTherapy, ...]
    singles: tuple[Question, ...]
    pairs: tuple[Question, ...]


@record
class _AskedFacet:
    facet: Facet
    groups: tuple[tuple[State, ...], ...]


@record(kw_only=True)
class WhatIf:
    """What would change an answer. `never` are therapies that no facts make an option, `always` options whatever changes."""

    notice: str
    ruleset: RulesetIdentity
    profile: Profile
    settling: Settling
    adds: tuple[Change, ...]
    removes: tuple[Change, ...]
    never: tuple[OpenTherapy, ...]
    always: tuple[OpenTherapy, ...]
    evaluation: HiddenEvaluation


def what_if(evaluator: Evaluator, profile: Profile, therapies: Iterable[str] = ()) -> WhatIf:
    """Every minimal change for `therapies` (all, when none is named), and the facts that would settle most.

    Raises `KeyError` for a therapy the ruleset does not know.
    """
    evaluation = evaluator.evaluate(profile)
    ruleset = evaluator.ruleset
    facts = facts_under(ruleset, profile)
    facets, every = _searched(evaluator)
    search = _Search(facets, profile, facts)
    wanted = {ruleset.therapies[name].id for name in therapies} or set(ruleset.therapies)
    options = {entry.therapy for entry in evaluation.options}
    changed = {g.therapy.id: search.changes(g, is_option=g.therapy.id in options) for g in every if g.therapy.id in wanted}
    fixed = [OpenTherapy(therapy=name, name=ruleset.therapies[name].name) for name, found in changed.items() if not found]
    return WhatIf(
        notice=evaluation.notice,
        ruleset=evaluation.ruleset,
        profile=profile,
        settling=settling(every, facets, facts),
        adds=tuple(change for name, found in changed.items() if name not in options for change in found),
        removes=tuple(change for name, found in changed.items() if name in options for change in found),
        never=tuple(one for one in fixed if one.therapy not in options),
        always=tuple(one for one in fixed if one.therapy in options),
        evaluation=evaluation,
    )


def _searched(evaluator: Evaluator) -> tuple[tuple[Facet, ...], tuple[TherapyGoals, ...]]:
    """What a search needs of the rules: it depends on no patient, is kept with their evaluator and goes with it."""
    kept = evaluator.__dict__
    if "_searched" not in kept:
        program = evaluator.program
        kept.setdefault("_searched", (facets_of(program), therapy_goals(evaluator.ruleset, program)))
    found: tuple[tuple[Facet, ...], tuple[TherapyGoals, ...]] = kept["_searched"]
    return found


class _Search:
    """The changes of one profile; what is the same for every therapy is worked out once."""

    def __init__(self, facets: tuple[Facet, ...], profile: Profile, facts: Facts) -> None:
        self.facets, self.profile, self.facts = facets, profile, facts
        self.starts = [facet.start(facts) for facet in facets]
        # Of a changed case only new doubts are told: those of the case itself stand above.
        self.doubted = {(doubt.code, doubt.fields) for doubt in doubts(facts, profile.fields)}
        # The same steps lead to many therapies.
        self.steps: dict[object, Step] = {}

    def changes(self, goals: TherapyGoals, *, is_option: bool) -> list[Change]:
        found = minimal_changes(goals, self.starts, is_option=is_option)
        # Larger changes are minimal, too (no part of them does the same), but a reader wants the shortest first.
        least = min((len(one.moves) for one in found), default=0)
        return sorted((self._change(goals, one, smallest=len(one.moves) == least) for one in found), key=_order)

    def _change(self, goals: TherapyGoals, found: MinimalChange, *, smallest: bool) -> Change:
        steps = tuple(self._step(index, states) for index, states in found.moves)
        changed = moved(self.profile, self.facts, [value for step in steps for value in step.to.items()])
        return Change(
            therapy=goals.therapy.id,
            name=goals.therapy.name,
            kind=max((step.kind for step in steps), key=_RANK_OF_KIND.__getitem__),
            steps=steps,
            reaches=found.reaches,
            rule=found.rule.id if found.rule else "",
            mark=found.rule.mark if found.rule else "",
            standing=found.rule.standing if found.rule else None,
            smallest=smallest,
            profile=changed,
            doubts=tuple(doubt for doubt in changed.warnings if (doubt.code, doubt.fields) not in self.doubted),
        )

    def _step(self, index: int, states: tuple[State, ...]) -> Step:
        key = (index, tuple(state.point for state in states))
        if key not in self.steps:
            self.steps[key] = step_to(self.facets[index], states, self.facts)
        return self.steps[key]


def step_to(facet: Facet, states: tuple[State, ...], facts: Facts) -> Step:
    """The step that moves a facet of a profile to the nearest of some states."""
    names = tuple(field.name for field in facet.fields)
    return Step(
        fields=names,
        title=facet.title,
        kind=_kind(facet, facts),
        was=facet.says(facts),
        becomes=facet.label(states),
        to=dict(zip(names, facet.nearest(states, facts), strict=True)),
    )


def _kind(facet: Facet, facts: Facts) -> ChangeKind:
    unknown = all(facts[field.name] is None for field in facet.fields)
    if facet.nature == "test":
        return "open_test" if unknown else "other_result"
    if unknown:
        return "open_fact"
    return "other_history" if facet.nature == "history" else "contrast"


def moved(profile: Profile, facts: Facts, values: Iterable[tuple[str, Value | None]]) -> Profile:
    """The profile with other values, and the staging doubts it then has; measurements that no longer fit are dropped."""
    new = facts_of({**facts, **dict(values)}, profile.fields)
    # A measured bilirubin would contradict a class that was changed by hand.
    gone = [name for name in new if new[name] != facts[name]]
    return replace(profile, facts=new, measurements=profile.without(gone), warnings=doubts(new, profile.fields))


def _order(change: Change) -> tuple[int, int, int]:
    return len(change.steps), _RANK_OF_KIND[change.kind], RANK[change.standing] if change.standing else len(RANK)


def settling(every: Iterable[TherapyGoals], facets: tuple[Facet, ...], facts: Facts) -> Settling:
    """What finding out one unknown facet, or two, would settle. Ordered by the least, then the mean number settled."""
    now = [facet.now(facts) for facet in facets]
    certain, possible = meet(now)
    still = [goals for goals in every if goals.reached(certain, possible) == "possible"]
    # Results count as one where no therapy that is still open tells them apart.
    relevant = 0
    for goals in still:
        relevant |= goals.relevant
    asked = [_AskedFacet(f, merged(f.results(facts), relevant)) for f in facets if f.open_in(facts)]
    asked = [one for one in asked if _tells(one, relevant, facts)]
    singles = [_question((one,), facets, now, still) for one in asked]
    pairs = [_question(pair, facets, now, still) for pair in combinations(asked, 2)]
    names = tuple(OpenTherapy(therapy=goals.therapy.id, name=goals.therapy.name) for goals in still)
    return Settling(open=names, singles=_best(singles), pairs=_best(pairs))


def _tells(asked: _AskedFacet, relevant: int, facts: Facts) -> bool:
    """Whether any result says more than is known already."""
    here = asked.facet.now(facts).told(relevant)
    return any(group[0].told(relevant) != here for group in asked.groups)


def _question(asked: tuple[_AskedFacet, ...], facets: tuple[Facet, ...], now: list[State], still: list[TherapyGoals]) -> Question:
    chosen = {one.facet.index for one in asked}
    fixed = [state for facet, state in zip(facets, now, strict=True) if facet.index not in chosen]
    outcomes = tuple(_outcome(asked, groups, fixed, still) for groups in product(*(one.groups for one in asked)))
    counts = [len(outcome.settled) for outcome in outcomes]
    return Question(
        fields=tuple(field.name for one in asked for field in one.facet.fields),
        titles=tuple(one.facet.title for one in asked),
        tests_only=all(one.facet.nature == "test" for one in asked),
        least=min(counts),
        most=max(counts),
        outcomes=outcomes,
    )


def _outcome(
    asked: tuple[_AskedFacet, ...], groups: tuple[tuple[State, ...], ...], fixed: list[State], still: list[TherapyGoals]
) -> Outcome:
    certain, possible = meet([*fixed, *(group[0] for group in groups)])
    reached = [(goals, goals.reached(certain, possible)) for goals in still]
    return Outcome(
        results=tuple(one.facet.label(group) for one, group in zip(asked, groups, strict=True)),
        settled=tuple(_settled(goals, name, certain) for goals, name in reached if name != "possible"),
        left=tuple(goals.therapy.id for goals, name in reached if name == "possible"),
    )


def _settled(goals: TherapyGoals, name: ListName, certain: int) -> SettledTherapy:
    rule = goals.best(certain)
    return SettledTherapy(therapy=goals.therapy.id, name=goals.therapy.name, list=name, standing=rule.standing if rule else None)


def _best(found: list[Question]) -> tuple[Question, ...]:
    """Most certainly settled first; results are not weighted by how common they are."""
    # By identity: a question holds its outcomes, and hashing them all would take longer than the rest.
    means = {id(q): sum(len(outcome.settled) for outcome in q.outcomes) / len(q.outcomes) for q in found}
    return tuple(sorted((q for q in found if q.most), key=lambda q: (-q.least, -means[id(q)])))
