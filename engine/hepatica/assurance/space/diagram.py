"""The space cut by several conditions at once, as a multi-valued decision diagram (MDD).

A node asks for one axis; each branch is a set of its points; a leaf is an outcome of the conditions. The diagram is made
from the top: the state of a node is which boxes of which condition still hold the profile, so equal states are met once,
and a region of 10^8 profiles is some hundred nodes. Counting, a smallest witness, and the boxes of an outcome are each one
walk over it. What is proved here is exact; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from math import prod
from operator import or_
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, NoReturn, Protocol, TypeVar

from hepatica.assurance.space.axes import Space, space_of
from hepatica.assurance.space.boxes import Box, Region, RegionMaker, TooManyParts, meet
from hepatica.inference import Expander, Verdict
from hepatica.knowledge import Condition
from hepatica.patient import Facts, Fields
from hepatica.problems import Problem

O = TypeVar("O", bound=Hashable)  # noqa: E741
S = TypeVar("S", bound=Hashable)
O_co = TypeVar("O_co", bound=Hashable, covariant=True)
Verdicts = tuple[Verdict, ...]
Judge = Callable[[Verdicts], O]
MOST_STATES = 300_000
MOST_PARTS = 20_000
_Boxes = tuple[int, int, int]
"""The boxes still alive: of the conditions where they certainly hold, where they may, and of the region looked at."""
_TOO_MANY = "the rules cut the space into too many parts to describe (more than {:,}); split {}"


class _Leaf(NamedTuple):
    """One outcome; `None` stands for the part outside the region asked for."""

    outcome: object


class _Branching(NamedTuple):
    """A node: the axis it asks for, and for each set of points the node (by index) below."""

    axis: int
    branches: tuple[tuple[int, int], ...]


class States(Protocol[S, O_co]):
    """What a diagram is made from: the states met on the way through the axes, from `start`. Equal ones are followed once."""

    start: S

    def waits(self, axis: int, state: S) -> bool:
        """Whether a state has nothing to ask of an axis."""

    def after(self, axis: int, state: S) -> dict[S, int]:
        """The states that follow, each with the mask of the points that lead to it."""

    def settled(self, axis: int, state: S) -> S | None:
        """A state without what can no longer matter from an axis on; None outside the region asked for."""

    def outcome(self, state: S) -> O_co:
        """What a state comes to after the last axis."""


class Diagram(Generic[O]):
    """Where each outcome of some `states` holds; outcomes must be hashable, equal ones are merged.

    Raises `TooManyParts`, naming `name`, past `MOST_STATES` states.
    """

    def __init__(self, space: Space, states: States[Any, O], name: str = "the conditions") -> None:
        self.space = space
        self._made_from, self._name = states, name
        self._nodes: list[_Leaf | _Branching] = [_Leaf(None)]
        self._index: dict[_Leaf | _Branching, int] = {self._nodes[0]: 0}
        self._outside = 0
        self._states: dict[tuple[int, Hashable], int] = {}
        self._outcomes: dict[O, int] = {}
        self._counts: dict[int, dict[int, int]] = {}
        self._root = self._node(0, states.start)

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
        return tuple(found[1].get(axis, full) for axis, full in enumerate(self.space.full))

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

    def _node(self, axis: int, state: Hashable) -> int:
        states = self._made_from
        state = states.settled(axis, state)
        if state is None:
            return self._outside
        last = len(self.space.axes)
        while axis < last and states.waits(axis, state):
            axis += 1
        key = axis, state
        known = self._states.get(key)
        if known is None:
            if len(self._states) >= MOST_STATES:
                self._refuse(MOST_STATES)
            made = self._leaf(states.outcome(state)) if axis == last else self._opened(axis, state)
            known = self._states[key] = made
        return known

    def _opened(self, axis: int, state: Hashable) -> int:
        following = self._made_from.after(axis, state).items()
        return self._branch(axis, [(mask, self._node(axis + 1, state)) for state, mask in following])

    def _leaf(self, outcome: O) -> int:
        known = self._outcomes.get(outcome)
        if known is None:
            # Boxed in a tuple, so that an outcome of None is not the part outside.
            known = self._outcomes[outcome] = self._added(_Leaf((outcome,)))
        return known

    def _branch(self, axis: int, branches: Iterable[tuple[int, int]]) -> int:
        """The node with those branches; those to one child are joined, and a node with one child is that child."""
        children: dict[int, int] = {}
        for mask, child in branches:
            children[child] = children.get(child, 0) | mask
        if len(children) == 1:
            return next(iter(children))
        return self._added(_Branching(axis, tuple((mask, child) for child, mask in children.items())))

    def _added(self, node: _Leaf | _Branching) -> int:
        known = self._index.setdefault(node, len(self._nodes))
        if known == len(self._nodes):
            self._nodes.append(node)
        return known

    def _refuse(self, limit: int) -> NoReturn:
        raise TooManyParts([Problem(self._name, 1, 1, "too-many-parts", _TOO_MANY.format(limit, self._name))])

    # Walking

    def _skipped(self, axis: int, node: int) -> int:
        """How many entries the axes between `axis` and a node's own stand for: nothing is asked of them."""
        below = self._nodes[node]
        end = below.axis if isinstance(below, _Branching) else len(self.space.axes)
        return prod(self.space.volume(at, self.space.full[at]) for at in range(axis, end))

    def _below(self, node: int) -> dict[int, int]:
        """The profiles of each leaf below a node, over the node's own axis and the later ones."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return {node: 1}
        known = self._counts.get(node)
        if known is None:
            known = {}
            for mask, child in entry.branches:
                times = self.space.volume(entry.axis, mask) * self._skipped(entry.axis + 1, child)
                for leaf, number in self._below(child).items():
                    known[leaf] = known.get(leaf, 0) + times * number
            self._counts[node] = known
        return known

    def _cheapest(
        self, node: int, leaf: int, known: dict[int, tuple[int, dict[int, int]] | None]
    ) -> tuple[int, dict[int, int]] | None:
        """Of the ways from a node to a leaf the one with fewest known fields: how many, and the mask of each axis asked."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return (0, {}) if node == leaf else None
        if node not in known:
            found = []
            for mask, child in entry.branches:
                below = self._cheapest(child, leaf, known)
                if below is not None:
                    found.append((below[0] + self.space.cost(entry.axis, mask), {entry.axis: mask, **below[1]}))
            known[node] = min(found, key=lambda one: one[0]) if found else None
        return known[node]

    def _merged(self, node: int, wanted: int, reduced: dict[int, int]) -> int:
        """The node with every leaf but the wanted one taken for one other."""
        entry = self._nodes[node]
        if isinstance(entry, _Leaf):
            return node if node == wanted else self._outside
        if node not in reduced:
            parts = [(mask, self._merged(child, wanted, reduced)) for mask, child in entry.branches]
            reduced[node] = self._branch(entry.axis, parts)
        return reduced[node]

    def _paths(self, root: int) -> Iterator[tuple[int, Box]]:
        """Every leaf below a node with the box that leads to it."""
        stack: list[tuple[int, Box]] = [(root, self.space.full)]
        while stack:
            node, box = stack.pop()
            entry = self._nodes[node]
            if isinstance(entry, _Leaf):
                yield node, box
                continue
            axis = entry.axis
            stack.extend((child, (*box[:axis], mask, *box[axis + 1 :])) for mask, child in reversed(entry.branches))


