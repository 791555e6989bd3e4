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
from hepatica.knowledge import LINES, RANK, STANDINGS, AllOf, ConceptTest, Condition, Line, Rule, Ruleset, Standing, leaves
from hepatica.notice import notice
from hepatica.patient import Profile
from hepatica.teaching.quiz_patients import tests_of, vignette
from hepatica.wording import Wording, any_of, sentence

State = Literal["", "open", "depends", "closed", "against"]
Met = Literal["", "yes", "no", "unknown"]
_FURTHEST: tuple[State, ...] = ("open", "depends", "against", "closed", "")
_COMMON = 0.5  # the share of rules that must ask for a condition before it is said once for all of them
_METS: dict[str, Met] = {"true": "yes", "false": "no", "unknown": "unknown"}
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


def pathway(ruleset: Ruleset, profile: Profile | None = None, lines: Collection[Line] = ()) -> Pathway:
    """The lines of a ruleset (all, if none is named), with a profile's way through them where one is given."""
    reader = _Reader(ruleset, profile)
    return Pathway(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        profile=profile,
        vignette=vignette(ruleset, profile) if profile else "",
        scope=reader.condition(ruleset.card.scope),
        scope_says=" ".join(
            ruleset.concepts[leaf.concept].says for leaf in leaves(ruleset.card.scope) if isinstance(leaf, ConceptTest)
        ),
        common=reader.conditions(reader.common),
        lines=tuple(found for line in LINES if (not lines or line in lines) and (found := reader.line(line))),
    )


def parts_of(condition: Condition) -> Iterator[Condition]:
    """What a condition asks for, each part by itself."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from parts_of(part)
    else:
        yield condition


def fields_of(ruleset: Ruleset, *conditions: Condition) -> frozenset[str]:
    """The fields that conditions read, also through concepts."""
    return frozenset(test.field for test in tests_of(ruleset, conditions))


def _shared(rules: Iterable[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """The parts that more than a given share of some rules ask for."""
    listed = list(rules)
    counted = Counter(part for parts in listed for part in dict.fromkeys(parts))
    return tuple(part for part, number in counted.items() if number > _COMMON * len(listed))


class _Reader:
    """Words for conditions and, with a profile, their readings."""

    def __init__(self, ruleset: Ruleset, profile: Profile | None) -> None:
        self.ruleset, self.profile = ruleset, profile
        self.wording = Wording(ruleset)
        self.concepts: Mapping[str, Condition] = ruleset.concept_conditions
        self.told: dict[Condition, PathwayCondition] = {}
        scope = ruleset.card.scope
        self.parts = {rule.id: tuple(part for part in parts_of(rule.when) if part != scope) for rule in ruleset.rules.values()}
        self.common = _shared(self.parts.values())

    def line(self, line: Line) -> PathwayLine | None:
        """One line, strongest standing first; None where no rule speaks of it."""
        pairs = [(therapy.id, rule) for therapy, rule in self.ruleset.rules_with_therapy() if rule.line == line]
        own = (tuple(part for part in self.parts[rule.id] if part not in self.common) for _, rule in pairs)
        common = _shared(own) if len(pairs) > 1 else ()
        standings = sorted({rule.standing for _, rule in pairs}, key=RANK.__getitem__)
        groups = tuple(
            self._group(standing, [one for one in pairs if one[1].standing == standing], common) for standing in standings
        )
        if not pairs:
            return None
        return PathwayLine(
            line=line,
            title=sentence(LINES[line]),
            state=_best(drug.state for group in groups for drug in group.drugs),
            common=self.conditions(common),
            groups=groups,
        )

    def _group(self, standing: Standing, pairs: list[tuple[str, Rule]], common: tuple[Condition, ...]) -> PathwayGroup:
        rules: dict[str, list[PathwayRule]] = {}
        for therapy, rule in pairs:
            rules.setdefault(therapy, []).append(self._rule(rule, common))
        drugs = tuple(
            PathwayDrug(
                therapy=name,
                name=self.ruleset.therapies[name].name,
                state=_best(rule.state for rule in own),
                rules=tuple(own),
            )
            for name, own in rules.items()
        )
        demand = STANDINGS[standing]
        return PathwayGroup(standing=standing, title=demand.title, means=demand.means, drugs=drugs)

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

    def _waived(self, parts: tuple[Condition, ...], said: tuple[Condition, ...]) -> Iterator[PathwayCondition]:
        """What is said above but not asked here, unless the rule puts something of its own in that place."""
        own = fields_of(self.ruleset, *parts)
        for fields in (fields_of(self.ruleset, part) for part in said if part not in parts):
            if not fields & own:
                title = any_of(self.wording.titles(name for name in self.ruleset.fields if name in fields))
                yield PathwayCondition(says=f"whatever the {title}")

    def conditions(self, parts: Iterable[Condition]) -> tuple[PathwayCondition, ...]:
        """Some conditions, each by itself."""
        return tuple(self.condition(part) for part in parts)

    def condition(self, part: Condition) -> PathwayCondition:
        """One condition, read for the profile where there is one; many rules ask for the same."""
        if part not in self.told:
            self.told[part] = self._condition(part)
        return self.told[part]

    def _condition(self, part: Condition) -> PathwayCondition:
        says = self.wording.condition(part)
        if self.profile is None:
            return PathwayCondition(says=says)
        facts, fields = self.profile.facts, self.ruleset.fields
        verdict = read(part, facts, self.concepts).value
        met = _METS[verdict]
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


def _best(states: Iterable[State]) -> State:
    """The furthest that any of several ways leads."""
    return min(states, key=_FURTHEST.index)
