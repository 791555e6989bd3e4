"""Bytes from outside, read within bounds: YAML and JSON to a tree whose every part remembers where it stands, back to YAML, and
to dataclasses, whose fields are the keys that are allowed, at every level.

The only module that imports `yaml`. Of YAML, the parser's event stream is read; tags, anchors, aliases, duplicate keys and
several documents in one file are refused.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import yaml

from hepatica.problems import InvalidInput, Problem, quote, suggestion

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

Scalar = str | int | float | bool | None
Path = tuple[int | str, ...]

MAX_BYTES = 1_048_576
MAX_DEPTH = 24
MAX_NODES = 100_000
STDIN = "-"
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("yes", "true", "on"), True),
    **dict.fromkeys(("no", "false", "off"), False),
    **dict.fromkeys(("", "~", "null"), None),
}
_LONGEST_NUMBER = 30
WIDTH = 126
_NUMBER = re.compile(r"[+-]?(?:\d+|(?=\.\d))(?P<fraction>\.\d*)?", re.ASCII)
_AMOUNT = r"\d[\d.]*(?:,\d{3})*(?:[eE][+-]?\d+)?(?:[ \t]*[^\W\d]\w*(?:/\w+)?)?"
_BARE_SIGN = rf":[ \t]+(>=?[ \t]*{_AMOUNT}(?:[ \t]+and[ \t]+[<>]=?[ \t]*{_AMOUNT})?|[?-])(?=[ \t]*(?:[,}}\r\n]|[ \t]#|$))"
_TOKEN = r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+'
_JSON_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A scalar, a list or a mapping at `line:column` (1-based).

    `raw` is a scalar's text as written; `keys` says where each key of a mapping stands; `origin` names the file read.
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
        left = [self]
        while left:
            yield (node := left.pop())
            if isinstance(node.value, (dict, list)):
                left += reversed(node.value.values() if isinstance(node.value, dict) else node.value)

    def data(self, of: Reader, special: Mapping[str, Reader] = MappingProxyType({})) -> Any:
        """The tree as plain mappings and lists of what `of` makes of each scalar; `special` reads what stands under some keys."""
        if isinstance(self.value, dict):
            return {key: special[key](one) if key in special else one.data(of, special) for key, one in self.value.items()}
        return [child.data(of, special) for child in self.value] if isinstance(self.value, list) else of(self)

    def fault(self, code: str, message: str, path: Path = ()) -> Problem:
        """A problem with what stands at `path` below this node."""
        node = self.at(path)
        return Problem(node.origin, node.line, node.column, code, message)

    def key_fault(self, key: str, code: str, message: str) -> Problem:
        """A problem at the place of one of this mapping's keys."""
        return Problem(self.origin, *self.keys.get(key, (self.line, self.column)), code, message)


Reader = Callable[[Node], object]


class TreeBuilder:
    """Builds the tree from what a parser meets, with a stack of its own: depth and number are bounded before anything recurses.
    `problems` collects what is refused; a document past the bounds raises `InvalidInput` at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._nodes = 0
        self._stack: list[tuple[Node, Node | None]] = []  # what is open, and the key of a mapping that waits for its value

    def add(self, value: Scalar | list[Node] | dict[str, Node], raw: str, line: int, column: int) -> None:
        """A scalar, which may be a key, or the beginning of a list or mapping, given empty."""
        node = Node(value, line, column, raw, origin=self.file)
        self._nodes += 1
        if len(self._stack) > MAX_DEPTH:
            raise InvalidInput([node.fault("too-deep", TOO_DEEP)])
        if self._nodes > MAX_NODES:
            raise InvalidInput([node.fault("too-many", f"more than {MAX_NODES} values")])
        if isinstance(value, (list, dict)):
            self._stack.append((node, None))
        else:
            self._place(node)

    def close(self) -> None:
        """The end of the list or mapping that was opened last."""
        self._place(self._stack.pop()[0])

    def _place(self, node: Node) -> None:
        if not self._stack:
            self.root = self.root or node
            return
        parent, key = self._stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
            return
        assert isinstance(parent.value, dict)
        self._stack[-1] = (parent, node if key is None else None)
        if key is None:
            return
        if isinstance(key.value, (dict, list)):
            self.problems.append(key.fault("key", "a key must be a word"))
        elif key.raw in parent.value:
            message = f"{quote(key.raw)} is given twice (first at line {parent.keys[key.raw][0]})"
            self.problems.append(key.fault("duplicate-key", message))
        else:
            parent.value[key.raw] = node
            parent.keys[key.raw] = (key.line, key.column)

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


def decoded(data: bytes, file: str) -> str:
    """UTF-8 text of `data`, with a byte-order mark dropped; raises `InvalidInput` when it is too large or not text."""
    if len(data) > MAX_BYTES:
        raise InvalidInput.at(file, "too-large", f"more than {MAX_BYTES} bytes")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput.at(file, "not-text", "not UTF-8 text", line) from None


def read_input(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input for `-`, and the name that problems give it. Raises `InvalidInput` where it
    cannot be read, a closed standard input included."""
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
        known: dict[type, str] = {FileNotFoundError: "no such file", IsADirectoryError: "is a folder"}
        said = known.get(type(error)) or (getattr(error, "strerror", None) or "cannot be read").lower()
        raise InvalidInput.at(file, "unreadable", said) from None


