"""Where a rule has the same verdict as before but gives other reasons for it.

Which conditions a reason names depends only on which tests of the rule hold and which fail, so the space is cut by those
tests. Tests that every alternative of both versions asks for (and whose fields no other test reads) say the same in either:
they count as one, which keeps the diagram as small as the edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial, reduce
from operator import and_, or_

from hepatica.assurance.space import OPEN, Diagram, Diagrams, Node, RegionMaker, Space
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import smallest_failing, still_asked
from hepatica.inference import GoalKey, Verdict
from hepatica.knowledge import Test

_COMMON = 1
"""The bit of the tests that are common to all alternatives; the others follow."""


def reasons_differ(old: RulesetVersion, new: RulesetVersion, rule: str, space: Space, maker: RegionMaker) -> Diagram[bool] | None:
    """Whether the rule's reasons differ under one verdict; None where they never do."""
    sides = [[frozenset(part) for part in version.conjunctions(GoalKey("rule", rule))] for version in (old, new)]
    if not all(sides):
        return None
    reasons = _RuleReasons(sides, space)
    regions = [maker.region([part]) for part in reasons.asked]
    made = Diagrams(space, [box for region in regions for box in region.possible], f"the reasons of the rule {rule}")
    root = made.combined([made.region(region) for region in regions], reasons.differ, partial(reasons.foregone, made))
    diagram: Diagram[bool] = Diagram(made, root, f"the reasons of the rule {rule}")
    return diagram if True in diagram.outcomes() else None


class _RuleReasons:
    """The reasons of two versions of a rule. `asked` are its tests, the common ones first and as one."""

    def __init__(self, sides: Sequence[Sequence[frozenset[Test]]], space: Space) -> None:
        every = [part for side in sides for part in side]
        shared = frozenset.intersection(*every)
        apart = {test.field for part in every for test in part - shared}
        order = {name: position for position, name in enumerate(space.fields)}
        own = sorted(
            {t for p in every for t in p if t.field in apart}, key=lambda t: (order[t.field], t.operator, repr(t.operands))
        )
        common = shared - {*own}
        bits = {test: 2 << position for position, test in enumerate(own)} | dict.fromkeys(common, _COMMON)
        self.asked: list[Iterable[Test]] = [common, *([test] for test in own)]
        self._told = [_Told(side, bits) for side in sides]
        self._known = cache(self._differ_whatever_follows)

    def foregone(self, made: Diagrams, asked: Sequence[Node]) -> Node | None:
        """Whether the reasons differ, as soon as that is known: there are few diagrams then that all tests must be asked for."""
        fails = others = 0
        for position, node in enumerate(asked):
            bits = made.values.get(node)
            if bits == 0:
                fails |= 1 << position
            elif bits is not None:
                others |= 1 << position
        differ = self._known(fails, others)
        return made.leaf(differ) if differ is not None else None

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

    def differ(self, *bits: int) -> bool:
        """Whether the verdict is the same and the reasons are others, by what the tests say."""
        fails, opens = (sum(1 << at for at, one in enumerate(bits) if one == wanted) for wanted in (0, OPEN))
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
