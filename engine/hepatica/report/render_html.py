"""Blocks as HTML: a fragment for a page of ours, or a whole page that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from hepatica.printable import one_line, printable
from hepatica.problems import not_installed
from hepatica.report import blocks as b

Link = Callable[[b.Ref], str]
_MARKS = {"yes": "yes", "no": "no", "unknown": "not known"}


def html(blocks: b.Blocks, link: Link | None = None) -> str:
    """A fragment. `link` gives the address of a thing, or "" for one it does not link.

    Sections are `<section id>` with their heading one level below the title, folded ones `<details>`; facts are `<dl>`; the
    cells of a table carry their column's name as `data-label`, for screens too narrow for a table. Texts are escaped.
    """
    return "".join(_Html(link or (lambda _: "")).blocks(blocks, 1))


def html_page(blocks: b.Blocks, title: str) -> str:
    """A whole page of its own, for a file that somebody opens or sends."""
    viewport = '<meta name="viewport" content="width=device-width,initial-scale=1">'
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    head = f'<meta charset="utf-8">{viewport}<title>{_text(title)}</title><style>\n{style}</style>'
    return f'<!doctype html>\n<html lang="en-GB"><head>{head}</head>\n<body>\n{html(blocks)}</body></html>\n'


def pdf_page(blocks: b.Blocks, title: str) -> bytes:
    """The whole page on A4 paper, tagged for screen readers; same blocks, same bytes. Raises `InvalidInput` as `pdf_of` does."""
    return pdf_of(html_page(blocks, title))


def pdf_of(page: str) -> bytes:
    """HTML as PDF. Raises `InvalidInput` where WeasyPrint, or Pango, which it draws text with, is not installed."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise not_installed("PDF", "pdf", " (WeasyPrint, and the system's Pango); HTML needs nothing") from error
    pages: bytes = HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")
    return pages


def slug(title: str) -> str:
    """A heading as an id: "What the evidence backs" is "what-the-evidence-backs"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"


class _Html(b.BlockRenderer):
    """Pieces are markup; the place of a block is the level of the heading above it."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.ids: dict[str, int] = {}

    def title(self, block: b.Title, level: int) -> Iterator[str]:
        yield f"<h{level}>{_text(block.text)}</h{level}>\n"
        yield f'<p class="quiet">{_text(block.quiet)}</p>\n' if block.quiet else ""

    def paragraph(self, block: b.Paragraph, level: int) -> Iterator[str]:
        lead = f"<strong>{_text(block.opening)}</strong> " if block.lead else ""
        tone = "" if block.tone == "plain" else f' class="{block.tone}"'
        yield f"<p{tone}>{lead}{_text(block.text)}</p>\n"

    def facts(self, block: b.Facts, level: int) -> Iterator[str]:
        pairs = "".join(f"<div><dt>{_text(name)}</dt> <dd>{_text(value)}</dd></div>" for name, value in block.pairs)
        yield f'<dl class="facts{" inline" if block.inline else ""}">{pairs}</dl>\n'

    def bullets(self, block: b.Bullets, level: int) -> Iterator[str]:
        yield f'<p class="lead">{_text(block.lead)}</p>' if block.lead else ""
        yield f"<ul>{''.join(f'<li>{_text(sentence)}</li>' for sentence in block.texts)}</ul>\n"

    def more(self, block: b.More, level: int) -> Iterator[str]:
        yield f"<details><summary>{_text(block.summary)}</summary>\n"
        yield from self.blocks(block.blocks, level)
        yield "</details>\n"

    def tree(self, block: b.Tree, level: int) -> Iterator[str]:
        body = f'<ul class="tree">{"".join(map(_branch, block.nodes))}</ul>\n'
        yield f"<details><summary>{_text(block.summary)}</summary>\n{body}</details>\n"

    def code(self, block: b.Code, level: int) -> Iterator[str]:
        yield f"<pre><code>{escape(printable(block.text))}</code></pre>\n"

    def picture(self, block: b.Picture, level: int) -> Iterator[str]:
        # The SVG is this program's own and stands as it is; a screen reader gets the words instead.
        yield f'<figure><div role="img" aria-label="{_text(block.alt)}">{block.svg}</div></figure>\n'

    def notice(self, block: b.Notice, level: int) -> Iterator[str]:
        yield f'<p class="notice" role="note">{_text(block.text)}</p>\n'

    def section(self, block: b.Section, level: int) -> Iterator[str]:
        level = min(level + 1, 6)
        name = self.unique(block.id or slug(block.title))
        count = f' <span class="count">{block.count}</span>' if block.count is not None else ""
        heading = f'<h{level} id="{name}-heading">{self.linked(block.title, block.ref)}{count}</h{level}>'
        tag = "details" if block.folded else "section"
        # A named section is a landmark: of those within others there are many of one name, and none to jump to.
        named = f' aria-labelledby="{name}-heading"' if level == 2 else ""
        yield f'<{tag} id="{name}"{named}>'
        yield f"<summary>{heading}</summary>\n" if block.folded else f"{heading}\n"
        yield f'<p class="means">{_text(block.says)}</p>\n' if block.says else ""
        yield from self.blocks(block.blocks, level)
        yield f"</{tag}>\n"

    def unique(self, name: str) -> str:
        """`name`, with a number behind it where the page has it already."""
        self.ids[name] = self.ids.get(name, 0) + 1
        return escape(name if self.ids[name] == 1 else f"{name}-{self.ids[name]}")

    def items(self, block: b.Items, level: int) -> Iterator[str]:
        heading = min(level + 1, 6)
        if block.group:
            yield f'<div class="group"><h{heading}>{_text(block.group)}</h{heading}>'
            yield f'<p class="means">{_text(block.means)}</p>' if block.means else ""
        yield f'<ul class="items{" names" if block.only_names else ""}">\n'
        for item in block.items:
            yield from self.item(item, min(level + 2, 6))
        yield "</ul>\n"
        yield "</div>\n" if block.group else ""

    def item(self, item: b.Item, level: int) -> Iterator[str]:
        name = f'<span class="name">{self.linked(item.name, item.ref)}</span>'
        badge = f' <span class="badge">{_text(item.badge)}</span>' if item.badge else ""
        # Only the study's name is the link, which leads to its figures; the rest of the line is about the therapy.
        head, colon, said = item.text.partition(": ") if item.cite else ("", "", item.text)
        mark, semicolon, study = head.partition("; ")
        if not semicolon or "(" in mark:  # none, or one within the study's name
            mark, semicolon, study = "", "", head
        line = f"{_text(mark + semicolon)}{self.linked(study, item.cite)}{_text(colon + said)}"
        words = f' <span class="says">{line}</span>' if item.text else ""
        tone = "" if item.tone == "plain" else f" {item.tone}"
        yield f'<li class="item{tone}">{name}{badge}{words}'
        if item.details:
            yield f'<details><summary>Details<span class="visually-hidden"> of {_text(item.name)}</span></summary>\n'
            yield from self.blocks(item.details, level)
            yield "</details>"
        yield "</li>\n"

    def table(self, block: b.Table, level: int) -> Iterator[str]:
        label = f' role="region" aria-label="{_text(block.caption)}"' if block.caption else ' role="group"'
        yield f'<div class="scroll" tabindex="0"{label}><table class="stacked">'
        yield f"<caption>{_text(block.caption)}</caption>" if block.caption else ""
        heads = (f'<th scope="col"{_number(i, block)}>{_text(name)}</th>' for i, name in enumerate(block.columns))
        yield f"<thead><tr>{''.join(heads)}</tr></thead><tbody>\n"
        for row in block.cells:
            yield f"<tr>{''.join(self.cell(cell, index, block) for index, cell in enumerate(row))}</tr>\n"
        yield "</tbody></table></div>\n"

    def cell(self, cell: b.Cell, index: int, block: b.Table) -> str:
        return f'<td data-label="{_text(block.columns[index])}"{_number(index, block)}>{self.linked(cell.text, cell.ref)}</td>'

    def linked(self, words: str, ref: b.Ref | None) -> str:
        address = "" if ref is None else web_address(ref.id) if ref.kind == "url" else self.link(ref)
        return f'<a href="{escape(address)}">{_text(words)}</a>' if address else _text(words)


def _text(words: str) -> str:
    return escape(one_line(words))


def _number(index: int, block: b.Table) -> str:
    return ' class="number"' if index in block.numeric else ""


def web_address(address: str) -> str:
    """Only what a reader may follow without harm; anything else (`javascript:`) is shown as text."""
    return address if address.startswith(("https://", "http://")) else ""


def _branch(node: b.TreeNode) -> str:
    mark = f'<span class="mark">{_MARKS[node.mark]}</span> '
    parts = f"<ul>{''.join(map(_branch, node.parts))}</ul>" if node.parts else ""
    return f'<li class="{node.mark}">{mark}{_text(node.text)}{parts}</li>'