def read_document(data: bytes, file: str, *, bare_signs: bool = False) -> Node:
    """The document in `data`, named `file` in problems; `bare_signs` as for `read_yaml`."""
    ending = file.lower().rpartition(".")[2]
    if ending == "json":
        return read_json(data, file)
    if data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[") or ending in ("yaml", "yml"):
        return read_yaml(data, file, bare_signs=bare_signs)
    try:
        return read_json(data, file)
    except InvalidInput as as_json:
        try:
            return read_yaml(data, file, bare_signs=bare_signs)
        except InvalidInput:
            raise as_json from None


def read_yaml(data: bytes, file: str, *, bare_signs: bool = False) -> Node:
    """The one document in `data`; raises `InvalidInput` with every problem that was met. With `bare_signs`, a value may begin
    with a comparison, or be a lone `?` or `-`, without quotes (`afp: > 400`)."""
    text = decoded(data, file)
    if bare_signs:
        text = "".join(map(_quoted, text.splitlines(keepends=True)))
    builder = TreeBuilder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            _take(event, builder)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        # libyaml looks ahead for keys, so its own limit may answer before ours.
        wrong = ("too-deep", TOO_DEEP) if "nesting depth" in what else ("yaml-syntax", f"not valid YAML: {what}")
        raise InvalidInput([*builder.problems, Problem(file, line, column, *wrong)]) from None
    return builder.finished()


def _quoted(line: str) -> str:
    """The line with a value quoted that YAML would take for a block of text (`>5` is one, and empty) or refuse."""
    # Few files have any: the pattern is compiled for the first line that may.
    found = re.search(_BARE_SIGN, line) if re.search(r":[ \t]+[>?-]", line) else None
    if found is None or line.count('"', 0, found.start()) % 2 or line.count("'", 0, found.start()) % 2:
        return line
    return f'{line[: found.start(1)]}"{found[1]}"{line[found.end(1) :]}'


def _take(event: Any, builder: TreeBuilder) -> None:
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if isinstance(event, yaml.AliasEvent):
        builder.refuse(line, column, "alias", f"aliases are not read: *{event.anchor}")
        builder.add(None, "", line, column)
    elif isinstance(event, yaml.NodeEvent):
        if event.anchor is not None:
            builder.refuse(line, column, "anchor", f"anchors are not read: &{event.anchor}")
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            builder.refuse(line, column, "tag", f"tags are not read: {quote(tag)}")
        if isinstance(event, yaml.ScalarEvent):
            text: str = event.value
            value: Scalar = text
            # A plain scalar by the rules of this program: yes/no, null, whole and decimal numbers, else text.
            if not event.style:
                found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
                number: type = float if found and found["fraction"] else int
                value = number(text) if found else _YAML_WORDS.get(text.lower(), text)
            builder.add(value, text, line, column)
        else:
            builder.add({} if isinstance(event, yaml.MappingStartEvent) else [], "", line, column)
    elif isinstance(event, yaml.CollectionEndEvent):
        builder.close()
    elif isinstance(event, yaml.DocumentStartEvent) and builder.root is not None:
        builder.refuse(line, column, "several-documents", "one document to a file")


def read_json(data: bytes, file: str) -> Node:
    """The one value in `data`; raises `InvalidInput` where it is not JSON, or is too large or too deep."""
    text = decoded(data, file)
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        said = f"not valid JSON: {error.msg}"
        raise InvalidInput([Problem(file, error.lineno, error.colno, "json-syntax", said)]) from None
    except RecursionError:
        pass  # the builder meets its own limit long before, and says where
    # Of valid JSON, the tokens without the commas and colons are enough; none of them spans two lines.
    builder = TreeBuilder(file)
    for line, row in enumerate(text.split("\n"), 1):
        for found in re.finditer(_TOKEN, row):
            token, column = found[0], found.start() + 1
            if token in ("{", "["):
                builder.add({} if token == "{" else [], "", line, column)
            elif token in ("}", "]"):
                builder.close()
            elif token[0] == '"':
                word = json.loads(token) if "\\" in token else token[1:-1]
                builder.add(word, word, line, column)
            else:
                value = _JSON_WORDS.get(token, token)
                if value == token and len(token) <= _LONGEST_NUMBER:
                    value = int(token) if token.lstrip("-").isdecimal() else float(token)
                if isinstance(value, float) and not math.isfinite(value):
                    builder.refuse(line, column, "json-syntax", f"not valid JSON: {token} is no number")
                builder.add(value, token, line, column)
    return builder.finished()


class Flow(dict[str, Any]):
    """A mapping that `yaml_text` writes in braces."""


class _Dumper(yaml.SafeDumper):
    """Writes every word plain where it can stand so."""


# What reads it back takes words as they stand: none has to be quoted because YAML could take it for a number or a truth.
_Dumper.yaml_implicit_resolvers = {}
_Dumper.add_representer(Flow, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True))


