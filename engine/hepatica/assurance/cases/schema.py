"""The JSON Schema of a case file, from the class that the reader itself uses."""

from __future__ import annotations

import json
from typing import Any

from hepatica.assurance.cases.case import ExpectedAnswer
from hepatica.documents import DIALECT, adapter
from hepatica.patient import Fields, profile_schema


def cases_schema(fields: Fields) -> dict[str, Any]:
    """The schema (2020-12) of a file of cases, whose patients have these fields. Names of therapies and rules may be any."""
    made = adapter(ExpectedAnswer).json_schema(ref_template="#/$defs/{model}")
    definitions = made.pop("$defs")
    profile = json.loads(json.dumps(profile_schema(fields)).replace("#/properties/", "#/$defs/Profile/properties/"))
    del profile["$schema"]
    definitions |= {"Profile": profile, "Case": made}
    definitions["Case"]["properties"] |= {"profile": {"$ref": "#/$defs/Profile"}, "set": {"$ref": "#/$defs/Profile"}}
    listed = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Case"}}
    return {
        "$schema": DIALECT,
        "title": "CaseFile",
        "type": "object",
        "properties": {"cases": listed},
        "required": ["cases"],
        "additionalProperties": False,
        "$defs": definitions,
    }
