"""The evaluator: a profile in, an `Evaluation` out."""

import gc
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, reduce
from operator import attrgetter, itemgetter, or_
from typing import Any, NamedTuple

from hepatica.evaluation.headline import Telling, by_design, evidence_rank, headline
from hepatica.evaluation.reasons import BoundedCache, Derived, Explained, fields_of, owners
from hepatica.evaluation.result import (
    CONTRACT,
    Applicability,
    ApplicabilityStatus,
    Citation,
    Entry,
    Evaluation,
    Headline,
    ListName,
    Reason,
    RuleAnswer,
    RulesetIdentity,
    Scope,
    Truth,
)
from hepatica.inference import SCOPE, Conclusions, GoalKey, Inference, Program, Verdict
from hepatica.knowledge import RANK, Result, Rule, Ruleset, Study, Therapy, leaves, level_of
from hepatica.notice import notice
from hepatica.patient import Facts, Profile, facts_of

_PRECEDENCE: tuple[ListName, ...] = ("options", "trials", "possible", "not_supported", "unreported", "ruled_out")
ORDER: Mapping[ListName, int] = {name: rank for rank, name in enumerate(_PRECEDENCE)}
"""Which list wins where several rules of a therapy reach one."""


class Judgement(NamedTuple):
    """Where a therapy's rules put it: the list, the rule that decides, and the rules left open, by their positions."""

    list: ListName
    main: int
    open: tuple[int, ...]


def precedence(rule: Rule, studies: Mapping[str, Study]) -> tuple[int | str, ...]:
    """Which of several rules that put a therapy into one list decides: the strongest standing, then the best evidence, then the
    one that asks most, then by id."""
    return RANK[rule.standing], *evidence_rank(rule, studies), -len(leaves(rule.when)), rule.id


def in_precedence(rules: Iterable[Rule], studies: Mapping[str, Study]) -> list[Rule]:
    """Rules in the order in which they decide: see `precedence`."""
    listed = list(rules)
    return sorted(listed, key=lambda rule: precedence(rule, studies)) if len(listed) > 1 else listed


def judged(rules: Sequence[Rule], verdicts: Sequence[Verdict]) -> Judgement:
    """The first list that any rule reaches. A rule that names a therapy of which nothing is reported needs no certainty.

    `rules` are in order of precedence; of those that reach it the first decides.
    """
    reached: list[ListName] = []
    for rule, verdict in zip(rules, verdicts, strict=True):
        if verdict is Verdict.FALSE:
            reached.append("ruled_out")
        else:
            reached.append(rule.reaches if verdict is Verdict.TRUE or rule.reaches == "unreported" else "possible")
    found: ListName = min(reached, key=ORDER.__getitem__, default="ruled_out")
    deciding = [n for n, name in enumerate(reached) if name == found]
    main = deciding[0] if deciding and found != "ruled_out" else 0
    return Judgement(found, main, tuple(n for n, name in enumerate(reached) if name == "possible"))


def ways_in(rules: Sequence[Rule]) -> Sequence[int]:
    """The rules that tell what a therapy that is ruled out would need."""
    # What a failed trial enrolled is no way in, unless failure is all that there is to reach.
    return [n for n, rule in enumerate(rules) if rule.reaches in ("options", "trials")] or range(len(rules))


# What follows speaks of bits, not of values: patients in whom the same tests hold and fail share one outline, and even a
# large cohort has few of those.
class _StudyPart(NamedTuple):
    """What a patient's tests say of a study: the applicability, and the tests that decide it."""

    status: ApplicabilityStatus
    tests: int


class _RulePart(NamedTuple):
    """What a patient's tests say of a rule that applies, or may: the tests that decide it, its studies, their subgroups."""

    position: int
    verdict: Verdict
    tests: int
    studies: tuple[_StudyPart, ...]
    subgroups: tuple[int, int]

    @property
    def shown(self) -> int:
        """The tests that its reasons show."""
        return reduce(or_, (study.tests for study in self.studies), self.tests)


# All that a rule's line depends on: its position and verdict, how its studies and subgroups fit, and what stands against it.
_HeadlineKey = tuple[int, Verdict, tuple[ApplicabilityStatus, ...], tuple[int, int], tuple[str, ...]]


class _Placed(NamedTuple):
    """An entry, its list, and where it stands in it."""

    list: ListName
    order: tuple[int, ...]
    entry: Entry


