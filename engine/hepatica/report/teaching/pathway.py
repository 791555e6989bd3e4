"""A pathway: by line and standing as blocks, as a picture that fits a landscape page or a phone, and as Mermaid."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from hepatica.evaluation import LISTS
from hepatica.knowledge import Standing
from hepatica.report.blocks import Blocks, Item, Items, Notice, Paragraph, Ref, Section, Title, Tone
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import A4, Box, Drawing, Words, pictured, svg, text_width, wrapped
from hepatica.teaching import Pathway, PathwayCondition, PathwayDrug, PathwayGroup, PathwayLine, State
from hepatica.wording import joined, sentence

LANDSCAPE, PHONE = A4[0], 390.0
_SHAPE, _WIDTHS, _NARROW = A4[1] / A4[0], range(640, 1300, 20), 600.0
_EDGE, _GAP, _LABEL, _CARD, _PAD = 19.0, 5.0, 140.0, 140.0, 5.0
_BODY, _NAME, _TITLE, _LEADING = 12.0, 13.0, 20.0, 1.2
_MOST_SPARE = 60.0
_CardLine = tuple[str, float, str, bool]
"""A line on a drug's card: its text, size, ink, and whether it is bold."""
_Row = list[tuple[PathwayDrug, list[_CardLine]]]


class Look(NamedTuple):
    """How a state is shown: its mark, its tone in HTML, its style in Mermaid, the edge of its card."""

    mark: str
    tone: Tone = "plain"
    style: str = ""
    edge: str = "rule"
    faint: bool = False
    dashed: bool = False


_CLOSED = "fill:#f4f4f4,stroke:#767676,stroke-dasharray:6 3,color:#595959"
LOOKS: dict[State, Look] = {
    "options": Look("✓", "good", "fill:#e3f1e6,stroke:#1b6e35,stroke-width:3px,color:#1a1a1a", "lit"),
    "trials": Look("○", "good", "fill:#f1f0ee,stroke:#1b6e35,stroke-width:2px,color:#1a1a1a", "lit"),
    "possible": Look("?", style="fill:#fff4d6,stroke:#8a5a00,stroke-dasharray:2 2,color:#1a1a1a", dashed=True),
    "not_supported": Look("⊘", "bad", "fill:#fdece6,stroke:#a02c00,stroke-width:2px,color:#1a1a1a", "bad"),
    "ruled_out": Look("✕", "quiet", _CLOSED, faint=True, dashed=True),
    "elsewhere": Look("→", "quiet", _CLOSED, faint=True, dashed=True),
    "unreported": Look(""),
    "": Look(""),
}


def state_words(state: State) -> str:
    """A state inside a sentence, in the words of the answer's lists."""
    return "counted under another standing" if state == "elsewhere" else LISTS[state].phrase if state else ""


def legend(path: Pathway) -> str:
    """What the marks mean that are to be seen."""
    seen = {drug.state for line in path.lines for drug in line.drugs}
    told = (f"{look.mark} {state_words(state)}" for state, look in LOOKS.items() if look.mark and state in seen)
    return f"For this patient: {'; '.join(told)}."


def title(path: Pathway) -> str:
    """The picture's title."""
    label = path.profile.label or "a hypothetical patient" if path.profile else ""
    return f"Treatment lines: {label}" if label else "Treatment lines"


def root(path: Pathway, *conditions: PathwayCondition) -> str:
    """What is asked of every patient, said once; with the conditions of a line that stands alone."""
    return _asked((path.scope, *path.common, *conditions))


def _asked(conditions: Iterable[PathwayCondition]) -> str:
    said = []
    for one in conditions:
        told = "; ".join(one.told) + (" not known" if one.met == "unknown" else "")
        mark = {"yes": "✓ ", "no": "✕ ", "unknown": "? "}.get(one.met, "")
        said.append(f"{mark}{one.says}{f' ({told})' if told else ''}")
    return f"Unless a drug says otherwise: {'; '.join(said)}." if said else ""


