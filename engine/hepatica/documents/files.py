"""Bytes from outside: a file or standard input, read within bounds."""

from __future__ import annotations

import sys
from pathlib import Path

from hepatica.documents.tree import MAX_BYTES
from hepatica.problems import InvalidInput

STDIN = "-"


def read_input(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input for `-`, and the name that problems give it.

    Raises `InvalidInput` where it cannot be read, a closed standard input included.
    """
    if path != STDIN:
        return read_bytes(Path(path), path), path
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"
    except (AttributeError, OSError, ValueError):  # a closed standard input may be None
        raise InvalidInput.at("<stdin>", "unreadable", "standard input is closed") from None


def read_bytes(path: Path, file: str) -> bytes:
    """The bytes of a file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput.at(file, "unreadable", _reason(error, "cannot be read")) from None


def _reason(error: Exception, otherwise: str) -> str:
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return "no such file" if isinstance(error, FileNotFoundError) else "is a folder"
    return (getattr(error, "strerror", None) or otherwise).lower()
