"""A forest plot as SVG or PNG, drawn by matplotlib. The same rows give the same bytes."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal
from xml.sax.saxutils import escape

from hepatica.knowledge import Met
from hepatica.notice import notice
from hepatica.problems import InvalidInput, Problem
from hepatica.report.figures import endpoint, shown
from hepatica.report.teaching.forest_text import ENDPOINT_TITLES, absent, comparison, correction_text, estimate_text, row_name
from hepatica.teaching.forest import MET_WORDS, Estimate, Forest, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Format = Literal["svg", "png"]
TITLE = "Hazard ratios of the randomised trials"
SHAPES: dict[Met, str] = {"yes": "o", "no": "X", "pending": "D", "not_reported": "D"}
INKS: dict[Met, str] = {"yes": "#00558c", "no": "#a02c00", "pending": "#444444", "not_reported": "#444444"}
_SETTINGS: Any = {
    "svg.hashsalt": "hepatica",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
}
_WIDTH, _ROW, _TOP, _AXIS, _FOOT = 13.0, 0.4, 0.7, 0.75, 0.145
_ACROSS = 205
_NAME, _RATIO, _OUTCOME = -0.79, 1.03, 1.6
_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5)


def plot(found: Forest, format_: Format = "svg") -> bytes:
    """The plot as a file's content. Raises `InvalidInput` where matplotlib is not installed or there is no row."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        message = "the plot needs matplotlib: pip install 'hepatica[plots]'; --format text needs nothing"
        raise InvalidInput([Problem("forest", 1, 1, "no-matplotlib", message)]) from error
    if not found.rows:
        raise InvalidInput([Problem("forest", 1, 1, "empty", "no randomised trial with a hazard ratio fits the choice")])
    with mpl.rc_context(_SETTINGS):
        figure = _figure(found)
        out = BytesIO()
        metadata: dict[str, Any] = {"Date": None, "Title": TITLE} if format_ == "svg" else {"Software": None, "Title": TITLE}
        figure.savefig(out, format=format_, dpi=150, metadata=metadata, facecolor="white")
    return _accessible(out.getvalue(), found) if format_ == "svg" else out.getvalue()


def _figure(found: Forest) -> Figure:
    from matplotlib.figure import Figure

    groups = [list(rows) for _, rows in groupby(found.rows, key=lambda row: row.result.endpoint)]
    lines = len(found.rows) + len(groups)
    foot = [*wrap(absent(found), _ACROSS), *wrap(notice(found.ruleset.card.as_of), _ACROSS)]
    bottom = _AXIS + len(foot) * _FOOT
    height = lines * _ROW + _TOP + bottom
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes((0.27, bottom / height, 0.33, lines * _ROW / height))
    y = 0.0
    for rows in groups:
        _heading(axes, ENDPOINT_TITLES[rows[0].result.endpoint], y)
        y -= 1
        for row in rows:
            _row(axes, row, y)
            y -= 1
    _frame(axes, found, y)
    _words(figure, found, height, foot)
    return figure


def _heading(axes: Axes, title: str, y: float) -> None:
    for x, words in ((_NAME, title.capitalize()), (_RATIO, "HR (95% CI unless stated)"), (_OUTCOME, "P; primary endpoint")):
        axes.text(x, y, words, transform=axes.get_yaxis_transform(), weight="bold", va="center")


