"""Results of case tables: what was expected, what came, and the condition that decided, with the patient's value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hepatica.assurance.cases.run import Mismatch, Outcome
from hepatica.evaluation import Finding, Reason
from hepatica.knowledge import Ruleset
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME
from hepatica.report.old_document import identity
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

LISTED = {
    "options": "an option",
    "possible": "possible",
    "not_supported": "not supported",
    "ruled_out": "ruled out",
}


def text(ruleset: Ruleset, outcomes: Sequence[Outcome], style: Style, *, verbose: bool = False) -> str:
    """The failures in full and a count; with `verbose` each passed case too."""
    lines = [style.bold(f"{ruleset.card.id} {ruleset.card.version}: {_count(outcomes)}")]
    for outcome in outcomes:
        if not outcome.passed:
            lines += ["", *failure(outcome, style)]
        elif verbose:
            lines += hanging("  ok  ", outcome.case.sentence, 6)
    return "\n".join(lines) + "\n"


def failure(outcome: Outcome, style: Style | None = None) -> list[str]:
    """One failed case as lines: its sentence, its place, and each expectation that was not met."""
    heading = (style or Style()).bold("FAILED")
    lines = list(hanging(f"{heading}  ", outcome.case.sentence, 8))
    lines.append(f"        {outcome.case.place}")
    for mismatch in outcome.mismatches:
        lines += _mismatch(mismatch)
    return lines


def _mismatch(mismatch: Mismatch) -> Iterator[str]:
    came, expected = _words(mismatch.came), _words(mismatch.expected)
    yield from hanging("  ", f"{mismatch.about}: expected {expected}, came {came}", 6)
    if mismatch.finding is not None:
        yield from hanging("      ", decisive(mismatch.finding), 8)


def decisive(finding: Finding) -> str:
    """The rule and the conditions that put a therapy where it is, each with the patient's value."""
    if finding.reaches == "ruled_out":
        what = "; ".join(_failing(reason) for reason in finding.blocked_by)
    elif finding.reaches == "possible":
        what = f"not known: {', '.join(FIELD_BY_NAME[name].title for name in finding.needs)}"
    else:
        what = "; ".join(f"{FIELD_BY_NAME[r.field].title} is {r.value}" for r in dict.fromkeys(map(_bare, finding.because)))
    return f"by the rule {finding.rule.id}: {what or 'nothing is asked'}"


def _failing(reason: Reason) -> str:
    return f"{FIELD_BY_NAME[reason.field].title} is {reason.value}, needs {reason.requires}"


def _bare(reason: Reason) -> Reason:
    return Reason(reason.field, reason.value, "")


def _words(name: str) -> str:
    if name.startswith("not in "):
        return f"not {LISTED[name.removeprefix('not in ')]}"
    return LISTED.get(name, name)


def _count(outcomes: Sequence[Outcome]) -> str:
    failed = sum(not outcome.passed for outcome in outcomes)
    total = f"{len(outcomes)} case{'s' if len(outcomes) != 1 else ''}"
    return f"{total}, {failed} failed" if failed else f"{total}, all passed"


def document(results: Sequence[tuple[Ruleset, Sequence[Outcome]]]) -> dict[str, Any]:
    """The results as JSON-ready values."""
    outcomes = [outcome for _, group in results for outcome in group]
    return {
        "notice": notice(results[0][0].card.as_of),
        "cases": len(outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "rulesets": [{"ruleset": identity(ruleset), "outcomes": [_outcome(o) for o in group]} for ruleset, group in results],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "case": outcome.case.sentence,
        "file": outcome.case.file,
        "line": outcome.case.line,
        "passed": outcome.passed,
        "mismatches": [
            {
                "about": m.about,
                "expected": m.expected,
                "came": m.came,
                "decided_by": decisive(m.finding) if m.finding is not None else "",
            }
            for m in outcome.mismatches
        ],
    }
