"""A ruleset with one change: which cases notice it, and a profile on which its answer differs, or the proof of none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from hepatica.assurance.cases import PatientCase, Pin, misplaced, placed
from hepatica.assurance.decisions import concepts_below, with_leaves
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.space import outcomes
from hepatica.assurance.version import RulesetVersion, Subject
from hepatica.evaluation import Evaluator
from hepatica.inference import SCOPE, GoalKey, Verdict, compile_conditions, read
from hepatica.knowledge import AllOf, ConceptTest, Condition
from hepatica.patient import Facts

_OLD = "before "


class ChangedRules:
    """A mutant: the conditions of the goals that the change can reach, as changed, and answers of their therapies."""

    def __init__(self, version: RulesetVersion, mutant: Mutant) -> None:
        self.version, self.mutant, self.rule = version, mutant, mutant.rule
        self.conditions, self.concepts = self._rebuilt()
        rules = [self.rule.id] if self.rule is not None else [key.id for key in self.conditions if key.kind == "rule"]
        self.therapies = tuple(dict.fromkeys(map(version.owners.__getitem__, rules)))

    def _rebuilt(self) -> tuple[dict[GoalKey, Condition], Mapping[str, Condition]]:
        ruleset, key, new = self.version.ruleset, self.mutant.of, self.mutant.condition
        concepts = ruleset.concept_conditions
        if new is None:
            return {}, concepts
        if key.kind in ("rule", "study"):
            return {key: AllOf((ruleset.card.scope, new)) if key.kind == "rule" else new}, concepts
        if key == SCOPE:
            return {SCOPE: new} | {GoalKey("rule", r.id): AllOf((new, r.when)) for r in ruleset.rules.values()}, concepts
        # Notes, subgroups and studies that no rule cites have no part in where a therapy stands and why.
        reached = {
            goal: when
            for goal, when in self.version.conditions.items()
            if (goal.kind in ("rule", "concept", "scope") or (goal.kind == "study" and goal.id in self.version.citing))
            and key.id in concepts_below(when, concepts)
        }
        return {key: new, **reached}, {**concepts, key.id: new}

    @cached_property
    def _evaluator(self) -> Evaluator:
        """Answers for the therapies that the change can reach; of the others nothing is compiled."""
        ruleset, rule = self.version.ruleset, self.rule
        rules = {one.id: rule if rule is not None and rule.id == one.id else one for one in ruleset.rules.values()}
        therapies = {
            name: replace(therapy, rules=tuple(rules[one.id] for one in therapy.rules) if name in self.therapies else ())
            for name, therapy in ruleset.therapies.items()
        }
        own = [GoalKey("rule", one.id) for name in self.therapies for one in therapies[name].rules]
        every = [SCOPE, *(GoalKey("concept", name) for name in self.concepts), *own]
        changed = {key: self.conditions.get(key, self.version.conditions[key]) for key in every} if self.conditions else {}
        program = compile_conditions(changed, self.concepts, ruleset.fields) if changed else self.version.program
        return Evaluator(replace(ruleset, therapies=therapies, notes=()), program)

    def fails(self, case: PatientCase) -> bool:
        """Whether a case notices the change."""
        facts = case.profile.facts
        for key, condition in self.conditions.items():
            expected = case.expects(self._subject(key)) if key.kind != "rule" else None
            if expected is not None:
                came = self.version.word(self._subject(key), read(condition, facts, self.concepts)).place
                # How much is recorded of whom a study enrolled is no verdict: both words mean that the patient meets it.
                if came != ("inside" if expected == "partly_stated" else expected):
                    return True
        told = [name for name in self.therapies if case.speaks_of(Subject("therapy", name))]
        order = list(self.version.ruleset.therapies) if told else []
        found = ((name, *self._evaluator.entry(order.index(name), facts)) for name in told)
        fields = self.version.fields
        return any(next(misplaced(case, name, placed(place, entry, fields)), None) for name, place, entry in found)

    def difference(self) -> Pin | None:
        """A profile where the change shows, rules first; None where it is proved that none exists."""
        if self.rule is not None:
            # Another standing, verdict or citation shows wherever the rule may apply.
            key, version = GoalKey("rule", self.rule.id), self.version
            asked, concepts = (version.conditions[key],), version.ruleset.concept_conditions
            found = outcomes(asked, concepts, lambda verdicts: verdicts[0], version.fields)
            facts = found.get(Verdict.TRUE) or found.get(Verdict.UNKNOWN)
            return Pin(facts, self._subject(key), evidence=True) if facts is not None else None
        # A rule first: a case about a therapy is what a reader can judge, about a concept or a study hardly.
        for key in sorted(self.conditions, key=lambda key: (key.kind != "rule", key != SCOPE)):
            facts = self._differs(key)
            if facts is not None:
                return Pin(facts, self._subject(key))
        return None

    def _differs(self, key: GoalKey) -> Facts | None:
        """A profile on which a goal has another verdict; of a study one to which a rule that cites it may apply.

        Elsewhere the study is not shown; the rules are as before.
        """
        version = self.version
        citing = [GoalKey("rule", rule.id) for rule in version.citing[key.id]] if key.kind == "study" else []
        before, *rules = (version.conditions[goal] for goal in (key, *citing))
        concepts = dict(self.concepts)
        if self.mutant.of.kind == "concept":
            # The concepts as they were stand under other names beside those as changed, so that both can be opened.
            before, *rules = map(_with_old_names, (before, *rules))
            old = version.ruleset.concept_conditions
            concepts |= {f"{_OLD}{concept}": _with_old_names(when) for concept, when in old.items()}

        def judge(verdicts: tuple[Verdict, ...]) -> bool:
            seen = not citing or any(verdict is not Verdict.FALSE for verdict in verdicts[2:])
            return seen and verdicts[0] is not verdicts[1]

        return outcomes((before, self.conditions[key], *rules), concepts, judge, version.fields).get(True)

    def _subject(self, key: GoalKey) -> Subject:
        if key.kind == "rule":
            return Subject("therapy", self.version.owners[key.id])
        return Subject(key.kind, key.id)  # type: ignore[arg-type]


def _with_old_names(condition: Condition) -> Condition:
    """The condition reading the concepts as they were."""
    return with_leaves(
        condition, lambda leaf: replace(leaf, concept=f"{_OLD}{leaf.concept}") if isinstance(leaf, ConceptTest) else leaf
    )
