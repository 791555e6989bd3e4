"""Where case files are, and which ruleset each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hepatica.documents import MAX_BYTES, read_bytes
from hepatica.knowledge import CARD, CASES
from hepatica.problems import InvalidInput, Problem

ENDINGS = (".yaml", ".yml")
MAX_CASE_FILES = 1000
GIVEN = Path("<stdin>")
_OWN_KEYS = (re.compile(rb"^ruleset:", re.MULTILINE), re.compile(rb"^cases:", re.MULTILINE))


def ruleset_around(path: Path) -> Path | None:
    """The ruleset folder in whose `cases/` a file lies; None where it lies in none."""
    for folder in path.absolute().parents:
        if folder.name == CASES and (folder.parent / CARD).is_file():
            return folder.parent
    return None


def is_case_file(path: Path) -> bool:
    """Whether a file is a case table: it lies in a ruleset's `cases/`, or names its ruleset and cases itself."""
    if path.suffix not in ENDINGS:
        return False
    return ruleset_around(path) is not None or _names_ruleset(path)


def shown(path: Path) -> Path:
    """A path as a user would type it: from the working folder where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _names_ruleset(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES)
    except OSError:
        return False
    return all(pattern.search(data) for pattern in _OWN_KEYS)


def files_below(folder: Path) -> list[Path]:
    """Every YAML file in a folder of cases, sorted; raises `InvalidInput` beyond the limit."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    if len(found) > MAX_CASE_FILES:
        raise InvalidInput([Problem(str(folder), 1, 1, "too-many", f"more than {MAX_CASE_FILES} case files")])
    return found


def case_files(places: Sequence[Path], given: bytes = b"") -> Iterator[tuple[Path, bytes]]:
    """The case files in files and folders with their bytes (`given` are those of `GIVEN`).

    Raises `InvalidInput` where there are none.
    """
    problems: list[Problem] = []
    files: dict[Path, Path] = {}
    for place in places:
        found = files_below(place) if place.is_dir() else [place]
        if not found:
            problems.append(Problem(str(place), 1, 1, "no-cases", "no case file here; a case file is YAML with a list 'cases:'"))
        for path in found:
            files.setdefault(path.absolute(), path)
    for path in files.values():
        try:
            yield path, given if path == GIVEN else read_bytes(path, str(path))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