def yaml_text(value: Any) -> str:
    """Mappings, lists and texts as YAML that `read_yaml` reads back."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=WIDTH, allow_unicode=True))


# -- from a tree to a dataclass, by pydantic, with every error placed in the file and said in plain words -------------------

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The JSON Schema that every schema here is written in."""
MOST_PROBLEMS = 500
"""Of one document no more are told."""
T = TypeVar("T")

_CONFIG = {"extra": "forbid", "coerce_numbers_to_str": True, "arbitrary_types_allowed": True, "allow_inf_nan": False}
_EXTRA = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
# What pydantic expected, in words, by the beginning of its error's type.
_EXPECTED = {
    "a text": ("string",),
    "a whole number": ("int",),
    "a number": ("float", "finite"),
    "yes or no": ("bool",),
    "a list": ("tuple", "list", "set", "frozen"),
    "a mapping": ("dict", "mapping", "dataclass"),
    "empty": ("none",),
}


def decode(
    kind: type[T],
    node: Node,
    problems: list[Problem],
    *,
    written: Mapping[str, str] | None = None,
    special: Mapping[str, Reader] | None = None,
) -> T | None:
    """The object in `node`; None where it is unusable, with the reasons added to `problems`.

    `written` gives the attribute that a top-level key stands for, where the two differ. `special` reads what stands under
    some keys, at any depth, by functions of their own, which report their problems themselves.
    """
    from pydantic_core import ValidationError

    before = len(problems)  # readers of special keys add to the same list
    renamed = written or {}
    data = node.data(_as_typed, special or {})
    if isinstance(data, dict):
        data = {renamed.get(key, key): value for key, value in data.items()}
    try:
        found: T = adapter(kind).validate_python(data)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = _located(kind, node, error, {name: key for key, name in renamed.items()})
        problems.extend(islice(wrong, MOST_PROBLEMS))  # finding the words for a hundred thousand takes a minute
        return None
    return found if len(problems) == before else None


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a dataclass; unknown keys are refused at every level."""
    from pydantic import TypeAdapter

    _forbid_extra(kind)
    return TypeAdapter(kind)


def _forbid_extra(kind: type) -> None:
    # Dataclasses of the standard library take pydantic's settings from an attribute.
    if not is_dataclass(kind) or "__pydantic_config__" in vars(kind):
        return
    kind.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]
    for hint in _hints(kind).values():
        for inner in _inner_types(hint):
            _forbid_extra(inner)


_hints = cache(get_type_hints)


def _inner_types(hint: Any) -> list[type]:
    inner = [part for arg in get_args(hint) for part in _inner_types(arg)]
    return [hint, *inner] if isinstance(hint, type) else inner


def _as_typed(scalar: Node) -> object:
    """Yes stays yes where a text is wanted, and 1.10 keeps its nought."""
    if isinstance(scalar.value, bool):
        return scalar.raw.lower()
    return scalar.raw if isinstance(scalar.value, float) and repr(scalar.value) != scalar.raw else scalar.value


def _located(kind: type, node: Node, error: ValidationError, keys: Mapping[str, str]) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        steps, code = detail["loc"], detail["type"]
        path: Path = (keys.get(str(steps[0]), steps[0]), *steps[1:]) if steps else ()
        key = str(path[-1]) if path else ""
        place, where = node.at(path), _where(node, path)
        named = where or "the file"
        if code in _EXTRA:
            message = f"unknown key {quote(key)}; {suggestion(key, _allowed_keys(kind, steps[:-1], keys))}"
            yield node.at(path[:-1]).key_fault(key, "unknown-key", message)
        elif code in _MISSING:
            yield place.fault("missing-key", f"{'.'.join(filter(None, (where, key)))} is required")
        elif code == "literal_error":
            allowed = [word.strip("' ") for word in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
            message = f"{named} cannot be {quote(place.raw)}; {suggestion(place.raw, allowed)}"
            yield place.fault("unknown-value", message)
        else:
            expected = next((words for words, starts in _EXPECTED.items() if code.startswith(starts)), "")
            said = f"{named} is {expected}, not {place.described}" if expected else f"{named}: {detail['msg']}"
            yield place.fault("wrong-type", said)


def _where(node: Node, path: Path) -> str:
    # Only steps that the document has: pydantic adds the name of each type it tried.
    steps: list[str] = []
    for step in path:
        inner = node.at((step,))
        if inner is node:
            break
        steps.append(quote(step)[1:-1])
        node = inner
    return ".".join(steps)


def _allowed_keys(kind: Any, path: Path, keys: Mapping[str, str]) -> list[str]:
    current: Any = kind
    for step in path:
        if isinstance(step, str) and is_dataclass(current):
            found = [part for part in _inner_types(_hints(current).get(step)) if is_dataclass(part)]  # type: ignore[arg-type]
            current = found[0] if found else current
    names = [field.name for field in fields(current)] if is_dataclass(current) else []
    return names if path else [keys.get(name, name) for name in names]
