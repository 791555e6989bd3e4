"""Figures in words: one way to write an endpoint, its arms, a hazard ratio, a P value and a correction, for every view."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from hepatica.knowledge import ConfidenceInterval, Correction, CorrectionKind, Figure, Reference, Result, Study, Therapy, number

_ENDPOINTS = {"OS_rate": "OS rate", "PFS_rate": "PFS rate", "other": ""}
_UNITS = {"mo": " mo", "wk": " wk", "d": " d", "%": " %", "n": " patients", "ratio": "", "other": ""}
_IN_MONTHS = {"d": 12 / 365.25, "wk": 7 * 12 / 365.25}
# The low dose stands where a control would: the tested dose comes first.
_CONTROLS = r"(?i)placebo|control|supportive care|observation|\blow"
_ALL = "all"
_TIMES = ("OS", "PFS", "TTP", "DFS")
TELLING = ("OS", "PFS", "TTP", "DFS", "DCR", "RR", "PR", "OS_rate", "PFS_rate", "CBR", "SD", "CR")
"""Endpoints in the order in which they tell of benefit: survival before progression before response."""


class FigureParts(NamedTuple):
    """What a result prints, or what stands in its place: the arms in the order shown, and the statistics."""

    arms: tuple[tuple[str, Figure], ...] = ()
    hr: float | None = None
    ci: ConfidenceInterval | None = None
    ci_level: float = 95
    p: Figure | None = None
    says: str = ""


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


def months(value: Figure, unit: str) -> float | None:
    """Days or weeks as months (30.44 days), to one decimal; None for anything else."""
    return None if unit not in _IN_MONTHS or isinstance(value, str) else round(value * _IN_MONTHS[unit], 1)


def interval_words(ci: ConfidenceInterval, level: float = 95) -> str:
    """A confidence interval with its level: "95% CI 0.18-0.81"."""
    return f"{level:g}% CI {ci[0]:g}-{ci[1]:g}"


def ratio_words(hr: float | None, ci: ConfidenceInterval | None, level: float = 95, mark: str = "") -> str:
    """A hazard ratio and its interval, as far as there are any: "HR 0.38 (95% CI 0.18-0.81)"."""
    interval = f"{level:g}% CI {ratio(ci[0])}-{ratio(ci[1])}" if ci else ""
    if hr is None:
        return f"{interval}{mark}" if ci else ""
    return f"HR {ratio(hr)}{mark} ({interval})" if ci else f"HR {ratio(hr)}{mark}"


def arm_name(study: Study, arm: str) -> str:
    """An arm as a reader sees it: its name, or its id in words."""
    named = next((a.name for a in study.arms if a.id == arm and a.name), "")
    return named or ("all patients" if arm == _ALL else re.sub(r"[-_]", " ", arm))


def arm_order(study: Study, therapy: Therapy | None) -> dict[str, int]:
    """The study's arms in the order to show them: the therapy's own first, controls last, else as the study lists them."""
    listed = list(dict.fromkeys([arm.id for arm in study.arms] + [arm for result in study.results for arm in result.arms or {}]))
    wanted = _words(f"{therapy.id} {therapy.name}") if therapy else frozenset()
    names = {arm: _words(f"{arm} {arm_name(study, arm)}") for arm in listed}

    def place(arm: str) -> tuple[bool, int, int]:
        # How many words an arm's name and the therapy's do not share.
        strange = len(names[arm] ^ wanted) if names[arm] & wanted else 99  # of "sorafenib" and "gemox + sorafenib" the nearer one
        return re.search(_CONTROLS, f"{arm} {arm_name(study, arm)}") is not None, strange, listed.index(arm)

    return {arm: n for n, arm in enumerate(sorted(listed, key=place))}


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def printed_parts(study: Study, result: Result, therapy: Therapy | None = None) -> FigureParts:
    """What the source prints of a result."""
    return FigureParts(_in_order(study, result.arms, therapy), result.hr, result.ci, result.ci_level, result.p, result.says)


def corrected_parts(study: Study, result: Result, therapy: Therapy | None = None) -> FigureParts | None:
    """What the correction of a result gives; None where there is none."""
    fix = result.corrected
    if fix is None:
        return None
    level = fix.ci_level if fix.ci_level is not None else result.ci_level
    return FigureParts(_in_order(study, fix.arms, therapy), fix.hr, fix.ci, level, fix.p, fix.says)


def _in_order(study: Study, arms: Mapping[str, Figure] | None, therapy: Therapy | None) -> tuple[tuple[str, Figure], ...]:
    order = arm_order(study, therapy)
    return tuple((arm, arms[arm]) for arm in sorted(arms, key=lambda arm: order.get(arm, 99))) if arms else ()


def figure_words(study: Study, result: Result, parts: FigureParts, marked: Collection[str] = (), mark: str = "") -> str:
    """Figures in one line, arms named: "tivantinib 7.2 v placebo 3.8 mo, HR 0.38 (95% CI 0.18-0.81), P 0.01".

    `mark` stands behind the parts (`arms`, `hr`, `p`) that are `marked`.
    """
    arms, hr, p = (mark if part in marked else "" for part in ("arms", "hr", "p"))
    statistics = ratio_words(parts.hr, parts.ci, parts.ci_level, hr)
    if statistics and parts.hr is not None and _other_way_round(result, parts):
        statistics += f" for {arm_name(study, parts.arms[1][0])}"
    probability = "" if parts.p is None else f"P {shown(parts.p)}{p}"
    return ", ".join(part for part in (_arms_words(study, result, parts, arms), statistics, probability) if part)


def _arms_words(study: Study, result: Result, parts: FigureParts, mark: str) -> str:
    if not parts.arms:
        return ""
    unit = " patient" if result.unit == "n" and [value for _, value in parts.arms] == [1] else _UNITS[result.unit]
    text = " v ".join(f"{arm_name(study, arm)} {shown(value)}{mark}" for arm, value in parts.arms) + unit
    # Days and weeks stand as printed, with the months that every other line is in.
    converted = [months(value, result.unit) for _, value in parts.arms]
    if all(value is not None for value in converted):
        text += f" ({' v '.join(f'{value:g}' for value in converted)} mo)"
    own = (result.arm_ci or {}).get(parts.arms[0][0])
    return f"{text} ({interval_words(own, result.ci_level)})" if own and len(parts.arms) == 1 else text


def _other_way_round(result: Result, parts: FigureParts) -> bool:
    """Whether the ratio belongs to the second arm shown: it then has clearly longer times and a ratio below 1, or the reverse.

    Where the two are near each other nothing is concluded: a median and a ratio may point different ways.
    """
    if len(parts.arms) != 2 or result.endpoint not in _TIMES or parts.hr is None or abs(parts.hr - 1) < _CLEARLY:
        return False
    first, second = (number(value) for _, value in parts.arms)
    if first is None or second is None or abs(first - second) < _CLEARLY * max(first, second):
        return False
    return (first < second) == (parts.hr < 1)


_CLEARLY = 0.1


def printed_line(study: Study, result: Result, therapy: Therapy | None = None) -> str:
    """What the source prints, with endpoint and subgroup: "OS tivantinib 7.2 v placebo 3.8 mo, P 0.01 [MET-high]"."""
    if not (result.lines or result.source):
        return ""
    figures = figure_words(study, result, printed_parts(study, result, therapy)) or result.says
    return " ".join(part for part in (endpoint_words(result), figures, subgroup_words(result)) if part)


def subgroup_words(result: Result) -> str:
    """The subgroup in brackets, if it is one."""
    return f"[{result.subgroup}]" if result.subgroup else ""


def correction_line(study: Study, result: Result, references: Mapping[str, Reference], therapy: Therapy | None = None) -> str:
    """What stands against the print, and how it is known: "should read 14.8 (confirmed)"; empty where nothing does."""
    parts = corrected_parts(study, result, therapy)
    if parts is None or result.corrected is None:
        return ""
    figures = figure_words(study, result, parts)
    said = ", ".join(part for part in (figures, parts.says) if part)
    lead = "" if result.lines or result.source else f"{endpoint_words(result)} "
    return f"{correction_verb(study, result.corrected, references) if figures else 'but'} {lead}{said} ({result.corrected.basis})"


def result_line(study: Study, result: Result, references: Mapping[str, Reference], therapy: Therapy | None = None) -> str:
    """Printed figure and correction in one line."""
    return "; ".join(filter(None, (printed_line(study, result, therapy), correction_line(study, result, references, therapy))))


def correction_kind(study: Study, correction: Correction) -> CorrectionKind:
    """The kind of the discrepancy that a correction names."""
    return next((d.kind for d in study.discrepancies if d.id == correction.discrepancy), "remark")


def correction_verb(study: Study, correction: Correction, references: Mapping[str, Reference]) -> str:
    """How a correction is told: "should read", "later report (2019):", "published:"."""
    kind = correction_kind(study, correction)
    if kind == "later_report":
        year = correction_year(study, correction, references)
        return f"later report ({year}):" if year else "later report:"
    return {"misprint": "should read", "not_printed": "published:"}.get(kind, "but")


def correction_year(study: Study, correction: Correction, references: Mapping[str, Reference]) -> int | None:
    """The year of the reference that a correction rests on."""
    source = next((d.source for d in study.discrepancies if d.id == correction.discrepancy), None)
    reference = references.get(source.ref) if source else None
    return reference.year if reference else None


def matters(printed: Figure | None, other: Figure | None) -> bool:
    """Whether two figures differ by more than rounding, or by so little that no reader would judge otherwise."""
    a, b = number(printed), number(other)
    if a is None or b is None:
        return printed != other
    # Half a unit of the last place of the coarser figure.
    rounding: float = 0.5 * 10 ** -min(_decimals(a), _decimals(b)) + 1e-9
    return abs(a - b) > max(rounding, _SLIGHT * max(abs(a), abs(b)))


# 12.7 for 13.0 months: no reader would think otherwise of the trial.
_SLIGHT = 0.04


def _decimals(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def significant(p: Figure | None) -> bool | None:
    """Whether a P value is below 0.05; None where none is given."""
    # A word (NS, NR) claims no significance; a missing value claims nothing.
    value = number(p)
    return None if p is None else value < 0.05 if value is not None else False
