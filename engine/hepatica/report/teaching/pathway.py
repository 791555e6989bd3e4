"""A pathway: by line and standing as blocks, as a picture that fits a landscape page or a phone, and as Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.report.blocks import Blocks, Item, Items, More, Notice, Paragraph, Picture, Ref, Section, Title, Tone
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import Box, Drawing, Words, svg, wrapped
from hepatica.teaching import Pathway, PathwayCondition, PathwayDrug, PathwayGroup, PathwayLine, PathwayRule, State
from hepatica.wording import sentence

MARKS: dict[State, str] = {"": "", "open": "✓", "depends": "?", "closed": "✕", "against": "⊘"}
STATES: dict[State, str] = {
    "": "",
    "open": "open to the patient",
    "depends": "depends on a fact not known",
    "closed": "closed",
    "against": "reached, but not supported",
}
LEGEND = "; ".join(f"{MARKS[state]} {words}" for state, words in STATES.items() if state) + "."
LANDSCAPE, _SHAPE = 1122, 1122 / 793  # A4 landscape at 96 pixels to the inch
PHONE, _NARROW = 390, 600
_MOST_TRIALS = 2
_CardLine = tuple[str, float, str, bool]
"""A line on a drug's card: its text, size, ink, and whether it is bold."""
_TONES: dict[State, Tone] = {"": "plain", "open": "good", "depends": "plain", "closed": "quiet", "against": "bad"}
_CLASSES: dict[State, str] = {
    "open": "fill:#e3f1e6,stroke:#1b6e35,stroke-width:3px,color:#1a1a1a",
    "against": "fill:#fdece6,stroke:#a02c00,stroke-width:2px,color:#1a1a1a",
    "depends": "fill:#fff4d6,stroke:#8a5a00,stroke-dasharray:2 2,color:#1a1a1a",
    "closed": "fill:#f4f4f4,stroke:#767676,stroke-dasharray:6 3,color:#595959",
}


def title(path: Pathway) -> str:
    """The picture's title."""
    whose = f" for {path.profile.label or 'one hypothetical patient'}" if path.profile else ""
    return f"Treatment lines{whose}"


def root(path: Pathway) -> str:
    """What every drug asks for, said once."""
    common = "; ".join(_told(condition) for condition in path.common)
    return f"For everyone: {_told(path.scope)}." + (f" Unless a drug says otherwise: {common}." if common else "")


def _told(condition: PathwayCondition) -> str:
    told = f" ({'; '.join(condition.facts or condition.needs)}{'' if condition.facts else ' not known'})"
    facts = told if condition.met in ("no", "unknown") else ""
    mark = {"yes": "✓ ", "no": "✕ ", "unknown": "? "}.get(condition.met, "")
    return f"{mark}{condition.says}{facts}"


def pathway_view(path: Pathway, *, picture: bool = True) -> Blocks:
    """The outline."""
    head = Title(title(path), edition(path.ruleset))
    whose = (Paragraph(path.vignette), Paragraph(LEGEND)) if path.profile else ()
    sections = tuple(_section(line) for line in path.lines)
    drawn = (More("The same as a picture", (Picture(describe(path), pathway_svg(path)),)),) if picture else ()
    return (head, *whose, Paragraph(root(path)), *sections, *drawn, Notice(path.notice))


def _section(line: PathwayLine) -> Section:
    groups = tuple(
        Items(tuple(_item(drug) for drug in group.drugs), f"{group.title} ({len(group.drugs)})", group.means)
        for group in line.groups
    )
    return Section(line.title, groups, says=_common(line))


def _common(line: PathwayLine) -> str:
    common = "; ".join(_told(condition) for condition in line.common)
    return f"Unless a drug says otherwise: {common}." if common else ""


def _item(drug: PathwayDrug) -> Item:
    ways = "; or ".join(conditions(rule) for rule in drug.rules)
    text = ". ".join(part for part in (sentence(ways), trials(drug), closed_by(drug)) if part)
    return Item(f"{MARKS[drug.state]} {drug.name}".strip(), f"{text}.", "", _TONES[drug.state], Ref("therapy", drug.therapy))


