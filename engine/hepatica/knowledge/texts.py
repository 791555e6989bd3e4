"""What no text of a ruleset may be: empty, or a carrier of control characters that a terminal or a page would obey."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hepatica.documents import Node
from hepatica.problems import Problem, quote

ONE_LINE = frozenset({"id", "name", "title", "nct", "version", "therapy", "ruleset", "class"})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def text_problems(node: Node, file: str, key: str = "") -> Iterator[Problem]:
    """What is wrong with the texts in `node`, which stands at `key` of a mapping, or in a list there."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            if _CONTROL.search(name) or "\n" in name:
                yield node.key_problem(file, name, "control-character", f"{quote(name)} holds a control character")
            yield from text_problems(child, file, name)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from text_problems(child, file, key)
    elif isinstance(node.value, str):
        yield from _faults(node, file, key)


def _faults(node: Node, file: str, key: str) -> Iterator[Problem]:
    if not node.raw.strip():
        yield node.problem(file, "empty-text", f"{key or 'a text'} is empty; write it, or leave the key out")
    found = _CONTROL.search(node.raw)
    if found:
        code = f"U+{ord(found.group()):04X}"
        yield node.problem(
            file, "control-character", f"{quote(node.raw)} holds the control character {code}; allowed: line breaks"
        )
    elif key in ONE_LINE and "\n" in node.raw:
        yield node.problem(file, "line-break", f"{key} is one line; {quote(node.raw)} holds a line break")
