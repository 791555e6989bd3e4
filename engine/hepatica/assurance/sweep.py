"""Counts by going through every point of the space with the columns kernel: a second method beside the decision diagram.

The tables come from the compiled program, not from regions, so that the two methods share as little as possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hepatica.assurance.space import Axis, Space
from hepatica.inference import GoalKey, Program

if TYPE_CHECKING:
    from hepatica.inference.columns import Columns, ColumnTable, Weighted


def counts(space: Space, program: Program, goals: Sequence[GoalKey]) -> dict[GoalKey, tuple[int, int]]:
    """For each goal the profiles where it certainly holds, and where it may."""
    from hepatica.inference.columns import Columns

    columns = Columns(program, goals)
    totals = dict.fromkeys(goals, (0, 0))
    for block in _blocks(space, columns):
        surely, perhaps = columns.layout.folded(block.certain.copy()), columns.layout.folded(block.possible.copy())
        for goal in goals:
            sure, maybe = totals[goal]
            certain = int(block.weights[columns.holds(surely, goal)].sum())
            totals[goal] = sure + certain, maybe + int(block.weights[columns.holds(perhaps, goal)].sum())
    return totals


def _blocks(space: Space, columns: Columns) -> Iterator[Weighted]:
    """The space in blocks of points, each with how many profiles it stands for."""
    import numpy as np

    from hepatica.inference.columns import Weighted, outer

    if space.axes:
        tables = [_table(space, axis, columns) for axis in space.axes]
        yield from outer(tables, [[*map(len, axis.points)] for axis in space.axes])
        return
    full = np.full((columns.layout.words, 1), np.iinfo(np.uint64).max, dtype=np.uint64)
    yield Weighted(full, full, np.ones(1, dtype=np.int64))


def _table(space: Space, axis: Axis, columns: Columns) -> ColumnTable:
    """Verdict words by point of an axis, from the program's own tables."""
    from hepatica.inference.columns import ColumnTable

    names = [field.name for field in axis.fields]
    own = [table for table in columns.program.tables if table.classes.field.name in names]
    certain, possible = [], []
    for point in axis.points:
        facts = space.total(dict(zip(names, axis.entry(point[0]), strict=True)))
        sure = maybe = -1
        for table in own:
            row = table.row(facts[table.classes.field.name])
            sure &= row.certain
            maybe &= row.possible
        certain.append(sure)
        possible.append(maybe)
    return ColumnTable(columns.layout.packed(certain), columns.layout.packed(possible))
