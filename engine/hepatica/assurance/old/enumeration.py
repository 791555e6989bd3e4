"""The same questions as the box algebra, answered by going through every point of the space with the columns kernel.

The tables come from the compiled program, not from boxes, so that the two methods share as little as possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hepatica.assurance.answers.version import Question, Stand, Subject, Version
from hepatica.assurance.space.axes import Axis, Space, consistent
from hepatica.inference import Program, Verdict
from hepatica.patient import facts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hepatica.inference.columns import Columns, Table, Weighted

_VERDICTS = (Verdict.FALSE, Verdict.UNKNOWN, Verdict.TRUE)


def counts(space: Space, program: Program, goals: Sequence[str]) -> dict[str, tuple[int, int]]:
    """For each goal the profiles where it certainly holds, and where it may."""
    from hepatica.inference.columns import Columns

    columns = Columns(program, goals)
    totals = dict.fromkeys(goals, (0, 0))
    for block in _blocks(space, [columns]):
        surely, perhaps = columns.layout.folded(block.certain.copy()), columns.layout.folded(block.possible.copy())
        for goal in goals:
            sure, maybe = totals[goal]
            certain = int(block.weights[columns.holds(surely, goal)].sum())
            totals[goal] = sure + certain, maybe + int(block.weights[columns.holds(perhaps, goal)].sum())
    return totals


def transitions(old: Version, new: Version, space: Space, subjects: Sequence[Subject]) -> Counter[tuple[Subject, Stand, Stand]]:
    """For each subject how many profiles go from one stand to another (equal ones included)."""
    from hepatica.inference.columns import Columns

    pairs = [(subject, old.question(subject), new.question(subject)) for subject in subjects]
    first = Columns(old.program, _goals(before for _, before, _ in pairs))
    second = Columns(new.program, _goals(after for _, _, after in pairs))
    found: Counter[tuple[Subject, Stand, Stand]] = Counter()
    for block in _blocks(space, [first, second]):
        for subject, before, after in pairs:
            parts = [_verdicts(first, block, before, 0), _verdicts(second, block, after, first.layout.words)]
            for verdicts, total in _tallied([column for part in parts for column in part], block.weights):
                size = len(before.goals)
                found[subject, before.judge(verdicts[:size]), after.judge(verdicts[size:])] += total
    return found


def _goals(questions: Iterator[Question]) -> list[str]:
    return list(dict.fromkeys(goal for question in questions for goal in question.goals))


def _blocks(space: Space, every: Sequence[Columns]) -> Iterator[Weighted]:
    """The space in blocks; the words of several programs stand one after the other."""
    import numpy as np

    from hepatica.inference.columns import Table, Weighted, outer

    if not space.axes:
        words = sum(columns.layout.words for columns in every)
        full = np.full((words, 1), np.iinfo(np.uint64).max, dtype=np.uint64)
        yield Weighted(full, full, np.ones(1, dtype=np.int64))
        return
    tables = []
    for axis in space.axes:
        parts = [_table(axis, columns) for columns in every]
        tables.append(Table(*(np.concatenate(side) for side in zip(*parts, strict=True))))
    yield from outer(tables, [axis.weights for axis in space.axes])


def _table(axis: Axis, columns: Columns) -> Table:
    """Verdict words by point of an axis, from the program's own tables."""
    from hepatica.inference.columns import Table

    names = {field.name for field in axis.fields}
    own = [table for table in columns.program.tables if table.classes.field.name in names]
    certain, possible = [], []
    for point in axis.points:
        known = dict(zip((field.name for field in axis.fields), point[0], strict=True))
        facts = facts_of(consistent(known))
        sure = maybe = -1
        for table in own:
            index = table.classes.class_of(facts[table.classes.field.name])
            sure &= table.certain[index]
            maybe &= table.possible[index]
        certain.append(sure)
        possible.append(maybe)
    return Table(columns.layout.packed(certain), columns.layout.packed(possible))


def _verdicts(columns: Columns, block: Weighted, question: Question, offset: int) -> list[NDArray[np.int64]]:
    """For each goal of a question 0 (false), 1 (unknown) or 2 (true) for every row of a block."""
    words = slice(offset, offset + columns.layout.words)
    certain, possible = (columns.layout.folded(side[words].copy()) for side in (block.certain, block.possible))
    return [columns.holds(certain, goal).astype("int64") + columns.holds(possible, goal) for goal in question.goals]


def _tallied(verdicts: list[NDArray[np.int64]], weights: NDArray[np.int64]) -> Iterator[tuple[tuple[Verdict, ...], int]]:
    """Every combination of verdicts that occurs, with the profiles that have it."""
    import numpy as np

    if not verdicts:
        yield (), int(weights.sum())
        return
    rows, inverse = np.unique(np.stack(verdicts), axis=1, return_inverse=True)
    totals = np.zeros(rows.shape[1], dtype=np.int64)
    np.add.at(totals, inverse.reshape(-1), weights)
    for column, total in zip(rows.T, totals, strict=True):
        yield tuple(_VERDICTS[value] for value in column), int(total)
