"""A forest plot: its numbers as tables, and a picture with an axis over each panel."""

from __future__ import annotations

import math
from dataclasses import replace

from hepatica.evaluation import p_words, ratio, shown
from hepatica.knowledge import KNOWN_BY, LINES
from hepatica.report.blocks import Blocks, Bullets, Cell, Notice, Paragraph, Ref, Section, Table, Title
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import A4, Drawing, PlotMarker, Shape, Stroke, Words, pictured, text_width
from hepatica.teaching import ENDPOINTS, Estimate, Forest, ForestPanel, ForestRow
from hepatica.wording import joined, phrase, spoken

TITLE = "Hazard ratios of the randomised trials"
_COLUMNS = ("Trial", "Tested", "HR", "P", "Primary endpoint", "Later")
_MARKS: dict[str, tuple[Shape, str]] = {"met": ("circle", "good"), "missed": ("cross", "bad")}
_NEUTRAL: tuple[Shape, str] = ("diamond", "quiet")
_NARROW, _EDGE, _BODY = 700.0, 16.0, 12.0
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
    rest = tuple(f"{one.name} ({_line(one.setting)}): {outcome_words(one.outcome, one.primary)}" for one in found.without)
    without = (Section("Randomised, without such a hazard ratio", (Bullets(rest),)),) if rest else ()
    drawn = (pictured(forest_drawing(found)),) if panels and picture else ()
    return (head, Paragraph(phrase("forest", "how")), *nothing, *panels, *without, *drawn, Notice(found.notice))


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
    """What is read beside the print, with how it is known: "should read 1.07, from memory"; "" where nothing is."""
    if row.corrected is None:
        return ""
    return joined(f"{row.verb} {estimate_text(row.corrected)}", KNOWN_BY.get(row.basis, ""), mark=", ")


def compared(row: ForestRow, panel: ForestPanel) -> str:
    """What was held against what (where the panel does not say so), in which line and phase, among how many."""
    # A number stays on one line with what it counts.
    phase, number = f"phase {row.phase}" if row.phase else "", f"n\u00a0=\u00a0{row.n}" if row.n else ""
    return joined(_tested(row, panel), phase, number, mark=", ")


def _tested(row: ForestRow, panel: ForestPanel) -> str:
    """What was tested, for a column: the control and the endpoint only where the panel's title does not say them."""
    arms = row.tested if row.control == panel.control else f"{row.tested} v {row.control}"
    return joined(arms, "" if row.label in ENDPOINTS else row.label, _line(row.setting), mark=", ")


def _line(setting: str) -> str:
    return LINES.get(setting, "line not stated")


def _ratio(row: ForestRow) -> str:
    return joined(estimate_text(row.printed) if row.printed else "", correction(row))


def _p(row: ForestRow) -> str:
    printed, read = (shown(one) if one is not None else "" for one in (row.p, row.corrected_p))
    # Where the ratio is read elsewhere, too, its words have said where.
    said = row.printed is None and row.p is None
    return joined(printed, read if said or not read else f"{row.verb} {read}")


def _table(panel: ForestPanel) -> Table:
    rows = tuple(
        (
            Cell(row_name(row), Ref("study", row.study)),
            _tested(row, panel),
            _ratio(row),
            _p(row),
            verdict(row),
            " ".join(f"{event.year}: {event.says}" for event in row.later),
        )
        for row in panel.rows
    )
    columns = len(_COLUMNS) if any(row.later for row in panel.rows) else -1
    return Table(_COLUMNS[:columns], tuple(row[:columns] for row in rows))


def forest_pages(found: Forest) -> list[Drawing]:
    """Upright pages for paper, each with as many panels as it has room for."""
    pages: list[tuple[ForestPanel, ...]] = []
    for panel in found.panels:
        longer = (*pages[-1], panel) if pages else (panel,)
        fits = pages and forest_drawing(replace(found, panels=longer), A4[1]).height <= A4[0]
        pages[-1:] = [longer] if fits or not pages else [pages[-1], (panel,)]
    return [forest_drawing(replace(found, panels=panels), A4[1]) for panels in pages]


def forest_drawing(found: Forest, width: float = 1040) -> Drawing:
    """The picture; narrow ones (below 700) put each row's interval under its words."""
    plot = _Plot(found, width)
    mixed = any(row.corrected for panel in found.panels for row in panel.rows)
    plot.head(mixed=mixed, others=any(panel.endpoint != "OS" for panel in found.panels))
    for panel in found.panels:
        plot.panel(panel)
    plot.write(f"{found.ruleset.named}. {found.notice}", ink="quiet")
    plot.height = plot.y + 14
    return plot


