"""The list a therapy falls into, read from verdict bits alone: the question a search asks thousands of times."""

from __future__ import annotations

from dataclasses import dataclass

from hepatica.evaluation import ListName
from hepatica.inference import Goal, Program
from hepatica.knowledge import RANK, Rule, Ruleset, Therapy


@dataclass(frozen=True, slots=True)
class TherapyBits:
    """A therapy's rules with the bits of their conjunctions. `options` are those of rules that make it an option."""

    therapy: Therapy
    rules: tuple[tuple[Rule, Goal], ...]
    options: int
    relevant: int

    def reached(self, certain: int, possible: int) -> ListName:
        """The list for verdict bits; the same as `Evaluator.evaluate` would say."""
        maybe = against = False
        for rule, goal in self.rules:
            if certain & goal.mask:
                if rule.standing != "not_supported":
                    return "options"
                against = True
            elif possible & goal.mask:
                maybe = True
        return "possible" if maybe else "not_supported" if against else "ruled_out"

    def best(self, certain: int) -> Rule | None:
        """The applying rule of the highest standing that makes it an option; None where none does."""
        found = [rule for rule, goal in self.rules if certain & goal.mask & self.options]
        return min(found, key=lambda rule: RANK[rule.standing]) if found else None


def therapy_bits(ruleset: Ruleset, program: Program) -> tuple[TherapyBits, ...]:
    """Every therapy in the ruleset's order."""
    return tuple(_bits(therapy, program) for therapy in ruleset.therapies.values())


def _bits(therapy: Therapy, program: Program) -> TherapyBits:
    rules = tuple((rule, program.goals[f"rule/{rule.id}"]) for rule in therapy.rules)
    options = relevant = 0
    for rule, goal in rules:
        relevant |= goal.mask
        options |= goal.mask if rule.standing != "not_supported" else 0
    return TherapyBits(therapy, rules, options, relevant)
