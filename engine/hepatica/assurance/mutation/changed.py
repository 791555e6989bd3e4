"""A ruleset with one change: which cases notice it, and a profile on which its answer differs, or the proof of none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hepatica.assurance.cases import ExpectedRule, ExpectedWhy, PatientCase, Pin, PlacedTherapy, misplaced, truth
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.space import outcomes
from hepatica.assurance.version import Subject, reading_of
from hepatica.evaluation import Explained, in_precedence, judged, ways_in
from hepatica.inference import SCOPE, GoalKey, Program, Verdict, compile_conditions, conditions_of
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Rule, Ruleset, Therapy, leaves
from hepatica.patient import Facts

_SAID: Mapping[str, Mapping[str, str]] = {
    "scope": {"yes": "in", "no": "out"},
    "study": {"yes": "inside", "no": "outside"},
    "concept": {},
}


class Baseline:
    """The ruleset as it is: its goals' conditions, and what each depends on."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.concepts = dict(ruleset.concept_conditions)
        self.owners = {rule.id: therapy for therapy, rule in ruleset.rules_with_therapy()}
        self.citing: dict[str, tuple[GoalKey, ...]] = {}
        for rule in ruleset.rules.values():
            for study in rule.cites:
                self.citing[study] = (*self.citing.get(study, ()), GoalKey("rule", rule.id))
        self.conditions = {key: when for key, when in conditions_of(ruleset).items() if self._decides(key)}
        self.uses = {key: _reached(condition, self.concepts) for key, condition in self.conditions.items()}
        self.view = RulesView(compile_conditions(self.conditions, self.concepts, ruleset.fields))

        self._said: dict[tuple[PatientCase, str], RuleSaid] = {}

    def said(self, case: PatientCase, rule: Rule) -> RuleSaid:
        """What an unchanged rule says of a case's patient, worked out when first asked for."""
        key = case, rule.id
        if key not in self._said:
            self._said[key] = self.view.said(rule.id, case.profile.facts)
        return self._said[key]

    def _decides(self, key: GoalKey) -> bool:
        """Notes, subgroups and studies that no rule cites have no part in where a therapy stands and why."""
        return key.kind in ("rule", "concept", "scope") or (key.kind == "study" and key.id in self.citing)


def _reached(condition: Condition, concepts: Mapping[str, Condition]) -> frozenset[str]:
    """The concepts that a condition names, directly or through others."""
    named = {leaf.concept for leaf in leaves(condition) if isinstance(leaf, ConceptTest)}
    return frozenset(named).union(*(_reached(concepts[name], concepts) for name in named))


class RuleSaid(NamedTuple):
    """What one rule says of a profile: its verdict, the fields it still needs, the fewest fields that rule it out."""

    verdict: Verdict
    needs: frozenset[str] = frozenset()
    blocked_by: frozenset[str] = frozenset()