class _Outline:
    """All of an entry but the patient's values. `known` holds the entries made of it, by the values that they show."""

    def __init__(self, judgement: Judgement, parts: tuple[Any, ...], shown: Iterable[str]) -> None:
        self.judgement, self.parts = judgement, parts
        fields = sorted(shown)
        self.values: Callable[[Facts], Any] = itemgetter(*fields) if fields else lambda _: None
        self.known: BoundedCache[Any, _Placed] = BoundedCache()


_AS_RECORDED = ("name", "design", "kind", "status", "n", "nct", "source", "results", "discrepancies", "later")


class _CitedStudy:
    """A study and, where it is recorded, whom it enrolled."""

    def __init__(self, study: Study, enrolled: Explained | None, evaluator: "Evaluator") -> None:
        self.study, self._enrolled = study, enrolled
        self.tests, self.subgroup_marks = enrolled.goal.tests if enrolled else 0, 0
        self.subgroups: dict[str, int] = {}
        for result in study.results:
            goal = evaluator.program.goals.get(GoalKey("result", f"{study.id}/{result.id}"))
            if goal:
                self.subgroups[result.id] = goal.mark
                self.subgroup_marks |= goal.mark
                self.tests |= goal.tests
        read = enrolled.fields if enrolled else frozenset()
        self._stated = tuple(name for name in evaluator.program.fields if name in read)
        # Criteria that say no more than the scope does tell nothing of whom the trial took.
        self._inside: ApplicabilityStatus = "partly_stated" if read <= evaluator.scope.fields else "inside"

    def part(self, reading: Conclusions) -> _StudyPart:
        """What a patient's tests say of it."""
        if self._enrolled is None:
            return _StudyPart("not_stated", 0)
        verdict = reading.verdict(self._enrolled.goal)
        if verdict is Verdict.TRUE:
            return _StudyPart(self._inside, 0)
        return _StudyPart("outside" if verdict is Verdict.FALSE else "unknown", self._enrolled.deciding(verdict, reading))

    def citation(self, part: _StudyPart, facts: Facts) -> Citation:
        """The study beside the patient."""
        study, reasons = self.study, self._enrolled.reasons(part.tests, facts) if self._enrolled else ()
        outside = reasons if part.status == "outside" else ()
        unknown = tuple(dict.fromkeys(reason.field for reason in reasons)) if part.status == "unknown" else ()
        return Citation(
            study=study.id,
            phase=study.phase or "",
            level=level_of(study.kind),
            applicability=Applicability(part.status, outside, unknown, self._stated),
            **{name: getattr(study, name) for name in _AS_RECORDED},
        )


