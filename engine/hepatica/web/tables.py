"""A study's figures as rows of a table: what is printed, and what it should read directly below, in the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hepatica.knowledge import ConfidenceInterval, Figure, Result, Study
from hepatica.report.figures import endpoint, months, ratio, shown

MOST_ARM_COLUMNS = 4
_UNITS = {"mo": "mo", "wk": "wk", "d": "d", "%": "%", "n": "patients"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; `correction` is how a corrected line is known, empty for a printed one."""

    outcome: str
    arms: tuple[str, ...]
    ratio: str = ""
    p: str = ""
    says: str = ""
    lines: str = ""
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The arms in order of their first figure, and the rows; `ratios` where any row has a hazard ratio or a P."""

    arms: tuple[str, ...]
    rows: tuple[Row, ...]
    ratios: bool
    probabilities: bool


def figures(study: Study) -> Table:
    """Every result of a study."""
    ids = tuple(dict.fromkeys(arm for result in study.results for arm in _arms_of(result)))[:MOST_ARM_COLUMNS]
    names = {arm.id: arm.name or arm.id.replace("-", " ") for arm in study.arms}
    rows = tuple(row for result in study.results for row in _rows(result, ids))
    return Table(
        tuple(names.get(arm, arm.replace("-", " ")) for arm in ids),
        rows,
        any(row.ratio for row in rows),
        any(row.p for row in rows),
    )


def _arms_of(result: Result) -> tuple[str, ...]:
    corrected = result.corrected.arms if result.corrected else None
    return (*(result.arms or {}), *(corrected or {}))


def _rows(result: Result, arms: tuple[str, ...]) -> list[Row]:
    name = _outcome(result)
    rows = []
    if result.lines:
        rows.append(
            Row(
                outcome=name,
                arms=_cells(arms, result.arms, result, result.arm_ci),
                ratio=_ratio(result.hr, result.ci, result.ci_level),
                p=_probability(result.p),
                says=result.says,
                lines=result.lines,
            )
        )
    mend = result.corrected
    if mend is not None:
        rows.append(
            Row(
                outcome="should read" if rows else f"{name}, not printed",
                arms=_cells(arms, mend.arms, result, None),
                ratio=_ratio(mend.hr, mend.ci, 95),
                p=_probability(mend.p),
                says=mend.says,
                correction=mend.basis,
            )
        )
    return rows


def _outcome(result: Result) -> str:
    """The endpoint with its subgroup; one of them alone where the other is not named."""
    named = endpoint(result)
    if not named or not result.subgroup:
        return named or result.subgroup or "Finding"
    return f"{named} ({result.subgroup})"


def _cells(
    arms: tuple[str, ...], given: Mapping[str, Figure] | None, result: Result, intervals: Mapping[str, ConfidenceInterval] | None
) -> tuple[str, ...]:
    return tuple(_cell((given or {}).get(arm), result.unit, (intervals or {}).get(arm)) for arm in arms)


def _cell(figure: Figure | None, unit: str, interval: ConfidenceInterval | None) -> str:
    if figure is None:
        return ""
    text = f"{shown(figure)} {_UNITS.get(unit, '')}".strip() if shown(figure) != "NR" else "NR"
    converted = months(figure, unit)
    text += f" ({converted:g} mo)" if converted is not None else ""
    return f"{text} ({interval[0]:g}-{interval[1]:g})" if interval else text


def _ratio(hr: float | None, interval: ConfidenceInterval | None, percent: float) -> str:
    bounds = f"{percent:g}% CI {interval[0]:g}-{interval[1]:g}" if interval else ""
    if hr is None:
        return bounds
    return f"{ratio(hr)} ({bounds})" if bounds else ratio(hr)


def _probability(p: Figure | None) -> str:
    return "" if p is None else shown(p)
