"""A picture as shapes, written as SVG by itself or as PNG and PDF by matplotlib. The same shapes give the same bytes.

Lengths are CSS pixels (96 to the inch), y points down. Colours are names: SVG writes each as a variable that follows the
page it stands in, or the reader's light or dark scheme; paper gets the light ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from xml.sax.saxutils import escape

from hepatica.printable import one_line
from hepatica.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Shape = Literal["circle", "cross", "diamond"]
INKS: dict[str, tuple[str, str]] = {
    "page": ("#ffffff", "#15141a"),
    "ink": ("#1d1c22", "#ebe8f0"),
    "quiet": ("#57545f", "#b3aebd"),
    "rule": ("#b9b4ac", "#5a5468"),
    "good": ("#00558c", "#8cc8f2"),
    "bad": ("#a02c00", "#ffab91"),
    "lit": ("#1b6e35", "#8fd9a4"),
    "standard": ("#d7ecdc", "#173a22"),
    "positive_phase_3": ("#dcebf7", "#15324a"),
    "licensed": ("#e6e2f5", "#2f2850"),
    "early_signal": ("#fdf3d8", "#43360f"),
    "in_trial": ("#f1f0ee", "#2a2733"),
    "supportive": ("#f1f0ee", "#2a2733"),
    "unreported": ("#f1f0ee", "#2a2733"),
    "not_supported": ("#fbe4dc", "#4a2116"),
}
_SITE = {"page": "--raised", "ink": "--ink", "quiet": "--quiet"}
_CHARACTER, _BOLD = 0.54, 1.09
_FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif'
_DPI, _FIT = 96, 0.86  # matplotlib's own face is wider than those of a browser
_MARKERS: dict[Shape, str] = {"circle": "o", "cross": "X", "diamond": "D"}


class Box(NamedTuple):
    """A rectangle with a border of `edge`, dashed or not."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str = ""
    heavy: bool = False
    dashed: bool = False


class Words(NamedTuple):
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float = 12
    ink: str = "ink"
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"


class Stroke(NamedTuple):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    ink: str = "ink"
    width: float = 1
    dashed: bool = False


class PlotMarker(NamedTuple):
    """A mark at a point, filled or hollow."""

    x: float
    y: float
    shape: Shape
    ink: str
    filled: bool = True
    size: float = 9


