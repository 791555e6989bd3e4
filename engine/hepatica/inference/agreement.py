"""Three readings, one answer. durable_rules decides; two others must say the same before anything leaves."""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from hepatica.inference.kept import kept_network, network_for
from hepatica.inference.plain import PlainReading, Verdict, Verdicts
from hepatica.inference.program import Goal, Masks, Program, compile_ruleset, conditions_of
from hepatica.inference.rete import Firings, Rete
from hepatica.knowledge import Ruleset
from hepatica.patient import Facts
from hepatica.problems import InternalError


class Disagreement(InternalError):
    """The readings gave different verdicts; who says what is named, and none is an answer."""


class Conclusions(NamedTuple):
    """The verdicts of one profile: marks of the goals that certainly hold and that may, bits of the tests that hold and fail."""

    certain: int
    possible: int
    holds: int
    fails: int

    def verdict(self, goal: Goal) -> Verdict:
        """The verdict of a goal."""
        return Verdict.of(self.certain & goal.mark, self.possible & goal.mark)


class Inference:
    """Verdicts of one ruleset's scope, rules, notes, studies and concepts. Safe for several threads.

    The verdicts are what durable_rules fires. The plain reading, which shares nothing with what durable_rules is fed, must give
    the same ones; so must the bit tables, from which reasons are read, and of these every single test is compared, too.
    """

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        self._ruleset, self._given = ruleset, program
        self.conditions = conditions_of(ruleset)
        self.program = program or compile_ruleset(ruleset, self.conditions)

    # Both are made for the first answer: what asks the tables alone, as a proof does, need not wait for them.
    @cached_property
    def rete(self) -> Rete:
        """durable_rules with the ruleset's conditions."""
        # A program that was given need not be that of the ruleset's digest, by which networks are kept.
        if self._given is not None:
            return Rete(network_for(self.conditions, self.program), self.program.fields)
        return Rete(kept_network(self._ruleset, self.conditions, self.program), self.program.fields)

    @cached_property
    def plain(self) -> PlainReading:
        """Always from the conditions themselves: it is what anything compiled, or kept compiled, is held against."""
        goals = [(self.program.goals[key].mark, when) for key, when in self.conditions.items()]
        return PlainReading(goals, self._ruleset.concept_conditions, self.program.tests)

    def read(self, facts: Facts) -> Conclusions:
        """The verdicts of a profile; raises `Disagreement` where the readings differ, also after the engine is rebuilt."""
        fired, masks, plain = self.rete.fire(facts), self.program.masks(facts), self.plain.read(facts)
        if not self._agree(fired, masks, plain):
            # A handle that an interrupt left half way may have answered: a new one is asked before anyone is blamed.
            self.rete.distrust()
            fired = self.rete.fire(facts)
            if not self._agree(fired, masks, plain):
                raise Disagreement("; ".join(self._differences(fired, masks, plain)) + "; no answer is given")
        return Conclusions(fired.certain, fired.possible, masks.holds, masks.fails)

    def _agree(self, fired: Firings, masks: Masks, plain: Verdicts) -> bool:
        # Whole numbers are compared, every verdict of the profile at once.
        return (*fired, masks.holds, masks.fails) == plain and fired == self._tabled(masks)

    def _tabled(self, masks: Masks) -> Firings:
        return Firings(self.program.verdicts(masks.certain), self.program.verdicts(masks.possible))

    def _differences(self, fired: Firings, masks: Masks, plain: Verdicts) -> Iterator[str]:
        tabled = self._tabled(masks)
        for key, goal in self.program.goals.items():
            said = {
                name: Verdict.of(certain & goal.mark, possible & goal.mark).value
                for name, (certain, possible) in {"durable_rules": fired, "plain reading": plain[:2], "tables": tabled}.items()
            }
            if len(set(said.values())) > 1:
                yield f"the readings of {key} differ ({', '.join(f'{name}: {verdict}' for name, verdict in said.items())})"
        for n, test in enumerate(self.program.tests):
            if (masks.holds ^ plain[2] | masks.fails ^ plain[3]) >> n & 1:
                yield f"the tables and the plain reading differ on {test}"
