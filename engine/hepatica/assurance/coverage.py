"""What case tables exercise. A case counts for a rule only where it says what it expects of the rule's therapy.

Measured are, for each decision (rule, concept, scope): its verdicts (true, false, unknown); each single condition true,
false and unknown; and each condition's MC/DC pair. The pair is masking MC/DC: one case in which the condition is true and
one in which it is false, in each of which it alone decides: with the other conditions as they are in that case, the
decision is true where the condition has one truth and false where it has the other. A concept is one condition of the
decision that names it and a decision of its own. What no consistent profile can show is proved so and not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from hepatica.assurance.cases import PatientCase, Pin
from hepatica.assurance.places import Places, place_of
from hepatica.assurance.space import outcomes
from hepatica.assurance.version import Subject
from hepatica.evaluation import RulesetIdentity, identity
from hepatica.inference import SCOPE, GoalKey, Verdict, read
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Ruleset, Test, condition_words, leaves
from hepatica.notice import notice
from hepatica.patient import Fields, Profile
from hepatica.problems import InvalidInput, Problem
from hepatica.records import Hidden, record

Measure = Literal["decision", "condition", "mcdc"]
MEASURES: tuple[Measure, ...] = ("decision", "condition", "mcdc")
Leaf = Test | ConceptTest
TRUE, FALSE = AllOf(parts=()), AnyOf(parts=())


@record(eq=False)
class Decision:
    """One decision: a rule's condition (with the scope, which comes first in it), a concept's, or the scope.

    `subject` is what a case must speak of to count; `places` say where the single conditions are written, as far as known.
    """

    goal: GoalKey
    subject: Subject
    condition: Condition
    place: str
    places: tuple[str, ...] = ()

    @cached_property
    def conditions(self) -> tuple[Leaf, ...]:
        """The single conditions in order of writing; a concept counts as one."""
        return tuple(leaves(self.condition))

    def with_condition(self, index: int, constant: Condition) -> Condition:
        """The decision with one single condition replaced."""
        return _replaced(self.condition, index, constant)[0]


@record(kw_only=True)
class CoverageGoal:
    """One thing to be shown: a decision's verdict (no `condition`), a condition's, or a condition deciding alone."""

    place: str
    decision: str
    measure: Measure
    condition: str
    verdict: str
    index: Hidden[int]
    of: Hidden[Decision]


@record(kw_only=True)
class ReachedGoal:
    """A goal that some cases reach, the first of them by its place."""

    goal: CoverageGoal
    cases: int
    first_case: str


@record(kw_only=True)
class MissingGoal:
    """A goal that no case reaches, and a simplest profile that would."""

    goal: CoverageGoal
    witness: Mapping[str, Any]
    pin: Hidden[Pin]


@record(kw_only=True)
class MeasureCount:
    """Reached and reachable goals of a measure; MC/DC counts pairs, reached when both halves are."""

    reached: int
    reachable: int


@record(kw_only=True)
class CoverageResult:
    """Every goal that can be reached, by whether it is, and those proved impossible. `passed`: not below the threshold."""

    notice: str
    ruleset: RulesetIdentity
    cases: int
    percent: float
    threshold: float | None
    passed: bool
    measures: Mapping[Measure, MeasureCount]
    missing: tuple[MissingGoal, ...]
    impossible: tuple[CoverageGoal, ...]
    reached: tuple[ReachedGoal, ...]


def measure(
    ruleset: Ruleset,
    cases: Sequence[PatientCase],
    places: Places = MappingProxyType({}),
    threshold: float | None = None,
) -> CoverageResult:
    """The coverage of a ruleset by cases; `places` says where its single conditions are written.

    Raises `InvalidInput` where there is no case: nothing would be measured.
    """
    if not cases:
        raise InvalidInput([Problem(ruleset.card.id, 1, 1, "no-cases", "there is no case to measure")])
    found = [one for decision in decisions(ruleset, places) for one in _of_decision(decision, cases, ruleset)]
    missing = tuple(one for one in found if isinstance(one, MissingGoal))
    reached = tuple(one for one in found if isinstance(one, ReachedGoal))
    counts = {name: _counts(name, reached, missing) for name in MEASURES}
    total = sum(count.reachable for count in counts.values())
    share = 100 * sum(count.reached for count in counts.values()) / total if total else 100.0
    return CoverageResult(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        cases=len(cases),
        percent=rounded_down(share),
        threshold=threshold,
        passed=threshold is None or share >= threshold,
        measures=counts,
        missing=missing,
        impossible=tuple(one for one in found if isinstance(one, CoverageGoal)),
        reached=reached,
    )


def rounded_down(share: float) -> float:
    """A share in percent with one decimal; 100.0 means all."""
    # Rounded to the nearest, 1,999 of 2,000 would read as all of them.
    return int(share * 10) / 10


def _counts(measured: Measure, reached: Sequence[ReachedGoal], missing: Sequence[MissingGoal]) -> MeasureCount:
    groups: dict[tuple[str, int, str], list[bool]] = {}
    for goal, met in (*((one.goal, True) for one in reached), *((one.goal, False) for one in missing)):
        if goal.measure == measured:
            # The two halves of an MC/DC pair are one goal.
            half = "" if measured == "mcdc" else goal.verdict
            groups.setdefault((goal.decision, goal.index, half), []).append(met)
    return MeasureCount(reached=sum(map(all, groups.values())), reachable=len(groups))


def decisions(ruleset: Ruleset, places: Places = MappingProxyType({})) -> list[Decision]:
    """Scope, concepts and rules of a ruleset; `places` are those of their single conditions, as far as known."""
    scope = ruleset.card.scope
    found = [Decision(SCOPE, Subject("scope"), scope, place_of(ruleset, SCOPE), places.get(SCOPE, ()))]
    for concept in ruleset.concepts.values():
        key = GoalKey("concept", concept.id)
        found.append(Decision(key, Subject("concept", concept.id), concept.when, place_of(ruleset, key), places.get(key, ())))
    for therapy, rule in ruleset.rules_with_therapy():
        key = GoalKey("rule", rule.id)
        # Every rule asks for the scope first: a rule's decision is both, and so are the places of its conditions.
        own, both = (*places.get(SCOPE, ()), *places.get(key, ())), AllOf(parts=(scope, rule.when))
        found.append(Decision(key, Subject("therapy", therapy.id), both, place_of(ruleset, key), own))
    return found


def _speaks(case: PatientCase, subject: Subject) -> bool:
    if subject.kind == "therapy":
        return case.speaks_of(subject.id)
    return subject.id in case.expected.derived if subject.kind == "concept" else case.expected.scope is not None


def _replaced(condition: Condition, index: int, constant: Condition) -> tuple[Condition, int]:
    """The condition with leaf `index` replaced, and how many leaves are left to pass by."""
    if isinstance(condition, NotOf):
        part, index = _replaced(condition.part, index, constant)
        return NotOf(part=part), index
    if isinstance(condition, (AllOf, AnyOf)):
        parts = []
        for part in condition.parts:
            changed, index = _replaced(part, index, constant)
            parts.append(changed)
        return type(condition)(parts=tuple(parts)), index
    return (constant if index == 0 else condition), index - 1


Found = MissingGoal | ReachedGoal | CoverageGoal


def _of_decision(decision: Decision, cases: Sequence[PatientCase], ruleset: Ruleset) -> Iterator[Found]:
    # A case that happens to reach a rule and asks nothing of its therapy would pass whatever the rule says.
    cases = [case for case in cases if _speaks(case, decision.subject)]
    wanted = [_goal(decision, "decision", -1, verdict, ruleset.fields) for verdict in Verdict]
    yield from _held(wanted, (decision.condition,), cases, ruleset)
    for index, leaf in enumerate(decision.conditions):
        parts = (leaf, decision.with_condition(index, TRUE), decision.with_condition(index, FALSE))
        wanted = [_goal(decision, "condition", index, verdict, ruleset.fields) for verdict in Verdict]
        wanted += [_goal(decision, "mcdc", index, verdict, ruleset.fields) for verdict in (Verdict.TRUE, Verdict.FALSE)]
        yield from _pairs_whole(list(_held(wanted, parts, cases, ruleset)))


def _goal(decision: Decision, measured: Measure, index: int, verdict: Verdict, fields: Fields) -> CoverageGoal:
    return CoverageGoal(
        place=decision.places[index] if 0 <= index < len(decision.places) else decision.place,
        decision=str(decision.goal),
        measure=measured,
        condition=condition_words(decision.conditions[index], fields) if index >= 0 else "",
        verdict=verdict.value,
        index=index,
        of=decision,
    )


def _held(
    wanted: Iterable[CoverageGoal], parts: Sequence[Condition], cases: Sequence[PatientCase], ruleset: Ruleset
) -> Iterator[Found]:
    """For each goal the cases that reach it, or a profile that would, or the goal itself where no consistent profile can."""
    concepts = ruleset.concept_conditions
    possible = outcomes(parts, concepts, _outcome, ruleset.fields)
    seen = [(case, _outcome(tuple(read(part, case.profile.facts, concepts) for part in parts))) for case in cases]
    for goal in wanted:
        witness = next((facts for outcome, facts in possible.items() if _reaches(goal, outcome)), None)
        met = [case for case, outcome in seen if _reaches(goal, outcome)]
        if witness is None:
            yield goal
        elif met:
            yield ReachedGoal(goal=goal, cases=len(met), first_case=met[0].place)
        else:
            shown = Profile(witness, fields=ruleset.fields).as_document()
            yield MissingGoal(goal=goal, witness=shown, pin=Pin(witness, goal.of.subject))


def _outcome(found: tuple[Verdict, ...]) -> tuple[Verdict, bool]:
    """The verdict of the part looked at, and whether it alone decides."""
    # The parts are the condition itself, and the decision with that condition set to true, and to false.
    alone = len(found) > 1 and {found[1], found[2]} == {Verdict.TRUE, Verdict.FALSE}
    return found[0], alone


def _reaches(goal: CoverageGoal, outcome: tuple[Verdict, bool]) -> bool:
    verdict, alone = outcome
    return verdict.value == goal.verdict and (alone or goal.measure != "mcdc")


def _pairs_whole(found: list[Found]) -> Iterator[Found]:
    """An MC/DC pair of which one half is impossible is impossible as a whole."""
    broken = any(isinstance(one, CoverageGoal) and one.measure == "mcdc" for one in found)
    for one in found:
        goal = one if isinstance(one, CoverageGoal) else one.goal
        yield goal if broken and goal.measure == "mcdc" else one
