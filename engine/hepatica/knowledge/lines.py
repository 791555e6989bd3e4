"""Places in the source text: "413-415", "413", "213-233, 433-458" (1-based lines, both ends included)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*\Z")


def ranges(text: str) -> tuple[tuple[int, int], ...] | None:
    """The line ranges in order of writing; None where the text is not of that form."""
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        match = _RANGE.match(part)
        if not match:
            return None
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if not 1 <= first <= last:
            return None
        found.append((first, last))
    return tuple(found)
