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
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from hepatica.knowledge import conditions, evidence, ruleset
from hepatica.knowledge.files import RulesetFiles, find_ruleset, gather
from hepatica.knowledge.loader import load_files
from hepatica.knowledge.ruleset import Ruleset
from hepatica.paths import DEFAULT_RULESET, shipped
from hepatica.patient import COMMON_FIELDS, Field, Fields

FOLDER_VARIABLE = "HEPATICA_CACHE"
SWITCHED_OFF = ("off", "0", "no", "false")
MOST_KEPT = 16
MOST_BYTES = 64 * 1024 * 1024
_CODE = ("*.py", "documents/*.py", "patient/*.py", "knowledge/*.py")
_KIND, _MAPPING, _FIELDS = "@", "mapping", "fields"
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
        found = replace(found, digest=digest_of(found))
        _keep(files, found)
    return found if files.root.resolve().parent == shipped("rulesets").resolve() else replace(found, folder=str(files.root))


def digest_of(loaded: Ruleset) -> str:
    """`sha256:` over what a ruleset says: layout, comments, and in which file a thing stands, do not count."""
    return _digest(_body(loaded))


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


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
        found = json.loads(body, object_hook=_record)
        return replace(found, digest=_digest(body), places=json.loads(places)) if isinstance(found, Ruleset) else None
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
        places, body = json.dumps(dict(loaded.places)).encode(), _body(loaded)
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
    shown = sorted({str(Path(path).parent) for path in files.shown.values()})
    where = [str(files.root.resolve()), *shown, *(os.path.realpath(folder) for folder in shown)]
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


def _body(loaded: Ruleset) -> bytes:
    """A ruleset as JSON, always the same for the same content."""
    plain = _plain(replace(loaded, digest="", places={}, folder=""))
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Records as JSON values: parts that are as they are by default are left out, so that a new one changes no digest."""
    if isinstance(value, Fields):
        own = [field for name, field in value.items() if COMMON_FIELDS.get(name) is not field]
        return {_KIND: _FIELDS, "own": _plain(own)}
    if is_dataclass(value):
        parts: dict[str, Any] = {_KIND: type(value).__name__}
        for name, default in _defaults(type(value)):
            part = getattr(value, name)
            if part != default:
                parts[name] = _plain(part)
        return parts
    if isinstance(value, Mapping):
        return {_KIND: _MAPPING, "of": [[_plain(key), _plain(inner)] for key, inner in value.items()]}
    return [_plain(inner) for inner in value] if isinstance(value, (tuple, list)) else value


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a record with what they are by default."""
    made = {item.name: item.default_factory() for item in fields(kind) if item.default_factory is not MISSING}
    return tuple((item.name, made.get(item.name, item.default)) for item in fields(kind))


def _record(parts: dict[str, Any]) -> Any:
    """The opposite of `_plain`, called for every JSON object; raises `KeyError` or `TypeError` for what is no record."""
    kind = parts.pop(_KIND)
    if kind == _MAPPING:
        return {_tuples(key): _tuples(inner) for key, inner in parts["of"]}
    if kind == _FIELDS:
        return COMMON_FIELDS.merged(parts["own"]) if parts["own"] else COMMON_FIELDS
    return _KINDS[kind](**{name: _tuples(part) if part.__class__ is list else part for name, part in parts.items()})


def _tuples(value: Any) -> Any:
    return tuple([_tuples(inner) for inner in value]) if value.__class__ is list else value


def _kinds() -> Iterator[type]:
    for module in (conditions, evidence, ruleset):
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__:
                yield kind
    yield Field


_KINDS = {kind.__name__: kind for kind in _kinds()}
