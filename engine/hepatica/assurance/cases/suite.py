"""Which cases to run under which ruleset, from what a user names: rulesets, case files, folders of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hepatica.documents import STDIN, read_bytes
from hepatica.knowledge import CARD, CASES, find_ruleset
from hepatica.problems import InvalidInput, Problem, gathered
from hepatica.wording import grouped

ENDINGS = (".yaml", ".yml")
MAX_CASE_FILES = 1000


def suites(names: Sequence[str], default: str) -> dict[str, list[Path]]:
    """The places of case files by the ruleset (a folder or a name) they belong to, in order of naming.

    A name is a ruleset (its own cases are meant), a case file, a folder of case files or of rulesets, or `-` for standard
    input. Cases belong to the ruleset in whose folder of cases they lie, else to the default. Raises `InvalidInput`.
    """
    return grouped(gathered(names or (default,), lambda name: list(_suite(name, default))))


def _suite(name: str, default: str) -> Iterator[tuple[str, Path]]:
    """What one name stands for: each place of case files with its ruleset."""
    path = Path(name)
    if path.is_file() or name == STDIN:
        yield str(ruleset_around(path) or default), path
    elif name and path.is_dir() and not (path / CARD).is_file():
        cards = sorted(path.rglob(CARD))
        yield from map(_own, (card.parent for card in cards))
        if not cards:
            yield str(ruleset_around(path / CARD) or default), path
    else:
        yield _own(find_ruleset(name))


def _own(folder: Path) -> tuple[str, Path]:
    if not (folder / CASES).is_dir():
        raise InvalidInput([Problem(str(folder), 1, 1, "no-cases", f"the ruleset has no folder {CASES}/")])
    return str(folder), shown(folder / CASES)


def ruleset_around(path: Path) -> Path | None:
    """The ruleset folder in whose `cases/` a file lies; None where it lies in none."""
    homes = (folder.parent for folder in path.absolute().parents if folder.name == CASES)
    return next((home for home in homes if (home / CARD).is_file()), None)


def is_case_file(path: Path) -> bool:
    """Whether a file is a case table: it lies in a ruleset's `cases/`.

    Other people's YAML has files and folders of those names, too: only a card that gives an id and a date is ours.
    """
    home = ruleset_around(path) if path.suffix in ENDINGS else None
    # Looked at as text: a card that cannot be parsed is still a card, and what is wrong with it is to be told.
    card = (home / CARD).read_bytes() if home is not None else b""
    return all(re.search(rb"^%s:" % key, card, re.MULTILINE) for key in (b"ruleset", b"as_of"))


def shown(path: Path) -> Path:
    """A path as a user would type it: from the working folder where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def files_below(folder: Path) -> list[Path]:
    """Every YAML file in a folder of cases, sorted; raises `InvalidInput` beyond the limit."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    if len(found) > MAX_CASE_FILES:
        raise InvalidInput([Problem(str(folder), 1, 1, "too-many", f"more than {MAX_CASE_FILES} case files")])
    return found


def case_contents(ruleset: Path) -> dict[str, bytes]:
    """The case files of a ruleset's folder, by their names in it."""
    return {path.relative_to(ruleset).as_posix(): read_bytes(path, str(path)) for path in files_below(ruleset / CASES)}


def case_files(place: Path) -> list[Path]:
    """The case files that a file or folder stands for; raises `InvalidInput` where there are none."""
    found = files_below(place) if place.is_dir() else [place]
    if not found:
        message = "no case file here; a case file is YAML with a list 'cases:'"
        raise InvalidInput([Problem(str(place), 1, 1, "no-cases", message)])
    return found
