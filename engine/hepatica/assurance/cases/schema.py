"""The JSON Schema of a case file, from the class that the reader itself uses."""

from __future__ import annotations

import json
from typing import Any

from hepatica.assurance.cases.case import ExpectedAnswer
from hepatica.documents import DIALECT, adapter
from hepatica.patient import Fields, profile_schema

_TEXT = {"type": ["string", "number", "boolean"]}


def cases_schema(fields: Fields) -> dict[str, Any]:
    """The schema (2020-12) of a file of cases, whose patients have these fields. Names of therapies and rules may be any."""
    made = adapter(ExpectedAnswer).json_schema(ref_template="#/$defs/{model}")
    definitions = made.pop("$defs")
    profile = json.loads(json.dumps(profile_schema(fields)).replace("#/properties/", "#/$defs/Profile/properties/"))
    del profile["$schema"]
    definitions |= {"Profile": profile, "Case": _as_written(made)}
    for name in ("ExpectedWhy", "ExpectedRule"):
        definitions[name] = _as_written(definitions[name])
    definitions["Case"]["properties"] |= {"profile": {"$ref": "#/$defs/Profile"}, "set": {"$ref": "#/$defs/Profile"}}
    listed = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Case"}}
    return {
        "$schema": DIALECT,
        "title": "CaseFile",
        "type": "object",
        "properties": {"ruleset": {"type": "string", "description": "The ruleset that the cases are of."}, "cases": listed},
        "required": ["cases"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """With the short forms that the reader takes: one word for a list of words, a list's or a rule's name for what says more."""
    parts = {key: _widened(part) for key, part in schema["properties"].items()}
    return {**schema, "properties": parts}


def _widened(part: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in part:
        return {**part, "anyOf": [_widened(inner) for inner in part["anyOf"]]}
    if part.get("type") == "array":
        return {"anyOf": [_TEXT, {**part, "items": _TEXT}]}
    inner = part.get("additionalProperties")
    if isinstance(inner, dict):
        short = {"anyOf": [_TEXT, inner]} if "$ref" in inner else _TEXT if inner.get("type") == "string" else _widened(inner)
        return {**part, "additionalProperties": short}
    return part
