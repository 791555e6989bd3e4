"""A pathway as a Mermaid flowchart for documents."""

from __future__ import annotations

from hepatica.notice import notice
from hepatica.report.teaching.pathway_words import LEGEND, MARKS, behind, leaf_class, leaf_mark, standing, title, trials, why
from hepatica.teaching.pathway import Door, Pathway, State, Status

_CLASSES = {
    "lit": "fill:#e3f1e6,stroke:#1b6e35,stroke-width:3px,color:#1a1a1a",
    "against": "fill:#fdece6,stroke:#a02c00,stroke-width:2px,color:#1a1a1a",
    "open": "fill:#fff4d6,stroke:#8a5a00,stroke-dasharray:2 2,color:#1a1a1a",
    "closed": "fill:#f4f4f4,stroke:#767676,stroke-dasharray:6 3,color:#595959",
}
_ARROWS: dict[State, str] = {"lit": "==>", "closed": "-.->", "open": "-.->", "": "-->"}


def mermaid(path: Pathway) -> str:
    """The flowchart; marks and words say what the classes repeat by colour."""
    return "\n".join(_Chart(path).lines()) + "\n"


class _Chart:
    """Numbers the boxes as it writes them; each is followed by the arrow that leads to it."""

    def __init__(self, path: Pathway) -> None:
        self.path = path
        self.written: list[str] = []
        self.count = 0

    def lines(self) -> list[str]:
        path = self.path
        legend = f"{LEGEND} " if path.profile else ""
        self.written += ["flowchart LR", f"  accTitle: {_plain(title(path))}"]
        self.written.append(f"  accDescr: {_plain(f'{legend}{notice(path.ruleset.card.as_of)}')}")
        scope = self._node("", path.scope_title, path.scope)
        for line in path.lines:
            head = self._node(scope, line.title, line.status)
            for door in line.doors:
                self._door(head, door)
        self.written.append(f'  notice["{_quoted(notice(path.ruleset.card.as_of))}"]')
        if path.profile is not None:
            self.written += [f"  classDef {state} {style}" for state, style in _CLASSES.items()]
        return self.written

    def _door(self, head: str, door: Door) -> None:
        at = self._node(head, door.title, door.status)
        if door.status.state == "closed":
            self._box(at, behind(door), door.status.state, "closed")
            return
        for branch in door.branches:
            end = self._node(at, branch.title, branch.status)
            for leaf in branch.leaves:
                words = f"{leaf_mark(leaf)} {leaf.therapy.name}: {standing(leaf)}<br/>{trials(leaf)}".strip()
                self._box(end, words, leaf.status.state, leaf_class(leaf))

    def _node(self, parent: str, words: str, status: Status) -> str:
        reason = f"<br/>{why(status)}" if why(status) else ""
        return self._box(parent, f"{MARKS[status.state]} {words}{reason}".strip(), status.state, status.state)

    def _box(self, parent: str, words: str, state: State, style: str) -> str:
        self.count += 1
        name = f"n{self.count}"
        self.written.append(f'  {name}["{_quoted(words)}"]{f":::{style}" if style else ""}')
        if parent:
            self.written.append(f"  {parent} {_ARROWS[state]} {name}")
        return name


def _quoted(text: str) -> str:
    """Text inside a quoted label: Mermaid writes characters of its own syntax as entities; our line breaks stay."""
    parts = text.split("<br/>")
    return "<br/>".join(p.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;") for p in parts)


def _plain(text: str) -> str:
    """Text of a directive, which ends with its line and knows no escapes."""
    return text.replace("\n", " ").translate({ord("#"): None, ord("<"): None, ord(">"): None, ord(";"): ","})
