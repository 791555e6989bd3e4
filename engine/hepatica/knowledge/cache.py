"""Which files make a ruleset, read within bounds; what it says as data, its digest; and loaded rulesets kept between runs so that
a command starts fast.

An entry is data: JSON from which the records of this program are built, and nothing else. What is promised:

- the digest that answers print is that of the very data they are made from. It is computed from the entry, never read from
  it, so an entry that someone forged gives another digest than the ruleset's own. (Where a rule is written, which
  `explain` shows, is no part of the digest.) Of what is compiled only durable_rules' own form is kept. Its verdicts must be,
  profile by profile, those of the plain reading and of the tables, and both are made anew from the very conditions that
  were digested; all else that an answer says is read from these.
- an entry is found by the content of the ruleset's files, where they are, the code that reads them and Python's version: a
  stale one cannot be met;
- folder and file must belong to the user and be writable by nobody else; links, devices and pipes are not opened; sizes
  are bounded. Whoever may write there as the user is not kept out; nothing about a patient is ever kept.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from binascii import crc32
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hepatica.documents import MAX_BYTES, read_bytes, read_yaml
from hepatica.knowledge import conditions, evidence
from hepatica.knowledge import ruleset as rulesets
from hepatica.knowledge.ruleset import Ruleset
from hepatica.paths import DEFAULT_RULESET, shipped_at
from hepatica.patient import COMMON_FIELDS, Field, Fields, Implication, fields_of
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.records import made_of, record

if TYPE_CHECKING:
    from hashlib import blake2b, sha256
    from pathlib import Path
else:
    try:  # as `random` does it: `hashlib` would load OpenSSL, which takes longer than all that is hashed in a start
        blake2b = import_module("_blake2").blake2b
        sha256 = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:  # this Python was built without them
        from hashlib import blake2b, sha256

CARD = "ruleset.yaml"
SINGLE_FILES = (CARD, "concepts.yaml", "fields.yaml", "references.yaml")
FOLDERS = ("therapies", "notes", "omissions")
CASES = "cases"
ENTRY_POINTS = "hepatica.rulesets"
MAX_FILES = 400
MAX_TOTAL = 8_388_608
MAX_EXTENDS = 5
MAX_LOOKED_AT = 4_000
_FOLDERS_DEEP = 2
_refusal = InvalidInput.at


@record
class RulesetFiles:
    """The bytes of every file by relative name, in a fixed order; `shown` is the name to use in problems. `base` holds the files
    of the ruleset that this one extends."""

    root: str | Path
    contents: Mapping[str, bytes]
    shown: Mapping[str, str]
    base: RulesetFiles | None = None

    @property
    def digest(self) -> str:
        """A hash of the names and contents, base included; line endings do not count, nor do the cases."""
        total = blake2b(digest_size=32)
        for name, data in sorted(self.contents.items()):
            # A checkout on Windows is the same ruleset. The length keeps two files from passing as one.
            body = data.replace(b"\r\n", b"\n")
            total.update(f"{name}\0{len(body)}\0".encode())
            total.update(body)
        if self.base is not None:
            total.update(f"extends\0{self.base.digest}\0".encode())
        return total.hexdigest()

    @property
    def folder(self) -> str:
        """Where the ruleset was read from; empty for a shipped one."""
        around = os.path.join(os.path.realpath(shipped_at("rulesets")), "")
        return "" if os.path.realpath(self.root).startswith(around) else str(self.root)


def gather(root: str | Path, read: Callable[[Any], RulesetFiles] | None = None, above: tuple[Path, ...] = ()) -> RulesetFiles:
    """The files of the ruleset in `root`, with those of the ruleset it extends as their base; `read` gives one folder's.

    `extends:` names a folder by a path (`../base`) or a ruleset by its id, which is looked for beside this one first; `above`
    are the folders that build on this one.
    """
    files = (read or collect)(root)
    # Most rulesets build on none: that is seen without parsing the card.
    if b"extends" not in files.contents[CARD]:
        return files
    card = read_yaml(files.contents[CARD], files.shown[CARD])
    named = card.at(("extends",))
    if named is card or not named.raw:
        return files
    from pathlib import Path

    seen, wrong = (*above, Path(root).resolve()), ""
    try:
        beside = (Path(root) / ("" if _is_path(named.raw) else "..") / named.raw).resolve()
        local = _is_path(named.raw) or (beside / CARD).is_file()
        parent = beside if local else find_ruleset(named.raw).resolve()
        if parent in seen or len(seen) > MAX_EXTENDS:
            wrong = f"extends itself, or more than {MAX_EXTENDS} deep"
    except (OSError, ValueError, RuntimeError):  # too long, a null character, links in a circle
        wrong = f"{quote(named.raw)} cannot be a folder"
    except InvalidInput as error:
        wrong = error.problems[0].message
    if wrong:
        raise InvalidInput([named.fault("extends", wrong)])
    return replace(files, base=gather(parent, read if local else None, seen))


def _is_path(name: str) -> bool:
    return name in (".", "..") or "/" in name or os.sep in name


def collect(root: str | Path) -> RulesetFiles:
    """The files of the ruleset in `root`; raises `InvalidInput` for what is missing, misplaced or too much. Sizes are added up
    before anything is read. Misplaced files are looked for two folders deep, not in hidden folders."""
    if not os.path.isfile(os.path.join(root, CARD)):
        raise _refusal(str(root), "no-ruleset", f"not a ruleset: no {CARD} here" if os.path.isdir(root) else "no such folder")
    try:
        places = _within_bounds(root)
    except OSError as error:
        raise _refusal(str(root), "unreadable", str(error.strerror or error).lower()) from None
    allowed = ", ".join((*SINGLE_FILES, *(f"{folder}/*.yaml" for folder in FOLDERS), f"{CASES}/"))
    # As `Path` would join them, which problems have always shown: no "./" in front.
    lead = "" if str(root) == "." else os.path.join(root, "")
    misplaced = [name for name in places if not belongs(name)]
    if misplaced:
        message = f"no part of a ruleset; allowed: {allowed}"
        raise InvalidInput(Problem(f"{lead}{name}", 1, 1, "misplaced-file", message) for name in misplaced)
    shown = {name: f"{lead}{name}" for name in places}
    return RulesetFiles(root, {name: _read(path) for name, path in shown.items()}, shown)


def _within_bounds(root: str | Path) -> list[str]:
    names: list[str] = []
    total = 0
    for looked_at, (name, size) in enumerate(_found(root, "", 0)):
        if looked_at >= MAX_LOOKED_AT:
            raise _refusal(str(root), "too-large", f"more than {MAX_LOOKED_AT} files and folders")
        if name.endswith((".yaml", ".yml")):
            names.append(name)
            total += min(size, MAX_BYTES + 1)
        if len(names) > MAX_FILES or total > MAX_TOTAL:
            raise _refusal(str(root), "too-large", f"more than {MAX_FILES} files or {MAX_TOTAL} bytes")
    return sorted(names)


def _found(folder: str | Path, prefix: str, depth: int) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name, size = f"{prefix}{entry.name}", 0
            if entry.name.startswith("."):  # an editor's or a system's file, no part of a ruleset
                continue
            with suppress(OSError):  # whoever reads it says why that cannot be done
                size = entry.stat().st_size
            yield name, size
            # A link is followed only where a ruleset may have files: elsewhere it could lead through a whole disk.
            if depth < _FOLDERS_DEEP and name != CASES and entry.is_dir(follow_symlinks=name in FOLDERS):
                yield from _found(entry.path, f"{name}/", depth + 1)


def _read(path: str) -> bytes:
    with suppress(OSError, ValueError):  # what cannot be looked at is refused by whoever reads it
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise _refusal(path, "unreadable", "no regular file")
    return read_bytes(path, path)


def belongs(name: str) -> bool:
    """Whether a file of that relative name is part of a ruleset."""
    folder, slash, rest = name.partition("/")
    if not slash:
        return name in SINGLE_FILES
    return folder in FOLDERS and "/" not in rest and rest.endswith(".yaml")


def find_ruleset(name: str, folders: tuple[Path, ...] = ()) -> Path:
    """The folder of a ruleset. Raises `InvalidInput` with the nearest known id.

    A name with a slash is a path. An id is looked for in the working folder's `rulesets/`, in `folders` (without any: the
    shipped ones), among installed packages that offer it (entry point `hepatica.rulesets`), and last as a folder here.
    """
    from pathlib import Path

    return Path(located(name, folders))


def located(name: str, folders: tuple[Path, ...] = ()) -> str | Path:
    """As `find_ruleset`; what an id names is a text."""
    shelves = ("rulesets", *(folders or (shipped_at("rulesets"),)))
    for folder in _candidates(name, shelves):
        if os.path.isfile(os.path.join(folder, CARD)):
            return folder
    beside = (os.path.join(shelf, entry) for shelf in shelves if os.path.isdir(shelf) for entry in os.listdir(shelf))
    known = {os.path.basename(path) for path in beside if os.path.isfile(os.path.join(path, CARD))} | set(_offered())
    raise _refusal(name, "no-ruleset", f"no ruleset {quote(name)}; {suggestion(name, sorted(known))}")


def _candidates(name: str, shelves: tuple[str | Path, ...]) -> Iterator[str | Path]:
    # Best first. Packages come late: looking through them takes as long as an answer.
    if not _is_path(name):
        yield from (os.path.join(folder, name) for folder in shelves)
        from importlib.util import find_spec

        # No code of the package that offers it runs: its name is only looked up.
        package, *folders = _offered().get(name, "").split(".")
        spec = find_spec(package) if package else None
        yield from (os.path.join(place, *folders) for place in (spec.submodule_search_locations if spec else None) or ())
    from pathlib import Path

    yield Path(name)


def _offered() -> dict[str, str]:
    # By id the dotted name of the folder that holds it.
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


# -- kept between runs --------------------------------------------------------------------------------------------------

FOLDER_VARIABLE = "HEPATICA_CACHE"
SWITCHED_OFF = ("off", "0", "no", "false")
MOST_KEPT = 16
MOST_BYTES = 64 * 1024 * 1024
_CODE = (".", "documents", "patient", "knowledge", "inference")
_KEPT = "_kept"
_ABANDONED_AFTER = 3600
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def load(name: str | Path = DEFAULT_RULESET) -> Ruleset:
    """A shipped ruleset by id, or one by its folder, kept between runs; raises `InvalidInput` with every problem it has."""
    return loaded(gather(located(str(name))))


def loaded(files: RulesetFiles) -> Ruleset:
    """As `load`, of files already read: those of a git revision, too."""
    found = None
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        places, _, body = _kept(_name(files)).partition(b"\n")
        found = replace(from_json(body), places=json.loads(str(places, "utf-8")), folder=files.folder)
    if found is None:
        from hepatica.knowledge.loader import load_files  # not needed, and so not loaded, for a ruleset that was kept

        found = load_files(files)
        if _folder() is not None:  # writing all of it as text takes as long as checking it did
            _keep(_name(files), json.dumps(dict(found.places)).encode() + b"\n" + as_json(found))
    # Not a field: `replace` makes a ruleset that is not this one, under the same digest, and must not inherit the mark.
    found.__dict__[_KEPT] = True
    return found


def recall_compiled(ruleset: Ruleset) -> str | None:
    """What was kept of a ruleset by `keep_compiled`; None where there is nothing, or nothing that can be used."""
    try:
        # By the digest alone: the same rules in another folder compile to the same.
        return str(_kept(f"{_hashed(ruleset.digest)}.compiled"), "ascii") if _KEPT in ruleset.__dict__ else None
    except (OSError, ValueError):
        return None


def keep_compiled(ruleset: Ruleset, body: bytes) -> None:
    """Keep what was compiled of a ruleset beside it, found by its digest. Only of one that `load` gave: copies that were
    changed in memory may carry the digest of what they were made from."""
    if _KEPT in ruleset.__dict__:
        _keep(f"{_hashed(ruleset.digest)}.compiled", body)


def _kept(name: str) -> bytes:
    """An entry; raises `OSError` or `ValueError` where there is none that can be used."""
    folder = _folder()
    if folder is None or not _private(os.stat(folder), stat.S_ISDIR):
        raise ValueError("nothing is kept")
    handle = os.open(os.path.join(folder, name), _OPEN)
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(handle)
        if not _private(status, stat.S_ISREG) or status.st_size > MOST_BYTES:
            raise ValueError("not to be used")
        checksum, body = stream.readline(), stream.read(status.st_size)
    # It finds damage, not forgery: see the digest above.
    if b"%08x\n" % crc32(body) != checksum:
        raise ValueError("damaged")
    return body


def _keep(name: str, body: bytes) -> None:
    """Keep an entry: written aside and renamed; does nothing where that is not possible."""
    from pathlib import Path
    from tempfile import mkstemp

    with suppress(OSError):
        if (named := _folder()) is None:
            return
        folder = Path(named)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _private(folder.stat(), stat.S_ISDIR):
            return
        # Two processes may write at once: each has a file of its own until it is whole.
        # Readers see the old entry or the whole new one, never half of it.
        handle, aside = mkstemp(".new", "", folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(b"%08x\n" % crc32(body) + body)
            newest = Path(aside).replace(folder / name)
        finally:
            Path(aside).unlink(missing_ok=True)
        # Only the newest entries of a kind stay, and nothing that a writer abandoned an hour before the newest was written.
        # The folder is read once: another process may write meanwhile, or remove the entry that was just written.
        written = {path: path.stat().st_mtime for kind in (newest.suffix, ".new") for path in folder.glob(f"*{kind}")}
        kept = sorted((path for path in written if path.suffix == newest.suffix), key=written.__getitem__, reverse=True)
        abandoned = [path for path in {*written} - {*kept} if written.get(newest, 0) - written[path] > _ABANDONED_AFTER]
        for path in (*kept[MOST_KEPT:], *abandoned):
            path.unlink(missing_ok=True)


def _folder() -> str | None:
    """Where rulesets are kept; None where it is switched off (`HEPATICA_CACHE=off`) or there is no home."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named.lower() in SWITCHED_OFF:
        return None
    base = os.environ.get("XDG_CACHE_HOME", "") or os.path.join("~", ".cache")
    folder = os.path.expanduser(named or os.path.join(base, "hepatica"))
    return None if folder.startswith("~") else folder


