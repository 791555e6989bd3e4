"""Profiles from files, standard input and `field=value` settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hepatica.documents import Node, read_bytes, read_document, read_yaml
from hepatica.patient.child_pugh import CHILD_PUGH_GROUP
from hepatica.patient.common import COMMON_FIELDS
from hepatica.patient.fields import Fields
from hepatica.patient.model import LABEL, key_of, keys_of, profile_from
from hepatica.patient.profile import Profile
from hepatica.patient.text import is_missing
from hepatica.patient.value_reader import with_unit
from hepatica.problems import InvalidInput, Problem, quote, suggestion

SETTINGS = "--set"
LONGEST_SETTING = 1000
MAX_PROFILES = 1000
# A comparison may stand in place of the equals sign: afp>400.
_SETTING = re.compile(r"\s*(?P<name>[^=<>]*?)\s*(?P<sign>[<>]=?|=)\s*(?P<value>.*)", re.DOTALL)


def read_profile(path: Path | str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> Profile:
    """The profile in a YAML or JSON file, with `field=value` settings laid over it."""
    file = str(path)
    return profile_in(read_bytes(Path(path), file), file, settings, fields=fields)


def profile_in(data: bytes, file: str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> Profile:
    """As `read_profile`, of bytes already read; `file` names them in problems."""
    return _overlaid(read_document(data, file, bare_signs=True), file, settings, fields)


def profile_of(settings: Sequence[str], *, fields: Fields = COMMON_FIELDS) -> Profile:
    """A profile of settings alone."""
    return _overlaid(Node({}, 1, 1), SETTINGS, settings, fields)


def profiles_in(data: bytes, file: str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> list[Profile]:
    """One profile, or several where the document is a list of them."""
    node = read_document(data, file, bare_signs=True)
    if not isinstance(node.value, list):
        return [_overlaid(node, file, settings, fields)]
    if len(node.value) > MAX_PROFILES:
        raise InvalidInput([node.problem(file, "too-many", f"more than {MAX_PROFILES} profiles in one file")])
    problems: list[Problem] = []
    profiles: list[Profile] = []
    for entry in node.value:
        try:
            profiles.append(_overlaid(entry, file, settings, fields))
        except InvalidInput as error:
            problems.extend(error.problems)
    if not node.value:
        problems.append(node.problem(file, "empty", "the list holds no profile"))
    if problems:
        raise InvalidInput(problems)
    return profiles


def _overlaid(node: Node, file: str, settings: Sequence[str], fields: Fields) -> Profile:
    if not settings or not isinstance(node.value, dict):
        return profile_from(node, file, fields)
    overlay, problems = _settings(settings, fields)
    assert isinstance(overlay.value, dict)
    problems += _alone(overlay, SETTINGS, fields)
    problems += [problem for problem in _alone(node, file, fields) if problem.code != "contradiction"]
    if problems:
        raise InvalidInput(problems)
    changed = _with_groups(overlay.value)
    kept = {key: child for key, child in node.value.items() if key_of(key, fields)[0] not in changed}
    return profile_from(Node({**kept, **overlay.value}, node.line, node.column, "", node.keys), file, fields)


def _alone(node: Node, file: str, fields: Fields) -> list[Problem]:
    try:
        profile_from(node, file, fields)
    except InvalidInput as error:
        return list(error.problems)
    return []


def _with_groups(names: Iterable[str]) -> set[str]:
    """Setting the class, the score or the components of Child-Pugh replaces whatever the file said of all three."""
    changed = set(names)
    return changed | set(CHILD_PUGH_GROUP) if changed & set(CHILD_PUGH_GROUP) else changed


def _settings(settings: Sequence[str], fields: Fields) -> tuple[Node, list[Problem]]:
    """A mapping of the settings that can be read (the n-th stands at line n), and what is wrong with the others."""
    entries: dict[str, Node] = {}
    problems: list[Problem] = []
    for line, setting in enumerate(settings, 1):
        found = _SETTING.fullmatch(setting)
        written = found["name"] if found else ""
        name, unit = key_of(written, fields)
        if found is None:
            problems.append(Problem(SETTINGS, line, 1, "setting", f"{quote(setting)} is not field=value"))
        elif name is None:
            message = f"unknown field {quote(written)}; {suggestion(written, keys_of(fields))}"
            problems.append(Problem(SETTINGS, line, 1, "unknown-field", message))
        elif name in entries:
            problems.append(Problem(SETTINGS, line, 1, "setting", f"{name} is set twice"))
        elif len(setting) > LONGEST_SETTING:
            message = f"the value of {name} is longer than {LONGEST_SETTING} characters"
            problems.append(Problem(SETTINGS, line, 1, "setting", message))
        else:
            sign = "" if found["sign"] == "=" else found["sign"]
            text = sign + (found["value"] if name == LABEL else with_unit(found["value"].strip(), unit))
            _add(entries, name, text, (line, len(written) + 2), problems)
    return Node(entries, 1, 1, origin=SETTINGS), problems


def _add(entries: dict[str, Node], name: str, text: str, place: tuple[int, int], problems: list[Problem]) -> None:
    """One setting's value: a text as it stands, or a list or mapping written in brackets."""
    line, column = place
    if text[:1] not in ("{", "[") or name == LABEL or is_missing(text):
        entries[name] = Node(text, line, column, text, origin=SETTINGS)
        return
    try:
        entries[name] = _moved(read_yaml(text.encode(), SETTINGS, bare_signs=True), line, column - 1)
    except (InvalidInput, UnicodeEncodeError) as error:
        found = error.problems[0].message if isinstance(error, InvalidInput) else "not text"
        problems.append(Problem(SETTINGS, line, column, "setting", f"{name}: {found}"))


def _moved(node: Node, line: int, columns: int) -> Node:
    """The same tree, standing in the setting at `line` (a setting's value is one line)."""
    node.line, node.column, node.origin = line, node.column + columns, SETTINGS
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for child in children:
        _moved(child, line, columns)
    return node
