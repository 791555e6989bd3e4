"""A ruleset with one change: which cases notice it, and a profile on which its answer differs, or the proof of none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hepatica.assurance.cases.case import Case
from hepatica.assurance.cases.pinned import Pin
from hepatica.assurance.cases.run import Placed, misplaced, truth
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.space.where import outcomes
from hepatica.evaluation import Entry, Explained, Finding, ListName, judged
from hepatica.inference import SCOPE, Program, Verdict, compile_conditions, conditions_of
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Rule, Ruleset, Therapy, leaves
from hepatica.patient import Facts


class World:
    """The ruleset as it is: its goals' conditions, and what each depends on."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
        self.owners = {rule.id: therapy for therapy, rule in ruleset.rules_with_therapy()}
        self.citing = _citing(ruleset)
        self.conditions = {name: when for name, when in conditions_of(ruleset).items() if self._shown(name)}
        self.uses = {name: _reached(condition, self.concepts) for name, condition in self.conditions.items()}
        self.lens = Lens(compile_conditions(self.conditions, self.concepts))

    def _shown(self, name: str) -> bool:
        """Notes, and populations of studies that no rule cites, have no part in where a therapy stands and why."""
        kind, _, rest = name.partition("/")
        return kind != "note" and (kind != "population" or rest in self.citing)


def _citing(ruleset: Ruleset) -> dict[str, tuple[str, ...]]:
    """For each study the rules that cite it."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in ruleset.rules.values():
        for study in rule.cites:
            found[study] = (*found.get(study, ()), f"rule/{rule.id}")
    return found


def _reached(condition: Condition, concepts: Mapping[str, Condition]) -> frozenset[str]:
    """The concepts that a condition names, directly or through others."""
    named = {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}
    return frozenset(named).union(*(_reached(concepts[name], concepts) for name in named))


class Lens:
    """Goals compiled to bit tables, read back as findings and truths."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.explained = {name: Explained(goal, program.tests, dict) for name, goal in program.goals.items()}

    def finding(self, rule: Rule, facts: Facts) -> Finding:
        """What a rule says of a profile."""
        masks, shown = self.program.masks(facts), self.explained[f"rule/{rule.id}"]
        if not masks.possible & shown.goal.mask:
            never = not shown.goal.conjunctions
            return Finding(rule, "ruled_out", blocked_by=() if never else shown.blocked_by(masks, facts))
        if not masks.certain & shown.goal.mask:
            return Finding(rule, "possible", needs=shown.needs(masks))
        reaches: ListName = "not_supported" if rule.standing == "not_supported" else "options"
        return Finding(rule, reaches)

    def truth(self, name: str, facts: Facts) -> str:
        """Yes, no or unknown."""
        masks, mask = self.program.masks(facts), self.program.goals[name].mask
        return truth(True if masks.certain & mask else None if masks.possible & mask else False)


@dataclass(eq=False)
class KnownCase:
    """A case with the findings of the unchanged rules, worked out when first asked for."""

    case: Case
    world: World
    findings: dict[str, Finding] = field(default_factory=dict)

    def finding(self, rule: Rule) -> Finding:
        """What an unchanged rule says."""
        found = self.findings.get(rule.id)
        if found is None:
            found = self.findings[rule.id] = self.world.lens.finding(rule, self.case.profile.facts)
        return found


_SAID: Mapping[str, Mapping[str, str]] = {
    SCOPE: {"yes": "in", "no": "out"},
    "population": {"yes": "inside", "no": "outside"},
    "concept": {},
}