def _private(status: os.stat_result, is_kind: Any) -> bool:
    own = os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return own and bool(is_kind(status.st_mode))


def _name(files: RulesetFiles) -> str:
    """A name that changes with everything the entry depends on. `places` may name files as they were typed: those count, too."""
    shown: set[str] = set()
    below: RulesetFiles | None = files
    while below is not None:
        shown |= {os.path.dirname(path) for path in below.shown.values()}
        below = below.base
    where = [os.path.realpath(files.root), *(f"{folder}\0{os.path.realpath(folder)}" for folder in sorted(shown))]
    return f"{_hashed(files.digest, *where)}.ruleset"


def _hashed(*parts: str) -> str:
    return blake2b("\0".join([str(sys.version_info[:3]), _code(), *parts]).encode(), digest_size=32).hexdigest()


@cache
def _code() -> str:
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    folders = [os.path.join(package, folder) for folder in _CODE]
    found = [entry for folder in folders for entry in os.scandir(folder) if entry.name.endswith((".py", ".json"))]
    # Size and time of change, as Python itself tells whether its byte code is stale: reading all takes ten times as long.
    return "\0".join(sorted(f"{one.path} {one.stat().st_size} {one.stat().st_mtime_ns}" for one in found))


# -- as data: JSON that is always the same for the same content, and the way back -----------------------------------------