def conditions(rule: PathwayRule) -> str:
    """What a rule asks for beyond what is said above it."""
    return ", ".join(condition.says for condition in rule.conditions) or "no further condition"


def closed_by(drug: PathwayDrug) -> str:
    """What closes a drug by its own conditions or what it depends on; what closes the whole line is said at its head."""
    if drug.state == "closed":
        own = ["; ".join(fact for c in rule.conditions if c.met == "no" for fact in c.facts) for rule in drug.rules]
        return f"Closed by {'; or '.join(dict.fromkeys(own))}" if all(own) else ""
    if drug.state == "depends":
        needs = dict.fromkeys(need for rule in drug.rules if rule.state == "depends" for need in rule.needs)
        return f"Depends on {', '.join(needs)}"
    return ""


def trials(drug: PathwayDrug) -> str:
    """The trials behind a drug; the first two by name, the others by their number."""
    names = list(dict.fromkeys(name for rule in drug.rules for name in rule.names))
    more = len(names) - _MOST_TRIALS
    return "; ".join(names[:_MOST_TRIALS]) + (f"; {more} more" if more > 0 else "")


def pathway_drawings(path: Pathway, width: float = LANDSCAPE) -> list[Drawing]:
    """A picture for each line. A wide one has the shape of a landscape page: what needs more room is drawn wider, so smaller."""
    return [_fitted(path, line, width) for line in path.lines]


def _fitted(path: Pathway, line: PathwayLine, width: float) -> Drawing:
    drawing = _LinePicture(path, line, width).drawing
    while width >= _NARROW and drawing.height > drawing.width / _SHAPE:
        drawing = _LinePicture(path, line, round(drawing.width * 1.06)).drawing
    return drawing


def pathway_svg(path: Pathway, width: float = LANDSCAPE) -> str:
    """All lines in one picture, one below the other; a single line as it is printed."""
    if len(path.lines) == 1:
        return svg(_fitted(path, path.lines[0], width))
    drawings = [_LinePicture(path, line, width).drawing for line in path.lines]
    whole = Drawing(width, title(path), describe(path))
    for drawing in drawings:
        whole.add(*(_lower(shape, whole.height) for shape in drawing.shapes))
        whole.height += drawing.height
    return svg(whole)


def _lower(shape: object, by: float) -> Box | Words:
    assert isinstance(shape, (Box, Words))
    return shape._replace(y=shape.y + by)


def describe(path: Pathway) -> str:
    """The picture in words."""
    said = [root(path)]
    for line in path.lines:
        for group in line.groups:
            names = (f"{drug.name}{f' ({STATES[drug.state]})' if drug.state else ''}" for drug in group.drugs)
            said.append(f"{line.title}, {group.title.lower()}: {', '.join(names)}.")
    return " ".join(said)


