"""Which files make a ruleset, read within bounds, and the digest that identifies their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hepatica.documents import MAX_BYTES, Node, read_bytes
from hepatica.problems import InvalidInput, Problem, quote, suggestion

CARD = "ruleset.yaml"
CONCEPTS = "concepts.yaml"
FIELDS_FILE = "fields.yaml"
REFERENCES = "references.yaml"
SINGLE_FILES = (CARD, CONCEPTS, FIELDS_FILE, REFERENCES)
FOLDERS = ("therapies", "notes", "omissions")
CASES = "cases"
MAX_FILES = 400
MAX_TOTAL = 16_777_216
MAX_EXTENDS = 5
MAX_LOOKED_AT = 4_000
_ENDINGS = (".yaml", ".yml")
_FOLDERS_DEEP = 2


@dataclass(frozen=True, slots=True)
class RulesetFiles:
    """The bytes of every file by relative name, in a fixed order; `shown` is the name to use in problems."""

    root: Path
    contents: Mapping[str, bytes]
    shown: Mapping[str, str]

    @property
    def digest(self) -> str:
        """`sha256:` over the names and contents; line endings do not count, nor do the cases."""
        total = hashlib.sha256()
        for name, data in sorted(self.contents.items()):
            body = data.replace(b"\r\n", b"\n")
            total.update(f"{name}\0{len(body)}\0".encode() + body)
        return f"sha256:{total.hexdigest()}"


def gather(root: Path, read: Callable[[Path], RulesetFiles] | None = None) -> RulesetFiles:
    """The files of the ruleset in `root`, with those of the ruleset it extends beneath them; `read` gives one folder's."""
    reading = read or collect
    files = below = reading(root)
    seen = [root.resolve()]
    while (named := _extends(below)) is not None:
        try:
            parent = (below.root / named.raw).resolve()
            if parent in seen or len(seen) > MAX_EXTENDS:
                message = f"extends itself, or more than {MAX_EXTENDS} deep"
                raise InvalidInput([named.problem(below.shown[CARD], "extends", message)])
            seen.append(parent)
            below = reading(parent)
        except (OSError, ValueError, RuntimeError):  # too long, a null character, links in a circle
            message = f"{quote(named.raw)} cannot be the path of a folder"
            raise InvalidInput([named.problem(below.shown[CARD], "extends", message)]) from None
        files = over(below, files)
    return files


def _extends(files: RulesetFiles) -> Node | None:
    """Where the card names the folder it builds on."""
    if b"extends" not in files.contents[CARD]:
        return None
    from hepatica.documents import read_yaml

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
    """What is in `folder` with its name below the ruleset, and in its folders; the cases are another reader's."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            yield name, entry
            hidden = entry.name.startswith(".") or name == CASES
            if depth < _FOLDERS_DEEP and not hidden and entry.is_dir(follow_symlinks=name in FOLDERS):
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


def over(base: RulesetFiles, own: RulesetFiles) -> RulesetFiles:
    """`own` laid over `base`, file by file; both cards stay, the base's under a name of its own."""
    inherited = {name: data for name, data in base.contents.items() if name != CARD}
    card = f"base/{len([n for n in own.contents if n.startswith('base/')])}/{CARD}"
    contents = {**inherited, card: base.contents[CARD], **own.contents}
    shown = {**base.shown, card: base.shown[CARD], **own.shown}
    return RulesetFiles(own.root, contents, shown)


def belongs(name: str) -> bool:
    """Whether a file of that relative name is part of a ruleset."""
    folder, slash, rest = name.partition("/")
    if not slash:
        return name in SINGLE_FILES
    return folder in FOLDERS and "/" not in rest and rest.endswith(".yaml")


def find_ruleset(name: str, folders: tuple[Path, ...]) -> Path:
    """The folder of a ruleset given by path or by the name of a folder in `folders`; raises `InvalidInput`."""
    for folder in (Path(name), *(folder / name for folder in folders)):
        try:
            if (folder / CARD).is_file():
                return folder
        except (OSError, ValueError):
            continue
    known = sorted({path.parent.name for folder in folders for path in folder.glob(f"*/{CARD}")})
    raise InvalidInput([Problem(name, 1, 1, "no-ruleset", f"no ruleset {quote(name)}; {suggestion(name, known)}")])
