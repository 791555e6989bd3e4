"""Many profiles at once: the bit tables of a program as NumPy arrays over coded columns.

A profile is coded as one class index per field table. The AND of one table row per field says which conjunctions it leaves
standing, certain and possible. Fields are combined into a few larger tables first, and the conjunctions of one goal lie side
by side below a spare bit, so that one addition carries "at least one of them" into it for every goal of a word at once.
Work goes block by block, so memory does not grow with the number of profiles beyond the answers themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hepatica.inference.program import Goal, GoalKey, Program, Row
from hepatica.patient import Facts

Codes = NDArray[np.uint16]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

WORD = 64
BLOCK = 16_384
MOST_ROWS = 4_096
MOST_AT_ONCE = 65_536
MOST_COUNTED = 1 << 63


class Verdicts(NamedTuple):
    """Verdict words of n profiles, one bit to a goal (`Columns.holds` reads them): two arrays of shape (words, n)."""

    certain: Words
    possible: Words


class ColumnTable(NamedTuple):
    """Standing conjunctions by code of a field, or of several: two arrays of shape (words, codes)."""

    certain: Words
    possible: Words


class Layout:
    """Where the conjunctions of some goals lie: side by side, below a spare bit where there are several."""

    def __init__(self, goals: Mapping[GoalKey, Goal]) -> None:
        self._places: list[tuple[int, int]] = []
        self._answers: dict[GoalKey, list[int]] = {}
        self._fills: list[int] = []
        end = 0
        for name, goal in goals.items():
            self._answers[name] = []
            bits = list(range(goal.first, goal.first + len(goal.conjunctions)))
            for start in range(0, len(bits), WORD - 1):
                end = self._chunk(name, bits[start : start + WORD - 1], end)
        self.words = max(1, -(-end // WORD))
        self.fill = _column(sum(self._fills), self.words)
        self.marks = _column(sum(1 << bit for bits in self._answers.values() for bit in bits), self.words)

    def _chunk(self, name: GoalKey, bits: list[int], end: int) -> int:
        """Place some conjunctions of a goal within one word, from `end` on; returns the new end."""
        needed = len(bits) + (len(bits) > 1)
        start = end if end % WORD + needed <= WORD else -(-end // WORD) * WORD
        self._places += [(bit, start + offset) for offset, bit in enumerate(bits)]
        if len(bits) > 1:
            self._fills.append((1 << len(bits)) - 1 << start)
        self._answers[name].append(start + needed - 1)
        return start + needed

    def packed(self, masks: Sequence[int]) -> Words:
        """Conjunction masks of the program as words: shape (words, masks)."""
        rows = [_split(sum((mask >> bit & 1) << place for bit, place in self._places), self.words) for mask in masks]
        return np.ascontiguousarray(np.array(rows, dtype=np.uint64).reshape(len(masks), self.words).T)

    def folded(self, words: Words) -> Words:
        """From standing conjunctions to verdicts, in place."""
        words += self.fill
        words &= self.marks
        return words

    def answer(self, goal: GoalKey) -> tuple[int, ...]:
        """The verdict bits of a goal, word by word; any of them means that it holds."""
        return _split(sum(1 << bit for bit in self._answers[goal]), self.words)


class Columns:
    """Evaluates coded profiles. `goals` are those whose verdicts are wanted (all of them by default)."""

    def __init__(self, program: Program, goals: Iterable[GoalKey] | None = None) -> None:
        self.program = program
        self.goals = {name: program.goals[name] for name in (program.goals if goals is None else goals)}
        self.layout = Layout(self.goals)
        self.tables = tuple(self._table(table.rows) for table in program.tables)
        self.sizes = tuple(len(table.rows) for table in program.tables)
        self._groups = _groups(self.sizes)
        self._combined = tuple(_combined([self.tables[column] for column in group]) for group in self._groups)
        self._masks = {name: self.layout.answer(name) for name in self.goals}

    def _table(self, rows: Sequence[Row]) -> ColumnTable:
        return ColumnTable(self.layout.packed([row.certain for row in rows]), self.layout.packed([row.possible for row in rows]))

    def code(self, profiles: Sequence[Facts]) -> Codes:
        """The class of every field of every profile: shape (field tables, profiles)."""
        coded = np.empty((len(self.program.tables), len(profiles)), dtype=np.uint16)
        for row, table in enumerate(self.program.tables):
            name = table.classes.field.name
            coded[row] = [table.classes.class_of(facts[name]) for facts in profiles]
        return coded

    def evaluate(self, codes: Codes) -> Verdicts:
        """The verdict words of coded profiles (field tables, n); raises `ValueError` for a code that no class has."""
        profiles = int(codes.shape[1])
        if profiles and any(int(row.max()) >= size for row, size in zip(codes, self.sizes, strict=True)):
            raise ValueError("a code is out of range for its field")
        out = Verdicts(*(np.empty((self.layout.words, profiles), dtype=np.uint64) for _ in range(2)))
        buffer = np.empty(min(BLOCK, profiles), dtype=np.uint64)
        for start in range(0, profiles, BLOCK):
            chosen = slice(start, start + BLOCK)
            self._block(codes[:, chosen], out.certain[:, chosen], out.possible[:, chosen], buffer)
        return out

    def _block(self, codes: Codes, certain: Words, possible: Words, buffer: Words) -> None:
        combined = [_code(codes, group, self.sizes).astype(np.intp) for group in self._groups]
        for side, answers in enumerate((certain, possible)):
            for word, answer in enumerate(answers):
                _and_entries([table[side][word] for table in self._combined], combined, answer, buffer[: len(answer)])
            self.layout.folded(answers)

    def holds(self, words: Words, goal: GoalKey) -> Flags:
        """Whether a goal holds in each of n profiles, from the certain or from the possible verdict words."""
        read = [(words[index], np.uint64(mask)) for index, mask in enumerate(self._masks[goal]) if mask]
        profiles = int(words.shape[1])
        found: Flags = np.zeros(profiles, dtype=np.bool_)
        if not read:
            return found
        buffer = np.empty(min(BLOCK, profiles), dtype=np.uint64)
        for start in range(0, profiles, BLOCK):
            part = found[start : start + BLOCK]
            any_bit = buffer[: len(part)]
            np.bitwise_and(read[0][0][start : start + BLOCK], read[0][1], out=any_bit)
            for word, mask in read[1:]:
                any_bit |= word[start : start + BLOCK] & mask
            np.not_equal(any_bit, 0, out=part)
        return found


def _and_entries(entries: Sequence[Words], codes: Sequence[NDArray[np.intp]], answer: Words, buffer: Words) -> None:
    """The AND of one entry per table; every code is known to be in range."""
    if not entries:
        answer.fill(np.iinfo(np.uint64).max)
        return
    np.take(entries[0], codes[0], out=answer, mode="clip")
    for entry, code in zip(entries[1:], codes[1:], strict=True):
        np.take(entry, code, out=buffer, mode="clip")
        np.bitwise_and(answer, buffer, out=answer)


def _groups(sizes: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Columns grouped so that no group has more than `MOST_ROWS` combinations (one column alone may)."""
    groups: list[list[int]] = []
    products: list[int] = []
    for column in sorted(range(len(sizes)), key=lambda column: -sizes[column]):
        fits = [index for index, product in enumerate(products) if product * sizes[column] <= MOST_ROWS]
        if fits:
            groups[fits[0]].append(column)
            products[fits[0]] *= sizes[column]
        else:
            groups.append([column])
            products.append(sizes[column])
    return tuple(map(tuple, groups))