class _TherapyPlan:
    """A therapy with its rules' conditions and studies, looked up once, and the entries made so far.

    An entry depends on a profile by which tests hold and fail (its outline) and by the values that its reasons show. What only
    a therapy within reach needs (its studies, its place in a list) is looked up when that is met: most are ruled out.
    """

    def __init__(self, therapy: Therapy, position: int, evaluator: "Evaluator") -> None:
        self.therapy = therapy
        # In order of precedence, not of writing: which rule decides must not depend on its place in the file.
        self.rules = tuple(in_precedence(therapy.rules, evaluator.ruleset.studies))
        self._ruleset, self._program, self._study = evaluator.ruleset, evaluator.program, evaluator.cited
        self._conditions = [evaluator.explained(GoalKey("rule", rule.id)) for rule in self.rules]
        self._position = position
        self._ways = ways_in(self.rules)
        # One bit to a rule tells at once whether any may apply; the tests are all that an entry can depend on.
        goals = [condition.goal for condition in self._conditions]
        self._marks: int = reduce(or_, (goal.mark for goal in goals), 0)
        self._rule_tests: int = reduce(or_, (goal.tests for goal in goals), 0)
        # Two steps to what was made before: by which tests hold and fail, then by the values that its reasons show. Many
        # patterns come to the same parts: their entries are shared.
        self._by_pattern: BoundedCache[Any, _Outline] = BoundedCache()
        self._by_parts: Derived[tuple[Any, ...], _Outline] = Derived(self._outline)
        self._headlines: Derived[_HeadlineKey, Headline] = Derived(self._headline)

    @cached_property
    def _cited(self) -> list[list[_CitedStudy]]:
        return [[self._study(name) for name in by_design(rule, self._ruleset.studies)] for rule in self.rules]

    @cached_property
    def _tests(self) -> int:
        return reduce(or_, (study.tests for cited in self._cited for study in cited), self._rule_tests)

    @cached_property
    def _order(self) -> list[tuple[int, ...]]:
        """Each rule's place in a list: standing, evidence, and the order of the card where both are equal.

        What its `mark` says first (given with local treatment, declined) puts a rule behind those that stand without one.
        """
        studies = self._ruleset.studies
        return [(RANK[rule.standing], bool(rule.mark), *evidence_rank(rule, studies), self._position) for rule in self.rules]

    def placed(self, reading: Conclusions, facts: Facts) -> _Placed:
        """The therapy's entry, with its list."""
        if reading.possible & self._marks:
            pattern: Any = (reading.holds & self._tests, reading.fails & self._tests)
        else:
            pattern = reading.fails & self._rule_tests  # no rule may apply: only what fails is shown
        outline = self._by_pattern.get(pattern)
        if outline is None:
            outline = self._by_pattern.keep(pattern, self._by_parts[self._parts(reading)])
        values = outline.values(facts)
        found = outline.known.get(values)
        if found is None:
            make = self._ruled_out if outline.judgement.list == "ruled_out" else self._reaching
            found = outline.known.keep(values, make(outline, facts))
        return found

    def _parts(self, reading: Conclusions) -> tuple[Any, ...]:
        """The rules that apply or may; where none does, for each the tests that rule it out."""
        if not reading.possible & self._marks:
            return tuple(condition.failing(reading) for condition in self._conditions)
        verdicts = [reading.verdict(condition.goal) for condition in self._conditions]
        return tuple(self._part(n, verdict, reading) for n, verdict in enumerate(verdicts) if verdict is not Verdict.FALSE)

    # From the parts alone, so that whatever comes to the same parts may share the outline.
    def _outline(self, parts: tuple[Any, ...]) -> _Outline:
        verdicts = {part.position: part.verdict for part in parts if isinstance(part, _RulePart)}
        judgement = judged(self.rules, [verdicts.get(n, Verdict.FALSE) for n in range(len(self.rules))])
        shown: int = reduce(or_, (part.shown if isinstance(part, _RulePart) else part for part in parts))
        return _Outline(judgement, parts, fields_of(shown, self._program.tests))

    def _part(self, n: int, verdict: Verdict, reading: Conclusions) -> _RulePart:
        cited = self._cited[n]
        marks = reduce(or_, (study.subgroup_marks for study in cited), 0)
        return _RulePart(
            n,
            verdict,
            self._conditions[n].deciding(verdict, reading),
            tuple([study.part(reading) for study in cited]),
            (reading.certain & marks, reading.possible & marks),
        )

    def _reaching(self, outline: _Outline, facts: Facts) -> _Placed:
        """The entry of a therapy of which some rule applies or may."""
        judgement = outline.judgement
        parts: dict[int, _RulePart] = {part.position: part for part in outline.parts}
        answers = {n: self._answer(part, facts) for n, part in parts.items()}
        # A signal must not be shown without the failure of the whole that stands beside it.
        failures = tuple(answer.headline.text for answer in answers.values() if answer.reaches == "not_supported")
        rule, main = self.rules[judgement.main], answers[judgement.main]
        asked = {field for n in judgement.open for field in answers[n].needs} if judgement.list == "possible" else ()
        # The failure is the headline itself there, and need not be said beside it.
        backed = rule.reaches != "not_supported"
        entry = self._entry(
            rule,
            would_be=rule.reaches if judgement.list == "possible" else None,
            because=main.because,
            needs=tuple(name for name in self._program.fields if name in asked),
            caveats=rule.caveats,
            extrapolates=rule.extrapolates,
            citations=main.citations,
            headline=self._headlined(parts[judgement.main], failures) if backed else main.headline,
            other_rules=tuple(answer for n, answer in answers.items() if n != judgement.main),
        )
        return _Placed(judgement.list, self._order[judgement.main], entry)

    def _entry(self, rule: Rule, **told: Any) -> Entry:
        """The entry that a rule gives the therapy: what is the same for every patient, and what is told of this one."""
        who, what = self.therapy, (rule.id, rule.line, rule.standing, rule.verdict, rule.says)
        return Entry(who.id, who.name, *what, **told)

    def _answer(self, part: _RulePart, facts: Facts) -> RuleAnswer:
        """What one rule that applies, or may, says of the patient."""
        rule, certain = self.rules[part.position], part.verdict is Verdict.TRUE
        reasons = self._conditions[part.position].reasons(part.tests, facts)
        cited = zip(self._cited[part.position], part.studies, strict=True)
        return RuleAnswer(
            rule=rule.id,
            reaches=judged((rule,), (part.verdict,)).list,
            line=rule.line,
            standing=rule.standing,
            verdict=rule.verdict,
            says=rule.says,
            because=reasons if certain else (),
            needs=() if certain else tuple(dict.fromkeys(reason.field for reason in reasons)),
            caveats=rule.caveats,
            extrapolates=rule.extrapolates,
            citations=tuple(study.citation(found, facts) for study, found in cited),
            headline=self._headlined(part),
        )

    def _headlined(self, part: _RulePart, failures: tuple[str, ...] = ()) -> Headline:
        statuses = tuple([study.status for study in part.studies])
        return self._headlines[part.position, part.verdict, statuses, part.subgroups, failures]

    def _headline(self, key: _HeadlineKey) -> Headline:
        position, verdict, statuses, (certain, possible), failures = key
        cited = {study.study.id: study for study in self._cited[position]}

        def fits(study: Study, result: Result) -> Verdict:
            mark = cited[study.id].subgroups.get(result.id, 0) if study.id in cited else 0
            return Verdict.of(certain & mark, possible & mark)

        telling = Telling(self.rules[position], self.therapy, self._ruleset, fits, verdict is Verdict.TRUE)
        return headline(dict(zip(cited, statuses, strict=True)), telling, failures)

    def _ruled_out(self, outline: _Outline, facts: Facts) -> _Placed:
        """What each rule that is a way in would need, the smallest demand first; the rule that asks for least is named."""
        # Rules that ask for the same are one way in: the first in precedence speaks for them.
        blocked: dict[tuple[Reason, ...], Rule] = {}
        for n in self._ways:
            blocked.setdefault(self._conditions[n].reasons(outline.parts[n], facts), self.rules[n])
        needs_any = sorted(blocked, key=lambda reasons: len({reason.field for reason in reasons}))
        best = min((self.rules[n].reaches for n in self._ways), key=ORDER.__getitem__)
        ways = tuple(blocked[reasons].standing for reasons in needs_any)
        entry = self._entry(blocked[needs_any[0]], would_be=best, needs_any=tuple(needs_any), ways=ways)
        return _Placed("ruled_out", (self._position,), entry)


