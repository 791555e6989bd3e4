"""Blocks as text for a terminal of 80 columns, or of another width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from hepatica.printable import one_line, printable
from hepatica.report import blocks as b
from hepatica.report.style import Style

WIDTH = 80
_NAME_COLUMN = 24
_INDENT = 4
_LEAST_COLUMN = 10
_GAP = 2
_MARKS = {"yes": "[yes] ", "no": "[NO]  ", "unknown": "[?]   ", "none": ""}


def text(blocks: b.Blocks, style: Style | None = None, width: int = WIDTH, *, details: bool = False) -> str:
    """The page, ending in a line break. `details` prints what `Item.details` and `More` hold, too."""
    lines = _Text(style or Style(), width, details).page(blocks)
    return "\n".join(lines) + "\n"


class _Text:
    """One page. Every method yields finished lines; `indent` is the column where a block begins."""

    def __init__(self, style: Style, width: int, details: bool) -> None:
        self.style = style
        self.width = width
        self.details = details

    def page(self, blocks: b.Blocks) -> list[str]:
        """All lines, without a blank one at the top."""
        lines = list(self.blocks(blocks, 0))
        return lines[1:] if lines and not lines[0] else lines

    def blocks(self, blocks: Iterable[b.Block], indent: int) -> Iterator[str]:
        for block in blocks:
            yield from self.block(block, indent)

    def block(self, block: b.Block, indent: int) -> Iterator[str]:  # noqa: PLR0912 - one case for each kind of block
        match block:
            case b.Title():
                yield from self.title(block, indent)
            case b.Paragraph():
                yield from self.paragraph(block, indent)
            case b.Facts():
                yield from self.facts(block, indent)
            case b.Items():
                yield from self.items(block, indent)
            case b.Bullets():
                for sentence in block.texts:
                    yield from self.hanging("- ", sentence, indent, 2)
            case b.Section():
                yield from self.section(block, indent)
            case b.More():
                if self.details:
                    yield from self.section(b.Section(block.summary, block.blocks), max(indent, 1))
            case b.Table():
                yield from self.table(block, indent)
            case b.Tree():
                yield from self.tree(block.root, indent)
            case b.Code():
                yield from (" " * (indent + 2) + line for line in printable(block.text).splitlines())
            case b.Picture():
                yield from self.hanging("", block.alt, indent, 2)
            case b.Notice():
                yield ""
                yield from self.hanging("", block.text, indent, 0)

    def hanging(self, lead: str, words: str, indent: int, hang: int, shown: str | None = None) -> Iterator[str]:
        """`lead` and `words` wrapped from column `indent`, the following lines `hang` further in.

        `shown` is the lead with its emphasis, which takes no room. The lead is wrapped with the words, so that a long one
        breaks like any other text.
        """
        lead, margin = one_line(lead), " " * indent
        content = f"{lead}{one_line(words)}".rstrip()
        following = " " * (indent + hang)
        lines = wrap(content, self.width, initial_indent=margin, subsequent_indent=following, break_on_hyphens=False)
        if lines and shown is not None and lines[0].startswith(margin + lead.rstrip()):
            lines[0] = f"{margin}{shown.rstrip()}{lines[0][indent + len(lead.rstrip()) :]}"
        yield from lines or [""]

    def title(self, block: b.Title, indent: int) -> Iterator[str]:
        yield from (self.style.bold(line) for line in self.hanging("", block.text, indent, 0))
        if block.quiet:
            yield from (self.style.dim(line) for line in self.hanging("", block.quiet, indent, 0))

    def paragraph(self, block: b.Paragraph, indent: int) -> Iterator[str]:
        words = _with_address(block.text, block.ref)
        if block.lead:
            lead = _run_in(block.lead)
            yield from self.hanging(lead, words, indent, 2, self.style.bold(one_line(lead).rstrip()) + " ")
            return
        lines = self.hanging("", words, indent, 0)
        yield from map(self.style.bold, lines) if block.tone == "strong" else lines

    def facts(self, block: b.Facts, indent: int) -> Iterator[str]:
        if block.inline:
            joined = "; ".join(f"{name} {value}" for name, value in block.pairs)
            yield from self.hanging("", f"{joined}." if joined else "", indent, 0)
            return
        column = self.column([name for name, _ in block.pairs])
        for name, value in block.pairs:
            yield from self.row(name, value, indent, column)

    def column(self, names: Sequence[str]) -> int:
        """Where the second column stands beside names of these lengths: little indented where most names are too long for one."""
        long = sum(len(name) > _NAME_COLUMN - _GAP for name in names)
        return _INDENT if 2 * long > len(names) else min(_NAME_COLUMN, max(map(len, names), default=0) + _GAP)

    def row(self, name: str, words: str, indent: int, column: int) -> Iterator[str]:
        """A name beside its words; a name too long for its column has lines of its own."""
        name = one_line(name)
        if len(name) > column - _GAP and words:
            yield from self.hanging("", name, indent, 2)
            yield from self.hanging(" " * column, words, indent, column) if words else ()
            return
        yield from self.hanging(f"{name:<{column}}", words, indent, column)

    def items(self, block: b.Items, indent: int) -> Iterator[str]:
        if not block.means and all(item.only_named for item in block.items):
            lead = f"{block.group}: " if block.group else ""
            shown = f"{self.style.underline(one_line(block.group))}: " if block.group else ""
            yield from self.hanging(lead, ", ".join(item.name for item in block.items), indent, 2, shown)
            return
        if block.group:
            mark = ": " if block.means else ""
            lead = f"{block.group}{mark}"
            shown = f"{self.style.underline(one_line(block.group))}{mark}"
            yield from self.hanging(lead, block.means, indent, 2, shown)
            indent += 2
        column = self.column([item.name for item in block.items if item.text or item.badge])
        for item in block.items:
            yield from self.item(item, indent, column)

    def item(self, item: b.Item, indent: int, column: int) -> Iterator[str]:
        words = _with_address(": ".join(part for part in (item.badge, item.text) if part), item.ref)
        yield from self.row(item.name, words, indent, column)
        if self.details:
            yield from self.blocks(item.details, indent + 4)

    def section(self, block: b.Section, indent: int) -> Iterator[str]:
        yield ""
        title = block.title if indent else block.title.upper()
        count = f" ({block.count})" if block.count is not None else ""
        yield from (self.style.bold(line) for line in self.hanging("", title + count, indent, 2))
        if block.says:
            yield from self.hanging("", block.says, indent + 2, 0)
        yield from self.blocks(block.blocks, indent + 2)

    def tree(self, node: b.TreeNode, indent: int) -> Iterator[str]:
        mark = _MARKS[node.mark]
        yield from self.hanging(mark, node.text, indent, len(mark))
        for part in node.parts:
            yield from self.tree(part, indent + 4)

    def table(self, block: b.Table, indent: int) -> Iterator[str]:
        """Side by side where the columns fit, else each row as a list of its cells."""
        if block.caption:
            yield from (self.style.underline(line) for line in self.hanging("", block.caption, indent, 0))
        rows = [tuple(_cell(cell) for cell in row) for row in block.rows]
        widths = self.widths(block, rows, self.width - indent)
        if widths is None:
            yield from self.stacked(block, rows, indent)
            return
        if any(block.columns):
            header = self.abreast([one_line(name) for name in block.columns], widths, block.numeric, indent)
            yield from map(self.style.underline, header)
        for row in rows:
            yield from self.abreast(row, widths, block.numeric, indent)

    def widths(self, block: b.Table, rows: list[tuple[str, ...]], room: int) -> list[int] | None:
        """A width for each column within `room`, the widest ones made narrower; None where they cannot all stand abreast."""
        columns = list(zip(map(one_line, block.columns), *rows, strict=True))
        natural = [max(1, *map(len, column)) for column in columns]
        least = [max(map(len, " ".join(column).split()), default=1) for column in columns]
        least = [min(width, max(word, _LEAST_COLUMN)) for width, word in zip(natural, least, strict=True)]
        room -= _GAP * (len(natural) - 1)
        while sum(natural) > room:
            spare = [width - low for width, low in zip(natural, least, strict=True)]
            if max(spare) <= 0:
                return None
            widest = max((width, index) for index, width in enumerate(natural) if spare[index] > 0)[1]
            natural[widest] -= 1
        return natural

    def abreast(self, cells: Sequence[str], widths: list[int], numeric: tuple[int, ...], indent: int) -> Iterator[str]:
        wrapped = [wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            shown = [
                f"{part:>{width}}" if index in numeric else f"{part:<{width}}"
                for index, (part, width) in enumerate(zip(parts, widths, strict=True))
            ]
            yield (" " * indent + (" " * _GAP).join(shown)).rstrip()

    def stacked(self, block: b.Table, rows: list[tuple[str, ...]], indent: int) -> Iterator[str]:
        for first, *rest in rows:
            yield from self.hanging("", first, indent, 2)
            for name, cell in zip(block.columns[1:], rest, strict=True):
                if cell:
                    yield from self.hanging(f"{name}: " if name else "", cell, indent + 2, 2)


def _run_in(lead: str) -> str:
    return f"{lead} " if lead[-1:] in ":.?!" else f"{lead}: "


def _cell(cell: str | b.Cell) -> str:
    return one_line(cell if isinstance(cell, str) else _with_address(cell.text, cell.ref))


def _with_address(words: str, ref: b.Ref | None) -> str:
    """The words, with the address that a medium without links must print."""
    if ref is None or ref.kind != "url" or ref.id.split("/", 3)[-1] in words:
        return words
    return f"{words} ({ref.id})"
