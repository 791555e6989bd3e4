"""The findings that are proved over the profile space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

from hepatica.assurance.check.findings import CheckFinding, finding
from hepatica.assurance.space import (
    Box,
    Packing,
    Region,
    RegionMaker,
    TooManyParts,
    WorkLimit,
    count,
    diagram_of,
    escapes,
    intersect,
    joined,
    simplest,
    space_of,
    subtract,
    uncovered,
)
from hepatica.assurance.version import Position, Progress, RuleRegions, RulesetVersion, position_of
from hepatica.evaluation import precedence
from hepatica.inference import SCOPE, Expander, FieldClasses, GoalKey, Verdict, classes_of, recorded
from hepatica.knowledge import CARD, AllOf, Condition, Rule, Study, Test, Therapy
from hepatica.patient import Facts, Fields, Interval, Profile, profile_from
from hepatica.problems import InvalidInput

REGION = "region"


class Proving:
    """One version's goals as regions of its profile space, made once and asked many times."""

    def __init__(self, version: RulesetVersion, work: WorkLimit, progress: Progress | None = None) -> None:
        self.version, self._progress = version, progress
        self._looked_at = 0
        self.ruleset = version.ruleset
        # An approval enrolled nobody, so it is no goal of the compiled rules: whom it is for is asked here alone.
        expander = Expander(self.ruleset.concept_conditions, version.fields)
        approvals = [one for one in map(self.ruleset.studies.__getitem__, version.citing) if one.kind == "regulatory_approval"]
        self.indications = {one.id: expander.expanded(_indication(one, version.fields)) for one in approvals}
        self.space = space_of((*version.program.tests, *expander.tests), version.fields, work=work)
        self.maker = RegionMaker(self.space)
        self.rules = RuleRegions(version, self.maker)
        self.packing = Packing(self.space)
        self.rank = {rule.id: precedence(rule, self.ruleset.studies) for rule in self.ruleset.rules.values()}
        self.position = {rule.id: position_of(rule) for rule in self.ruleset.rules.values()}
        self.unproved: list[str] = []
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

    def open(self, rules: Iterable[Rule]) -> list[Box]:
        """Where some rules that put their therapy into one position may apply, and none of them certainly does, by position."""
        groups: dict[Position, list[Rule]] = {}
        for rule in rules:
            groups.setdefault(self.position[rule.id], []).append(rule)
        return [box for group in groups.values() for box in self._open(tuple(rule.id for rule in group))]

    @lru_cache(maxsize=128)  # noqa: B019 - a check is over before long; rules of one position ask for the same rules of others
    def _open(self, rules: tuple[str, ...]) -> Sequence[Box]:
        region = joined(self.space, (self.rules[rule] for rule in rules))
        return diagram_of(self.space, [region], lambda found: found[0]).boxes().get(Verdict.UNKNOWN, ())

    def escapes(self, boxes: Sequence[Box], cuts: Sequence[Box], undecided: Sequence[Rule] = ()) -> bool:
        """Whether a part of some boxes lies outside some others, and where no position of some rules is open."""
        # Where rules are open takes long to tell, and most boxes do not come so far.
        found = escapes(self.packing, self.space, boxes, cuts)
        return found and (not undecided or escapes(self.packing, self.space, boxes, [*cuts, *self.open(undecided)]))

    def decides(self, therapy: Therapy, rule: Rule) -> bool:
        """See `_decides`; what is not settled at a bounded cost is noted in `unproved`, and taken for yes."""
        self._looked_at += 1
        if self._progress:
            self._progress(self._looked_at, len(self.ruleset.rules))
        try:
            return _decides(self, therapy, rule)
        except TooManyParts:
            self.unproved.append(rule.id)
            return True

    def boxes(self, rule: Rule) -> list[tuple[list[Box], list[Box]]]:
        """The certain and the possible boxes of each conjunction of a rule; one with an empty mask is empty."""
        return [self.maker.boxes(tests) for tests in self.version.conjunctions(GoalKey("rule", rule.id))]

    def left_over(self, rules: Iterable[Rule]) -> tuple[int, Box] | None:
        """The profiles certainly in scope for which none of some rules applies or may apply."""
        return uncovered(self.space, self.scope.certain, [box for rule in rules for box in self.rules[rule.id].possible])

    def about(self, code: str, rule: Rule, boxes: Sequence[Box], **names: str) -> CheckFinding:
        """A finding about a rule in a region, with its smallest profile."""
        witness = self.shown(simplest(self.space, boxes))
        return finding(code, self.place(rule), witness, count(self.space, boxes), rule=rule.id, **names)

    def before(self, first: Rule, second: Rule) -> bool:
        """Whether one rule decides before another where both apply."""
        return self.rank[first.id] < self.rank[second.id]

    def shown(self, box: Box) -> Mapping[str, Any]:
        """The smallest profile of a box as a document."""
        return Profile(self.space.facts(box), fields=self.space.fields).as_document()

    def place(self, rule: Rule) -> str:
        """Where a rule is written, as `file:line`; empty where that is not known."""
        return self.ruleset.places.get(f"rule/{rule.id}", "")


