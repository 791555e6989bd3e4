"""Which files make a ruleset, read within bounds; what it says as data, and its digest."""

from __future__ import annotations

import json
import os
import stat
import sys
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
from hepatica.paths import shipped_at
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


def find_ruleset(name: str) -> Path:
    """The folder of a ruleset. Raises `InvalidInput` with the nearest known id.

    A name with a slash is a path. An id is looked for in the working folder's `rulesets/`, among the shipped ones, among
    installed packages that offer it (entry point `hepatica.rulesets`), and last as a folder here.
    """
    from pathlib import Path

    return Path(located(name))


def located(name: str) -> str | Path:
    """As `find_ruleset`; what an id names is a text."""
    shelves = ("rulesets", shipped_at("rulesets"))
    for folder in _candidates(name, shelves):
        if os.path.isfile(os.path.join(folder, CARD)):
            return folder
    beside = (os.path.join(shelf, entry) for shelf in shelves if os.path.isdir(shelf) for entry in os.listdir(shelf))
    known = {os.path.basename(path) for path in beside if os.path.isfile(os.path.join(path, CARD))} | set(_offered())
    raise _refusal(name, "no-ruleset", f"no ruleset {quote(name)}; {suggestion(name, sorted(known))}")


def _candidates(name: str, shelves: tuple[str, ...]) -> Iterator[str | Path]:
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


# -- as data: JSON that is always the same for the same content, and the way back -----------------------------------------

_KIND = "\0"  # no text of a ruleset may hold it, so no mapping of a ruleset can be taken for a record


def digest_of(ruleset: Ruleset) -> str:
    """`sha256:` over what a ruleset says: layout, comments, and in which file a thing stands, do not count."""
    return f"sha256:{sha256(as_json(ruleset)).hexdigest()}"


def as_json(ruleset: Ruleset) -> bytes:
    """A ruleset as JSON, always the same for the same content; its places and folder are left out."""
    plain = replace(ruleset, digest="", places={}, folder="")
    return json.dumps(plain, separators=(",", ":"), default=_parts).encode()


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
