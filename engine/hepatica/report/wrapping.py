"""Text wrapped for an 80-column terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

WIDTH = 80
_LONGEST_LEAD = 50
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")


def visible(text: str) -> int:
    """The width of a text on the screen, without its escape sequences."""
    return len(_ESCAPES.sub("", text))


def wrapped(text: str) -> Iterator[str]:
    """`text` wrapped at the width."""
    yield from wrap(text, WIDTH, break_on_hyphens=False)


def hanging(lead: str, text: str, indent: int) -> Iterator[str]:
    """`lead` and `text`, wrapped at the width with the following lines indented; a long lead has lines of its own."""
    shown = visible(lead)
    if shown > _LONGEST_LEAD:
        yield from wrapped(lead.rstrip())
        lead, shown = " " * indent, indent
    lines = wrap(text, WIDTH, initial_indent=" " * shown, subsequent_indent=" " * indent, break_on_hyphens=False)
    first = lines[0][shown:] if lines else ""
    yield f"{lead}{first}".rstrip()
    yield from lines[1:]
