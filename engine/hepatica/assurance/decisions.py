"""The conditions that decide something, one by one, as they are written: what coverage measures and mutation changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count

from hepatica.assurance.version import Subject
from hepatica.inference import SCOPE, GoalKey, enrolment
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Ruleset, Test, leaves
from hepatica.records import record

Leaf = Test | ConceptTest


@record(eq=False)
class Decision:
    """One condition that decides: the scope's, a concept's, a rule's (without the scope), or whom a cited study enrolled.

    `subject` is what a case must speak of to count; `places` say where the single conditions are written, as far as known.
    """

    goal: GoalKey
    subject: Subject
    condition: Condition
    place: str
    places: tuple[str, ...] = ()

    @cached_property
    def conditions(self) -> tuple[Leaf, ...]:
        """The single conditions in order of writing; a concept counts as one."""
        return tuple(leaves(self.condition))

    def place_at(self, index: int) -> str:
        """Where a single condition is written; where that is not known, and for -1, where the whole is."""
        return self.places[index] if 0 <= index < len(self.places) else self.place

    def with_condition(self, index: int, constant: Condition) -> Condition:
        """The decision with one single condition replaced."""
        numbers = count()
        return with_leaves(self.condition, lambda leaf: constant if next(numbers) == index else leaf)


def decisions(ruleset: Ruleset) -> Iterator[Decision]:
    """The scope, concepts, rules in order of therapy, and the populations of cited studies."""
    yield _decision(ruleset, SCOPE, ruleset.card.scope)
    for concept in ruleset.concepts.values():
        yield _decision(ruleset, GoalKey("concept", concept.id), concept.when)
    for therapy, rule in ruleset.rules_with_therapy():
        yield _decision(ruleset, GoalKey("rule", rule.id), rule.when, Subject("therapy", therapy.id))
    cited = {name for rule in ruleset.rules.values() for name in rule.cites}
    for study in ruleset.studies.values():
        if study.id in cited and (enrolled := enrolment(study)) is not None:
            yield _decision(ruleset, GoalKey("study", study.id), enrolled)


def _decision(ruleset: Ruleset, goal: GoalKey, condition: Condition, subject: Subject | None = None) -> Decision:
    file, _, lines = ruleset.places.get(f"{goal}/when", "").rpartition(":")
    places = tuple(f"{file}:{line}" for line in lines.split(",")) if file else ()
    own = subject or Subject(goal.kind, goal.id)  # type: ignore[arg-type]
    return Decision(goal, own, condition, place_of(ruleset, goal), places)


def place_of(ruleset: Ruleset, goal: GoalKey) -> str:
    """`file:line` of a rule, a concept, a study or the scope; the goal's name where the ruleset was not read from files."""
    return ruleset.places.get(str(goal), str(goal))


def concepts_below(condition: Condition, concepts: Mapping[str, Condition]) -> frozenset[str]:
    """The concepts that a condition names, directly or through others."""
    named = {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}
    return frozenset(named).union(*(concepts_below(concepts[name], concepts) for name in named))


def with_leaves(condition: Condition, make: Callable[[Leaf], Condition]) -> Condition:
    """The condition with each single condition, in order of writing, replaced by what is made of it."""
    if isinstance(condition, NotOf):
        return NotOf(with_leaves(condition.part, make))
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(with_leaves(part, make) for part in condition.parts))
    return make(condition)