_KIND = "\0"  # no text of a ruleset may hold it, so no mapping of a ruleset can be taken for a record


def digest_of(ruleset: Ruleset) -> str:
    """`sha256:` over what a ruleset says: layout, comments, and in which file a thing stands, do not count."""
    return f"sha256:{sha256(as_json(ruleset)).hexdigest()}"


def as_json(ruleset: Ruleset) -> bytes:
    """A ruleset as JSON, always the same for the same content; its places and folder are left out."""
    plain = replace(ruleset, digest="", places={}, folder="")
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=_parts).encode()


def from_json(body: bytes) -> Ruleset:
    """The ruleset in such a text, with the digest of that text. Any other raises what its parts raise."""
    found = json.loads(str(body, "utf-8"), object_hook=_record)
    if not isinstance(found, Ruleset):
        raise ValueError("not a ruleset")
    return replace(found, digest=f"sha256:{sha256(body).hexdigest()}")


def _parts(value: Any) -> dict[str, Any]:
    """A record as a mapping: parts that are as they are by default are left out, so that a new one changes no digest."""
    if isinstance(value, Fields):
        own = [field for name, field in value.items() if COMMON_FIELDS.get(name) is not field]
        common = None if value.keys() >= COMMON_FIELDS.keys() else [name for name in value if name in COMMON_FIELDS]
        return {_KIND: Fields.__name__, "own": own} | ({"common": common} if common is not None else {})
    # Called by `json` for whatever it does not know itself; tuples and mappings it writes as lists and objects.
    found = {_KIND: type(value).__name__}
    for name, default in _defaults(value.__class__):
        part = getattr(value, name)
        if part is not default and part != default:
            found[name] = part
    return found


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    made = {item.name: item.default_factory() for item in fields(kind) if item.default_factory is not MISSING}
    return tuple((item.name, made.get(item.name, item.default)) for item in fields(kind))


def _record(parts: dict[str, Any]) -> Any:
    kind = parts.pop(_KIND, None)
    # JSON has no tuples, and records must be hashable. Replacing the value of a key that is there is safe in a loop.
    for name, part in parts.items():
        if part.__class__ is list:
            parts[name] = _tuples(part) if list in map(type, part) else tuple(part)
    if kind is None:
        return parts
    return fields_of(**parts) if kind == Fields.__name__ else made_of(_KINDS[kind], parts)


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    return tuple([_tuples(inner) if inner.__class__ is list else inner for inner in value])


_KINDS: dict[str, Any] = {
    name: kind for module in (conditions, evidence, rulesets) for name, kind in vars(module).items() if is_dataclass(kind)
} | {"Field": Field, "Implication": Implication}
