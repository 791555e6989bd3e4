"""Values from outside, checked one at a time: each refusal is added to a list, with its place."""

from __future__ import annotations

from hepatica.documents import Node
from hepatica.patient.fields import UNKNOWN
from hepatica.problems import Problem, quote, suggestion


class ValueReader:
    """Reads scalars of one file; what is wrong with them is added to `problems`."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems

    def problem(self, node: Node, code: str, message: str) -> None:
        """Add a problem at `node`."""
        self.problems.append(node.problem(self.file, code, message))

    def scalar(self, name: str, node: Node, expected: str) -> str | None:
        """The text of a scalar; None, with a problem, for a list or a mapping."""
        if isinstance(node.value, (dict, list)):
            found = "a mapping" if isinstance(node.value, dict) else "a list"
            self.problem(node, "wrong-type", f"{name} is {expected}, not {found}")
            return None
        return node.raw.strip()

    def word(self, name: str, raw: str, values: tuple[str, ...], node: Node) -> str | None:
        """One of some words; None, with a problem, for any other."""
        if raw in values:
            return raw
        self.problem(node, "unknown-value", f"{name} cannot be {quote(raw)}; {suggestion(raw, (*values, UNKNOWN))}")
        return None

    def whole(self, name: str, node: Node, low: int, high: int) -> int | None:
        """A whole number within bounds; None, with a problem, for anything else."""
        expected = f"a whole number from {low} to {high}"
        raw = self.scalar(name, node, expected)
        if raw is None:
            return None
        if isinstance(node.value, float) and node.value.is_integer():
            raw = f"{node.value:.0f}"
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 6 and low <= int(raw) <= high):
            self.problem(node, "out-of-range", f"{name} cannot be {quote(raw)}; allowed: {expected}, or {UNKNOWN}")
            return None
        return int(raw)


def is_unknown(node: Node) -> bool:
    """True for null, an empty value and the word 'unknown'."""
    return node.value is None or (isinstance(node.value, str) and node.value.strip().lower() in ("", UNKNOWN))
