"""Compiled rulesets, kept between runs so that a command starts fast.

A kept ruleset is named by the digest of its content, of the code that compiles it and of Python's version, so a stale
one cannot be met; its own digest stands before it, so a damaged one is not read. It is a pickle: only the records of this
program are accepted by name, and the folder must belong to the user and be writable by nobody else. Nothing about a
patient is ever kept.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import stat
import sys
import threading
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from hepatica.inference.program import Program
from hepatica.knowledge import Ruleset, RulesetFiles

FOLDER_VARIABLE = "HEPATICA_CACHE"
MOST_KEPT = 16
_CODE = ("documents/*.py", "patient/*.py", "knowledge/*.py", "inference/*.py")
_MODULES = (
    "hepatica.patient.fields",
    "hepatica.knowledge.conditions",
    "hepatica.knowledge.evidence",
    "hepatica.knowledge.ruleset",
    "hepatica.inference.classes",
    "hepatica.inference.program",
)
_DIGEST_SIZE = 32


def folder() -> Path | None:
    """Where compiled rulesets are kept; None where it is switched off (`HEPATICA_CACHE=off`) or there is no home."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    if named == "off":
        return None
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "hepatica"
    except RuntimeError:
        return None


def recall(files: RulesetFiles) -> tuple[Ruleset, Program] | None:
    """What was kept for these files; None where there is nothing, or nothing that can be trusted."""
    place = folder()
    if place is None or not _trusted(place):
        return None
    try:
        data = (place / _name(files)).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data[_DIGEST_SIZE:]).digest() != data[:_DIGEST_SIZE]:
        return None
    try:
        kept = _Unpickler(io.BytesIO(data[_DIGEST_SIZE:])).load()
    except Exception:
        return None
    return kept if _fits(kept, files) else None


def keep(files: RulesetFiles, ruleset: Ruleset, program: Program) -> None:
    """Keep a compiled ruleset; does nothing where that is not possible."""
    place = folder()
    if place is None:
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _trusted(place):
            return
        body = pickle.dumps((ruleset, program), protocol=pickle.HIGHEST_PROTOCOL)
        temporary = place / f".{_name(files)}.{os.getpid()}.{threading.get_ident()}"
        temporary.write_bytes(hashlib.sha256(body).digest() + body)
        temporary.replace(place / _name(files))
        _tidy(place)
    except OSError:
        return


def _fits(kept: Any, files: RulesetFiles) -> bool:
    if not isinstance(kept, tuple) or len(kept) != 2:
        return False
    ruleset, program = kept
    return isinstance(ruleset, Ruleset) and isinstance(program, Program) and ruleset.digest == files.digest


def _name(files: RulesetFiles) -> str:
    total = hashlib.sha256(f"{sys.version_info[:3]}\0{files.root}\0{files.digest}\0{_code_digest()}".encode())
    return f"{total.hexdigest()}.ruleset"


def _code_digest() -> str:
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(package.glob(pattern)):
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
    """Accepts the records and named tuples of a few modules of this program, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """A record class defined in one of the modules; raises `UnpicklingError` for anything else."""
        if module in _MODULES and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module and (is_dataclass(found) or name == "Fields"):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not accepted")
