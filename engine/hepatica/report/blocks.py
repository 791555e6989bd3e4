"""What a view is made of. A result becomes blocks once; a renderer for each medium writes them, so media cannot disagree.

How a command or a page gets its words: compute one typed result (a frozen dataclass that begins with `notice` and `ruleset`,
whose fields are the JSON keys); write one view, `result -> Blocks`, which holds all the words and knows no medium; return
`Output(result, view)` under `@printed(...)` of `hepatica.cli.common`, or call `html(view(result), link)` for a page. Text,
Markdown, HTML and JSON follow; `schema(type)` is the JSON Schema. `about` in `report/listings.py` is a small example.

Blocks are named tuples, which take a tenth of a dataclass's time to define: every command waits for them. Three rules keep
media alike: a view never writes marks of a medium (no asterisks, no tags, no wrapping); what everybody must read stands in the
open and never in `Item.details` or `More`, which text and Markdown print with `--verbose` only and HTML folds; and tone or mark
only repeat what the words say.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

Tone = Literal["plain", "strong", "quiet", "warning", "good", "bad"]
Mark = Literal["yes", "no", "unknown"]


class Ref(NamedTuple):
    """What a medium with links may link to: a study, therapy, rule, reference, patient, field, page, `url` (the whole address) or
    `change` (the case with other facts, as a query in tokens: `cmet=low&afp=500`)."""

    kind: str
    id: str


class Title(NamedTuple):
    """The name of the whole page; `quiet` stands under it."""

    text: str
    quiet: str = ""


class Paragraph(NamedTuple):
    """Running text. `lead` is a short run-in heading ("Warning", "Because"); a renderer sets the colon."""

    text: str
    lead: str = ""
    tone: Tone = "plain"

    @property
    def opening(self) -> str:
        """The run-in heading with its colon, unless it ends a sentence."""
        return f"{self.lead}{'' if not self.lead or self.lead[-1] in ':.?!' else ':'}"


class Facts(NamedTuple):
    """Names with values: a patient's facts, a card's entries. `inline` ones run on in one paragraph."""

    pairs: tuple[tuple[str, str], ...]
    inline: bool = False


class Item(NamedTuple):
    """One row of a list: a name, what is said of it, a badge before that, and details below for those who ask. `cite` is the
    study that the text begins with ("SHARP: OS ..."): a medium with links leads from there to its figures."""

    name: str
    text: str = ""
    badge: str = ""
    tone: Tone = "plain"
    ref: Ref | None = None
    details: "tuple[Block, ...]" = ()
    cite: Ref | None = None


class Items(NamedTuple):
    """Rows under an optional group name; `means` explains the group. In text, a group of mere names runs on in one line."""

    items: tuple[Item, ...]
    group: str = ""
    means: str = ""

    @property
    def only_names(self) -> bool:
        """Whether there is nothing but names, which run on in one line."""
        return not self.means and not any(item.text or item.badge or item.details for item in self.items)


class Bullets(NamedTuple):
    """Sentences in a row, each with a mark before it; `lead` is a short run-in heading above them."""

    texts: tuple[str, ...]
    lead: str = ""


class Section(NamedTuple):
    """A heading with its blocks; `count` stands beside it, `says` below it, `ref` is what it is of. HTML closes `folded` ones."""

    title: str
    blocks: "tuple[Block, ...]"
    count: int | None = None  # type: ignore[assignment] # shadows what a tuple can count, which nobody asks of a section
    folded: bool = False
    id: str = ""
    says: str = ""
    ref: Ref | None = None


class More(NamedTuple):
    """What only those read who ask for it: HTML folds it under `summary`, text and Markdown print it with details only."""

    summary: str
    blocks: "tuple[Block, ...]"


class Cell(NamedTuple):
    """A table cell that is more than text."""

    text: str
    ref: Ref | None = None


class Table(NamedTuple):
    """Columns and rows; `numeric` names the columns aligned right; on a narrow medium each row becomes a list of its cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    caption: str = ""
    numeric: tuple[int, ...] = ()

    @property
    def cells(self) -> Iterator[list[Cell]]:
        """Its rows, each cell in full."""
        return ([Cell(cell) if isinstance(cell, str) else cell for cell in row] for row in self.rows)


class TreeNode(NamedTuple):
    """One line of a tree with its branches."""

    text: str
    mark: Mark
    parts: "tuple[TreeNode, ...]" = ()


class Tree(NamedTuple):
    """A condition, or anything nested, as indented lines; HTML folds it under `summary`."""

    nodes: tuple[TreeNode, ...]
    summary: str


class Code(NamedTuple):
    """Text to be copied as it stands."""

    text: str
    language: str = ""


class Picture(NamedTuple):
    """A picture as SVG (written by this program), with what it shows in words."""

    alt: str
    svg: str


class Notice(NamedTuple):
    """The educational notice, on every output."""

    text: str


Block = Title | Paragraph | Facts | Items | Bullets | Section | More | Table | Tree | Code | Picture | Notice
Blocks = tuple[Block, ...]


def listed(title: str, items: Iterable[Item], *, folded: bool = False, id_: str = "") -> Blocks:
    """A section of items with their number beside its heading; nothing where there are none."""
    own = tuple(items)
    return (Section(title, (Items(own),), len(own), folded, id_),) if own else ()


def section(title: str, blocks: Blocks) -> tuple[Section, ...]:
    """A section of blocks; nothing where there are none."""
    return (Section(title, blocks),) if blocks else ()


def bullets(sentences: Iterable[str], lead: str = "") -> Blocks:
    """Sentences in a row; nothing where there are none."""
    own = tuple(sentences)
    return (Bullets(own, lead),) if own else ()


def facts(pairs: Iterable[tuple[str, str]]) -> Facts:
    """Names with values, without those that have none."""
    return Facts(tuple((name, value) for name, value in pairs if value))


class BlockRenderer:
    """One page in a medium. A method named as a block (`table` for `Table`) yields its pieces; `place` is where it stands."""

    def __init__(self, details: bool = True) -> None:
        self.details = details

    def blocks(self, blocks: Iterable[Block], place: int) -> Iterator[str]:
        """The pieces of some blocks."""
        for block in blocks:
            write: Any = getattr(self, type(block).__name__.lower())
            yield from write(block, place)

    def section(self, block: Section, place: int) -> Iterator[str]:
        """A section's heading and what stands below it."""
        raise NotImplementedError

    def more(self, block: More, place: int) -> Iterator[str]:
        """What those read who ask for it: a section, where details are written."""
        if self.details:
            yield from self.section(Section(block.summary, block.blocks), place)
