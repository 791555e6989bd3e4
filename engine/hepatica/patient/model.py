"""The profile as one pydantic model made from a table of fields: the reader is this model, and so is the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError, core_schema

from hepatica.documents import Node
from hepatica.patient import child_pugh, cmet
from hepatica.patient.common import COMMON_FIELDS
from hepatica.patient.contradictions import doubts
from hepatica.patient.fields import FLAGS, UNKNOWN, Field, Fields
from hepatica.patient.profile import COMPONENTS, Measurements, Profile, ProfileWarning, Understood, facts_of
from hepatica.patient.text import either_case, is_missing, missing_pattern, one_of, squashed
from hepatica.patient.value_reader import (
    BETWEEN,
    FLAG_WORDS,
    NumberReader,
    Refused,
    SetReader,
    ValueReader,
    WordReader,
    allowed_words,
    reader_of,
    with_unit,
)
from hepatica.problems import InvalidInput, Problem, quote, suggestion

if TYPE_CHECKING:
    from pydantic import BaseModel

Validator = Callable[[Any, Any], Any]
LABEL = "label"
LONGEST_LABEL = 200
MOST_UNKNOWN_FIELDS = 30
MOST_KEYS = 1000
MAPPING = "<profile>"
_COMPONENT_NAMES = ("child_pugh_component", "components", "child_pugh_parts")


@lru_cache(maxsize=64)
def validators_of(fields: Fields = COMMON_FIELDS) -> Mapping[str, Validator]:
    """The validator of every key of a patient file: what the model is made of."""
    found: dict[str, Validator] = {LABEL: _label, **{field.name: _validator(field) for field in fields.values()}}
    return found | ({COMPONENTS: _checked(_components)} if _has_child_pugh(fields) else {})


@lru_cache(maxsize=64)
def _core_validator(fields: Fields) -> SchemaValidator:
    """The model as pydantic's core runs it. Importing the rest of pydantic would double the time of a short command."""
    parts = {
        name: core_schema.typed_dict_field(core_schema.with_info_plain_validator_function(validator), required=False)
        for name, validator in validators_of(fields).items()
    }
    return SchemaValidator(core_schema.typed_dict_schema(parts, extra_behavior="forbid"))


@lru_cache(maxsize=64)
def profile_model(fields: Fields = COMMON_FIELDS) -> type[BaseModel]:
    """The model of a patient file as a class of pydantic's, with titles, descriptions and a JSON Schema."""
    from pydantic import BaseModel, PlainValidator, WithJsonSchema, create_model
    from pydantic import Field as PydanticField

    parts: dict[str, Any] = {}
    for name, validator in validators_of(fields).items():
        title, said, schema = _shown(name, fields)
        annotated = Annotated[Any, PlainValidator(validator), WithJsonSchema(schema)]
        parts[name] = (annotated, PydanticField(default=None, title=title, description=said))
    base = type("Closed", (BaseModel,), {"model_config": {"extra": "forbid"}, "__module__": __name__})
    return create_model("PatientFile", __base__=base, __doc__="One hypothetical patient.", **parts)


def _shown(name: str, fields: Fields) -> tuple[str, str, dict[str, Any]]:
    if name == LABEL:
        return "Label", "A title; never a person's name.", {"type": ["string", "number", "null"], "maxLength": LONGEST_LABEL}
    if name == COMPONENTS:
        return "Child-Pugh components", "The five components; class and score are computed from them.", _components_schema()
    return fields[name].title, _described(fields[name]), _schema(fields[name])