class RulesView:
    """Goals compiled to bit tables, read back as what rules say."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.explained = {key: Explained(goal, program.tests, dict) for key, goal in program.goals.items()}

    def said(self, rule: str, facts: Facts) -> RuleSaid:
        """What a rule says of a profile."""
        reading, shown = reading_of(self.program, facts), self.explained[GoalKey("rule", rule)]
        verdict = reading.verdict(shown.goal)
        if verdict is Verdict.UNKNOWN:
            return RuleSaid(verdict, needs=frozenset(shown.needs(reading)))
        if verdict is Verdict.TRUE or not shown.goal.conjunctions:
            return RuleSaid(verdict)
        tests = shown.failing(reading)
        return RuleSaid(verdict, blocked_by=frozenset(t.field for n, t in enumerate(self.program.tests) if tests >> n & 1))

    def truth(self, key: GoalKey, facts: Facts) -> str:
        """Yes, no or unknown."""
        verdict = reading_of(self.program, facts).verdict(self.program.goals[key])
        return truth({Verdict.TRUE: True, Verdict.FALSE: False}.get(verdict))


def place_of_therapy(rules: Sequence[Rule], said: Sequence[RuleSaid]) -> PlacedTherapy:
    """Where rules in order of precedence put their therapy, and why, as an evaluation has it."""
    verdicts = [one.verdict for one in said]
    found = judged(rules, verdicts)
    ruled_out = found.list == "ruled_out"
    main = min(ways_in(rules), key=lambda n: len(said[n].blocked_by)) if ruled_out else found.main
    parts = {
        rule.id: ExpectedRule(list=judged((rule,), (verdict,)).list, standing=rule.standing, cites=rule.cites)
        for rule, verdict in zip(rules, verdicts, strict=True)
        if verdict is not Verdict.FALSE
    }
    still = [said[n].needs for n in found.open] if found.list == "possible" else []
    why = ExpectedWhy(
        rule=rules[main].id,
        standing=rules[main].standing,
        verdict=rules[main].verdict,
        cites=rules[main].cites,
        needs=tuple(frozenset[str]().union(*still)),
        blocked_by=tuple(said[main].blocked_by) if ruled_out else (),
        also=parts,
    )
    return PlacedTherapy(list=found.list, why=why)


class ChangedRules:
    """A mutant: what it can reach, compiled when first asked for."""

    def __init__(self, baseline: Baseline, mutant: Mutant) -> None:
        self.baseline = baseline
        self.mutant = mutant
        self.rule = mutant.rule
        self.conditions, self.concepts = self._rebuilt()
        self._views: dict[GoalKey, RulesView] = {}

    def _rebuilt(self) -> tuple[dict[GoalKey, Condition], dict[str, Condition]]:
        """The conditions of the goals that the change can reach, and the concepts as changed."""
        baseline, key, new = self.baseline, self.mutant.of, self.mutant.condition
        if new is None:
            return {}, baseline.concepts
        if key.kind in ("rule", "study"):
            whole = AllOf((baseline.ruleset.card.scope, new)) if key.kind == "rule" else new
            return {key: whole}, baseline.concepts
        if key == SCOPE:
            rules = {GoalKey("rule", rule.id): AllOf((new, rule.when)) for rule in baseline.ruleset.rules.values()}
            return {SCOPE: new, **rules}, baseline.concepts
        reached = {goal: when for goal, when in baseline.conditions.items() if key.id in baseline.uses[goal]}
        return {key: new, **reached}, {**baseline.concepts, key.id: new}

    def fails(self, case: PatientCase) -> bool:
        """Whether a case notices the change."""
        if any(self._truth_fails(case, key) for key in self.conditions if key.kind != "rule"):
            return True
        return any(self._therapy_fails(case, therapy) for therapy in self._therapies() if case.speaks_of(therapy.id))

    def _truth_fails(self, case: PatientCase, key: GoalKey) -> bool:
        """Whether a case expects another truth of a concept, the scope or whom a study enrolled."""
        expected: str | None = case.expected.scope
        if key != SCOPE:
            expected = (case.expected.derived if key.kind == "concept" else case.expected.applicability).get(key.id)
        if expected is None:
            return False
        came = self._view(key).truth(key, case.profile.facts)
        # How much is recorded of whom a study enrolled is no verdict: both words mean that the patient meets it.
        return _SAID[key.kind].get(came, came) != ("inside" if expected == "partly_stated" else expected)

    def _therapies(self) -> Iterator[Therapy]:
        names = [self.rule.id] if self.rule is not None else [key.id for key in self.conditions if key.kind == "rule"]
        yield from {id(therapy): therapy for therapy in map(self.baseline.owners.__getitem__, names)}.values()

    def _therapy_fails(self, case: PatientCase, therapy: Therapy) -> bool:
        changed = [self.rule if self.rule is not None and self.rule.id == rule.id else rule for rule in therapy.rules]
        rules = in_precedence(changed, self.baseline.ruleset.studies)
        said = [self._said(case, rule) for rule in rules]
        # Most changes leave most patients as they were: what is said of them is compared before a place is worked out.
        if self.rule is None and said == [self.baseline.said(case, rule) for rule in rules]:
            return False
        return next(misplaced(case, therapy.id, place_of_therapy(rules, said)), None) is not None

    def _said(self, case: PatientCase, rule: Rule) -> RuleSaid:
        key = GoalKey("rule", rule.id)
        changed = key in self.conditions
        return self._view(key).said(rule.id, case.profile.facts) if changed else self.baseline.said(case, rule)

    def _view(self, key: GoalKey) -> RulesView:
        if key not in self._views:
            program = compile_conditions({key: self.conditions[key]}, self.concepts, self.baseline.ruleset.fields)
            self._views[key] = RulesView(program)
        return self._views[key]

    def difference(self) -> Pin | None:
        """A profile where the change shows, rules first; None where it is proved that none exists."""
        if self.rule is not None:
            return self._where_applies(self.rule)
        # A rule first: a case about a therapy is what a reader can judge, about a concept or a study hardly.
        for key in sorted(self.conditions, key=lambda key: (key.kind != "rule", key != SCOPE)):
            facts = self._differs(key)
            if facts is not None:
                return Pin(facts, self._subject(key))
        return None

    def _where_applies(self, rule: Rule) -> Pin | None:
        """Another standing, verdict or citation shows wherever the rule may apply."""
        key = GoalKey("rule", rule.id)
        fields = self.baseline.ruleset.fields
        found = outcomes((self.baseline.conditions[key],), self.baseline.concepts, lambda verdicts: verdicts[0], fields)
        facts = found.get(Verdict.TRUE) or found.get(Verdict.UNKNOWN)
        return Pin(facts, self._subject(key), evidence=True) if facts is not None else None

    def _differs(self, key: GoalKey) -> Facts | None:
        """A profile on which a goal has another verdict; of a study one to which a rule that cites it may apply.

        Elsewhere the study is not shown; the rules are as before.
        """
        before, after = _with_old_names(self.baseline.conditions[key]), self.conditions[key]
        citing = self.baseline.citing[key.id] if key.kind == "study" else ()
        rules = [_with_old_names(self.baseline.conditions[rule]) for rule in citing]
        # The concepts as they were stand under other names beside those as changed, so that both can be opened.
        old = {f"{_OLD}{concept}": _with_old_names(when) for concept, when in self.baseline.concepts.items()}

        def judge(verdicts: tuple[Verdict, ...]) -> bool:
            seen = not citing or any(verdict is not Verdict.FALSE for verdict in verdicts[2:])
            return seen and verdicts[0] is not verdicts[1]

        return outcomes((before, after, *rules), self.concepts | old, judge, self.baseline.ruleset.fields).get(True)

    def _subject(self, key: GoalKey) -> Subject:
        if key.kind == "rule":
            return Subject("therapy", self.baseline.owners[key.id].id)
        return Subject(key.kind, key.id)  # type: ignore[arg-type]


_OLD = "before "


def _with_old_names(condition: Condition) -> Condition:
    """The condition reading the concepts as they were."""
    if isinstance(condition, ConceptTest):
        return ConceptTest(f"{_OLD}{condition.concept}", condition.wanted)
    if isinstance(condition, NotOf):
        return NotOf(_with_old_names(condition.part))
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(_with_old_names(part) for part in condition.parts))
    return condition
