"""Bytes from outside, read within bounds, and a parsed document whose every part remembers where it stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hepatica.problems import InvalidInput, Problem, quote

Scalar = str | int | float | bool | None
Path = tuple[int | str, ...]

MAX_BYTES = 1_048_576
MAX_DEPTH = 24
MAX_NODES = 100_000
STDIN = "-"
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, a list or a mapping at `line:column` (1-based).

    `raw` is a scalar's text as written; `keys` says where each key of a mapping stands; `origin` names the source where
    it is not the file being read.
    """

    value: Scalar | list[Node] | dict[str, Node]
    line: int
    column: int
    raw: str = ""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    origin: str = ""

    @property
    def described(self) -> str:
        """What stands here, in words for a message."""
        if isinstance(self.value, (dict, list)):
            return "a mapping" if isinstance(self.value, dict) else "a list"
        return quote(self.raw) if self.raw or self.value is not None else "empty"

    def at(self, path: Path) -> Node:
        """The node at `path`, or the nearest one above it that exists."""
        node = self
        for step in path:
            inner = node.value
            if isinstance(inner, dict) and isinstance(step, str):
                node = inner.get(step, node)
            elif isinstance(inner, list) and isinstance(step, int) and 0 <= step < len(inner):
                node = inner[step]
        return node

    def below(self) -> Iterator[Node]:
        """This node and every node in it, in order of writing."""
        yield self
        inner = self.value
        for child in inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ():
            yield from child.below()

    def data(self, of: Callable[[Node], object]) -> Any:
        """The tree as plain mappings and lists of what `of` makes of each scalar."""
        if isinstance(self.value, dict):
            return {key: child.data(of) for key, child in self.value.items()}
        return [child.data(of) for child in self.value] if isinstance(self.value, list) else of(self)

    def problem(self, file: str, code: str, message: str) -> Problem:
        """A problem at this node's place."""
        return Problem(self.origin or file, self.line, self.column, code, message)

    def key_problem(self, file: str, key: str, code: str, message: str) -> Problem:
        """A problem at the place of one of this mapping's keys."""
        return Problem(self.origin or file, *self.keys.get(key, (self.line, self.column)), code, message)


class TreeBuilder:
    """Builds the tree from what a parser meets, with a stack of its own: depth and number are bounded before anything recurses.

    `problems` collects what is refused; a document past the bounds raises `InvalidInput` at once.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._nodes = 0
        self._stack: list[Node] = []
        self._key: list[Node | None] = []

    def scalar(self, value: Scalar, raw: str, line: int, column: int) -> None:
        """A scalar, which may be a key."""
        self._place(self._node(Node(value, line, column, raw)))

    def open(self, empty: list[Node] | dict[str, Node], line: int, column: int) -> None:
        """The beginning of a list or mapping."""
        self._stack.append(self._node(Node(empty, line, column)))
        self._key.append(None)

    def close(self) -> None:
        """The end of the list or mapping that was opened last."""
        self._key.pop()
        self._place(self._stack.pop())

    def refuse(self, line: int, column: int, code: str, message: str) -> None:
        """A problem that does not stop the reading."""
        self.problems.append(Problem(self.file, line, column, code, message))

    def finished(self) -> Node:
        """The tree; raises `InvalidInput` with every problem that was met."""
        if self.problems:
            raise InvalidInput(self.problems)
        if self.root is None:
            raise InvalidInput.at(self.file, "empty", "the document is empty")
        return self.root

    def _node(self, node: Node) -> Node:
        self._nodes += 1
        if len(self._stack) > MAX_DEPTH:
            raise InvalidInput([node.problem(self.file, "too-deep", TOO_DEEP)])
        if self._nodes > MAX_NODES:
            raise InvalidInput([node.problem(self.file, "too-many", f"more than {MAX_NODES} values")])
        return node

    def _place(self, node: Node) -> None:
        if not self._stack:
            self.root = self.root or node
            return
        parent, key = self._stack[-1], self._key[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif key is None:
            self._key[-1] = node
        else:
            self._entry(parent, key, node)
            self._key[-1] = None

    def _entry(self, mapping: Node, key: Node, node: Node) -> None:
        assert isinstance(mapping.value, dict)
        name = key.raw
        if isinstance(key.value, (dict, list)):
            self.refuse(key.line, key.column, "key", "a key must be a word")
        elif name in mapping.value:
            message = f"{quote(name)} is given twice (first at line {mapping.keys[name][0]})"
            self.refuse(key.line, key.column, "duplicate-key", message)
        else:
            mapping.value[name] = node
            mapping.keys[name] = (key.line, key.column)


def decoded(data: bytes, file: str) -> str:
    """UTF-8 text of `data`, with a byte-order mark dropped; raises `InvalidInput` when it is too large or not text."""
    if len(data) > MAX_BYTES:
        raise InvalidInput.at(file, "too-large", f"more than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput.at(file, "not-text", "not UTF-8 text", line) from None


def read_input(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input for `-`, and the name that problems give it.

    Raises `InvalidInput` where it cannot be read, a closed standard input included.
    """
    if path != STDIN:
        return read_bytes(path, path), path
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"
    except (AttributeError, OSError, ValueError):  # a closed standard input may be None
        raise InvalidInput.at("<stdin>", "unreadable", "standard input is closed") from None


def read_bytes(path: str | os.PathLike[str], file: str) -> bytes:
    """The bytes of a file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            # As much as there is: a buffer of the full size for each of a ruleset's files takes as long as reading them.
            size = os.fstat(stream.fileno()).st_size
            return stream.read(min(size, MAX_BYTES) + 1 if size else MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput.at(file, "unreadable", _reason(error, "cannot be read")) from None


def _reason(error: Exception, otherwise: str) -> str:
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return "no such file" if isinstance(error, FileNotFoundError) else "is a folder"
    return (getattr(error, "strerror", None) or otherwise).lower()
