"""Views: a typed result becomes blocks once, and blocks become text, Markdown or HTML. Nothing here decides anything."""

from __future__ import annotations

from hepatica.report.blocks import (
    Block,
    Blocks,
    Bullets,
    Cell,
    Code,
    Facts,
    Item,
    Items,
    Mark,
    More,
    Node,
    Notice,
    Paragraph,
    Picture,
    Ref,
    Section,
    Table,
    Title,
    Tone,
    Tree,
)
from hepatica.report.documents import document, json_line, json_text, schema
from hepatica.report.render_html import html, html_page
from hepatica.report.render_markdown import markdown
from hepatica.report.render_text import text
from hepatica.report.style import Style

__all__ = [
    "Block",
    "Blocks",
    "Bullets",
    "Cell",
    "Code",
    "Facts",
    "Item",
    "Items",
    "Mark",
    "More",
    "Node",
    "Notice",
    "Paragraph",
    "Picture",
    "Ref",
    "Section",
    "Style",
    "Table",
    "Title",
    "Tone",
    "Tree",
    "document",
    "html",
    "html_page",
    "json_line",
    "json_text",
    "markdown",
    "schema",
    "text",
]
