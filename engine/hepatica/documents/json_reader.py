"""JSON to a tree with places: the standard library's string rules, bounded in depth and size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder

from hepatica.documents.tree import Bounds, Node, Scalar, decoded
from hepatica.problems import InvalidInput, Problem, quote

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")
_STRINGS = JSONDecoder()
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def read_json(data: bytes, file: str) -> Node:
    """The one value in `data`; raises `InvalidInput` where it is not JSON, or is too large or too deep."""
    return _Parser(decoded(data, file), file).document()


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self._bounds = Bounds(file)
        self._line = 1
        self._line_start = 0
        self._counted = 0

    def document(self) -> Node:
        node = self._value(0)
        self._skip()
        if self.at != len(self.text):
            raise self._error("something follows the value")
        return node

    def _place(self) -> tuple[int, int]:
        breaks = self.text.count("\n", self._counted, self.at)
        if breaks:
            self._line += breaks
            self._line_start = self.text.rfind("\n", self._counted, self.at) + 1
        self._counted = max(self._counted, self.at)
        return self._line, self.at - self._line_start + 1

    def _error(self, what: str, code: str = "json-syntax") -> InvalidInput:
        line, column = self._place()
        return InvalidInput([Problem(self.file, line, column, code, what)])

    def _skip(self) -> str:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, depth: int) -> Node:
        first = self._skip()
        line, column = self._place()
        self._bounds.check(depth, line, column)
        if first == "{":
            return self._object(Node({}, line, column), depth)
        if first == "[":
            return self._array(Node([], line, column), depth)
        value, raw = self._string() if first == '"' else self._word()
        return Node(value, line, column, raw)

    def _string(self) -> tuple[str, str]:
        try:
            value, self.at = _STRINGS.raw_decode(self.text, self.at)
        except JSONDecodeError as error:
            raise self._error(f"not valid JSON: {error.msg}") from None
        return value, value

    def _word(self) -> tuple[Scalar, str]:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value, word
        match = _NUMBER.match(self.text, self.at)
        if not match:
            found = quote(self.text[self.at : self.at + 12]) if self.at < len(self.text) else "the end"
            raise self._error(f"not valid JSON: a value was expected, not {found}")
        self.at = match.end()
        raw = match.group()
        return (int(raw) if raw.lstrip("-").isdigit() else float(raw)), raw

    def _object(self, node: Node, depth: int) -> Node:
        entries: dict[str, Node] = {}
        node.value = entries
        for _ in self._items("}"):
            if self._skip() != '"':
                raise self._error("not valid JSON: a quoted name was expected")
            place = self._place()
            name, _raw = self._string()
            if self._skip() != ":":
                raise self._error("not valid JSON: ':' was expected")
            self.at += 1
            if name in entries:
                raise InvalidInput([Problem(self.file, *place, "duplicate-key", f"{quote(name)} is given twice")])
            entries[name] = self._value(depth + 1)
            node.keys[name] = place
        return node

    def _array(self, node: Node, depth: int) -> Node:
        node.value = [self._value(depth + 1) for _ in self._items("]")]
        return node

    def _items(self, closing: str) -> Iterator[None]:
        """Stops at each item of a list or mapping; the caller reads it before the next step."""
        self.at += 1
        found = self._skip()
        while found != closing:
            yield
            found = self._skip()
            if found not in (",", closing):
                raise self._error(f"not valid JSON: ',' or '{closing}' was expected")
            if found == ",":
                self.at += 1
                if self._skip() == closing:
                    raise self._error("not valid JSON: a value was expected")
        self.at += 1