class Conditions(Generic[O]):
    """The states of some conditions: which boxes of which of them still hold the profile.

    `regions` are the conditions, `judge` gives the outcome of their verdicts, in the same order. Only the part of the space
    in `inside` is looked at (all of it by default). `decisive` says of some conditions, by position, up to which later ones
    do not matter where it certainly holds.
    """

    def __init__(
        self,
        space: Space,
        regions: Sequence[Region],
        judge: Judge[O],
        inside: Sequence[Box] = (),
        decisive: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        within = tuple(inside) or (space.full,)
        # What a box asks for beyond the hull of `inside` is no question here: fewer questions, fewer states.
        hull = tuple(map(sum_or, zip(*within, strict=True))) if space.axes else ()
        self._sure = _Alive(space, [region.certain for region in regions], hull)
        self._maybe = _Alive(space, [region.possible for region in regions], hull)
        self._inside = _Alive(space, [within], space.full)
        self._decisive = [
            (self._sure.decided[at], *(sum_or(side.own[at + 1 : end]) for side in (self._sure, self._maybe)))
            for at, end in decisive.items()
        ]
        self._judge = judge
        self._judged: dict[Verdicts, O] = {}
        self.start = self._sure.start, self._maybe.start, self._inside.start

    def waits(self, axis: int, state: _Boxes) -> bool:
        """Whether no box that is still alive asks something of an axis."""
        sure, maybe, inside = state
        return not (sure & self._sure.busy[axis] or maybe & self._maybe.busy[axis] or inside & self._inside.busy[axis])

    def after(self, axis: int, state: _Boxes) -> dict[_Boxes, int]:
        """The boxes that are left at each point of an axis."""
        sure, maybe, inside = state
        found: dict[_Boxes, int] = {}
        rows = zip(self._sure.rows[axis], self._maybe.rows[axis], self._inside.rows[axis], strict=True)
        for point, (s, m, i) in enumerate(rows):
            following = sure & s, maybe & m, inside & i
            found[following] = found.get(following, 0) | 1 << point
        return found

    def settled(self, axis: int, state: _Boxes) -> _Boxes | None:
        """The state without what can no longer matter, so that more states are equal.

        A condition one of whose boxes asks nothing of the axes to come is decided: its other boxes are dropped.
        """
        sure, maybe, inside = state
        if not inside:
            return None
        sure, inside = self._sure.settled(axis, sure), self._inside.settled(axis, inside)
        for decided, weaker, maybe_weaker in self._decisive:
            if sure & decided:
                sure &= ~weaker
                maybe &= ~maybe_weaker
        done = maybe & self._maybe.finished[axis]
        if done or sure & self._sure.every_decided:
            for own, decided, other, other_decided in self._pairs:
                if sure & decided:
                    maybe &= ~other
                elif done & other and not sure & own:
                    maybe = maybe & ~other | other_decided
        return sure, maybe, inside

    @cached_property
    def _pairs(self) -> list[tuple[int, int, int, int]]:
        return list(zip(self._sure.own, self._sure.decided, self._maybe.own, self._maybe.decided, strict=True))

    def outcome(self, state: _Boxes) -> O:
        """What the verdicts come to."""
        sure, maybe, _ = state
        verdicts = tuple([Verdict.of(sure & s, maybe & m) for s, _, m, _ in self._pairs])
        if verdicts not in self._judged:
            self._judged[verdicts] = self._judge(verdicts)
        return self._judged[verdicts]


class _Alive:
    """Which boxes of some groups still hold a profile, as one bit to a box.

    `rows[axis][point]` are the boxes that hold the point. `own` are the bits of each group; the highest of them, in
    `decided`, stands for no box: it is set once the group is decided whatever the other axes say, in place of all others.
    """

    def __init__(self, space: Space, groups: Sequence[Sequence[Box]], hull: Box) -> None:
        self.own: list[int] = []
        self.decided: list[int] = []
        boxes: list[Box | None] = []
        for group in groups:
            near = tuple(dict.fromkeys(shared for box in group if (shared := meet(box, hull)) is not None))
            self.own.append((1 << len(near) + 1) - 1 << len(boxes))
            boxes += [*near, None]
            self.decided.append(1 << len(boxes) - 1)
        self.every_decided = sum(self.decided)
        self.start = sum(self.own) & ~self.every_decided
        self.rows: list[list[int]] = []
        self.busy: list[int] = []
        none = sum_or(1 << bit for bit, box in enumerate(boxes) if box is None)
        for axis, whole in enumerate(hull):
            # Many boxes ask the same of an axis: they are looked at together.
            asking: dict[int, int] = {}
            for bit, box in enumerate(boxes):
                if box is not None:
                    asking[box[axis]] = asking.get(box[axis], 0) | 1 << bit
            points = range(len(space.axes[axis].points))
            self.rows.append([none | sum_or(bits for mask, bits in asking.items() if mask >> point & 1) for point in points])
            self.busy.append(sum_or(bits for mask, bits in asking.items() if mask != whole))
        # finished[axis]: the boxes that ask nothing of this axis or a later one.
        self.finished = [~sum_or(self.busy[axis:]) & self.start for axis in range(len(space.axes) + 1)]

    def settled(self, axis: int, alive: int) -> int:
        """The state with every group decided that has a box with nothing left to ask."""
        finished = alive & self.finished[axis]
        if not finished:
            return alive
        for own, decided in zip(self.own, self.decided, strict=True):
            if finished & own:
                alive = alive & ~own | decided
        return alive


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
    return diagram_of(space, [Region(tuple(boxes), tuple(boxes))], lambda found: found[0]).count(Verdict.TRUE)


def uncovered(space: Space, region: Sequence[Box], boxes: Sequence[Box]) -> tuple[int, Box] | None:
    """The part of a region that no box covers: how many profiles, and a box with a smallest one; None where there is none."""
    if not region:
        return None
    found = diagram_of(space, [Region(tuple(boxes), tuple(boxes))], lambda found: found[0], inside=region)
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
