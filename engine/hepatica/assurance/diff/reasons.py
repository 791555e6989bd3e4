"""Where a rule has the same verdict as before but gives other reasons for it.

Which conditions a reason names depends only on which tests of the rule hold and which fail. So every such pattern that
some profile has is tried once, at a profile that has it; the rest of the space follows.
"""

from __future__ import annotations

from hepatica.assurance.space import Box, Diagram, RegionMaker, Space, Verdicts
from hepatica.assurance.version import RulesetVersion, reading_of
from hepatica.evaluation import Explained
from hepatica.inference import GoalKey
from hepatica.patient import Facts

Told = tuple[str, frozenset[tuple[str, str]]]
"""A rule's verdict, and the fields with what is required of them that it names."""


def reasons_differ(
    old: RulesetVersion, new: RulesetVersion, rule: str, space: Space, maker: RegionMaker
) -> tuple[list[Box], list[Box]] | None:
    """Where the rule's reasons differ under one verdict, and where they do not; None where they never do."""
    tests = sorted({t for version in (old, new) for part in version.conjunctions(GoalKey("rule", rule)) for t in part}, key=repr)
    regions = [maker.region([(test,)]) for test in tests]
    sides = [_Reasons(version, rule) for version in (old, new)]
    name = f"the reasons of the rule {rule}"
    patterns = Diagram[Verdicts](space, regions, lambda verdicts: verdicts, name)
    unlike: set[Verdicts] = set()
    for pattern in patterns.outcomes():
        facts = space.facts(patterns.witness(pattern))
        first, second = (side.told(facts) for side in sides)
        if first[0] == second[0] and first != second:
            unlike.add(pattern)
    if not unlike:
        return None
    return Diagram(space, regions, lambda verdicts: verdicts in unlike, name).split(True)


class _Reasons:
    """What one version's rule says of a profile."""

    def __init__(self, version: RulesetVersion, rule: str) -> None:
        self.program = version.program
        goal = version.program.goals[GoalKey("rule", rule)]
        self.explained = Explained(goal, version.program.tests, dict)

    def told(self, facts: Facts) -> Told:
        """The verdict and the reasons for it."""
        reading = reading_of(self.program, facts)
        verdict = reading.verdict(self.explained.goal)
        if not self.explained.goal.conjunctions:
            return verdict.value, frozenset()
        tests = self.explained.deciding(verdict, reading)
        return verdict.value, frozenset(
            (test.field, test.requires()) for n, test in enumerate(self.program.tests) if tests >> n & 1
        )
