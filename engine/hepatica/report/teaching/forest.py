"""A forest plot: its numbers as tables, and a picture with an axis at its top and at its foot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from hepatica.evaluation import ratio, shown
from hepatica.knowledge import LINES
from hepatica.report.blocks import Blocks, Bullets, Cell, More, Notice, Paragraph, Picture, Ref, Section, Table, Title
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import Drawing, PlotMarker, Shape, Stroke, Words, svg
from hepatica.teaching import ENDPOINTS, Estimate, Forest, ForestPanel, ForestRow
from hepatica.wording import joined, spoken

TITLE = "Hazard ratios of the randomised trials"
_HOW = (
    "Below 1 is better for the first-named arm. 95% confidence intervals unless stated. Trials are not compared with each "
    "other: each stands against its own control."
)
_READING = "Filled, solid line: printed. Hollow, dashed line: read beside it."
_OTHER_ENDPOINT = (
    "On rows of progression, too, the mark is the verdict on the trial's primary endpoint (mostly overall survival; it is "
    "named beside the row), not on this row."
)
_COLUMNS = ("Trial", "Tested", "HR", "P", "Primary endpoint", "Later")
_MARKS: dict[str, tuple[Shape, str]] = {"met": ("circle", "good"), "missed": ("cross", "bad")}
_NEUTRAL: tuple[Shape, str] = ("diamond", "quiet")
_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5)


def outcome_words(outcome: str, endpoint: str) -> str:
    """What became of a primary endpoint, with its name where it was judged: "missed (OS)"."""
    judged = outcome in ("met", "partly_met", "missed") and endpoint
    named = f": {endpoint}" if "(" in endpoint else f" ({endpoint})"
    return spoken(outcome) + (named if judged else "")


def forest_view(found: Forest, *, picture: bool = True) -> Blocks:
    """The tables, one for each endpoint and control, then the picture for those who ask."""
    head = Title(TITLE, edition(found.ruleset))
    panels = tuple(Section(panel_title(panel), (_table(panel),)) for panel in found.panels)
    nothing = () if panels else (Paragraph("No randomised trial with a hazard ratio fits the choice."),)
    rest = tuple(
        f"{trial.name} ({_line(trial.setting)}): {outcome_words(trial.outcome, trial.primary)}" for trial in found.without
    )
    without = (Section("Randomised, without such a hazard ratio", (Bullets(rest),)),) if rest else ()
    shown = bool(panels) and picture
    drawn = (More("The same as a picture", (Picture(describe(found), svg(forest_drawing(found))),)),) if shown else ()
    return (head, Paragraph(_HOW), *nothing, *panels, *without, *drawn, Notice(found.notice))


def panel_title(panel: ForestPanel) -> str:
    """As in "Overall survival v placebo"."""
    return f"{ENDPOINTS[panel.endpoint]} v {panel.control}"


def describe(found: Forest) -> str:
    """The picture in words."""
    rows = "; ".join(f"{row_name(row)} {row.label} {_ratio(row)}, {verdict(row)}" for row in found.rows)
    return f"{len(found.rows)} hazard ratios with confidence intervals on a logarithmic axis. {rows}."


def estimate_text(estimate: Estimate) -> str:
    """As in "0.89 (0.69-1.15)", with "90% CI" where the interval is one, or "0.39 (no CI)"."""
    if estimate.low is None or estimate.high is None:
        return f"{ratio(estimate.hr)} (no CI)"
    level = "" if estimate.level == 95 else f"{estimate.level:g}% CI "
    return f"{ratio(estimate.hr)} ({level}{ratio(estimate.low)}-{ratio(estimate.high)})"


def row_name(row: ForestRow) -> str:
    """The trial and, where it is one, the subgroup."""
    return f"{row.name} [{row.subgroup}]" if row.subgroup else row.name


def verdict(row: ForestRow) -> str:
    """What became of the trial's primary endpoint; of a subgroup or of doses, that they decide nothing."""
    if row.outcome:
        return outcome_words(row.outcome, row.primary)
    return f"{spoken(row.kind)}; the trial: {outcome_words(row.trial_outcome, row.primary)}"


