"""A parsed document whose every part remembers where it stands."""

from __future__ import annotations

from hepatica.problems import InvalidInput, Problem

Scalar = str | int | float | bool | None
Path = tuple[int | str, ...]

MAX_BYTES = 1_048_576
MAX_DEPTH = 24
MAX_NODES = 100_000
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


class Node:
    """A scalar, a list or a mapping at `line:column` (1-based).

    `raw` is a scalar's text as written; `keys` says where each key of a mapping stands; `origin` names the source where
    it is not the file being read.
    """

    __slots__ = ("column", "keys", "line", "origin", "raw", "value")

    def __init__(
        self,
        value: Scalar | list[Node] | dict[str, Node],
        line: int,
        column: int,
        raw: str = "",
        keys: dict[str, tuple[int, int]] | None = None,
        origin: str = "",
    ) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.raw = raw
        self.keys = {} if keys is None else keys
        self.origin = origin

    def plain(self) -> object:
        """The value without places: str, int, float, bool, None, list or dict."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: Path) -> Node:
        """The node at `path`, or the nearest one above it that exists."""
        node = self
        for step in path:
            child = node._child(step)
            node = child if child is not None else node
        return node

    def _child(self, step: int | str) -> Node | None:
        inner = self.value
        if isinstance(inner, dict) and isinstance(step, str):
            return inner.get(step)
        if isinstance(inner, list) and isinstance(step, int) and 0 <= step < len(inner):
            return inner[step]
        return None

    def problem(self, file: str, code: str, message: str) -> Problem:
        """A problem at this node's place."""
        return Problem(self.origin or file, self.line, self.column, code, message)

    def key_problem(self, file: str, key: str, code: str, message: str) -> Problem:
        """A problem at the place of one of this mapping's keys."""
        line, column = self.keys.get(key, (self.line, self.column))
        return Problem(self.origin or file, line, column, code, message)


class Bounds:
    """Counts what a parser makes and refuses a document that is too large or too deep."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0

    def check(self, depth: int, line: int, column: int) -> None:
        """Count one node; raises `InvalidInput` past a limit."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise InvalidInput([Problem(self.file, line, column, "too-deep", TOO_DEEP)])
        if self.nodes > MAX_NODES:
            message = f"more than {MAX_NODES} values"
            raise InvalidInput([Problem(self.file, line, column, "too-many", message)])


def decoded(data: bytes, file: str) -> str:
    """UTF-8 text of `data`, with a byte-order mark dropped; raises `InvalidInput` when it is too large or not text."""
    if len(data) > MAX_BYTES:
        message = f"more than {MAX_BYTES} bytes"
        raise InvalidInput([Problem(file, 1, 1, "too-large", message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput([Problem(file, line, 1, "not-text", "not UTF-8 text")]) from None
