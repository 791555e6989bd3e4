"""A picture as shapes, written as SVG, and that as PDF and PNG for paper. The same shapes give the same bytes.

Lengths are CSS pixels (96 to the inch), y points down. Colours are names: SVG writes the light one on each shape and the dark
ones as a style, so that it is legible where a page forbids styles; paper gets the light ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from string import ascii_uppercase
from typing import Literal, NamedTuple
from xml.sax.saxutils import escape

from hepatica.paths import package_data
from hepatica.printable import one_line
from hepatica.problems import not_installed
from hepatica.report.blocks import More, Picture
from hepatica.report.render_html import pdf_of

Shape = Literal["circle", "cross", "diamond"]
# The light ink and the dark one; labels are the same in the dark: white on a strong colour.
INKS: dict[str, tuple[str, str]] = package_data("report", "teaching", "inks.json")
# Lines are broken here, since SVG breaks none: so the font is one that every system has, or one as wide, and these are the
# widths of its characters in parts of the size, a little on the wide side.
_CAPITAL, _LETTER, _BOLD = 0.7, 0.565, 1.08


_WIDTHS = defaultdict(
    lambda: _LETTER,
    {
        **dict.fromkeys(ascii_uppercase, _CAPITAL),
        **dict.fromkeys("ijl.,;:'|! \u00a0ftI/", 0.285),
        **dict.fromkeys("r()[]-", 0.345),
        **dict.fromkeys("cksvxyz", 0.51),
        **dict.fromkeys("mwMW@%+=<>≤≥✓✕⊘→○", 0.86),
    },
)
_FONT = 'Arial,"Liberation Sans",Helvetica,Roboto,sans-serif'
A4 = (1122.5, 793.6)  # landscape, at 96 pixels to the inch
_PAGES = (
    "<style>@page wide{size:A4 landscape;margin:0}@page tall{size:A4;margin:0}.wide{page:wide}.tall{page:tall}body{margin:0}"
    "svg{display:block}div+div{break-before:page}</style>"
)


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

    def svg(self) -> str:
        """The element."""
        place = f'x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" height="{self.height:g}" rx="4"'
        return f"<rect {place} {_paint(self.fill, self.edge, 2.5 if self.heavy else 1, '5 3' * self.dashed, 'box')}/>"


class Words(NamedTuple):
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float = 12
    ink: str = "ink"
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"

    def svg(self) -> str:
        """The element."""
        style = ' font-weight="700"' * self.bold + ("" if self.anchor == "start" else f' text-anchor="{self.anchor}"')
        place = f'x="{self.x:g}" y="{self.y:g}" font-size="{self.size:g}"{style}'
        return f"<text {place} {_paint(self.ink)}>{escape(one_line(self.text))}</text>"


class Stroke(NamedTuple):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    ink: str = "ink"
    width: float = 1
    dashed: bool = False

    def svg(self) -> str:
        """The element."""
        ends = f'x1="{self.x1:g}" y1="{self.y1:g}" x2="{self.x2:g}" y2="{self.y2:g}"'
        return f"<line {ends} {_paint(stroke=self.ink, width=self.width, dashed='4 3' * self.dashed)}/>"


class PlotMarker(NamedTuple):
    """A mark at a point, filled or hollow."""

    x: float
    y: float
    shape: Shape
    ink: str
    filled: bool = True
    size: float = 9

    def svg(self) -> str:
        """The element."""
        x, y, size, half = self.x, self.y, self.size, self.size / 2
        if self.shape == "cross":
            stroke = _paint(stroke=self.ink, width=3 if self.filled else 1.8, also="mark cross")
            return f'<path d="M{x - half:g} {y - half:g}l{size:g} {size:g}m0 {-size:g}l{-size:g} {size:g}" {stroke}/>'
        paint = _paint(self.ink if self.filled else "page", self.ink, 1.5, also=f"mark {self.shape}")
        if self.shape == "circle":
            return f'<circle cx="{x:g}" cy="{y:g}" r="{half:g}" {paint}/>'
        return f'<path d="M{x:g} {y - half:g}l{half:g} {half:g} {-half:g} {half:g} {-half:g} {-half:g}z" {paint}/>'


AnyShape = Box | Words | Stroke | PlotMarker


class Drawing:
    """A picture of a given size: shapes in the order in which they are painted, and what it shows in words."""

    def __init__(self, width: float, title: str, says: str, edge: float = 16) -> None:
        self.width, self.height, self.edge, self.y = width, 0.0, edge, 0.0
        self.title, self.says = title, says
        # Written as SVG only at the end: a page is laid out several times, and one of them is kept.
        self.shapes: list[AnyShape] = []

    def add(self, *shapes: AnyShape) -> None:
        """More shapes, on top of those before."""
        self.shapes.extend(shapes)

    def paragraph(
        self, x: float, y: float, text: str, width: float, size: float = 12, ink: str = "ink", *, bold: bool = False
    ) -> float:
        """Text wrapped to a width, its first baseline one line below `y`; returns where the next line would begin."""
        for line in wrapped(text, width, size, bold=bold):
            y += round(size * 1.3)
            self.add(Words(x, y, line, size, ink, bold))
        return y

    def write(self, text: str, size: float = 12, ink: str = "ink", *, bold: bool = False) -> None:
        """A paragraph between the edges, from `self.y`, which then is below it."""
        self.y = self.paragraph(self.edge, self.y, text, self.width - 2 * self.edge, size, ink, bold=bold)


def text_width(text: str, size: float = 1, *, bold: bool = False) -> float:
    """About how wide a line of text is."""
    return sum(map(_WIDTHS.__getitem__, text)) * size * (_BOLD if bold else 1)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines that fit a width; a word that fits no line is cut."""
    room = width / size / (_BOLD if bold else 1)
    lines: list[str] = []
    left = 0.0
    for whole in filter(None, one_line(text).split(" ")):
        # Words are measured, not lines: they come again and again, so that what they measure is known.
        word = whole
        while (needed := text_width(word)) > room and len(word) > 1:
            lines.append(word[: max(int(room), 1)])
            word, left = word[len(lines[-1]) :], 0.0
        if lines and needed + _WIDTHS[" "] <= left:
            lines[-1] += f" {word}"
            left -= needed + _WIDTHS[" "]
        else:
            lines.append(word)
            left = room - needed
    return lines