def correction(row: ForestRow) -> str:
    """What is read beside the print, with how it is known: "published: 0.69 (0.55-0.87), confirmed"; "" where nothing is."""
    if row.corrected is None:
        return ""
    return f"{row.verb} {estimate_text(row.corrected)}, {row.basis}"


def compared(row: ForestRow) -> str:
    """What was held against what, in which line, among how many."""
    phase, number = f"phase {row.phase}" if row.phase else "", f"n {row.n}" if row.n else ""
    label = "" if row.label in ENDPOINTS else row.label
    return joined(f"{row.tested} v {row.control}", label, _line(row.setting), phase, number, mark=", ")


def _tested(row: ForestRow, panel: ForestPanel) -> str:
    """As `compared` without what the panel's title says, for a column."""
    arms = row.tested if row.control == panel.control else f"{row.tested} v {row.control}"
    label = "" if row.label in ENDPOINTS else f", {row.label}"
    return f"{arms}{label}, {_line(row.setting)}"


def _line(setting: str) -> str:
    return LINES.get(setting, "line not stated")


def _ratio(row: ForestRow) -> str:
    return joined(estimate_text(row.printed) if row.printed else "", correction(row))


def _p(row: ForestRow) -> str:
    printed = shown(row.p) if row.p is not None else ""
    read = f"{row.verb} {shown(row.corrected_p)}" if row.corrected_p is not None else ""
    return joined(printed, read)


def _later(row: ForestRow) -> str:
    return " ".join(f"{event.year}: {event.says}" for event in row.later)


def _table(panel: ForestPanel) -> Table:
    rows = tuple(
        (Cell(row_name(row), Ref("study", row.study)), _tested(row, panel), _ratio(row), _p(row), verdict(row), _later(row))
        for row in panel.rows
    )
    with_later = any(row.later for row in panel.rows)
    return Table(_COLUMNS if with_later else _COLUMNS[:-1], rows if with_later else tuple(row[:-1] for row in rows))


class _Axis(NamedTuple):
    """A logarithmic axis from `left` to `right`."""

    low: float
    high: float
    left: float
    right: float

    def at(self, value: float) -> float:
        share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self) -> Iterator[float]:
        return (tick for tick in _TICKS if self.low <= tick <= self.high)


def forest_pages(found: Forest) -> list[Drawing]:
    """A picture for each endpoint, for paper."""
    panels = {name: tuple(panel for panel in found.panels if panel.endpoint == name) for name in ENDPOINTS}
    return [forest_drawing(replace(found, panels=chosen)) for chosen in panels.values() if chosen]


def forest_drawing(found: Forest, width: float = 1040) -> Drawing:
    """The picture; narrow ones (below 700) put the words above each row's interval."""
    drawing = Drawing(width, TITLE, describe(found))
    wide = width >= 700
    estimates = [e for row in found.rows for e in (row.printed, row.corrected) if e is not None]
    values = [value for e in estimates for value in (e.hr, e.low, e.high) if value is not None]
    left, right = (width * 0.34, width * 0.66) if wide else (16.0, width - 16.0)
    axis = _Axis(min([*values, 0.8]) / 1.1, max([*values, 1.25]) * 1.1, left, right)
    y = drawing.paragraph(16, 12, TITLE, width - 32, 17, bold=True)
    y = drawing.paragraph(16, y, _HOW, width - 32, 12, "quiet") + 8
    y = _legend(drawing, y, others=any(panel.endpoint != "OS" for panel in found.panels))
    top = y = _ticks(drawing, axis, y, below=False)
    for panel in found.panels:
        y = drawing.paragraph(16, y + 12, panel_title(panel), width - 32, 14, bold=True) + 6
        for row in panel.rows:
            y = _row(drawing, axis, row, y, wide=wide)
    if wide:
        drawing.shapes.insert(0, Stroke(axis.at(1), top, axis.at(1), y + 4, "rule", 1.5))
    y = _ticks(drawing, axis, y + 4, below=True)
    y = drawing.paragraph(16, y + 6, f"{found.ruleset.named}. {found.notice}", width - 32, 11, "quiet")
    drawing.height = y + 14
    return drawing


