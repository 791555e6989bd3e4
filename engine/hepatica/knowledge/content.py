"""What a ruleset says, as data: JSON that is always the same for the same content, its digest, and the way back."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any

from hepatica.knowledge import conditions, evidence, ruleset
from hepatica.knowledge.files import sha256
from hepatica.knowledge.ruleset import Ruleset
from hepatica.patient import COMMON_FIELDS, Field, Fields, Implication, fields_of
from hepatica.records import made_of

_KIND = "\0"  # no text of a ruleset may hold it, so no mapping of a ruleset can be taken for a record


def digest_of(loaded: Ruleset) -> str:
    """`sha256:` over what a ruleset says: layout, comments, and in which file a thing stands, do not count."""
    return _digest(as_json(loaded))


def _digest(body: bytes | memoryview) -> str:
    return f"sha256:{sha256(body).hexdigest()}"


def as_json(loaded: Ruleset) -> bytes:
    """A ruleset as JSON, always the same for the same content; its places and folder are left out."""
    plain = replace(loaded, digest="", places={}, folder="")
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=_parts).encode()


def from_json(body: bytes | memoryview) -> Ruleset:
    """The ruleset in such a text, with the digest of that text. Raises `ValueError`, `TypeError` or `KeyError` for any other."""
    found = json.loads(str(body, "utf-8"), object_hook=_record)
    if not isinstance(found, Ruleset):
        raise ValueError("not a ruleset")
    return replace(found, digest=_digest(body))


def _parts(value: Any) -> dict[str, Any]:
    """A record as a mapping: parts that are as they are by default are left out, so that a new one changes no digest."""
    if isinstance(value, Fields):
        own = [field for name, field in value.items() if COMMON_FIELDS.get(name) is not field]
        common = None if value.keys() >= COMMON_FIELDS.keys() else [name for name in value if name in COMMON_FIELDS]
        return {_KIND: Fields.__name__, "own": own} | ({"common": common} if common is not None else {})
    # Called by `json` for whatever it does not know itself; tuples and mappings it writes as lists and objects.
    parts = ((name, getattr(value, name), default) for name, default in _defaults(value.__class__))
    return {_KIND: type(value).__name__, **{name: part for name, part, default in parts if part != default}}


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    made = {item.name: item.default_factory() for item in fields(kind) if item.default_factory is not MISSING}
    return tuple((item.name, made.get(item.name, item.default)) for item in fields(kind))


def _record(parts: dict[str, Any]) -> Any:
    """The opposite of `_parts`, called for every JSON object."""
    kind = parts.pop(_KIND, None)
    # JSON has no tuples, and records must be hashable. Replacing the value of a key that is there is safe in a loop.
    for name, part in parts.items():
        if part.__class__ is list:
            parts[name] = _tuples(part) if list in map(type, part) else tuple(part)
    if kind is None:
        return parts
    return fields_of(**parts) if kind == Fields.__name__ else made_of(_KINDS[kind], parts)


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    return tuple([_tuples(inner) if inner.__class__ is list else inner for inner in value])


_KINDS: dict[str, Any] = {
    name: kind for module in (conditions, evidence, ruleset) for name, kind in vars(module).items() if is_dataclass(kind)
} | {"Field": Field, "Implication": Implication}
