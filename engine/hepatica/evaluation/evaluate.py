"""The evaluator: a profile in, an `Evaluation` out."""

from __future__ import annotations

from typing import NamedTuple

from hepatica.evaluation.model import Applicability, Citation, Derived, Entry, Evaluation, Finding, ListName, Scope
from hepatica.evaluation.reasons import Explained, explained
from hepatica.inference import SCOPE, Inference, Masks, Program, conditions_of
from hepatica.knowledge import RANK, Rule, Ruleset, Study, Therapy
from hepatica.patient import Facts, Profile

_ORDER: dict[ListName, int] = {"options": 0, "possible": 1, "not_supported": 2, "ruled_out": 3}
_INSIDE, _UNSTATED = Applicability("inside"), Applicability("not_stated")


class _CitedStudy(NamedTuple):
    """A study and, where the source says whom it enrolled, its population."""

    study: Study
    population: Explained | None
    inside: Citation
    unstated: Citation

    def beside(self, masks: Masks, facts: Facts) -> Citation:
        """The study beside the patient."""
        if self.population is None:
            return self.unstated
        mask = self.population.goal.mask
        if masks.certain & mask:
            return self.inside
        if masks.possible & mask:
            return Citation(self.study, Applicability("unknown", (), self.population.needs(masks)))
        return Citation(self.study, Applicability("outside", self.population.blocked_by(masks, facts)))


class _RulePlan(NamedTuple):
    """A rule with its condition and studies, looked up once."""

    rule: Rule
    condition: Explained
    mask: int
    reaches: ListName
    studies: tuple[_CitedStudy, ...]

    def finding(self, masks: Masks, facts: Facts) -> Finding:
        """What the rule says of a profile."""
        if not masks.possible & self.mask:
            return Finding(self.rule, "ruled_out", (), (), self.condition.blocked_by(masks, facts))
        citations = tuple([study.beside(masks, facts) for study in self.studies])
        if not masks.certain & self.mask:
            return Finding(self.rule, "possible", (), self.condition.needs(masks), (), citations)
        return Finding(self.rule, self.reaches, self.condition.because(masks, facts), (), (), citations)


class Evaluator:
    """Evaluates profiles under one ruleset. Build once, use for many; safe for several threads."""

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        self.ruleset = ruleset
        self.inference = Inference(ruleset, program)
        self.program = self.inference.program
        concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
        self.explained = explained(self.program, conditions_of(ruleset), concepts)
        self._plans = tuple(
            (therapy, tuple(self._plan(rule) for rule in therapy.rules)) for therapy in ruleset.therapies.values()
        )
        self._concepts = tuple((name, self.explained[f"concept/{name}"]) for name in concepts)
        self._notes = tuple((note, self.program.goals.get(f"note/{note.id}")) for note in ruleset.notes)

    def _plan(self, rule: Rule) -> _RulePlan:
        condition = self.explained[f"rule/{rule.id}"]
        reaches: ListName = "not_supported" if rule.standing == "not_supported" else "options"
        studies = tuple(self._cited(self.ruleset.studies[name]) for name in rule.cites)
        return _RulePlan(rule, condition, condition.goal.mask, reaches, studies)

    def _cited(self, study: Study) -> _CitedStudy:
        population = self.explained.get(f"population/{study.id}")
        return _CitedStudy(study, population, Citation(study, _INSIDE), Citation(study, _UNSTATED))

    def evaluate(self, profile: Profile) -> Evaluation:
        """The answer for one profile. Raises `InternalError` where durable_rules and the plain reading differ."""
        facts = profile.facts
        masks = self.inference.read(facts)
        lists: dict[ListName, list[Entry]] = {"options": [], "possible": [], "not_supported": [], "ruled_out": []}
        for therapy, rules in self._plans:
            reaching = rules if len(rules) == 1 else [plan for plan in rules if masks.possible & plan.mask] or rules
            if len(reaching) == 1:
                entry = Entry(therapy, reaching[0].finding(masks, facts))
            else:
                entry = judged(therapy, [plan.finding(masks, facts) for plan in reaching])
            lists[entry.finding.reaches].append(entry)
        scope = self._scope(masks)
        return Evaluation(
            ruleset=self.ruleset,
            profile=profile,
            scope=scope,
            scope_needs=self.explained[SCOPE].needs(masks) if scope == "unknown" else (),
            derived={name: _derived(concept, masks, facts) for name, concept in self._concepts},
            options=tuple(sorted(lists["options"], key=_rank)),
            possible=tuple(sorted(lists["possible"], key=_rank)),
            not_supported=tuple(lists["not_supported"]),
            ruled_out=tuple(lists["ruled_out"]),
            notes=tuple([note for note, goal in self._notes if goal is None or masks.certain & goal.mask]),
        )

    def _scope(self, masks: Masks) -> Scope:
        mask = self.program.goals[SCOPE].mask
        if masks.certain & mask:
            return "in"
        return "unknown" if masks.possible & mask else "out"


def _derived(concept: Explained, masks: Masks, facts: Facts) -> Derived:
    """A concept's verdict and the facts that make it so."""
    if masks.certain & concept.goal.mask:
        return Derived(True, concept.because(masks, facts))
    if masks.possible & concept.goal.mask:
        return Derived(None, concept.open_tests(masks, facts))
    return Derived(False, concept.blocked_by(masks, facts))


def judged(therapy: Therapy, findings: list[Finding]) -> Entry:
    """The first list that any rule reaches, the rule that reaches it, and what the other rules say."""
    reached = min([finding.reaches for finding in findings], key=_ORDER.__getitem__)
    candidates = [finding for finding in findings if finding.reaches == reached]
    if reached == "ruled_out":
        return Entry(therapy, min(candidates, key=_blocks))
    main = min(candidates, key=_standing)
    others = tuple([finding for finding in findings if finding is not main and finding.reaches != "ruled_out"])
    return Entry(therapy, main, others)


def _blocks(finding: Finding) -> int:
    return len({reason.field for reason in finding.blocked_by})


def _standing(finding: Finding) -> int:
    return RANK[finding.rule.standing]


def _rank(entry: Entry) -> int:
    """By standing; within one, the card's order of therapies stays."""
    return RANK[entry.finding.rule.standing]
