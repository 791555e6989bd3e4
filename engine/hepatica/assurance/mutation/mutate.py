"""Mutation testing of a ruleset: every single-point change must fail a case, unless it is proved to change nothing.

Two rulesets behave alike where on every consistent profile every rule, every concept and the scope has the same verdict,
every rule its standing, verdict and citations, and every study shown the same applicability; then every therapy's list,
standing and citations agree too. The proof compares the conditions over the whole profile space, exactly. Only what a change
can reach is evaluated again, by bit tables. Of texts only the figures in headlines are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

from hepatica.assurance.cases import PatientCase, Pin, misplaced, not_shown, pinned, placed
from hepatica.assurance.coverage import rounded_down
from hepatica.assurance.decisions import concepts_below, place_of, with_leaves
from hepatica.assurance.mutation.mutants import Mutant, mutants
from hepatica.assurance.space import outcomes, space_of
from hepatica.assurance.version import Progress, RulesetVersion, Subject, smallest_boxes
from hepatica.evaluation import Entry, Evaluator, RulesetResult, headed, shown
from hepatica.inference import SCOPE, GoalKey, Verdict, compile_conditions, read
from hepatica.knowledge import AllOf, ConceptTest, Condition, Ruleset
from hepatica.patient import Facts, Profile
from hepatica.records import Hidden, record

_OLD = "before "
_OTHER_FIGURE = "77.7"


@record(kw_only=True)
class KilledMutant:
    """A change that a case notices, with the place of that case."""

    mutant: Mutant
    by: str


@record(kw_only=True)
class SurvivingMutant:
    """A change that no case notices, and a profile (with what to look at) on which the answer differs."""

    mutant: Mutant
    witness: Mapping[str, Any]
    look_at: str
    pin: Hidden[Pin]


@record(kw_only=True)
class MutationResult(RulesetResult):
    """What became of every change: noticed by a case, proved to change nothing, or neither.

    `would_notice` are sentences of cases that would kill every survivor. `passed`: not below the threshold (100 by default).
    """

    cases: int
    percent: float
    threshold: float
    passed: bool
    survivors: tuple[SurvivingMutant, ...]
    would_notice: tuple[str, ...]
    killed: tuple[KilledMutant, ...]
    equivalent: tuple[Mutant, ...]
    killers: Hidden[tuple[PatientCase, ...]]


def mutate(
    evaluator: Evaluator, cases: Sequence[PatientCase], progress: Progress | None = None, threshold: float = 100
) -> MutationResult:
    """Every mutant of a ruleset against the cases (which must pass on the ruleset itself)."""
    ruleset = evaluator.ruleset
    killed: list[KilledMutant] = []
    equivalent: list[Mutant] = []
    survivors: list[SurvivingMutant] = []
    kept: list[Pin] = []
    known: list[PatientCase] = []
    for mutant, pin, notices in _trials(evaluator, cases, progress):
        if pin is None:
            equivalent.append(mutant)
        # The first case that notices is enough: which others would is nobody's question, and most of the time goes here.
        elif (killer := next(filter(notices, cases), None)) is not None:
            killed.append(KilledMutant(mutant=mutant, by=killer.place))
        else:
            witness = Profile(pin.facts, fields=ruleset.fields).as_document()
            survivors.append(
                SurvivingMutant(mutant=mutant, witness=witness, look_at="/".join(filter(None, pin.subject)), pin=pin)
            )
            # Cases are made only for what none of those made before would notice.
            if pin not in kept and not any(map(notices, known)):
                kept.append(pin)
                known += pinned([pin], evaluator)
    killers = tuple(pinned(kept, evaluator))
    total = len(killed) + len(survivors)
    share = 100 * len(killed) / total if total else 100.0
    return MutationResult(
        **headed(ruleset),
        cases=len(cases),
        percent=rounded_down(share),
        threshold=threshold,
        passed=share >= threshold,
        survivors=tuple(survivors),
        would_notice=tuple(case.sentence for case in killers),
        killed=tuple(killed),
        equivalent=tuple(equivalent),
        killers=killers,
    )


Trial = tuple[Mutant, Pin | None, Callable[[PatientCase], bool]]
"""A change, where it shows (None: nowhere, which is proved), and whether a case notices it."""


def _trials(evaluator: Evaluator, cases: Sequence[PatientCase], progress: Progress | None) -> Iterator[Trial]:
    version = RulesetVersion(evaluator.ruleset, evaluator.program)
    every = list(mutants(evaluator.ruleset))
    for done, mutant in enumerate(every, 1):
        changed = ChangedRules(version, mutant)
        yield mutant, changed.difference(), changed.fails
        if progress:
            progress(done, len(every))
    # A figure is no condition: no proof tells whether changing it shows, so only those that some headline shows are changed.
    for figure, facts in shown_figures(version, evaluator, cases).items():
        pin = Pin(facts, Subject("therapy", figure.therapy), shows=figure.line)
        yield mutant_of(figure, evaluator.ruleset), pin, partial(noticed, figure, evaluator)


class ChangedRules:
    """A mutant: the conditions of the goals that the change can reach, as changed, and answers of their therapies."""

    def __init__(self, version: RulesetVersion, mutant: Mutant) -> None:
        self.version, self.mutant, self.rule = version, mutant, mutant.rule
        self.conditions, self.concepts = self._rebuilt()
        rules = [self.rule.id] if self.rule is not None else [key.id for key in self.conditions if key.kind == "rule"]
        order = list(version.ruleset.therapies)
        self.therapies = {name: order.index(name) for name in (version.ruleset.owners[rule].id for rule in rules)}

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
        found = ((name, *self._evaluator.entry(self.therapies[name], facts)) for name in told)
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
            return Subject("therapy", self.version.ruleset.owners[key.id].id)
        return Subject(key.kind, key.id)  # type: ignore[arg-type]


def _with_old_names(condition: Condition) -> Condition:
    """The condition reading the concepts as they were."""
    return with_leaves(
        condition, lambda leaf: replace(leaf, concept=f"{_OLD}{leaf.concept}") if isinstance(leaf, ConceptTest) else leaf
    )


# Figures: one is shown where its study leads the headline of a therapy. Those that an evaluation shows for the profiles of the
# cases, or for a smallest profile of each rule, are tried: the line with another figure must not hold what a case says is shown.


class ShownFigure(NamedTuple):
    """One arm's figure in a therapy's headline, and the headline's line."""

    therapy: str
    study: str
    endpoint: str
    arm: str
    value: str
    line: str


