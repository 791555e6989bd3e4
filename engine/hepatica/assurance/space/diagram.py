"""The space cut by conditions, as multi-valued decision diagrams (MDDs).

A node asks for one mask of a box; each branch is a part of the places of that mask; a leaf is a value. Nodes that are alike are
one node, so that a function of a profile is one number, however it was put together, and a region of 10^8 profiles is some
hundred nodes. Diagrams are made from small ones: the boxes of a condition are joined two by two, conditions are combined one
by one, and what comes to the same is met once at every step. Counting, a smallest witness, and the boxes of an outcome are each
one walk. What is proved here is exact; nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from math import prod
from operator import or_
from typing import Any, Generic, NamedTuple, TypeVar

from hepatica.assurance.space.axes import Box, Side, Space, space_of
from hepatica.assurance.space.boxes import Region, RegionMaker, TooManyParts
from hepatica.inference import Expander, Verdict
from hepatica.knowledge import Condition
from hepatica.patient import Facts, Fields
from hepatica.problems import Problem

O = TypeVar("O", bound=Hashable)  # noqa: E741
Verdicts = tuple[Verdict, ...]
Judge = Callable[[Verdicts], O]
Node = int
"""A node by its number."""
MOST_NODES = 1_000_000
MOST_PARTS, MOST_WAYS = 800, 10_000
AT_ONCE = 8
OPEN, HOLDS = 1, 2
"""The bits of a leaf of conditions: one of them is open, one of them holds."""
SAID = (Verdict.FALSE, Verdict.UNKNOWN, Verdict.TRUE, Verdict.TRUE)
OUTSIDE = object()
"""The value of what is not looked at."""
_TOO_MANY = "the rules cut the space into too many parts to describe (more than {:,}); split {}"


class Diagrams:
    """Diagrams that share their nodes, over one order of the masks of a space's boxes.

    Raises `TooManyParts`, naming `name`, past `MOST_NODES` nodes.
    """

    def __init__(self, space: Space, boxes: Iterable[Box] = (), name: str = "the conditions") -> None:
        self.space, self._name = space, name
        # What most boxes ask for comes first: it parts them early.
        often = [sum(side != full for side in sides) for full, *sides in zip(space.full, *boxes, strict=True)]
        self.order = sorted(range(len(often)), key=lambda axis: -often[axis])
        """The axes as they are asked for."""
        self._full = [space.full[axis] for axis in self.order]
        self.levels: list[int] = []
        """Of each node, whose turn it is; of a leaf, nobody's any more."""
        self._below: list[tuple[tuple[int, Node], ...]] = []
        self._nodes: dict[tuple[int, tuple[tuple[int, Node], ...]], Node] = {}
        self._leaves: dict[Hashable, Node] = {}
        self.values: dict[Node, Any] = {}
        """Of the leaves."""
        self.nothing, self.outside = self.leaf(0), self.leaf(OUTSIDE)
        self._joined: dict[tuple[Node, Node], Node] = {}
        self._regions: dict[Region, Node] = {}

    def leaf(self, value: Hashable) -> Node:
        """The diagram of one value everywhere."""
        if (found := self._leaves.get(value)) is None:
            found = self._leaves[value] = self._added(len(self._full), ())
            self.values[found] = value
        return found

    def _added(self, level: int, branches: tuple[tuple[int, Node], ...]) -> Node:
        if len(self.levels) >= MOST_NODES:
            raise TooManyParts([Problem(self._name, 1, 1, "too-many-parts", _TOO_MANY.format(MOST_NODES, self._name))])
        self.levels.append(level)
        self._below.append(branches)
        return len(self.levels) - 1

    def _node(self, level: int, parts: Iterable[tuple[int, Node]]) -> Node:
        """The node with those branches; those to one child are joined, and a node with one child is that child."""
        masks: dict[Node, int] = {}
        for mask, child in parts:
            masks[child] = masks.get(child, 0) | mask
        if len(masks) == 1:
            return next(iter(masks))
        key = level, tuple([(mask, child) for child, mask in sorted(masks.items())])
        if (found := self._nodes.get(key)) is None:
            found = self._nodes[key] = self._added(*key)
        return found

    def within(self, boxes: Iterable[Box], value: Hashable = None) -> Node:
        """A value within some boxes, and outside them nothing that is looked at."""
        inside = self.joined([self.box(box) for box in boxes])
        return self.combined((inside,), lambda held: value if held else OUTSIDE)

    def region(self, region: Region) -> Node:
        """Where a condition holds (`HOLDS`), where it is open (`OPEN`), and where it fails (0)."""
        if (found := self._regions.get(region)) is None:
            sides = ((region.possible, OPEN), (region.certain, HOLDS))
            boxes = [self.box(box, bit) for side, bit in sides for box in side]
            found = self._regions[region] = self.combined((self.joined(boxes),), lambda bits: min(bits, HOLDS))
        return found

    def box(self, box: Box, bit: int = HOLDS) -> Node:
        """A bit within a box, and nothing outside it."""
        found = self.leaf(bit)
        for level in reversed(range(len(self._full))):
            full, mask = self._full[level], box[self.order[level]]
            if mask != full:
                found = self._node(level, ((mask, found), (full & ~mask, self.nothing)))
        return found

    def joined(self, nodes: Iterable[Node]) -> Node:
        """The bits of several diagrams together, two by two: those that are joined last are large, and few."""
        left = list(dict.fromkeys(nodes)) or [self.nothing]
        while len(left) > 1:
            pairs = [left[at : at + 2] for at in range(0, len(left), 2)]
            left = [self._join(*pair) if len(pair) > 1 else pair[0] for pair in pairs]
        return left[0]

    def _join(self, first: Node, second: Node) -> Node:
        if second in (first, self.nothing):
            return first
        if first == self.nothing:
            return second
        key = (first, second) if first < second else (second, first)
        if (found := self._joined.get(key)) is None:
            found = self._joined[key] = self._opened(key, self._join, or_)
        return found

    def combined(
        self,
        nodes: Sequence[Node],
        judge: Callable[..., Hashable],
        foregone: Callable[[Sequence[Node]], Node | None] = lambda _: None,
    ) -> Node:
        """What a function makes of the values of several diagrams, wherever all of them are looked at.

        `foregone` may know the result from the nodes themselves, before anything is asked.
        """
        known: dict[tuple[Node, ...], Node] = {}

        def made(*asked: Node) -> Node:
            if (found := known.get(asked)) is None:
                if (found := foregone(asked)) is None:
                    found = self.outside if self.outside in asked else self._opened(asked, made, judge)
                known[asked] = found
            return found

        return made(*nodes)

    def _opened(self, asked: tuple[Node, ...], made: Callable[..., Node], judge: Callable[..., Hashable]) -> Node:
        """The node for several, made from what is made of their branches; the leaf where all of them are leaves."""
        level = min([self.levels[node] for node in asked])
        if level == len(self._full):
            return self.leaf(judge(*[self.values[node] for node in asked]))
        return self._node(level, [(mask, made(*following)) for mask, following in self._parts(level, asked)])

    def _parts(self, level: int, asked: tuple[Node, ...]) -> list[tuple[int, tuple[Node, ...]]]:
        """The places of a mask that no one of several nodes tells apart, with the nodes below."""
        parts = [(self._full[level], asked)]
        for at, node in enumerate(asked):
            if self.levels[node] == level:
                parts = [
                    (both, (*others[:at], child, *others[at + 1 :]))
                    for mask, others in parts
                    for branch, child in self._below[node]
                    if (both := mask & branch)
                ]
        # Of masks of hundreds of places each step takes longer.
        self.space.work.spend(4 + len(parts) * (3 + self._full[level].bit_length() // 4096))
        return parts

    def where(self, node: Node, value: Hashable) -> Node:
        """Whether a diagram has a value; not looked at elsewhere."""
        return self.combined((node,), lambda one: one == value, lambda asked: self.nothing if asked[0] == self.outside else None)

    def branches(self, node: Node) -> Sequence[tuple[Side, Node]]:
        """The sides of the axis whose turn it is at a node, each with the node below."""
        return self._below[node]


class _Reached(NamedTuple):
    """What a node reaches of one leaf; of the way with fewest known fields (`cost`), `side` and `child` are the first step."""

    profiles: int
    known: int
    ways: int
    cost: int
    side: Side
    child: Node


class Diagram(Generic[O]):
    """Where each outcome of some conditions holds: a diagram of `Diagrams`, walked."""

    def __init__(self, made: Diagrams, root: Node, name: str = "the conditions") -> None:
        self.made, self.root, self.space, self._name = made, root, made.space, name
        self._known: dict[Node, dict[Node, _Reached]] = {}
        axes = [self.space.axes[axis] for axis in made.order]
        self._wholes = [(axis.volume(axis.full), axis.known_volume(axis.full)) for axis in axes]
        # A plain table, not a cache of the method: comparisons go from one process to another.
        self._between: dict[tuple[int, int], tuple[int, int]] = {}

    def outcomes(self) -> tuple[O, ...]:
        """Every outcome that holds somewhere."""
        return tuple(self.made.values[leaf] for leaf in self._reached(self.root) if leaf != self.made.outside)

    def count(self, outcome: O, *, known: bool = False) -> int:
        """How many profiles have an outcome; `known`: how many that no test tells from one with every fact known."""
        found = self._reached(self.root).get(self.made.leaf(outcome))
        if found is None:
            return 0
        return (found.known if known else found.profiles) * self._skipped(0, self.made.levels[self.root])[known]

    def witness(self, outcome: O) -> Box:
        """A box that holds a profile of that outcome with the fewest known fields."""
        box, node = self.space.full, self.root
        while node not in self.made.values:
            found = self._reached(node)[self.made.leaf(outcome)]
            box, node = self.space.replaced(box, self.made.order[self.made.levels[node]], found.side), found.child
        return box

    def without(self, covers: Iterable[Sequence[Box]]) -> Diagram[O]:
        """The same outside some regions."""
        covered = self.made.joined([self.made.box(box) for cover in covers for box in cover])
        left = self.made.combined((self.root, covered), lambda outcome, bits: OUTSIDE if bits else outcome)
        return Diagram(self.made, left, self._name)

    def where(self, outcome: O) -> Iterator[Box]:
        """The disjoint boxes where one outcome holds."""
        wanted = self.made.leaf(outcome)
        return (box for _, box in self._paths(self.root, lambda node: wanted in self._reached(node)))

    def split(self, outcome: O) -> tuple[list[Box], list[Box]] | None:
        """Where one outcome holds, and where it does not: disjoint boxes, few because all others are taken for one first.

        None where there are more than `MOST_PARTS`, or so many ways to the outcome that it takes long to tell.
        """
        if self._reached(self.root)[self.made.leaf(outcome)].ways > MOST_WAYS:
            return None
        wanted, merged = self.made.leaf(True), self.made.where(self.root, outcome)
        found = list(islice(self._paths(merged, lambda _: True), MOST_PARTS + 1))
        if len(found) > MOST_PARTS:
            return None
        inside, outside = ([box for leaf, box in found if (leaf == wanted) is side] for side in (True, False))
        return inside, outside

    def _skipped(self, turn: int, following: int) -> tuple[int, int]:
        """How many entries, and known ones, the axes from one turn to another stand for: nothing is asked of them."""
        if (found := self._between.get((turn, following))) is None:
            wholes = self._wholes[turn:following]
            found = self._between[turn, following] = prod(every for every, _ in wholes), prod(known for _, known in wholes)
        return found

    def _reached(self, node: Node) -> dict[Node, _Reached]:
        """What a node reaches of each leaf, over the node's own axis and the later ones."""
        if node in self.made.values:
            return {node: _Reached(1, 1, 1, 0, 0, node)}
        if (found := self._known.get(node)) is None:
            found, turn = {}, self.made.levels[node]
            axis = self.space.axes[self.made.order[turn]]
            for side, child in self.made.branches(node):
                every, known = self._skipped(turn + 1, self.made.levels[child])
                every, known, cost = every * axis.volume(side), known * axis.known_volume(side), axis.cost(side)
                for leaf, below in self._reached(child).items():
                    one = _Reached(every * below.profiles, known * below.known, below.ways, cost + below.cost, side, child)
                    if (other := found.get(leaf)) is not None:
                        profiles, known_too, ways, *_ = other
                        best = one if one.cost < other.cost else other
                        sums = one.profiles + profiles, one.known + known_too, one.ways + ways
                        one = _Reached(*sums, best.cost, best.side, best.child)
                    found[leaf] = one
            self._known[node] = found
        return found

    def _paths(self, root: Node, wanted: Callable[[Node], bool]) -> Iterator[tuple[Node, Box]]:
        """Every leaf below a node with the box that leads to it, by nodes that are wanted."""
        stack: list[tuple[Node, Box]] = [(root, self.space.full)]
        while stack:
            node, box = stack.pop()
            if node in self.made.values:
                self.space.work.spend(1)
                yield node, box
                continue
            axis, replaced = self.made.order[self.made.levels[node]], self.space.replaced
            stack += [(child, replaced(box, axis, side)) for side, child in self.made.branches(node) if wanted(child)]


def sum_or(masks: Iterable[int]) -> int:
    """The union of some masks."""
    return reduce(or_, masks, 0)


def diagram_of(
    space: Space, regions: Sequence[Region], judge: Judge[O], name: str = "the conditions", inside: Sequence[Box] = ()
) -> Diagram[O]:
    """What the verdicts of a few conditions come to: of the whole space, or of what is `inside` some boxes."""
    every = [box for region in regions for side in (region.certain, region.possible) for box in side]
    made = Diagrams(space, [*every, *inside], name)
    asked = [made.within(inside or (space.full,)), *map(made.region, regions)]
    return Diagram(made, made.combined(asked, lambda _, *bits: judge(tuple([SAID[one] for one in bits]))), name)


def count(space: Space, boxes: Sequence[Box]) -> int:
    """The profiles in a region whose boxes may overlap."""
    if len(boxes) == 1:
        return space.count(boxes[0])
    return diagram_of(space, [Region((), tuple(boxes))], lambda found: found[0]).count(Verdict.UNKNOWN)


def uncovered(space: Space, region: Sequence[Box], boxes: Iterable[Box]) -> tuple[int, Box] | None:
    """The part of a region that no box covers: how many profiles, and a box with a smallest one; None where there is none."""
    if not region:
        return None
    # The largest first: a few of them leave little, and then few diagrams are large.
    cover = sorted(dict.fromkeys(boxes), key=space.count, reverse=True)
    made = Diagrams(space, [*region, *cover])
    left = made.within(region, True)
    for start in range(0, len(cover), AT_ONCE):
        covered = made.joined([made.box(box) for box in cover[start : start + AT_ONCE]])
        left = made.combined((left, covered), lambda inside, bits: OUTSIDE if bits else inside)
        if left == made.outside:
            return None
    found: Diagram[bool] = Diagram(made, left)
    number = found.count(True)
    return (number, found.witness(True)) if number else None


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
