"""Which cases to run under which ruleset, from what a user names: rulesets, case files, folders of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hepatica.assurance.cases.case import PatientCase
from hepatica.documents import MAX_BYTES, read_bytes, read_yaml
from hepatica.knowledge import CARD, CASES, Ruleset, find_ruleset
from hepatica.problems import InvalidInput, Problem, gathered

ENDINGS = (".yaml", ".yml")
MAX_CASE_FILES = 1000
Load = Callable[[str], Ruleset]
_CASE_KEY = re.compile(rb"^\s*-?\s*case:", re.MULTILINE)
_CARD_KEYS = (re.compile(rb"^ruleset:", re.MULTILINE), re.compile(rb"^as_of:", re.MULTILINE))


def suites(names: Sequence[str], rulesets: Path, default: str) -> dict[str, list[Path]]:
    """The places of case files by the ruleset (a folder or a name) they belong to, in order of naming.

    A name is a ruleset (its own cases are meant), a case file, or a folder of case files or of rulesets. Raises `InvalidInput`.
    """
    found: dict[str, list[Path]] = {}
    for ruleset, place in gathered(names or (default,), lambda name: _suite(name, rulesets, default)):
        found.setdefault(ruleset, []).append(place)
    return found


def _suite(name: str, rulesets: Path, default: str) -> list[tuple[str, Path]]:
    """What one name stands for: each place of case files with its ruleset."""
    path = Path(name)
    if path.is_file():
        return [(ruleset_of(path, default, rulesets), path)]
    if name and path.is_dir() and not (path / CARD).is_file():
        return _below(path, rulesets, default)
    return [_own(find_ruleset(name, (rulesets,)))]


def _own(folder: Path) -> tuple[str, Path]:
    if not (folder / CASES).is_dir():
        raise InvalidInput([Problem(str(folder), 1, 1, "no-cases", f"the ruleset has no folder {CASES}/")])
    return str(folder), shown(folder / CASES)


def _below(folder: Path, rulesets: Path, default: str) -> list[tuple[str, Path]]:
    """The rulesets below a folder, or else its case files; the folder itself where it holds none, to be told so."""
    cards = sorted(folder.rglob(CARD))
    if cards:
        return [_own(card.parent) for card in cards]
    return gathered(files_below(folder), lambda path: [(ruleset_of(path, default, rulesets), path)]) or [(default, folder)]


def ruleset_of(path: Path, default: str, rulesets: Path) -> str:
    """The ruleset of a case file: the folder it lies in, else the one it names (an id, or a path from the file), or the default.

    Raises `InvalidInput` at a name under which there is none.
    """
    if (around := ruleset_around(path)) is not None:
        return str(around)
    node = read_yaml(read_bytes(path, str(path)), str(path))
    named = node.value.get("ruleset") if isinstance(node.value, dict) else None
    if named is None:
        return default
    if isinstance(named.value, (dict, list)) or not named.raw:
        raise InvalidInput([named.problem(str(path), "wrong-type", "'ruleset' is a ruleset's id, or a path from this file")])
    beside = path.parent / named.raw
    if (beside / CARD).is_file():
        return str(beside)
    try:
        return str(find_ruleset(named.raw, (rulesets,)))
    except InvalidInput as error:
        raise InvalidInput([named.problem(str(path), one.code, one.message) for one in error.problems]) from None


def ruleset_around(path: Path) -> Path | None:
    """The ruleset folder in whose `cases/` a file lies; None where it lies in none."""
    for folder in path.absolute().parents:
        if folder.name == CASES and (folder.parent / CARD).is_file():
            return folder.parent
    return None


def is_case_file(path: Path) -> bool:
    """Whether a file is a case table: it lies in a ruleset's `cases/`, or reads as one that names its own ruleset.

    Other people's YAML has files and keys of those names, too: only what lies beside a card with an id and a date is ours, or a
    list of mappings that each hold a `case` and a patient.
    """
    if path.suffix not in ENDINGS:
        return False
    try:
        if (around := ruleset_around(path)) is not None:
            card = (around / CARD).read_bytes()
            return all(key.search(card) for key in _CARD_KEYS)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES)
        entries = read_yaml(data, str(path)).value if _CASE_KEY.search(data) is not None else None
    except (OSError, InvalidInput):
        return False
    cases = entries["cases"].value if isinstance(entries, dict) and {"ruleset", "cases"} <= entries.keys() else None
    listed = [one.value for one in cases] if isinstance(cases, list) else []
    whole = [isinstance(one, dict) and "case" in one and ("profile" in one or "patient" in one) for one in listed]
    return bool(whole) and all(whole)


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


def selected(cases: Iterable[PatientCase], words: str) -> list[PatientCase]:
    """The cases whose sentence, place or therapies hold every one of the words; raises `InvalidInput` where none does."""
    chosen: list[PatientCase] = []
    listed = list(cases)
    for case in listed:
        text = " ".join((case.sentence, case.place, *case.named(), *case.expected.derived)).lower()
        chosen += [case] if all(word in text for word in words.lower().split()) else []
    if not chosen:
        message = f"no case matches '{words}' ({len(listed)} cases looked at)"
        raise InvalidInput([Problem("-k", 1, 1, "no-match", message)])
    return chosen
