"""Printed figures as one line of text. The printed value stands first; a correction is named as one."""

from __future__ import annotations

from hepatica.knowledge import Figure, Result, Rule, Study, Toxicity

_WORDS = {
    "OS_rate": "OS rate",
    "PFS_rate": "PFS rate",
    "other": "",
}
_UNITS = {"mo": " mo", "wk": " wk", "d": " d", "%": " %", "n": " patients", "ratio": "", "other": ""}
DAYS_PER_MONTH = 365.25 / 12
_TO_MONTHS = {"d": 1 / DAYS_PER_MONTH, "wk": 7 / DAYS_PER_MONTH}
_TELLING = ("OS", "PFS", "TTP", "DCR", "RR", "PR", "OS_rate", "PFS_rate", "CBR", "SD", "CR")


def shown(figure: Figure) -> str:
    """A figure as printed: 7.2, "< 0.001", NR."""
    return f"{figure:g}" if isinstance(figure, (int, float)) else figure


def ratio(hr: float) -> str:
    """A hazard ratio with the two decimals, or more, that sources print: 1.30, 0.866."""
    return f"{hr:.2f}" if round(hr, 2) == hr else f"{hr:g}"


def endpoint(result: Result) -> str:
    """The endpoint's name with its time point: "OS", "PFS rate at 4 mo"."""
    name = result.label or _WORDS.get(result.endpoint, result.endpoint)
    return f"{name} at {result.at}" if result.at else name


def months(value: Figure, unit: str) -> float | None:
    """Days or weeks as months (30.44 days), to one decimal; None for anything else."""
    if unit not in _TO_MONTHS or isinstance(value, str):
        return None
    return round(value * _TO_MONTHS[unit], 1)


def printed(result: Result) -> str:
    """What the source prints: "OS 7.2 v 3.8 mo, HR 0.38 (95% CI 0.18-0.81), P 0.01"; empty where it prints nothing."""
    if not result.lines:
        return ""
    parts = [_arms(result.arms, result), *_ratio(result), *_probability(result.p)]
    figures = ", ".join(part for part in parts if part)
    return " ".join(part for part in (endpoint(result), figures or result.says) if part)


def corrected(result: Result) -> str:
    """The correction beside a printed figure, with how it is known; empty where there is none."""
    mend = result.corrected
    if mend is None:
        return ""
    interval = f" (95% CI {mend.ci[0]:g}-{mend.ci[1]:g})" if mend.ci else ""
    hazard = [f"HR {ratio(mend.hr)}{interval}"] if mend.hr is not None else [f"95% CI{interval[8:-1]}"] if mend.ci else []
    parts = [_arms(mend.arms, result), *hazard, *_probability(mend.p), mend.says]
    figures = ", ".join(part for part in parts if part)
    lead = "" if result.lines else f"{endpoint(result)} "
    return f"{lead}{figures} ({mend.basis})"


def line(result: Result) -> str:
    """Printed and corrected figure in one line, with the subgroup."""
    printed_part, mend = printed(result), corrected(result)
    where = f" [{result.subgroup}]" if result.subgroup else ""
    if not printed_part:
        return f"{mend}{where}; not printed in the review"
    return f"{printed_part}{where}" + (f"; {_lead(result)} {mend}" if mend else "")


def key_result(rule: Rule, studies: list[Study]) -> tuple[Study, Result] | None:
    """The result to show first for a rule: the one it names, else the most telling one of its first studies."""
    if rule.figure:
        study_id, _, result_id = rule.figure.partition("/")
        study = next(study for study in studies if study.id == study_id)
        return study, next(result for result in study.results if result.id == result_id)
    return telling_result(studies)


def telling_result(studies: list[Study]) -> tuple[Study, Result] | None:
    """The first study that has a result, with its most telling one: the whole study before a subgroup, survival before
    progression before response."""
    for study in studies:
        telling = (r for r in study.results if r.endpoint in _TELLING)
        ranked = sorted(telling, key=lambda r: (r.subgroup != "", _TELLING.index(r.endpoint)))
        if ranked:
            return study, ranked[0]
    return None


def grade(event: Toxicity) -> str:
    """An adverse event's grade in words: "grade 3/4", "any grade", "severe"; empty where none is stated."""
    stated = "" if event.grade == "not stated" else event.grade
    if stated[:1].isdigit() or stated[:1] in ("<", ">"):
        return f"grade {stated}"
    return "any grade" if stated == "any" else stated


def event_corrected(event: Toxicity) -> str:
    """The correction of an adverse event's grade or rate: "should read grade >= 3"; empty where there is none."""
    rate = f"{shown(event.corrected_percent)} %" if event.corrected_percent is not None else ""
    grade = f"grade {event.corrected_grade}" if event.corrected_grade else ""
    return f"should read {', '.join(part for part in (rate, grade) if part)}" if rate or grade else ""


def arms_in_order(result: Result) -> str:
    """Which arm each figure belongs to, with the arms' own intervals: "alpha v placebo; 95% CI 7.1-12.9 v 7.4-14.3"."""
    arms = list(result.arms or {})
    if len(arms) < 2:
        return ""
    held = result.arm_ci or {}
    intervals = [f"{held[arm][0]:g}-{held[arm][1]:g}" if arm in held else "none" for arm in arms]
    return " v ".join(arms) + (f"; 95% CI {' v '.join(intervals)}" if held else "")


def _lead(result: Result) -> str:
    """A correction in figures says what should be read; one in words only adds to what is printed."""
    mend = result.corrected
    has_figures = mend is not None and any(part is not None for part in (mend.arms, mend.hr, mend.ci, mend.p))
    return "should read" if has_figures and result.lines and _has_figures(result) else "but"


def _has_figures(result: Result) -> bool:
    return any(part is not None for part in (result.arms, result.hr, result.p))


def _arms(arms: dict[str, Figure] | None, result: Result) -> str:
    if not arms:
        return ""
    unit = " patient" if result.unit == "n" and [*arms.values()] == [1] else _UNITS[result.unit]
    text = " v ".join(shown(figure) for figure in arms.values()) + unit
    converted = [months(figure, result.unit) for figure in arms.values()]
    if all(value is not None for value in converted):
        text += f" ({' v '.join(f'{value:g}' for value in converted)} mo)"
    interval = next(iter((result.arm_ci or {}).values()), None)
    if interval and len(arms) == 1:
        text += f" (95% CI {interval[0]:g}-{interval[1]:g})"
    return text


def _ratio(result: Result) -> list[str]:
    if result.hr is None:
        return []
    if result.ci:
        return [f"HR {ratio(result.hr)} ({result.ci_level:g}% CI {result.ci[0]:g}-{result.ci[1]:g})"]
    return [f"HR {ratio(result.hr)}"]


def _probability(p: Figure | None) -> list[str]:
    return [] if p is None else [f"P {shown(p)}"]
