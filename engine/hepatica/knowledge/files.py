"""Which files make a ruleset, read within bounds, and the digest that identifies their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hepatica.documents import MAX_BYTES, Node, read_bytes, read_yaml
from hepatica.paths import shipped
from hepatica.problems import InvalidInput, Problem, quote, suggestion

CARD = "ruleset.yaml"
CONCEPTS = "concepts.yaml"
FIELDS_FILE = "fields.yaml"
REFERENCES = "references.yaml"
SINGLE_FILES = (CARD, CONCEPTS, FIELDS_FILE, REFERENCES)
FOLDERS = ("therapies", "notes", "omissions")
CASES = "cases"
ENTRY_POINTS = "hepatica.rulesets"
MAX_FILES = 400
MAX_TOTAL = 8_388_608
MAX_EXTENDS = 5
MAX_LOOKED_AT = 4_000
_ENDINGS = (".yaml", ".yml")
_FOLDERS_DEEP = 2


@dataclass(frozen=True, slots=True)
class RulesetFiles:
    """The bytes of every file by relative name, in a fixed order; `shown` is the name to use in problems.

    `base` holds the files of the ruleset that this one extends.
    """

    root: Path
    contents: Mapping[str, bytes]
    shown: Mapping[str, str]
    base: RulesetFiles | None = None

    @property
    def digest(self) -> str:
        """`sha256:` over the names and contents, base included; line endings do not count, nor do the cases."""
        total = hashlib.sha256()
        for name, data in sorted(self.contents.items()):
            body = data.replace(b"\r\n", b"\n")
            total.update(f"{name}\0{len(body)}\0".encode() + body)
        if self.base is not None:
            total.update(f"extends\0{self.base.digest}\0".encode())
        return f"sha256:{total.hexdigest()}"

    @property
    def folder(self) -> str:
        """Where the ruleset was read from; empty for a shipped one."""
        return "" if self.root.resolve().is_relative_to(shipped("rulesets").resolve()) else str(self.root)


def gather(root: Path, read: Callable[[Path], RulesetFiles] | None = None) -> RulesetFiles:
    """The files of the ruleset in `root`, with those of the ruleset it extends as their base; `read` gives one folder's.

    `extends:` names a folder by a path (`../base`) or a ruleset by its id, which is looked for beside this one first.
    """
    reading = read or collect
    chain = [reading(root)]
    seen = [root.resolve()]
    while (named := _extends(chain[-1])) is not None:
        file = chain[-1].shown[CARD]
        try:
            beside = (chain[-1].root / ("" if _is_path(named.raw) else "..") / named.raw).resolve()
            local = _is_path(named.raw) or (beside / CARD).is_file()
            parent = beside if local else find_ruleset(named.raw).resolve()
        except (OSError, ValueError, RuntimeError):  # too long, a null character, links in a circle
            raise InvalidInput([named.problem(file, "extends", f"{quote(named.raw)} cannot be a folder")]) from None
        except InvalidInput as error:
            raise InvalidInput([named.problem(file, "extends", error.problems[0].message)]) from None
        if parent in seen or len(seen) > MAX_EXTENDS:
            raise InvalidInput([named.problem(file, "extends", f"extends itself, or more than {MAX_EXTENDS} deep")])
        seen.append(parent)
        chain.append(reading(parent) if local else collect(parent))
    files = chain[-1]
    for upper in reversed(chain[:-1]):
        files = replace(upper, base=files)
    return files


def _is_path(name: str) -> bool:
    return name in (".", "..") or "/" in name or os.sep in name


def _extends(files: RulesetFiles) -> Node | None:
    """Where the card names the ruleset it builds on."""
    if b"extends" not in files.contents[CARD]:
        return None
    card = read_yaml(files.contents[CARD], files.shown[CARD])
    node = card.value.get("extends") if isinstance(card.value, dict) else None
    return node if node is not None and node.raw else None


def collect(root: Path) -> RulesetFiles:
    """The files of the ruleset in `root`; raises `InvalidInput` for what is missing, misplaced or too much.

    Sizes are added up before anything is read. Misplaced files are looked for two folders deep, not in hidden folders.
    """
    if not (root / CARD).is_file():
        message = f"not a ruleset: no {CARD} here" if root.is_dir() else "no such folder"
        raise InvalidInput([Problem(str(root), 1, 1, "no-ruleset", message)])
    try:
        places = _within_bounds(root)
    except OSError as error:
        raise InvalidInput([Problem(str(root), 1, 1, "unreadable", str(error.strerror or error).lower())]) from None
    expected = f"{', '.join(SINGLE_FILES)}, {', '.join(f'{folder}/*.yaml' for folder in FOLDERS)}, {CASES}/"
    misplaced = [
        Problem(str(root / name), 1, 1, "misplaced-file", f"no part of a ruleset; allowed: {expected}")
        for name in places
        if not belongs(name)
    ]
    if misplaced:
        raise InvalidInput(misplaced)
    contents = {name: _read(root / name) for name in places}
    return RulesetFiles(root, contents, {name: str(root / name) for name in contents})


def _within_bounds(root: Path) -> list[str]:
    """The relative names of the YAML files below `root`, sorted; raises `InvalidInput` as soon as there is too much."""
    names: list[str] = []
    total = 0
    for looked_at, (name, entry) in enumerate(_entries(root, "", 0)):
        if looked_at >= MAX_LOOKED_AT:
            raise _too_large(root, f"more than {MAX_LOOKED_AT} files and folders")
        if not name.endswith(_ENDINGS):
            continue
        names.append(name)
        total += min(_size(entry), MAX_BYTES + 1)
        if len(names) > MAX_FILES or total > MAX_TOTAL:
            raise _too_large(root, f"more than {MAX_FILES} files or {MAX_TOTAL} bytes")
    return sorted(names)


def _entries(folder: Path, prefix: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """What is in `folder` with its name below the ruleset, and in its folders; dot files and the cases are not ours."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.name.startswith("."):  # an editor's or a system's file, no part of a ruleset
                continue
            yield name, entry
            if depth < _FOLDERS_DEEP and name != CASES and entry.is_dir(follow_symlinks=name in FOLDERS):
                yield from _entries(folder / entry.name, f"{name}/", depth + 1)


