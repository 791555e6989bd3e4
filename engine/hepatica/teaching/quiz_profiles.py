"""Profiles for a quiz: made around the boundaries of the rules, free of contradictions, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hepatica.evaluation import Evaluator, each_bit
from hepatica.explain.facets import Facet, State, facets_of
from hepatica.inference import FieldClasses
from hepatica.knowledge import Rule
from hepatica.patient import FIELDS, Facts, Field, Profile, Value, doubts, facts_of

_UNKNOWN, _FLIPPED = 0.12, 0.5
_MOST_MEMBERS = 2
_AROUND = (-1.0, 0.0, 1.0)
_TIMES = (0.1, 0.5, 2.0, 6.0)


def nearly_met(evaluator: Evaluator, facets: tuple[Facet, ...], facts: Facts) -> tuple[Rule, ...]:
    """The rules that do not apply, yet would if one facet were in another state."""
    states = [(facet.now(facts), facet.moves(facts)) for facet in facets]
    certain = -1
    for now, _ in states:
        certain &= now.certain
    goals = evaluator.program.goals
    return tuple(
        rule
        for rule in evaluator.ruleset.rules.values()
        if not certain & (mask := goals[f"rule/{rule.id}"].mask) and any(_one_away(1 << bit, states) for bit in each_bit(mask))
    )


def _one_away(bit: int, states: list[tuple[State, tuple[State, ...]]]) -> bool:
    against = [moves for now, moves in states if not now.certain & bit]
    return len(against) == 1 and any(state.certain & bit for state in against[0])


class Profiles:
    """An endless, seeded supply of profiles, each made for one rule: it applies, or one fact stands in its way."""

    def __init__(self, evaluator: Evaluator, chance: random.Random) -> None:
        self.chance = chance
        self.facets = facets_of(evaluator.program)
        self.plain = tuple(f for f in FIELDS if not any(f in facet.fields for facet in self.facets))
        goals = evaluator.program.goals
        self.targets = tuple(
            (rule, goals[f"rule/{rule.id}"].mask) for rule in evaluator.ruleset.rules.values() if rule.standing != "supportive"
        )

    def __iter__(self) -> Iterator[tuple[Rule, Profile]]:
        while True:
            rule, mask = self.chance.choice(self.targets)
            facts = self._facts(self.chance.choice(list(each_bit(mask))))
            if facts is not None and not doubts(facts):
                yield rule, Profile(facts)

    def _facts(self, position: int) -> Facts | None:
        """Facts under which one conjunction holds, or holds but for one facet; None where it never holds."""
        bit = 1 << position
        asked = [facet for facet in self.facets if any(not state.certain & bit for state in facet.states)]
        flipped = self.chance.choice(asked) if asked and self.chance.random() < _FLIPPED else None
        facts: dict[str, Value | None] = {}
        for facet in self.facets:
            if facet not in asked and self.chance.random() < _UNKNOWN:
                continue
            states = [s for s in facet.states if plausible(s) and bool(s.certain & bit) == (facet is not flipped)]
            if not states:
                return None
            chosen = self.chance.choice(states)
            facts.update(
                (f.name, self._value(facet, i, v)) for i, (f, v) in enumerate(zip(facet.fields, chosen.values, strict=True))
            )
        facts.update((field.name, self._any(field)) for field in self.plain)
        return facts_of(facts)

    def _value(self, facet: Facet, index: int, value: Value | None) -> Value | None:
        """The value itself, or for a measured amount one of the same class, often close to a threshold."""
        table = facet.tables[index]
        if facet.fields[index].kind != "number" or table is None or value is None:
            return value
        return self.chance.choice(_amounts(facet.fields[index], table.classes, table.classes.class_of(value)) or [value])

    def _any(self, field: Field) -> Value | None:
        """A value of a field that no rule tests."""
        if field.kind == "flag":
            return self.chance.choice((True, False))
        if field.kind == "integer":
            return self.chance.randint(int(field.low), int(field.high))
        return self.chance.choice(field.values) if field.kind == "choice" else None


def plausible(state: State) -> bool:
    """Long lists of causes or earlier drugs say nothing that short ones do not."""
    return not any(isinstance(value, tuple) and len(value) > _MOST_MEMBERS for value in state.values)


def _amounts(field: Field, classes: FieldClasses, wanted: int) -> list[Value]:
    amounts = [t + step for t in classes.thresholds for step in _AROUND] + [
        t * times for t in classes.thresholds for times in _TIMES
    ]
    return [float(a) for a in sorted(set(amounts)) if field.low <= a <= field.high and classes.class_of(a) == wanted]
