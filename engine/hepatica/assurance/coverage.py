"""What case tables exercise. A case counts for a rule only where it says what it expects of the rule's therapy.

Measured are, for each decision (rule, concept, scope): its verdicts (true, false, unknown); each single condition true,
false and unknown; and each condition's MC/DC pair. The pair is masking MC/DC: one case in which the condition is true and
one in which it is false, in each of which it alone decides: with the other conditions as they are in that case, the
decision is true where the condition has one truth and false where it has the other. A concept is one condition of the
decision that names it and a decision of its own. What no consistent profile can show is proved so and not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from hepatica.assurance.cases import PatientCase, Pin
from hepatica.assurance.decisions import Decision, decisions
from hepatica.assurance.space import outcomes
from hepatica.evaluation import RulesetResult, headed
from hepatica.inference import Verdict, read
from hepatica.knowledge import AllOf, AnyOf, Condition, Ruleset, condition_words
from hepatica.patient import Fields, Profile
from hepatica.problems import InvalidInput
from hepatica.records import Hidden, record

Measure = Literal["decision", "condition", "mcdc"]
MEASURES: tuple[Measure, ...] = ("decision", "condition", "mcdc")
TRUE, FALSE = AllOf(parts=()), AnyOf(parts=())


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
class CoverageResult(RulesetResult):
    """Every goal that can be reached, by whether it is, and those proved impossible. `passed`: not below the threshold."""

    cases: int
    percent: float
    threshold: float | None
    passed: bool
    measures: Mapping[Measure, MeasureCount]
    missing: tuple[MissingGoal, ...]
    impossible: tuple[CoverageGoal, ...]
    reached: tuple[ReachedGoal, ...]


def measure(ruleset: Ruleset, cases: Sequence[PatientCase], threshold: float | None = None) -> CoverageResult:
    """The coverage of a ruleset by cases. Raises `InvalidInput` where there is no case: nothing would be measured."""
    if not cases:
        raise InvalidInput.at(ruleset.card.id, "no-cases", "there is no case to measure")
    found = [one for decision in measured_decisions(ruleset) for one in _of_decision(decision, cases, ruleset)]
    missing = tuple(one for one in found if isinstance(one, MissingGoal))
    reached = tuple(one for one in found if isinstance(one, ReachedGoal))
    counts = {name: _counts(name, reached, missing) for name in MEASURES}
    total = sum(count.reachable for count in counts.values())
    share = 100 * sum(count.reached for count in counts.values()) / total if total else 100.0
    return CoverageResult(
        **headed(ruleset),
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


def measured_decisions(ruleset: Ruleset) -> Iterator[Decision]:
    """What is measured: the scope, the concepts and the rules."""
    scope, *others = decisions(ruleset)
    yield scope
    for one in others:
        if one.goal.kind == "rule":
            # Every rule asks for the scope first: a rule's decision is both, and so are the places of its conditions.
            both = AllOf(parts=(scope.condition, one.condition))
            yield replace(one, condition=both, places=(*scope.places, *one.places))
        elif one.goal.kind == "concept":
            yield one


Found = MissingGoal | ReachedGoal | CoverageGoal


def _of_decision(decision: Decision, cases: Sequence[PatientCase], ruleset: Ruleset) -> Iterator[Found]:
    # A case that happens to reach a rule and asks nothing of its therapy would pass whatever the rule says.
    cases = [case for case in cases if case.speaks_of(decision.subject)]
    verdicts: list[tuple[Measure, Verdict]] = [("decision", verdict) for verdict in Verdict]
    yield from _held(_goals(decision, -1, verdicts, ruleset.fields), (decision.condition,), cases, ruleset)
    for index, leaf in enumerate(decision.conditions):
        parts = (leaf, decision.with_condition(index, TRUE), decision.with_condition(index, FALSE))
        verdicts = [*(("condition", verdict) for verdict in Verdict), ("mcdc", Verdict.TRUE), ("mcdc", Verdict.FALSE)]
        found = list(_held(_goals(decision, index, verdicts, ruleset.fields), parts, cases, ruleset))
        # An MC/DC pair of which one half is impossible is impossible as a whole.
        broken = any(isinstance(one, CoverageGoal) and one.measure == "mcdc" for one in found)
        for one in found:
            goal = one if isinstance(one, CoverageGoal) else one.goal
            yield goal if broken and goal.measure == "mcdc" else one


def _goals(decision: Decision, index: int, wanted: Iterable[tuple[Measure, Verdict]], fields: Fields) -> Iterator[CoverageGoal]:
    words = condition_words(decision.conditions[index], fields) if index >= 0 else ""
    for measured, verdict in wanted:
        yield CoverageGoal(
            place=decision.place_at(index),
            decision=str(decision.goal),
            measure=measured,
            condition=words,
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
