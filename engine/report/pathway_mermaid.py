"""A pathway as a Mermaid flowchart for documents."""

from __future__ import annotations

from collections.abc import Iterator

from engine.notice import notice
from engine.report.pathway_words import LEGEND, MARKS, behind, leaf_class, leaf_mark, standing, title, trials, why
from engine.teaching.pathway import Leaf, Pathway, Status

_CLASSES = {
    "lit": "fill:#e3f1e6,stroke:#1b6e35,stroke-width:3px,color:#1a1a1a",
    "against": "fill:#fdece6,stroke:#a02c00,stroke-width:2px,color:#1a1a1a",
    "open": "fill:#fff4d6,stroke:#8a5a00,stroke-dasharray:2 2,color:#1a1a1a",
    "closed": "fill:#f4f4f4,stroke:#767676,stroke-dasharray:6 3,color:#595959",
}


def mermaid(path: Pathway) -> str:
    """The flowchart; marks and words say what the classes repeat by colour."""
    return "\n".join(_Chart(path).lines()) + "\n"


class _Chart:
    def __init__(self, path: Pathway) -> None:
        self.path = path
        self.count = 0

    def lines(self) -> Iterator[str]:
        path = self.path
        yield "flowchart LR"
        yield f"  accTitle: {_plain(title(path))}"
        yield f"  accDescr: {_plain(LEGEND + ' ' if path.profile else '')}{_plain(notice(path.ruleset.card.as_of))}"
        scope = self._name()
        yield _box(scope, path.scope_title, path.scope)
        for line in path.lines:
            head = self._name()
            yield _box(head, line.title, line.status)
            yield _edge(scope, head, line.status)
            for door in line.doors:
                own = self._name()
                yield _box(own, door.title, door.status)
                yield _edge(head, own, door.status)
                if door.status.state == "closed":
                    hidden = self._name()
                    yield f'  {hidden}["{_quoted(behind(door))}"]:::closed'
                    yield _edge(own, hidden, door.status)
                    continue
                for branch in door.branches:
                    at = self._name()
                    yield _box(at, branch.title, branch.status)
                    yield _edge(own, at, branch.status)
                    for leaf in branch.leaves:
                        end = self._name()
                        yield _end(end, leaf)
                        yield _edge(at, end, leaf.status)
        yield f'  notice["{_quoted(notice(path.ruleset.card.as_of))}"]'
        if path.profile is not None:
            yield from (f"  classDef {state} {style}" for state, style in _CLASSES.items())

    def _name(self) -> str:
        self.count += 1
        return f"n{self.count}"


def _box(name: str, words: str, status: Status) -> str:
    mark = f"{MARKS[status.state]} " if status.state else ""
    reason = f"<br/>{why(status)}" if why(status) else ""
    shown = f":::{status.state}" if status.state else ""
    return f'  {name}["{_quoted(f"{mark}{words}{reason}")}"]{shown}'


def _end(name: str, leaf: Leaf) -> str:
    mark = f"{leaf_mark(leaf)} " if leaf.status.state else ""
    shown = f":::{leaf_class(leaf)}" if leaf.status.state else ""
    words = f"{mark}{leaf.therapy.name}: {standing(leaf)}<br/>{trials(leaf)}"
    return f'  {name}["{_quoted(words)}"]{shown}'


def _edge(left: str, right: str, status: Status) -> str:
    arrow = {"lit": "==>", "closed": "-.->", "open": "-.->", "": "-->"}[status.state]
    return f"  {left} {arrow} {right}"


def _quoted(text: str) -> str:
    """Text inside a quoted label: Mermaid writes characters of its own syntax as entities; our line breaks stay."""
    parts = text.split("<br/>")
    return "<br/>".join(p.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;") for p in parts)


def _plain(text: str) -> str:
    """Text of a directive, which ends with its line and knows no escapes."""
    return text.replace("\n", " ").translate({ord("#"): None, ord("<"): None, ord(">"): None, ord(";"): ","})
