"""The profile as one pydantic model made from a table of fields: the reader is this model, and so is the schema.

Profiles come from files, standard input, mappings, and `field=value` settings laid over a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError, core_schema

from hepatica.documents import DIALECT, Node, read_bytes, read_document, read_yaml
from hepatica.patient.fields import COMMON_FIELDS, FLAGS, UNKNOWN, Field, Fields, table
from hepatica.patient.measurements import CHILD_PUGH_GROUP, CLASS, CMET, SCORE, ComponentsReader, StainingReader, graded
from hepatica.patient.profile import COMPONENTS, Measurements, Profile, ProfileWarning, Understood, doubts, facts_of, implied
from hepatica.patient.text import is_missing
from hepatica.patient.value_reader import (
    FLAG_WORDS,
    NOT_KNOWN,
    JsonSchema,
    Reading,
    Refused,
    ValueReader,
    missing_schema,
    reader_of,
    with_unit,
)
from hepatica.problems import InvalidInput, Problem, gathered, quote, suggestion

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "label"
LONGEST_LABEL = 200
MOST_KEYS = 1000
MAX_PROFILES = 1000
LONGEST_SETTING = 1000
MAPPING, SETTINGS = "<profile>", "--set"
# A comparison may stand in place of the equals sign: afp>400.
_SETTING = r"(?s)\s*(?P<name>[^=<>]*?)\s*(?P<sign>[<>]=?|=)\s*(?P<value>.*)"
_OWN_KEYS = table("keys")
Place = Callable[..., Problem]


class LabelReader(ValueReader):
    """A title of the case: one line of text."""

    def read(self, typed: Any) -> Reading:
        """The label; raises `Refused`."""
        text = str(typed) if isinstance(typed, (str, int, float)) else None
        if typed is None or (text is not None and len(text) <= LONGEST_LABEL and text.isprintable()):
            return Reading(text)
        raise Refused("label", f"a label is one line of at most {LONGEST_LABEL} printable characters")

    def schema(self) -> list[JsonSchema]:
        """Any text or number; its length and characters are checked by the reader."""
        return [{"type": ["string", "number", "null"], "maxLength": LONGEST_LABEL}]


@lru_cache(maxsize=64)
def keys_of(fields: Fields) -> Fields:
    """The keys of a patient file: the label, the fields, and the components of Child-Pugh where the fields have it."""
    measured = CLASS in fields and SCORE in fields
    own = [key for key in _OWN_KEYS.values() if measured or key.name != COMPONENTS]
    return Fields([*own, *fields.values()])


def _reader(key: Field) -> ValueReader:
    if key in _OWN_KEYS.values():
        return LabelReader(key) if key.name == LABEL else ComponentsReader(key)
    stained = key.name == CMET and key.values == ("high", "low")
    return StainingReader(key) if stained else reader_of(key)


@lru_cache(maxsize=64)
def _model(fields: Fields) -> tuple[core_schema.CoreSchema, SchemaValidator]:
    """The model as pydantic's core runs it. Importing the rest of pydantic would double the time of a short command."""
    plain = core_schema.no_info_plain_validator_function
    parts = {key.name: plain(_validator(_reader(key)), metadata={"key": key}) for key in keys_of(fields).values()}
    optional = {name: core_schema.typed_dict_field(part, required=False) for name, part in parts.items()}
    schema = core_schema.typed_dict_schema(optional, extra_behavior="forbid")
    return schema, SchemaValidator(schema)


def _validator(reader: ValueReader) -> Callable[[Any], Reading]:
    def validate(typed: Any) -> Reading:
        try:
            return reader.read(typed)
        except Refused as refused:
            raise PydanticCustomError("refused", "{message}", {"message": str(refused), "parts": refused.parts}) from None

    return validate


