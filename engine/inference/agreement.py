"""Two evaluators, one answer: durable_rules and the plain reading, compared on every profile before anything is said."""

from __future__ import annotations

from engine.inference.program import SCOPE, Masks, Program, compile_ruleset, conditions_of
from engine.inference.rete import Firings, Rete
from engine.knowledge.ruleset import Ruleset
from engine.problems import InternalError
from engine.profile.fields import UNKNOWN
from engine.profile.model import Facts

_INFERRED = ("rule/", SCOPE)


class Disagreement(InternalError):
    """durable_rules and the plain reading gave different verdicts; both are named, neither is an answer."""


class Inference:
    """Verdicts of one ruleset's rules, scope and concepts. Safe for several threads."""

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        self.program = program or compile_ruleset(ruleset)
        conditions = {name: when for name, when in conditions_of(ruleset).items() if name.startswith(_INFERRED)}
        concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
        self.rete = Rete(conditions, concepts)
        goals = self.program.goals
        self._checked = tuple((name, goals[name].mask) for name in conditions)
        self._concepts = tuple((name, goals[f"concept/{name}"].mask) for name in concepts)

    def read(self, facts: Facts) -> Masks:
        """The verdict bits of a profile; raises `Disagreement` where the two evaluators differ."""
        masks = self.program.masks(facts)
        self._compare(masks, self.rete.fire(facts))
        return masks

    def _compare(self, masks: Masks, firings: Firings) -> None:
        certain = {name for name, mask in self._checked if masks.certain & mask}
        possible = {name for name, mask in self._checked if masks.possible & mask}
        tokens = {name: _token(masks, mask) for name, mask in self._concepts}
        if certain == firings.certain and possible == firings.possible and tokens == firings.concepts:
            return
        wrong = sorted(
            (certain ^ firings.certain)
            | (possible ^ firings.possible)
            | {f"concept/{name}" for name, token in tokens.items() if firings.concepts.get(name) != token}
        )
        raise Disagreement(f"durable_rules and the plain reading differ on {', '.join(wrong)}; no answer is given")


def _token(masks: Masks, mask: int) -> str:
    if masks.certain & mask:
        return "yes"
    return UNKNOWN if masks.possible & mask else "no"
