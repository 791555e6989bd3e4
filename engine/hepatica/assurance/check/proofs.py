"""The findings that are proved over the profile space."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from itertools import combinations
from operator import eq
from typing import Any

from hepatica.assurance.check.findings import CheckFinding, finding
from hepatica.assurance.space import (
    HOLDS,
    OPEN,
    Box,
    Diagram,
    Diagrams,
    Region,
    RegionMaker,
    TooManyParts,
    WorkLimit,
    count,
    escaping,
    intersect,
    simplest,
    space_of,
    subtract,
    sum_or,
    uncovered,
)
from hepatica.assurance.version import Progress, RuleRegions, RulesetVersion
from hepatica.evaluation import ORDER, ListName
from hepatica.inference import SCOPE, Expander, GoalKey, classes_of, recorded
from hepatica.knowledge import CARD, STANDINGS, AllOf, Condition, Rule, Study, Test, Therapy
from hepatica.patient import Facts, Fields, Interval, Profile, profile_from
from hepatica.problems import InvalidInput
from hepatica.wording import grouped

REGION = "region"


class Proving:
    """One version's goals as regions of its profile space, made once and asked many times; `tried` are the profiles of cases.

    `known` are therapies of which nothing needs proving; their rules are still beside those of the others.
    """

    def __init__(
        self,
        version: RulesetVersion,
        tried: Sequence[Facts],
        work: WorkLimit,
        progress: Progress | None = None,
        known: Collection[str] = (),
    ) -> None:
        self.version, self.ruleset, self.tried, self._progress = version, version.ruleset, tried, progress
        self.therapies = [therapy for therapy in self.ruleset.therapies.values() if therapy.id not in known]
        self.own = [rule for therapy in self.therapies for rule in therapy.rules]
        self.order = {therapy.id: version.in_order(therapy.id) for therapy in self.therapies}
        # An approval enrolled nobody, so it is no goal of the compiled rules: whom it is for is asked here alone.
        expander = Expander(self.ruleset.concept_conditions, version.fields)
        approvals = [one for one in map(self.ruleset.studies.__getitem__, version.citing) if one.kind == "regulatory_approval"]
        self.indications = {one.id: expander.expanded(_indication(one, version.fields)) for one in approvals}
        self.space = space_of((*version.program.tests, *expander.tests), version.fields, work=work)
        self.maker = RegionMaker(self.space)
        self.rules = RuleRegions(version, self.maker)
        self.unproved: list[str] = []
        self._looked_at = 0
        self._diagrams: dict[str, Diagrams] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    @cached_property
    def scope(self) -> Region:
        """Where the scope holds."""
        return self.maker.region(self.version.conjunctions(SCOPE))

    def counts(self, rule: str) -> tuple[int, int]:
        """How many profiles a rule certainly applies to, and how many it may apply to."""
        if rule not in self._counts:
            region = self.rules[rule]
            self._counts[rule] = count(self.space, region.certain), count(self.space, region.possible)
        return self._counts[rule]

    def certain(self, rules: Iterable[Rule]) -> list[Box]:
        """Where at least one of some rules applies."""
        return [box for rule in rules for box in self.rules[rule.id].certain]

    def possible(self, rules: Iterable[Rule]) -> list[Box]:
        """Where at least one of some rules may apply."""
        return [box for rule in rules for box in self.rules[rule.id].possible]

    def diagrams(self, therapy: Therapy) -> Diagrams:
        """What the rules of a therapy are held against each other with."""
        if therapy.id not in self._diagrams:
            # Those of one therapy are as large as all the rest: the last one's are enough.
            self._diagrams = {therapy.id: Diagrams(self.space, self.possible(therapy.rules), f"therapy {therapy.id}")}
        return self._diagrams[therapy.id]

    def decides(self, therapy: Therapy, rule: Rule) -> bool:
        """Whether the rule decides somewhere, as an evaluation places a therapy (`evaluation.judged`).

        What is not settled at a bounded cost is noted in `unproved`, and taken for yes.
        """
        self._looked_at += 1
        if self._progress:
            self._progress(self._looked_at, len(self.own))
        try:
            return any(self._escapes(therapy, rule, bit) for bit in (HOLDS, OPEN))
        except TooManyParts:
            self.unproved.append(rule.id)
            return True

    def _escapes(self, therapy: Therapy, rule: Rule, bit: int) -> bool:
        """Whether a rule that holds, or is open, is somewhere the first to reach a list while none reaches a better one."""
        order, own = self.order[therapy.id], self.rules[rule.id]
        self.space.work.spend(len(order) // 4)
        place = next(at for at, one in enumerate(order) if one is rule)
        sides = ((order[:place], True), (order[place + 1 :], False))
        mine = _ranks(rule.reaches)[bit]
        barred = grouped((_barring(one.reaches, mine, before), one) for rules, before in sides for one in rules)
        # Of another that may neither hold nor be open no part of its region is left.
        cuts = [*self.possible(barred.get((HOLDS, OPEN), ())), *self.certain(barred.get((HOLDS,), ()))]
        cuts += own.certain if bit == OPEN else ()
        undecided = barred.get((OPEN,), [])
        boxes = own.certain if bit == HOLDS else own.possible
        # Where rules are open takes long to tell: mostly some part lies outside all that they may be.
        if next(escaping(self.space, boxes, [*cuts, *self.possible(undecided)]), None) is not None:
            return True
        if not undecided:
            return False
        made = self.diagrams(therapy)
        still = made.joined([made.where(made.region(self.rules[one.id]), OPEN) for one in undecided])
        parts = escaping(self.space, boxes, cuts)
        free = (made.combined((made.box(part), still), lambda inside, open_: inside and not open_) for part in parts)
        return any(True in Diagram(made, one).outcomes() for one in free)

    def boxes(self, rule: Rule) -> list[tuple[Box, Box]]:
        """The certain and the possible box of each conjunction of a rule; one with an empty side is empty."""
        return [self.maker.boxes(tests) for tests in self.version.conjunctions(GoalKey("rule", rule.id))]

    def left_over(self, standings: Collection[str]) -> tuple[int, Box] | None:
        """The profiles certainly in scope for which no option of some standings applies or may apply."""
        rules = [one for one in self.ruleset.rules.values() if one.reaches in _OPEN and one.standing in standings]
        return uncovered(self.space, self.scope.certain, self.possible(rules))

    def about(self, code: str, rule: Rule, boxes: Sequence[Box], **names: str) -> CheckFinding:
        """A finding about a rule in a region, with its smallest profile."""
        witness = self.shown(simplest(self.space, boxes))
        return finding(code, self.place("rule", rule.id), witness, count(self.space, boxes), rule=rule.id, **names)

    def shown(self, box: Box) -> Mapping[str, Any]:
        """The smallest profile of a box as a document."""
        return Profile(self.space.facts(box), fields=self.space.fields).as_document()

    def place(self, kind: str, name: str) -> str:
        """Where a rule, a study and so on is written, as `file:line`; empty where that is not known."""
        return self.ruleset.places.get(f"{kind}/{name}", "")


_OPEN = ("options", "trials")


@cache
def _ranks(reaches: ListName) -> Mapping[int, int]:
    """The places among the lists that a rule puts its therapy into where it holds, and is open: see `evaluation.judged`."""
    return {HOLDS: ORDER[reaches], OPEN: ORDER[reaches if reaches == "unreported" else "possible"]}


@cache
def _barring(reaches: ListName, rank: int, before: bool) -> tuple[int, ...]:
    """How a rule keeps another from deciding in a list: where it reaches a better one, or this one before the other."""
    return tuple(bit for bit, reached in _ranks(reaches).items() if reached < rank or (before and reached == rank))


def never_applies(proving: Proving) -> Iterator[CheckFinding]:
    """Rules whose conditions exclude each other."""
    for rule in proving.own:
        if not proving.rules[rule.id].certain:
            sure = proving.boxes(rule)[0][0] if proving.boxes(rule) else proving.space.full
            near = tuple(mask or full for mask, full in zip(sure, proving.space.full, strict=True))
            yield finding("never-applies", proving.place("rule", rule.id), proving.shown(near), 0, rule=rule.id)


def beside_each_other(proving: Proving) -> Iterator[CheckFinding]:
    """Pairs of rules of one therapy that no profile tells apart, and rules that apply somewhere but put their therapy nowhere:
    another one always stands before them."""
    for therapy in proving.therapies:
        pairs = list(_alike(proving, therapy))
        for first, second in pairs:
            yield proving.about("always-together", first, proving.rules[first.id].certain, other=second.id)
        alike = {second.id for _, second in pairs}
        for rule in therapy.rules if len(therapy.rules) > 1 else ():
            where = proving.rules[rule.id].certain
            if where and rule.id not in alike and not proving.decides(therapy, rule):
                order = proving.order[therapy.id]
                stronger = [
                    other
                    for other in sorted(order[: order.index(rule)], key=lambda one: one.id)
                    if intersect(proving.space, where, proving.rules[other.id].certain)
                ]
                cited = {study for other in stronger for study in other.cites}
                code = "always-subsumed" if cited.issuperset(rule.cites) else "never-decides"
                yield proving.about(code, rule, where, others=" or ".join(other.id for other in stronger))


def _alike(proving: Proving, therapy: Therapy) -> Iterator[tuple[Rule, Rule]]:
    # Alike are only rules that apply equally often; nearly all others are told apart by that.
    equal: dict[tuple[int, int], list[Rule]] = {}
    for rule in sorted(therapy.rules, key=lambda rule: rule.id):
        if proving.rules[rule.id].certain:
            equal.setdefault(proving.counts(rule.id), []).append(rule)
    pairs = (pair for rules in equal.values() for pair in combinations(rules, 2))
    for first, second in sorted(pairs, key=lambda pair: (pair[0].id, pair[1].id)):
        made = proving.diagrams(therapy)
        sides = [made.region(proving.rules[rule.id]) for rule in (first, second)]
        if Diagram(made, made.combined(sides, eq)).outcomes() == (True,):
            yield first, second


def no_option(proving: Proving) -> Iterator[CheckFinding]:
    """Patients in scope for whom nothing is or may be an option."""
    left = proving.left_over(STANDINGS)
    if left is not None:
        yield finding("no-option", f"{CARD}:1", proving.shown(left[1]), left[0])


def outside_trials(proving: Proving) -> Iterator[CheckFinding]:
    """Options given beyond the populations of all the studies they rest on, without saying so."""
    for rule in proving.own:
        studies = _rests_on(rule, proving.ruleset.studies)
        if rule.reaches not in _OPEN or not studies:
            continue
        stated = [boxes for study in studies if (boxes := _enrolled(proving, rule, study)) is not None]
        if len(stated) == len(studies):
            left = subtract(proving.space, proving.rules[rule.id].certain, (box for boxes in stated for box in boxes))
            if left:
                yield proving.about("outside-trials", rule, left, studies=", ".join(study.id for study in studies))


def _rests_on(rule: Rule, studies: Mapping[str, Study]) -> list[Study]:
    """The studies a rule's promise is held to: its ongoing trials, its approvals, or all that it cites."""
    cited = [studies[name] for name in rule.cites]
    if rule.standing == "in_trial":
        return [study for study in cited if study.status in ("ongoing", "planned")]
    if rule.standing == "licensed":
        return [study for study in cited if study.kind == "regulatory_approval"]
    return cited


