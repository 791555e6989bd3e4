"""What if: every minimal change of facts that makes a therapy an option or ends its being one, and what would settle most.

A change sets facets to other known states. It is minimal when no part of it does the same; nothing that is known is ever
forgotten, and Child-Pugh class and score move together. A trial in progress or a name without a result is no option.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import combinations, product
from operator import or_
from typing import Any, Literal, get_args

from hepatica.evaluation import Evaluation, Evaluator, ListName, RulesetResult, facts_under
from hepatica.explain.search import HeldFacet, MinimalChange, State, TherapyGoals, meet, merged, minimal_changes, searched
from hepatica.knowledge import RANK, Standing
from hepatica.patient import Facts, Field, Profile, ProfileWarning, doubts, facts_of
from hepatica.records import Hidden, record

ChangeKind = Literal["open_test", "open_fact", "other_result", "other_history", "contrast"]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
# What may be found out of a facet in a case, with the groups of its states that count as one result.
Asked = tuple[HeldFacet, Sequence[tuple[State, ...]]]
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
    """A therapy, named: one that depends on what is not known, be it only how strong an option it is."""

    therapy: str
    name: str


@record(kw_only=True)
class SettledTherapy(OpenTherapy):
    """A therapy that a result settles: the list it then stands in, and its standing where that is an option."""

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


@record(kw_only=True)
class WhatIf(RulesetResult):
    """What would change an answer. `never` are therapies that no facts make an option, `always` options whatever changes."""

    profile: Profile
    settling: Settling
    adds: tuple[Change, ...]
    removes: tuple[Change, ...]
    never: tuple[OpenTherapy, ...]
    always: tuple[OpenTherapy, ...]
    evaluation: Hidden[Evaluation]


def what_if(evaluator: Evaluator, profile: Profile, therapies: Iterable[str] = ()) -> WhatIf:
    """Every minimal change for `therapies` (all, when none is named), and the facts that would settle most.

    Raises `KeyError` for a therapy the ruleset does not know.
    """
    evaluation = evaluator.evaluate(profile)
    ruleset = evaluator.ruleset
    facts = facts_under(ruleset, profile)
    facets, every = searched(evaluator)
    search = _Search([facet.held_in(facts) for facet in facets], profile, facts)
    wanted = {ruleset.therapies[name].id for name in therapies} or set(ruleset.therapies)
    options = {entry.therapy for entry in evaluation.options}
    changed = {g.therapy.id: search.changes(g) for g in every if g.therapy.id in wanted}
    fixed = [OpenTherapy(therapy=name, name=ruleset.therapies[name].name) for name, found in changed.items() if not found]
    return WhatIf(
        notice=evaluation.notice,
        ruleset=evaluation.ruleset,
        profile=profile,
        settling=settling(every, search.facets, evaluation.profile),
        adds=tuple(change for name, found in changed.items() if name not in options for change in found),
        removes=tuple(change for name, found in changed.items() if name in options for change in found),
        never=tuple(one for one in fixed if one.therapy not in options),
        always=tuple(one for one in fixed if one.therapy in options),
        evaluation=evaluation,
    )


class _Search:
    """The changes of one profile; what is the same for every therapy is worked out once."""

    def __init__(self, facets: Sequence[HeldFacet], profile: Profile, facts: Facts) -> None:
        self.facets, self.profile, self.facts = facets, profile, facts
        # Of a changed case only new doubts are told: those of the case itself stand above.
        self.doubted = {(doubt.code, doubt.fields) for doubt in doubts(facts, profile.fields)}
        # The same steps lead to many therapies.
        self.steps: dict[object, Step] = {}

    def changes(self, goals: TherapyGoals) -> list[Change]:
        found = minimal_changes(goals, self.facets)
        # Larger changes are minimal, too (no part of them does the same), but a reader wants the shortest first.
        least = min((len(one.moves) for one in found), default=0)
        changes = [self._change(goals, one, smallest=len(one.moves) == least) for one in found]
        return sorted(changes, key=lambda one: (len(one.steps), _RANK_OF_KIND[one.kind], RANK.get(one.standing or "", len(RANK))))

    def _change(self, goals: TherapyGoals, found: MinimalChange, *, smallest: bool) -> Change:
        steps = tuple(self._step(index, states) for index, states in found.moves)
        facts = facts_of(
            {**self.facts, **{name: value for step in steps for name, value in step.to.items()}}, self.profile.fields
        )
        # A measured bilirubin would contradict a class that was changed by hand.
        measured = self.profile.without([name for name in facts if facts[name] != self.facts[name]])
        warnings = doubts(facts, self.profile.fields)
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
            profile=replace(self.profile, facts=facts, measurements=measured, warnings=warnings),
            doubts=tuple(doubt for doubt in warnings if (doubt.code, doubt.fields) not in self.doubted),
        )

    def _step(self, index: int, states: tuple[State, ...]) -> Step:
        key = (index, tuple(state.point for state in states))
        if key not in self.steps:
            held = self.facets[index]
            names = tuple(field.name for field in held.facet.fields)
            to = dict(zip(names, held.nearest(states), strict=True))
            title, becomes = held.facet.title, held.facet.label(states)
            self.steps[key] = Step(fields=names, title=title, kind=_kind(held), was=held.says(), becomes=becomes, to=to)
        return self.steps[key]


def _kind(held: HeldFacet) -> ChangeKind:
    unknown = all(value is None for value in held.entry)
    if held.facet.nature == "test":
        return "open_test" if unknown else "other_result"
    return "open_fact" if unknown else "other_history" if held.facet.nature == "history" else "contrast"


def settling(every: Iterable[TherapyGoals], facets: Sequence[HeldFacet], profile: Profile) -> Settling:
    """What finding out one unknown facet, or two, would settle. Ordered by the least, then the mean number settled."""
    certain, possible = meet(held.now for held in facets)
    still = [goals for goals in every if goals.is_open(certain, possible)]
    # Results count as one where no therapy that is still open tells them apart.
    relevant = reduce(or_, (goals.relevant for goals in still), 0)
    found_out = [(held, held.now.told(relevant), merged(_results(held, profile), relevant)) for held in facets if held.is_open]
    # Only those of which some result says more than is known already.
    asked = [(held, groups) for held, here, groups in found_out if any(group[0].told(relevant) != here for group in groups)]
    singles = [_question((one,), facets, still) for one in asked]
    # What one fact settles alone needs no second one.
    paired = combinations(zip(asked, singles, strict=True), 2)
    both = [(_question((a, b), facets, still), max(one.least, other.least)) for (a, one), (b, other) in paired]
    pairs = [pair for pair, alone in both if pair.least > alone]
    names = tuple(OpenTherapy(therapy=goals.therapy.id, name=goals.therapy.name) for goals in still)
    return Settling(open=names, singles=_best(singles), pairs=_best(pairs))


def _results(held: HeldFacet, profile: Profile) -> Iterator[State]:
    """What finding out may lead to, without what other facts deny: that nothing was taken of what was."""
    (field, *_), states = held.facet.fields, held.results()
    denied = profile.denied(field)
    yield from (state for state in states if {Field.written(entry[0]) for entry in state.entries} - denied)


def _question(asked: Sequence[Asked], facets: Sequence[HeldFacet], still: list[TherapyGoals]) -> Question:
    chosen = [held for held, _ in asked]
    fixed = [held.now for held in facets if held not in chosen]
    outcomes = tuple(_outcome(chosen, groups, fixed, still) for groups in product(*(groups for _, groups in asked)))
    counts = [len(outcome.settled) for outcome in outcomes]
    return Question(
        fields=tuple(field.name for held in chosen for field in held.facet.fields),
        titles=tuple(held.facet.title for held in chosen),
        tests_only=all(held.facet.nature == "test" for held in chosen),
        least=min(counts),
        most=max(counts),
        outcomes=outcomes,
    )


def _outcome(
    chosen: list[HeldFacet], groups: tuple[tuple[State, ...], ...], fixed: list[State], still: list[TherapyGoals]
) -> Outcome:
    certain, possible = meet([*fixed, *(group[0] for group in groups)])
    left = tuple(goals.therapy.id for goals in still if goals.is_open(certain, possible))
    settled = tuple(
        SettledTherapy(
            therapy=goals.therapy.id,
            name=goals.therapy.name,
            list=goals.reached(certain, possible),
            standing=rule.standing if (rule := goals.best(certain)) else None,
        )
        for goals in still
        if goals.therapy.id not in left
    )
    results = tuple(held.facet.label(group) for held, group in zip(chosen, groups, strict=True))
    return Outcome(results=results, settled=settled, left=left)


def _best(found: list[Question]) -> tuple[Question, ...]:
    """Most certainly settled first, then by the mean; results are not weighted by how common they are."""
    told = [(q, sum(len(outcome.settled) for outcome in q.outcomes) / len(q.outcomes)) for q in found if q.most]
    return tuple(question for question, mean in sorted(told, key=lambda one: (-one[0].least, -one[1])))
