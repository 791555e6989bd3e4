"""The treatment lines as the rules have them: line, then standing (strongest first), then drugs with their conditions.

What most rules ask for is said once, for all lines or at the head of one; a drug shows only what it asks beyond that, or that
it does not ask it. With a profile each drug is marked as the answer has it: in the one list where the answer puts it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Literal, NamedTuple

from hepatica.evaluation import ORDER, Evaluation, RulesetResult, evaluator_of, facts_under, headed
from hepatica.inference import GoalKey, Verdict, causes, read
from hepatica.knowledge import LINES, RANK, STANDINGS, ConceptTest, Condition, Line, Rule, Ruleset, Standing, Test, conjuncts
from hepatica.patient import Profile
from hepatica.records import record
from hepatica.teaching.quiz_patients import vignette
from hepatica.wording import HOW, STUDIED, Wording, grouped, joined, sentence

State = Literal["", "elsewhere", "options", "trials", "possible", "not_supported", "ruled_out", "unreported"]
"""Where the answer puts a drug, or that it stands `elsewhere`: by another of its rules. Empty without a profile."""
Met = Literal["", "yes", "no", "unknown"]
Way = frozenset[Condition]
"""Conditions that all have to be met."""
_COMMON = 0.5  # the share of ways that must ask for a condition before it is said once for all of them
# With a patient those first that the answer has highest.
_NEAREST = {"": 0.0, **{str(name): float(rank) for name, rank in ORDER.items()}, "elsewhere": ORDER["ruled_out"] - 0.5}
_METS: dict[str, Met] = {"true": "yes", "false": "no", "unknown": "unknown"}


@record(kw_only=True)
class PathwayCondition:
    """What most drugs ask for. With a profile: whether it is met, and if not, the facts that say so or the unknown fields."""

    says: str
    met: Met = ""
    told: tuple[str, ...] = ()


@record(kw_only=True)
class PathwayDrug:
    """A therapy once within its line and standing.

    `ways` are alternatives: what each asks for beyond what is said above it. `told` says, of a patient, what closes it, what it
    still takes, or where the therapy stands instead. `overturned` is the year in which a later study spoke against it, or None.
    """

    therapy: str
    name: str
    state: State
    told: str
    ways: tuple[str, ...]
    rules: tuple[str, ...]
    studies: tuple[str, ...]
    names: tuple[str, ...]
    overturned: int | None


@record(kw_only=True)
class PathwayGroup:
    """The drugs of one standing."""

    standing: Standing
    title: str
    means: str
    drugs: tuple[PathwayDrug, ...]


@record(kw_only=True)
class PathwayLine:
    """One line of treatment; `common` is what its drugs ask for unless one says otherwise."""

    line: Line
    title: str
    closed: bool
    common: tuple[PathwayCondition, ...]
    groups: tuple[PathwayGroup, ...]

    @property
    def drugs(self) -> Iterator[PathwayDrug]:
        """Every drug, in order."""
        return (drug for group in self.groups for drug in group.drugs)


@record(kw_only=True)
class Pathway(RulesetResult):
    """All lines, for everyone or for one profile; `common` is what every drug asks for unless one says otherwise."""

    profile: Profile | None
    vignette: str
    scope: PathwayCondition
    common: tuple[PathwayCondition, ...]
    lines: tuple[PathwayLine, ...]


def pathway(ruleset: Ruleset, profile: Profile | None = None, lines: Collection[Line] = ()) -> Pathway:
    """The lines of a ruleset (all, if none is named), with a profile's way through them where one is given."""
    # Nothing in a plan depends on a patient, so it is kept with the ruleset and goes with it.
    plan: _Plan = ruleset.__dict__.get("_pathway_plan") or ruleset.__dict__.setdefault("_pathway_plan", _Plan(ruleset))
    patient = _Patient(plan, profile) if profile is not None else None
    (scope,) = _said(plan, [ruleset.card.scope], patient)
    return Pathway(
        **headed(ruleset),
        profile=profile,
        vignette=vignette(ruleset, profile) if profile else "",
        scope=scope,
        common=_said(plan, plan.everywhere, patient),
        lines=tuple(_line(plan, line, patient) for line in plan.placed if not lines or line in lines),
    )


