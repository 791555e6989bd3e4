"""YAML and JSON to a tree with places, and values to YAML. The only module that imports `yaml`.

Of YAML, the parser's event stream is read; tags, anchors, aliases, duplicate keys and several documents in one file are
refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from hepatica.documents.tree import TOO_DEEP, Node, Scalar, TreeBuilder, decoded
from hepatica.problems import InvalidInput, Problem, quote

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("yes", "true", "on"), True),
    **dict.fromkeys(("no", "false", "off"), False),
    **dict.fromkeys(("", "~", "null"), None),
}
_LONGEST_NUMBER = 30
WIDTH = 126
_NUMBER = re.compile(r"[+-]?(?:\d+(?P<point>\.\d*)?|(?P<bare>\.\d+))", re.ASCII)
_AMOUNT = r"\d[\d.]*(?:,\d{3})*(?:[eE][+-]?\d+)?(?:[ \t]*[^\W\d]\w*(?:/\w+)?)?"
_BARE_SIGN = rf":[ \t]+(>=?[ \t]*{_AMOUNT}(?:[ \t]+and[ \t]+[<>]=?[ \t]*{_AMOUNT})?|[?-])(?=[ \t]*(?:[,}}\r\n]|[ \t]#|$))"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+')
_JSON_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


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
    """The one document in `data`; raises `InvalidInput` with every problem that was met.

    With `bare_signs`, a value may begin with a comparison, or be a lone `?` or `-`, without quotes (`afp: > 400`).
    """
    text = decoded(data, file)
    if bare_signs:
        text = "".join(map(_quoted, text.splitlines(keepends=True)))
    builder = TreeBuilder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            _take(event, builder)
    except yaml.YAMLError as error:
        raise InvalidInput([*builder.problems, _syntax(error, file)]) from None
    return builder.finished()


def _quoted(line: str) -> str:
    """The line with a value quoted that YAML would take for a block of text (`>5` is one, and empty) or refuse."""
    # Few files have any: the pattern is compiled for the first line that may.
    found = re.search(_BARE_SIGN, line) if re.search(r":[ \t]+[>?-]", line) else None
    if found is None or line.count('"', 0, found.start()) % 2 or line.count("'", 0, found.start()) % 2:
        return line
    return f'{line[: found.start(1)]}"{found[1]}"{line[found.end(1) :]}'


def _scalar(text: str) -> Scalar:
    """A plain scalar by the rules of this program: yes/no, null, whole and decimal numbers, else text."""
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        return _YAML_WORDS.get(text.lower(), text)
    return float(text) if found["point"] or found["bare"] else int(text)


def _syntax(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    # libyaml looks ahead for keys, so its own limit may answer before ours.
    if "nesting depth" in what:
        return Problem(file, line, column, "too-deep", TOO_DEEP)
    return Problem(file, line, column, "yaml-syntax", f"not valid YAML: {what}")


def _take(event: Any, builder: TreeBuilder) -> None:
    """One event of the parser."""
    mark = event.start_mark
    line, column = mark.line + 1, mark.column + 1
    if isinstance(event, yaml.AliasEvent):
        builder.refuse(line, column, "alias", f"aliases are not read: *{event.anchor}")
        builder.scalar(None, "", line, column)
    elif isinstance(event, yaml.NodeEvent):
        _take_node(event, builder, line, column)
    elif isinstance(event, yaml.CollectionEndEvent):
        builder.close()
    elif isinstance(event, yaml.DocumentStartEvent) and builder.root is not None:
        builder.refuse(line, column, "several-documents", "one document to a file")


def _take_node(event: Any, builder: TreeBuilder, line: int, column: int) -> None:
    if event.anchor is not None:
        builder.refuse(line, column, "anchor", f"anchors are not read: &{event.anchor}")
    if event.tag is not None and event.tag != "!":
        builder.refuse(line, column, "tag", f"tags are not read: {quote(event.tag)}")
    if isinstance(event, yaml.ScalarEvent):
        builder.scalar(event.value if event.style else _scalar(event.value), event.value, line, column)
    else:
        builder.open({} if isinstance(event, yaml.MappingStartEvent) else [], line, column)


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
        for found in _TOKEN.finditer(row):
            _take_token(found[0], builder, line, found.start() + 1)
    return builder.finished()


def _take_token(token: str, builder: TreeBuilder, line: int, column: int) -> None:
    if token in ("{", "["):
        builder.open({} if token == "{" else [], line, column)
    elif token in ("}", "]"):
        builder.close()
    elif token[0] == '"':
        text = json.loads(token) if "\\" in token else token[1:-1]
        builder.scalar(text, text, line, column)
    else:
        value = _JSON_WORDS[token] if token in _JSON_WORDS else _json_number(token)
        if isinstance(value, float) and not math.isfinite(value):
            builder.refuse(line, column, "json-syntax", f"not valid JSON: {token} is no number")
        builder.scalar(value, token, line, column)


def _json_number(token: str) -> Scalar:
    if len(token) > _LONGEST_NUMBER:
        return token
    return int(token) if token.lstrip("-").isdecimal() else float(token)


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