def _indication(approval: Study, fields: Fields) -> Condition:
    """Whom an approval is for: what is recorded of that, and its region where that reads as one that a patient can have."""
    stated = recorded(approval)
    parts = [stated] if stated is not None else []
    if approval.approval is not None and REGION in fields:
        with suppress(InvalidInput):
            region = profile_from({REGION: approval.approval.region}, fields=fields).facts[REGION]
            parts += [Test(REGION, "in", (str(region),))] if region is not None else []
    return AllOf(tuple(parts))


def _enrolled(proving: Proving, rule: Rule, study: Study) -> list[Box] | None:
    """Whom a study may have enrolled, widened in what the rule says it extrapolates; None where nothing is stated."""
    tests = proving.indications.get(study.id) or proving.version.conjunctions(GoalKey("study", study.id))
    if not any(tests):
        return None
    excused = rule.extrapolates
    boxes = list(proving.maker.region(tests).possible)
    if excused is None or (excused.studies and study.id not in excused.studies):
        return boxes
    if not excused.fields:
        return [proving.space.full]
    space = proving.space
    for axis in {space.axis_of[name] for name in excused.fields if name in space.axis_of}:
        boxes = [space.replaced(box, axis, space.axes[axis].full) for box in boxes]
    return boxes


def unresolvable_unknown(proving: Proving) -> Iterator[CheckFinding]:
    """Rules that apply somewhere, yet stay open at a profile although no completion of it makes them apply."""
    space = proving.space
    for rule in proving.own:
        boxes = proving.boxes(rule)
        resolvable = [tuple(axis.completable(side) for axis, side in space.sides(box)) for box, _ in boxes if all(box)]
        left = subtract(space, proving.rules[rule.id].possible, resolvable) if resolvable else []
        if left:
            # The fields on which an alternative asks for what no entry gives.
            asked = [box for box, may in boxes if all(may)]
            axes = [axis for axis, *sides in zip(space.axes, *asked, strict=True) if not all(sides)]
            fields = [field.name for axis in axes for field in axis.fields]
            yield proving.about("unresolvable-unknown", rule, left, fields=" or ".join(fields))


