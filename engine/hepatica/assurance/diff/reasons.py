"""Where a rule has the same verdict as before but gives other reasons for it.

Which conditions a reason names depends only on which tests of the rule hold and which fail, so the space is cut by those
tests. Tests that every alternative of both versions asks for (and whose fields no other test reads) say the same in either:
they count as one, which keeps the diagram as small as the edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.assurance.space import Box, Diagram, RegionMaker, Space
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import smallest_failing, still_asked
from hepatica.inference import GoalKey, Verdict
from hepatica.knowledge import Test

_COMMON = 1
"""The bit of the tests that are common to all alternatives; the others follow."""
_Bits = tuple[int, int]
"""The tests that fail, and those that are open."""


def reasons_differ(
    old: RulesetVersion, new: RulesetVersion, rule: str, space: Space, maker: RegionMaker
) -> tuple[list[Box], list[Box]] | None:
    """Where the rule's reasons differ under one verdict, and where they do not; None where they never do."""
    sides = [[frozenset(part) for part in version.conjunctions(GoalKey("rule", rule))] for version in (old, new)]
    if not all(sides):
        return None
    diagram = Diagram(space, _RuleReasons(sides, space, maker), f"the reasons of the rule {rule}")
    return diagram.split(True) if True in diagram.outcomes() else None


class _RuleReasons:
    """The states of two versions of a rule: which of their tests fail, and which are open. All others hold."""

    start: _Bits = (0, 0)

    def __init__(self, sides: Sequence[Sequence[frozenset[Test]]], space: Space, maker: RegionMaker) -> None:
        every = [part for side in sides for part in side]
        shared = frozenset.intersection(*every)
        apart = {test.field for part in every for test in part - shared}
        order = {name: position for position, name in enumerate(space.fields)}
        own = sorted(
            {t for p in every for t in p if t.field in apart}, key=lambda t: (order[t.field], t.operator, repr(t.operands))
        )
        bits = {test: 2 << position for position, test in enumerate(own)} | dict.fromkeys(shared - {*own}, _COMMON)
        self._told = [_Told(side, bits) for side in sides]
        self._rows = [[[0, 0] for _ in axis.points] for axis in space.axes]
        for test, bit in bits.items():
            axis, holds, may = maker.masked(test)
            for point, row in enumerate(self._rows[axis]):
                row[0] |= 0 if may >> point & 1 else bit
                row[1] |= bit if (may & ~holds) >> point & 1 else 0
        self._idle = [not any(map(any, rows)) for rows in self._rows]

    def waits(self, axis: int, state: _Bits) -> bool:
        """Whether no test reads an axis."""
        return self._idle[axis]

    def after(self, axis: int, state: _Bits) -> dict[_Bits, int]:
        """What fails and what is open at each point of an axis."""
        found: dict[_Bits, int] = {}
        for point, (fails, opens) in enumerate(self._rows[axis]):
            following = state[0] | fails, state[1] | opens
            found[following] = found.get(following, 0) | 1 << point
        return found

    def settled(self, axis: int, state: _Bits) -> _Bits:
        """Where all alternatives of both versions fail, what is open no longer matters; one common test that fails is enough."""
        fails, opens = state
        if opens and all(side.ruled_out(fails) for side in self._told):
            return fails, 0
        return (fails, opens & ~_COMMON) if fails & _COMMON else state

    def outcome(self, state: _Bits) -> bool:
        """Whether the verdict is the same and the reasons are others."""
        first, second = (side.reasons(*state) for side in self._told)
        return first[0] is second[0] and first != second


class _Told:
    """What one version's rule says, as bits over the tests: it chooses among alternatives as an answer does."""

    def __init__(self, conjunctions: Sequence[frozenset[Test]], bits: dict[Test, int]) -> None:
        masks = {_COMMON | sum({bits[test] for test in part} - {_COMMON}) for part in conjunctions}
        self.conjunctions = tuple(sorted(masks, key=lambda mask: (mask.bit_count(), mask)))
        fields: dict[str, int] = {}
        for test, bit in bits.items():
            fields["" if bit == _COMMON else test.field] = fields.get("" if bit == _COMMON else test.field, 0) | bit
        self.by_field = tuple(fields.values())

        self._ruled_out: dict[int, int] = {}

    def ruled_out(self, fails: int) -> int:
        """The failing tests that rule the rule out; none while an alternative is left."""
        known = self._ruled_out.get(fails)
        if known is None:
            out = all(mask & fails for mask in self.conjunctions)
            known = self._ruled_out[fails] = smallest_failing(self.conjunctions, fails, self.by_field) if out else 0
        return known

    def reasons(self, fails: int, opens: int) -> tuple[Verdict, int]:
        """The verdict of the rule and the bits of the tests that its reasons name."""
        if failing := self.ruled_out(fails):
            return Verdict.FALSE, failing
        asked = fails | opens
        met = next((mask for mask in self.conjunctions if not mask & asked), None)
        return (Verdict.TRUE, met) if met is not None else (Verdict.UNKNOWN, still_asked(self.conjunctions, ~asked, fails))
