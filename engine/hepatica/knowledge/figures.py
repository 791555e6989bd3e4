"""What a study's printed figures say against themselves."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from hepatica.documents import Path
from hepatica.knowledge.evidence import Result, Study

_LEADING_NUMBER = re.compile(r"[<>=~ ]*(\d+(?:\.\d+)?)\s*%?\Z")
_RESPONSES = ("RR", "CR", "PR")
_PERCENT_ENDPOINTS = ("RR", "PR", "CR", "SD", "DCR", "CBR", "OS_rate", "PFS_rate")


def contradictions(result: Result) -> Iterator[tuple[str, str]]:
    """What one result says against itself: the part and the sentence."""
    if result.ci is not None:
        low, high = result.ci
        if low > high:
            yield "ci", f"the interval {low:g} to {high:g} is upside down"
        elif result.hr is not None and not low <= result.hr <= high:
            yield "ci", f"the interval {low:g} to {high:g} excludes its estimate {result.hr:g}"
    for arm, (low, high) in (result.arm_ci or {}).items():
        estimate = number((result.arms or {}).get(arm))
        if low > high or (estimate is not None and not low <= estimate <= high):
            yield "arm_ci", f"the interval {low:g} to {high:g} of {arm} does not hold its figure"
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


def corrected(result: Result) -> Result:
    """The result as its correction has it: the corrected parts, beside printed ones that do not contradict each other."""
    correction = result.corrected
    assert correction is not None
    given = correction.hr is not None or correction.ci is not None
    kept = given and not any(part == "ci" for part, _ in contradictions(result))
    return Result(
        id=result.id,
        endpoint=result.endpoint,
        unit=result.unit,
        arms=correction.arms,
        hr=result.hr if correction.hr is None and kept else correction.hr,
        ci=result.ci if correction.ci is None and kept else correction.ci,
        p=correction.p,
    )


def impossible_counts(study: Study) -> Iterator[tuple[Path, str]]:
    """Numbers of patients below 0 and shares of patients outside 0 to 100 %, each with its place in the study."""
    counts: list[tuple[Path, int | None]] = [(("n",), study.n), (("n_planned",), study.n_planned)]
    counts += [(("arms", index, "n"), arm.n) for index, arm in enumerate(study.arms)]
    counts += [(("results", index, "n"), result.n) for index, result in enumerate(study.results)]
    counts += [(("toxicity", index, "count"), event.count) for index, event in enumerate(study.toxicity)]
    for path, count in counts:
        if count is not None and count < 0:
            yield path, f"{count} is no number of patients"
    for index, event in enumerate(study.toxicity):
        for key, figure in (("percent", event.percent), ("corrected_percent", event.corrected_percent)):
            share = number(figure)
            if share is not None and not 0 <= share <= 100:
                yield ("toxicity", index, key), f"{share:g} of {event.event} is no percentage"


def response_above_control(study: Study, explained: Container[str]) -> Iterator[tuple[int, Result, Result]]:
    """Responses above the disease control of the same patients, where a part exceeds the whole.

    Each comes with its position among the results and the lowest such control; results that a discrepancy explains
    (`explained`, by id) are left out.
    """
    shares = [(i, r) for i, r in enumerate(study.results) if r.unit == "%" and r.id not in explained]
    lowest: dict[tuple[str, ...], tuple[float, Result]] = {}
    for _, control in shares:
        for key, value in _patients(control) if control.endpoint == "DCR" else ():
            if key not in lowest or value < lowest[key][0]:
                lowest[key] = value, control
    for index, response in shares:
        for key, value in _patients(response) if response.endpoint in _RESPONSES else ():
            if key in lowest and value > lowest[key][0]:
                yield index, response, lowest[key][1]
                break


def _patients(result: Result) -> Iterator[tuple[tuple[str, ...], float]]:
    """The figure of each arm, by whom it is about and when."""
    for arm, figure in (result.arms or {}).items():
        value = number(figure)
        if value is not None:
            yield (result.subgroup, result.at, arm), value
