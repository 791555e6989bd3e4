"""What if: every irreducible change of facts that makes a therapy an option or ends its being one.

A change sets facets to other known states. It is irreducible when no part of it does the same, so the shortest ones listed
are the smallest there are; nothing that is known is ever forgotten, and Child-Pugh class and score move together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import Evaluation, Evaluator, ListName
from hepatica.explain.facets import Facet, State, facets_of, held, label, nearest
from hepatica.explain.lists import TherapyBits, therapy_bits
from hepatica.explain.settle import Settling, settling
from hepatica.explain.turns import Turn, turns
from hepatica.knowledge import RANK, Rule, Therapy
from hepatica.patient import CHILD_PUGH_GROUP, Facts, Profile, ProfileWarning, Value, doubts, facts_of

Kind = Literal["open_test", "open_fact", "other_result", "other_history", "contrast"]
KINDS: dict[Kind, str] = {
    "open_test": "A test not yet known",
    "open_fact": "A fact not yet asked",
    "other_result": "A test with another result",
    "other_history": "Another history",
    "contrast": "A contrast: cannot be changed",
}
_RANK_OF_KIND = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Step:
    """One facet moved: `states` are all that serve equally, `to` is the one nearest to the profile."""

    facet: Facet
    kind: Kind
    was: str
    becomes: str
    states: tuple[State, ...]
    to: State


@dataclass(frozen=True, slots=True)
class Change:
    """An irreducible change. `reaches` is the therapy's list after it, `rule` what then makes it an option.

    `doubts` are staging disagreements that the changed facts would newly have.
    """

    therapy: Therapy
    steps: tuple[Step, ...]
    kind: Kind
    reaches: ListName
    rule: Rule | None
    profile: Profile
    doubts: tuple[ProfileWarning, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would change an answer. `never` are therapies that no change of facts makes an option."""

    evaluation: Evaluation
    adds: tuple[Change, ...]
    removes: tuple[Change, ...]
    never: tuple[Therapy, ...]
    always: tuple[Therapy, ...]
    settling: Settling

    @property
    def changes(self) -> tuple[Change, ...]:
        """Additions, then removals."""
        return (*self.adds, *self.removes)


def what_if(evaluator: Evaluator, profile: Profile, therapies: Iterable[str] = ()) -> WhatIf:
    """Every irreducible change for `therapies` (all, when none is named), and the tests that would settle most.

    Raises `KeyError` for a therapy the ruleset does not know.
    """
    evaluation = evaluator.evaluate(profile)
    facets = facets_of(evaluator.program)
    every = therapy_bits(evaluator.ruleset, evaluator.program)
    wanted = {evaluator.ruleset.therapies[name].id for name in therapies} or set(evaluator.ruleset.therapies)
    options = {entry.therapy.id for entry in evaluation.options}
    adds: list[Change] = []
    removes: list[Change] = []
    never: list[Therapy] = []
    always: list[Therapy] = []
    for bits in every:
        if bits.therapy.id not in wanted:
            continue
        is_option = bits.therapy.id in options
        changes = _changes(bits, facets, profile, is_option)
        (removes if is_option else adds).extend(changes)
        if not changes:
            (always if is_option else never).append(bits.therapy)
    return WhatIf(evaluation, tuple(adds), tuple(removes), tuple(never), tuple(always), settling(every, facets, profile.facts))


def _changes(bits: TherapyBits, facets: tuple[Facet, ...], profile: Profile, is_option: bool) -> list[Change]:
    found = turns(bits, facets, profile.facts, is_option=is_option)
    return sorted((_change(bits, facets, turn, profile) for turn in found), key=_order)


def _change(bits: TherapyBits, facets: tuple[Facet, ...], turn: Turn, profile: Profile) -> Change:
    steps = tuple(step_to(facets[index], states, profile.facts) for index, states in turn.moves)
    changed = moved_profile(profile, steps)
    old = {doubt.code for doubt in doubts(profile.facts)}
    kind = max((step.kind for step in steps), key=_RANK_OF_KIND.__getitem__)
    new = tuple(doubt for doubt in doubts(changed.facts) if doubt.code not in old)
    return Change(bits.therapy, steps, kind, turn.reaches, turn.rule, changed, new)


def step_to(facet: Facet, states: tuple[State, ...], facts: Facts) -> Step:
    """The step that moves a facet of a profile to the nearest of some states."""
    return Step(facet, _kind(facet, facts), held(facet, facts), label(facet, states), states, nearest(facet, states, facts))


def _kind(facet: Facet, facts: Facts) -> Kind:
    unknown = all(facts[field.name] is None for field in facet.fields)
    if facet.nature == "test":
        return "open_test" if unknown else "other_result"
    if unknown:
        return "open_fact"
    return "other_history" if facet.nature == "history" else "contrast"


def moved_profile(profile: Profile, steps: Iterable[Step]) -> Profile:
    """The profile after some steps, with the staging doubts it then has; measurements that no longer fit are dropped."""
    facts: dict[str, Value | None] = dict(profile.facts)
    for step in steps:
        facts.update(zip((field.name for field in step.facet.fields), step.to.values, strict=True))
    changed = {name for name, value in facts.items() if value != profile.facts[name]}
    stale = changed | (set(CHILD_PUGH_GROUP) if changed & set(CHILD_PUGH_GROUP) else set())
    kept = profile.without(stale)
    total = facts_of(facts)
    return Profile(total, profile.label, measurements=kept, warnings=doubts(total))


def _order(change: Change) -> tuple[int, int, int]:
    rank = RANK[change.rule.standing] if change.rule else len(RANK)
    return len(change.steps), _RANK_OF_KIND[change.kind], rank


def smallest(change: Change, among: Iterable[Change]) -> bool:
    """Whether no change of the same therapy takes fewer steps."""
    return all(len(other.steps) >= len(change.steps) for other in among if other.therapy.id == change.therapy.id)