def _row(axes: Axes, row: Row, y: float) -> None:
    across, shape, ink = axes.get_yaxis_transform(), SHAPES[row.met], INKS[row.met]
    label = (
        ""
        if endpoint(row.result) == row.result.endpoint
        else f", {endpoint(row.result).partition(' ')[2] or endpoint(row.result)}"
    )
    axes.text(_NAME, y + 0.16, row_name(row) + label, transform=across, va="center")
    axes.text(_NAME + 0.02, y - 0.24, comparison(row), transform=across, va="center", size=7.5, color="#444444")
    upper, lower = (y + 0.16, y - 0.24) if row.corrected else (y, y)
    axes.text(_RATIO, upper, estimate_text(row.printed) if row.printed else "not printed", transform=across, va="center")
    if row.printed is not None:
        _estimate(axes, row.printed, upper, shape, ink, printed=True)
    if row.corrected is not None:
        _estimate(axes, row.corrected, lower if row.printed else y, shape, ink, printed=False)
        axes.text(_RATIO, lower, correction_text(row), transform=across, va="center", size=8, color="#444444")
    p = f"P {shown(row.result.p)}; " if row.result.p is not None else ""
    mend = row.result.corrected
    lead = "P should read" if p else "P not printed;"
    mended = f"{lead} {shown(mend.p)}, {mend.basis}" if mend is not None and mend.p is not None else ""
    axes.text(_OUTCOME, y + 0.16 if mended else y, f"{p}{row.verdict}", transform=across, va="center", color=ink)
    axes.text(_OUTCOME, y - 0.24, mended, transform=across, va="center", size=8, color="#444444")


def _estimate(axes: Axes, estimate: Estimate, y: float, shape: str, ink: str, *, printed: bool) -> None:
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [y, y], color=ink, linewidth=1.4, linestyle="-" if printed else (0, (2, 1.5)))
        axes.plot([estimate.low, estimate.high], [y, y], color=ink, linestyle="none", marker="|", markersize=5)
    face = ink if printed else "white"
    axes.plot([estimate.hr], [y], marker=shape, color=ink, markerfacecolor=face, markersize=7 if printed else 6, linestyle="none")


def _frame(axes: Axes, found: Forest, bottom: float) -> None:
    from matplotlib.ticker import NullLocator

    low, high = found.span()
    axes.set_xscale("log")
    axes.set_xlim(min(low, 0.9) / 1.08, max(high, 1.1) * 1.08)
    axes.set_ylim(bottom + 0.3, 0.6)
    axes.set_yticks([])
    ticks = [tick for tick in _TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1, color="#444444", linewidth=1)
    axes.set_xlabel("← better than the comparator · hazard ratio (log scale) · worse →")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _words(figure: Figure, found: Forest, height: float, foot: list[str]) -> None:
    from matplotlib.lines import Line2D

    figure.text(0.012, 1 - 0.25 / height, TITLE, size=13, weight="bold", va="center")
    figure.text(0.012, 0.12 / height, "\n".join(foot), size=8, va="bottom")
    entries = [
        Line2D([], [], color=INKS[met], marker=SHAPES[met], linestyle="none", markersize=7, label=_label(found, met))
        for met in found.verdicts
    ]
    entries.append(Line2D([], [], color="#444444", linestyle="-", label="printed (filled)"))
    entries.append(Line2D([], [], color="#444444", linestyle=(0, (2, 1.5)), label="corrected (hollow)"))
    figure.legend(
        handles=entries, loc="upper right", ncols=6, columnspacing=1.2, frameon=False, bbox_to_anchor=(0.995, 1 - 0.05 / height)
    )


def _label(found: Forest, met: Met) -> str:
    """The first mark's label says what all of them are about."""
    return f"{'primary endpoint ' if met == found.verdicts[0] else ''}{MET_WORDS[met]}"


def description(found: Forest) -> str:
    """The plot in words, for a reader who cannot see it."""
    rows = "; ".join(f"{row_name(row)} {endpoint(row.result)} {estimate_text(row.shown)} {row.verdict}" for row in found.rows)
    rest = f"{absent(found)} {notice(found.ruleset.card.as_of)}"
    return f"{len(found.rows)} hazard ratios with confidence intervals on a logarithmic axis. {rows}. {rest}"


def _accessible(svg: bytes, found: Forest) -> bytes:
    """The SVG with a role, a title and a description, so that it can be read out."""
    text = re.sub(r"\s*<title>[^<]*</title>", "", svg.decode("utf-8"), count=1)
    head = f'<title id="forest-title">{escape(TITLE)}</title>\n <desc id="forest-desc">{escape(description(found))}</desc>\n'
    marked = re.sub(r"<svg ", '<svg role="img" aria-labelledby="forest-title forest-desc" ', text, count=1)
    at = marked.index(">", marked.index("<svg ")) + 1
    return f"{marked[:at]}\n {head}{marked[at:]}".encode()