class Drawing:
    """A picture of a given size: shapes in the order in which they are painted, and what it shows in words."""

    def __init__(self, width: float, title: str, says: str) -> None:
        self.width, self.height = width, 0.0
        self.title, self.says = title, says
        self.shapes: list[Box | Words | Stroke | PlotMarker] = []

    def add(self, *shapes: Box | Words | Stroke | PlotMarker) -> None:
        """More shapes, on top of those before."""
        self.shapes.extend(shapes)

    def paragraph(self, x: float, y: float, text: str, width: float, size: float = 12, ink: str = "ink", *, bold: bool = False) -> float:
        """Text wrapped to a width, its first baseline one line below `y`; returns where the next line would begin."""
        for line in wrapped(text, width, size, bold=bold):
            y += round(size * 1.3)
            self.add(Words(x, y, line, size, ink, bold))
        return y


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines that fit a width, judged by the average width of a character."""
    room = max(int(width / (size * _CHARACTER * (_BOLD if bold else 1))), 8)
    return wrap(one_line(text), room, break_on_hyphens=False)


def svg(drawing: Drawing) -> str:
    """The picture as an SVG document: text stays text, with a title and a description for those who do not see it."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="figure-title figure-says">'
    )
    parts = [
        head,
        f'<title id="figure-title">{escape(one_line(drawing.title))}</title>',
        f'<desc id="figure-says">{escape(one_line(drawing.says))}</desc>',
        f"<style>{_style()}</style>",
        f'<rect width="{width}" height="{height}" fill="var(--f-page)"/>',
        *(_element(shape) for shape in drawing.shapes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    """The colours: a site's own where it declares them, else light or dark as the reader's system is."""
    rules = []
    for scheme in (0, 1):
        inks = ";".join(f"--f-{name}:{_site(name, colours[scheme])}" for name, colours in INKS.items())
        rule = f".figure{{{inks}}}"
        rules.append(rule if scheme == 0 else f"@media (prefers-color-scheme:dark){{{rule}}}@media print{{{rules[0]}}}")
    return f".figure text{{font-family:{_FONT}}}" + "".join(rules)


def _site(name: str, colour: str) -> str:
    return f"var({_SITE[name]},{colour})" if name in _SITE else colour


def _element(shape: Box | Words | Stroke | PlotMarker) -> str:
    if isinstance(shape, Words):
        weight = ' font-weight="700"' if shape.bold else ""
        anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
        place = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}" fill="var(--f-{shape.ink})"'
        return f"<text {place}{weight}{anchor}>{escape(one_line(shape.text))}</text>"
    if isinstance(shape, Stroke):
        dash = ' stroke-dasharray="4 3"' if shape.dashed else ""
        ends = f'x1="{shape.x1:g}" y1="{shape.y1:g}" x2="{shape.x2:g}" y2="{shape.y2:g}"'
        return f'<line {ends} stroke="var(--f-{shape.ink})" stroke-width="{shape.width:g}"{dash}/>'
    if isinstance(shape, Box):
        dash = ' stroke-dasharray="5 3"' if shape.dashed else ""
        edge = f' stroke="var(--f-{shape.edge})" stroke-width="{2.5 if shape.heavy else 1}"{dash}' if shape.edge else ""
        place = f'x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" rx="4"'
        return f'<rect class="box" {place} fill="var(--f-{shape.fill})"{edge}/>'
    return _marker(shape)


def _marker(mark: PlotMarker) -> str:
    x, y, half = mark.x, mark.y, mark.size / 2
    fill = f"var(--f-{mark.ink if mark.filled else 'page'})"
    paint = f'fill="{fill}" stroke="var(--f-{mark.ink})" stroke-width="1.5"'
    if mark.shape == "circle":
        return f'<circle class="mark circle" cx="{x:g}" cy="{y:g}" r="{half:g}" {paint}/>'
    if mark.shape == "diamond":
        return f'<path class="mark diamond" d="M{x:g} {y - half:g}l{half:g} {half:g} {-half:g} {half:g} {-half:g} {-half:g}z" {paint}/>'
    cross = f"M{x - half:g} {y - half:g}l{mark.size:g} {mark.size:g}m0 {-mark.size:g}l{-mark.size:g} {mark.size:g}"
    return f'<path class="mark cross" d="{cross}" fill="none" stroke="var(--f-{mark.ink})" stroke-width="{3 if mark.filled else 1.8:g}"/>'


def printed_pages(drawings: Sequence[Drawing], format_: Literal["png", "pdf"]) -> bytes:
    """PNG (one below the other) or PDF (a page for each). Raises `InvalidInput` where matplotlib is not installed."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_pdf import PdfPages
    except ImportError as error:
        message = f"{format_} needs matplotlib: pip install 'hepatica[plots]'; --format svg needs nothing"
        raise InvalidInput([Problem("picture", 1, 1, "no-matplotlib", message)]) from error
    out = BytesIO()
    with mpl.rc_context({"font.family": "DejaVu Sans", "pdf.fonttype": 42}):
        if format_ == "png":
            _figure(drawings).savefig(out, format="png", dpi=2 * _DPI, metadata={"Software": None})
        else:
            with PdfPages(out, metadata={"CreationDate": None, "Producer": None, "Creator": "Hepatica"}) as pages:
                for drawing in drawings:
                    pages.savefig(_figure([drawing]))
    return out.getvalue()


def _figure(drawings: Sequence[Drawing]) -> Any:
    from matplotlib.figure import Figure

    width, height = max(drawing.width for drawing in drawings), sum(drawing.height for drawing in drawings)
    figure = Figure(figsize=(width / _DPI, height / _DPI), facecolor=INKS["page"][0])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    top = 0.0
    for drawing in drawings:
        for shape in drawing.shapes:
            _paint(axes, shape, top)
        top += drawing.height
    return figure


def _paint(axes: Axes, shape: Box | Words | Stroke | PlotMarker, top: float) -> None:
    """One shape on paper. Names are never read as mathematics (`$` is a sign like any other)."""
    from matplotlib.patches import Rectangle

    if isinstance(shape, Words):
        anchor: Any = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
        look: dict[str, Any] = {"size": shape.size * 0.75 * _FIT, "color": INKS[shape.ink][0], "parse_math": False}
        weight = "bold" if shape.bold else "normal"
        axes.text(shape.x, shape.y + top, one_line(shape.text), ha=anchor, va="baseline", weight=weight, **look)
    elif isinstance(shape, Stroke):
        style: Any = (0, (4, 3)) if shape.dashed else "-"
        ends = [shape.x1, shape.x2], [shape.y1 + top, shape.y2 + top]
        axes.plot(*ends, color=INKS[shape.ink][0], linewidth=shape.width * 0.75, linestyle=style, solid_capstyle="butt")
    elif isinstance(shape, Box):
        edge = INKS[shape.edge][0] if shape.edge else "none"
        size: dict[str, Any] = {"linewidth": 1.8 if shape.heavy else 0.7, "linestyle": "--" if shape.dashed else "-"}
        corner = (shape.x, shape.y + top)
        axes.add_patch(Rectangle(corner, shape.width, shape.height, facecolor=INKS[shape.fill][0], edgecolor=edge, **size))
    else:
        ink, face = INKS[shape.ink][0], INKS[shape.ink if shape.filled else "page"][0]
        marker: Any = _MARKERS[shape.shape]
        axes.plot([shape.x], [shape.y + top], marker=marker, color=ink, markerfacecolor=face, markersize=shape.size * 0.75, linestyle="none")
