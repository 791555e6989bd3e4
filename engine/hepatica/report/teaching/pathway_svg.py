"""A pathway as an accessible SVG: a title, a description in words, text that stays text, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from hepatica.notice import notice
from hepatica.report.sentences import facts_line
from hepatica.report.teaching.pathway_text import outline
from hepatica.report.teaching.pathway_words import LEGEND, MARKS, behind, leaf_class, leaf_mark, standing, title, trials, why
from hepatica.teaching.pathway import Branch, Door, Leaf, LineNode, Pathway, Status

_FONT, _LINE, _PAD, _GAP = 12, 15, 8, 8
_CHARACTER = 6.7
_SCOPE, _LINES, _DOORS, _BRANCHES, _THERAPIES = (16, 120), (160, 116), (300, 224), (548, 232), (804, 240)
_ABREAST = 2
_HIDDEN = _THERAPIES[0] - _BRANCHES[0] + _ABREAST * (_THERAPIES[1] + _GAP) - _GAP
_WIDTH = _THERAPIES[0] + _ABREAST * (_THERAPIES[1] + _GAP) + 8

_STYLE = """
svg{background:#ffffff}
text{font-family:"DejaVu Sans",Verdana,Arial,sans-serif;font-size:12px;fill:#1a1a1a}
.page{fill:#ffffff}
.head{font-size:16px;font-weight:bold}
.name{font-weight:bold}
.why{font-style:italic}
rect.box{fill:#ffffff;stroke:#595959;stroke-width:1.2}
path.edge{fill:none;stroke:#767676;stroke-width:1.2}
.lit rect.box{fill:#e3f1e6;stroke:#1b6e35;stroke-width:2.5}
path.edge.lit{stroke:#1b6e35;stroke-width:3}
.against rect.box{fill:#fdece6;stroke:#a02c00;stroke-width:2}
.open rect.box{fill:#fff4d6;stroke:#8a5a00;stroke-dasharray:2 2;stroke-width:1.5}
path.edge.open{stroke:#8a5a00;stroke-dasharray:2 3;stroke-width:1.5}
.closed rect.box{fill:#f4f4f4;stroke:#767676;stroke-dasharray:6 3}
.closed text{fill:#595959}
path.edge.against{stroke:#a02c00;stroke-width:2}
path.edge.closed{stroke-dasharray:6 3}
@media (prefers-color-scheme:dark){
svg{background:#16191d}
text{fill:#f0f0f0}
.page{fill:#16191d}
rect.box{fill:#1f242a;stroke:#a9afb6}
path.edge{stroke:#8b929a}
.lit rect.box{fill:#12351f;stroke:#7ddc9a}
path.edge.lit{stroke:#7ddc9a}
.against rect.box{fill:#43190b;stroke:#ff9b73}
.open rect.box{fill:#3a2d08;stroke:#f0c35a}
path.edge.open{stroke:#f0c35a}
path.edge.against{stroke:#ff9b73}
.closed rect.box{fill:#22262b;stroke:#8b929a}
.closed text{fill:#b3b8be}
}
"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A box's wrapped text; the first `bold` lines are its name, the last `reason` lines say why it is not lit."""

    width: int
    lines: tuple[str, ...]
    state: str
    says: str = ""
    bold: int = 0
    reason: int = 0

    def kind(self, line: int) -> str:
        """The class of a line of text."""
        return "name" if line < self.bold else "why" if line >= len(self.lines) - self.reason else ""

    @property
    def height(self) -> int:
        return len(self.lines) * _LINE + 2 * _PAD


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a box ended up: its edge anchors are the middles of its sides."""

    x: int
    y: int
    box: _Box

    @property
    def middle(self) -> int:
        return self.y + self.box.height // 2


def svg(path: Pathway) -> str:
    """The picture as an SVG document."""
    return _Picture(path).document()


class _Picture:
    """Places boxes from the right: a branch is as high as its therapies, a door as its branches."""

    def __init__(self, path: Pathway) -> None:
        self.path = path
        self.shapes: list[str] = []
        self.edges: list[str] = []
        self.words: list[str] = []
        self.y = 0

    def document(self) -> str:
        self._head()
        top = self.y
        heads = [self._line(line) for line in self.path.lines]
        scope = _box(_SCOPE[1], [self.path.scope_title], self.path.scope, says=self.path.scope_says)
        middle = sum(head.middle for head in heads) // len(heads) if heads else top
        self.y = max(self.y, top + scope.height + _GAP)
        placed = self._place(_SCOPE[0], max(top, middle - scope.height // 2), scope)
        for head in heads:
            self._edge(placed, head)
        self._foot()
        return self._wrapped()

    def _head(self) -> None:
        self.y = 30
        self._say(title(self.path), "head", 20)
        if self.path.profile is not None:
            for line in wrap(facts_line(self.path.profile), int((_WIDTH - 40) / _CHARACTER)):
                self._say(line)
            self._say(LEGEND)
        self.y += _GAP

    def _foot(self) -> None:
        self.y += _LINE
        for line in wrap(notice(self.path.ruleset.card.as_of), int((_WIDTH - 40) / _CHARACTER)):
            self._say(line)

    def _say(self, words: str, style: str = "", height: int = _LINE) -> None:
        kind = f' class="{style}"' if style else ""
        self.words.append(f'<text x="16" y="{self.y}"{kind}>{escape(words)}</text>')
        self.y += height

    def _line(self, line: LineNode) -> _Placed:
        top = self.y
        doors = [self._door(door) for door in line.doors]
        box = _box(_LINES[1], [line.title], line.status, bold=True)
        self.y = max(self.y, top + box.height + _GAP)
        placed = self._place(_LINES[0], (doors[0].middle + doors[-1].middle) // 2 - box.height // 2, box)
        for door in doors:
            self._edge(placed, door)
        self.y += _GAP
        return placed

    def _door(self, door: Door) -> _Placed:
        top = self.y
        closed = door.status.state == "closed"
        branches = [self._behind(door)] if closed else [self._branch(branch) for branch in door.branches]
        box = _box(_DOORS[1], _parted(door.title), door.status, says=door.says)
        y = max(top, (branches[0].middle + branches[-1].middle) // 2 - box.height // 2)
        self.y = max(self.y, y + box.height + _GAP)
        placed = self._place(_DOORS[0], y, box)
        for branch in branches:
            self._edge(placed, branch)
        return placed

    def _behind(self, door: Door) -> _Placed:
        """One box for all that a closed door shuts off."""
        box = _Box(_HIDDEN, tuple(_wrap(behind(door), _HIDDEN)), door.status.state)
        placed = self._place(_BRANCHES[0], self.y, box)
        self.y += box.height + _GAP
        return placed

    def _branch(self, branch: Branch) -> _Placed:
        top = self.y
        boxes = [_leaf(leaf) for leaf in branch.leaves]
        ends: list[_Placed] = []
        y = top
        for start in range(0, len(boxes), _ABREAST):
            row = boxes[start : start + _ABREAST]
            ends += [self._place(_THERAPIES[0] + i * (_THERAPIES[1] + _GAP), y, box) for i, box in enumerate(row)]
            y += max(box.height for box in row) + _GAP
        box = _box(_BRANCHES[1], _parted(branch.title), branch.status, says=branch.says)
        self.y = max(y, top + box.height + _GAP)
        placed = self._place(_BRANCHES[0], max(top, (top + y - _GAP - box.height) // 2), box)
        for end in ends[::_ABREAST]:
            self._edge(placed, end)
        return placed

    def _place(self, x: int, y: int, box: _Box) -> _Placed:
        state = f' class="{box.state}"' if box.state else ""
        parts = [f"<g{state}>"]
        if box.says:
            parts.append(f"<title>{escape(box.says)}</title>")
        parts.append(f'<rect class="box" x="{x}" y="{y}" width="{box.width}" height="{box.height}" rx="4"/>')
        for index, line in enumerate(box.lines):
            kind = f' class="{box.kind(index)}"' if box.kind(index) else ""
            parts.append(f'<text x="{x + _PAD}" y="{y + _PAD + (index + 1) * _LINE - 4}"{kind}>{escape(line)}</text>')
        self.shapes.append("".join([*parts, "</g>"]))
        return _Placed(x, y, box)

    def _edge(self, left: _Placed, right: _Placed) -> None:
        start, end = left.x + left.box.width, right.x
        state = f" {right.box.state}" if right.box.state else ""
        curve = f"M{start} {left.middle} C{start + 14} {left.middle} {end - 14} {right.middle} {end} {right.middle}"
        self.edges.append(f'<path class="edge{state}" d="{curve}"/>')

    def _wrapped(self) -> str:
        described = f"{outline(self.path)} {notice(self.path.ruleset.card.as_of)}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {self.y}" width="{_WIDTH}" height="{self.y}" '
            f'role="img" aria-labelledby="pathway-title pathway-desc">'
        )
        body = [
            head,
            f'<title id="pathway-title">{escape(title(self.path))}</title>',
            f'<desc id="pathway-desc">{escape(described)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{_WIDTH}" height="{self.y}"/>',
            *self.edges,
            *self.shapes,
            *self.words,
            "</svg>",
        ]
        return "\n".join(body) + "\n"


def _leaf(leaf: Leaf) -> _Box:
    name = f"{leaf_mark(leaf)} {leaf.therapy.name}: {standing(leaf)}".strip()
    lines = list(_wrap(name, _THERAPIES[1], bold=True))
    rest = _wrap(trials(leaf), _THERAPIES[1])
    return _Box(_THERAPIES[1], (*lines, *rest), leaf_class(leaf), leaf.rule.says, len(lines))


def _box(width: int, paragraphs: list[str], status: Status, *, says: str = "", bold: bool = False) -> _Box:
    """A box of wrapped paragraphs and why it is not lit; the mark stands before the first."""
    first = list(_wrap(f"{MARKS[status.state]} {paragraphs[0]}".strip(), width, bold))
    rest = [line for paragraph in paragraphs[1:] for line in _wrap(paragraph, width)]
    reason = list(_wrap(why(status), width))
    return _Box(width, (*first, *rest, *reason), status.state, says, len(first) if bold else 0, len(reason))


def _parted(title: str) -> list[str]:
    """A title's conditions, each to stand on lines of its own."""
    *rest, last = title.split("; ")
    return [*(f"{part};" for part in rest), last]


def _wrap(text: str, width: int, bold: bool = False) -> Iterator[str]:
    """Lines that fit, judged by the average width of a character."""
    yield from wrap(text, int((width - 2 * _PAD) / (_CHARACTER * (1.12 if bold else 1))), break_on_hyphens=False)
