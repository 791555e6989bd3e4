"""Every profile of a small space, one by one, judged by the plain reading: the oracle for what is proved with diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from hepatica.assurance import RulesetVersion
from hepatica.assurance.space import Space
from hepatica.evaluation import judged, precedence
from hepatica.inference import GoalKey, Verdict, conditions_of, read
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
        concepts = self.ruleset.concept_conditions
        conditions = conditions_of(self.ruleset)
        return {key: [read(when, facts, concepts) for facts in self.profiles] for key, when in conditions.items()}

    def of(self, rule: Rule) -> list[Verdict]:
        return self.verdicts[GoalKey("rule", rule.id)]

    def ordered(self, therapy: Therapy) -> list[Rule]:
        return sorted(therapy.rules, key=lambda rule: precedence(rule, self.ruleset.studies))

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