def _legend(drawing: Drawing, y: float, *, others: bool) -> float:
    """The marks with their words, in a row where that fits; `others` where rows tell of another endpoint than survival."""
    x = 22.0
    for outcome, words in (("met", "trial's primary endpoint met"), ("missed", "missed"), ("", "subgroup, doses, or not known")):
        shape, ink = _MARKS.get(outcome, _NEUTRAL)
        if x + len(words) * 7 > drawing.width:
            x, y = 22.0, y + 16
        drawing.add(PlotMarker(x, y + 10, shape, ink, outcome != ""), Words(x + 12, y + 14, words, 12))
        x += 30 + len(words) * 7
    y = drawing.paragraph(16, y + 14, _READING, drawing.width - 32, 12)
    return (drawing.paragraph(16, y, _OTHER_ENDPOINT, drawing.width - 32, 12) if others else y) + 6


def _ticks(drawing: Drawing, axis: _Axis, y: float, *, below: bool) -> float:
    """The axis with its numbers above it, or below."""
    line = y if below else y + 34
    drawing.add(Stroke(axis.left, line, axis.right, line, "rule"))
    for tick in axis.ticks():
        x = axis.at(tick)
        drawing.add(Stroke(x, line, x, line + (5 if below else -5), "rule"))
        drawing.add(Words(x, line + (17 if below else -8), f"{tick:g}", 11, "quiet", anchor="middle"))
    middle, foot = (axis.left + axis.right) / 2, line + (33 if below else -22)
    drawing.add(Words(middle, foot, "← better · hazard ratio · worse →", 11, "quiet", anchor="middle"))
    return line + (34 if below else 6)


def _row(drawing: Drawing, axis: _Axis, row: ForestRow, y: float, *, wide: bool) -> float:
    """One comparison: its words at the sides (or above), the printed estimate, the other one below it."""
    words = axis.left - 32 if wide else drawing.width - 32
    below = drawing.paragraph(16, y, row_name(row), words, 13, bold=True)
    below = drawing.paragraph(16, below, compared(row), words, 11, "quiet")
    side = axis.right + 16
    texts = [estimate_text(row.printed) if row.printed else "", correction(row)]
    texts += [joined(f"P {_p(row)}" if _p(row) else "", verdict(row))]
    texts += [f"later: {event.says}" for event in row.later if event.effect == "overturns"]
    at = y if wide else below
    for index, text in enumerate(part for part in texts if part):
        where, room = (side, drawing.width - side - 12) if wide else (16.0, words)
        at = drawing.paragraph(where, at, text, room, 12 if index == 0 else 11, "ink" if index == 0 else "quiet")
    line = y + 14 if wide else max(at, below) + 14
    shape, ink = _MARKS.get(row.outcome, _NEUTRAL)
    if not wide:
        # Where the words stand above the interval, a line of no difference from top to foot would run through them.
        drawing.add(Stroke(axis.at(1), line - 9, axis.at(1), line + (25 if row.printed and row.corrected else 9), "rule", 1.5))
    for estimate, filled in ((row.printed, True), (row.corrected, False)):
        if estimate is not None:
            marker = PlotMarker(axis.at(estimate.hr), line, shape, ink, filled and row.kind == "whole_trial")
            _estimate(drawing, axis, estimate, marker, dashed=not filled)
            line += 16
    return max(below, at, line - 4) + 8


def _estimate(drawing: Drawing, axis: _Axis, estimate: Estimate, marker: PlotMarker, *, dashed: bool) -> None:
    if estimate.low is not None and estimate.high is not None:
        low, high, y = axis.at(estimate.low), axis.at(estimate.high), marker.y
        drawing.add(Stroke(low, y, high, y, marker.ink, 1.6, dashed))
        drawing.add(*(Stroke(x, y - 4, x, y + 4, marker.ink, 1.6) for x in (low, high)))
    drawing.add(marker)