def untested_thresholds(proving: Proving) -> Iterator[CheckFinding]:
    """A finding for each threshold of a rule or the scope with a side that no case reaches.

    A threshold that only a study's population has changes no list, and needs no case.
    """
    version = proving.version
    read = sum_or(goal.tests for key, goal in version.program.goals.items() if key.kind in ("rule", "scope"))
    tests = [test for index, test in enumerate(version.program.tests) if read >> index & 1]
    for field in version.fields.values():
        if field.kind not in ("integer", "number"):
            continue
        name, classes = field.name, classes_of(field, tests)
        reached = {classes.class_of(facts[name]) for facts in proving.tried if not isinstance(facts[name], Interval)}
        for threshold in classes.thresholds:
            # The classes just below, at and above it, as far as the field can take such values.
            at = classes.class_of(threshold)
            sides = {"below": at - 1, "exactly at": at, "above": at + 1}
            missing = {side: n for side, n in sides.items() if 1 <= n < len(classes.samples) and n not in reached}
            if missing:
                told = ((rule, version.conjunctions(GoalKey("rule", rule))) for rule in proving.ruleset.rules)
                asking = (
                    rule
                    for rule, parts in told
                    if any(test.field == name and threshold in test.operands for tests in parts for test in tests)
                )
                facts = proving.space.total({name: classes.samples[next(iter(missing.values()))]})
                witness, value = Profile(facts, fields=version.fields).as_document(), f"{threshold:g}"
                place = proving.place("rule", next(asking, ""))
                yield finding("untested-threshold", place, witness, field=name, sides=" or ".join(missing), value=value)


PROOFS: tuple[Callable[[Proving], Iterator[CheckFinding]], ...] = (
    never_applies,
    beside_each_other,
    no_option,
    outside_trials,
    unresolvable_unknown,
    untested_thresholds,
)
OF_RULES = ("never-applies", "always-together", "always-subsumed", "never-decides", "outside-trials", "unresolvable-unknown")
"""Findings about one rule, or rules of one therapy, whatever those of other therapies say."""
