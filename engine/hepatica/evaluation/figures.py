"""Figures in words: one way to write an endpoint, its arms, a hazard ratio, a P value and a correction, for every view."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from hepatica.knowledge import (
    KNOWN_BY,
    ConfidenceInterval,
    Correction,
    Discrepancy,
    Figure,
    Reference,
    Result,
    Study,
    Therapy,
    number,
)

_ENDPOINTS = {"OS_rate": "OS rate", "PFS_rate": "PFS rate", "other": ""}
_UNITS = {"mo": " mo", "wk": " wk", "d": " d", "%": " %", "n": " patients", "ratio": "", "other": ""}
_IN_MONTHS = {"d": 12 / 365.25, "wk": 7 * 12 / 365.25}
_CLEARLY = 0.1  # of a ratio, and of the longer time: what two medians may differ by without telling which arm did better
_SLIGHT = 0.04  # 12.7 for 13.0 months: no reader would think otherwise of the trial
# The low dose stands where a control would: the tested dose comes first.
_CONTROLS = r"(?i)placebo|control|supportive care|observation|\blow"
_ALL = "all"
_TIMES = ("OS", "PFS", "TTP", "DFS")
TELLING = ("OS", "PFS", "TTP", "DFS", "DCR", "RR", "PR", "OS_rate", "PFS_rate", "CBR", "SD", "CR")
"""Endpoints in the order in which they tell of benefit: survival before progression before response."""


def shown(figure: Figure) -> str:
    """A figure as printed: 7.2, "< 0.001", NR."""
    return f"{figure:g}" if isinstance(figure, (int, float)) else figure


def ratio(hr: float) -> str:
    """A hazard ratio with the two decimals, or more, that sources print: 1.30, 0.866."""
    return f"{hr:.2f}" if round(hr, 2) == hr else f"{hr:g}"


def endpoint_words(result: Result) -> str:
    """The endpoint's name with its time point: "OS", "PFS rate at 4 mo"."""
    name = result.label or _ENDPOINTS.get(result.endpoint, result.endpoint)
    return f"{name} at {result.at}".strip() if result.at else name


def ratio_words(hr: float | None, ci: ConfidenceInterval | None, level: float = 95, mark: str = "") -> str:
    """A hazard ratio and its interval, as far as there are any: "HR 0.38 (95% CI 0.18-0.81)"."""
    interval = f"{level:g}% CI {ratio(ci[0])}-{ratio(ci[1])}" if ci else ""
    if hr is None:
        return f"{interval}{mark}" if ci else ""
    return f"HR {ratio(hr)}{mark} ({interval})" if ci else f"HR {ratio(hr)}{mark}"


def arm_name(study: Study, arm: str) -> str:
    """An arm as a reader sees it: its name, or its id in words."""
    named = next((a.name for a in study.arms if a.id == arm and a.name), "")
    return named or ("all patients" if arm == _ALL else arm.replace("-", " ").replace("_", " "))


def arm_order(study: Study, therapy: Therapy | None) -> dict[str, int]:
    """The study's arms in the order to show them: the therapy's own first, controls last, else as the study lists them."""
    listed = list(dict.fromkeys([arm.id for arm in study.arms] + [arm for result in study.results for arm in result.arms or {}]))
    wanted = _words(f"{therapy.id} {therapy.name}") if therapy else frozenset()

    def place(arm: str) -> tuple[bool, int, int]:
        written = f"{arm} {arm_name(study, arm)}"
        words = _words(written)
        # Of "sorafenib" and "gemox + sorafenib" the nearer one: the fewer words that it and the therapy's name do not share.
        strange = len(words ^ wanted) if words & wanted else 99
        return re.search(_CONTROLS, written) is not None, strange, listed.index(arm)

    return {arm: n for n, arm in enumerate(sorted(listed, key=place))}


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def corrected_result(result: Result) -> Result | None:
    """A result as its correction has it, with nothing of what is printed beside that; None where there is no correction."""
    fix = result.corrected
    if fix is None:
        return None
    level = result.ci_level if fix.ci_level is None else fix.ci_level
    # A result again, so that what writes, compares and orders figures need not know which of the two it is given.
    return replace(result, arms=fix.arms, hr=fix.hr, ci=fix.ci, ci_level=level, p=fix.p, says=fix.says)


def arms_shown(study: Study, result: Result, therapy: Therapy | None = None) -> list[tuple[str, Figure]]:
    """The arms of a result with their figures, in the order to show them."""
    arms = list((result.arms or {}).items())
    if len(arms) < 2:
        return arms
    order = arm_order(study, therapy)
    return sorted(arms, key=lambda arm: order.get(arm[0], 99))


def figure_words(
    study: Study, result: Result, therapy: Therapy | None = None, marked: Collection[str] = (), mark: str = ""
) -> str:
    """Figures in one line, arms named: "tivantinib 7.2 v placebo 3.8 mo, HR 0.38 (95% CI 0.18-0.81), P = 0.01".

    `mark` stands behind the parts (`arms`, `hr`, `p`) that are `marked`.
    """
    in_arms, hr, p = (mark if part in marked else "" for part in ("arms", "hr", "p"))
    arms = arms_shown(study, result, therapy)
    statistics = ratio_words(result.hr, result.ci, result.ci_level, hr)
    if statistics and _other_way_round(result, arms):
        statistics += f" for {arm_name(study, arms[1][0])}"
    return ", ".join(filter(None, (_arms_words(study, result, arms, in_arms), statistics, p_words(result.p, p))))


