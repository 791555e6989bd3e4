"""A ruleset's bit tables folded into a cascade of small look-up tables.

The tables say which conjunctions each value of a field leaves standing. Read field after field, what still stands is a state;
equal states are met once, and states from which everything that follows is equal are made one. So a therapy's verdicts over
10^9 combinations come down to some hundred states, and answering a row is one look-up to a field. Cascades of several
therapies are multiplied into one while that stays small: fewer look-ups to a row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hepatica.inference import Goal, GoalKey, Program, Verdict
from hepatica.patient import Value

States = NDArray[np.uint16]
Domains = Mapping[str, tuple[int, tuple[Value | None, ...]]]
"""By field, its row in the codes, and the values that its codes stand for."""
BLOCK = 32_768
MOST_STATES = 20_000
MOST_ENTRIES = 1 << 19
_LIMIT = np.iinfo(np.uint16).max


Step = tuple[int, States]
"""A field, and by state and code the state behind it: shape (states, codes)."""


class Cascade(NamedTuple):
    """Steps in the order of the fields, and for each of m members the number of its outcome by last state: (m, states)."""

    steps: tuple[Step, ...]
    outcomes: NDArray[np.uint16]

    def run(self, codes: NDArray[np.uint16]) -> States:
        """The last state of each of n rows, from codes of shape (fields, n)."""
        rows = int(codes.shape[1])
        found = np.zeros(rows, dtype=np.uint16)
        place = np.empty(min(BLOCK, rows), dtype=np.intp)
        for start in range(0, rows, BLOCK):
            state = found[start : start + BLOCK]
            at = place[: len(state)]
            for field, after in self.steps:
                # In words, not in the states' own 16 bits: the product would not fit these.
                np.multiply(state, after.shape[1], out=at, dtype=np.intp)
                at += codes[field, start : start + BLOCK]
                # The codes are the coder's own, so none is out of range, and clipping saves the check.
                np.take(after.reshape(-1), at, out=state, mode="clip")
        return found


class TooManyStates(Exception):
    """A cascade would be too large to be quick."""


def cascade(
    program: Program, goals: Sequence[GoalKey], domains: Domains, judge: Callable[[tuple[Verdict, ...]], Hashable]
) -> tuple[Cascade, list[Any]]:
    """The cascade of some goals and, by number, the outcomes that `judge` gives to their verdicts; raises `TooManyStates`."""
    wanted = [program.goals[key] for key in goals]
    parts = [(1 << goal.first + n, tests) for goal in wanted for n, tests in enumerate(goal.conjunctions)]
    left = reduce(or_, (goal.tests for goal in wanted), 0)
    every = sum(goal.mask for goal in wanted)
    spare = sum(goal.mark for goal in wanted) & ~every
    states: list[tuple[int, int]] = [(every, every)]
    steps: list[Step] = []
    for table in [table for table in program.tables if table.asked & left]:
        left &= ~table.asked
        # What no later field can change is settled at once, so that states which differ in it alone are equal.
        finished = sum(bit for bit, tests in parts if not tests & left)
        place, values = domains[table.classes.field.name]
        rows = [(row.certain & every | spare, row.possible & every | spare) for row in map(table.row, values)]
        kinds = {row: kind for kind, row in enumerate(dict.fromkeys(rows))}
        met: dict[tuple[int, int], int] = {}
        after = [
            [met.setdefault(_settled(wanted, finished, sure & s, maybe & m), len(met)) for s, m in kinds]
            for sure, maybe in states
        ]
        if len(met) > _LIMIT:
            raise TooManyStates
        steps.append((place, np.array(after, dtype=np.uint16)[:, [kinds[row] for row in rows]]))
        states = list(met)
    numbers: dict[Any, int] = {}
    own = [goal.mask | goal.mark for goal in wanted]
    said = (judge(tuple(Verdict.of(sure & bits, maybe & bits) for bits in own)) for sure, maybe in states)
    last = [numbers.setdefault(one, len(numbers)) for one in said]
    return _reduced(steps, np.array([last], dtype=np.uint16)), list(numbers)


def _settled(goals: Sequence[Goal], finished: int, sure: int, maybe: int) -> tuple[int, int]:
    """The state with the mark of every decided goal in place of its conjunctions, so that more states are equal."""
    if not (sure | maybe) & finished:
        return sure, maybe
    for goal in goals:
        own = goal.mask | goal.mark
        if sure & goal.mask & finished:
            sure, maybe = sure & ~own | goal.mark, maybe & ~own | goal.mark
        elif maybe & goal.mask & finished and not sure & own:
            maybe = maybe & ~own | goal.mark
    return sure, maybe


def _reduced(steps: Sequence[Step], outcomes: NDArray[np.uint16]) -> Cascade:
    """States that lead to the same made one."""
    found: list[Step] = []
    unique, numbers = np.unique(outcomes, axis=1, return_inverse=True)
    for field, after in reversed(steps):
        rows, inverse = np.unique(numbers.reshape(-1)[after], axis=0, return_inverse=True)
        found.append((field, rows.astype(np.uint16)))
        numbers = inverse
    return Cascade(tuple(reversed(found)), unique)


def product(one: Cascade, other: Cascade) -> Cascade:
    """Both cascades at once: the members of the one, then of the other. Raises `TooManyStates`."""
    mine, theirs = dict(one.steps), dict(other.steps)
    first = second = np.zeros(1, dtype=np.intp)
    steps = []
    for field in sorted(mine.keys() | theirs.keys()):
        width = (mine[field] if field in mine else theirs[field]).shape[1]
        pair = ((mine, first), (theirs, second))
        left, right = (own[field][at] if field in own else np.repeat(at[:, None], width, axis=1) for own, at in pair)
        size = int(right.max()) + 1
        pairs, inverse = np.unique(left.astype(np.int64) * size + right, return_inverse=True)
        if len(pairs) > MOST_STATES or len(pairs) * width > MOST_ENTRIES:
            raise TooManyStates
        steps.append((field, inverse.reshape(-1, width).astype(np.uint16)))
        first, second = pairs // size, pairs % size
    return Cascade(tuple(steps), np.concatenate([one.outcomes[:, first], other.outcomes[:, second]]))


def grouped(cascades: Sequence[Cascade]) -> list[tuple[Cascade, list[int]]]:
    """The cascades multiplied into as few as stay small; each with the numbers of those that are its members, in order."""
    groups: list[tuple[Cascade, list[int]]] = []
    # Therapies that read the same fields multiply into few states, so they are tried side by side.
    for number in sorted(range(len(cascades)), key=lambda n: ([field for field, _ in cascades[n].steps], n)):
        for place, (group, members) in enumerate(groups):
            try:
                groups[place] = product(group, cascades[number]), [*members, number]
                break
            except TooManyStates:
                continue
        else:
            groups.append((cascades[number], [number]))
    return groups
