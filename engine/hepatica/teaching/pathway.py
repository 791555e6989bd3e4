"""The treatment lines as the rules have them: line, then standing (strongest first), then drugs with their conditions.

What most rules ask for is said once, at the root or at the head of a line; a drug shows only what it asks beyond that, or
that it does not ask it. With a profile every condition is met, unmet or not known, and every rule is read from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.inference import causes, read
from hepatica.knowledge import (
    LINES,
    RANK,
    STANDINGS,
    AllOf,
    Concept,
    ConceptTest,
    Condition,
    Line,
    Rule,
    Ruleset,
    Standing,
    Test,
    Therapy,
    leaves,
)
from hepatica.notice import notice
from hepatica.patient import Profile
from hepatica.teaching.quiz_patients import vignette
from hepatica.wording import Wording, any_of

State = Literal["", "open", "depends", "closed", "against"]
Met = Literal["", "yes", "no", "unknown"]
_COMMON = 0.5  # the share of rules that must ask for a condition before it is said once for all of them
_STATES: dict[Met, State] = {"": "", "yes": "open", "no": "closed", "unknown": "depends"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayCondition:
    """One condition in words. With a profile: whether it is met, and the patient's facts or the unknown fields behind that."""

    says: str
    met: Met = ""
    facts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayRule:
    """One rule of a drug: what it asks for beyond what is said above it, and the studies it cites."""

    rule: str
    says: str
    conditions: tuple[PathwayCondition, ...]
    state: State
    closed_by: tuple[str, ...]
    needs: tuple[str, ...]
    studies: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayDrug:
    """A therapy once within its line and standing; its rules are alternatives."""

    therapy: str
    name: str
    state: State
    rules: tuple[PathwayRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayGroup:
    """The drugs of one standing."""

    standing: Standing
    title: str
    means: str
    drugs: tuple[PathwayDrug, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayLine:
    """One line of treatment; `common` is what its drugs ask for unless one says otherwise."""

    line: Line
    title: str
    state: State
    common: tuple[PathwayCondition, ...]
    groups: tuple[PathwayGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """All lines, for everyone or for one profile; `common` is what every drug asks for unless one says otherwise."""

    notice: str
    ruleset: RulesetIdentity
    profile: Profile | None
    vignette: str
    scope: PathwayCondition
    scope_says: str
    common: tuple[PathwayCondition, ...]
    lines: tuple[PathwayLine, ...]

    @property
    def rules(self) -> Iterator[PathwayRule]:
        """Every rule, in order."""
        return (rule for line in self.lines for group in line.groups for drug in group.drugs for rule in drug.rules)


Pairs = list[tuple[Therapy, Rule]]


def pathway(ruleset: Ruleset, profile: Profile | None = None, lines: Collection[Line] = ()) -> Pathway:
    """The lines of a ruleset (all, if none is named), with a profile's way through them where one is given."""
    reader = _Reader(ruleset, profile)
    return Pathway(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        profile=profile,
        vignette=vignette(ruleset, profile) if profile else "",
        scope=reader.condition(ruleset.card.scope),
        scope_says=" ".join(concept.says for concept in _concepts(ruleset, (ruleset.card.scope,))),
        common=reader.conditions(reader.common),
        lines=tuple(reader.line(line) for line in LINES if reader.of_line(line) and (not lines or line in lines)),
    )


def parts_of(condition: Condition) -> Iterator[Condition]:
    """What a condition asks for, each part by itself."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from parts_of(part)
    else:
        yield condition


def fields_of(ruleset: Ruleset, condition: Condition) -> frozenset[str]:
    """The fields that a condition reads, also through concepts."""
    found: set[str] = set()
    for leaf in leaves(condition):
        inner = ruleset.concepts[leaf.concept].when if isinstance(leaf, ConceptTest) else None
        found |= fields_of(ruleset, inner) if inner is not None else {leaf.field} if isinstance(leaf, Test) else set()
    return frozenset(found)


def _concepts(ruleset: Ruleset, parts: Iterable[Condition]) -> Iterator[Concept]:
    return (ruleset.concepts[leaf.concept] for part in parts for leaf in leaves(part) if isinstance(leaf, ConceptTest))


def _shared(rules: Iterable[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """The parts that more than a given share of some rules ask for."""
    listed = list(rules)
    counted = Counter(part for parts in listed for part in dict.fromkeys(parts))
    return tuple(part for part, number in counted.items() if number > _COMMON * len(listed))


class _Reader:
    """Words for conditions and, with a profile, their readings."""

    def __init__(self, ruleset: Ruleset, profile: Profile | None) -> None:
        self.ruleset = ruleset
        self.profile = profile
        self.wording = Wording(ruleset)
        self.concepts: Mapping[str, Condition] = ruleset.concept_conditions
        self.parts = {rule.id: self._parts(rule) for rule in ruleset.rules.values()}
        self.common = _shared(self.parts.values())

    def _parts(self, rule: Rule) -> tuple[Condition, ...]:
        return tuple(part for part in parts_of(rule.when) if part != self.ruleset.card.scope)

    def of_line(self, line: Line) -> Pairs:
        return [(therapy, rule) for therapy, rule in self.ruleset.rules_with_therapy() if rule.line == line]

    def line(self, line: Line) -> PathwayLine:
        pairs = self.of_line(line)
        own = (tuple(p for p in self.parts[rule.id] if p not in self.common) for _, rule in pairs)
        common = _shared(own) if len(pairs) > 1 else ()
        standings = sorted({rule.standing for _, rule in pairs}, key=RANK.__getitem__)
        groups = tuple(self._group(standing, [p for p in pairs if p[1].standing == standing], common) for standing in standings)
        states = [drug.state for group in groups for drug in group.drugs]
        return PathwayLine(
            line=line,
            title=LINES[line][:1].upper() + LINES[line][1:],
            state=_best(states),
            common=self.conditions(common),
            groups=groups,
        )

    def _group(self, standing: Standing, pairs: Pairs, common: tuple[Condition, ...]) -> PathwayGroup:
        demand = STANDINGS[standing]
        by_therapy: dict[str, Pairs] = {}
        for therapy, rule in pairs:
            by_therapy.setdefault(therapy.id, []).append((therapy, rule))
        drugs = tuple(self._drug(own, common) for own in by_therapy.values())
        return PathwayGroup(standing=standing, title=demand.title, means=demand.means, drugs=drugs)

    def _drug(self, pairs: Pairs, common: tuple[Condition, ...]) -> PathwayDrug:
        rules = tuple(self._rule(rule, common) for _, rule in pairs)
        therapy = pairs[0][0]
        return PathwayDrug(therapy=therapy.id, name=therapy.name, state=_best([rule.state for rule in rules]), rules=rules)

    def _rule(self, rule: Rule, common: tuple[Condition, ...]) -> PathwayRule:
        said = (*self.common, *common)
        parts = self.parts[rule.id]
        own = self.conditions(p for p in parts if p not in said)
        whole = self.conditions((self.ruleset.card.scope, *parts))
        mets = [condition.met for condition in whole]
        state: State = next((_STATES[met] for met in ("no", "unknown", "yes") if met in mets), "")
        return PathwayRule(
            rule=rule.id,
            says=rule.says,
            conditions=(*own, *self._waived(parts, said)),
            state="against" if state == "open" and rule.reaches == "not_supported" else state,
            closed_by=tuple(dict.fromkeys(fact for c in whole if c.met == "no" for fact in c.facts)),
            needs=tuple(dict.fromkeys(need for c in whole if c.met == "unknown" for need in c.needs)),
            studies=rule.cites,
            names=tuple(self.ruleset.studies[name].name for name in rule.cites),
        )

    def _waived(self, parts: tuple[Condition, ...], said: tuple[Condition, ...]) -> tuple[PathwayCondition, ...]:
        """What is said above but not asked here, unless the rule puts something of its own in that place."""
        own = frozenset[str]().union(*(fields_of(self.ruleset, part) for part in parts))
        waived = [fields_of(self.ruleset, part) for part in said if part not in parts]
        waived = [fields for fields in waived if not fields & own]
        titles = [any_of(self.wording.titles(name for name in self.ruleset.fields if name in fields)) for fields in waived]
        return tuple(PathwayCondition(says=f"whatever the {title}") for title in titles)

    def conditions(self, parts: Iterable[Condition]) -> tuple[PathwayCondition, ...]:
        """Some conditions, each by itself."""
        return tuple(self.condition(part) for part in parts)

    def condition(self, part: Condition) -> PathwayCondition:
        """One condition, read for the profile where there is one."""
        says = self.wording.condition(part)
        if self.profile is None:
            return PathwayCondition(says=says)
        facts, fields = self.profile.facts, self.ruleset.fields
        verdict = read(part, facts, self.concepts).value
        met: Met = "yes" if verdict == "true" else "no" if verdict == "false" else "unknown"
        against = self._against(part) if met == "no" else frozenset()
        unknown = causes(part, facts, self.concepts)
        return PathwayCondition(
            says=says,
            met=met,
            facts=tuple(self.wording.fact(name, facts[name]) for name in fields if name in against),
            needs=tuple(fields[name].title for name in fields if name in unknown),
        )

    def _against(self, part: Condition) -> frozenset[str]:
        """The known fields that make a condition false: of "all of", only those of the parts that fail."""
        assert self.profile is not None
        facts = self.profile.facts
        if isinstance(part, ConceptTest) and part.wanted:
            return self._against(self.concepts[part.concept])
        if isinstance(part, AllOf):
            failed = (one for one in part.parts if read(one, facts, self.concepts).value == "false")
            return frozenset[str]().union(*(self._against(one) for one in failed))
        return frozenset(name for name in fields_of(self.ruleset, part) if facts[name] is not None)


def _best(states: list[State]) -> State:
    """The furthest that any of several ways leads."""
    order: tuple[State, ...] = ("open", "depends", "against", "closed")
    return next((state for state in order if state in states), "")
