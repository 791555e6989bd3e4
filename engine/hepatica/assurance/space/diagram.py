"""The space cut by several conditions at once, as a multi-valued decision diagram (MDD).

A node asks for one axis; each branch is a side of it; a leaf is an outcome of the conditions. The diagram is made
from the top: the state of a node is which boxes of which condition still hold the profile, so equal states are met once,
and a region of 10^8 profiles is some hundred nodes. Counting, a smallest witness, and the boxes of an outcome are each one
walk over it. What is proved here is exact; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from math import prod
from operator import or_, xor
from types import MappingProxyType
from typing import Generic, NamedTuple, NoReturn, TypeVar

from hepatica.assurance.space.axes import Axis, Box, Side, Space, space_of
from hepatica.assurance.space.boxes import Region, RegionMaker, TooManyParts, meet
from hepatica.assurance.space.spans import gapless, lowest, trimmed
from hepatica.inference import Expander, Verdict
from hepatica.knowledge import Condition
from hepatica.patient import Facts, Fields
from hepatica.problems import Problem

O = TypeVar("O", bound=Hashable)  # noqa: E741
Verdicts = tuple[Verdict, ...]
Judge = Callable[[Verdicts], O]
MOST_STATES = 300_000
MOST_PARTS = 20_000
_Parts = list[tuple[Side, int]]
"""Sides of an axis, each with what it leads to."""
_TOO_MANY = "the rules cut the space into too many parts to describe (more than {:,}); split {}"


class _Leaf(NamedTuple):
    """One outcome; `None` stands for the part outside the region asked for."""

    outcome: object


class _Branching(NamedTuple):
    """A node: the axis it asks for, by its turn, and for each side the node (by index) below."""

    turn: int
    branches: tuple[tuple[Side, int], ...]


class Diagram(Generic[O]):
    """Where each outcome of some conditions holds; outcomes must be hashable, equal ones are merged.

    Raises `TooManyParts`, naming `name`, past `MOST_STATES` states.
    """

    def __init__(self, space: Space, conditions: Conditions[O], name: str = "the conditions") -> None:
        self.space = space
        self._made_from, self._name = conditions, name
        self._nodes: list[_Leaf | _Branching] = [_Leaf(None)]
        self._index: dict[_Leaf | _Branching, int] = {self._nodes[0]: 0}
        self._outside = 0
        self._states: dict[tuple[int, int], int] = {}
        self._outcomes: dict[O, int] = {}
        self._counts: dict[int, dict[int, int]] = {}
        self._root = self._node(0, conditions.start)

    # Asking

    def outcomes(self) -> tuple[O, ...]:
        """Every outcome that holds somewhere."""
        return tuple(self._outcomes)

    def count(self, outcome: O) -> int:
        """How many profiles have an outcome."""
        leaf = self._outcomes.get(outcome)
        return 0 if leaf is None else self._below(self._root).get(leaf, 0) * self._skipped(0, self._root)

    def witness(self, outcome: O) -> Box:
        """A box that holds a profile of that outcome with the fewest known fields."""
        found = self._cheapest(self._root, self._outcomes[outcome], {})
        assert found is not None
        box = self.space.full
        for turn, side in found[1].items():
            box = self.space.replaced(box, self._made_from.order[turn], side)
        return box

    def boxes(self) -> dict[O, list[Box]]:
        """For each outcome the disjoint boxes where it holds; together they are all of `inside`."""
        by_leaf: dict[int, list[Box]] = {}
        for node, box in self._paths(self._root):
            by_leaf.setdefault(node, []).append(box)
        return {outcome: by_leaf[leaf] for outcome, leaf in self._outcomes.items()}

    def split(self, outcome: O) -> tuple[list[Box], list[Box]]:
        """Where one outcome holds, and where it does not: disjoint boxes, few because all others are taken for one first.

        Raises `TooManyParts` past `MOST_PARTS` boxes.
        """
        wanted = self._outcomes[outcome]
        inside: list[Box] = []
        outside: list[Box] = []
        for node, box in self._paths(self._merged(self._root, wanted, {})):
            (inside if node == wanted else outside).append(box)
            if len(inside) + len(outside) > MOST_PARTS:
                self._refuse(MOST_PARTS)
        return inside, outside

    # Making

    def _node(self, turn: int, alive: int) -> int:
        conditions = self._made_from
        state = conditions.settled(turn, alive)
        if state is None:
            return self._outside
        last = len(self.space.axes)
        while turn < last and conditions.waits(turn, state):
            turn += 1
        key = turn, state
        known = self._states.get(key)
        if known is None:
            if len(self._states) >= MOST_STATES:
                self._refuse(MOST_STATES)
            made = self._leaf(conditions.outcome(state)) if turn == last else self._opened(turn, state)
            known = self._states[key] = made
        return known

    def _opened(self, turn: int, state: int) -> int:
        parts = self._made_from.after(turn, state)
        self.space.work.spend(20 + len(parts) * (1 + self._made_from.width // 1024))
        below = {following: self._node(turn + 1, following) for following in dict.fromkeys(after for _, after in parts)}
        return self._branch(turn, [(side, below[following]) for side, following in parts])

    def _leaf(self, outcome: O) -> int:
        known = self._outcomes.get(outcome)
        if known is None:
            # Boxed in a tuple, so that an outcome of None is not the part outside.
            known = self._outcomes[outcome] = self._added(_Leaf((outcome,)))
        return known

    def _branch(self, turn: int, parts: _Parts) -> int:
        """The node with those branches; those to one child are joined, and a node with one child is that child."""
        children = {child for _, child in parts}
        if len(children) == 1:
            return children.pop()
        return self._added(_Branching(turn, tuple(_joined(parts))))

    def _added(self, node: _Leaf | _Branching) -> int:
        known = self._index.setdefault(node, len(self._nodes))
        if known == len(self._nodes):
            self._nodes.append(node)
        return known

    def _refuse(self, limit: int) -> NoReturn:
        raise TooManyParts([Problem(self._name, 1, 1, "too-many-parts", _TOO_MANY.format(limit, self._name))])

    # Walking

    def _axis(self, turn: int) -> Axis:
        return self.space.axes[self._made_from.order[turn]]

    def _skipped(self, turn: int, node: int) -> int:
        """How many entries the axes between a turn and a node's own stand for: nothing is asked of them."""
        below = self._nodes[node]
        end = below.turn if isinstance(below, _Branching) else len(self.space.axes)
        return prod(skipped.volume(skipped.full) for skipped in map(self._axis, range(turn, end)))

    def _below(self, node: int) -> dict[int, int]:
        """The profiles of each leaf below a node, over the node's own axis and the later ones."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return {node: 1}
        known = self._counts.get(node)
        if known is None:
            known = {}
            for side, child in entry.branches:
                times = self._axis(entry.turn).volume(side) * self._skipped(entry.turn + 1, child)
                for leaf, number in self._below(child).items():
                    known[leaf] = known.get(leaf, 0) + times * number
            self._counts[node] = known
        return known

    def _cheapest(
        self, node: int, leaf: int, known: dict[int, tuple[int, dict[int, Side]] | None]
    ) -> tuple[int, dict[int, Side]] | None:
        """Of the ways from a node to a leaf the one with fewest known fields: how many, and the side of each axis asked."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return (0, {}) if node == leaf else None
        if node not in known:
            found = []
            for side, child in entry.branches:
                below = self._cheapest(child, leaf, known)
                if below is not None:
                    found.append((below[0] + self._axis(entry.turn).cost(side), {entry.turn: side, **below[1]}))
            known[node] = min(found, key=lambda one: one[0]) if found else None
        return known[node]

    def _merged(self, node: int, wanted: int, reduced: dict[int, int]) -> int:
        """The node with every leaf but the wanted one taken for one other."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return node if node == wanted else self._outside
        if node not in reduced:
            parts = [(side, self._merged(child, wanted, reduced)) for side, child in entry.branches]
            reduced[node] = self._branch(entry.turn, parts)
        return reduced[node]

    def _paths(self, root: int) -> Iterator[tuple[int, Box]]:
        """Every leaf below a node with the box that leads to it."""
        stack: list[tuple[int, Box]] = [(root, self.space.full)]
        while stack:
            node, box = stack.pop()
            entry = self._nodes[node]
            if isinstance(entry, _Leaf):
                self.space.work.spend(1)
                yield node, box
                continue
            axis, replaced = self._made_from.order[entry.turn], self.space.replaced
            stack.extend((child, replaced(box, axis, side)) for side, child in reversed(entry.branches))


def _joined(parts: _Parts) -> _Parts:
    """The parts with those joined that lead to the same: of points all, of intervals neighbours whose union is a rectangle."""
    if len(parts[0][0]) == 1:
        masks: dict[int, int] = {}
        for (mask,), child in parts:
            masks[child] = masks.get(child, 0) | mask
        return [((mask,), child) for child, mask in masks.items()]
    rows: _Parts = []
    for (begins, ends), child in parts:
        before = rows[-1] if rows else None
        if before is not None and before[1] == child and before[0][0] == begins and before[0][1].bit_length() == lowest(ends):
            rows[-1] = (begins, before[0][1] | ends), child
        else:
            rows.append(((begins, ends), child))
    found: list[tuple[int, int, int]] = []
    reaching: dict[tuple[int, int], int] = {}
    for (begins, ends), child in rows:
        key = child, ends.bit_length()
        at = reaching.get(key)
        # The rectangle below, trimmed to ends that these begins can have, goes on here.
        if at is not None and found[at][0].bit_length() == lowest(begins) and found[at][1] & -(begins & -begins) == ends:
            found[at] = found[at][0] | begins, found[at][1], child
        else:
            reaching[key] = len(found)
            found.append((begins, ends, child))
    return [(side, child) for begins, ends, child in found if (side := trimmed(begins, ends)) is not None]


class Conditions(Generic[O]):
    """What a diagram is made from: which boxes of which conditions still hold the profile, one bit to a box.

    `regions` are the conditions, `judge` gives the outcome of their verdicts, in the same order. Only the part of the space
    in `inside` is looked at (all of it by default). `decisive` says of some conditions, by position, up to which later ones
    do not matter where it certainly holds.

    There is a group of bits for the boxes where each condition holds, for those where it may, and for `inside`. The highest bit
    of a group stands for no box: it is set once the group is decided whatever the other axes say, in place of all others.
    """

    def __init__(
        self,
        space: Space,
        regions: Sequence[Region],
        judge: Judge[O],
        inside: Sequence[Box] = (),
        decisive: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        self._space, self._judge = space, judge
        self._judged: dict[Verdicts, O] = {}
        near = tuple(inside) or (space.full,)
        # What a box asks for beyond the hull of `inside` is no question here: fewer questions, fewer states.
        hull: Box = tuple(map(sum_or, zip(*near, strict=True)))
        groups = [region.certain for region in regions] + [region.possible for region in regions]
        asked = [[shared for box in group if (shared := meet(box, hull)) is not None] for group in groups]
        asking = [(box, hull) for group in asked for box in group] + [(box, space.full) for box in near]
        # What most boxes ask for comes first: it leaves few of them, and few different sets of them.
        often = [sum(space.side(box, axis) != space.side(all_, axis) for box, all_ in asking) for axis in range(len(space.axes))]
        self.order = sorted(range(len(space.axes)), key=lambda axis: -often[axis])
        self._own: list[int] = []
        self._boxes: list[Box | None] = []
        for group in (*asked, near):
            self._take(group)
        self.width = len(self._boxes)
        space.work.spend(self.width * len(space.axes) * 2)
        self._tabulate([hull if bit < self._own[-1] & -self._own[-1] else space.full for bit in self._bits])
        size = len(regions)
        self.pairs = list(zip(self._own[:size], self._own[size:-1], strict=True))
        self._groups = [(own, self.decided(own)) for own in self._own]
        # What certainly holds leaves open neither whether it may hold, nor what it is decisive for.
        self._settling = [
            (self.decided(self._own[at]), sum_or(sure | maybe for sure, maybe in self.pairs[at + 1 : end]))
            for at, end in decisive.items()
        ] + [(self.decided(sure), maybe) for sure, maybe in self.pairs]
        self._every = sum_or(self._own)
        self._every_sure = sum_or(decided for decided, _ in self._settling)

    def _take(self, boxes: Iterable[Box]) -> None:
        """One more group. Boxes that ask the same of the axes to come stand side by side, whatever their turn."""
        last_first = self.order[::-1]
        group = sorted(dict.fromkeys(boxes), key=lambda box: [self._space.side(box, axis) for axis in last_first])
        self._own.append((1 << len(group) + 1) - 1 << len(self._boxes))
        self._boxes += [*group, None]

    @property
    def _bits(self) -> Iterable[int]:
        return (1 << at for at in range(len(self._boxes)))

    def _tabulate(self, whole: Sequence[Box]) -> None:
        """For each mask of a box its places in groups that no box tells apart, each with the boxes that hold it."""
        space = self._space
        boxes = [(bit, box, full) for bit, box, full in zip(self._bits, self._boxes, whole, strict=True) if box is not None]
        self.start = sum(bit for bit, _, _ in boxes)
        always = sum_or(self._own) ^ self.start
        self._rows: list[list[tuple[int, int]]] = []
        for at, full in enumerate(space.full):
            asking: dict[int, int] = {}
            for bit, box, _ in boxes:
                asking[box[at]] = asking.get(box[at], 0) | bit
            self._rows.append(_grouped(asking, full, always, apart=at in space.rectangles))
        self._busy = [
            sum(bit for bit, box, full in boxes if space.side(box, axis) != space.side(full, axis)) for axis in self.order
        ]
        # By turn: the boxes that ask nothing of its axis or a later one.
        self._finished = [~sum_or(self._busy[turn:]) & self.start for turn in range(len(self.order) + 1)]
        self._alike = self._runs()

    def _runs(self) -> list[tuple[int, int]]:
        """By turn the first and the last bit of each run of boxes of a group that ask the same from then on."""
        begins = [0] * (len(self.order) + 1)
        for bit, before, box in zip(self._bits, [None, *self._boxes], self._boxes, strict=False):
            # Up to the last turn at which a box differs from the one before it begins a run.
            begins[-1 if before is None or box is None else self._last_apart(before, box)] |= bit
        every = list(accumulate(reversed(begins), or_))[::-1]
        return [(firsts, firsts >> 1 | 1 << len(self._boxes) - 1) for firsts in every]

    def _last_apart(self, first: Box, second: Box) -> int:
        turns = reversed(range(len(self.order)))
        return next(t for t in turns if self._space.side(first, self.order[t]) != self._space.side(second, self.order[t]))

    @staticmethod
    def decided(own: int) -> int:
        """The highest bit of a group."""
        return own & ~(own >> 1)

    def waits(self, turn: int, state: int) -> bool:
        """Whether no box that is still alive asks something of the axis whose turn it is."""
        return not state & self._busy[turn]

    def after(self, turn: int, state: int) -> _Parts:
        """The sides of the axis, each with the boxes left there. Of intervals the begins of a side may reach too high."""
        axis = self.order[turn]
        start, end = self._space.starts[axis : axis + 2]
        if end - start == 1:
            return [((mask,), left) for mask, left in self._left(start, state)]
        return [
            ((begins, kept), left)
            for begins, alive in self._left(start, state)
            for ends, left in self._left(start + 1, alive)
            if (kept := ends & -(begins & -begins))
        ]

    def _left(self, at: int, state: int) -> list[tuple[int, int]]:
        """The places of a mask, neighbours with the same boxes left joined."""
        found: list[tuple[int, int]] = []
        for mask, holding in self._rows[at]:
            left = state & holding
            if found and found[-1][1] == left:
                found[-1] = found[-1][0] | mask, left
            else:
                found.append((mask, left))
        return found

    def settled(self, turn: int, alive: int) -> int | None:
        """A state without what can no longer matter from a turn on, so that more are equal; None outside `inside`.

        A condition one of whose boxes asks nothing of the axes to come is decided: its other boxes are dropped.
        """
        if not alive & self._own[-1]:
            return None
        # Of boxes that ask the same from here on the first stands for all. With the last bit of each run set, no run is empty,
        # so adding one to the complement of all at once carries to the lowest set bit of each run and never beyond it.
        firsts, lasts = self._alike[turn]
        filled = alive | lasts
        state = alive & ((self._every & ~filled) + firsts)
        finished = state & self._finished[turn]
        if finished:
            for own, decided in self._groups:
                if finished & own:
                    state = state & ~own | decided
        if state & self._every_sure:
            for decided, weaker in self._settling:
                if state & decided:
                    state &= ~weaker
        return state

    def verdicts(self, state: int) -> Verdicts:
        """The verdict of each condition where everything is asked."""
        return tuple([Verdict.of(state & sure, state & maybe) for sure, maybe in self.pairs])

    def outcome(self, state: int) -> O:
        """What the verdicts come to."""
        verdicts = self.verdicts(state)
        if verdicts not in self._judged:
            self._judged[verdicts] = self._judge(verdicts)
        return self._judged[verdicts]


def _grouped(asking: Mapping[int, int], full: int, always: int, *, apart: bool) -> list[tuple[int, int]]:
    """The places of a mask in groups held by the same boxes, from the boxes that ask for each mask.

    With `apart`, places that are no neighbours stay in groups of their own.
    """
    # A run of places switches its boxes on where it begins and off behind its end.
    switched = [0] * (full.bit_length() + 1)
    for mask, boxes in asking.items():
        for run in gapless(mask):
            switched[lowest(run)] ^= boxes
            switched[run.bit_length()] ^= boxes
    found: dict[tuple[int, int], int] = {}
    part, before = 0, -1
    for place, held in enumerate(accumulate(switched[:-1], xor)):
        part += apart and held != before
        before = held
        found[part, held] = found.get((part, held), 0) | 1 << place
    return [(mask, held | always) for (_, held), mask in found.items()]


def sum_or(masks: Iterable[int]) -> int:
    """The union of some masks."""
    return reduce(or_, masks, 0)


def diagram_of(
    space: Space,
    regions: Sequence[Region],
    judge: Judge[O],
    name: str = "the conditions",
    inside: Sequence[Box] = (),
    decisive: Mapping[int, int] = MappingProxyType({}),
) -> Diagram[O]:
    """The diagram of some conditions; see `Conditions`."""
    return Diagram(space, Conditions(space, regions, judge, inside, decisive), name)


def count(space: Space, boxes: Sequence[Box]) -> int:
    """The profiles in a region whose boxes may overlap."""
    if len(boxes) == 1:
        return space.count(boxes[0])
    return diagram_of(space, [Region((), tuple(boxes))], lambda found: found[0]).count(Verdict.UNKNOWN)


def uncovered(space: Space, region: Sequence[Box], boxes: Sequence[Box]) -> tuple[int, Box] | None:
    """The part of a region that no box covers: how many profiles, and a box with a smallest one; None where there is none."""
    if not region:
        return None
    found = diagram_of(space, [Region((), tuple(boxes))], lambda found: found[0], inside=region)
    left = found.count(Verdict.FALSE)
    return (left, found.witness(Verdict.FALSE)) if left else None


def outcomes(
    conditions: Sequence[Condition], concepts: Mapping[str, Condition], judge: Judge[O], fields: Fields
) -> dict[O, Facts]:
    """Every outcome that some consistent profile has, with a profile of fewest known fields; no other outcome exists.

    `judge` gives the outcome of the conditions' verdicts, in their order.
    """
    expander = Expander(concepts, fields)
    found = [expander.expanded(condition) for condition in conditions]
    tests = [test for alternatives in found for alternative in alternatives for test in sorted(alternative, key=repr)]
    space = space_of(tests, fields)
    maker = RegionMaker(space)
    diagram = diagram_of(space, [maker.region(alternatives) for alternatives in found], judge)
    return {outcome: space.expected(diagram.witness(outcome)) for outcome in diagram.outcomes()}