class _LinePicture:
    """One line: its head, then a band for each standing, its drugs side by side."""

    def __init__(self, path: Pathway, line: PathwayLine, width: float) -> None:
        self.path = path
        self.drawing = Drawing(width, f"{title(path)}: {line.title.lower()}", describe(path))
        phone = width < _NARROW
        self.columns = 1 if phone else max(int((width - 32) // 210), 1)
        self.gap = 8.0
        self.card = (width - 32 - self.gap * (self.columns - 1)) / self.columns
        y = self._head(line)
        for group in line.groups:
            y = self._group(group, y)
        self.drawing.height = self.drawing.paragraph(16, y, path.notice, width - 32, 9, "quiet") + 10

    def _head(self, line: PathwayLine) -> float:
        room = self.drawing.width - 32
        y = self.drawing.paragraph(16, 8, f"{line.title} · {title(self.path)}", room, 17, bold=True)
        y = self.drawing.paragraph(16, y, f"{edition(self.path.ruleset)}. {root(self.path)}", room, 11, "quiet")
        y = self.drawing.paragraph(16, y, _common(line), room, 11) if line.common else y
        if self.path.profile is not None:
            y = self.drawing.paragraph(16, y, self.path.vignette, room, 11)
            y = self.drawing.paragraph(16, y, LEGEND, room, 11, "quiet")
        return y + 6

    def _group(self, group: PathwayGroup, y: float) -> float:
        head = f"{group.title.upper()} ({len(group.drugs)}): {group.means}"
        y = self.drawing.paragraph(16, y, head, self.drawing.width - 32, 11, bold=True) + 5
        for start in range(0, len(group.drugs), self.columns):
            row = [(drug, list(self._lines(drug))) for drug in group.drugs[start : start + self.columns]]
            tall = max(sum(round(size * 1.3) for _, size, _, _ in lines) for _, lines in row) + 10.0
            for index, (drug, lines) in enumerate(row):
                x = 16 + index * (self.card + self.gap)
                edge = {"open": "lit", "against": "bad"}.get(drug.state, "rule")
                fill = "page" if drug.state == "closed" else group.standing
                dashed = drug.state in ("closed", "depends")
                self.drawing.add(Box(x, y, self.card, tall, fill, edge, drug.state == "open", dashed))
                self._write(lines, x + 7, y + 2)
            y += tall + self.gap
        return y

    def _write(self, lines: Iterable[_CardLine], x: float, y: float) -> None:
        for text, size, ink, bold in lines:
            y += round(size * 1.3)
            self.drawing.add(Words(x, y, text, size, ink, bold))

    def _lines(self, drug: PathwayDrug) -> Iterator[_CardLine]:
        room = self.card - 14
        ink = "quiet" if drug.state == "closed" else "ink"
        paragraphs = [(f"{MARKS[drug.state]} {drug.name}".strip(), 13.0, ink, True)]
        paragraphs += [(f"{'or ' if index else ''}{conditions(rule)}", 10.0, ink, False) for index, rule in enumerate(drug.rules)]
        paragraphs += [(trials(drug), 9.5, "quiet", False), (closed_by(drug), 9.5, "quiet", False)]
        for text, size, ink, bold in paragraphs:
            yield from ((line, size, ink, bold) for line in wrapped(text, room, size, bold=bold))


def mermaid(path: Pathway) -> str:
    """A flowchart for documents; marks and words say what the classes repeat by colour."""
    lines = ["flowchart LR", f"  accTitle: {_plain(title(path))}", f"  accDescr: {_plain(f'{describe(path)} {path.notice}')}"]
    lines.append(f'  root["{_quoted(root(path))}"]')
    for number, line in enumerate(path.lines):
        head = f"l{number}"
        lines += [f'  {head}["{_quoted(line.title)}<br/>{_quoted(_common(line))}"]{_class(line.state)}', f"  root --> {head}"]
        for index, group in enumerate(line.groups):
            at = f"{head}s{index}"
            lines += [f'  {at}["{_quoted(group.title)}"]', f"  {head} --> {at}"]
            for place, drug in enumerate(group.drugs):
                words = "<br/>or ".join(_quoted(conditions(rule)) for rule in drug.rules)
                name = f"{MARKS[drug.state]} {drug.name}".strip()
                lines += [
                    f'  {at}d{place}["{_quoted(name)}<br/>{words}"]{_class(drug.state)}',
                    f"  {at} {_arrow(drug.state)} {at}d{place}",
                ]
    lines.append(f'  notice["{_quoted(path.notice)}"]')
    lines += [f"  classDef {state} {style}" for state, style in _CLASSES.items()] if path.profile else []
    return "\n".join(lines) + "\n"


def _class(state: State) -> str:
    return f":::{state}" if state else ""


def _arrow(state: State) -> str:
    return "==>" if state == "open" else "-.->" if state in ("closed", "depends") else "-->"


def _quoted(text: str) -> str:
    """Text inside a quoted label: Mermaid writes characters of its own syntax as entities."""
    for sign, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, entity)
    return text


def _plain(text: str) -> str:
    """Text of a directive, which ends with its line and knows no escapes."""
    return text.replace("\n", " ").translate({ord("#"): None, ord("<"): None, ord(">"): None, ord(";"): ","})
