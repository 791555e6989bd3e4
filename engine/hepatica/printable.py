"""What may reach a terminal, a page or a file of ours: no control characters and no marks that turn the direction of a line."""

from __future__ import annotations

import re

# Control characters, bidirectional marks and overrides, line and paragraph separators, the byte order mark, lone surrogates.
_UNSAFE = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ud800-\\udfff"
UNSAFE_TEXT = f"[{_UNSAFE}]"


def printable(text: str) -> str:
    """`text` with what could steer a terminal replaced; line breaks and tabs stay."""
    # Nothing that Python calls printable is unsafe, and most text is: then the pattern need not even be compiled.
    return text if text.isprintable() else re.sub(UNSAFE_TEXT, "\ufffd", text)


def one_line(text: str) -> str:
    """As `printable`, on one line: line breaks and tabs are blanks."""
    return printable(text.replace("\n", " ").replace("\t", " "))


def escaped_in_json(text: str) -> str:
    """JSON text whose strings hold such characters as escapes; what it says is the same."""
    return re.sub(UNSAFE_TEXT, lambda found: f"\\u{ord(found[0]):04x}", text)