class Evaluator:
    """Evaluates profiles under one ruleset. Build once, use for many; safe for several threads and after a fork."""

    def __init__(self, ruleset: Ruleset, program: Program | None = None) -> None:
        self.ruleset = ruleset
        self.inference = Inference(ruleset, program)
        self.program = self.inference.program
        self.scope = self.explained(SCOPE)
        self._studies: dict[str, _CitedStudy] = {}
        self._plans = tuple(_TherapyPlan(therapy, n, self) for n, therapy in enumerate(ruleset.therapies.values()))
        self._concepts = tuple((name, self.explained(GoalKey("concept", name))) for name in ruleset.concepts)
        self._notes = tuple((note, self.program.goals.get(GoalKey("note", note.id))) for note in ruleset.notes)
        self._identity, self._notice = identity(ruleset), notice(ruleset.card.as_of)

    def explained(self, key: GoalKey) -> Explained:
        """A goal, ready to be explained."""
        program, condition = self.program, self.inference.conditions[key]
        return Explained(program.goals[key], program.tests, lambda: owners(program.goals[key], program, condition))

    def cited(self, name: str) -> _CitedStudy:
        """A study as citations need it."""
        found = self._studies.get(name)
        if found is None:
            key = GoalKey("study", name)
            enrolled = self.explained(key) if key in self.program.goals else None
            found = self._studies[name] = _CitedStudy(self.ruleset.studies[name], enrolled, self)
        return found

    def entry(self, therapy: int, facts: Facts) -> tuple[ListName, Entry]:
        """One therapy's entry, with its list, as the bit tables read it; therapies count in the card's order."""
        placed = self._plans[therapy].placed(self.program.read(facts), facts)
        return placed.list, placed.entry

    def applicability(self, study: str, profile: Profile) -> Applicability:
        """Whether a patient is one that a study enrolled, also where no rule that applies cites it."""
        facts = facts_under(self.ruleset, profile)
        cited = self.cited(study)
        return cited.citation(cited.part(self.program.read(facts)), facts).applicability

    def evaluate(self, profile: Profile) -> Evaluation:
        """The answer for one profile. Raises `InternalError` where durable_rules and the plain reading differ."""
        facts = facts_under(self.ruleset, profile)
        reading = self.inference.read(facts)
        # Every plan is asked, also out of scope: an answer has each therapy in exactly one list, whatever the profile.
        lists: dict[ListName, Any] = {name: [] for name in ORDER}
        for plan in self._plans:
            placed = plan.placed(reading, facts)
            lists[placed.list].append(placed)
        derived: dict[str, Truth] = {}
        derived_from: dict[str, tuple[Reason, ...]] = {}
        for name, concept in self._concepts:
            verdict = reading.verdict(concept.goal)
            derived[name] = _TRUTHS[verdict]
            derived_from[name] = concept.reasons(concept.deciding(verdict, reading), facts)
        scope = _SCOPES[reading.verdict(self.program.goals[SCOPE])]
        return Evaluation(
            notice=self._notice,
            contract=CONTRACT,
            ruleset=self._identity,
            profile=profile,
            measured=profile.measurements,
            understood=profile.understood,
            warnings=profile.warnings,
            derived=derived,
            derived_from=derived_from,
            scope=scope,
            scope_needs=self.scope.needs(reading) if scope == "unknown" else (),
            scope_says=self.ruleset.card.out_of_scope if scope == "out" else "",
            # Every list of `ORDER` is a field of the result, so a new list cannot be forgotten here.
            **{name: _sorted(found) for name, found in lists.items()},
            notes=tuple([note for note, goal in self._notes if goal is None or reading.certain & goal.mark]),
            knowledge=self.ruleset,
        )


