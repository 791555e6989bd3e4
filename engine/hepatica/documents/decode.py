"""From a parsed document to a dataclass, by pydantic, with every error placed in the file and said in plain words.

The dataclass is the schema: its fields are the keys that are allowed, at every level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from hepatica.documents.reader import Node, Path, Reader
from hepatica.problems import Problem, quote, suggestion

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The JSON Schema that every schema here is written in."""
MOST_PROBLEMS = 500
"""Of one document no more are told."""
T = TypeVar("T")

_CONFIG = {"extra": "forbid", "coerce_numbers_to_str": True, "arbitrary_types_allowed": True, "allow_inf_nan": False}
_EXTRA = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
# What pydantic expected, in words, by the beginning of its error's type.
_EXPECTED = {
    "a text": ("string",),
    "a whole number": ("int",),
    "a number": ("float", "finite"),
    "yes or no": ("bool",),
    "a list": ("tuple", "list", "set", "frozen"),
    "a mapping": ("dict", "mapping", "dataclass"),
    "empty": ("none",),
}


def decode(
    kind: type[T],
    node: Node,
    problems: list[Problem],
    *,
    written: Mapping[str, str] | None = None,
    special: Mapping[str, Reader] | None = None,
) -> T | None:
    """The object in `node`; None where it is unusable, with the reasons added to `problems`.

    `written` gives the attribute that a top-level key stands for, where the two differ. `special` reads what stands under
    some keys, at any depth, by functions of their own, which report their problems themselves.
    """
    from pydantic_core import ValidationError

    before = len(problems)  # readers of special keys add to the same list
    renamed = written or {}
    data = node.data(_as_typed, special or {})
    if isinstance(data, dict):
        data = {renamed.get(key, key): value for key, value in data.items()}
    try:
        found: T = adapter(kind).validate_python(data)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = _located(kind, node, error, {name: key for key, name in renamed.items()})
        problems.extend(islice(wrong, MOST_PROBLEMS))  # finding the words for a hundred thousand takes a minute
        return None
    return found if len(problems) == before else None


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a dataclass; unknown keys are refused at every level."""
    from pydantic import TypeAdapter

    _forbid_extra(kind)
    return TypeAdapter(kind)


def _forbid_extra(kind: type) -> None:
    """Dataclasses of the standard library take pydantic's settings from an attribute; set it once on each one reached."""
    if not is_dataclass(kind) or "__pydantic_config__" in vars(kind):
        return
    kind.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]
    for hint in _hints(kind).values():
        for inner in _inner_types(hint):
            _forbid_extra(inner)


_hints = cache(get_type_hints)


def _inner_types(hint: Any) -> list[type]:
    inner = [part for arg in get_args(hint) for part in _inner_types(arg)]
    return [hint, *inner] if isinstance(hint, type) else inner


def _as_typed(scalar: Node) -> object:
    """Yes stays yes where a text is wanted, and 1.10 keeps its nought."""
    if isinstance(scalar.value, bool):
        return scalar.raw.lower()
    return scalar.raw if isinstance(scalar.value, float) and repr(scalar.value) != scalar.raw else scalar.value


def _located(kind: type, node: Node, error: ValidationError, keys: Mapping[str, str]) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        steps, code = detail["loc"], detail["type"]
        path: Path = (keys.get(str(steps[0]), steps[0]), *steps[1:]) if steps else ()
        key = str(path[-1]) if path else ""
        place, where = node.at(path), _where(node, path)
        named = where or "the file"
        if code in _EXTRA:
            message = f"unknown key {quote(key)}; {suggestion(key, _allowed_keys(kind, steps[:-1], keys))}"
            yield node.at(path[:-1]).key_fault(key, "unknown-key", message)
        elif code in _MISSING:
            yield place.fault("missing-key", f"{'.'.join(filter(None, (where, key)))} is required")
        elif code == "literal_error":
            allowed = [word.strip("' ") for word in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
            message = f"{named} cannot be {quote(place.raw)}; {suggestion(place.raw, allowed)}"
            yield place.fault("unknown-value", message)
        else:
            expected = next((words for words, starts in _EXPECTED.items() if code.startswith(starts)), "")
            said = f"{named} is {expected}, not {place.described}" if expected else f"{named}: {detail['msg']}"
            yield place.fault("wrong-type", said)


def _where(node: Node, path: Path) -> str:
    """The steps of a path that the document has: pydantic adds the name of each type it tried."""
    steps: list[str] = []
    for step in path:
        inner = node.at((step,))
        if inner is node:
            break
        steps.append(quote(step)[1:-1])
        node = inner
    return ".".join(steps)


def _allowed_keys(kind: Any, path: Path, keys: Mapping[str, str]) -> list[str]:
    current: Any = kind
    for step in path:
        if isinstance(step, str) and is_dataclass(current):
            found = [part for part in _inner_types(_hints(current).get(step)) if is_dataclass(part)]  # type: ignore[arg-type]
            current = found[0] if found else current
    names = [field.name for field in fields(current)] if is_dataclass(current) else []
    return names if path else [keys.get(name, name) for name in names]
