"""A forest plot drawn in characters for an 80-column terminal, and its numbers as a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from hepatica.knowledge import Met
from hepatica.notice import notice
from hepatica.report.figures import endpoint, line, ratio, shown
from hepatica.report.old_markdown import escaped
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging, wrapped
from hepatica.teaching.forest import MET_WORDS, Estimate, Forest, Row, verdict

MARKERS: dict[Met, str] = {"yes": "●", "no": "✕", "pending": "◇", "not_reported": "◇"}
ENDPOINT_TITLES = {"OS": "OVERALL SURVIVAL", "TTP": "TIME TO PROGRESSION", "PFS": "PROGRESSION-FREE SURVIVAL"}
SETTING_TITLES = {"first": "first line", "second": "second line", "any": "any line", "not_stated": "line not stated"}
_PLOT = 33
_NAME = 21


def text(found: Forest, style: Style) -> str:
    """The whole plot."""
    return "\n".join(_page(found, style)) + "\n"


def estimate_text(estimate: Estimate) -> str:
    """As in "0.89 (0.69-1.15)", with "90%" where the interval is one, or "0.39 (no CI)"."""
    if estimate.low is None or estimate.high is None:
        return f"{ratio(estimate.hr)} (no CI)"
    level = "90% " if estimate.level == 90 else ""
    return f"{ratio(estimate.hr)} ({level}{estimate.low:g}-{estimate.high:g})"


def row_name(row: Row) -> str:
    """The trial and, where it is one, the subgroup."""
    return f"{row.study.name} [{row.result.subgroup}]" if row.result.subgroup else row.study.name


def correction_text(row: Row) -> str:
    """What the corrected mark stands for, with how it is known; empty where there is none."""
    if row.corrected is None or row.result.corrected is None:
        return ""
    return f"{estimate_text(row.corrected)}, {row.result.corrected.basis}"


def _page(found: Forest, style: Style) -> Iterator[str]:
    card = found.ruleset.card
    yield style.bold("Hazard ratios of the randomised trials")
    yield style.dim(f"{card.id} {card.version}, evidence as of {card.as_of}; 95% CI unless stated; log scale")
    if not found.rows:
        yield "No randomised trial with a hazard ratio fits the choice."
    else:
        legend = "; ".join(f"{MARKERS[met]} {MET_WORDS[met]}" for met in found.verdicts)
        yield f"Trial's primary endpoint: {legend}."
        yield "* and a dotted line: corrected value. Trials are not compared with each other."
        low, high = found.span()
        yield from _rows(found, style, low, high)
    if found.without:
        yield ""
        yield from wrapped(absent(found))
    yield ""
    yield from wrapped(notice(card.as_of))


def absent(found: Forest) -> str:
    """The randomised trials that have no row, with their verdicts; empty where all have one."""
    named = "; ".join(f"{study.name}, {SETTING_TITLES[study.setting]}: {verdict(study)}" for study in found.without)
    return f"Randomised, without such a hazard ratio: {named}." if named else ""


def _rows(found: Forest, style: Style, low: float, high: float) -> Iterator[str]:
    for name, rows in groupby(found.rows, key=lambda row: row.result.endpoint):
        yield ""
        yield style.bold(f"{ENDPOINT_TITLES[name]:<{_NAME}} {'better':>{_at(1, low, high) - 1}} | worse than comparator")
        for row in rows:
            yield from _row(row, low, high)


def _row(row: Row, low: float, high: float) -> Iterator[str]:
    name, marker = row_name(row), MARKERS[row.met]
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    if row.printed is not None:
        yield _drawn(short, row.printed, marker, "─", low, high)
    if row.corrected is not None:
        yield _drawn("" if row.printed else short, row.corrected, marker, "┄", low, high) + "*"
    lead = f"{name}. " if short != name else ""
    yield from hanging("    ", f"{lead}{comparison(row)}; {row.verdict}. {line(row.result)}", 6)


def comparison(row: Row) -> str:
    """What was held against what, and in which line."""
    return f"{' v '.join(row.arms)}, {SETTING_TITLES[row.study.setting]}"


def _at(value: float, low: float, high: float) -> int:
    """The column of a value on the logarithmic axis."""
    return round((math.log(value) - math.log(low)) / (math.log(high) - math.log(low) or 1) * (_PLOT - 1))


def _drawn(name: str, estimate: Estimate, marker: str, stroke: str, low: float, high: float) -> str:
    cells = [" "] * _PLOT
    if low <= 1 <= high:
        cells[_at(1, low, high)] = "|"
    if estimate.low is not None and estimate.high is not None:
        first, last = _at(estimate.low, low, high), _at(estimate.high, low, high)
        cells[first : last + 1] = [stroke] * (last - first + 1)
        cells[first], cells[last] = "├", "┤"
    cells[_at(estimate.hr, low, high)] = marker
    return f"{name:<{_NAME}} {''.join(cells)} {estimate_text(estimate)}"


def markdown(found: Forest) -> str:
    """The numbers as a table."""
    lines = ["| Endpoint | Trial | Arms | Printed HR | Corrected HR | P | Primary endpoint |", "| --- " * 7 + "|"]
    for row in found.rows:
        printed = estimate_text(row.printed) if row.printed else "not printed"
        p = shown(row.result.p) if row.result.p is not None else ""
        cells = (endpoint(row.result), row_name(row), " v ".join(row.arms), printed, correction_text(row), p, row.verdict)
        lines.append(f"| {' | '.join(escaped(cell) for cell in cells)} |")
    lines += ["", escaped(absent(found))] if found.without else []
    return "\n".join([*lines, "", f"> {notice(found.ruleset.card.as_of)}"]) + "\n"
