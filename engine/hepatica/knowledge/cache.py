"""Loaded rulesets, kept between runs so that a command starts fast, and the digest that says what a ruleset says.

An entry is data: JSON from which the records of this program are built, and nothing else. What is promised:

- the digest that answers print is that of the very data they are made from. It is computed from the entry, never read from
  it, so an entry that someone forged gives another digest than the ruleset's own. (Where a rule is written, which
  `explain` shows, is no part of the digest.) Everything compiled is compiled anew and checked profile by profile.
- an entry is found by the content of the ruleset's files, where they are, the code that reads them and Python's version: a
  stale one cannot be met;
- folder and file must belong to the user and be writable by nobody else; links, devices and pipes are not opened; sizes
  are bounded. Whoever may write there as the user is not kept out; nothing about a patient is ever kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hepatica.knowledge.content import as_json, from_json
from hepatica.knowledge.files import RulesetFiles, find_ruleset, gather
from hepatica.knowledge.loader import load_files
from hepatica.knowledge.ruleset import Ruleset
from hepatica.paths import DEFAULT_RULESET, shipped

FOLDER_VARIABLE = "HEPATICA_CACHE"
SWITCHED_OFF = ("off", "0", "no", "false")
MOST_KEPT = 16
MOST_BYTES = 64 * 1024 * 1024
_CODE = ("*.py", "documents/*.py", "patient/*.py", "patient/*.json", "knowledge/*.py")
_ABANDONED_AFTER = 3600
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def load(name: str | Path = DEFAULT_RULESET) -> Ruleset:
    """A shipped ruleset by id, or one by its folder; raises `InvalidInput` with every problem it has."""
    return load_gathered(gather(find_ruleset(str(name), (shipped("rulesets"),))))


def load_gathered(files: RulesetFiles) -> Ruleset:
    """As `load`, of files already read."""
    found = _recall(files)
    if found is None:
        found = load_files(files)
        _keep(files, found)
    return found


def cache_folder() -> Path | None:
    """Where rulesets are kept; None where it is switched off (`HEPATICA_CACHE=off`) or there is no home."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named.lower() in SWITCHED_OFF:
        return None
    try:
        if named:
            return Path(named).expanduser()
        base = os.environ.get("XDG_CACHE_HOME", "")
        return (Path(base) if base else Path.home() / ".cache") / "hepatica"
    except RuntimeError:
        return None


def _recall(files: RulesetFiles) -> Ruleset | None:
    """What was kept for these files; None where there is nothing, or nothing that can be used."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        if not _private(folder.stat(), stat.S_ISDIR):
            return None
        checksum, places, body = _read(folder / _name(files)).split(b"\n", 2)
        if hashlib.sha256(places + body).hexdigest().encode() != checksum:
            return None
        return replace(from_json(body), places=json.loads(places), folder=files.folder)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _read(path: Path) -> bytes:
    """A regular file of the user's own, within bounds; raises `OSError` or `ValueError` for anything else."""
    handle = os.open(path, _OPEN)
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(handle)
        if not _private(status, stat.S_ISREG) or status.st_size > MOST_BYTES:
            raise ValueError("not to be used")
        return stream.read(MOST_BYTES)


def _private(status: os.stat_result, is_kind: Any) -> bool:
    """Whether something is of a kind, the user's own, and writable by nobody else."""
    if not is_kind(status.st_mode):
        return False
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _keep(files: RulesetFiles, loaded: Ruleset) -> None:
    """Keep a ruleset: written aside and renamed; does nothing where that is not possible."""
    folder = cache_folder()
    if folder is None:
        return
    aside = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(folder.stat(), stat.S_ISDIR):
            return
        places, body = json.dumps(dict(loaded.places)).encode(), as_json(loaded)
        aside = folder / f".{os.getpid()}-{time.monotonic_ns()}.new"
        with os.fdopen(os.open(aside, _CREATE, 0o600), "wb") as stream:
            stream.write(b"\n".join((hashlib.sha256(places + body).hexdigest().encode(), places, body)))
        aside.replace(folder / _name(files))
        _tidy(folder)
    except OSError:
        if aside is not None:
            _remove(aside)


def _tidy(folder: Path) -> None:
    kept = sorted(folder.glob("*.ruleset"), key=lambda path: path.stat().st_mtime, reverse=True)
    abandoned = [path for path in folder.glob(".*.new") if time.time() - path.stat().st_mtime > _ABANDONED_AFTER]
    for path in (*kept[MOST_KEPT:], *abandoned):
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _name(files: RulesetFiles) -> str:
    """A name that changes with everything the entry depends on. `places` may name files as they were typed: those count, too."""
    shown: set[str] = set()
    below: RulesetFiles | None = files
    while below is not None:
        shown |= {str(Path(path).parent) for path in below.shown.values()}
        below = below.base
    where = [os.path.realpath(files.root), *(f"{folder}\0{os.path.realpath(folder)}" for folder in sorted(shown))]
    total = hashlib.sha256("\0".join([str(sys.version_info[:3]), files.digest, _code_digest(), *where]).encode())
    return f"{total.hexdigest()}.ruleset"


@cache
def _code_digest() -> str:
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(package.glob(pattern)):
            total.update(path.read_bytes())
    return total.hexdigest()
