"""From a parsed file to knowledge objects, by pydantic, with every error placed in the file.

The dataclasses of `evidence` and `ruleset` are the schema; nothing is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as fields_of
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from hepatica.documents import Node, Path
from hepatica.knowledge.condition_reader import ConditionReader
from hepatica.knowledge.evidence import Reference
from hepatica.knowledge.ruleset import Card, Concept, Note, Omission, Therapy
from hepatica.patient import COMMON_FIELDS, Field, Fields
from hepatica.problems import Problem, quote, suggestion

T = TypeVar("T")

CONDITION_KEYS = ("when", "scope", "subgroup_when")
WRITTEN_AS = {"therapy": "id", "class": "drug_class", "ruleset": "id"}
READ_AS = {name: written for written, name in WRITTEN_AS.items() if written != "ruleset"}
_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True, arbitrary_types_allowed=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptsFile:
    """`concepts.yaml`."""

    concepts: tuple[Concept, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesFile:
    """`notes/*.yaml`."""

    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OmissionsFile:
    """`omissions/*.yaml`."""

    omissions: tuple[Omission, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesFile:
    """`references.yaml`."""

    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsFile:
    """`fields.yaml`."""

    fields: tuple[Field, ...]


FILE_KINDS: dict[str, type] = {
    "ruleset": Card,
    "concepts": ConceptsFile,
    "fields": FieldsFile,
    "references": ReferencesFile,
    "therapy": Therapy,
    "notes": NotesFile,
    "omissions": OmissionsFile,
}


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a knowledge dataclass; unknown keys are refused at every level."""
    _forbid_extra(kind, set())
    return TypeAdapter(kind)


def decode(
    kind: type[T],
    node: Node,
    file: str,
    concepts: Collection[str] | None,
    problems: list[Problem],
    fields: Fields = COMMON_FIELDS,
    *,
    conditions: Collection[str] = CONDITION_KEYS,
    written_as: Mapping[str, str] = WRITTEN_AS,
) -> T | None:
    """The object in `node`; None where it is unusable, with the reasons added to `problems`.

    `concepts` and `fields` are what conditions may test; `concepts` is None where they cannot be known. `conditions` are the
    keys under which conditions stand, `written_as` maps top-level keys of the file to names of attributes.
    """
    before = len(problems)
    data = _data(node, ConditionReader(file, concepts, problems, fields), conditions, written_as)
    try:
        result: T = adapter(kind).validate_python(data)  # type: ignore[arg-type]
    except ValidationError as error:
        problems.extend(_located(kind, node, file, detail) for detail in error.errors(include_url=False, include_input=False))
        return None
    return result if len(problems) == before else None


def _forbid_extra(kind: type, seen: set[type]) -> None:
    """stdlib dataclasses take their pydantic settings from an attribute; set it once on each one reached."""
    if kind in seen or not is_dataclass(kind) or kind.__module__ == "hepatica.knowledge.conditions":
        return
    seen.add(kind)
    kind.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]
    for hint in _hints(kind).values():
        for inner in _inner_types(hint):
            _forbid_extra(inner, seen)


@cache
def _hints(kind: type) -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(kind)


def _inner_types(hint: Any) -> list[type]:
    inner = [part for arg in get_args(hint) for part in _inner_types(arg)]
    return [hint, *inner] if isinstance(hint, type) else inner


def _data(node: Node, reader: ConditionReader, conditions: Collection[str], written_as: Mapping[str, str]) -> object:
    if isinstance(node.value, dict):
        return {
            written_as.get(key, key): reader.read(child) if key in conditions else _data(child, reader, conditions, {})
            for key, child in node.value.items()
        }
    if isinstance(node.value, list):
        return [_data(child, reader, conditions, {}) for child in node.value]
    if isinstance(node.value, bool):
        return node.raw.lower()
    if isinstance(node.value, float) and repr(node.value) != node.raw:
        return node.raw
    return node.value


def _located(kind: type, node: Node, file: str, detail: Any) -> Problem:
    path: Path = tuple(READ_AS.get(step, step) if isinstance(step, str) else step for step in detail["loc"])
    place = node.at(path)
    where = ".".join(str(step) for step in path) or "the file"
    code = detail["type"]
    if code in ("unexpected_keyword_argument", "extra_forbidden"):
        owner = node.at(path[:-1])
        key = str(path[-1])
        allowed = _allowed_keys(kind, detail["loc"][:-1])
        return owner.key_problem(
            owner.at((key,)).origin or file, key, "unknown-key", f"unknown key {quote(key)}; {suggestion(key, allowed)}"
        )
    if code in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return place.problem(file, "missing-key", f"{where} is required")
    if code == "literal_error":
        allowed = _literals(detail["ctx"]["expected"])
        return place.problem(file, "unknown-value", f"{where} cannot be {quote(place.raw)}; {suggestion(place.raw, allowed)}")
    return place.problem(file, "wrong-type", f"{where}: {detail['msg']}")


def _literals(expected: str) -> list[str]:
    return [word.strip("' ") for word in expected.replace(" or ", ", ").split(", ")]


def _allowed_keys(kind: type, path: tuple[int | str, ...]) -> list[str]:
    """The keys of the dataclass that stands at `path` below `kind`."""
    current: Any = kind
    for step in path:
        if isinstance(step, str) and is_dataclass(current):
            hint = _hints(current).get(step)  # type: ignore[arg-type]
            found = [part for part in _inner_types(hint) if is_dataclass(part)]
            current = found[0] if found else current
    top = not path
    names = [field.name for field in fields_of(current)] if is_dataclass(current) else []
    return [READ_AS.get(name, name) if top else name for name in names]


# -- what no text may be: empty, or a carrier of characters that a terminal or a page would obey -------------------------

ONE_LINE = frozenset({"id", "name", "title", "nct", "version", "therapy", "ruleset", "class"})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def text_problems(node: Node, file: str, key: str = "") -> Iterator[Problem]:
    """What is wrong with the texts in `node`, which stands at `key` of a mapping, or in a list there."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            if _CONTROL.search(name) or "\n" in name:
                yield node.key_problem(file, name, "control-character", f"{quote(name)} holds a control character")
            yield from text_problems(child, file, name)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from text_problems(child, file, key)
    elif isinstance(node.value, str):
        yield from _faults(node, file, key)


def _faults(node: Node, file: str, key: str) -> Iterator[Problem]:
    if not node.raw.strip():
        yield node.problem(file, "empty-text", f"{key or 'a text'} is empty; write it, or leave the key out")
    found = _CONTROL.search(node.raw)
    if found:
        code = f"U+{ord(found.group()):04X}"
        yield node.problem(
            file, "control-character", f"{quote(node.raw)} holds the control character {code}; allowed: line breaks"
        )
    elif key in ONE_LINE and "\n" in node.raw:
        yield node.problem(file, "line-break", f"{key} is one line; {quote(node.raw)} holds a line break")
