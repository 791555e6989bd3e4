"""The search behind what-if: which facets, moved to which states, make a therapy an option or end that, none of them spare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

from hepatica.evaluation import ListName
from hepatica.explain.facets import Facet, State, TherapyGoals, meet, merged
from hepatica.inference import each_bit
from hepatica.knowledge import Rule
from hepatica.patient import Facts
from hepatica.problems import InvalidInput, Problem

MOST_TRIED = 100_000

Move = tuple[int, int]
"""A facet and a group of its states, both by position."""
Assignment = frozenset[Move]


@dataclass(frozen=True, slots=True)
class _Choices:
    """One facet for one therapy: the state it is in, and the groups of other states the therapy can tell apart."""

    now: State
    groups: tuple[tuple[State, ...], ...]


@dataclass(frozen=True, slots=True)
class MinimalChange:
    """Facets by position with the states they move to, and what any of those states leads to."""

    moves: tuple[tuple[int, tuple[State, ...]], ...]
    reaches: ListName
    rule: Rule | None


def minimal_changes(goals: TherapyGoals, facets: tuple[Facet, ...], facts: Facts, *, is_option: bool) -> list[MinimalChange]:
    """Every change of which no part does the same, for one therapy; `is_option` says whether it is one now.

    Raises `InvalidInput` where there are too many to weigh.
    """
    choices = [_choices(facet, goals.relevant, facts) for facet in facets]
    found = _without_parts(_removals(goals, choices) if is_option else _additions(goals, choices))
    return _united([_change(goals, choices, assignment) for assignment in found], len(choices))


def _choices(facet: Facet, relevant: int, facts: Facts) -> _Choices:
    now = facet.now(facts)
    groups = merged(facet.moves(facts), relevant)
    return _Choices(now, tuple(group for group in groups if group[0].told(relevant) != now.told(relevant)))


def _additions(goals: TherapyGoals, choices: list[_Choices]) -> Iterator[Assignment]:
    """For each conjunction that would do: every facet that contradicts it, moved to a state that does not."""
    for position in each_bit(goals.options):
        bit = 1 << position
        moves: list[list[Move]] = []
        for index, choice in enumerate(choices):
            if not choice.now.certain & bit:
                moves.append([(index, g) for g, group in enumerate(choice.groups) if group[0].certain & bit])
        yield from (frozenset(chosen) for chosen in product(*moves))


def _removals(goals: TherapyGoals, choices: list[_Choices], taken: Assignment = frozenset()) -> Iterator[Assignment]:
    """While a conjunction still holds, one of its facets that was not yet moved has to contradict it."""
    left = _meet(choices, taken)[0] & goals.options
    if not left:
        yield taken
        return
    bit = left & -left  # the lowest conjunction that still holds; any would do, each must fall in the end
    moved = {index for index, _ in taken}
    for index, choice in enumerate(choices):
        if index not in moved:
            for group, states in enumerate(choice.groups):
                if not states[0].certain & bit:
                    yield from _removals(goals, choices, taken | {(index, group)})


def _meet(choices: list[_Choices], taken: Assignment) -> tuple[int, int]:
    moved = dict(taken)
    return meet(c.groups[moved[i]][0] if i in moved else c.now for i, c in enumerate(choices))


def _without_parts(found: Iterable[Assignment]) -> list[Assignment]:
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


def _change(goals: TherapyGoals, choices: list[_Choices], assignment: Assignment) -> MinimalChange:
    certain, possible = _meet(choices, assignment)
    moves = tuple((index, choices[index].groups[group]) for index, group in sorted(assignment))
    return MinimalChange(moves, goals.reached(certain, possible), goals.best(certain))


def _united(found: list[MinimalChange], count: int) -> list[MinimalChange]:
    """Those that reach the same by the same rule and differ in the states of one facet alone, made one."""
    for facet in range(count):
        groups: dict[object, list[MinimalChange]] = {}
        for one in found:
            rest = tuple((index, tuple(s.point for s in states)) for index, states in one.moves if index != facet)
            groups.setdefault((rest, len(one.moves), one.reaches, one.rule and one.rule.id), []).append(one)
        found = [_union(group, facet) for group in groups.values()]
    return found


def _union(group: list[MinimalChange], facet: int) -> MinimalChange:
    together = tuple(state for one in group for index, states in one.moves if index == facet for state in states)
    return replace(group[0], moves=tuple((index, together if index == facet else s) for index, s in group[0].moves))