class _Placed(NamedTuple):
    rules: tuple[Rule, ...]
    ways: tuple[Way, ...]
    drug: PathwayDrug


class _Plan:
    """A ruleset's rules by line, standing and therapy, with what each asks for and what is asked by most."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset, self.words = ruleset, Wording(ruleset)
        # Concepts that are a mere list of tests.
        parts = {name: conjuncts(concept.when) for name, concept in ruleset.concepts.items()}
        self.plain = {name: own for name, own in parts.items() if all(isinstance(part, Test) for part in own)}
        # Each fills tables of its own, which serve the next patient, too.
        self.explained = cache(lambda rule: evaluator_of(ruleset).explained(GoalKey("rule", rule)))
        self._fields = cache(lambda part: frozenset(test.field for test in ruleset.tests(part)))
        pairs = sorted(ruleset.rules_with_therapy(), key=lambda pair: RANK[pair[1].standing])
        held = grouped(((rule.line, rule.standing, therapy.id), rule) for therapy, rule in pairs)
        ways = {key: _merged(frozenset(self._parts(rule.when)) for rule in rules) for key, rules in held.items()}
        by_line = grouped((key[0], key) for line in LINES for key in held if key[0] == line)
        self.most = {line: self._common([way for key in keys for way in ways[key]]) for line, keys in by_line.items()}
        # Said for all lines is only what most ask for in each: what is common in one long line is not common everywhere.
        first, *others = self.most.values() or [()]
        self.everywhere = tuple(part for part in first if all(part in most for most in others))
        self.placed = {
            line: [_Placed(tuple(held[key]), ways[key], self._drug(key[2], held[key], ways[key])) for key in keys]
            for line, keys in by_line.items()
        }

    def _parts(self, condition: Condition) -> Iterator[Condition]:
        """What a condition asks for beyond the scope, each part by itself; a concept that only names tests is those tests."""
        # So that "no systemic therapy so far" and the same written out are recognised as one.
        plain = self.plain.get(condition.concept) if isinstance(condition, ConceptTest) and condition.wanted else None
        for part in plain or conjuncts(condition) if condition != self.ruleset.card.scope else ():
            yield from [part] if part is condition else self._parts(part)

    def _common(self, ways: Collection[Way]) -> tuple[Condition, ...]:
        """What most of some ways ask for, where there are several; never where a patient lives, which a drug says itself."""
        counted = Counter(part for way in ways for part in way)
        found = [part for part, number in counted.items() if number > max(_COMMON * len(ways), 1)]
        natures = {part: {self.ruleset.fields[name].nature for name in self.fields([part])} for part in found}
        return tuple(sorted((part for part in found if "characteristic" not in natures[part]), key=str))

    def _drug(self, therapy: str, rules: list[Rule], ways: tuple[Way, ...]) -> PathwayDrug:
        studies = [self.ruleset.studies[name] for name in dict.fromkeys(name for rule in rules for name in rule.cites)]
        # A failure is not made less of one by what came later, and what is only named asks for nothing that could be waived.
        backed, named = rules[0].reaches in ("options", "trials"), rules[0].reaches == "unreported"
        events = [event.year for study in studies for event in study.later if backed and event.effect == "overturns"]
        said = self.most[rules[0].line]
        return PathwayDrug(
            therapy=therapy,
            name=self.ruleset.therapies[therapy].name,
            state="",
            told="",
            ways=tuple(dict.fromkeys(self._told(way, () if named else said, said) for way in ways)),
            rules=tuple(rule.id for rule in rules),
            studies=tuple(study.id for study in studies),
            names=tuple(study.name for study in studies),
            overturned=min(events, default=None),
        )

    def _told(self, way: Way, waivable: Iterable[Condition], said: Collection[Condition]) -> str:
        """What a way asks for beyond what is said above it, and what of that it does not ask."""
        fields = self.fields(way)
        waived = [part for part in waivable if part not in way and not self.fields([part]) & fields]
        any_will_do = (
            f"{self.words.condition(ConceptTest(part.concept))} or not"
            if isinstance(part, ConceptTest)
            else f"{self.words.titles(self.fields([part]))[0]}: any"
            for part in waived
        )
        return joined(self.listed(part for part in way if part not in said), *dict.fromkeys(any_will_do))

    def named(self, parts: Iterable[Condition]) -> list[Condition]:
        """Conditions with those that a concept stands for put back together, so that they are said in its words."""
        left = list(parts)
        for name, tests in self.plain.items():
            if len(tests) > 1 and set(tests) <= set(left):
                left = [ConceptTest(name), *(part for part in left if part not in tests)]
        return sorted(left, key=self._order)

    def says(self, part: Condition) -> str:
        """A condition that is said once, so there is room for how a concept's own sentence begins."""
        if isinstance(part, ConceptTest) and len(self.plain.get(part.concept, ())) > 1:
            said = re.split("[.;:]", self.ruleset.concepts[part.concept].says)[0]
            return said[:1].lower() + said[1:]
        return self.words.setting(part)

    def listed(self, parts: Iterable[Condition]) -> str:
        """Conditions in the order of the fields, so that every drug tells them alike."""
        return "; ".join(map(self.words.setting, sorted(parts, key=self._order)))

    def fields(self, parts: Iterable[Condition]) -> frozenset[str]:
        return frozenset().union(*map(self._fields, parts))

    def _order(self, part: Condition) -> tuple[list[int], str]:
        return sorted(list(self.ruleset.fields).index(name) for name in self.fields([part])), str(part)