def p_words(p: Figure | None, mark: str = "") -> str:
    """A P value: "P = 0.01", "P < 0.001", "P NS"; empty where there is none."""
    text = "" if p is None else shown(p)
    return f"P {'= ' if text[:1].isdigit() or text[:1] == '.' else ''}{text}{mark}" if text else ""


def _arms_words(study: Study, result: Result, arms: list[tuple[str, Figure]], mark: str) -> str:
    if not arms:
        return ""
    values = [value for _, value in arms]
    unit = " patient" if result.unit == "n" and values == [1] else _UNITS[result.unit]
    text = " v ".join(f"{arm_name(study, arm)} {shown(value)}{mark}" for arm, value in arms) + unit
    numbers = [value for value in values if not isinstance(value, str)]
    if result.unit in _IN_MONTHS and len(numbers) == len(values):
        # Days and weeks stand as printed, with the months that every other line is in.
        text += f" ({' v '.join(f'{round(value * _IN_MONTHS[result.unit], 1):g}' for value in numbers)} mo)"
    own = (result.arm_ci or {}).get(arms[0][0])
    return f"{text} ({result.ci_level:g}% CI {own[0]:g}-{own[1]:g})" if own and len(arms) == 1 else text


def _other_way_round(result: Result, arms: list[tuple[str, Figure]]) -> bool:
    """Whether the ratio belongs to the second arm shown: it then has clearly longer times and a ratio below 1, or the reverse.

    Where the two are near each other nothing is concluded: a median and a ratio may point different ways.
    """
    if len(arms) != 2 or result.endpoint not in _TIMES or result.hr is None or abs(result.hr - 1) < _CLEARLY:
        return False
    first, second = (number(value) for _, value in arms)
    if first is None or second is None or abs(first - second) < _CLEARLY * max(first, second):
        return False
    return (first < second) == (result.hr < 1)


def told(study: Study, result: Result, therapy: Therapy | None = None, marked: Collection[str] = (), mark: str = "") -> str:
    """Figures (or what is said in their place) between their endpoint and their subgroup: "OS tivantinib 7.2 mo [MET-high]"."""
    figures = figure_words(study, result, therapy, marked, mark) or result.says
    subgroup = f"[{result.subgroup}]" if result.subgroup else ""
    return " ".join(filter(None, (endpoint_words(result), figures, subgroup)))


def printed_line(study: Study, result: Result, therapy: Therapy | None = None) -> str:
    """What the source prints, with endpoint and subgroup: "OS tivantinib 7.2 v placebo 3.8 mo, P = 0.01 [MET-high]"."""
    return told(study, result, therapy) if result.lines or result.source else ""


def correction_line(study: Study, result: Result, references: Mapping[str, Reference], therapy: Therapy | None = None) -> str:
    """What stands against the print, and how it is known: "should read 14.8 (from memory)"; empty where nothing does."""
    fixed = corrected_result(result)
    if fixed is None or result.corrected is None:
        return ""
    figures = figure_words(study, fixed, therapy)
    said = ", ".join(filter(None, (figures, fixed.says)))
    lead = "" if result.lines or result.source else f"{endpoint_words(result)} "
    known = KNOWN_BY.get(result.corrected.basis)
    verb = correction_verb(study, result.corrected, references) if figures else "but"
    return f"{verb} {lead}{said}" + (f" ({known})" if known else "")


def result_line(study: Study, result: Result, references: Mapping[str, Reference], therapy: Therapy | None = None) -> str:
    """Printed figure and correction in one line."""
    return "; ".join(filter(None, (printed_line(study, result, therapy), correction_line(study, result, references, therapy))))


def discrepancy_of(study: Study, correction: Correction) -> Discrepancy | None:
    """The discrepancy that a correction names."""
    return next((found for found in study.discrepancies if found.id == correction.discrepancy), None)


def correction_verb(study: Study, correction: Correction, references: Mapping[str, Reference]) -> str:
    """How a correction is told: "should read", "later report (2019):", "published:"."""
    found = discrepancy_of(study, correction)
    if found is None or found.kind != "later_report":
        return {"misprint": "should read", "not_printed": "published:"}.get(found.kind if found else "", "but")
    reference = references.get(found.source.ref) if found.source else None
    return f"later report ({reference.year}):" if reference else "later report:"


def matters(printed: Figure | None, other: Figure | None) -> bool:
    """Whether two figures differ by more than rounding, or by so little that no reader would judge otherwise."""
    a, b = number(printed), number(other)
    if a is None or b is None:
        return printed != other
    # Half a unit of the last place of the coarser figure.
    rounding: float = 0.5 * 10 ** -min(_decimals(a), _decimals(b)) + 1e-9
    return abs(a - b) > max(rounding, _SLIGHT * max(abs(a), abs(b)))


def _decimals(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def significant(p: Figure | None) -> bool | None:
    """Whether a P value is below 0.05; None where none is given."""
    # A word (NS, NR) claims no significance; a missing value claims nothing.
    value = number(p)
    return None if p is None else value < 0.05 if value is not None else False
