"""Which reader a document needs: by the file's ending; without one, JSON where it is JSON and YAML otherwise."""

from __future__ import annotations

from pathlib import Path

from hepatica.documents.tree import MAX_BYTES, Node
from hepatica.problems import InvalidInput, Problem


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


def read_bytes(path: Path, file: str) -> bytes:
    """The bytes of a regular file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        if path.is_dir() or not path.exists():
            reason = "is a folder" if path.is_dir() else "no such file"
            raise InvalidInput([Problem(file, 1, 1, "unreadable", reason)])
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise InvalidInput([Problem(file, 1, 1, "unreadable", str(reason).lower())]) from None