def profile_schema(fields: Fields = COMMON_FIELDS) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a patient file. Bounds of numbers in text, and contradictions, cannot be said in it."""
    from pydantic.json_schema import GenerateJsonSchema

    class PatientSchema(GenerateJsonSchema):
        def function_plain_schema(self, schema: Any) -> JsonSchema:
            key: Field = schema["metadata"]["key"]
            allowed = f" Allowed: {', '.join(key.values)}." if key.values else f" In {key.unit}." if key.unit else ""
            said = key.help if key in _OWN_KEYS.values() else f"{key.help}{allowed} '{UNKNOWN}' or absent: not known."
            missing = [] if key.name == LABEL else missing_schema()
            return {"title": key.title, "description": said, "anyOf": [*_reader(key).schema(), *missing]}

    schema = PatientSchema().generate(_model(fields)[0])
    aliases = {pattern: {"$ref": f"#/properties/{name}"} for name, pattern in keys_of(fields).patterns().items()}
    title = {"title": "PatientFile", "description": "One hypothetical patient."}
    return {"$schema": DIALECT, **title, **schema, "patternProperties": aliases}


def profile_from(data: Node | Mapping[str, Any], file: str = MAPPING, fields: Fields = COMMON_FIELDS) -> Profile:
    """The profile in a parsed document or a mapping; raises `InvalidInput` with every problem. In a mapping, which is called
    `file`, the n-th key stands at line n."""
    entries: Any = data
    if isinstance(data, Node):
        node, entries = data, data.data(_as_typed)
    else:
        lines = {str(key): n for n, key in enumerate(data if isinstance(data, Mapping) else (), 1)}
        values: dict[str, Node] = {key: Node("", n, 1, origin=file) for key, n in lines.items()}
        node = Node(values, 1, 1, "", {key: (n, 1) for key, n in lines.items()}, file)

    def place(path: tuple[int | str, ...], code: str, message: str) -> Problem:
        if code in ("unknown-field", "duplicate-key"):  # a key that is refused; all else stands at the value
            return node.at(path[:-1]).key_fault(str(path[-1]), code, message)
        return node.fault(code, message, path)

    if not isinstance(entries, Mapping):
        found = "a list" if isinstance(entries, (list, tuple)) else quote(str(entries))
        raise InvalidInput([place((), "not-a-profile", f"a profile is a mapping of fields, not {found}")])
    if len(entries) > MOST_KEYS:
        raise InvalidInput([place((), "too-many", f"more than {MOST_KEYS} fields in one profile")])
    problems: list[Problem] = []
    # Wrong keys do not keep the values from being read: all that is wrong is told at once.
    known, written = _named(entries, keys_of(fields), place, problems)
    parts: list[Any] = []
    try:
        read = _model(fields)[1].validate_python(known)
        if not problems:
            return _profile(read, known, fields)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            parts += [((detail["loc"][0], *inner), code, said) for inner, code, said in detail["ctx"]["parts"]]
    except Refused as refused:
        parts = refused.parts
    problems += [place((written[at[0]], *at[1:]), code, said) for at, code, said in parts]
    raise InvalidInput(problems)


def _profile(read: Mapping[str, Reading], known: Mapping[str, Any], fields: Fields) -> Profile:
    read = {name: read.get(name, NOT_KNOWN) for name in keys_of(fields)}
    facts: dict[str, Any] = {name: read[name].value for name in fields}
    understood: dict[str, Understood] = {}
    for name, (_, said) in read.items():
        if said:
            text = ", ".join(map(str, known[name])) if isinstance(known[name], (list, tuple)) else str(known[name])
            understood[name] = Understood(name, quote(text)[1:-1], said)
    measurements: Measurements = {}
    warnings: tuple[ProfileWarning, ...] = ()
    if isinstance(facts.get(CMET), dict):
        measurements["cmet"] = facts[CMET]
        facts[CMET] = facts[CMET]["status"]
    if COMPONENTS in read:
        (grades, measured, warnings), stated = graded(facts[CLASS], facts[SCORE], known, read[COMPONENTS].value)
        understood |= {each.field: each for each in stated}
        facts |= grades
        if measured is not None:
            measurements["child_pugh"] = measured
    understood |= {each.field: each for each in implied(facts, fields)}
    total = facts_of(facts, fields)
    return Profile(
        total,
        read[LABEL].value or "",
        measurements=measurements,
        warnings=(*warnings, *doubts(total, fields, understood.values())),
        understood=tuple(understood.values()),
        fields=fields,
    )


def _named(entries: Mapping[str, Any], keys: Fields, place: Place, problems: list[Problem]) -> tuple[dict[str, Any], ...]:
    known: dict[str, Any] = {}
    written: dict[str, str] = {}
    for key, value in entries.items():
        name, unit = keys.find_with_unit(str(key))
        if name is None:
            problems.append(place((key,), "unknown-field", f"unknown field {quote(key)}; {suggestion(key, keys)}"))
        elif name in written:
            problems.append(place((key,), "duplicate-key", f"{quote(key)} and {quote(written[name])} are the same field"))
        else:
            known[name], written[name] = with_unit(value, unit), key
    return known, written


def _as_typed(scalar: Node) -> str | None:
    # `1.200` can no longer be seen in a number; yes and no are words that nobody need be told of.
    if isinstance(scalar.value, bool) and scalar.raw in FLAGS:
        return FLAG_WORDS[scalar.value]
    return None if scalar.value is None else scalar.raw


def read_profile(path: Path | str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> Profile:
    """The profile in a YAML or JSON file, with `field=value` settings laid over it."""
    file = str(path)
    return profile_in(read_bytes(path, file), file, settings, fields=fields)


def profile_in(data: bytes, file: str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> Profile:
    """As `read_profile`, of bytes already read; `file` names them in problems."""
    return _overlaid(read_document(data, file, bare_signs=True), settings, fields)


def profile_of(settings: Sequence[str], *, fields: Fields = COMMON_FIELDS) -> Profile:
    """A profile of settings alone."""
    return _overlaid(Node({}, 1, 1, origin=SETTINGS), settings, fields)


def profiles_in(data: bytes, file: str, settings: Sequence[str] = (), *, fields: Fields = COMMON_FIELDS) -> list[Profile]:
    """One profile, or several where the document is a list of them."""
    node = read_document(data, file, bare_signs=True)
    if not isinstance(node.value, list):
        return [_overlaid(node, settings, fields)]
    if len(node.value) > MAX_PROFILES:
        raise InvalidInput([node.fault("too-many", f"more than {MAX_PROFILES} profiles in one file")])
    if not node.value:
        raise InvalidInput([node.fault("empty", "the list holds no profile")])
    return gathered(node.value, lambda entry: [_overlaid(entry, settings, fields)])


def _overlaid(node: Node, settings: Sequence[str], fields: Fields) -> Profile:
    if not settings or not isinstance(node.value, dict):
        return profile_from(node, fields=fields)
    entries, problems = _settings(settings, keys_of(fields))
    changed = set(entries)
    if changed & set(CHILD_PUGH_GROUP):
        # Class, score and components say one thing: setting any of them replaces whatever the file said of all three.
        changed |= set(CHILD_PUGH_GROUP)
    # A setting replaces the field under whatever name the file gives it.
    kept = {key: child for key, child in node.value.items() if keys_of(fields).find_with_unit(key)[0] not in changed}
    try:
        profile = profile_from(replace(node, value={**kept, **entries}), fields=fields)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return profile


def _settings(settings: Sequence[str], keys: Fields) -> tuple[dict[str, Node], list[Problem]]:
    """The settings that can be read (the n-th stands at line n), and what is wrong with the others."""
    entries: dict[str, Node] = {}
    problems: list[Problem] = []
    for line, setting in enumerate(settings, 1):
        found = re.fullmatch(_SETTING, setting)
        written = found["name"] if found else ""
        name, unit = keys.find_with_unit(written)
        code, wrong = "setting", ""
        if found is None:
            wrong = f"{quote(setting)} is not field=value"
        elif name is None:
            code, wrong = "unknown-field", f"unknown field {quote(written)}; {suggestion(written, keys)}"
        elif name in entries:
            wrong = f"{keys[name].title} is set twice"
        elif len(setting) > LONGEST_SETTING:
            wrong = f"the value of {keys[name].title} is longer than {LONGEST_SETTING} characters"
        else:
            sign = "" if found["sign"] == "=" else found["sign"]
            text = sign + (found["value"] if name == LABEL else with_unit(found["value"].strip(), unit))
            try:
                entries[name] = _value(name, text, line, len(written) + 2)
            except InvalidInput as error:
                wrong = f"{keys[name].title}: {error.problems[0].message}"
        if wrong:
            problems.append(Problem(SETTINGS, line, 1, code, wrong))
    return entries, problems


def _value(name: str, text: str, line: int, column: int) -> Node:
    """A text as it stands, or a list or mapping written in brackets; raises `InvalidInput`."""
    if text[:1] not in ("{", "[") or name == LABEL or is_missing(text):
        return Node(text, line, column, text, origin=SETTINGS)
    tree = read_yaml(text.encode(errors="replace"), SETTINGS, bare_signs=True)
    for part in tree.below():  # a setting is one line
        part.line, part.column = line, part.column + column - 1
    return tree
