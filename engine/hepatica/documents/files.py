"""Bytes in and out: a file or standard input, read within bounds; a file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from hepatica.documents.tree import MAX_BYTES
from hepatica.problems import InvalidInput, Problem

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
        raise _problem("<stdin>", "unreadable", "standard input is closed") from None


def read_bytes(path: Path, file: str) -> bytes:
    """The bytes of a file, at most one more than is allowed; raises `InvalidInput` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _problem(file, "unreadable", _reason(error, "cannot be read")) from None


def _problem(file: str, code: str, reason: str) -> InvalidInput:
    return InvalidInput([Problem(file, 1, 1, code, reason)])


def _reason(error: Exception, otherwise: str) -> str:
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return "no such file" if isinstance(error, FileNotFoundError) else "is a folder"
    return (getattr(error, "strerror", None) or otherwise).lower()


def write_output(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place first, then renamed, so that a full disk never leaves half of one.

    Raises `InvalidInput` where it cannot be written; what stood there before is then still there.
    """
    import secrets  # loads half of what protects a connection: only where a file is written

    beside = path
    try:
        # A pipe or a device (/dev/stdout) is written to, not replaced.
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        target = path.resolve()
        beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
        with beside.open("xb") as stream:
            stream.write(data)
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except (OSError, ValueError) as error:
        if beside != path:
            with contextlib.suppress(OSError):
                beside.unlink()
        raise _problem(str(path), "cannot-write", _reason(error, "cannot be written")) from None