def profile_schema(fields: Fields = COMMON_FIELDS) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a patient file. Bounds of numbers in text, and contradictions, cannot be said in it."""
    schema = profile_model(fields).model_json_schema()
    aliases: dict[str, list[str]] = {}
    for written, name in names_of(fields).items():
        aliases.setdefault(name, []).append(written)
    spelled = {_key_pattern(words, fields.get(name)): {"$ref": f"#/properties/{name}"} for name, words in aliases.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "patternProperties": spelled}


def _key_pattern(words: Iterable[str], field: Field | None) -> str:
    """A pattern of a key in every spelling, with a unit in brackets where the field has units."""
    units = one_of(filter(None, (field.unit, *field.units))) if field else ""
    return either_case(rf"(?:{one_of(words)})" + (rf"(?:\s*[(\[]\s*(?:{units})\s*[)\]])?" if units else "") + r"\s*:?")


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
        raise InvalidInput([_whole(node, file, "not-a-profile", f"a profile is a mapping of fields, not {found}")])
    if len(entries) > MOST_KEYS:
        raise InvalidInput([_whole(node, file, "too-many", f"more than {MOST_KEYS} fields in one profile")])
    problems: list[Problem] = []
    place = _placed(node, file, list(entries))
    known, written = _named(entries, fields, place, problems)
    understood: list[Understood] = []
    try:
        read = _core_validator(fields).validate_python(known, context=understood)
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


def _profile(read: Mapping[str, Any], known: Mapping[str, Any], fields: Fields, understood: list[Understood]) -> Profile:
    facts: dict[str, Any] = {name: read.get(name) for name in fields}
    measurements: Measurements = {}
    warnings: tuple[ProfileWarning, ...] = ()
    if isinstance(facts.get(cmet.CMET), dict):
        measurements["cmet"] = facts[cmet.CMET]
        facts[cmet.CMET] = facts[cmet.CMET]["status"]
    if _has_child_pugh(fields):
        entered = facts[child_pugh.CLASS], facts[child_pugh.SCORE]
        found = child_pugh.graded(*entered, known, read.get(COMPONENTS))
        understood = child_pugh.both_understood(known, understood)
        facts |= found.facts
        warnings = found.warnings
        if found.measured is not None:
            measurements["child_pugh"] = found.measured
    understood = [*understood, *_implied(facts, fields)]
    total = facts_of(facts, fields)
    return Profile(
        total,
        read.get(LABEL) or "",
        measurements=measurements,
        warnings=(*warnings, *doubts(total)),
        understood=tuple(understood),
        fields=fields,
    )


def _implied(facts: dict[str, Any], fields: Fields) -> Iterator[Understood]:
    """Fills in what other fields imply of those that are not known, and says so."""
    for field in fields.values():
        for one in field.implied if facts[field.name] is None else ():
            ground = facts.get(one.field)
            if ground is not None and one.lacks not in ground:
                facts[field.name] = one.value
                said = f"{fields[one.field].title} {fields[one.field].show(ground)}"
                yield Understood(field.name, said, field.show(one.value), implied=True)
                break


def key_of(written: object, fields: Fields) -> tuple[str | None, str]:
    """The key of a patient file that people write so, and the unit that a heading names beside it."""
    text = str(written)
    name = names_of(fields).get(text) or _squashed_names(fields).get(squashed(text.rstrip(" :")))
    return (name, "") if name else fields.find_with_unit(text)


@lru_cache(maxsize=64)
def _squashed_names(fields: Fields) -> Mapping[str, str]:
    return {squashed(written): name for written, name in names_of(fields).items()}


def _named(
    entries: Mapping[str, Any], fields: Fields, place: Callable[..., Problem], problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The entries by their proper key, and how each key was written."""
    names = names_of(fields)
    known: dict[str, Any] = {}
    written: dict[str, str] = {}
    unknown = 0
    for key, value in entries.items():
        name, unit = (key, "") if key in names and names[key] == key else key_of(key, fields)
        if name is None:
            unknown += 1
            if unknown <= 2 * MOST_UNKNOWN_FIELDS:
                near = suggestion(key, keys_of(fields)) if unknown <= MOST_UNKNOWN_FIELDS else "see the first of them"
                problems.append(place((key,), "unknown-field", f"unknown field {quote(key)}; {near}"))
        elif name in written:
            problems.append(place((key,), "duplicate-key", f"{quote(key)} and {quote(written[name])} are the same field"))
        else:
            known[name], written[name] = with_unit(value, unit), key
    return known, written


def _whole(node: Node | None, file: str, code: str, message: str) -> Problem:
    return node.problem(file, code, message) if node else Problem(file, 1, 1, code, message)


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
    if isinstance(node.value, bool) and node.raw in FLAGS:
        return FLAG_WORDS[node.value]
    return None if node.value is None else node.raw


def _validator(field: Field) -> Validator:
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


def _checked(read: Validator) -> Validator:
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
    if typed is None or (isinstance(typed, str) and is_missing(typed)):
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


def _schema(field: Field) -> dict[str, Any]:
    """What a field's reader takes: tokens first, for editors; then every other text that is understood."""
    choices = _choices(reader_of(field))
    if field.name == cmet.CMET and field.values == ("high", "low"):
        parts = {name: _schema(part) for name, part in cmet.PARTS.items()}
        choices.append({"type": "object", "properties": parts, "additionalProperties": False})
    return {"anyOf": [*choices, *_missing()]}


def _choices(reader: ValueReader) -> list[dict[str, Any]]:
    field = reader.field
    if isinstance(reader, SetReader):
        one = reader.words_pattern
        member = {"anyOf": [{"enum": list(field.values)}, {"type": "string", "pattern": either_case(one)}]}
        joined = {"type": "string", "pattern": either_case(rf"{one}(?:{BETWEEN}{one})*")}
        empty = {"type": "string", "pattern": either_case(reader.none_pattern)}
        return [
            {"type": "array", "items": member, "maxItems": 50},
            {"enum": [*field.values, "none", *_native(reader)]},
            joined,
            empty,
        ]
    if isinstance(reader, WordReader):
        return [
            {"enum": [*allowed_words(field)[:-1], *_native(reader)]},
            {"type": "string", "pattern": either_case(reader.words_pattern)},
        ]
    kind = "number" if isinstance(reader, NumberReader) else "integer"
    pattern = getattr(reader, "words_pattern", "")
    return [{"type": kind, "minimum": field.low, "maximum": field.high}, {"type": "string", "pattern": either_case(pattern)}]


def _native(reader: WordReader) -> list[bool | int]:
    """The words that a document may write as true, false or a whole number."""
    flags = [flag for flag, word in FLAG_WORDS.items() if word in reader.vocabulary]
    return [*flags, *(int(word) for word in reader.vocabulary if word.isdecimal())]


def _components_schema() -> dict[str, Any]:
    parts = {name: _measured(name) if name in child_pugh.SCALES else _schema(part) for name, part in child_pugh.PARTS.items()}
    spelled = {_key_pattern((name, part.title, *part.aliases), part): parts[name] for name, part in child_pugh.PARTS.items()}
    shown = {"type": "object", "properties": parts, "patternProperties": spelled, "additionalProperties": False}
    return {"anyOf": [shown, {"enum": [UNKNOWN, None]}]}


def _measured(name: str) -> dict[str, Any]:
    """What a measured component takes: an amount with its unit, or a number where it has none."""
    reader = child_pugh.scale_reader(name)
    numbers, texts = _choices(reader)
    return {"anyOf": [texts, *_missing(), *([] if reader.unit_needed else [numbers])]}


def _missing() -> list[dict[str, Any]]:
    missing = {"type": "string", "pattern": either_case(missing_pattern())}
    return [missing, {"type": "array", "items": missing, "minItems": 1, "maxItems": 1}, {"type": "null"}]
