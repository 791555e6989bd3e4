"""A typed result as JSON, and its JSON Schema: both derived from the type, so neither can say what the other does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from hepatica.documents import DIALECT
from hepatica.evaluation import LISTS, BoundedCache, Entry, Evaluation
from hepatica.notice import NOTICE
from hepatica.printable import escaped_in_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class _Written(BoundedCache[int, tuple[Entry, bytes]]):
    # By their identity, since to compare two takes longer than to write one. The entry is kept beside its JSON: while it is, no
    # other can have its identity.

    MOST = 4096


_WRITTEN = _Written()


def document(result: Any) -> Any:
    """A result as JSON-ready values. What is JSON-ready already (a schema, say) is given back as it is."""
    if result is None or isinstance(result, (dict, str, int, float)):
        return result
    if isinstance(result, (list, tuple)) and not hasattr(result, "_fields"):
        return [document(item) for item in result]
    return _adapter(result.__class__).dump_python(result, mode="json")


def json_text(value: Any) -> str:
    """A result as JSON text that steers no terminal. Raises `ValueError` for a number that JSON has no word for."""
    # Not pydantic's own text: JSON has no word for NaN and infinity, and this refuses them where that writes null.
    return escaped_in_json(json.dumps(document(value), indent=2, ensure_ascii=False, allow_nan=False))


def json_bytes(result: Any) -> bytes:
    """A result as compact JSON in UTF-8, several times faster than the others; not for a terminal."""
    if not isinstance(result, Evaluation):
        return _adapter(result.__class__).dump_json(result)
    # Four fifths of an answer's JSON are entries, which evaluators share between answers: each is written once.
    parts = (b'"%s":%s' % (name, write(getattr(result, name.decode()))) for name, write in _writers().items())
    return b"{%s}" % b",".join(parts)


@cache
def _writers() -> Mapping[bytes, Callable[[Any], bytes]]:
    from pydantic import TypeAdapter

    kinds = get_type_hints(Evaluation, include_extras=True)
    shown = [part.name for part in fields(Evaluation) if part.name != "knowledge"]
    return {name.encode(): _entries if name in LISTS else TypeAdapter(kinds[name]).dump_json for name in shown}


def _entries(entries: Iterable[Entry]) -> bytes:
    held = ((_WRITTEN.get(id(one)) or _WRITTEN.keep(id(one), (one, _adapter(Entry).dump_json(one)))) for one in entries)
    return b"[%s]" % b",".join(written for _, written in held)


def json_line(value: Any) -> str:
    """A result as one line of JSON, without blanks."""
    return escaped_in_json(json.dumps(document(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def schema(kind: Any, name: str, version: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a result type as it is written, with an id that names it and the version of the contract."""
    from pydantic.json_schema import GenerateJsonSchema

    class _ResultSchema(GenerateJsonSchema):
        def dataclass_schema(self, schema: Any) -> dict[str, Any]:
            """Open to keys of later versions, whether or not this process read the same type from files (closed)."""
            return {key: value for key, value in super().dataclass_schema(schema).items() if key != "additionalProperties"}

    return named_schema(_adapter(kind).json_schema(mode="serialization", schema_generator=_ResultSchema), name, version)


def named_schema(schema: dict[str, Any], name: str, version: str) -> dict[str, Any]:
    """A JSON Schema with an id that names it, and the notice that every output carries."""
    head = {"$schema": DIALECT, "$id": f"urn:hepatica:{name}:{version}", "$comment": NOTICE}
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


# Kept, because building one takes longer than writing a hundred results by it.
@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