def pathway_view(path: Pathway, *, picture: bool = True) -> Blocks:
    """The outline."""
    head = Title(title(path), edition(path.ruleset))
    whose = (Paragraph(path.vignette), Paragraph(legend(path))) if path.profile else ()
    sections: list[Section] = []
    for line in path.lines:
        groups = (Items(tuple(map(_item, own.drugs)), f"{own.title} ({len(own.drugs)})", own.means) for own in line.groups)
        sections.append(Section(line.title, tuple(groups), says=_asked(line.common)))
    nothing = () if sections else (Paragraph("No rule speaks of this line of treatment."),)
    drawing = pathway_drawing(path) if picture and sections else None
    drawn = (pictured(drawing, LANDSCAPE / drawing.width),) if drawing else ()
    return (head, *whose, Paragraph(root(path)), *sections, *nothing, *drawn, Notice(path.notice))


def _item(drug: PathwayDrug) -> Item:
    text = joined(sentence(conditions(drug)), "; ".join(studies(drug)), sentence(overturned(drug)), mark=". ")
    return Item(_marked(drug), f"{text}.", "", LOOKS[drug.state].tone, Ref("therapy", drug.therapy))


def _marked(drug: PathwayDrug) -> str:
    return f"{LOOKS[drug.state].mark} {drug.name}".strip()


def conditions(drug: PathwayDrug) -> str:
    """What a drug asks for beyond what is said above it; of a patient who does not meet it, what it takes."""
    return drug.told or "; or ".join(drug.ways)


def studies(drug: PathwayDrug) -> list[str]:
    """The studies behind a drug, which is named above them."""
    return list(dict.fromkeys(beside(name, drug.name) for name in drug.names))


def beside(study: str, drug: str) -> str:
    """A study's name where it stands beside its drug's, without that: "Phase II (Yau)"."""
    own = re.escape(drug)
    return re.sub(rf" \({own}\)| of {own}|(?<=\(){own}[,;] ", "", study, flags=re.IGNORECASE)


def overturned(drug: PathwayDrug) -> str:
    """That a later study spoke against it."""
    return f"overturned later ({drug.overturned})" if drug.overturned else ""


def describe(path: Pathway) -> str:
    """The picture in words."""
    said = [root(path)]
    for line in path.lines:
        for group in line.groups:
            names = (f"{drug.name}{f' ({state_words(drug.state)})' if drug.state else ''}" for drug in group.drugs)
            said.append(f"{line.title}, {group.title.lower()}: {', '.join(names)}.")
    return " ".join(said)


def pathway_pages(path: Pathway) -> list[Drawing]:
    """A landscape page for each line, with its text as large as it fits; of a line that needs more room it becomes smaller."""
    return [_page(path, line) for line in path.lines]


def _page(path: Pathway, line: PathwayLine) -> Drawing:
    """The narrowest drawing that has the shape of a page: the narrower it is, the larger is its text on paper."""
    drawn = cache(lambda width: _drawn(path, line, width))
    fits = bisect_left(_WIDTHS, True, key=lambda width: drawn(width).height <= width * _SHAPE)
    width = _WIDTHS[min(fits, len(_WIDTHS) - 1)]
    found = drawn(width)
    # What is left of the page goes to the drugs: a line of few would else stand above an empty half.
    page = _drawn(path, line, width, max(width * _SHAPE - found.height, 0) / found.rows)
    page.height = max(page.height, round(width * _SHAPE, 1))
    return page


def _drawn(path: Pathway, line: PathwayLine, width: float, spare: float = 0) -> _Picture:
    picture = _Picture(path, width, min(spare, _MOST_SPARE))
    picture.head(f"{line.title}{_closed(line)}", f"{title(path)}. {edition(path.ruleset)}", root(path, *line.common))
    picture.line(line)
    picture.foot()
    return picture


def _closed(line: PathwayLine) -> str:
    return ": closed to this patient" if line.closed else ""


