"""What case tables exercise. A case counts for a rule only where it says what it expects of the rule's therapy.

Measured are, for each decision (rule, concept, scope): its verdicts (true, false, unknown); each single condition true,
false and unknown; and each condition's MC/DC pair. The pair is masking MC/DC: one case in which the condition is true and
one in which it is false, in each of which it alone decides: with the other conditions as they are in that case, the
decision is true where the condition has one truth and false where it has the other. A concept is one condition of the
decision that names it and a decision of its own. What no consistent profile can show is proved so and not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from hepatica.assurance.cases.case import Case
from hepatica.assurance.cases.pinned import Pin
from hepatica.assurance.coverage.decisions import FALSE, TRUE, Decision, decisions, speaks, verdicts
from hepatica.assurance.coverage.places import Places
from hepatica.assurance.space.where import outcomes
from hepatica.inference import Verdict
from hepatica.knowledge import Condition, Ruleset
from hepatica.patient import Facts

Measure = Literal["decision", "condition", "mcdc"]
MEASURES: tuple[Measure, ...] = ("decision", "condition", "mcdc")


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to be shown: a decision's verdict (`index` -1), a condition's, or a condition deciding alone."""

    decision: Decision
    measure: Measure
    index: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Shown:
    """A goal that can be reached: by which cases it is (none: a gap), and a simplest profile that would."""

    goal: Goal
    cases: tuple[Case, ...]
    witness: Facts

    @property
    def pin(self) -> Pin:
        """What to write down so that the goal is reached."""
        return Pin(self.witness, self.goal.decision.subject)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every goal that can be reached, and those proved impossible."""

    shown: tuple[Shown, ...]
    impossible: tuple[Goal, ...]

    def gaps(self) -> tuple[Shown, ...]:
        """The goals that no case reaches."""
        return tuple(one for one in self.shown if not one.cases)

    def counts(self, measure: Measure) -> tuple[int, int]:
        """Reached and reachable goals of a measure; MC/DC counts pairs, reached when both halves are."""
        own = [one for one in self.shown if one.goal.measure == measure]
        if measure != "mcdc":
            return sum(bool(one.cases) for one in own), len(own)
        pairs: dict[tuple[str, int], list[bool]] = {}
        for one in own:
            pairs.setdefault((one.goal.decision.name, one.goal.index), []).append(bool(one.cases))
        return sum(map(all, pairs.values())), len(pairs)

    @property
    def percent(self) -> float:
        """Reached of reachable goals over all measures, in percent."""
        counted = [self.counts(measure) for measure in MEASURES]
        total = sum(all_ for _, all_ in counted)
        return 100 * sum(reached for reached, _ in counted) / total if total else 100.0


def measure(ruleset: Ruleset, cases: Sequence[Case], places: Places = MappingProxyType({})) -> Coverage:
    """The coverage of a ruleset by cases; `places` says where its single conditions are written."""
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    shown: list[Shown] = []
    impossible: list[Goal] = []
    for decision in decisions(ruleset, places):
        speaking = [case for case in cases if speaks(case, decision.subject)]
        for found in _of_decision(decision, speaking, concepts):
            if isinstance(found, Goal):
                impossible.append(found)
            else:
                shown.append(found)
    return Coverage(tuple(shown), tuple(impossible))


def _of_decision(decision: Decision, cases: Sequence[Case], concepts: Mapping[str, Condition]) -> Iterator[Shown | Goal]:
    parts: tuple[Condition, ...] = (decision.condition,)
    wanted = [Goal(decision, "decision", -1, verdict) for verdict in Verdict]
    yield from _held(wanted, parts, cases, concepts)
    for index, leaf in enumerate(decision.conditions):
        parts = (leaf, decision.with_condition(index, TRUE), decision.with_condition(index, FALSE))
        wanted = [Goal(decision, "condition", index, verdict) for verdict in Verdict]
        wanted += [Goal(decision, "mcdc", index, verdict) for verdict in (Verdict.TRUE, Verdict.FALSE)]
        yield from _pairs_whole(list(_held(wanted, parts, cases, concepts)))


def _held(
    wanted: Iterable[Goal], parts: Sequence[Condition], cases: Sequence[Case], concepts: Mapping[str, Condition]
) -> Iterator[Shown | Goal]:
    """For each goal the cases that reach it, or the goal itself where no consistent profile can."""
    possible = outcomes(parts, concepts, _outcome)
    seen = [(case, _outcome(verdicts(parts, case.profile.facts, concepts))) for case in cases]
    for goal in wanted:
        witness = next((facts for outcome, facts in possible.items() if _reaches(goal, outcome)), None)
        if witness is None:
            yield goal
        else:
            yield Shown(goal, tuple(case for case, outcome in seen if _reaches(goal, outcome)), witness)


def _outcome(found: tuple[Verdict, ...]) -> tuple[Verdict, bool]:
    """The verdict of the part looked at, and whether it alone decides."""
    alone = len(found) > 1 and {found[1], found[2]} == {Verdict.TRUE, Verdict.FALSE}
    return found[0], alone


def _reaches(goal: Goal, outcome: tuple[Verdict, bool]) -> bool:
    verdict, alone = outcome
    return verdict is goal.verdict and (alone or goal.measure != "mcdc")


def _pairs_whole(found: list[Shown | Goal]) -> Iterator[Shown | Goal]:
    """An MC/DC pair of which one half is impossible is impossible as a whole."""
    broken = any(isinstance(one, Goal) and one.measure == "mcdc" for one in found)
    for one in found:
        goal = one if isinstance(one, Goal) else one.goal
        yield goal if broken and goal.measure == "mcdc" else one
