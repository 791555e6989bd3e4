"""Every profile of a small space, one by one, judged by the plain reading: the oracle for what is proved with diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from hepatica.assurance import RulesetVersion
from hepatica.assurance.space import Space
from hepatica.evaluation import judged, precedence
from hepatica.inference import GoalKey, PlainReading, Verdict, conditions_of
from hepatica.knowledge import Rule, Ruleset, Therapy
from hepatica.patient import Facts


def every_profile(space: Space) -> Iterator[Facts]:
    """One profile for every entry of every axis."""
    names = [field.name for axis in space.axes for field in axis.fields]
    listed = [[axis.entry(cells) for cells in axis.cells(axis.full)] for axis in space.axes]
    for entries in product(*listed):
        yield space.total(dict(zip(names, sum(entries, ()), strict=True)))


@dataclass(frozen=True)
class Brute:
    """A version's verdicts for every profile of a space."""

    version: RulesetVersion
    space: Space

    @property
    def ruleset(self) -> Ruleset:
        return self.version.ruleset

    @cached_property
    def profiles(self) -> list[Facts]:
        return list(every_profile(self.space))

    @cached_property
    def verdicts(self) -> dict[GoalKey, list[Verdict]]:
        conditions = conditions_of(self.ruleset)
        goals = [(1 << n, when) for n, when in enumerate(conditions.values())]
        reading = PlainReading(goals, self.ruleset.concept_conditions, ())
        found = [reading.read(facts)[:2] for facts in self.profiles]
        return {
            key: [Verdict.of(certain & bit, possible & bit) for certain, possible in found]
            for key, (bit, _) in zip(conditions, goals, strict=True)
        }

    def of(self, rule: Rule) -> list[Verdict]:
        return self.verdicts[GoalKey("rule", rule.id)]

    @cached_property
    def _ordered(self) -> dict[str, list[Rule]]:
        def order(rule: Rule) -> tuple[int | str, ...]:
            return precedence(rule, self.ruleset.studies)

        return {therapy.id: sorted(therapy.rules, key=order) for therapy in self.ruleset.therapies.values()}

    def ordered(self, therapy: Therapy) -> list[Rule]:
        return self._ordered[therapy.id]

    def position(self, therapy: str, row: int) -> tuple[str, str, str]:
        """List, standing and verdict of a therapy for the profile at a row."""
        known = self.ruleset.therapies.get(therapy)
        if known is None:
            return ("absent", "", "")
        rules = self.ordered(known)
        found = judged(rules, [self.of(rule)[row] for rule in rules])
        if found.list == "ruled_out":
            return ("ruled_out", "", "")
        main = rules[found.main]
        return (found.list, main.standing, "" if found.list == "possible" else main.verdict or "")