def svg(drawing: Drawing, scale: float = 1) -> str:
    """The picture as an SVG document: text stays text, with a title and a description for those who do not see it."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    size = f'viewBox="0 0 {width} {height}" width="{drawing.width * scale:g}" height="{drawing.height * scale:g}"'
    labels = 'role="img" aria-labelledby="figure-title figure-says"'
    # The dark colours for readers whose system is dark; never on paper.
    dark = "".join(f".figure .f-{name}{{fill:{ink}}}.figure .s-{name}{{stroke:{ink}}}" for name, (_, ink) in INKS.items())
    style = f".figure text{{font-family:{_FONT}}}@media screen and (prefers-color-scheme:dark){{{dark}}}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" {size} {labels}>',
        f'<title id="figure-title">{escape(one_line(drawing.title))}</title>',
        f'<desc id="figure-says">{escape(one_line(drawing.says))}</desc>',
        f"<style>{style}</style>",
        f'<rect width="{width}" height="{height}" {_paint("page")}/>',
        *(shape.svg() for shape in drawing.shapes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _paint(fill: str = "", stroke: str = "", width: float = 1, dashed: str = "", also: str = "") -> str:
    names = " ".join(part for part in (also, f"f-{fill}" if fill else "", f"s-{stroke}" if stroke else "") if part)
    inside = f'fill="{INKS[fill][0]}"' if fill else 'fill="none"'
    line = f' stroke="{INKS[stroke][0]}" stroke-width="{width:g}"' if stroke else ""
    return f'class="{names}" {inside}{line}' + (f' stroke-dasharray="{dashed}"' if dashed else "")


def pdf(drawings: Sequence[Drawing]) -> bytes:
    """An A4 page for each, as large as it fits. Raises `InvalidInput` where WeasyPrint is not installed."""
    pages = []
    for drawing in drawings:
        kind, (width, height) = ("wide", A4) if drawing.width > drawing.height else ("tall", A4[::-1])
        pages.append(f'<div class="{kind}">{svg(drawing, min(width / drawing.width, height / drawing.height))}</div>')
    return pdf_of(_PAGES + "".join(pages))


def pictured(drawing: Drawing, scale: float = 1) -> More:
    """The drawing below a view that says the same in words."""
    return More("The same as a picture", (Picture(drawing.says, svg(drawing, scale)),))


def png(drawing: Drawing) -> bytes:
    """Two points to a pixel. Raises `InvalidInput` where WeasyPrint or pypdfium2 is not installed."""
    try:
        import pypdfium2
    except ImportError as error:
        raise not_installed("PNG", "plots", "; SVG needs nothing") from error
    style = f"<style>@page{{size:{drawing.width:g}px {drawing.height:g}px;margin:0}}body{{margin:0}}svg{{display:block}}</style>"
    out = BytesIO()
    with closing(pypdfium2.PdfDocument(pdf_of(style + svg(drawing)))) as document, closing(document[0]) as page:
        page.render(scale=2 * 96 / 72).to_pil().save(out, format="png")
    return out.getvalue()