def never_applies(proving: Proving) -> Iterator[CheckFinding]:
    """Rules whose conditions exclude each other."""
    for rule in proving.ruleset.rules.values():
        if not proving.rules[rule.id].certain:
            sure = proving.boxes(rule)[0][0][0] if proving.boxes(rule) else proving.space.full
            near = tuple(mask or full for mask, full in zip(sure, proving.space.full, strict=True))
            yield finding("never-applies", proving.place(rule), proving.shown(near), 0, rule=rule.id)


def always_together(proving: Proving) -> Iterator[CheckFinding]:
    """Pairs of rules of one therapy that no profile tells apart."""
    for therapy in proving.ruleset.therapies.values():
        for first, second in _alike(proving, therapy):
            yield proving.about("always-together", first, proving.rules[first.id].certain, other=second.id)


def _alike(proving: Proving, therapy: Therapy) -> Iterator[tuple[Rule, Rule]]:
    # Alike are only rules that apply equally often; nearly all others are told apart by that.
    equal: dict[tuple[int, int], list[Rule]] = {}
    for rule in sorted(therapy.rules, key=lambda rule: rule.id):
        if proving.rules[rule.id].certain:
            equal.setdefault(proving.counts(rule.id), []).append(rule)
    pairs = (pair for rules in equal.values() for pair in combinations(rules, 2))
    for first, second in sorted(pairs, key=lambda pair: (pair[0].id, pair[1].id)):
        one, two = proving.rules[first.id], proving.rules[second.id]
        if one == two or _same(proving, one, two):
            yield first, second


def _same(proving: Proving, first: Region, second: Region) -> bool:
    return diagram_of(proving.space, [first, second], lambda verdicts: verdicts[0] is verdicts[1]).outcomes() == (True,)


def always_subsumed(proving: Proving) -> Iterator[CheckFinding]:
    """Rules that apply somewhere but put their therapy nowhere: another rule always stands before them."""
    for therapy in proving.ruleset.therapies.values():
        if len(therapy.rules) < 2:
            continue
        alike = {second.id for _, second in _alike(proving, therapy)}
        for rule in therapy.rules:
            if proving.rules[rule.id].certain and rule.id not in alike and not proving.decides(therapy, rule):
                yield _subsumed(proving, therapy, rule)


_OPEN = ("options", "trials")


