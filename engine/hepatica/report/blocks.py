"""What a view is made of. A result becomes blocks once; a renderer for each medium writes them, so media cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Tone = Literal["plain", "strong", "quiet", "warning", "good", "bad"]
Mark = Literal["yes", "no", "unknown", "none"]


class Ref(NamedTuple):
    """A thing that a medium with links may link to: kind is study, therapy, rule, reference, patient, field or page."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Title:
    """The name of the whole page; `quiet` stands under it."""

    text: str
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `lead` is a short run-in heading ("Warning", "because")."""

    text: str
    lead: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values: a patient's facts, a card's entries."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list: a name, what is said of it, a badge, and what may be folded away below."""

    name: str
    text: str
    badge: str = ""
    tone: Tone = "plain"
    ref: Ref | None = None
    details: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """Rows under an optional group name; `means` explains the group."""

    items: tuple[Item, ...]
    group: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its blocks; `count` stands beside the heading; a folded one is closed where a medium can fold."""

    title: str
    blocks: tuple[Block, ...]
    count: int | None = None
    folded: bool = False
    id: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell that is more than text."""

    text: str
    ref: Ref | None = None
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; `numeric` names the columns aligned right; on a narrow medium each row becomes a list of its cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    caption: str = ""
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a tree with its branches."""

    text: str
    mark: Mark = "none"
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A condition, or anything nested, as an indented tree; folded where a medium can fold."""

    root: Node
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied as it stands."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its address or its SVG, with what it shows in words for those who do not see it."""

    alt: str
    svg: str = ""
    src: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The educational notice, on every output."""

    text: str


Block = Title | Paragraph | Facts | Items | Section | Table | Tree | Code | Picture | Notice
Blocks = tuple[Block, ...]
