"""What a ruleset decides (each rule, each concept, the scope), condition by condition, and which cases speak of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from hepatica.assurance.cases.case import Case
from hepatica.assurance.coverage.places import Places
from hepatica.inference import SCOPE, Verdict, read
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Ruleset, Test, leaves
from hepatica.patient import Facts

Leaf = Test | ConceptTest
TRUE, FALSE = AllOf(()), AnyOf(())


@dataclass(frozen=True, eq=False)
class Decision:
    """One decision. `name` is `rule/<id>`, `concept/<id>` or `scope`; `subject` is what a case must speak of.

    A rule's condition includes the scope, so its first conditions are the scope's.
    """

    name: str
    subject: str
    condition: Condition
    place: str
    places: tuple[str, ...] = ()

    def place_of(self, index: int) -> str:
        """Where a single condition is written; the decision's own place where that is not known, or for -1."""
        return self.places[index] if 0 <= index < len(self.places) else self.place

    @cached_property
    def conditions(self) -> tuple[Leaf, ...]:
        """The single conditions in order of writing; a concept counts as one."""
        return tuple(leaves(self.condition))

    def with_condition(self, index: int, constant: Condition) -> Condition:
        """The decision with one single condition replaced."""
        return _replaced(self.condition, index, constant)[0]


def decisions(ruleset: Ruleset, places: Places) -> list[Decision]:
    """Scope, concepts and rules of a ruleset; `places` are those of their single conditions, as far as known."""
    scope = ruleset.card.scope
    found = [Decision(SCOPE, SCOPE, scope, place_of(ruleset, SCOPE), places.get(SCOPE, ()))]
    for concept in ruleset.concepts.values():
        name = f"concept/{concept.id}"
        found.append(Decision(name, name, concept.when, place_of(ruleset, name), places.get(name, ())))
    for therapy, rule in ruleset.rules_with_therapy():
        name = f"rule/{rule.id}"
        own = (*places.get(SCOPE, ()), *places.get(name, ()))
        found.append(Decision(name, f"therapy/{therapy.id}", AllOf((scope, rule.when)), place_of(ruleset, name), own))
    return found


def place_of(ruleset: Ruleset, goal: str) -> str:
    """`file:line` of a rule, a concept, a study or the scope; the goal's name where the ruleset was not read from files."""
    return ruleset.places.get(goal.replace("population/", "study/"), goal)


def speaks(case: Case, subject: str) -> bool:
    """Whether a case says what it expects of a subject."""
    kind, _, name = subject.partition("/")
    if kind == "therapy":
        return case.speaks_of(name)
    if kind == "concept":
        return name in case.derived
    return case.scope is not None


def _replaced(condition: Condition, index: int, constant: Condition) -> tuple[Condition, int]:
    """The condition with leaf `index` replaced, and how many leaves are left to pass by."""
    if isinstance(condition, NotOf):
        part, index = _replaced(condition.part, index, constant)
        return NotOf(part), index
    if isinstance(condition, (AllOf, AnyOf)):
        parts = []
        for part in condition.parts:
            changed, index = _replaced(part, index, constant)
            parts.append(changed)
        return type(condition)(tuple(parts)), index
    return (constant if index == 0 else condition), index - 1


def verdicts(parts: Iterable[Condition], facts: Facts, concepts: Mapping[str, Condition]) -> tuple[Verdict, ...]:
    """The verdict of each part."""
    return tuple(read(part, facts, concepts) for part in parts)