_TRUTHS: Mapping[Verdict, Truth] = {Verdict.TRUE: True, Verdict.FALSE: False, Verdict.UNKNOWN: "unknown"}
_SCOPES: Mapping[Verdict, Scope] = {Verdict.TRUE: "in", Verdict.FALSE: "out", Verdict.UNKNOWN: "unknown"}
_by_order = attrgetter("order")


def _sorted(placed: list[_Placed]) -> tuple[Entry, ...]:
    if len(placed) > 1:
        placed.sort(key=_by_order)
    return tuple([each.entry for each in placed])


def facts_under(ruleset: Ruleset, profile: Profile) -> Facts:
    """A profile's facts over a ruleset's fields: those it was not asked for are unknown."""
    # By identity: tables of fields are shared, and comparing them would cost more than the answer.
    return profile.facts if profile.fields is ruleset.fields else facts_of(profile.facts, ruleset.fields)


def identity(ruleset: Ruleset) -> RulesetIdentity:
    """Which ruleset answers."""
    card = ruleset.card
    cited = [ruleset.references[name].citation for name in card.sources if name in ruleset.references]
    sources = tuple([card.source.citation] if card.source else cited)
    return RulesetIdentity(card.id, card.version, card.as_of, sources, ruleset.digest, ruleset.folder)


def headed(ruleset: Ruleset) -> dict[str, Any]:
    """What a `RulesetResult` of a ruleset begins with."""
    return {"notice": notice(ruleset.card.as_of), "ruleset": identity(ruleset)}


def evaluator_of(ruleset: Ruleset) -> Evaluator:
    """The one evaluator of a ruleset: it is kept with the ruleset and goes with it.

    Without a lock, which a fork could leave held: threads that come first at the same moment each build one, and use one.
    """
    found: Evaluator | None = ruleset.__dict__.get("_evaluator")
    if found is None:
        found = ruleset.__dict__.setdefault("_evaluator", Evaluator(ruleset))
        _collect_dropped(found)
    return found


_ALIVE: weakref.WeakSet[Evaluator] = weakref.WeakSet()
_COLLECT_EVERY = 4


def _collect_dropped(newest: Evaluator) -> None:
    """Has rulesets collected that nobody uses any more.

    A ruleset and its evaluator hold each other, so only the garbage collector frees them, and it cannot see how much memory
    the engine's handles take: left alone it lets a hundred megabytes stand.
    """
    _ALIVE.add(newest)
    if len(_ALIVE) % _COLLECT_EVERY == 0:
        gc.collect()
