"""Where a rule has the same verdict as before but gives other reasons for it.

Which conditions a reason names depends only on which tests of the rule hold and which fail, so the space is cut by those
tests. Tests that every alternative of both versions asks for (and whose fields no other test reads) say the same in either:
they count as one, which keeps the diagram as small as the edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from operator import and_, or_

from hepatica.assurance.space import Box, Conditions, Diagram, RegionMaker, Space
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import smallest_failing, still_asked
from hepatica.inference import GoalKey, Verdict
from hepatica.knowledge import Test

_DIFFERENT = 0
"""The state in which the reasons are known to differ: no box is alive, so nothing more is asked."""
_COMMON = 1
"""The bit of the tests that are common to all alternatives; the others follow."""


def reasons_differ(
    old: RulesetVersion, new: RulesetVersion, rule: str, space: Space, maker: RegionMaker
) -> tuple[list[Box], list[Box]] | None:
    """Where the rule's reasons differ under one verdict, and where they do not; None where they never do."""
    sides = [[frozenset(part) for part in version.conjunctions(GoalKey("rule", rule))] for version in (old, new)]
    if not all(sides):
        return None
    diagram = Diagram(space, _RuleReasons(sides, space, maker), f"the reasons of the rule {rule}")
    return diagram.split(True) if True in diagram.outcomes() else None


class _RuleReasons(Conditions[bool]):
    """The tests of two versions of a rule as conditions, the common ones first and as one."""

    def __init__(self, sides: Sequence[Sequence[frozenset[Test]]], space: Space, maker: RegionMaker) -> None:
        every = [part for side in sides for part in side]
        shared = frozenset.intersection(*every)
        apart = {test.field for part in every for test in part - shared}
        order = {name: position for position, name in enumerate(space.fields)}
        own = sorted(
            {t for p in every for t in p if t.field in apart}, key=lambda t: (order[t.field], t.operator, repr(t.operands))
        )
        common = shared - {*own}
        bits = {test: 2 << position for position, test in enumerate(own)} | dict.fromkeys(common, _COMMON)
        self._told = [_Told(side, bits) for side in sides]
        regions = [maker.region([part]) for part in (common, *([test] for test in own))]
        super().__init__(space, regions, lambda _: False)
        self._tests = [
            (1 << at, self.decided(sure) | self.decided(maybe), sure, sure | maybe) for at, (sure, maybe) in enumerate(self.pairs)
        ]
        self._foregone = cache(self._differ_whatever_follows)

    def settled(self, turn: int, alive: int) -> int | None:
        """Nowhere, or one state for all, as soon as it is known whether the reasons differ: few other states are left."""
        state = super().settled(turn, alive)
        if state is None:
            return None
        fails = others = 0
        for bit, decided, _, either in self._tests:
            alive = state & either
            if not alive:
                fails |= bit
            elif alive == alive & decided:
                others |= bit
        differ = self._foregone(fails, others)
        return state if differ is None else _DIFFERENT if differ else None

    def _differ_whatever_follows(self, fails: int, others: int) -> bool | None:
        """Whether the reasons differ where some tests fail and others hold or are open; None where that depends on the rest."""
        if not all(side.ruled_out(fails) for side in self._told):
            return None
        first, second = (side.conjunctions for side in self._told)
        if [mask & ~others for mask in first] == [mask & ~others for mask in second]:
            return False
        # What fails in all alternatives of one version is named, and cannot be where no alternative of the other has it.
        alone = [reduce(and_, one) & ~reduce(or_, other) for one, other in ((first, second), (second, first))]
        return True if fails & (alone[0] | alone[1]) else None

    def outcome(self, state: int) -> bool:
        """Whether the verdict is the same and the reasons are others."""
        if state == _DIFFERENT:
            return True
        fails = opens = 0
        for bit, _, sure, either in self._tests:
            if not state & either:
                fails |= bit
            elif not state & sure:
                opens |= bit
        first, second = (side.reasons(fails, opens) for side in self._told)
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
