"""Loaded rulesets, kept between runs so that a command starts fast.

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
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hepatica.knowledge.content import as_json, from_json
from hepatica.knowledge.files import RulesetFiles, find_ruleset, gather
from hepatica.knowledge.ruleset import Ruleset
from hepatica.paths import DEFAULT_RULESET

FOLDER_VARIABLE = "HEPATICA_CACHE"
SWITCHED_OFF = ("off", "0", "no", "false")
MOST_KEPT = 16
MOST_BYTES = 64 * 1024 * 1024
_CODE = ("*.py", "documents/*.py", "patient/*.py", "patient/*.json", "knowledge/*.py")
_ABANDONED_AFTER = 3600
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def load(name: str | Path = DEFAULT_RULESET) -> Ruleset:
    """A shipped ruleset by id, or one by its folder, kept between runs; raises `InvalidInput` with every problem it has."""
    return loaded(gather(find_ruleset(str(name))))


def loaded(files: RulesetFiles) -> Ruleset:
    """As `load`, of files already read: those of a git revision, too."""
    found = recall(files)
    if found is None:
        from hepatica.knowledge.loader import load_files  # not needed, and so not loaded, for a ruleset that was kept

        found = load_files(files)
        keep(files, found)
    return found


def recall(files: RulesetFiles) -> Ruleset | None:
    """What was kept for these files; None where there is nothing, or nothing that can be used."""
    try:
        folder = _folder()
        if folder is None or not _private(folder.stat(), stat.S_ISDIR):
            return None
        # The checksum finds damage, not forgery: see the digest above.
        checksum, places, body = _read(folder / _name(files)).split(b"\n", 2)
        if hashlib.sha256(places + body).hexdigest().encode() != checksum:
            return None
        return replace(from_json(body), places=json.loads(places), folder=files.folder)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def keep(files: RulesetFiles, loaded: Ruleset) -> None:
    """Keep a ruleset: written aside and renamed; does nothing where that is not possible."""
    from tempfile import mkstemp

    folder = _folder()
    with suppress(OSError):
        if folder is None:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(folder.stat(), stat.S_ISDIR):
            return
        places, body = json.dumps(dict(loaded.places)).encode(), as_json(loaded)
        # Readers see the old entry or the whole new one, never half of it.
        handle, aside = mkstemp(".new", "", folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(b"\n".join((hashlib.sha256(places + body).hexdigest().encode(), places, body)))
            _tidy(folder, Path(aside).replace(folder / _name(files)))
        finally:
            Path(aside).unlink(missing_ok=True)


def _folder() -> Path | None:
    """Where rulesets are kept; None where it is switched off (`HEPATICA_CACHE=off`) or there is no home."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named.lower() in SWITCHED_OFF:
        return None
    try:
        base = os.environ.get("XDG_CACHE_HOME", "")
        return Path(named).expanduser() if named else (Path(base) if base else Path.home() / ".cache") / "hepatica"
    except RuntimeError:
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
    own = os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return own and bool(is_kind(status.st_mode))


def _tidy(folder: Path, newest: Path) -> None:
    """Only the newest entries stay, and nothing that a writer abandoned an hour before the newest was written."""
    written = {path: path.stat().st_mtime for path in (*folder.glob("*.ruleset"), *folder.glob("*.new"))}
    kept = sorted(folder.glob("*.ruleset"), key=written.__getitem__, reverse=True)
    abandoned = [path for path in folder.glob("*.new") if written[newest] - written[path] > _ABANDONED_AFTER]
    for path in (*kept[MOST_KEPT:], *abandoned):
        path.unlink(missing_ok=True)


def _name(files: RulesetFiles) -> str:
    """A name that changes with everything the entry depends on. `places` may name files as they were typed: those count, too."""
    shown: set[str] = set()
    below: RulesetFiles | None = files
    while below is not None:
        shown |= {str(Path(path).parent) for path in below.shown.values()}
        below = below.base
    where = [os.path.realpath(files.root), *(f"{folder}\0{os.path.realpath(folder)}" for folder in sorted(shown))]
    total = hashlib.sha256("\0".join([str(sys.version_info[:3]), files.digest, _code(), *where]).encode())
    return f"{total.hexdigest()}.ruleset"


@cache
def _code() -> str:
    package = Path(__file__).resolve().parent.parent
    found = [(path, path.stat()) for pattern in _CODE for path in sorted(package.glob(pattern))]
    # Size and time of change, as Python itself tells whether its byte code is stale: reading all takes ten times as long.
    return "\0".join(f"{path.name} {status.st_size} {status.st_mtime_ns}" for path, status in found)
