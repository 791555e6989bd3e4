"""What a study's printed figures say against themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.knowledge.evidence import Result, Study

_LEADING_NUMBER = re.compile(r"[<>=~ ]*(\d+(?:\.\d+)?)\s*%?\Z")
_PERCENT_ENDPOINTS = ("RR", "PR", "CR", "SD", "DCR", "CBR", "OS_rate", "PFS_rate")


def contradictions(result: Result) -> Iterator[tuple[str, str]]:
    """What one result says against itself: the part and the sentence."""
    for name, interval in (("ci95", result.ci95), ("ci90", result.ci90)):
        if interval is None:
            continue
        low, high = interval
        if low > high:
            yield name, f"the interval {low:g} to {high:g} is upside down"
        elif result.hr is not None and not low <= result.hr <= high:
            yield name, f"the interval {low:g} to {high:g} excludes its estimate {result.hr:g}"
    for arm, (low, high) in (result.arm_ci95 or {}).items():
        estimate = number((result.arms or {}).get(arm))
        if low > high or (estimate is not None and not low <= estimate <= high):
            yield "arm_ci95", f"the interval {low:g} to {high:g} of {arm} does not hold its figure"
    if result.hr is not None and result.hr <= 0:
        yield "hr", f"a hazard ratio is above 0, not {result.hr:g}"
    for arm, figure in (result.arms or {}).items():
        value = number(figure)
        if value is not None and (value < 0 or (result.unit == "%" and value > 100)):
            yield "arms", f"{value:g} of {arm} is no percentage"
    probability = number(result.p)
    if probability is not None and not 0 <= probability <= 1:
        yield "p", f"{result.p} is no probability"
    if result.endpoint in _PERCENT_ENDPOINTS and result.unit not in ("%", "n"):
        yield "unit", f"{result.endpoint} is given in % or n, not {result.unit}"


def number(figure: float | str | None) -> float | None:
    """The number in a printed figure ("< 7.2" is 7.2); None where it is a word such as NR."""
    if isinstance(figure, str):
        match = _LEADING_NUMBER.match(figure)
        return float(match.group(1)) if match else None
    return figure


def response_above_control(study: Study) -> Iterator[tuple[Result, Result]]:
    """Pairs of a response and a disease control of the same patients where the part is above the whole."""
    responses = [r for r in study.results if r.endpoint in ("RR", "CR", "PR") and r.unit == "%"]
    controls = [r for r in study.results if r.endpoint == "DCR" and r.unit == "%"]
    for response in responses:
        for control in controls:
            if (response.subgroup, response.at) == (control.subgroup, control.at) and _above(response, control):
                yield response, control


def _above(response: Result, control: Result) -> bool:
    for arm, figure in (response.arms or {}).items():
        first, second = number(figure), number((control.arms or {}).get(arm))
        if first is not None and second is not None and first > second:
            return True
    return False
