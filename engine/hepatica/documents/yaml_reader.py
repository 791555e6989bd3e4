"""YAML to a tree with places. The only module that imports `yaml`.

The parser's event stream is read with a stack of our own, so depth is bounded before anything recurses. Tags, anchors,
aliases, duplicate keys and several documents in one file are refused.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from hepatica.documents.tree import TOO_DEEP, Bounds, Node, Scalar, decoded
from hepatica.problems import InvalidInput, Problem, quote

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUE = {"yes", "true", "on"}
_FALSE = {"no", "false", "off"}
_NULL = {"", "~", "null"}
_LONGEST_NUMBER = 30
_AMOUNT = r"\d[\d.]*(?:,\d{3})*(?:[eE][+-]?\d+)?(?:[ \t]*[^\W\d]\w*(?:/\w+)?)?"
_BARE_SIGN = re.compile(
    rf":[ \t]+(>=?[ \t]*{_AMOUNT}(?:[ \t]+and[ \t]+[<>]=?[ \t]*{_AMOUNT})?|[?-])(?=[ \t]*(?:[,}}\r\n]|[ \t]#|$))"
)


def read_yaml(data: bytes, file: str, *, bare_signs: bool = False) -> Node:
    """The one document in `data`; raises `InvalidInput` with every problem that was met.

    With `bare_signs`, a value may begin with a comparison, or be a lone `?` or `-`, without quotes (`afp: > 400`).
    """
    text = decoded(data, file)
    if bare_signs:
        text = "".join(map(_quoted, text.splitlines(keepends=True)))
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise InvalidInput([*builder.problems, _syntax(error, file)]) from None
    if builder.problems:
        raise InvalidInput(builder.problems)
    if builder.root is None:
        raise InvalidInput([Problem(file, 1, 1, "empty", "the document is empty")])
    return builder.root


def _quoted(line: str) -> str:
    """The line with a value quoted that YAML would take for a block of text (`>5` is one, and empty) or refuse."""
    found = _BARE_SIGN.search(line)
    if found is None or line.count('"', 0, found.start()) % 2 or line.count("'", 0, found.start()) % 2:
        return line
    return f'{line[: found.start(1)]}"{found[1]}"{line[found.end(1) :]}'


def scalar(text: str) -> Scalar:
    """A plain YAML scalar by the rules of this program: yes/no, null, whole and decimal numbers, else text."""
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    if lowered in _NULL:
        return None
    return _number(text)


def _number(text: str) -> Scalar:
    body = text[1:] if text[:1] in "+-" else text
    if not body[:1].isascii() or not (body[:1].isdigit() or body[:1] == ".") or len(text) > _LONGEST_NUMBER:
        return text
    if body.isascii() and body.isdigit():
        return int(text)
    whole, _, decimals = body.partition(".")
    if body.isascii() and (whole + decimals).isdigit():
        return float(text)
    return text


def _syntax(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    # libyaml looks ahead for keys, so its own limit may answer before ours.
    if "nesting depth" in what:
        return Problem(file, line, column, "too-deep", TOO_DEEP)
    return Problem(file, line, column, "yaml-syntax", f"not valid YAML: {what}")


class _Builder:
    """Builds the tree from events; collects what is refused."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._bounds = Bounds(file)
        self._stack: list[Node] = []
        self._key: list[Node | None] = []

    def take(self, event: Any) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._refuse(event)
            self._place(self._scalar(event))
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._refuse(event)
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._place_closed()
        elif isinstance(event, yaml.AliasEvent):
            self._problem(event, "alias", f"aliases are not read: *{event.anchor}")
            self._place(self._node(event, None))
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._problem(event, "several-documents", "one document to a file")

    def _scalar(self, event: Any) -> Node:
        value: Scalar = event.value
        if not event.style:
            value = scalar(event.value)
        node = self._node(event, value)
        node.raw = event.value
        return node

    def _node(self, event: Any, value: Any) -> Node:
        mark = event.start_mark
        self._bounds.check(len(self._stack), mark.line + 1, mark.column + 1)
        return Node(value, mark.line + 1, mark.column + 1)

    def _open(self, event: Any) -> None:
        empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(self._node(event, empty))
        self._key.append(None)

    def _place_closed(self) -> None:
        node = self._stack.pop()
        self._key.pop()
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._stack:
            self.root = self.root or node
            return
        parent = self._stack[-1].value
        if isinstance(parent, list):
            parent.append(node)
        elif self._key[-1] is None:
            self._key[-1] = node
        else:
            self._entry(self._stack[-1], self._key[-1], node)
            self._key[-1] = None

    def _entry(self, mapping: Node, key: Node, node: Node) -> None:
        entries = mapping.value
        if not isinstance(entries, dict):
            return
        if isinstance(key.value, (dict, list)):
            self.problems.append(key.problem(self.file, "key", "a key must be a word"))
            return
        name = key.raw
        if name in entries:
            first = mapping.keys[name]
            message = f"{quote(name)} is given twice (first at line {first[0]})"
            self.problems.append(key.problem(self.file, "duplicate-key", message))
            return
        entries[name] = node
        mapping.keys[name] = (key.line, key.column)

    def _refuse(self, event: Any) -> None:
        if event.anchor is not None:
            self._problem(event, "anchor", f"anchors are not read: &{event.anchor}")
        if event.tag is not None and event.tag != "!":
            self._problem(event, "tag", f"tags are not read: {quote(event.tag)}")

    def _problem(self, event: Any, code: str, message: str) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, code, message))
