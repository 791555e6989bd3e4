"""Where a rule has the same verdict as before but gives other reasons for it.

Which conditions a reason names depends only on which tests of the rule hold and which fail, so the space is cut by those
tests. Tests that every alternative of both versions asks for (and whose fields no other test reads) say the same in either:
they count as one, which keeps the diagram as small as the edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.assurance.space import Box, Diagram, RegionMaker, Space, Verdicts
from hepatica.assurance.version import RulesetVersion
from hepatica.evaluation import smallest_failing, still_asked
from hepatica.inference import GoalKey, Verdict
from hepatica.knowledge import Test

_COMMON = 1
"""The bit of the tests that are common to all alternatives; the others follow."""


def reasons_differ(
    old: RulesetVersion, new: RulesetVersion, rule: str, space: Space, maker: RegionMaker
) -> tuple[list[Box], list[Box]] | None:
    """Where the rule's reasons differ under one verdict, and where they do not; None where they never do."""
    sides = [[frozenset(part) for part in version.conjunctions(GoalKey("rule", rule))] for version in (old, new)]
    if not all(sides):
        return None
    every = [part for side in sides for part in side]
    shared = frozenset.intersection(*every)
    apart = {test.field for part in every for test in part - shared}
    common = [test for test in shared if test.field not in apart]
    order = {name: position for position, name in enumerate(space.fields)}
    own = sorted(
        {t for part in every for t in part if t not in common}, key=lambda t: (order[t.field], t.operator, repr(t.operands))
    )
    told = [_Told(side, own) for side in sides]
    regions = [maker.region([common]), *(maker.region([(test,)]) for test in own)]

    def judge(verdicts: Verdicts) -> bool:
        first, second = (side.reasons(verdicts) for side in told)
        return first[0] is second[0] and first != second

    diagram = Diagram(space, regions, judge, f"the reasons of the rule {rule}")
    return diagram.split(True) if True in diagram.outcomes() else None


class _Told:
    """What one version's rule says, as bits over the tests: it chooses among alternatives as an answer does."""

    def __init__(self, conjunctions: Sequence[frozenset[Test]], tests: Sequence[Test]) -> None:
        bits = {test: 2 << position for position, test in enumerate(tests)}
        masks = {_COMMON | sum(bits[test] for test in part if test in bits) for part in conjunctions}
        self.conjunctions = tuple(sorted(masks, key=lambda mask: (mask.bit_count(), mask)))
        fields = dict.fromkeys(test.field for test in tests)
        self.by_field = (_COMMON, *(sum(bits[test] for test in tests if test.field == name) for name in fields))

    def reasons(self, verdicts: Verdicts) -> tuple[Verdict, int]:
        """The verdict of the rule and the bits of the tests that its reasons name."""
        holds = sum(1 << position for position, verdict in enumerate(verdicts) if verdict is Verdict.TRUE)
        fails = sum(1 << position for position, verdict in enumerate(verdicts) if verdict is Verdict.FALSE)
        met = next((mask for mask in self.conjunctions if not mask & ~holds), None)
        if met is not None:
            return Verdict.TRUE, met
        if all(mask & fails for mask in self.conjunctions):
            return Verdict.FALSE, smallest_failing(self.conjunctions, fails, self.by_field)
        return Verdict.UNKNOWN, still_asked(self.conjunctions, holds, fails)
