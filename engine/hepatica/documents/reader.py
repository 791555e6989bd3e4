"""Which reader a document needs: by the file's ending; without one, JSON where it is JSON and YAML otherwise."""

from __future__ import annotations

from hepatica.documents.tree import Node
from hepatica.problems import InvalidInput


def read_document(data: bytes, file: str, *, bare_signs: bool = False) -> Node:
    """The document in `data`, named `file` in problems; `bare_signs` as for `read_yaml`."""
    if file.lower().endswith(".json"):
        return _json(data, file)
    head = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] not in (b"{", b"[") or file.lower().endswith((".yaml", ".yml")):
        return _yaml(data, file, bare_signs)
    try:
        return _json(data, file)
    except InvalidInput as as_json:
        try:
            return _yaml(data, file, bare_signs)
        except InvalidInput:
            raise as_json from None


def _json(data: bytes, file: str) -> Node:
    from hepatica.documents.json_reader import read_json

    return read_json(data, file)


def _yaml(data: bytes, file: str, bare_signs: bool) -> Node:
    from hepatica.documents.yaml_reader import read_yaml

    return read_yaml(data, file, bare_signs=bare_signs)
