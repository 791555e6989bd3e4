"""Blocks as text for a terminal of 80 columns, or of another width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest
from textwrap import wrap

from hepatica.printable import one_line, printable
from hepatica.report import blocks as b

WIDTH = 80
_NAME_COLUMN, _LEAST_COLUMN = 24, 10
_INDENT, _GAP = 4, 2
_MARKS = {"yes": "[yes] ", "no": "[NO]  ", "unknown": "[?]   "}


def text(blocks: b.Blocks, emphasis: bool = False, width: int = WIDTH, *, details: bool = False) -> str:
    """The page, ending in a line break. `details` prints what `Item.details` and `More` hold, too.

    With `emphasis` headings and names are set off by escape sequences, which only ever repeat what the words say.
    """
    # A section begins with a blank line; at the head of a page there is nothing to set it off from.
    lines = list(_Text(emphasis, width, details).blocks(blocks, 0))
    return "\n".join(lines[1:] if lines and not lines[0] else lines) + "\n"


def _marked(code: int, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else text


class _Text(b.BlockRenderer):
    """Pieces are finished lines; the place of a block is the column where it begins."""

    def __init__(self, emphasis: bool, width: int, details: bool) -> None:
        super().__init__(details)
        self.width = width
        self.bold, self.dim, self.underline = (partial(_marked, code) if emphasis else str for code in (1, 2, 4))

    def hanging(self, lead: str, words: str, indent: int, hang: int, shown: str | None = None) -> Iterator[str]:
        """`lead` and `words` wrapped together from column `indent`, the following lines `hang` further in. `shown` is the lead
        with its emphasis, which takes no room."""
        lead, margin = one_line(lead), " " * indent
        content = f"{lead}{one_line(words)}".rstrip()
        following = " " * (indent + hang)
        lines = wrap(content, self.width, initial_indent=margin, subsequent_indent=following, break_on_hyphens=False)
        if lines and shown is not None and lines[0].startswith(margin + lead.rstrip()):
            lines[0] = f"{margin}{shown.rstrip()}{lines[0][indent + len(lead.rstrip()) :]}"
        yield from lines or [""]

    def title(self, block: b.Title, indent: int) -> Iterator[str]:
        yield from map(self.bold, self.hanging("", block.text, indent, 0))
        if block.quiet:
            yield from map(self.dim, self.hanging("", block.quiet, indent, 0))

    def paragraph(self, block: b.Paragraph, indent: int) -> Iterator[str]:
        if block.lead:
            lead = f"{block.opening} "
            yield from self.hanging(lead, block.text, indent, 2, self.bold(one_line(lead).rstrip()) + " ")
            return
        lines = self.hanging("", block.text, indent, 0)
        yield from map(self.bold, lines) if block.tone == "strong" else lines

    def facts(self, block: b.Facts, indent: int) -> Iterator[str]:
        if block.inline:
            joined = "; ".join(f"{name} {value}" for name, value in block.pairs)
            yield from self.hanging("", f"{joined}." if joined else "", indent, 0)
            return
        column = _column([name for name, _ in block.pairs])
        for name, value in block.pairs:
            yield from self.row(name, value, indent, column)

    def row(self, name: str, words: str, indent: int, column: int) -> Iterator[str]:
        """A name beside its words; a name too long for its column has lines of its own."""
        name = one_line(name)
        if len(name) > column - _GAP and words:
            yield from self.hanging("", name, indent, 2)
            name = ""
        yield from self.hanging(f"{name:<{column}}", words, indent, column)

    def items(self, block: b.Items, indent: int) -> Iterator[str]:
        group = self.underline(one_line(block.group))
        if block.only_names:
            mark = ": " if block.group else ""
            names = ", ".join(item.name for item in block.items)
            yield from self.hanging(block.group + mark, names, indent, 2, group + mark)
            return
        if block.group:
            mark = ": " if block.means else ""
            yield from self.hanging(block.group + mark, block.means, indent, 2, group + mark)
            indent += 2
        column = _column([item.name for item in block.items if item.text or item.badge])
        for item in block.items:
            words = _with_address(": ".join(part for part in (item.badge, item.text) if part), item.ref)
            yield from self.row(item.name, words, indent, column)
            if self.details:
                yield from self.blocks(item.details, indent + 4)

    def bullets(self, block: b.Bullets, indent: int) -> Iterator[str]:
        if block.lead:
            yield from map(self.bold, self.hanging("", f"{block.lead}:", indent, 0))
        for sentence in block.texts:
            yield from self.hanging("- ", sentence, indent, 2)

    def section(self, block: b.Section, indent: int) -> Iterator[str]:
        yield ""
        title = block.title if indent else block.title.upper()
        count = f" ({block.count})" if block.count is not None else ""
        yield from map(self.bold, self.hanging("", title + count, indent, 2))
        if block.says:
            yield from self.hanging("", block.says, indent + 2, 0)
        yield from self.blocks(block.blocks, indent + 2)

    def more(self, block: b.More, indent: int) -> Iterator[str]:
        return super().more(block, max(indent, 1))

    def tree(self, block: b.Tree, indent: int) -> Iterator[str]:
        for node in block.nodes:
            mark = _MARKS[node.mark]
            yield from self.hanging(mark, node.text, indent, len(mark))
            yield from self.tree(b.Tree(node.parts, ""), indent + 4)

    def code(self, block: b.Code, indent: int) -> Iterator[str]:
        return (" " * (indent + 2) + line for line in printable(block.text).splitlines())

    def picture(self, block: b.Picture, indent: int) -> Iterator[str]:
        return self.hanging("", block.alt, indent, 2)

    def notice(self, block: b.Notice, indent: int) -> Iterator[str]:
        yield ""
        yield from self.hanging("", block.text, indent, 0)

    def table(self, block: b.Table, indent: int) -> Iterator[str]:
        """Side by side where the columns fit, else each row as a list of its cells."""
        if block.caption:
            yield from map(self.underline, self.hanging("", block.caption, indent, 0))
        rows = [tuple(one_line(_with_address(cell.text, cell.ref)) for cell in row) for row in block.cells]
        heads = [one_line(name) for name in block.columns]
        widths = _widths(heads, rows, self.width - indent)
        if widths is None:
            yield from self.stacked(block, rows, indent)
            return
        if any(heads):
            yield from map(self.underline, _abreast(heads, widths, block.numeric, indent))
        for row in rows:
            yield from _abreast(row, widths, block.numeric, indent)

    def stacked(self, block: b.Table, rows: list[tuple[str, ...]], indent: int) -> Iterator[str]:
        for first, *rest in rows:
            yield from self.hanging("", first, indent, 2)
            for name, cell in zip(block.columns[1:], rest, strict=True):
                if cell:
                    yield from self.hanging(f"{name}: " if name else "", cell, indent + 2, 2)


def _column(names: Sequence[str]) -> int:
    """Where the second column stands beside names of these lengths: little indented where most names are too long for one."""
    # One long name must not push the words of all the others to the right; it gets a line of its own instead.
    long = sum(len(name) > _NAME_COLUMN - _GAP for name in names)
    return _INDENT if 2 * long > len(names) else min(_NAME_COLUMN, max(map(len, names), default=0) + _GAP)


def _widths(heads: list[str], rows: list[tuple[str, ...]], room: int) -> list[int] | None:
    """A width for each column within `room`, the widest ones made narrower; None where they cannot all stand abreast."""
    columns = list(zip(heads, *rows, strict=True))
    natural = [max(1, *map(len, column)) for column in columns]
    words = [max(map(len, " ".join(column).split()), default=1) for column in columns]
    least = [min(width, max(word, _LEAST_COLUMN)) for width, word in zip(natural, words, strict=True)]
    # One column at a time, always the widest one: short columns keep their width, and two long ones end up alike.
    while sum(natural) > room - _GAP * (len(natural) - 1):
        spare = [index for index, width in enumerate(natural) if width > least[index]]
        if not spare:
            return None
        natural[max(spare, key=lambda index: (natural[index], index))] -= 1
    return natural


def _abreast(cells: Sequence[str], widths: list[int], numeric: tuple[int, ...], indent: int) -> Iterator[str]:
    wrapped = [wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        sized = enumerate(zip(parts, widths, strict=True))
        shown = [f"{part:>{width}}" if index in numeric else f"{part:<{width}}" for index, (part, width) in sized]
        yield (" " * indent + (" " * _GAP).join(shown)).rstrip()


def _with_address(words: str, ref: b.Ref | None) -> str:
    """The words, with the address that a medium without links must print."""
    shown = ref is None or ref.kind != "url" or ref.id.split("/", 3)[-1] in words
    return words if ref is None or shown else f"{words} ({ref.id})"
