"""Where a therapy stands otherwise under another version: both are asked rule by rule at once.

What is settled alike, or alike before rules that both have, is asked no further: what is left is as large as the edit, however
many rules the therapy has.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from hepatica.assurance.space import AT_ONCE, HOLDS, OPEN, Diagrams, Node, Region
from hepatica.assurance.version import ABSENT, Placement

Turn = tuple[Placement, Region]
"""One rule of a therapy: where it puts the therapy, and where it applies."""
_Step = tuple[Placement, tuple[Region, ...], tuple[bool, ...]]
"""Rules that decide alike, and which versions have them."""


class _Reached(NamedTuple):
    """The first position of a rule that holds, and of one that is still open, as far as rules were asked."""

    held: Placement | None = None
    still: Placement | None = None


def moves(
    made: Diagrams,
    inside: Node,
    sides: Sequence[Sequence[Turn] | None],
    judge: Callable[[Placement, Placement], Hashable],
) -> Node:
    """What `judge` makes of where a therapy stands under each version, within `inside`; None where that is the same.

    `sides` are its rules in the order in which they decide, None for a version that does not have the therapy.
    """
    start = tuple(Placement(ABSENT) if side is None else _Reached() for side in sides)
    found = made.combined((inside,), lambda _: start)
    steps = list(_steps(*(side or () for side in sides)))
    alone = max((at for at, (_, _, having) in enumerate(steps, 1) if not all(having)), default=0)
    for at, (position, regions, having) in enumerate(steps):
        if at == alone:
            # Before nothing but rules that both versions have: what is alike by now stays so.
            found = made.combined((found,), lambda states: states if states and states[0] != states[1] else None)
        found = _asked(made, found, position, regions, having)
    return made.combined((found,), lambda states: states and _judged(states, judge))


def _steps(old: Sequence[Turn], new: Sequence[Turn]) -> Iterator[_Step]:
    """The turns of both versions, those that they share taken together, a few at a time."""
    for what, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = what == "equal"
        for turns, having in ((old[start:end], (True, same)), (() if same else new[first:last], (False, True))):
            for position, group in groupby(turns, itemgetter(0)):
                regions = [region for _, region in group]
                yield from ((position, tuple(regions[n : n + AT_ONCE]), having) for n in range(0, len(regions), AT_ONCE))


def _asked(made: Diagrams, found: Node, position: Placement, regions: Sequence[Region], having: Sequence[bool]) -> Node:
    """What is reached with some more rules."""
    joined = made.joined(map(made.region, regions))

    def foregone(asked: Sequence[Node]) -> Node | None:
        before = made.values.get(asked[0], ())
        settled = before is None or (isinstance(before, tuple) and before and all(isinstance(one, Placement) for one in before))
        return asked[0] if settled or asked[1] == made.nothing else None

    def after(before: tuple[_Reached | Placement, ...], bits: int) -> Hashable:
        states = tuple(_after(position, one, bits) if has else one for one, has in zip(before, having, strict=True))
        return None if isinstance(states[0], Placement) and states[0] == states[1] else states

    return made.combined((found, joined), after, foregone)


def _after(at: Placement, before: _Reached | Placement, bits: int) -> _Reached | Placement:
    """What is reached with more rules of one position, or the position where no further rule matters."""
    if isinstance(before, Placement):
        return before
    # A rule that only names a therapy needs no certainty: there is nothing that it could become.
    named = at.place == "unreported"
    held = before.held or (at if bits & HOLDS or (named and bits) else None)
    still = before.still or (at if bits & OPEN and not named else None)
    if held is not None and held.place in ("options", "trials"):
        return held
    # Beside a rule that holds, another that is still open makes the therapy possible, unless the one that holds is an option.
    return Placement("possible", still.standing) if held and still else _Reached(held, still)


def _judged(states: tuple[_Reached | Placement, ...], judge: Callable[[Placement, Placement], Hashable]) -> Hashable:
    before, after = map(_position, states)
    return None if before == after else judge(before, after)


def _position(reached: _Reached | Placement) -> Placement:
    if isinstance(reached, Placement):
        return reached
    still = reached.still
    return Placement("possible", still.standing) if still else reached.held or Placement("ruled_out")
