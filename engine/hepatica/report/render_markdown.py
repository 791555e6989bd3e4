"""Blocks as Markdown (GitHub's), for a document or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hepatica.printable import one_line, printable
from hepatica.report import blocks as b

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~]|&(?=#|\w+;))")
_OPENING = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s|$)")
_MARKS = {"yes": "**yes** ", "no": "**NO** ", "unknown": "**?** "}


def markdown(blocks: b.Blocks, *, details: bool = False, level: int = 1) -> str:
    """The page, ending in a line break. `details` writes what `Item.details` and `More` hold, too."""
    parts = [part.rstrip("\n") for part in _Markdown(details).blocks(blocks, level) if part]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = _SPECIAL.sub(r"\\\1", " ".join(one_line(text).split()))
    return _OPENING.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", line)


class _Markdown(b.BlockRenderer):
    """Pieces are parts that blank lines keep apart, lists nest by the indent of their lines; a place is a heading's level."""

    def title(self, block: b.Title, level: int) -> Iterator[str]:
        yield f"{'#' * level} {escaped(block.text)}"
        yield escaped(block.quiet)

    def paragraph(self, block: b.Paragraph, level: int) -> Iterator[str]:
        lead = f"**{escaped(block.opening)}** " if block.lead else ""
        yield f"{lead}{escaped(block.text)}"

    def facts(self, block: b.Facts, level: int) -> Iterator[str]:
        if block.inline:
            yield escaped("; ".join(f"{name} {value}" for name, value in block.pairs)) + "."
        else:
            yield "\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in block.pairs)

    def items(self, block: b.Items, level: int) -> Iterator[str]:
        if block.only_names:
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

    def bullets(self, block: b.Bullets, level: int) -> Iterator[str]:
        yield f"**{escaped(block.lead)}**" if block.lead else ""
        yield "\n".join(f"- {escaped(sentence)}" for sentence in block.texts)

    def section(self, block: b.Section, level: int) -> Iterator[str]:
        count = f" ({block.count})" if block.count is not None else ""
        yield f"{'#' * min(level + 1, 6)} {escaped(block.title)}{count}"
        yield escaped(block.says)
        yield from self.blocks(block.blocks, level + 1)

    def table(self, block: b.Table, level: int) -> Iterator[str]:
        yield f"**{escaped(block.caption)}**" if block.caption else ""
        heads = [escaped(name) for name in block.columns]
        rules = ["---:" if index in block.numeric else "---" for index, _ in enumerate(block.columns)]
        rows = [[_linked(cell.text, cell.ref) for cell in row] for row in block.cells]
        yield "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))

    def tree(self, block: b.Tree, level: int) -> Iterator[str]:
        yield "\n".join(_branches(block.nodes, ""))

    def code(self, block: b.Code, level: int) -> Iterator[str]:
        # A fence longer than any run of backticks inside cannot be closed by the text.
        fence = "`" * max(3, max(map(len, re.findall("`+", block.text)), default=0) + 1)
        yield f"{fence}{block.language}\n{printable(block.text)}\n{fence}"

    def picture(self, block: b.Picture, level: int) -> Iterator[str]:
        yield escaped(block.alt)

    def notice(self, block: b.Notice, level: int) -> Iterator[str]:
        yield f"> {escaped(block.text)}"


def _linked(words: str, ref: b.Ref | None) -> str:
    if ref is None or ref.kind != "url":
        return escaped(words)
    address = ref.id.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{escaped(words)}]({one_line(address)})"


def _branches(nodes: tuple[b.TreeNode, ...], indent: str) -> Iterator[str]:
    for node in nodes:
        yield f"{indent}- {_MARKS[node.mark]}{escaped(node.text)}"
        yield from _branches(node.parts, f"{indent}  ")
