"""The profile as one pydantic model made from a table of fields: the reader is this model, and so is the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, WithJsonSchema, create_model
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from hepatica.documents import Node
from hepatica.patient import child_pugh, cmet
from hepatica.patient.common import COMMON_FIELDS
from hepatica.patient.contradictions import doubts
from hepatica.patient.fields import UNKNOWN, Field, Fields
from hepatica.patient.profile import COMPONENTS, Measurements, Profile, ProfileWarning, Understood, facts_of
from hepatica.patient.text import either_case, missing_pattern, one_of, squashed
from hepatica.patient.value_reader import BETWEEN, NumberReader, Reading, Refused, SetReader, ValueReader, WordReader, reader_of
from hepatica.problems import InvalidInput, Problem, quote, suggestion

LABEL = "label"
LONGEST_LABEL = 200
MOST_UNKNOWN_FIELDS = 30
MAPPING = "<profile>"
_COMPONENT_NAMES = ("child_pugh_component", "components", "child_pugh_parts")


@lru_cache(maxsize=64)
def profile_model(fields: Fields = COMMON_FIELDS) -> type[BaseModel]:
    """The model of a patient file: each field is read by its own reader; what was understood goes to the context."""
    parts: dict[str, Any] = {LABEL: (Annotated[Any, PlainValidator(_label), WithJsonSchema(_label_schema())], None)}
    for field in fields.values():
        described = PydanticField(default=None, title=field.title, description=_described(field))
        parts[field.name] = (Annotated[Any, PlainValidator(_validator(field)), WithJsonSchema(_schema(field))], described)
    if _has_child_pugh(fields):
        components = Annotated[Any, PlainValidator(_checked(_components)), WithJsonSchema(_components_schema())]
        parts[COMPONENTS] = (components, PydanticField(default=None, title="Child-Pugh components"))
    return create_model("PatientFile", __config__=ConfigDict(extra="forbid"), __doc__="One hypothetical patient.", **parts)


def profile_schema(fields: Fields = COMMON_FIELDS) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a patient file. Bounds of numbers in text, and contradictions, cannot be said in it."""
    schema = profile_model(fields).model_json_schema()
    aliases: dict[str, list[str]] = {}
    for written, name in names_of(fields).items():
        aliases.setdefault(name, []).append(written)
    spelled = {either_case(one_of(words) + r"\s*:?"): {"$ref": f"#/properties/{name}"} for name, words in aliases.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "patternProperties": spelled}


@lru_cache(maxsize=64)
def names_of(fields: Fields) -> Mapping[str, str]:
    """Every way to write a key of a patient file, with the key."""
    written = {name: name for name in fields}
    for field in fields.values():
        written |= {w: field.name for w in (field.title, *field.aliases) if fields.find(w) == field.name}
    own = {LABEL: LABEL, "title": LABEL, "case": LABEL}
    return own | (dict.fromkeys((COMPONENTS, *_COMPONENT_NAMES), COMPONENTS) if _has_child_pugh(fields) else {}) | written


@lru_cache(maxsize=64)
def keys_of(fields: Fields) -> tuple[str, ...]:
    """The keys of a patient file."""
    return tuple(dict.fromkeys(names_of(fields).values()))


def profile_from(data: Node | Mapping[str, Any], file: str = MAPPING, fields: Fields = COMMON_FIELDS) -> Profile:
    """The profile in a parsed document or a mapping; raises `InvalidInput` with every problem, located in `file`.

    In a mapping the n-th key stands at line n.
    """
    node = data if isinstance(data, Node) else None
    entries: Any = _texts(node) if node is not None else data
    if not isinstance(entries, Mapping):
        found = "a list" if isinstance(entries, (list, tuple)) else quote(entries if isinstance(entries, str) else str(entries))
        message = f"a profile is a mapping of fields, not {found}"
        raise InvalidInput(
            [node.problem(file, "not-a-profile", message) if node else Problem(file, 1, 1, "not-a-profile", message)]
        )
    problems: list[Problem] = []
    place = _placed(node, file, list(entries))
    known, written = _named(entries, fields, place, problems)
    understood: list[Understood] = []
    try:
        read = profile_model(fields).__pydantic_validator__.validate_python(known, context=understood)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            key = str(detail["loc"][0])
            problems += [place((written[key], *inner), code, said) for inner, code, said in _parts(detail)]
        raise InvalidInput(problems) from None
    if problems:
        raise InvalidInput(problems)
    try:
        return _profile(read, known, fields, understood)
    except Refused as refused:
        raise InvalidInput([place((written[str(at[0])], *at[1:]), code, said) for at, code, said in refused.parts]) from None


