"""Bytes from outside: a file or standard input, read within bounds."""

from __future__ import annotations

import os
import sys

from hepatica.documents.tree import MAX_BYTES
from hepatica.problems import InvalidInput, Problem

STDIN = "-"


def read_input(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input for `-`, and the name that problems give it.

    Raises `InvalidInput` where it cannot be read, a closed standard input included.
    """
    if path != STDIN:
        return read_bytes(path, path), path
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"
    except (AttributeError, OSError, ValueError):  # a closed standard input may be None
        raise _problem("<stdin>", "unreadable", "standard input is closed") from None


def read_bytes(path: str | os.PathLike[str], file: str) -> bytes:
    """The bytes of a file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            # As much as there is: a buffer of the full size for each of a ruleset's files takes as long as reading them.
            size = os.fstat(stream.fileno()).st_size
            return stream.read(min(size, MAX_BYTES) + 1 if size else MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _problem(file, "unreadable", _reason(error, "cannot be read")) from None


def _problem(file: str, code: str, reason: str) -> InvalidInput:
    return InvalidInput([Problem(file, 1, 1, code, reason)])


def _reason(error: Exception, otherwise: str) -> str:
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return "no such file" if isinstance(error, FileNotFoundError) else "is a folder"
    return (getattr(error, "strerror", None) or otherwise).lower()