class _Plot(Drawing):
    """The panels one below the other, each under an axis of its own; all axes are the same, and logarithmic."""

    def __init__(self, found: Forest, width: float) -> None:
        super().__init__(width, TITLE, describe(found), _EDGE)
        self.wide, self.y = width >= _NARROW, 12.0
        estimates = [e for row in found.rows for e in (row.printed, row.corrected) if e is not None]
        values = [value for e in estimates for value in (e.hr, e.low, e.high) if value is not None]
        self.low, self.high = min([*values, 0.8]) / 1.1, max([*values, 1.25]) * 1.1
        self.left, self.right = (width * 0.33, width * 0.66) if self.wide else (_EDGE, width - _EDGE)
        # Trials of which it has been told in full what overturned them: a trial has a row for each endpoint.
        self.told: set[str] = set()

    def at(self, value: float) -> float:
        share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return round(self.left + share * (self.right - self.left), 1)

    def head(self, *, mixed: bool, others: bool) -> None:
        """The title and what the marks mean; `mixed` where not all is as printed, `others` where not all tell of survival."""
        self.write(TITLE, size=17, bold=True)
        self.write(phrase("forest", "how"), ink="quiet")
        x, self.y = _EDGE + 6, self.y + 8
        for outcome in ("met", "missed", ""):
            (shape, ink), words = _MARKS.get(outcome, _NEUTRAL), phrase("forest", outcome)
            room = text_width(words, _BODY) + 34
            if x + room > self.width:
                x, self.y = _EDGE + 6, self.y + 16
            self.add(PlotMarker(x, self.y + 10, shape, ink, outcome != ""), Words(x + 12, self.y + 14, words, _BODY))
            x += room
        self.y += 14
        self.write(phrase("forest", "reading") if mixed else "")
        self.write(phrase("forest", "other_endpoint") if others else "")

    def panel(self, panel: ForestPanel) -> None:
        self.y += 14
        self.write(panel_title(panel), size=15, bold=True)
        line, one = self.y + 36, self.at(1)
        self.add(Stroke(self.left, line, self.right, line, "rule"))
        for tick in (tick for tick in _TICKS if self.low <= tick <= self.high):
            x, words = self.at(tick), f"{tick:g}"
            self.add(Stroke(x, line, x, line - 5, "rule"), Words(x, line - 8, words, _BODY, "quiet", anchor="middle"))
        self.add(Words(one - 12, line - 23, "← better", _BODY, "quiet", anchor="end"))
        self.add(Words(one + 12, line - 23, "worse →", _BODY, "quiet"))
        self.y, at = line + 6, len(self.shapes)
        for row in panel.rows:
            self._row(row, panel)
        if self.wide:
            # Below the rows: where words stand above each interval, a line from top to foot would run through them.
            self.shapes.insert(at, Stroke(one, line + 6, one, self.y, "rule", 1.5))

    def _row(self, row: ForestRow, panel: ForestPanel) -> None:
        """One comparison: its words at the sides (or above), the printed estimate, the other one below it."""
        side = self.right + 16 if self.wide else _EDGE
        left = (self.left if self.wide else self.width) - 2 * _EDGE
        right = self.width - side - _EDGE
        below = self.paragraph(_EDGE, self.y, row_name(row), left, 13, bold=True)
        below = self.paragraph(_EDGE, below, compared(row, panel), left, _BODY, "quiet")
        figures = [part for part in (estimate_text(row.printed) if row.printed else "", correction(row)) if part]
        at = self.paragraph(side, self.y if self.wide else below, figures[0], right, 13)
        for text in (*figures[1:], joined(p_words(_p(row)), verdict(row)), self._later(row)):
            at = self.paragraph(side, at, text, right, _BODY, "quiet")
        line = self.y + 14 if self.wide else at + 16
        if not self.wide:
            one = self.at(1)
            self.add(Stroke(one, line - 9, one, line + (25 if row.printed and row.corrected else 9), "rule", 1.5))
        self.y = max(below, at, self._estimates(row, line) - 4) + 9

    def _later(self, row: ForestRow) -> str:
        """What overturned a trial, in full where the trial stands first."""
        events = [event for event in row.later if event.effect == "overturns"]
        if row.study in self.told and events:
            return f"later overturned ({min(event.year for event in events)}), as above"
        self.told.add(row.study)
        return "; ".join(f"later ({event.year}): {event.says}" for event in events)

    def _estimates(self, row: ForestRow, y: float) -> float:
        shape, ink = _MARKS.get(row.outcome, _NEUTRAL)
        for estimate, printed in ((row.printed, True), (row.corrected, False)):
            if estimate is None:
                continue
            if estimate.low is not None and estimate.high is not None:
                low, high = self.at(estimate.low), self.at(estimate.high)
                self.add(Stroke(low, y, high, y, ink, 1.6, not printed))
                self.add(*(Stroke(x, y - 4, x, y + 4, ink, 1.6) for x in (low, high)))
            self.add(PlotMarker(self.at(estimate.hr), y, shape, ink, printed and row.kind == "whole_trial"))
            y += 16
        return y