def _decides(proving: Proving, therapy: Therapy, rule: Rule) -> bool:
    """Whether somewhere the therapy stands where this rule puts it and no rule of the same weight that precedes it holds.

    Told as an evaluation places a therapy: an option that holds decides; else what may still hold; else the first that does.
    """
    own, before, rank = proving.rules[rule.id], proving.before, proving.rank
    proving.space.work.spend(len(therapy.rules) // 4)
    others = [other for other in therapy.rules if other is not rule]
    earlier = [other for other in others if rank[other.id] < rank[rule.id]]
    options = [other for other in others if other.reaches in _OPEN]
    if rule.reaches in _OPEN:
        # An option decides where it is certain and nothing before it is, or may come true where no option is certain.
        undecided = [*own.certain, *proving.certain(options), *proving.possible(earlier)]
        return proving.escapes(own.certain, proving.certain(earlier)) or proving.escapes(own.possible, undecided)
    if proving.escapes(own.certain, proving.possible(others)):
        return True
    peers, unlike = _parted(others, lambda other: proving.position[other.id] == proving.position[rule.id])
    first = [other for other in peers if before(other, rule)]
    above, after = _parted(unlike, lambda other: before(other, rule))
    below = [other for other in after if other.reaches != "unreported"]
    # Everything before it must be out; what comes after it may hold, and may not be open.
    if proving.escapes(own.certain, [*proving.possible(above), *proving.certain(first)], below):
        return True
    stronger = [other for other in above if other.reaches not in _OPEN and other.standing != rule.standing]
    unsure = [*own.certain, *proving.certain(peers), *proving.possible(options), *proving.possible(first)]
    return rule.reaches != "unreported" and proving.escapes(own.possible, unsure, stronger)


def _parted(rules: Iterable[Rule], wanted: Callable[[Rule], bool]) -> tuple[list[Rule], list[Rule]]:
    """The rules that are wanted, and the others."""
    sides: tuple[list[Rule], list[Rule]] = [], []
    for rule in rules:
        sides[not wanted(rule)].append(rule)
    return sides


def _subsumed(proving: Proving, therapy: Therapy, rule: Rule) -> CheckFinding:
    where, before = proving.rules[rule.id].certain, proving.before
    stronger = [
        other
        for other in sorted(therapy.rules, key=lambda one: one.id)
        if other is not rule and before(other, rule) and intersect(proving.space, where, proving.rules[other.id].certain)
    ]
    cited = {study for other in stronger for study in other.cites}
    code = "always-subsumed" if cited.issuperset(rule.cites) else "never-decides"
    return proving.about(code, rule, where, others=" or ".join(other.id for other in stronger))


def no_option(proving: Proving) -> Iterator[CheckFinding]:
    """Patients in scope for whom nothing is or may be an option."""
    left = proving.left_over(rule for rule in proving.ruleset.rules.values() if rule.reaches in ("options", "trials"))
    if left is not None:
        yield finding("no-option", f"{CARD}:1", proving.shown(left[1]), left[0])


def outside_trials(proving: Proving) -> Iterator[CheckFinding]:
    """Options given beyond the populations of all the studies they rest on, without saying so."""
    for rule in proving.ruleset.rules.values():
        studies = _rests_on(rule, proving.ruleset.studies)
        if rule.reaches not in ("options", "trials") or not studies:
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
    for rule in proving.ruleset.rules.values():
        boxes = proving.boxes(rule)
        sure = [box for part, _ in boxes for box in part if all(box)]
        resolvable = [sum((axis.completable(side) for axis, side in space.sides(box)), ()) for box in sure]
        left = subtract(space, proving.rules[rule.id].possible, resolvable) if resolvable else []
        if left:
            # The fields on which an alternative asks for what no entry gives.
            asked = [box for part, may in boxes for box in part if any(map(all, may))]
            axes = [axis for at, axis in enumerate(space.axes) if not all(all(space.side(box, at)) for box in asked)]
            fields = [field.name for axis in axes for field in axis.fields]
            yield proving.about("unresolvable-unknown", rule, left, fields=" or ".join(fields))


def untested_thresholds(proving: Proving, tried: Sequence[Facts]) -> Iterator[CheckFinding]:
    """A finding for each threshold of a rule or the scope with a side that none of the profiles reaches.

    A threshold that only a study's population has changes no list, and needs no case.
    """
    program = proving.version.program
    read = 0
    for key, goal in program.goals.items():
        read |= goal.tests if key.kind in ("rule", "scope") else 0
    tests = [test for index, test in enumerate(program.tests) if read >> index & 1]
    for field in proving.version.fields.values():
        if field.kind in ("integer", "number"):
            classes = classes_of(field, tests)
            values = [facts[field.name] for facts in tried]
            reached = {classes.class_of(value) for value in values if not isinstance(value, Interval)}
            for threshold in classes.thresholds:
                missing = {side: index for side, index in _sides(classes, threshold).items() if index not in reached}
                if missing:
                    yield _untested(proving, classes, threshold, missing)


def _sides(classes: FieldClasses, threshold: float) -> dict[str, int]:
    """The classes just below, at and above a threshold, as far as the field can take such values."""
    at = classes.class_of(threshold)
    every = {"below": at - 1, "exactly at": at, "above": at + 1}
    return {side: index for side, index in every.items() if 1 <= index < len(classes.samples)}


def _untested(proving: Proving, classes: FieldClasses, threshold: float, missing: dict[str, int]) -> CheckFinding:
    name, program = classes.field.name, proving.version.program
    wanted = sum(1 << n for n, test in enumerate(program.tests) if test.field == name and threshold in test.operands)
    rules = proving.ruleset.rules.values()
    first = next((rule for rule in rules if program.goals[GoalKey("rule", rule.id)].tests & wanted), None)
    facts = proving.space.total({name: classes.samples[next(iter(missing.values()))]})
    witness = Profile(facts, fields=proving.version.fields).as_document()
    place = proving.place(first) if first is not None else ""
    return finding("untested-threshold", place, witness, field=name, sides=" or ".join(missing), value=f"{threshold:g}")


PROOFS: tuple[Callable[[Proving], Iterator[CheckFinding]], ...] = (
    never_applies,
    always_subsumed,
    always_together,
    no_option,
    outside_trials,
    unresolvable_unknown,
)
