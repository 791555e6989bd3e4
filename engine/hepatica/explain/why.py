"""Why a therapy is or is not an option: every rule as its written condition, the patient's value at every leaf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hepatica.evaluation import Entry, Evaluation, Finding, ListName
from hepatica.inference import Verdict, read
from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Rule, Ruleset, Study, Test, Therapy, concept_words
from hepatica.patient import FIELD_BY_NAME, Facts, show


class Branch(NamedTuple):
    """A part of a condition with its verdict.

    `kind` is "test", "concept", "all" or "any". Tests carry field, value and requirement; concepts their name and
    their definition as the only child.
    """

    kind: str
    verdict: Verdict
    field: str = ""
    value: str = ""
    requires: str = ""
    concept: str = ""
    children: tuple[Branch, ...] = ()


class RuleWhy(NamedTuple):
    """One rule: its verdict for the patient, the scope and the rule's own condition as trees."""

    rule: Rule
    verdict: Verdict
    scope: Branch
    condition: Branch
    place: str


class StudyWhy(NamedTuple):
    """A cited study's population against the patient; `population` is None where the source states none."""

    study: Study
    population: Branch | None
    status: str


class Why(NamedTuple):
    """All that is said of one therapy for one patient."""

    evaluation: Evaluation
    therapy: Therapy
    listed: ListName
    entry: Entry
    rules: tuple[RuleWhy, ...]
    studies: tuple[StudyWhy, ...]


def why(evaluation: Evaluation, therapy: str) -> Why:
    """Explain one therapy's place in an answer; raises `KeyError` for a therapy the ruleset does not know."""
    ruleset, facts = evaluation.ruleset, evaluation.profile.facts
    listed, entry = evaluation.entry(therapy)
    known = ruleset.therapies[therapy]
    trees = _Trees(ruleset, facts)
    rules = tuple(trees.rule(rule) for rule in known.rules)
    cited = dict.fromkeys(name for rule in known.rules for name in rule.cites)
    return Why(evaluation, known, listed, entry, rules, tuple(trees.study(ruleset.studies[name]) for name in cited))


class _Trees:
    def __init__(self, ruleset: Ruleset, facts: Facts) -> None:
        self.ruleset = ruleset
        self.facts = facts
        self.concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
        self._opened: dict[tuple[str, bool], Branch] = {}

    def rule(self, rule: Rule) -> RuleWhy:
        scope, condition = self.branch(self.ruleset.card.scope), self.branch(rule.when)
        verdict = self._verdict(AllOf((self.ruleset.card.scope, rule.when)))
        return RuleWhy(rule, verdict, scope, condition, self.ruleset.places.get(f"rule/{rule.id}", ""))

    def study(self, study: Study) -> StudyWhy:
        when = study.population.when if study.population else None
        if when is None:
            return StudyWhy(study, None, "not_stated")
        branch = self.branch(when)
        return StudyWhy(study, branch, _STATUS[branch.verdict])

    def branch(self, condition: Condition, wanted: bool = True) -> Branch:
        """A condition, or (`wanted` false) its negation, as what would have to hold: negation is carried to the tests."""
        verdict = self._verdict(condition if wanted else NotOf(condition))
        if isinstance(condition, Test):
            asked = condition if wanted else condition.opposite()
            return Branch("test", verdict, asked.field, show(self.facts[asked.field]), asked.requires())
        if isinstance(condition, ConceptTest):
            return self._concept(condition.concept, condition.wanted == wanted, verdict)
        if isinstance(condition, NotOf):
            return self.branch(condition.part, not wanted)
        kind = "all" if isinstance(condition, AllOf) == wanted else "any"
        return Branch(kind, verdict, children=tuple(self.branch(part, wanted) for part in condition.parts))

    def _concept(self, name: str, wanted: bool, verdict: Verdict) -> Branch:
        """A concept with its definition below it, opened once for each way it is asked for."""
        known = self._opened.get((name, wanted))
        if known is None:
            known = self._opened[name, wanted] = self.branch(self.concepts[name], wanted)
        return Branch("concept", verdict, concept=name, requires=_yes(wanted), children=(known,))

    def _verdict(self, condition: Condition) -> Verdict:
        return read(condition, self.facts, self.concepts)


_STATUS = {Verdict.TRUE: "inside", Verdict.FALSE: "outside", Verdict.UNKNOWN: "unknown"}


def _yes(wanted: bool) -> str:
    return "yes" if wanted else "no"


def words(branch: Branch) -> str:
    """A branch without its children: "Tumour c-MET is low, needs high"."""
    if branch.kind == "test":
        text = f"{FIELD_BY_NAME[branch.field].title} is {branch.value}"
        return text if branch.verdict is Verdict.TRUE else f"{text}, needs {branch.requires}"
    if branch.kind == "concept":
        return f"{concept_words(branch.concept)}: {branch.requires}"
    return {"all": "all of", "any": "any of"}[branch.kind]


def document(explained: Why) -> dict[str, Any]:
    """The explanation as JSON-ready values (without notice and ruleset, which the caller's view adds)."""
    return {
        "therapy": explained.therapy.id,
        "name": explained.therapy.name,
        "list": explained.listed,
        "rules": [_rule_document(rule, _finding(explained.entry, rule)) for rule in explained.rules],
        "studies": [
            {
                "study": study.study.id,
                "name": study.study.name,
                "applicability": study.status,
                "population_says": study.study.population.says if study.study.population else "",
                "population": branch_document(study.population) if study.population else None,
            }
            for study in explained.studies
        ],
    }


def _finding(entry: Entry, rule: RuleWhy) -> Finding | None:
    return next((finding for finding in (entry.finding, *entry.others) if finding.rule is rule.rule), None)


def _rule_document(rule: RuleWhy, finding: Finding | None) -> dict[str, Any]:
    return {
        "rule": rule.rule.id,
        "says": rule.rule.says,
        "standing": rule.rule.standing,
        "line": rule.rule.line,
        "verdict": rule.verdict.value,
        "written_at": rule.place,
        "review_lines": rule.rule.source.lines,
        "scope": branch_document(rule.scope),
        "condition": branch_document(rule.condition),
        "needs": list(finding.needs) if finding else [],
        "cites": list(rule.rule.cites),
    }


def branch_document(branch: Branch) -> dict[str, Any]:
    """A condition tree as JSON-ready values, without empty keys."""
    values: Mapping[str, Any] = {
        "kind": branch.kind,
        "verdict": branch.verdict.value,
        "field": branch.field,
        "value": branch.value,
        "requires": branch.requires,
        "concept": branch.concept,
        "children": [branch_document(child) for child in branch.children],
    }
    return {key: value for key, value in values.items() if value}
