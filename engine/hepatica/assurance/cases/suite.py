"""Which cases to run under which ruleset, from what a user names: rulesets, case files, folders of them; and which are gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hepatica.documents import STDIN, Node, read_bytes, read_yaml
from hepatica.knowledge import CARD, CASES, find_ruleset
from hepatica.problems import InvalidInput, gathered
from hepatica.records import record
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
        raise InvalidInput.at(str(folder), "no-cases", f"the ruleset has no folder {CASES}/")
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
        raise InvalidInput.at(str(folder), "too-many", f"more than {MAX_CASE_FILES} case files")
    return found


def case_contents(ruleset: Path) -> dict[str, bytes]:
    """The case files of a ruleset's folder, by their names in it."""
    return {path.relative_to(ruleset).as_posix(): read_bytes(path, str(path)) for path in files_below(ruleset / CASES)}


def case_files(place: Path) -> list[Path]:
    """The case files that a file or folder stands for; raises `InvalidInput` where there are none."""
    found = files_below(place) if place.is_dir() else [place]
    if not found:
        raise InvalidInput.at(str(place), "no-cases", "no case file here; a case file is YAML with a list 'cases:'")
    return found


@record(kw_only=True)
class LostCase:
    """A case that is gone, by its sentence and where it was written."""

    case: str
    place: str
    declared: bool = False


def lost_cases(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[LostCase, ...]:
    """The cases of the old files (name to content) that the new ones do not have, in another file or other words either.

    Old files that cannot be read ask nothing. Raises `InvalidInput` for new ones.
    """
    # Files that are the same on both sides hold the same cases: most need no reading.
    before = {name: data for name, data in old.items() if new.get(name) != data}
    kept = {told for name, data in new.items() if old.get(name) != data for _, *both in _cases(name, data) for told in both}
    found: list[LostCase] = []
    for name, data in before.items():
        try:
            cases = list(_cases(name, data))
        except InvalidInput:
            continue
        found += [LostCase(case=said, place=place) for place, said, asked in cases if said not in kept and asked not in kept]
    return tuple(found)


def _cases(name: str, data: bytes) -> Iterator[tuple[str, str, object]]:
    """Each case of a file: its place, its sentence, and what it asks of whom (the same in other words)."""
    listed = read_yaml(data, name).at(("cases",)).value
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each.value, dict) and "case" in each.value:
            # The sentence is only a name for the question: reworded, or with keys in another order, it is still asked.
            asked = {key: _said(child) for key, child in each.value.items() if key != "case"}
            yield f"{name}:{each.line}", " ".join(each.value["case"].raw.split()), frozenset(asked.items())


def _said(node: Node) -> object:
    """What a node says, the order of keys apart."""
    if isinstance(node.value, dict):
        return frozenset((key, _said(child)) for key, child in node.value.items())
    return tuple(map(_said, node.value)) if isinstance(node.value, list) else node.raw
