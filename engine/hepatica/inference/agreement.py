"""Two evaluators, one answer: durable_rules and the plain reading, compared on every profile before anything is said."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.inference.program import CONCEPT, Masks, Program, compile_ruleset, conditions_of
from hepatica.inference.rete import Firings, Rete
from hepatica.knowledge import Condition, Ruleset
from hepatica.patient import UNKNOWN, Facts
from hepatica.problems import InternalError


class Disagreement(InternalError):
    """durable_rules and the plain reading gave different verdicts; both are named, neither is an answer."""


class Inference:
    """Verdicts of one ruleset's scope, rules, notes, populations and concepts. Safe for several threads."""

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        self.program = program or compile_ruleset(ruleset)
        conditions = _distinct({name: when for name, when in conditions_of(ruleset).items() if not name.startswith(CONCEPT)})
        concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
        self.rete = Rete(conditions, concepts)
        goals = self.program.goals
        self._checked = tuple((1 << n, goals[name].mask) for n, name in enumerate(conditions))
        self._concepts = tuple((name, goals[f"concept/{name}"].mask) for name in concepts)

    def read(self, facts: Facts) -> Masks:
        """The verdict bits of a profile; raises `Disagreement` where the two evaluators differ."""
        masks = self.program.masks(facts)
        self._compare(masks, self.rete.fire(facts))
        return masks

    def _compare(self, masks: Masks, firings: Firings) -> None:
        certain = possible = 0
        for bit, mask in self._checked:
            if masks.possible & mask:
                possible |= bit
                if masks.certain & mask:
                    certain |= bit
        tokens = {name: _token(masks, mask) for name, mask in self._concepts}
        if (certain, possible, tokens) == (firings.certain_bits, firings.possible_bits, firings.concepts):
            return
        plain = Firings(firings.goals, certain, possible, tokens)
        wrong = sorted(
            (plain.certain ^ firings.certain)
            | (plain.possible ^ firings.possible)
            | {f"concept/{name}" for name, token in tokens.items() if firings.concepts.get(name) != token}
        )
        raise Disagreement(f"durable_rules and the plain reading differ on {', '.join(wrong)}; no answer is given")


def _distinct(conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    """Each condition once, under the first name it has: many trials enrolled by the same words."""
    first: dict[Condition, str] = {}
    for name, condition in conditions.items():
        first.setdefault(condition, name)
    return {name: condition for condition, name in first.items()}


def _token(masks: Masks, mask: int) -> str:
    if masks.certain & mask:
        return "yes"
    return UNKNOWN if masks.possible & mask else "no"
