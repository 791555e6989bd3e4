"""Every combination of one code per table, without ever holding them all: the sweep over a whole profile space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hepatica.inference.columns.columns import MOST_ROWS, ColumnTable, Words, crossed

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AT_ONCE = 65_536
MOST_COUNTED = 1 << 63


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
