"""One ruleset's goals as regions of its profile space, computed once and asked many times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hepatica.assurance.answers.version import Version
from hepatica.assurance.check.findings import Finding
from hepatica.assurance.space.axes import space_of
from hepatica.assurance.space.boxes import Box, Cutter, Region, count, simplest
from hepatica.assurance.space.uncovered import Gap, gap
from hepatica.inference import SCOPE
from hepatica.knowledge import Rule


class Checking:
    """The regions of one version's rules, scope and populations."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.ruleset = version.ruleset
        self.space = space_of(version.program.tests)
        self._cutter = Cutter(self.space)
        self._regions: dict[str, Region] = {}

    def region(self, goal: str) -> Region:
        """Where a goal holds."""
        if goal not in self._regions:
            self._regions[goal] = self._cutter.region(self.version.conjunctions(goal))
        return self._regions[goal]

    def of(self, rule: Rule) -> Region:
        """Where a rule applies (the scope is part of it)."""
        return self.region(f"rule/{rule.id}")

    @property
    def scope(self) -> Region:
        """Where the scope holds."""
        return self.region(SCOPE)

    def boxes(self, goal: str) -> list[tuple[Box, Box]]:
        """The certain and the possible box of each conjunction of a goal; one with an empty mask is empty."""
        return [self._cutter.boxes(tests) for tests in self.version.conjunctions(goal)]

    def left_over(self, rules: Iterable[Rule]) -> Gap | None:
        """The profiles certainly in scope for which none of some rules applies or may apply."""
        return gap(self.space, self.scope.certain, [box for rule in rules for box in self.of(rule).possible])

    def finding(self, code: str, place: str, boxes: Sequence[Box], **names: str) -> Finding:
        """A finding about a region, with its smallest profile."""
        witness = self.space.facts(simplest(self.space, boxes))
        return Finding(code, names, self.place(place), witness, count(self.space, boxes))

    def place(self, name: str) -> str:
        """Where something is written, as `file:line`; empty where that is not known."""
        return self.ruleset.places.get(name, "")
