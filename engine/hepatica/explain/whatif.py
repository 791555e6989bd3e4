"""What if: every minimal change of facts that makes a therapy an option or ends its being one.

A change sets facets to other known states. It is minimal when no part of it does the same; nothing that is known is ever
forgotten, and Child-Pugh class and score move together. A trial in progress or a name without a result is no option.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from hepatica.evaluation import Evaluator, ListName, RulesetIdentity, facts_under
from hepatica.explain.changes import MinimalChange, minimal_changes
from hepatica.explain.facets import Facet, State, TherapyGoals, facets_of, therapy_goals
from hepatica.explain.settle import OpenTherapy, Settling, settling
from hepatica.explain.why import HiddenEvaluation
from hepatica.knowledge import RANK, Standing
from hepatica.patient import Facts, Profile, ProfileWarning, Value, doubts, facts_of

ChangeKind = Literal["open_test", "open_fact", "other_result", "other_history", "contrast"]
KINDS: Mapping[ChangeKind, str] = {
    "open_test": "A test not yet known",
    "open_fact": "A fact not yet asked",
    "other_result": "A test with another result",
    "other_history": "Another history",
    "contrast": "Fixed characteristics (for comparison only)",
}
_RANK_OF_KIND = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One facet moved: `was` and `becomes` in words (all values that serve equally), `to` the values nearest to the profile."""

    fields: tuple[str, ...]
    title: str
    kind: ChangeKind
    was: str
    becomes: str
    to: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    facets = facets_of(evaluator.program)
    every = therapy_goals(ruleset, evaluator.program)
    wanted = {ruleset.therapies[name].id for name in therapies} or set(ruleset.therapies)
    options = {entry.therapy for entry in evaluation.options}
    changed = {
        g.therapy.id: _changes(g, facets, profile, facts, g.therapy.id in options) for g in every if g.therapy.id in wanted
    }
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


def _changes(goals: TherapyGoals, facets: tuple[Facet, ...], profile: Profile, facts: Facts, is_option: bool) -> list[Change]:
    found = minimal_changes(goals, facets, facts, is_option=is_option)
    least = min((len(one.moves) for one in found), default=0)
    changes = [_change(goals, facets, one, profile, facts, smallest=len(one.moves) == least) for one in found]
    return sorted(changes, key=_order)


def _change(
    goals: TherapyGoals, facets: tuple[Facet, ...], found: MinimalChange, profile: Profile, facts: Facts, *, smallest: bool
) -> Change:
    steps = tuple(step_to(facets[index], states, facts) for index, states in found.moves)
    changed = moved(profile, facts, [value for step in steps for value in step.to.items()])
    old = {doubt.code for doubt in doubts(facts, profile.fields)}
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
        doubts=tuple(doubt for doubt in changed.warnings if doubt.code not in old),
    )


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
    gone = [name for name in new if new[name] != facts[name]]
    return replace(profile, facts=new, measurements=profile.without(gone), warnings=doubts(new, profile.fields))


def _order(change: Change) -> tuple[int, int, int]:
    return len(change.steps), _RANK_OF_KIND[change.kind], RANK[change.standing] if change.standing else len(RANK)
