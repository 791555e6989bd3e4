"""Blocks as Markdown (GitHub's), for a document or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hepatica.printable import one_line, printable
from hepatica.report import blocks as b

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~]|&(?=#|\w+;))")
_OPENING = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s|$)")
_MARKS = {"yes": "**yes** ", "no": "**NO** ", "unknown": "**?** ", "none": ""}


def markdown(blocks: b.Blocks, *, details: bool = False, level: int = 1) -> str:
    """The page, ending in a line break. `details` writes what `Item.details` and `More` hold, too."""
    parts = [part.rstrip("\n") for part in _Markdown(details).blocks(blocks, level) if part]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = _SPECIAL.sub(r"\\\1", " ".join(one_line(text).split()))
    return _OPENING.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", line)


class _Markdown:
    """One page. Every method yields parts that blank lines keep apart; lists nest by the indent of their lines."""

    def __init__(self, details: bool) -> None:
        self.details = details

    def blocks(self, blocks: Iterable[b.Block], level: int) -> Iterator[str]:
        for block in blocks:
            yield from self.block(block, level)

    def block(self, block: b.Block, level: int) -> Iterator[str]:  # noqa: PLR0912 - one case for each kind of block
        match block:
            case b.Title():
                yield f"{'#' * level} {escaped(block.text)}"
                yield escaped(block.quiet)
            case b.Paragraph():
                yield f"{_run_in(block.lead)}{_linked(block.text, block.ref)}"
            case b.Facts():
                yield _facts(block)
            case b.Items():
                yield from self.items(block)
            case b.Bullets():
                yield "\n".join(f"- {escaped(sentence)}" for sentence in block.texts)
            case b.Section():
                count = f" ({block.count})" if block.count is not None else ""
                yield f"{'#' * min(level + 1, 6)} {escaped(block.title)}{count}"
                yield escaped(block.says)
                yield from self.blocks(block.blocks, level + 1)
            case b.More():
                if self.details:
                    yield from self.block(b.Section(block.summary, block.blocks), level)
            case b.Table():
                yield from _table(block)
            case b.Tree():
                yield "\n".join(_tree(block.root, ""))
            case b.Code():
                # A fence longer than any run of backticks inside cannot be closed by the text.
                fence = "`" * max(3, max(map(len, re.findall("`+", block.text)), default=0) + 1)
                yield f"{fence}{block.language}\n{printable(block.text)}\n{fence}"
            case b.Picture():
                yield f"![{escaped(block.alt)}]({block.src})" if block.src else escaped(block.alt)
            case b.Notice():
                yield f"> {escaped(block.text)}"

    def items(self, block: b.Items) -> Iterator[str]:
        if not block.means and all(item.only_named for item in block.items):
            lead = f"**{escaped(block.group)}:** " if block.group else ""
            yield f"{lead}{', '.join(_linked(item.name, item.ref) for item in block.items)}"
            return
        if block.group:
            means = f": {escaped(block.means)}" if block.means else ""
            yield f"**{escaped(block.group)}**{means}"
        yield "\n".join(line for item in block.items for line in self.item(item))

    def item(self, item: b.Item) -> Iterator[str]:
        badge = f" *{escaped(item.badge)}*" if item.badge else ""
        words = f": {escaped(item.text)}" if item.text else ""
        yield f"- **{_linked(item.name, item.ref)}**{badge}{words}"
        if self.details:
            for part in self.blocks(item.details, 3):
                yield from ("", *(f"  {line}" if line else "" for line in part.splitlines()))


def _run_in(lead: str) -> str:
    mark = "" if not lead or lead[-1:] in ":.?!" else ":"
    return f"**{escaped(lead)}{mark}** " if lead else ""


def _linked(words: str, ref: b.Ref | None) -> str:
    if ref is None or ref.kind != "url":
        return escaped(words)
    address = ref.id.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{escaped(words)}]({one_line(address)})"


def _facts(block: b.Facts) -> str:
    if block.inline:
        return escaped("; ".join(f"{name} {value}" for name, value in block.pairs)) + "."
    return "\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in block.pairs)


def _table(block: b.Table) -> Iterator[str]:
    yield f"**{escaped(block.caption)}**" if block.caption else ""
    rules = ["---:" if index in block.numeric else "---" for index, _ in enumerate(block.columns)]
    rows = [[_cell(cell) for cell in row] for row in block.rows]
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in ([escaped(name) for name in block.columns], rules, *rows))


def _cell(cell: str | b.Cell) -> str:
    return escaped(cell) if isinstance(cell, str) else _linked(cell.text, cell.ref)


def _tree(node: b.TreeNode, indent: str) -> Iterator[str]:
    yield f"{indent}- {_MARKS[node.mark]}{escaped(node.text)}"
    for part in node.parts:
        yield from _tree(part, f"{indent}  ")
