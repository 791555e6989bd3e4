"""What if: every irreducible change of facts that makes a therapy an option or ends its being one.

A change sets facets to other known states. It is irreducible when no part of it does the same, so the shortest ones listed
are the smallest there are; nothing that is known is ever forgotten, and Child-Pugh class and score move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

from engine.evaluation.evaluate import Evaluator
from engine.evaluation.model import Evaluation, ListName
from engine.evaluation.reasons import each_bit
from engine.explain.facets import Facet, State, facets_of, held, label, merged, nearest
from engine.explain.lists import TherapyBits, therapy_bits
from engine.explain.settle import Settling, settling
from engine.knowledge.ruleset import Rule, Therapy
from engine.knowledge.standing import RANK
from engine.problems import InvalidInput, Problem
from engine.profile.contradictions import doubts
from engine.profile.fields import Value
from engine.profile.model import Facts, Profile, ProfileWarning, facts_of
from engine.profile.normalise import CHILD_PUGH_GROUP

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


MOST_TRIED = 100_000

Move = tuple[int, int]
Assignment = frozenset[Move]


@dataclass(frozen=True, slots=True)
class _Choices:
    """One facet for one therapy: the state it is in, and the groups of other states the therapy can tell apart."""

    facet: Facet
    now: State
    groups: tuple[tuple[State, ...], ...]


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
    choices = [_choices(facet, bits.relevant, profile.facts) for facet in facets]
    found = _irreducible(_removals(bits, choices) if is_option else _additions(bits, choices))
    changes = [_change(bits, choices, assignment, profile) for assignment in found]
    return sorted(changes, key=_order)


def _choices(facet: Facet, relevant: int, facts: Facts) -> _Choices:
    now = facet.now(facts)
    here = (now.certain & relevant, now.possible & relevant)
    groups = merged(facet.moves(facts), relevant)
    others = tuple(g for g in groups if (g[0].certain & relevant, g[0].possible & relevant) != here)
    return _Choices(facet, now, others)


def _additions(bits: TherapyBits, choices: list[_Choices]) -> Iterator[Assignment]:
    """For each conjunction that would do: every facet that contradicts it, moved to a state that does not."""
    for position in each_bit(bits.options):
        bit = 1 << position
        moves: list[list[Move]] = []
        for index, choice in enumerate(choices):
            if not choice.now.certain & bit:
                moves.append([(index, g) for g, group in enumerate(choice.groups) if group[0].certain & bit])
        yield from (frozenset(chosen) for chosen in product(*moves))


def _removals(bits: TherapyBits, choices: list[_Choices], taken: Assignment = frozenset()) -> Iterator[Assignment]:
    """While a conjunction still holds, one of its facets that was not yet moved has to contradict it."""
    left = _certain(choices, taken) & bits.options
    if not left:
        yield taken
        return
    bit = left & -left
    moved = {index for index, _ in taken}
    for index, choice in enumerate(choices):
        if index not in moved:
            for group, states in enumerate(choice.groups):
                if not states[0].certain & bit:
                    yield from _removals(bits, choices, taken | {(index, group)})


def _certain(choices: list[_Choices], taken: Assignment) -> int:
    moved = dict(taken)
    certain = -1
    for index, choice in enumerate(choices):
        state = choice.groups[moved[index]][0] if index in moved else choice.now
        certain &= state.certain
    return certain


def _irreducible(found: Iterable[Assignment]) -> list[Assignment]:
    """Those of which no part is found as well, smallest first."""
    unique: set[Assignment] = set()
    for count, one in enumerate(found):
        if count == MOST_TRIED:
            message = f"a therapy's rules leave more than {MOST_TRIED} changes to weigh; fewer unknown facts leave fewer"
            raise InvalidInput([Problem("whatif", 1, 1, "too-many-changes", message)])
        unique.add(one)
    return [one for one in sorted(unique, key=lambda a: (len(a), sorted(a))) if not _has_part(one, unique)]


def _has_part(assignment: Assignment, found: set[Assignment]) -> bool:
    sizes = range(len(assignment))
    return any(frozenset(part) in found for size in sizes for part in combinations(sorted(assignment), size))


def _change(bits: TherapyBits, choices: list[_Choices], assignment: Assignment, profile: Profile) -> Change:
    moved = [(choices[index], choices[index].groups[group]) for index, group in sorted(assignment)]
    certain = possible = -1
    for index, choice in enumerate(choices):
        state = choice.groups[dict(assignment)[index]][0] if index in dict(assignment) else choice.now
        certain, possible = certain & state.certain, possible & state.possible
    steps = tuple(step_to(choice.facet, states, profile.facts) for choice, states in moved)
    changed = moved_profile(profile, steps)
    old = {doubt.code for doubt in doubts(profile.facts)}
    kind = max((step.kind for step in steps), key=_RANK_OF_KIND.__getitem__)
    new = tuple(doubt for doubt in doubts(changed.facts) if doubt.code not in old)
    return Change(bits.therapy, steps, kind, bits.reached(certain, possible), bits.best(certain), changed, new)


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
    kept = {name: parts for name, parts in profile.measurements.items() if name not in stale}
    total = facts_of(facts)
    return Profile(total, profile.label, kept, doubts(total))


def _order(change: Change) -> tuple[int, int, int]:
    rank = RANK[change.rule.standing] if change.rule else len(RANK)
    return len(change.steps), _RANK_OF_KIND[change.kind], rank


def smallest(change: Change, among: Iterable[Change]) -> bool:
    """Whether no change of the same therapy takes fewer steps."""
    return all(len(other.steps) >= len(change.steps) for other in among if other.therapy.id == change.therapy.id)
