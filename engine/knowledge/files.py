"""Which files make a ruleset, read within bounds, and the digest that identifies their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.documents.reader import read_bytes
from engine.documents.tree import Node
from engine.problems import InvalidInput, Problem, quote, suggestion
from engine.records import Record

CARD = "ruleset.yaml"
CONCEPTS = "concepts.yaml"
FOLDERS = ("therapies", "notes", "omissions")
CASES = "cases"
MAX_FILES = 400
MAX_TOTAL = 16_777_216
MAX_EXTENDS = 5


class RulesetFiles(Record):
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
        parent = (below.root / named.raw).resolve()
        if parent in seen or len(seen) > MAX_EXTENDS:
            raise InvalidInput([named.problem(below.shown[CARD], "extends", f"extends itself, or more than {MAX_EXTENDS} deep")])
        seen.append(parent)
        below = reading(parent)
        files = over(below, files)
    return files


def _extends(files: RulesetFiles) -> Node | None:
    """Where the card names the folder it builds on."""
    if b"extends" not in files.contents[CARD]:
        return None
    from engine.documents.yaml_reader import read_yaml

    card = read_yaml(files.contents[CARD], files.shown[CARD])
    node = card.value.get("extends") if isinstance(card.value, dict) else None
    return node if node is not None and node.raw else None


def collect(root: Path) -> RulesetFiles:
    """The files of the ruleset in `root`; raises `InvalidInput` for what is missing, misplaced or too much."""
    if not (root / CARD).is_file():
        message = f"not a ruleset: no {CARD} here" if root.is_dir() else "no such folder"
        raise InvalidInput([Problem(str(root), 1, 1, "no-ruleset", message)])
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".yml")):
        name = path.relative_to(root).as_posix()
        if name.startswith(f"{CASES}/"):
            continue
        if not belongs(name):
            expected = f"{CARD}, {CONCEPTS}, {', '.join(f'{folder}/*.yaml' for folder in FOLDERS)}, {CASES}/"
            problems.append(Problem(str(path), 1, 1, "misplaced-file", f"no part of a ruleset; allowed: {expected}"))
            continue
        contents[name] = read_bytes(path, str(path))
    if len(contents) > MAX_FILES or sum(map(len, contents.values())) > MAX_TOTAL:
        message = f"more than {MAX_FILES} files or {MAX_TOTAL} bytes"
        problems.append(Problem(str(root), 1, 1, "too-large", message))
    if problems:
        raise InvalidInput(problems)
    return RulesetFiles(root, contents, {name: str(root / name) for name in contents})


def over(base: RulesetFiles, own: RulesetFiles) -> RulesetFiles:
    """`own` laid over `base`, file by file; both cards stay, the base's under a name of its own."""
    inherited = {name: data for name, data in base.contents.items() if name != CARD}
    card = f"base/{len([n for n in base.contents if n.startswith('base/')])}/{CARD}"
    contents = {**inherited, card: base.contents[CARD], **own.contents}
    shown = {**base.shown, card: base.shown[CARD], **own.shown}
    return RulesetFiles(own.root, contents, shown)


def belongs(name: str) -> bool:
    """Whether a file of that relative name is part of a ruleset."""
    folder, slash, rest = name.partition("/")
    if not slash:
        return name in (CARD, CONCEPTS)
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