def pathway_drawing(path: Pathway, width: float = LANDSCAPE) -> Drawing:
    """All lines one below the other, with one head and one foot; a single line as it is printed, unless on a phone."""
    if len(path.lines) == 1:
        return _page(path, path.lines[0]) if width > _NARROW else _drawn(path, path.lines[0], width)
    picture = _Picture(path, width)
    picture.head(title(path), edition(path.ruleset), root(path))
    for line in path.lines:
        picture.y += _GAP
        picture.write(f"{line.title}{_closed(line)}", _TITLE, bold=True)
        picture.write(_asked(line.common))
        picture.line(line)
    picture.foot()
    return picture


def pathway_svg(path: Pathway, width: float = LANDSCAPE) -> str:
    """The drawing as it fills a screen of this width."""
    drawing = pathway_drawing(path, width)
    return svg(drawing, width / drawing.width)


class _Picture(Drawing):
    """A head, then for each line a band for each standing: a label, and the drugs side by side."""

    def __init__(self, path: Pathway, width: float, spare: float = 0) -> None:
        super().__init__(width, title(path), describe(path), _EDGE)
        self.path, self.room, self.y = path, width - 2 * _EDGE, _EDGE / 2
        self.spare, self.rows = spare, 0
        # On a phone the label stands above its drugs.
        self.label = 0.0 if width < _NARROW else _LABEL
        self.beside = self.room - (self.label + _GAP if self.label else 0)
        self.columns = max(int(self.beside // _CARD), 1) if self.label else 1

    def head(self, heading: str, below: str, asked: str) -> None:
        self.write(heading, _TITLE, bold=True)
        if text_width(heading, _TITLE, bold=True) + text_width(below, _BODY) + _EDGE < self.room:
            self.add(Words(_EDGE + self.room, self.y, below, _BODY, "quiet", anchor="end"))
        else:
            self.write(below, ink="quiet")
        if self.path.profile is not None:
            # One line on a phone stands on a page that has the patient above it.
            self.write(self.path.vignette if self.label or len(self.path.lines) > 1 else "")
            self.write(legend(self.path), ink="quiet")
        self.write(asked)

    def line(self, line: PathwayLine) -> None:
        self.y += _GAP
        for group in line.groups:
            # Nothing in it is open: on a phone its drugs are a sentence, not a screen.
            if line.closed and not self.label:
                self.write(f"{group.title}: {', '.join(drug.name for drug in group.drugs)}.", ink="quiet")
            else:
                self._group(group)

    def foot(self) -> None:
        self.write(self.path.notice, 11, "quiet")
        self.height = self.y + _EDGE / 2

    def _group(self, group: PathwayGroup) -> None:
        top = self.y
        words = [(f"{group.title} ({len(group.drugs)})", _NAME, "label", True), (group.means, _BODY, "label", False)]
        label = _broken(words, (self.label or self.room) - 2 * _PAD)
        if not self.label:
            self._box(Box(_EDGE, top, self.room, _height(label), f"{group.standing}-label"), label)
            self.y += _height(label) + _GAP
        # As many side by side as makes the band lowest; one by itself has the whole of it.
        fewest, most = min(2, self.columns, len(group.drugs)), min(self.columns, max(len(group.drugs), 2))
        tried = {columns: self._rows(group.drugs, columns) for columns in range(fewest, most + 1)}
        across = min(tried, key=lambda columns: sum(map(_tall, tried[columns])))
        rows = tried[across]
        # No lower than the label beside them, which else would stand above nothing.
        lacking = _height(label) - sum(map(_tall, rows)) - _GAP * (len(rows) - 1) if self.label else 0
        for row in rows:
            self._row(row, across, group.standing, _tall(row) + max(lacking / len(rows), 0) + self.spare)
        if self.label:
            self._box(Box(_EDGE, top, self.label, self.y - _GAP - top, f"{group.standing}-label"), label)

    def _width(self, columns: int) -> float:
        return (self.beside - _GAP * (columns - 1)) / columns

    def _rows(self, drugs: Sequence[PathwayDrug], columns: int) -> list[_Row]:
        room = self._width(columns) - 2 * _PAD
        cards = [(drug, _broken(_card(drug, room), room)) for drug in drugs]
        return [cards[start : start + columns] for start in range(0, len(cards), columns)]

    def _row(self, row: _Row, columns: int, standing: Standing, tall: float) -> None:
        x, width = _EDGE + self.room - self.beside, self._width(columns)
        for drug, lines in row:
            look = LOOKS[drug.state]
            fill = "page" if look.faint else standing
            self._box(Box(x, self.y, width, tall, fill, look.edge, drug.state == "options", look.dashed), lines)
            x += width + _GAP
        self.y += tall + _GAP
        self.rows += 1

    def _box(self, box: Box, lines: list[_CardLine]) -> None:
        self.add(box)
        y = box.y + _PAD / 2
        for text, size, ink, bold in lines:
            y += round(size * _LEADING)
            self.add(Words(box.x + _PAD, y, text, size, ink, bold))


def _card(drug: PathwayDrug, room: float) -> Iterator[_CardLine]:
    look = LOOKS[drug.state]
    ink = "quiet" if look.faint else "ink"
    yield _marked(drug), _NAME, ink, True
    # Of a drug that is not open what the patient lacks says more than all that it asks.
    ways = (drug.told,) if look.dashed else drug.ways
    yield from ((f"{'or ' if index else ''}{way}", _BODY, ink, False) for index, way in enumerate(ways))
    if not look.faint:
        # As many studies as fit on one line, the first in any case, and how many are left.
        names = studies(drug)
        told = ["; ".join(names[:end]) + (f" +{len(names) - end}" if names[end:] else "") for end in range(len(names), 0, -1)]
        yield next((one for one in told if text_width(one, _BODY) <= room), "".join(told[-1:])), _BODY, "quiet", False
        yield overturned(drug), _BODY, "bad", False


def _broken(paragraphs: Iterable[_CardLine], room: float) -> list[_CardLine]:
    return [(line, size, ink, bold) for text, size, ink, bold in paragraphs for line in wrapped(text, room, size, bold=bold)]


def _tall(row: _Row) -> float:
    return max(_height(lines) for _, lines in row)


def _height(lines: list[_CardLine]) -> float:
    return sum(round(size * _LEADING) for _, size, _, _ in lines) + 1.5 * _PAD


def mermaid(path: Pathway) -> str:
    """A flowchart for documents; marks and words say what the classes repeat by colour."""
    lines = ["flowchart LR", f"  accTitle: {_plain(title(path))}", f"  accDescr: {_plain(f'{describe(path)} {path.notice}')}"]
    lines.append(f'  root["{_quoted(root(path))}"]')
    for number, line in enumerate(path.lines):
        head = f"l{number}"
        words = joined(_quoted(line.title), _quoted(_asked(line.common)), mark="<br/>")
        lines += [f'  {head}["{words}"]', f"  root --> {head}"]
        for index, group in enumerate(line.groups):
            at = f"{head}s{index}"
            lines += [f'  {at}["{_quoted(group.title)}"]', f"  {head} --> {at}"]
            for place, drug in enumerate(group.drugs):
                look = LOOKS[drug.state]
                style = f":::{drug.state}" if look.style else ""
                arrow = "==>" if drug.state == "options" else "-.->" if look.dashed else "-->"
                words = joined(_quoted(_marked(drug)), _quoted(conditions(drug)), mark="<br/>")
                lines += [f'  {at}d{place}["{words}"]{style}', f"  {at} {arrow} {at}d{place}"]
    lines.append(f'  notice["{_quoted(path.notice)}"]')
    lines += [f"  classDef {state} {look.style}" for state, look in LOOKS.items() if look.style] if path.profile else []
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text.translate({ord("#"): "#35;", ord('"'): "#quot;", ord("<"): "#lt;", ord(">"): "#gt;"})


def _plain(text: str) -> str:
    """Text of a directive, which ends with its line and knows no escapes."""
    return text.replace("\n", " ").translate({ord("#"): None, ord("<"): None, ord(">"): None, ord(";"): ","})
