"""Which reader a file needs: JSON by its ending or first character, YAML otherwise."""

from __future__ import annotations

from pathlib import Path

from engine.documents.tree import MAX_BYTES, Node
from engine.problems import InvalidInput, Problem


def read_document(data: bytes, file: str) -> Node:
    """The document in `data`, named `file` in problems."""
    head = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if file.lower().endswith(".json") or (head[:1] in (b"{", b"[") and not file.lower().endswith((".yaml", ".yml"))):
        from engine.documents.json_reader import read_json

        return read_json(data, file)
    from engine.documents.yaml_reader import read_yaml

    return read_yaml(data, file)


def read_bytes(path: Path, file: str) -> bytes:
    """The bytes of a regular file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        if not path.is_file():
            reason = "is a folder" if path.is_dir() else "no such file"
            raise InvalidInput([Problem(file, 1, 1, "unreadable", reason)])
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise InvalidInput([Problem(file, 1, 1, "unreadable", str(reason).lower())]) from None
