"""JSON Schemas of a ruleset's files, made by pydantic from the classes that the loader itself uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hepatica.documents import DIALECT, adapter
from hepatica.knowledge.draft import CONDITION_KEYS, FILE_KINDS, WRITTEN
from hepatica.knowledge.ruleset import Card
from hepatica.patient import NONE, Field, Fields

_COMPARISON = r"^\s*(<=|>=|<|>)\s*\d+(\.\d+)?(\s+and\s+(<=|>=|<|>)\s*\d+(\.\d+)?)*\s*$"


def ruleset_schemas(concepts: Iterable[str], fields: Fields) -> dict[str, dict[str, Any]]:
    """One schema to a kind of file and a table of fields; with the names of concepts, conditions are checked against them too."""
    return {kind: _schema(cls, tuple(concepts), fields) for kind, cls in FILE_KINDS.items()}


def _schema(cls: type, concepts: tuple[str, ...], fields: Fields) -> dict[str, Any]:
    made = adapter(cls).json_schema(ref_template="#/$defs/{model}")
    definitions = made.pop("$defs", {})
    for properties in [schema.get("properties", {}) for schema in (made, *definitions.values())]:
        # Conditions are written in YAML, not as the classes they become.
        for key in properties.keys() & CONDITION_KEYS:
            properties[key] = {"$ref": "#/$defs/Condition"}
            definitions["Condition"] = _condition(concepts, fields)
        for inner in properties.values():
            _widen(inner)
    # The top of a file uses the words of the rule language (`therapy:`, `class:`, `ruleset:`).
    words = {name: written for written, name in WRITTEN.get(cls, {}).items()}
    made["properties"] = {words.get(key, key): value for key, value in made["properties"].items()}
    made["required"] = [words.get(key, key) for key in made.get("required", [])]
    if cls is Card:  # what a ruleset that extends another takes over need not be written again
        inherited = [key for key in made["required"] if key in ("scope", "out_of_scope", "therapies")]
        made["required"] = [key for key in made["required"] if key not in inherited]
        made["anyOf"] = [{"required": ["extends"]}, {"required": inherited}]
    return {"$schema": DIALECT, **made, "$defs": dict(sorted(definitions.items()))}


def _widen(schema: dict[str, Any]) -> None:
    """Words may be written as bare numbers (`lines: 413`), and yes/no as YAML's booleans."""
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        schema["type"] = ["string", "number", "boolean"]
    if {"yes", "no"} & set(map(str, schema.get("enum", []))):
        schema["enum"] = [*schema["enum"], True, False]
        schema.pop("type", None)
    for inner in (schema.get("items"), *schema.get("anyOf", [])):
        if isinstance(inner, dict):
            _widen(inner)


def _condition(concepts: tuple[str, ...], fields: Fields) -> dict[str, Any]:
    nested = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}}
    properties: dict[str, Any] = {
        "all": nested,
        "any": nested,
        "not": {"$ref": "#/$defs/Condition"},
        "known": {"$ref": "#/$defs/Condition"},
        **{field.name: _values(field) for field in fields.values()},
        **{name: {"enum": [True, False, "yes", "no"]} for name in concepts},
    }
    open_to = {"additionalProperties": False} if concepts else {"additionalProperties": {"enum": [True, False, "yes", "no"]}}
    return {"type": "object", "minProperties": 1, "properties": properties, **open_to}


def _values(field: Field) -> dict[str, Any]:
    if field.kind in ("integer", "number"):
        one: dict[str, Any] = {
            "anyOf": [
                {"type": "number", "minimum": field.low, "maximum": field.high},
                {"type": "string", "pattern": _COMPARISON},
            ]
        }
    elif field.kind == "flag":
        one = {"enum": [True, False, "yes", "no"]}
    else:
        digits = [int(value) for value in field.values if value.isdigit()]
        one = {"enum": [*field.values, *digits, *([NONE] if field.kind == "set" else [])]}
    return {"anyOf": [one, {"type": "array", "items": one}], "description": field.help}
