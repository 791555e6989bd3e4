"""Which cases to run under which ruleset, from what a user names: rulesets, case files, folders of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hepatica.assurance.cases.case import Case
from hepatica.assurance.cases.files import GIVEN, files_below, ruleset_around, shown
from hepatica.assurance.cases.reader import read_cases, ruleset_named_in
from hepatica.documents import read_bytes
from hepatica.knowledge import CARD, CASES, Ruleset, find_ruleset
from hepatica.problems import InvalidInput, Problem

STDIN = "-"
Load = Callable[[str], Ruleset]


def suites(names: Sequence[str], rulesets: Path, default: str, given: bytes = b"") -> dict[str, list[Path]]:
    """The places of case files by the ruleset (a folder or a name) they belong to, in order of naming.

    A name is a ruleset (its own cases are meant), a case file, a folder of case files or of rulesets, or `-` for the cases in
    `given`. Raises `InvalidInput`.
    """
    found: dict[str, list[Path]] = {}
    problems: list[Problem] = []
    for name in names or (default,):
        try:
            for ruleset, place in _suite(name, rulesets, default, given):
                found.setdefault(ruleset, []).append(place)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return found


def _suite(name: str, rulesets: Path, default: str, given: bytes) -> list[tuple[str, Path]]:
    """What one name stands for: each place of case files with its ruleset."""
    path = Path(name)
    if name == STDIN:
        return [(_named(given, GIVEN, default, rulesets), GIVEN)]
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
    found: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    for path in files_below(folder):
        try:
            found.append((ruleset_of(path, default, rulesets), path))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return found or [(default, folder)]


def ruleset_of(path: Path, default: str, rulesets: Path) -> str:
    """The ruleset of a case file: the folder it lies in, else the one it names (a shipped id, or a path from the file)."""
    around = ruleset_around(path)
    return str(around) if around is not None else _named(read_bytes(path, str(path)), path, default, rulesets)


def _named(data: bytes, path: Path, default: str, rulesets: Path) -> str:
    """The ruleset that a case file names, else the default; raises `InvalidInput` at the name where there is none."""
    named = ruleset_named_in(data, str(path))
    if named is None:
        return default
    beside = path.parent / named.raw
    if (beside / CARD).is_file():
        return str(beside)
    try:
        return str(find_ruleset(named.raw, (rulesets,)))
    except InvalidInput as error:
        raise InvalidInput([named.problem(str(path), one.code, one.message) for one in error.problems]) from None


def selected(cases: Iterable[Case], words: str) -> list[Case]:
    """The cases whose sentence, place or therapies hold every one of the words; raises `InvalidInput` where none does."""
    wanted = words.lower().split()
    listed = list(cases)
    chosen = [case for case in listed if all(word in _searched(case) for word in wanted)]
    if not chosen:
        message = f"no case matches '{words}' ({len(listed)} cases looked at)"
        raise InvalidInput([Problem("-k", 1, 1, "no-match", message)])
    return chosen


def _searched(case: Case) -> str:
    return " ".join((case.sentence, case.place, *case.named(), *case.derived)).lower()


def read_all(found: dict[str, list[Path]], load: Load, given: bytes = b"") -> list[tuple[Ruleset, list[Case]]]:
    """Each ruleset with its cases (`given` for `-`); raises `InvalidInput` with the problems of all of them."""
    read: list[tuple[Ruleset, list[Case]]] = []
    problems: list[Problem] = []
    for name, places in found.items():
        try:
            ruleset = load(name)
            read.append((ruleset, read_cases(places, ruleset, given)))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return read
