"""Coverage of case tables as text and JSON: what is exercised, and what is missing, where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hepatica.assurance.cases.case import Case
from hepatica.assurance.coverage.measure import MEASURES, Coverage, Goal, Shown
from hepatica.inference import Verdict
from hepatica.knowledge import Ruleset, condition_words
from hepatica.notice import notice
from hepatica.report.assurance.case_file import profile
from hepatica.report.old_document import identity
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

TITLES = {
    "decision": "Rules, concepts and scope: true, false and unknown",
    "condition": "Single conditions: true, false and unknown",
    "mcdc": "MC/DC: conditions seen to decide alone, both ways",
}
_NAME = 52


def text(ruleset: Ruleset, cases: Sequence[Case], found: Coverage, style: Style, *, verbose: bool = False) -> str:
    """The counts, then every gap by the place of its rule; with `verbose` what is proved impossible too."""
    card = ruleset.card
    lines = [style.bold(f"{card.id} {card.version}: {len(cases)} cases cover {_percent(found.percent)}")]
    for measure in MEASURES:
        reached, total = found.counts(measure)
        share = 100 * reached / total if total else 100.0
        lines.append(f"  {TITLES[measure]:<{_NAME}} {reached:>4} of {total:<4} {_percent(share)}")
    lines.append(f"  Proved impossible for any consistent profile, not counted: {len(found.impossible)}")
    gaps = found.gaps()
    if gaps:
        lines += ["", style.bold(f"MISSING ({len(gaps)})"), *_by_decision([gap.goal for gap in gaps])]
    if verbose and found.impossible:
        lines += ["", style.bold(f"IMPOSSIBLE ({len(found.impossible)})"), *_by_decision(found.impossible)]
    return "\n".join([*lines, "", *hanging("", notice(card.as_of), 0)]) + "\n"


def _percent(share: float) -> str:
    """One decimal, rounded down: 100.0 % means all."""
    return f"{int(share * 10) / 10:.1f} %"


def _by_decision(goals: Sequence[Goal]) -> Iterator[str]:
    last = ""
    for goal in goals:
        if goal.decision.name != last:
            last = goal.decision.name
            yield f"  {last.replace('/', ' ', 1)}"
        yield from hanging("      ", f"{goal.decision.place_of(goal.index)} {says(goal)}", 8)


def says(goal: Goal) -> str:
    """A goal in words: "never unknown", "AFP: > 400: never false", "AFP: > 400: never decides alone while true"."""
    if goal.measure == "decision":
        return f"never {goal.verdict.value}"
    condition = condition_words(goal.decision.conditions[goal.index])
    if goal.measure == "condition":
        return f"{condition}: never {goal.verdict.value}"
    return f"{condition}: never decides alone while {'true' if goal.verdict is Verdict.TRUE else 'false'}"


def document(ruleset: Ruleset, cases: Sequence[Case], found: Coverage) -> dict[str, Any]:
    """The coverage as JSON-ready values."""
    counts = {measure: found.counts(measure) for measure in MEASURES}
    return {
        "notice": notice(ruleset.card.as_of),
        "ruleset": identity(ruleset),
        "cases": len(cases),
        "percent": int(found.percent * 10) / 10,
        "measures": {name: {"reached": reached, "reachable": total} for name, (reached, total) in counts.items()},
        "missing": [{**_goal(gap.goal), "witness": profile(gap.witness)} for gap in found.gaps()],
        "impossible": [_goal(goal) for goal in found.impossible],
        "shown": [_shown(one) for one in found.shown if one.cases],
    }


def _goal(goal: Goal) -> dict[str, Any]:
    condition = condition_words(goal.decision.conditions[goal.index]) if goal.index >= 0 else ""
    return {
        "place": goal.decision.place_of(goal.index),
        "decision": goal.decision.name,
        "measure": goal.measure,
        "condition": condition,
        "verdict": goal.verdict.value,
    }


def _shown(one: Shown) -> dict[str, Any]:
    return {**_goal(one.goal), "cases": len(one.cases), "first_case": one.cases[0].place}
