"""Profiles from files, standard input and `field=value` settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hepatica.documents import Node, read_bytes, read_document, read_yaml
from hepatica.patient.child_pugh import CHILD_PUGH_GROUP
from hepatica.patient.fields import COMMON_FIELDS, Fields
from hepatica.patient.model import LABEL, keys_of, profile_from
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
    """The profile of a file whose entries give way to the settings."""
    if not settings or not isinstance(node.value, dict):
        return profile_from(node, file, fields)
    entries, problems = _settings(settings, keys_of(fields))
    changed = set(entries)
    if changed & set(CHILD_PUGH_GROUP):
        # Class, score and components say one thing: setting any of them replaces whatever the file said of all three.
        changed |= set(CHILD_PUGH_GROUP)
    kept = {key: child for key, child in node.value.items() if keys_of(fields).find_with_unit(key)[0] not in changed}
    try:
        profile = profile_from(Node({**kept, **entries}, node.line, node.column, "", node.keys), file, fields)
    except InvalidInput as error:
        raise InvalidInput([*problems, *error.problems]) from None
    if problems:
        raise InvalidInput(problems)
    return profile


def _settings(settings: Sequence[str], keys: Fields) -> tuple[dict[str, Node], list[Problem]]:
    """The settings that can be read (the n-th stands at line n), and what is wrong with the others."""
    entries: dict[str, Node] = {}
    problems: list[Problem] = []
    for line, setting in enumerate(settings, 1):
        found = _SETTING.fullmatch(setting)
        written = found["name"] if found else ""
        name, unit = keys.find_with_unit(written)
        code, wrong = "setting", ""
        if found is None:
            wrong = f"{quote(setting)} is not field=value"
        elif name is None:
            code, wrong = "unknown-field", f"unknown field {quote(written)}; {suggestion(written, keys)}"
        elif name in entries:
            wrong = f"{name} is set twice"
        elif len(setting) > LONGEST_SETTING:
            wrong = f"the value of {name} is longer than {LONGEST_SETTING} characters"
        else:
            sign = "" if found["sign"] == "=" else found["sign"]
            text = sign + (found["value"] if name == LABEL else with_unit(found["value"].strip(), unit))
            try:
                entries[name] = _value(name, text, line, len(written) + 2)
            except InvalidInput as error:
                wrong = f"{name}: {error.problems[0].message}"
        if wrong:
            problems.append(Problem(SETTINGS, line, 1, code, wrong))
    return entries, problems


def _value(name: str, text: str, line: int, column: int) -> Node:
    """One setting's value: a text as it stands, or a list or mapping written in brackets; raises `InvalidInput`."""
    if text[:1] not in ("{", "[") or name == LABEL or is_missing(text):
        return Node(text, line, column, text, origin=SETTINGS)
    return _moved(read_yaml(text.encode(errors="replace"), SETTINGS, bare_signs=True), line, column - 1)


def _moved(node: Node, line: int, columns: int) -> Node:
    """The same tree, standing in the setting at `line` (a setting's value is one line)."""
    node.line, node.column, node.origin = line, node.column + columns, SETTINGS
    children = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    for child in children:
        _moved(child, line, columns)
    return node