def _combined(tables: Sequence[ColumnTable]) -> ColumnTable:
    """One table by the combined code of several, the first one's code counting most."""
    first, *rest = tables
    for other in rest:
        first = ColumnTable(crossed(first.certain, other.certain), crossed(first.possible, other.possible))
    return first


def crossed(first: Words, second: Words) -> Words:
    """The AND of every pair of columns of two arrays: shape (words, a * b)."""
    return (first[:, :, None] & second[:, None, :]).reshape(len(first), -1)


def _code(codes: Codes, group: Sequence[int], sizes: Sequence[int]) -> Codes:
    """The combined code of a group of columns."""
    first, *rest = group
    code: Codes = codes[first].copy()
    for column in rest:
        code *= np.uint16(sizes[column])
        code += codes[column]
    return code


def _split(mask: int, words: int) -> tuple[int, ...]:
    low = (1 << WORD) - 1
    return tuple(mask >> WORD * index & low for index in range(words))


def _column(mask: int, words: int) -> Words:
    """A mask as one value to a word, shaped to go with (words, n)."""
    return np.array(_split(mask, words), dtype=np.uint64)[:, None]


class Weighted(NamedTuple):
    """Standing conjunctions of some profiles, (words, n) each, and how many profiles every column stands for, (n,)."""

    certain: Words
    possible: Words
    weights: NDArray[np.int64]


def outer(tables: Sequence[ColumnTable], weights: Sequence[Sequence[int]]) -> Iterator[Weighted]:
    """Every combination of one code per table, in blocks of bounded size; `weights[i][c]` profiles have code c of table i.

    Tables are combined while their product stays small, columns that are equal are merged, and what remains is crossed block by
    block. Raises `OverflowError` where there are `MOST_COUNTED` profiles or more.
    """
    if prod(sum(column) for column in weights) >= MOST_COUNTED:
        raise OverflowError(f"the space has {MOST_COUNTED} profiles or more")
    blocks = [_merged(Weighted(*table, np.array(w, dtype=np.int64))) for table, w in zip(tables, weights, strict=True)]
    blocks.sort(key=_size)
    while len(blocks) > 1 and _size(blocks[0]) * _size(blocks[1]) <= MOST_ROWS:
        first, second, *rest = blocks
        blocks = sorted([_merged(_pairs(first, second)), *rest], key=_size)
    yield from _all(blocks)


def _size(block: Weighted) -> int:
    return len(block.weights)


def _all(blocks: list[Weighted]) -> Iterator[Weighted]:
    if not blocks:
        return
    head, *rest = blocks
    if not rest:
        yield head
        return
    step = max(1, MOST_AT_ONCE // _size(head))
    for part in _all(rest):
        for start in range(0, _size(part), step):
            chosen = slice(start, start + step)
            yield _pairs(head, Weighted(part.certain[:, chosen], part.possible[:, chosen], part.weights[chosen]))


def _pairs(first: Weighted, second: Weighted) -> Weighted:
    """Every pair: conjunctions by AND, weights by product."""
    weights = np.multiply.outer(first.weights, second.weights).reshape(-1)
    return Weighted(crossed(first.certain, second.certain), crossed(first.possible, second.possible), weights)


def _merged(block: Weighted) -> Weighted:
    """Equal columns made one."""
    both = np.concatenate([block.certain, block.possible])
    unique, inverse = np.unique(both, axis=1, return_inverse=True)
    weights = np.zeros(unique.shape[1], dtype=np.int64)
    np.add.at(weights, inverse.reshape(-1), block.weights)
    half = len(block.certain)
    return Weighted(np.ascontiguousarray(unique[:half]), np.ascontiguousarray(unique[half:]), weights)
