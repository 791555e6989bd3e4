"""What a ruleset says, as data: JSON that is always the same for the same content, its digest, and the way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any

from hepatica.knowledge import conditions, evidence, ruleset
from hepatica.knowledge.ruleset import Ruleset
from hepatica.patient import COMMON_FIELDS, Field, Fields

_KIND, _MAPPING, _FIELDS = "@", "mapping", "fields"


def digest_of(loaded: Ruleset) -> str:
    """`sha256:` over what a ruleset says: layout, comments, and in which file a thing stands, do not count."""
    return _digest(as_json(loaded))


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def as_json(loaded: Ruleset) -> bytes:
    """A ruleset as JSON, always the same for the same content; its places and folder are left out."""
    plain = _plain(replace(loaded, digest="", places={}, folder=""))
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(body: bytes) -> Ruleset:
    """The ruleset in such a text, with the digest of that text. Raises `ValueError`, `TypeError` or `KeyError` for any other."""
    found = json.loads(body, object_hook=_record)
    if not isinstance(found, Ruleset):
        raise ValueError("not a ruleset")
    return replace(found, digest=_digest(body))


def _plain(value: Any) -> Any:
    """Records as JSON values: parts that are as they are by default are left out, so that a new one changes no digest."""
    if isinstance(value, Fields):
        own = [field for name, field in value.items() if COMMON_FIELDS.get(name) is not field]
        return {_KIND: _FIELDS, "own": _plain(own)}
    if is_dataclass(value) and not isinstance(value, type):
        parts: dict[str, Any] = {_KIND: type(value).__name__}
        for name, default in _defaults(type(value)):
            part = getattr(value, name)
            if part != default:
                parts[name] = _plain(part)
        return parts
    if isinstance(value, Mapping):
        return {_KIND: _MAPPING, "of": [[_plain(key), _plain(inner)] for key, inner in value.items()]}
    return [_plain(inner) for inner in value] if isinstance(value, (tuple, list)) else value


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a record with what they are by default."""
    made = {item.name: item.default_factory() for item in fields(kind) if item.default_factory is not MISSING}
    return tuple((item.name, made.get(item.name, item.default)) for item in fields(kind))


def _record(parts: dict[str, Any]) -> Any:
    """The opposite of `_plain`, called for every JSON object; raises `KeyError` or `TypeError` for what is no record."""
    kind = parts.pop(_KIND)
    if kind == _MAPPING:
        return {_tuples(key): _tuples(inner) for key, inner in parts["of"]}
    if kind == _FIELDS:
        return COMMON_FIELDS.merged(parts["own"]) if parts["own"] else COMMON_FIELDS
    return _KINDS[kind](**{name: _tuples(part) if part.__class__ is list else part for name, part in parts.items()})


def _tuples(value: Any) -> Any:
    return tuple([_tuples(inner) for inner in value]) if value.__class__ is list else value


def _kinds() -> Iterator[type]:
    for module in (conditions, evidence, ruleset):
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__:
                yield kind
    yield Field


_KINDS = {kind.__name__: kind for kind in _kinds()}
