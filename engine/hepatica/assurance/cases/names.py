"""Words of a case file held against the names that are allowed, with the place of each wrong one."""

from __future__ import annotations

from collections.abc import Collection

from hepatica.documents import Node
from hepatica.problems import Problem, quote, suggestion


class Names:
    """Reads names from one file; what is wrong is added to `problems`."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems

    def problem(self, node: Node, code: str, message: str) -> None:
        """Add a problem at a node."""
        self.problems.append(node.problem(self.file, code, message))

    def keys(self, node: Node, allowed: Collection[str]) -> dict[str, Node]:
        """The entries of a mapping; a problem for each key that is not allowed."""
        if not isinstance(node.value, dict):
            self.problem(node, "wrong-type", f"expected a mapping of {', '.join(allowed)}")
            return {}
        for key in node.value:
            if key not in allowed:
                message = f"unknown key {quote(key)}; {suggestion(key, allowed)}"
                self.problems.append(node.key_problem(self.file, key, "unknown-key", message))
        return node.value

    def named(self, node: Node | None, allowed: Collection[str], what: str) -> list[tuple[str, Node]]:
        """The words of a list (or a single word) that are allowed; a problem for each other one."""
        if node is None:
            return []
        members = node.value if isinstance(node.value, list) else [node]
        return [(child.raw, child) for child in members if self.known(child, allowed, what)]

    def known(self, node: Node, allowed: Collection[str], what: str) -> bool:
        """Whether a scalar is allowed; a problem where not."""
        if isinstance(node.value, (dict, list)):
            self.problem(node, "wrong-type", f"expected the name of a {what}")
            return False
        if node.raw in allowed:
            return True
        self.problem(node, f"unknown-{what}", f"no {what} {quote(node.raw)}; {suggestion(node.raw, allowed)}")
        return False

    def word(self, node: Node | None, allowed: Collection[str], what: str) -> str:
        """One allowed word; empty where there is none."""
        return node.raw if node is not None and self.known(node, allowed, what) else ""
