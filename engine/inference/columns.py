"""Many profiles at once: the bit tables of a program as NumPy arrays over coded columns.

A profile is coded as one class index per field table. Its verdict words are the AND of one table row per field, certain and
possible, 64 conjunctions to a word. Work goes block by block, so memory does not grow with the number of profiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.inference.program import Goal, Program
from engine.profile.model import Facts

Codes = NDArray[np.uint16]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

WORD = 64
BLOCK = 16_384
MOST_ROWS = 4_096


class Verdicts(NamedTuple):
    """Verdict words of n profiles: two arrays of shape (words, n)."""

    certain: Words
    possible: Words


class Table(NamedTuple):
    """One field, or several combined: verdict words by code, two arrays of shape (words, codes)."""

    certain: Words
    possible: Words

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return int(self.certain.shape[1])


class Columns:
    """Evaluates coded profiles. `goals` are those whose verdicts are wanted (all of them by default)."""

    def __init__(self, program: Program, goals: Sequence[str] | None = None) -> None:
        self.program = program
        self.goals = {name: program.goals[name] for name in (program.goals if goals is None else goals)}
        self._kept = [bit for goal in self.goals.values() for bit in range(goal.first, goal.first + len(goal.conjunctions))]
        self.words = max(1, -(-len(self._kept) // WORD))
        self.tables = tuple(Table(self.packed(table.certain), self.packed(table.possible)) for table in program.tables)
        self._masks: dict[str, tuple[int, ...]] = {}
        start = 0
        for name, goal in self.goals.items():
            self._masks[name] = _split(_ones(goal) << start, self.words)
            start += len(goal.conjunctions)

    def packed(self, masks: Sequence[int]) -> Words:
        """Conjunction masks of the program as words of the wanted goals: shape (words, masks)."""
        rows = [_split(_picked(mask, self._kept), self.words) for mask in masks]
        return np.ascontiguousarray(np.array(rows, dtype=np.uint64).reshape(len(masks), self.words).T)

    def code(self, profiles: Sequence[Facts]) -> Codes:
        """The class of every field of every profile: shape (field tables, profiles)."""
        coded = np.empty((len(self.program.tables), len(profiles)), dtype=np.uint16)
        for row, table in enumerate(self.program.tables):
            name = table.classes.field.name
            coded[row] = [table.classes.class_of(facts[name]) for facts in profiles]
        return coded

    def evaluate(self, codes: Codes) -> Verdicts:
        """The verdict words of coded profiles (field tables, n)."""
        return gather(self.tables, codes, self.words)

    def holds(self, words: Words, goal: str) -> Flags:
        """Whether a goal holds in each of n profiles, from certain or from possible words."""
        found = np.zeros(words.shape[1], dtype=np.bool_)
        for index, mask in enumerate(self._masks[goal]):
            if mask:
                found |= (words[index] & np.uint64(mask)) != 0
        return found


def gather(tables: Sequence[Table], codes: Codes, words: int) -> Verdicts:
    """One table entry per field for each profile, combined by AND."""
    profiles = int(codes.shape[1])
    out = Verdicts(*(np.empty((words, profiles), dtype=np.uint64) for _ in range(2)))
    buffer = np.empty(BLOCK, dtype=np.uint64)
    for start in range(0, profiles, BLOCK):
        block = np.ascontiguousarray(codes[:, start : start + BLOCK]).astype(np.intp)
        for side, answers in enumerate(out):
            for word in range(words):
                _and_entries([table[side][word] for table in tables], block, answers[word, start : start + BLOCK], buffer)
    return out


def _and_entries(entries: Sequence[Words], block: NDArray[np.intp], answer: Words, buffer: Words) -> None:
    answer.fill(np.iinfo(np.uint64).max)
    part = buffer[: len(answer)]
    for column, entry in enumerate(entries):
        np.take(entry, block[column], out=part, mode="clip")
        np.bitwise_and(answer, part, out=answer)


class Weighted(NamedTuple):
    """Distinct verdict words of some profiles, each with how many profiles have it: (words, n), (words, n) and (n,)."""

    certain: Words
    possible: Words
    weights: NDArray[np.int64]


def outer(tables: Sequence[Table], weights: Sequence[Sequence[int]]) -> Iterator[Weighted]:
    """Every combination of one code per table, in blocks of bounded size; `weights[i][c]` profiles have code c of table i.

    Tables are combined while their product stays small, rows that give the same words are merged, and the last two blocks
    are crossed row by row. Raises `OverflowError` where a count passes 2^63.
    """
    blocks = [_merged(Weighted(*table, np.array(w, dtype=np.int64))) for table, w in zip(tables, weights, strict=True)]
    blocks.sort(key=lambda block: len(block.weights))
    while len(blocks) > 1 and len(blocks[0].weights) * len(blocks[1].weights) <= MOST_ROWS:
        first, second, *rest = blocks
        blocks = sorted([_merged(_crossed(first, second)), *rest], key=lambda block: len(block.weights))
    yield from _all(blocks)


def _all(blocks: list[Weighted]) -> Iterator[Weighted]:
    if not blocks:
        return
    head, *rest = blocks
    if not rest:
        yield head
        return
    for part in _all(rest):
        step = max(1, BLOCK * 4 // len(head.weights))
        for start in range(0, len(part.weights), step):
            chosen = slice(start, start + step)
            piece = Weighted(part.certain[:, chosen], part.possible[:, chosen], part.weights[chosen])
            yield _crossed(head, piece)


def _crossed(first: Weighted, second: Weighted) -> Weighted:
    """Every pair: words by AND, weights by product."""
    words = len(first.certain)
    certain = (first.certain[:, :, None] & second.certain[:, None, :]).reshape(words, -1)
    possible = (first.possible[:, :, None] & second.possible[:, None, :]).reshape(words, -1)
    if int(first.weights.max()) * int(second.weights.max()) >= 1 << 63:
        raise OverflowError("the space has more than 2^63 profiles")
    return Weighted(certain, possible, np.multiply.outer(first.weights, second.weights).reshape(-1))


def _merged(block: Weighted) -> Weighted:
    """Rows with equal words made one."""
    both = np.concatenate([block.certain, block.possible])
    unique, inverse = np.unique(both, axis=1, return_inverse=True)
    weights = np.zeros(unique.shape[1], dtype=np.int64)
    np.add.at(weights, inverse.reshape(-1), block.weights)
    half = len(block.certain)
    return Weighted(np.ascontiguousarray(unique[:half]), np.ascontiguousarray(unique[half:]), weights)


def _ones(goal: Goal) -> int:
    return (1 << len(goal.conjunctions)) - 1


def _picked(mask: int, bits: Sequence[int]) -> int:
    """The chosen bits of a mask, moved together."""
    return sum((mask >> bit & 1) << position for position, bit in enumerate(bits))


def _split(mask: int, words: int) -> tuple[int, ...]:
    low = (1 << WORD) - 1
    return tuple(mask >> WORD * index & low for index in range(words))