def _read(path: Path) -> bytes:
    """The bytes of a file; what never ends or waits for a writer (a device, a pipe) is refused."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InvalidInput([Problem(str(path), 1, 1, "unreadable", "no regular file")])
    return read_bytes(path, str(path))


def _size(entry: os.DirEntry[str]) -> int:
    """Bytes of a file, 0 where it cannot be told (the reader says why)."""
    try:
        return entry.stat().st_size
    except OSError:
        return 0


def _too_large(root: Path, message: str) -> InvalidInput:
    return InvalidInput([Problem(str(root), 1, 1, "too-large", message)])


def belongs(name: str) -> bool:
    """Whether a file of that relative name is part of a ruleset."""
    folder, slash, rest = name.partition("/")
    if not slash:
        return name in SINGLE_FILES
    return folder in FOLDERS and "/" not in rest and rest.endswith(".yaml")


def find_ruleset(name: str, folders: tuple[Path, ...] = ()) -> Path:
    """The folder of a ruleset. Raises `InvalidInput` with the nearest known id.

    A name with a slash is a path. An id is looked for in the working folder's `rulesets/`, among installed packages that
    offer it (entry point `hepatica.rulesets`), in `folders` (without any: the shipped ones), and last as a folder here.
    """
    shelves = folders or (shipped("rulesets"),)
    if not _is_path(name):
        own = Path("rulesets")
        candidates = [own / name, *_installed(name), *(folder / name for folder in shelves), Path(name)]
        shelves = (own, *shelves)
    else:
        candidates = [Path(name)]
    for folder in candidates:
        try:
            if (folder / CARD).is_file():
                return folder
        except (OSError, ValueError):
            continue
    known = sorted({path.parent.name for folder in shelves for path in folder.glob(f"*/{CARD}")} | set(_offered()))
    raise InvalidInput([Problem(name, 1, 1, "no-ruleset", f"no ruleset {quote(name)}; {suggestion(name, known)}")])


def _offered() -> dict[str, str]:
    """Rulesets that installed packages offer: id to the dotted name of the folder that holds it."""
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def _installed(name: str) -> Iterator[Path]:
    """The folders of an offered ruleset. No code of the package that offers it runs: its name is only looked up."""
    from importlib.util import find_spec

    package, *folders = _offered().get(name, "").split(".")
    spec = find_spec(package) if package else None
    for place in (spec.submodule_search_locations if spec else None) or ():
        yield Path(place, *folders)
