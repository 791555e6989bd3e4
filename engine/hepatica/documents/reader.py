"""A document in JSON or YAML: by the file's ending; without one, JSON where it is JSON and YAML otherwise."""

from __future__ import annotations

import json
import math
import re

from hepatica.documents.tree import Node, Scalar, TreeBuilder, decoded
from hepatica.documents.yaml_reader import LONGEST_NUMBER, read_yaml
from hepatica.problems import InvalidInput, Problem

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+')
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


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
            _take(found[0], builder, line, found.start() + 1)
    return builder.finished()


def _take(token: str, builder: TreeBuilder, line: int, column: int) -> None:
    if token in ("{", "["):
        builder.open({} if token == "{" else [], line, column)
    elif token in ("}", "]"):
        builder.close()
    elif token[0] == '"':
        text = json.loads(token) if "\\" in token else token[1:-1]
        builder.scalar(text, text, line, column)
    else:
        value = _WORDS[token] if token in _WORDS else _number(token)
        if isinstance(value, float) and not math.isfinite(value):
            builder.refuse(line, column, "json-syntax", f"not valid JSON: {token} is no number")
        builder.scalar(value, token, line, column)


def _number(token: str) -> Scalar:
    if len(token) > LONGEST_NUMBER:
        return token
    return int(token) if token.lstrip("-").isdecimal() else float(token)