def _merged(ways: Iterable[Way]) -> tuple[Way, ...]:
    """Ways that differ in one condition only as one: "in Europe" and "in Japan" are "in Europe or Japan"."""
    found = list(dict.fromkeys(ways))
    for one, other in combinations(found, 2):
        left, right = one - other, other - one
        either = _either(*left, *right) if len(left) == len(right) == 1 else None
        if either is not None:
            # Begun again each time, since what has become one may be one with a third.
            return _merged([one & other | either, *(way for way in found if way not in (one, other))])
    # A way that asks for more than another does is no way of its own.
    return tuple(way for way in found if not any(other < way for other in found))


def _either(one: Condition, other: Condition) -> Way | None:
    """What is asked for where either condition will do, as at most one condition; None where it takes two."""
    if isinstance(one, ConceptTest) and isinstance(other, ConceptTest):
        return frozenset() if one.concept == other.concept else None
    if not (isinstance(one, Test) and isinstance(other, Test)) or one.operator not in ("in", "includes"):
        return None
    words = tuple(dict.fromkeys((*one.operands, *other.operands)))
    return frozenset([replace(one, operands=words)]) if replace(other, operands=one.operands) == one else None


class _Patient:
    def __init__(self, plan: _Plan, profile: Profile) -> None:
        self.plan, self.evaluator = plan, evaluator_of(plan.ruleset)
        self.facts = facts_under(plan.ruleset, profile)
        self.answer: Evaluation = self.evaluator.evaluate(profile)
        self.reading = self.evaluator.program.read(self.facts)
        # Whether a condition is met: true, false or unknown.
        self.reads = cache(lambda part: read(part, self.facts, plan.ruleset.concept_conditions).value)
        self.lists = {entry.therapy: (name, entry) for name, entries in self.answer.entries().items() for entry in entries}

    def condition(self, part: Condition) -> PathwayCondition:
        words, fields = self.plan.words, self.plan.ruleset.fields
        met = _METS[self.reads(part)]
        unknown = causes(part, self.facts, self.plan.ruleset.concept_conditions)
        told = words.titles(name for name in fields if name in unknown)
        if met == "no" and isinstance(part, ConceptTest):
            told = [words.holds(self.answer.derived_from[part.concept])]
        elif met == "no":
            known = (name for name in self.plan.fields([part]) if self.facts[name] is not None)
            told = [words.fact(name, self.facts[name]) for name in known]
        return PathwayCondition(says=self.plan.says(part), met=met, told=tuple(told))

    def drug(self, placed: _Placed, said: tuple[Condition, ...]) -> PathwayDrug:
        """A drug as it is for the patient, whose line has said some conditions at its head."""
        state = self._state(placed.drug.therapy, placed.rules)
        return replace(placed.drug, state=state, told=self._told(placed, state, said))

    def _state(self, therapy: str, rules: tuple[Rule, ...]) -> State:
        """Where the answer puts a drug by some of its rules: in its list, elsewhere, or nowhere."""
        name, entry = self.lists[therapy]
        if any(rule.id == entry.rule for rule in rules) or name == "ruled_out":
            return name
        goals = self.evaluator.program.goals
        verdicts = {self.reading.verdict(goals[GoalKey("rule", rule.id)]) for rule in rules}
        # Also open is what would put the drug higher than it certainly stands.
        stronger = RANK[rules[0].standing] < RANK[entry.standing] or name == "possible"
        if Verdict.UNKNOWN in verdicts and stronger:
            return "possible"
        return "ruled_out" if verdicts == {Verdict.FALSE} else "elsewhere"

    def _told(self, placed: _Placed, state: State, said: tuple[Condition, ...]) -> str:
        """Where a drug stands instead, what it still takes, or what closes it, but for what is said at the head of its line."""
        if state == "elsewhere":
            return f"see {STANDINGS[self.lists[placed.drug.therapy][1].standing].phrase}"
        if state == "possible":
            ways = [way for way in placed.ways if all(self.reads(part) != "false" for part in way)]
            still = [[part for part in way if self.reads(part) == "unknown" and part not in said] for way in ways]
            return f"if {'; or '.join(dict.fromkeys(map(self.plan.listed, still)))}" if all(still) else ""
        if state != "ruled_out":
            return ""
        head = self.plan.fields(part for part in said if self.reads(part) == "false")
        explained = [self.plan.explained(rule.id) for rule in placed.rules]
        failing = [one.reasons(one.failing(self.reading), self.facts) for one in explained]
        own = [[reason for reason in reasons if reason.field not in head] for reasons in failing]
        hows = (HOW.get(rule.standing, STUDIED) for rule in placed.rules)
        return self.plan.words.only_ways(tuple(zip(own, hows, strict=True))) if all(own) else ""


def _line(plan: _Plan, line: Line, patient: _Patient | None) -> PathwayLine:
    said = plan.most[line]
    drugs = [(one.rules[0].standing, patient.drug(one, said) if patient else one.drug) for one in plan.placed[line]]
    nearest = ((name, tuple(sorted(own, key=lambda drug: _NEAREST[drug.state]))) for name, own in grouped(drugs).items())
    named = ((name, STANDINGS[name], own) for name, own in nearest)
    groups = (PathwayGroup(standing=name, title=one.title, means=one.means, drugs=own) for name, one, own in named)
    return PathwayLine(
        line=line,
        title=sentence(LINES[line]),
        closed=all(drug.state == "ruled_out" for _, drug in drugs),
        common=_said(plan, plan.named(part for part in said if part not in plan.everywhere), patient),
        groups=tuple(groups),
    )


def _said(plan: _Plan, parts: Iterable[Condition], patient: _Patient | None) -> tuple[PathwayCondition, ...]:
    return tuple(patient.condition(part) if patient else PathwayCondition(says=plan.says(part)) for part in parts)
