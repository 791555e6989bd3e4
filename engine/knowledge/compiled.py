"""Compiled rulesets, kept between runs so that a command starts fast.

A compiled ruleset is named by the digest of its content, of the code that compiles it, and of Python's version, so a
stale one cannot be met. It is a pickle: only classes of this program are accepted when it is read, and the folder must
belong to the user and be writable by nobody else. Nothing about a patient is ever kept.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import sys
from pathlib import Path
from typing import Any

from engine.knowledge.files import RulesetFiles

FOLDER_VARIABLE = "HEPATICA_CACHE"
MOST_KEPT = 16
_CODE = ("knowledge", "inference", "profile", "documents")
_SAFE = {
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("builtins", "getattr"),
    ("pathlib", "PosixPath"),
}


def folder() -> Path | None:
    """Where compiled rulesets are kept; None where keeping is switched off (`HEPATICA_CACHE=off`)."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    if named == "off":
        return None
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "hepatica"


def recall(files: RulesetFiles) -> Any | None:
    """What was kept for these files; None where there is nothing, or nothing that can be trusted."""
    place = folder()
    if place is None or not _trusted(place):
        return None
    try:
        data = (place / _name(files)).read_bytes()
        return _Unpickler(io.BytesIO(data)).load()
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError):
        return None


def keep(files: RulesetFiles, compiled: object) -> None:
    """Keep a compiled ruleset; does nothing where that is not possible."""
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _trusted(place):
            return
        temporary = place / f"{_name(files)}.{os.getpid()}"
        temporary.write_bytes(pickle.dumps(compiled, protocol=pickle.HIGHEST_PROTOCOL))
        temporary.replace(place / _name(files))
        _tidy(place)
    except OSError:
        return


def _name(files: RulesetFiles) -> str:
    total = hashlib.sha256(f"{sys.version_info[:3]}\0{files.root}\0{files.digest}\0{_code_digest()}".encode())
    return f"{total.hexdigest()}.ruleset"


def _code_digest() -> str:
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for part in _CODE:
        for path in sorted((package / part).glob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()


def _trusted(place: Path) -> bool:
    """The folder is the user's own, and nobody else may write in it."""
    try:
        status = place.stat()
    except OSError:
        return False
    if os.name != "posix":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _tidy(place: Path) -> None:
    kept = sorted(place.glob("*.ruleset"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[MOST_KEPT:]:
        path.unlink(missing_ok=True)


class _Unpickler(pickle.Unpickler):
    """Accepts the dataclasses of this program and nothing that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        """A class of `engine`, or one of a few harmless builtins; raises `UnpicklingError` for anything else."""
        if module.startswith("engine.") or (module, name) in _SAFE:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not accepted")
