"""Profiles from files, standard input and `field=value` settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hepatica.documents import Node, read_bytes, read_document, read_yaml
from hepatica.patient.model import Profile
from hepatica.patient.normalise import CHILD_PUGH_GROUP, KEYS, LABEL, profile_from
from hepatica.problems import InvalidInput, Problem, quote, suggestion

SETTINGS = "--set"
LONGEST_SETTING = 1000
MAX_PROFILES = 1000


def read_profile(path: Path | str, settings: Sequence[str] = ()) -> Profile:
    """The profile in a YAML or JSON file, with `field=value` settings laid over it."""
    file = str(path)
    return profile_in(read_bytes(Path(path), file), file, settings)


def profile_in(data: bytes, file: str, settings: Sequence[str] = ()) -> Profile:
    """As `read_profile`, of bytes already read; `file` names them in problems."""
    return _overlaid(read_document(data, file), file, settings)


def profile_of(settings: Sequence[str]) -> Profile:
    """A profile of settings alone."""
    return _overlaid(Node({}, 1, 1), SETTINGS, settings)


def profiles_in(data: bytes, file: str, settings: Sequence[str] = ()) -> list[Profile]:
    """One profile, or several where the document is a list of them."""
    node = read_document(data, file)
    if not isinstance(node.value, list):
        return [_overlaid(node, file, settings)]
    if len(node.value) > MAX_PROFILES:
        raise InvalidInput([node.problem(file, "too-many", f"more than {MAX_PROFILES} profiles in one file")])
    problems: list[Problem] = []
    profiles: list[Profile] = []
    for entry in node.value:
        try:
            profiles.append(_overlaid(entry, file, settings))
        except InvalidInput as error:
            problems.extend(error.problems)
    if not node.value:
        problems.append(node.problem(file, "empty", "the list holds no profile"))
    if problems:
        raise InvalidInput(problems)
    return profiles


def _overlaid(node: Node, file: str, settings: Sequence[str]) -> Profile:
    if not settings or not isinstance(node.value, dict):
        return profile_from(node, file)
    overlay, problems = _settings(settings)
    assert isinstance(overlay.value, dict)
    problems += _alone(overlay, SETTINGS)
    problems += [problem for problem in _alone(node, file) if problem.code != "contradiction"]
    if problems:
        raise InvalidInput(problems)
    changed = _with_groups(overlay.value)
    kept = {key: child for key, child in node.value.items() if key not in changed}
    return profile_from(Node({**kept, **overlay.value}, node.line, node.column, "", node.keys), file)


def _alone(node: Node, file: str) -> list[Problem]:
    try:
        profile_from(node, file)
    except InvalidInput as error:
        return list(error.problems)
    return []


def _with_groups(names: Iterable[str]) -> set[str]:
    """Setting the class, the score or the components of Child-Pugh replaces whatever the file said of all three."""
    changed = set(names)
    return changed | set(CHILD_PUGH_GROUP) if changed & set(CHILD_PUGH_GROUP) else changed


def _settings(settings: Sequence[str]) -> tuple[Node, list[Problem]]:
    """A mapping of the settings that can be read (the n-th stands at line n), and what is wrong with the others."""
    entries: dict[str, Node] = {}
    problems: list[Problem] = []
    for line, setting in enumerate(settings, 1):
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals:
            problems.append(Problem(SETTINGS, line, 1, "setting", f"{quote(setting)} is not field=value"))
        elif name not in KEYS:
            message = f"unknown field {quote(name)}; {suggestion(name, KEYS)}"
            problems.append(Problem(SETTINGS, line, 1, "unknown-field", message))
        elif name in entries:
            problems.append(Problem(SETTINGS, line, 1, "setting", f"{name} is set twice"))
        elif name == LABEL:
            entries[name] = Node(text, line, len(name) + 2, text, origin=SETTINGS)
        elif len(setting) > LONGEST_SETTING:
            message = f"the value of {name} is longer than {LONGEST_SETTING} characters"
            problems.append(Problem(SETTINGS, line, 1, "setting", message))
        else:
            try:
                entries[name] = _moved(read_yaml(text.strip().encode() or b"unknown", SETTINGS), line, len(name) + 1)
            except (InvalidInput, UnicodeEncodeError) as error:
                found = error.problems[0].message if isinstance(error, InvalidInput) else "not text"
                problems.append(Problem(SETTINGS, line, len(name) + 2, "setting", f"{name}: {found}"))
    return Node(entries, 1, 1, origin=SETTINGS), problems


def _moved(node: Node, line: int, columns: int) -> Node:
    """The same tree, standing in the setting at `line` (a setting's value is one line)."""
    node.line, node.column, node.origin = line, node.column + columns, SETTINGS
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for child in children:
        _moved(child, line, columns)
    return node
