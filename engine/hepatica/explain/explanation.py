"""Why a therapy is or is not an option: every rule as its written condition, the patient's value at every leaf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from hepatica.evaluation import (
    Applicability,
    ApplicabilityStatus,
    Entry,
    Evaluation,
    ListName,
    Reason,
    RuleAnswer,
    RulesetResult,
    evaluator_of,
    facts_under,
    reason,
)
from hepatica.inference import Verdict, read
from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Rule, Study, Test, TherapyFate
from hepatica.patient import Profile
from hepatica.records import Hidden, record

Holds = Literal["true", "false", "unknown"]


@record(kw_only=True)
class ConditionTree:
    """A part of a condition with its verdict.

    A `test` carries field, value and requirement as tokens; a `concept` its name, whether it is `wanted`, and its definition
    as the only child; `all` and `any` their parts. Negation is carried down to the tests, so nothing is denied twice.
    """

    kind: Literal["test", "concept", "all", "any"]
    verdict: Holds
    field: str = ""
    value: str = ""
    requires: str = ""
    concept: str = ""
    wanted: bool = True
    children: tuple[ConditionTree, ...] = ()
    test: Hidden[Test | None] = None


@record(kw_only=True)
class ExplainedRule:
    """One rule: whether it applies, what it would need, its limits, and its condition as a tree (the scope stands apart)."""

    rule: Rule
    applies: Holds
    because: tuple[Reason, ...]
    needs: tuple[str, ...]
    condition: ConditionTree
    written_at: str


@record(kw_only=True)
class ExplainedStudy:
    """A study that some rule of the therapy cites, with whom it enrolled against the patient."""

    study: str
    name: str
    status: ApplicabilityStatus
    applicability: Hidden[Applicability]
    population: ConditionTree | None
    criteria: tuple[ConditionTree, ...]


@record(kw_only=True)
class Explanation(RulesetResult):
    """All that is said of one therapy for one patient."""

    profile: Profile
    therapy: str
    name: str
    drug_class: str
    about: str
    list: ListName
    entry: Entry
    scope: ConditionTree
    rules: tuple[ExplainedRule, ...]
    studies: tuple[ExplainedStudy, ...]
    fate: TherapyFate | None
    evaluation: Hidden[Evaluation]


def why(evaluation: Evaluation, therapy: str) -> Explanation:
    """Explain one therapy's place in an answer; raises `KeyError` for a therapy the ruleset does not know."""
    ruleset = evaluation.knowledge
    listed, entry = evaluation.entry(therapy)
    known = ruleset.therapies[therapy]
    trees = _Trees(evaluation)
    answers: dict[str, Entry | RuleAnswer] = {entry.rule: entry, **{other.rule: other for other in entry.other_rules}}
    cited = dict.fromkeys(name for rule in known.rules for name in rule.cites)
    return Explanation(
        notice=evaluation.notice,
        ruleset=evaluation.ruleset,
        profile=evaluation.profile,
        therapy=known.id,
        name=known.name,
        drug_class=known.drug_class,
        about=known.about,
        list=listed,
        entry=entry,
        scope=trees.tree(ruleset.card.scope),
        rules=tuple(trees.rule(rule, answers.get(rule.id)) for rule in known.rules),
        studies=tuple(trees.study(ruleset.studies[name]) for name in cited),
        fate=known.fate,
        evaluation=evaluation,
    )


class _Trees:
    def __init__(self, evaluation: Evaluation) -> None:
        self.ruleset, self.profile = evaluation.knowledge, evaluation.profile
        self.facts = facts_under(self.ruleset, self.profile)
        self._opened: dict[tuple[str, bool], ConditionTree] = {}

    def holds(self, condition: Condition) -> Holds:
        return _HOLDS[read(condition, self.facts, self.ruleset.concept_conditions)]

    def rule(self, rule: Rule, answer: Entry | RuleAnswer | None) -> ExplainedRule:
        return ExplainedRule(
            rule=rule,
            # With the scope: a rule of a patient who is out of scope does not apply, whatever its own condition says.
            applies=self.holds(AllOf((self.ruleset.card.scope, rule.when))),
            because=answer.because if answer else (),
            needs=answer.needs if answer else (),
            condition=self.tree(rule.when),
            written_at=self.ruleset.places.get(f"rule/{rule.id}", ""),
        )

    def study(self, study: Study) -> ExplainedStudy:
        when = study.population.when if study.population else None
        fits = evaluator_of(self.ruleset).applicability(study.id, self.profile)
        return ExplainedStudy(
            study=study.id,
            name=study.name,
            status=fits.status,
            applicability=fits,
            population=self.tree(when) if when else None,
            criteria=tuple(self.tree(criterion.when) for criterion in study.criteria),
        )

    def tree(self, condition: Condition, wanted: bool = True) -> ConditionTree:
        """A condition, or (`wanted` false) its negation, as what would have to hold: negation is carried to the tests."""
        verdict = self.holds(condition if wanted else NotOf(condition))
        if isinstance(condition, Test):
            one = reason(condition if wanted else condition.opposite(), self.facts[condition.field])
            return ConditionTree(
                kind="test", verdict=verdict, field=one.field, value=one.value, requires=one.requires, test=one.test
            )
        if isinstance(condition, ConceptTest):
            # Its definition stands below it. A tree for each way only: the same concept is under many rules, and may be large.
            asked = condition.concept, condition.wanted == wanted
            if asked not in self._opened:
                self._opened[asked] = self.tree(self.ruleset.concept_conditions[condition.concept], asked[1])
            return ConditionTree(
                kind="concept", verdict=verdict, concept=asked[0], wanted=asked[1], children=(self._opened[asked],)
            )
        if isinstance(condition, NotOf):
            return self.tree(condition.part, not wanted)
        every = isinstance(condition, AllOf) == wanted
        parts = tuple(self.tree(part, wanted) for part in condition.parts)
        return ConditionTree(kind="all" if every else "any", verdict=verdict, children=parts)


_HOLDS: Mapping[Verdict, Holds] = {Verdict.TRUE: "true", Verdict.FALSE: "false", Verdict.UNKNOWN: "unknown"}
