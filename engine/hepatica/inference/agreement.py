"""Three readings, one answer. durable_rules decides; two others must say the same before anything leaves.

What durable_rules is given is kept beside the ruleset, as data. No digest covers it, and none needs to: its verdicts on each
profile must be those of the plain reading and of the tables, and both are made anew from the conditions that the digest covers.
An entry that someone changed gives the same verdicts or no answer. All that an answer says beside its verdicts, reasons above
all, is read from the tables.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property

from hepatica.inference.plain import PlainReading, Verdict, Verdicts
from hepatica.inference.productions import Network, Shard, network_of
from hepatica.inference.program import Conclusions, Program, compile_ruleset, conditions_of
from hepatica.inference.rete import Firings, Rete
from hepatica.knowledge import Condition, Ruleset, keep_compiled, recall_compiled
from hepatica.patient import Facts
from hepatica.problems import InternalError


class Disagreement(InternalError):
    """The readings gave different verdicts; who says what is named, and none is an answer."""


class Inference:
    """Verdicts of one ruleset's scope, rules, notes, studies and concepts. Safe for several threads.

    The verdicts are what durable_rules fires. The plain reading, which shares nothing with what durable_rules is fed, must give
    the same ones; so must the bit tables, from which reasons are read, and of these every single test is compared, too.
    """

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        # A program that is given need not be that of the ruleset's digest, by which networks are kept.
        self._ruleset, self._own = ruleset, program is None
        self.conditions = conditions_of(ruleset)
        self.program = program or compile_ruleset(ruleset, self.conditions)

    # Both are made for the first answer: what asks the tables alone, as a proof does, need not wait for them.
    @cached_property
    def rete(self) -> Rete:
        """durable_rules with the ruleset's conditions."""
        body = recall_compiled(self._ruleset) if self._own else None
        with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
            if body is not None:
                return Rete(_from_json(body), self.program.fields)
        # Not kept before, or in another shape: whatever is wrong with an entry, what it stands for can be made.
        network = self._network()
        if self._own:
            keep_compiled(self._ruleset, json.dumps(network, separators=(",", ":")).encode())
        return Rete(network, self.program.fields)

    def _network(self) -> Network:
        """What durable_rules is given, its firings said in the marks of the program's goals."""
        marks: dict[Condition, int] = {}  # many trials enrolled by the same words: each condition is fired once
        derived: dict[str, tuple[int, Condition]] = {}
        for key, when in self.conditions.items():
            mark = self.program.goals[key].mark
            if key.kind == "concept":
                derived[key.id] = mark, when
            else:
                marks[when] = marks.get(when, 0) | mark
        return network_of(derived, marks, self.program.fields, self.program.marks.bit_length())

    @cached_property
    def plain(self) -> PlainReading:
        """Always from the conditions themselves: it is what anything compiled, or kept compiled, is held against."""
        goals = [(self.program.goals[key].mark, when) for key, when in self.conditions.items()]
        return PlainReading(goals, self._ruleset.concept_conditions, self.program.tests)

    def read(self, facts: Facts) -> Conclusions:
        """The verdicts of a profile; raises `Disagreement` where the readings differ, also after the engine is rebuilt."""
        fired, tabled, plain = self.rete.fire(facts), self.program.read(facts), self.plain.read(facts)
        if not self._agree(fired, tabled, plain):
            # A handle that an interrupt left half way may have answered: a new one is asked before anyone is blamed.
            self.rete.distrust()
            fired = self.rete.fire(facts)
            if not self._agree(fired, tabled, plain):
                raise Disagreement("; ".join(self._differences(fired, tabled, plain)) + "; no answer is given")
        return Conclusions(*fired, tabled.holds, tabled.fails)

    def _agree(self, fired: Firings, tabled: Conclusions, plain: Verdicts) -> bool:
        # Whole numbers are compared, every verdict of the profile at once.
        return fired == plain[:2] and tabled == plain

    def _differences(self, fired: Firings, tabled: Conclusions, plain: Verdicts) -> Iterator[str]:
        readings = {"durable_rules": fired, "plain reading": plain, "tables": tabled}
        for key, goal in self.program.goals.items():
            said = {name: Verdict.of(one[0] & goal.mark, one[1] & goal.mark).value for name, one in readings.items()}
            if len(set(said.values())) > 1:
                yield f"the readings of {key} differ ({', '.join(f'{name}: {verdict}' for name, verdict in said.items())})"
        for n, test in enumerate(self.program.tests):
            if (tabled.holds ^ plain[2] | tabled.fails ^ plain[3]) >> n & 1:
                yield f"the tables and the plain reading differ on {test}"


def _from_json(body: str) -> Network:
    strata, width, fields = json.loads(body)
    return Network([(concepts, [Shard(*shard) for shard in shards]) for concepts, shards in strata], width, fields)
