"""The treatment lines as a tree made from the rules: scope, line, history, further conditions, therapies.

A rule's conditions are split by the nature of the fields they test: those about history are its door, the others its
branch. With a profile every node is lit, closed or open, and a closed door carries the facts that close it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import Explained, Reason, explained
from hepatica.inference import SCOPE, Masks, compile_conditions
from hepatica.knowledge import (
    RANK,
    AllOf,
    AnyOf,
    ConceptTest,
    Condition,
    Line,
    Rule,
    Ruleset,
    Study,
    Therapy,
    concept_words,
    condition_words,
    leaves,
)
from hepatica.patient import FIELD_BY_NAME, Profile

State = Literal["", "lit", "open", "closed"]
LINES: dict[Line, str] = {"first": "First line", "second": "Second line", "any": "Any line"}
ANY_HISTORY, NO_FURTHER = "Whatever was given before", "No further condition"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a node stands for a profile. `why` are the facts that close it or what leads to it, `needs` what would decide."""

    state: State = ""
    why: tuple[Reason, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A therapy at the end of a branch, by one of its rules, with the studies that rule cites."""

    therapy: Therapy
    rule: Rule
    studies: tuple[Study, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Branch:
    """What a door's therapies ask for beyond history; `says` is what the concepts it names mean."""

    title: str
    says: str
    parts: tuple[Condition, ...]
    leaves: tuple[Leaf, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Door:
    """What was given before; `says` is what the concepts it names mean."""

    title: str
    says: str
    parts: tuple[Condition, ...]
    branches: tuple[Branch, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class LineNode:
    """One line of treatment."""

    line: Line
    title: str
    doors: tuple[Door, ...]
    status: Status


@dataclass(frozen=True, slots=True)
class Pathway:
    """The whole tree, for everyone or for one profile."""

    ruleset: Ruleset
    profile: Profile | None
    scope_title: str
    scope_says: str
    scope: Status
    lines: tuple[LineNode, ...]

    def leaves(self) -> Iterator[Leaf]:
        """Every therapy box, in order."""
        for line in self.lines:
            for door in line.doors:
                for branch in door.branches:
                    yield from branch.leaves


Parts = tuple[Condition, ...]


def pathway(ruleset: Ruleset, profile: Profile | None = None, lines: Collection[Line] = tuple(LINES)) -> Pathway:
    """The tree of a ruleset, with a profile's way through it where one is given; only the chosen lines."""
    reader = _Reader(ruleset, profile)
    scope = reader.status(SCOPE)
    nodes = tuple(reader.line(line, scope) for line in LINES if line in lines)
    scope_says = meaning(ruleset, (ruleset.card.scope,))
    return Pathway(ruleset, profile, _title((ruleset.card.scope,)), scope_says, scope, tuple(n for n in nodes if n.doors))


def split(ruleset: Ruleset, rule: Rule) -> tuple[Parts, Parts]:
    """A rule's condition as (door, branch): the parts about history alone, and all others."""
    parts = tuple(_flat(rule.when))
    door = tuple(part for part in parts if _natures(ruleset, part) == {"history"})
    return door, tuple(part for part in parts if part not in door)


def _flat(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _flat(part)
    else:
        yield condition


def _natures(ruleset: Ruleset, condition: Condition) -> set[str]:
    found: set[str] = set()
    for leaf in leaves(condition):
        if isinstance(leaf, ConceptTest):
            found |= _natures(ruleset, ruleset.concepts[leaf.concept].when)
        else:
            found.add(FIELD_BY_NAME[leaf.field].nature)
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def meaning(ruleset: Ruleset, parts: Iterable[Condition]) -> str:
    """The sentences of the concepts that some conditions name, each with the concept's name."""
    named = dict.fromkeys(leaf.concept for part in parts for leaf in leaves(part) if isinstance(leaf, ConceptTest))
    return " ".join(f"{_capital(concept_words(name))}: {ruleset.concepts[name].says}" for name in named)


class _Reader:
    """Builds the nodes; with a profile, reads each node's own condition once."""

    def __init__(self, ruleset: Ruleset, profile: Profile | None) -> None:
        self.ruleset = ruleset
        self.profile = profile
        self.splits = {rule.id: split(ruleset, rule) for rule in ruleset.rules.values()}
        self.masks: Masks | None = None
        self.explained: dict[str, Explained] = {}
        if profile is not None:
            self._read(profile)

    def _read(self, profile: Profile) -> None:
        concepts = {concept.id: concept.when for concept in self.ruleset.concepts.values()}
        conditions: dict[str, Condition] = {SCOPE: self.ruleset.card.scope}
        for parts in (parts for pair in self.splits.values() for parts in pair if parts):
            conditions.setdefault(_key(parts), AllOf(parts))
        program = compile_conditions(conditions, concepts)
        self.masks = program.masks(profile.facts)
        self.explained = explained(program, conditions, concepts)

    def status(self, key: str, parent: Status | None = None) -> Status:
        """A node's status: closed behind a closed parent, otherwise what its own condition says."""
        if self.masks is None or self.profile is None:
            return Status()
        own = self._own(key) if key else Status("lit")
        if parent is None or own.state == "closed":
            return own
        return Status(parent.state, parent.why) if parent.state == "closed" or own.state == "lit" else own

    def _own(self, key: str) -> Status:
        assert self.masks is not None
        assert self.profile is not None
        goal = self.explained[key]
        if self.masks.certain & goal.goal.mask:
            return Status("lit")
        if self.masks.possible & goal.goal.mask:
            return Status("open", (), goal.needs(self.masks))
        return Status("closed", goal.blocked_by(self.masks, self.profile.facts))

    def line(self, line: Line, scope: Status) -> LineNode:
        groups: dict[Parts, list[tuple[Therapy, Rule]]] = {}
        for therapy, rule in self.ruleset.rules_with_therapy():
            if rule.line == line:
                groups.setdefault(self.splits[rule.id][0], []).append((therapy, rule))
        doors = tuple(self._door(parts, group, scope) for parts, group in groups.items())
        states = [door.status.state for door in doors]
        best: State = next((s for s in ("lit", "open", "closed") if s in states), "")
        return LineNode(line, LINES[line], doors, Status(best, scope.why))

    def _door(self, parts: Parts, group: list[tuple[Therapy, Rule]], scope: Status) -> Door:
        status = self.status(_key(parts), scope)
        groups: dict[Parts, list[tuple[Therapy, Rule]]] = {}
        for therapy, rule in group:
            groups.setdefault(self.splits[rule.id][1], []).append((therapy, rule))
        branches = [self._branch(rest, own, status) for rest, own in groups.items()]
        ranked = sorted(branches, key=lambda branch: min(RANK[leaf.rule.standing] for leaf in branch.leaves))
        return Door(_title(parts, ANY_HISTORY), meaning(self.ruleset, parts), parts, tuple(ranked), status)

    def _branch(self, parts: Parts, group: list[tuple[Therapy, Rule]], door: Status) -> Branch:
        status = self.status(_key(parts), door)
        found = [
            Leaf(therapy, rule, tuple(self.ruleset.studies[name] for name in rule.cites), Status(status.state))
            for therapy, rule in group
        ]
        ranked = sorted(found, key=lambda leaf: RANK[leaf.rule.standing])
        further = tuple(part for part in parts if part != self.ruleset.card.scope)
        return Branch(_title(further, NO_FURTHER), meaning(self.ruleset, parts), parts, tuple(ranked), status)


def _key(parts: Parts) -> str:
    return repr(parts) if parts else ""


def _title(parts: Parts, empty: str = "") -> str:
    return _capital("; ".join(_spoken(part) for part in parts)) or empty


def _spoken(part: Condition) -> str:
    """A condition in words; alternatives of several conditions each read "either a, b; or c, d"."""
    if isinstance(part, AnyOf) and any(isinstance(one, AllOf) for one in part.parts):
        text = f"either {'; or '.join(_listed(one) for one in part.parts)}"
    else:
        text = condition_words(part)
    return text.replace("_", " ")


def _listed(condition: Condition) -> str:
    return (
        ", ".join(condition_words(part) for part in condition.parts)
        if isinstance(condition, AllOf)
        else condition_words(condition)
    )