def _profile(read: Any, known: Mapping[str, Any], fields: Fields, understood: list[Understood]) -> Profile:
    facts = {name: getattr(read, name) for name in fields}
    measurements: Measurements = {}
    warnings: tuple[ProfileWarning, ...] = ()
    if isinstance(facts.get(cmet.CMET), dict):
        measurements["cmet"] = facts[cmet.CMET]
        facts[cmet.CMET] = facts[cmet.CMET]["status"]
    if _has_child_pugh(fields):
        entered = facts[child_pugh.CLASS], facts[child_pugh.SCORE]
        found = child_pugh.graded(*entered, known, getattr(read, COMPONENTS))
        facts |= found.facts
        warnings = found.warnings
        if found.measured is not None:
            measurements["child_pugh"] = found.measured
    total = facts_of(facts, fields)
    return Profile(
        total,
        read.label or "",
        measurements=measurements,
        warnings=(*warnings, *doubts(total)),
        understood=tuple(understood),
        fields=fields,
    )


def _named(
    entries: Mapping[str, Any], fields: Fields, place: Callable[..., Problem], problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The entries by their proper key, and how each key was written."""
    names = names_of(fields)
    spelled = {squashed(written): name for written, name in names.items()} if any(key not in names for key in entries) else names
    known: dict[str, Any] = {}
    written: dict[str, str] = {}
    unknown = [key for key in entries if key not in names and squashed(str(key).rstrip(" :")) not in spelled]
    for key, value in entries.items():
        name = names.get(key) or spelled.get(squashed(str(key).rstrip(" :")))
        if name in written:
            problems.append(place((key,), "duplicate-key", f"{quote(key)} and {quote(written[name])} are the same field"))
        elif name is not None:
            known[name], written[name] = value, key
    for number, key in enumerate(unknown):
        near = suggestion(key, keys_of(fields)) if number < MOST_UNKNOWN_FIELDS else "see the first of them"
        problems.append(place((key,), "unknown-field", f"unknown field {quote(key)}; {near}"))
        if number == 2 * MOST_UNKNOWN_FIELDS:
            break
    return known, written


def _placed(node: Node | None, file: str, keys: list[str]) -> Callable[..., Problem]:
    def place(path: tuple[int | str, ...], code: str, message: str) -> Problem:
        if node is None:
            return Problem(file, keys.index(str(path[0])) + 1 if path[0] in keys else 1, 1, code, message)
        if code in ("unknown-field", "duplicate-key"):
            return node.at(path[:-1]).key_problem(file, str(path[-1]), code, message)
        return node.at(path).problem(file, code, message)

    return place


def _texts(node: Node) -> Any:
    """The document with every scalar as it was typed: `1.200` is no longer seen in a number."""
    if isinstance(node.value, dict):
        return {key: _texts(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_texts(child) for child in node.value]
    return None if node.value is None else node.raw


def _validator(field: Field) -> Callable[[Any, Any], Any]:
    reader = reader_of(field)
    name = field.name

    def validate(typed: Any, info: Any) -> Any:
        if name == cmet.CMET and field.values == ("high", "low"):
            found = cmet.staining(typed)
            if found is not None:
                return found
        reading = reader.read(typed)
        if reading.understood and info.context is not None:
            shown = ", ".join(map(str, typed)) if isinstance(typed, (list, tuple)) else str(typed)
            info.context.append(Understood(name, quote(shown)[1:-1], reading.understood))
        return reading.value

    return _checked(validate)


def _checked(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`read`, whose refusals are errors of pydantic's that carry every part of the refusal."""

    def validate(typed: Any, info: Any) -> Any:
        try:
            return read(typed, info)
        except Refused as refused:
            raise PydanticCustomError("refused", "{message}", {"message": str(refused), "parts": refused.parts}) from None

    return validate


def _parts(detail: Any) -> list[Any]:
    return list(detail["ctx"]["parts"])


def _components(typed: Any, info: Any) -> Any:
    if typed is None or reader_of(child_pugh.PARTS["ascites"]).exact.get(typed if isinstance(typed, str) else "x") == Reading(
        None
    ):
        return None
    return child_pugh.measured(typed)


def _label(typed: Any, info: Any) -> str | None:
    text = str(typed) if isinstance(typed, (str, int, float)) else None
    if typed is None or (text is not None and len(text) <= LONGEST_LABEL and text.isprintable()):
        return text
    said = f"a label is one line of at most {LONGEST_LABEL} printable characters"
    raise PydanticCustomError("refused", "{message}", {"message": said, "parts": [((), "label", said)]})


def _has_child_pugh(fields: Fields) -> bool:
    return child_pugh.CLASS in fields and child_pugh.SCORE in fields


def _described(field: Field) -> str:
    allowed = f" Allowed: {', '.join(field.values)}." if field.values else f" In {field.unit}." if field.unit else ""
    return f"{field.help}{allowed} '{UNKNOWN}' or absent: not known."


def _label_schema() -> dict[str, Any]:
    return {"type": ["string", "number", "null"], "maxLength": LONGEST_LABEL, "description": "A title; never a person's name."}


def _schema(field: Field) -> dict[str, Any]:
    """What a field's reader takes: tokens first, for editors; then every other text that is understood."""
    choices = _choices(reader_of(field))
    if field.name == cmet.CMET and field.values == ("high", "low"):
        parts = {name: _schema(part) for name, part in cmet.PARTS.items()}
        choices.append({"type": "object", "properties": parts, "additionalProperties": False})
    return {"anyOf": [*choices, {"type": "string", "pattern": either_case(missing_pattern())}, {"type": "null"}]}


def _choices(reader: ValueReader) -> list[dict[str, Any]]:
    field = reader.field
    if isinstance(reader, SetReader):
        one = reader.words_pattern
        member = {"anyOf": [{"enum": list(field.values)}, {"type": "string", "pattern": either_case(one)}]}
        joined = {"type": "string", "pattern": either_case(rf"{one}(?:{BETWEEN}{one})*")}
        return [{"type": "array", "items": member, "maxItems": 50}, {"enum": [*field.values, "none"]}, joined]
    if isinstance(reader, WordReader):
        native: list[Any] = [True, False] if field.kind == "flag" else [int(v) for v in field.values if v.isdigit()]
        return [{"enum": [*reader.allowed[:-1], *native]}, {"type": "string", "pattern": either_case(reader.words_pattern)}]
    kind = "number" if isinstance(reader, NumberReader) else "integer"
    pattern = getattr(reader, "words_pattern", "")
    return [{"type": kind, "minimum": field.low, "maximum": field.high}, {"type": "string", "pattern": either_case(pattern)}]


def _components_schema() -> dict[str, Any]:
    parts = {}
    for name, part in child_pugh.PARTS.items():
        if name in child_pugh.SCALES:
            plausible = child_pugh.SCALES[name].plausible
            ranges = [{"type": "number", "minimum": plausible[""][0], "maximum": plausible[""][1]}] if "" in plausible else []
            parts[name] = {"anyOf": [*ranges, {"type": "string"}, {"type": "null"}]}
        else:
            parts[name] = _schema(part)
    shown = {"type": "object", "properties": parts, "additionalProperties": False}
    return {"anyOf": [shown, {"enum": [UNKNOWN, None]}]}