class ChangedRules:
    """A mutant: what it can reach, compiled when first asked for."""

    def __init__(self, world: World, mutant: Mutant) -> None:
        self.world = world
        self.mutant = mutant
        self.rule = mutant.rule
        self.conditions, self.concepts = self._rebuilt()
        self._lenses: dict[str, Lens] = {}

    def _rebuilt(self) -> tuple[dict[str, Condition], dict[str, Condition]]:
        """The conditions of the goals that the change can reach, and the concepts as changed."""
        world, (kind, _, name), new = self.world, self.mutant.goal.partition("/"), self.mutant.condition
        if new is None:
            return {}, world.concepts
        scope = world.ruleset.card.scope
        if kind == "rule":
            return {self.mutant.goal: AllOf((scope, new))}, world.concepts
        if kind == "population":
            return {self.mutant.goal: new}, world.concepts
        if kind == SCOPE:
            rules = {f"rule/{rule.id}": AllOf((new, rule.when)) for rule in world.ruleset.rules.values()}
            return {SCOPE: new, **rules}, world.concepts
        reached = {goal: when for goal, when in world.conditions.items() if name in world.uses[goal]}
        return {self.mutant.goal: new, **reached}, {**world.concepts, name: new}

    def fails(self, known: KnownCase) -> bool:
        """Whether a case notices the change."""
        case = known.case
        if any(self._truth_fails(case, name) for name in self.conditions if not name.startswith("rule/")):
            return True
        return any(self._therapy_fails(known, therapy) for therapy in self._therapies() if case.speaks_of(therapy.id))

    def _truth_fails(self, case: Case, name: str) -> bool:
        """Whether a case expects another truth of a concept, the scope or a study's population."""
        kind, _, rest = name.partition("/")
        expected = {"concept": case.derived.get(rest), "population": case.applicability.get(rest), SCOPE: case.scope}[kind]
        if expected is None:
            return False
        came = self._lens(name).truth(name, case.profile.facts)
        return _SAID[kind].get(came, came) != expected

    def _therapies(self) -> Iterator[Therapy]:
        names = [name.partition("/")[2] for name in self.conditions if name.startswith("rule/")]
        names += [self.rule.id] if self.rule is not None else []
        yield from {id(t): t for t in (self.world.owners[name] for name in names)}.values()

    def _therapy_fails(self, known: KnownCase, therapy: Therapy) -> bool:
        facts = known.case.profile.facts
        findings = [self._finding(known, rule, facts) for rule in therapy.rules]
        if all(new is known.finding(rule) for new, rule in zip(findings, therapy.rules, strict=True)):
            return False
        entry = judged(therapy, findings) if len(findings) > 1 else Entry(therapy, findings[0])
        placed: Placed = (entry.finding.reaches, entry)
        return next(misplaced(known.case, therapy.id, placed), None) is not None

    def _finding(self, known: KnownCase, rule: Rule, facts: Facts) -> Finding:
        if self.rule is not None and rule.id == self.rule.id:
            return self.world.lens.finding(self.rule, facts)
        name = f"rule/{rule.id}"
        return self._lens(name).finding(rule, facts) if name in self.conditions else known.finding(rule)

    def _lens(self, name: str) -> Lens:
        lens = self._lenses.get(name)
        if lens is None:
            lens = self._lenses[name] = Lens(compile_conditions({name: self.conditions[name]}, self.concepts))
        return lens

    def difference(self) -> Pin | None:
        """A profile where the change shows, rules first; None where it is proved that none exists."""
        if self.rule is not None:
            return self._where_applies(self.rule)
        names = sorted(self.conditions, key=lambda name: (not name.startswith("rule/"), name != SCOPE))
        for name in names:
            facts = self._applicability_differs(name) if name.startswith("population/") else self._differs(name)
            if facts is not None:
                return Pin(facts, self._subject(name))
        return None

    def _where_applies(self, rule: Rule) -> Pin | None:
        """Another standing or citation shows wherever the rule may apply."""
        found = outcomes((self.world.conditions[f"rule/{rule.id}"],), self.world.concepts, lambda verdicts: verdicts[0])
        facts = found.get(Verdict.TRUE) or found.get(Verdict.UNKNOWN)
        return Pin(facts, self._subject(f"rule/{rule.id}"), evidence=True) if facts is not None else None

    def _differs(self, name: str) -> Facts | None:
        before, after = self.world.conditions[name], self.conditions[name]
        both = {**self.concepts, **self._old_concepts()}
        found = outcomes((_with_old_names(before), after), both, lambda verdicts: verdicts[0] is verdicts[1])
        return found.get(False)

    def _applicability_differs(self, name: str) -> Facts | None:
        """A profile to which a rule that cites the study may apply; elsewhere the study is not shown. The rules are as before."""
        before, after = _with_old_names(self.world.conditions[name]), self.conditions[name]
        rules = [_with_old_names(self.world.conditions[rule]) for rule in self.world.citing[name.partition("/")[2]]]
        both = {**self.concepts, **self._old_concepts()}

        def judge(verdicts: tuple[Verdict, ...]) -> bool:
            cited = any(verdict is not Verdict.FALSE for verdict in verdicts[2:])
            return cited and verdicts[0] is not verdicts[1]

        return outcomes((before, after, *rules), both, judge).get(True)

    def _old_concepts(self) -> dict[str, Condition]:
        return {f"{_OLD}{concept}": _with_old_names(when) for concept, when in self.world.concepts.items()}

    def _subject(self, name: str) -> str:
        kind, _, rest = name.partition("/")
        if kind == "population":
            return f"study/{rest}"
        return f"therapy/{self.world.owners[rest].id}" if kind == "rule" else name


_OLD = "before "


def _with_old_names(condition: Condition) -> Condition:
    """The condition reading the concepts as they were, so that both can be opened side by side."""
    if isinstance(condition, ConceptTest):
        return ConceptTest(f"{_OLD}{condition.concept}", condition.wanted)
    if isinstance(condition, NotOf):
        return NotOf(_with_old_names(condition.part))
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(_with_old_names(part) for part in condition.parts))
    return condition
