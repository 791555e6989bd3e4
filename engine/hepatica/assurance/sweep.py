"""Counts by multiplying out the program's tables, axis by axis: a second method beside the decision diagram.

It starts from the compiled program, not from regions, so that the two methods share as little as possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hepatica.assurance.space import Axis, Space
from hepatica.inference import GoalKey, Program

Standing = list[tuple[int, int]]
"""The conjunctions that each point of an axis leaves standing, certain and possible."""


def counts(space: Space, program: Program, goals: Sequence[GoalKey]) -> dict[GoalKey, tuple[int, int]]:
    """For each goal the profiles where it certainly holds, and where it may."""
    standing = [_standing(space, axis, program) for axis in space.axes]
    found = {}
    for key in goals:
        mask = program.goals[key].mask
        certain, possible = (_profiles(space, [[point[side] for point in axis] for axis in standing], mask) for side in (0, 1))
        found[key] = certain, possible
    return found


def _profiles(space: Space, standing: Sequence[Sequence[int]], goal: int) -> int:
    """The profiles in which a conjunction of a goal is left standing by every axis."""
    left = Counter({goal: 1})
    for masks, axis in zip(standing, space.axes, strict=True):
        # Points that leave the same conjunctions of this goal are one, and so are combinations of points: few are left.
        points: Counter[int] = Counter()
        for mask, entries in zip(masks, axis.points, strict=True):
            points[mask & goal] += len(entries)
        before, left = left, Counter()
        for one, many in before.items():
            for mask, weight in points.items():
                left[one & mask] += many * weight
    return sum(many for mask, many in left.items() if mask)


def _standing(space: Space, axis: Axis, program: Program) -> Standing:
    """By point of an axis, from the program's own tables."""
    names = [field.name for field in axis.fields]
    own = [table for table in program.tables if table.classes.field.name in names]
    found = []
    for point in axis.points:
        facts = space.total(dict(zip(names, axis.entry(point[0]), strict=True)))
        certain = possible = program.every
        for table in own:
            row = table.row(facts[table.classes.field.name])
            certain &= row.certain
            possible &= row.possible
        found.append((certain, possible))
    return found