def shown_figures(version: RulesetVersion, evaluator: Evaluator, cases: Sequence[PatientCase]) -> dict[ShownFigure, Facts]:
    """Every figure that some headline shows, each with a profile that sees it."""
    found: dict[ShownFigure, Facts] = {}
    space = space_of(version.program.tests, version.fields)
    boxes = smallest_boxes(version, space, version.ruleset.rules)
    # A smallest profile of each rule meets headlines that no patient of the cases sees.
    for facts in (*map(space.expected, boxes), *(case.profile.facts for case in cases)):
        for entry in _entries(evaluator, facts):
            line = entry.headline
            for arm in line.arms:
                if (value := shown(arm.value)) in line.text:
                    found.setdefault(ShownFigure(entry.therapy, line.study, line.endpoint, arm.arm, value, line.text), facts)
    return found


def _entries(evaluator: Evaluator, facts: Facts) -> Iterator[Entry]:
    answer = evaluator.evaluate(Profile(facts, fields=evaluator.ruleset.fields))
    yield from (*answer.options, *answer.trials, *answer.possible, *answer.not_supported)


def mutant_of(figure: ShownFigure, ruleset: Ruleset) -> Mutant:
    """The change of a figure."""
    key = GoalKey("study", figure.study)
    says = f"{figure.endpoint} of {figure.arm}: another figure than {figure.value} in the headline of {figure.therapy}"
    return Mutant(goal=str(key), of=key, kind="figure changed", says=says, place=place_of(ruleset, key))


def noticed(figure: ShownFigure, evaluator: Evaluator, case: PatientCase) -> bool:
    """Whether a case pins the figure: it shows the line to its patient, and would not hold with another figure in it."""
    if figure.therapy not in case.expected.shows:
        return False
    sees = any(
        one.therapy == figure.therapy and one.headline.text == figure.line for one in _entries(evaluator, case.profile.facts)
    )
    # A case that names only the study would hold with any figure.
    return sees and next(not_shown(case, figure.therapy, figure.line.replace(figure.value, _OTHER_FIGURE)), None) is not None
