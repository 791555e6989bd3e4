"""The space cut by several conditions at once: for every combination of their verdicts that has the same outcome, where.

A decision diagram is built axis by axis; its state is which conjunctions are still alive, so equal states are met once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, NoReturn, TypeVar

from hepatica.assurance.space.axes import Space
from hepatica.assurance.space.boxes import Box, Region
from hepatica.inference import Verdict
from hepatica.problems import InvalidInput, Problem

O = TypeVar("O", bound=Hashable)  # noqa: E741
Verdicts = tuple[Verdict, ...]
MOST_STATES = 200_000
MOST_PARTS = 20_000
_TOO_MANY = "the rules cut the space into too many parts to describe (more than {:,}); split the therapy"
Judge = Callable[[Verdicts], O]


class Partition(Generic[O]):
    """Where each outcome of some conditions holds.

    `regions` are the conditions, `judge` gives the outcome of their verdicts, in the same order. Outcomes must be
    hashable; equal ones are merged. Raises `InvalidInput`, naming `name`, past `MOST_STATES` states of the diagram.
    """

    def __init__(self, space: Space, regions: Sequence[Region], judge: Judge[O], name: str = "conditions") -> None:
        self.space = space
        self._judge = judge
        self._name = name
        self._owners = [(_bits(regions, i, certain=True), _bits(regions, i, certain=False)) for i in range(len(regions))]
        self._sure = _Rows(space, [box for region in regions for box in region.certain])
        self._maybe = _Rows(space, [box for region in regions for box in region.possible])
        self._nodes: dict[tuple[int, int, int], int] = {}
        self._leaves: dict[O, int] = {}
        self._judged: dict[Verdicts, int] = {}
        self._inner: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self._table: list[O | tuple[int, tuple[tuple[int, int], ...]]] = []
        self._is_leaf: list[bool] = []
        self._root = self._node(0, self._sure.every, self._maybe.every)

    def boxes(self) -> dict[O, list[Box]]:
        """For each outcome the disjoint boxes where it holds; together they are the whole space."""
        found: dict[O, list[Box]] = {}
        for node, box in self._paths(self._root):
            found.setdefault(self._table[node], []).append(box)  # type: ignore[arg-type]
        return found

    def outcomes(self) -> tuple[O, ...]:
        """Every outcome that holds somewhere."""
        return tuple(self._leaves)

    def split(self, outcome: O) -> tuple[list[Box], list[Box]]:
        """Where one outcome holds, and where it does not: disjoint boxes, few because all others are taken for one first.

        Raises `InvalidInput` past `MOST_PARTS` boxes.
        """
        wanted = self._leaves[outcome]
        other = next((leaf for leaf in self._leaves.values() if leaf != wanted), wanted)
        inside: list[Box] = []
        outside: list[Box] = []
        for node, box in self._paths(self._merged(self._root, wanted, other, {})):
            (inside if node == wanted else outside).append(box)
            if len(inside) + len(outside) > MOST_PARTS:
                self._refuse(MOST_PARTS)
        return inside, outside

    def _refuse(self, limit: int) -> NoReturn:
        raise InvalidInput([Problem(self._name, 1, 1, "too-many-parts", _TOO_MANY.format(limit))])

    def _merged(self, node: int, wanted: int, other: int, reduced: dict[int, int]) -> int:
        """The node with every leaf but the wanted one taken for `other`."""
        if self._is_leaf[node]:
            return wanted if node == wanted else other
        known = reduced.get(node)
        if known is None:
            axis, branches = self._table[node]  # type: ignore[misc]
            parts = [(mask, self._merged(child, wanted, other, reduced)) for mask, child in branches]
            known = reduced[node] = self._branch(axis, _joined(parts))
        return known

    def _paths(self, root: int) -> Iterator[tuple[int, Box]]:
        """Every leaf below a node with the box that leads to it."""
        stack: list[tuple[int, Box]] = [(root, self.space.full)]
        while stack:
            node, box = stack.pop()
            if self._is_leaf[node]:
                yield node, box
                continue
            axis, branches = self._table[node]  # type: ignore[misc]
            stack.extend((child, (*box[:axis], mask, *box[axis + 1 :])) for mask, child in reversed(branches))

    def _node(self, axis: int, sure: int, maybe: int) -> int:
        key = (axis, sure, maybe)
        known = self._nodes.get(key)
        if known is None:
            if len(self._nodes) >= MOST_STATES:
                self._refuse(MOST_STATES)
            known = self._nodes[key] = self._made(axis, sure, maybe)
        return known

    def _made(self, axis: int, sure: int, maybe: int) -> int:
        while axis < len(self.space.axes) and not (sure & self._sure.busy[axis] or maybe & self._maybe.busy[axis]):
            axis += 1
        if axis == len(self.space.axes):
            return self._leaf(tuple([_verdict(sure & s, maybe & m) for s, m in self._owners]))
        branches: dict[tuple[int, int], int] = {}
        for point, (s, m) in enumerate(zip(self._sure.rows[axis], self._maybe.rows[axis], strict=True)):
            state = (sure & s, maybe & m)
            branches[state] = branches.get(state, 0) | 1 << point
        return self._branch(axis, _joined((mask, self._node(axis + 1, s, m)) for (s, m), mask in branches.items()))

    def _leaf(self, verdicts: Verdicts) -> int:
        known = self._judged.get(verdicts)
        if known is None:
            outcome = self._judge(verdicts)
            if outcome not in self._leaves:
                self._leaves[outcome] = self._added(outcome, leaf=True)
            known = self._judged[verdicts] = self._leaves[outcome]
        return known

    def _branch(self, axis: int, branches: tuple[tuple[int, int], ...]) -> int:
        if len(branches) == 1:
            return branches[0][1]
        key = (axis, branches)
        if key not in self._inner:
            self._inner[key] = self._added(key, leaf=False)
        return self._inner[key]

    def _added(self, entry: O | tuple[int, tuple[tuple[int, int], ...]], *, leaf: bool) -> int:
        self._table.append(entry)
        self._is_leaf.append(leaf)
        return len(self._table) - 1


def _joined(branches: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Branches to the same child made one."""
    children: dict[int, int] = {}
    for mask, child in branches:
        children[child] = children.get(child, 0) | mask
    return tuple((mask, child) for child, mask in children.items())


class _Rows:
    """For each point of each axis the boxes that hold it, one bit to a box; `busy[axis]`: the boxes that ask something of it."""

    def __init__(self, space: Space, boxes: list[Box]) -> None:
        self.every = (1 << len(boxes)) - 1
        self.rows = [
            [sum((box[axis] >> point & 1) << bit for bit, box in enumerate(boxes)) for point in range(len(a.points))]
            for axis, a in enumerate(space.axes)
        ]
        self.busy = [sum((box[axis] != full) << bit for bit, box in enumerate(boxes)) for axis, full in enumerate(space.full)]


def _bits(regions: Sequence[Region], index: int, *, certain: bool) -> int:
    """The bits of one region's boxes among those of all."""
    sizes = [len(region.certain if certain else region.possible) for region in regions]
    return ((1 << sizes[index]) - 1) << sum(sizes[:index])


def _verdict(sure: int, maybe: int) -> Verdict:
    if sure:
        return Verdict.TRUE
    return Verdict.UNKNOWN if maybe else Verdict.FALSE
