"""Printed figures as one line of text: every value with its arm, a correction beside it, named as what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hepatica.knowledge import Correction, CorrectionKind, Discrepancy, Figure, Result, Study, Toxicity

_WORDS = {"OS_rate": "OS rate", "PFS_rate": "PFS rate", "other": ""}
_UNITS = {"mo": " months", "wk": " weeks", "d": " days", "%": " %", "n": " patients", "ratio": "", "other": ""}
_TO_MONTHS = {"d": 12 / 365.25, "wk": 84 / 365.25}
_TELLING = ("OS", "PFS", "TTP", "DCR", "RR", "PR", "OS_rate", "PFS_rate", "CBR", "SD", "CR")
# How a correction is introduced, and what is said where the source prints no figure at all.
LEADS: Mapping[CorrectionKind, str] = {
    "misprint": "should read",
    "later_report": "later report:",
    "not_printed": "published:",
    "remark": "but",
}


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


def is_printed(result: Result) -> bool:
    """Whether the source itself prints the result."""
    return bool(result.lines or result.source)


def printed(study: Study, result: Result) -> str:
    """What the source prints: "OS tivantinib 7.2 v placebo 3.8 months, HR 0.38 (95% CI 0.18-0.81), P 0.01"; empty for nothing."""
    if not is_printed(result):
        return ""
    parts = [arms(study, result, result.arms), *_ratio(result.hr, result.ci, result.ci_level), *_probability(result.p)]
    figures = ", ".join(part for part in parts if part)
    return " ".join(part for part in (endpoint(result), figures or result.says) if part)


def corrected(study: Study, result: Result) -> str:
    """The correction: "should read HR 0.68, P 0.014 (confirmed: Cheng 2009)"; empty where there is none."""
    correction = result.corrected
    if correction is None:
        return ""
    about = discrepancy_of(study, correction)
    level = correction.ci_level or result.ci_level
    parts = [arms(study, result, correction.arms), *_ratio(correction.hr, correction.ci, level), *_probability(correction.p)]
    figures = ", ".join(part for part in (*parts, correction.says) if part)
    name = "" if is_printed(result) else f"{endpoint(result)} "
    source = f": {about.source.ref}" if about and about.source and about.source.ref else ""
    return f"{LEADS[about.kind if about else 'remark']} {name}{figures} ({correction.basis}{source})"


def discrepancy_of(study: Study, correction: Correction) -> Discrepancy | None:
    """The discrepancy that explains a correction."""
    return next((item for item in study.discrepancies if item.id == correction.discrepancy), None)


def line(study: Study, result: Result) -> str:
    """Printed figure and correction in one line, with the subgroup."""
    where = f" [{result.subgroup}]" if result.subgroup else ""
    parts = [part for part in (f"{printed(study, result)}{where}".strip(), corrected(study, result)) if part]
    return "; ".join(parts) if printed(study, result) else f"{corrected(study, result)}{where}"


def telling_result(study: Study) -> Result | None:
    """The result that says most: the whole study before a subgroup, survival before progression before response."""
    telling = [result for result in study.results if result.endpoint in _TELLING]
    return min(telling, key=lambda r: (r.subgroup != "", _TELLING.index(r.endpoint)), default=None)


def arms(study: Study, result: Result, figures: Mapping[str, Figure] | None) -> str:
    """Each arm's figure with the arm's name, the tested treatment first: "tivantinib 7.2 v placebo 3.8 months"."""
    if not figures:
        return ""
    unit = " patient" if result.unit == "n" and [*figures.values()] == [1] else _UNITS[result.unit]
    order = in_order(study, figures)
    text = " v ".join(_arm(study, result, name, figures[name]) for name in order) + unit
    converted = [months(figures[name], result.unit) for name in order]
    if all(value is not None for value in converted):
        text += f" ({' v '.join(f'{value:g}' for value in converted)} months)"
    return text


def in_order(study: Study, figures: Iterable[str]) -> list[str]:
    """Arm ids as the study lists its arms, the tested treatment first."""
    listed = [arm.id for arm in study.arms]
    return sorted(figures, key=lambda name: listed.index(name) if name in listed else len(listed))


def arm_name(study: Study, name: str) -> str:
    """An arm as a reader calls it."""
    return next((arm.name for arm in study.arms if arm.id == name and arm.name), name.replace("_", " "))


def _arm(study: Study, result: Result, name: str, figure: Figure) -> str:
    interval = (result.arm_ci or {}).get(name)
    ci = f" ({result.ci_level:g}% CI {interval[0]:g}-{interval[1]:g})" if interval else ""
    return f"{arm_name(study, name)} {shown(figure)}{ci}"


def _ratio(hr: float | None, ci: tuple[float, float] | None, level: float) -> Iterator[str]:
    interval = f"{level:g}% CI {ci[0]:g}-{ci[1]:g}" if ci else ""
    if hr is not None:
        yield f"HR {ratio(hr)}{f' ({interval})' if interval else ''}"
    elif interval:
        yield interval


def _probability(p: Figure | None) -> list[str]:
    return [] if p is None else [f"P {shown(p)}"]


def event_words(study: Study, event: Toxicity) -> str:
    """An adverse event with its rate, grade and arm: "fatigue: 12 % (grade 3/4, tivantinib); should read grade >= 3"."""
    amount = f"{shown(event.percent)} %" if event.percent is not None else ""
    patients = f"{event.count} patient{'' if event.count == 1 else 's'}" if event.count is not None else ""
    where = ", ".join(part for part in (grade(event), arm_name(study, event.arm) if event.arm else "") if part)
    stated = " ".join(part for part in (", ".join(p for p in (amount, patients) if p), f"({where})" if where else "") if part)
    words = f"{event.event}: {stated}" if stated else event.event
    return f"{words}; {event_corrected(event)}" if event_corrected(event) else words


def grade(event: Toxicity) -> str:
    """An adverse event's grade in words: "grade 3/4", "any grade", "severe"; empty where none is stated."""
    stated = "" if event.grade == "not stated" else event.grade
    if stated[:1].isdigit() or stated[:1] in ("<", ">"):
        return f"grade {stated}"
    return "any grade" if stated == "any" else stated


def event_corrected(event: Toxicity) -> str:
    """The correction of an adverse event's grade or rate: "should read grade >= 3"; empty where there is none."""
    rate = f"{shown(event.corrected_percent)} %" if event.corrected_percent is not None else ""
    new = f"grade {event.corrected_grade}" if event.corrected_grade else ""
    return f"should read {', '.join(part for part in (rate, new) if part)}" if rate or new else ""
