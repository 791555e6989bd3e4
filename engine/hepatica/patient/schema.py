"""The JSON Schema of a patient file, made from the fields by pydantic."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from hepatica.patient import child_pugh, cmet
from hepatica.patient.components import COMPONENTS
from hepatica.patient.fields import FIELDS, NONE, UNKNOWN
from hepatica.patient.fields import Field as ProfileField
from hepatica.patient.normalise import LONGEST_LABEL
from hepatica.patient.units import NUMBER, UNIT

_CONFIG = ConfigDict(extra="forbid")
_Unknown = Literal["unknown"]
_AMOUNT = rf"^\s*{NUMBER}\s*({UNIT})?\s*$"


def _type(field: ProfileField) -> Any:
    """The values a field may have in a file, `unknown` and null included."""
    if field.kind == "flag":
        return bool | Literal["yes", "no"] | _Unknown | None
    if field.kind == "choice":
        words: Any = Literal[field.values]
        digits = tuple(int(value) for value in field.values if value.isdigit())
        numbers: Any = Literal[digits] if digits else words
        known = words | numbers | _Unknown | None
        return known | _staining() if field.name == "cmet" else known
    if field.kind == "set":
        member: Any = Literal[field.values]
        return list[member] | member | Literal["none"] | _Unknown | None
    if field.kind == "integer":
        return Annotated[int, Field(ge=field.low, le=field.high)] | _Unknown | None
    amount = Annotated[str, Field(pattern=_AMOUNT)]
    return Annotated[float, Field(ge=field.low, le=field.high)] | amount | _Unknown | None


def _staining() -> type[BaseModel]:
    intensity = Annotated[int, Field(ge=cmet.INTENSITY_RANGE[0], le=cmet.INTENSITY_RANGE[1])]
    percent = Annotated[float, Field(ge=cmet.PERCENT_RANGE[0], le=cmet.PERCENT_RANGE[1])]
    grade = Annotated[str, Field(pattern=r"^[0-3]\+?$")]
    return create_model(
        "CmetStaining",
        __config__=_CONFIG,
        __doc__="Immunohistochemistry: strongest intensity and the percentage of tumour cells that reach it.",
        intensity=(intensity | grade | _Unknown | None, None),
        percent=(percent | Annotated[str, Field(pattern=_AMOUNT)] | _Unknown | None, None),
    )


def _components() -> type[BaseModel]:
    measured: Any = Annotated[str, Field(pattern=_AMOUNT)] | _Unknown | None
    parts: dict[str, Any] = {}
    for name, scale in child_pugh.SCALES.items():
        units = [unit for unit in scale.cutoffs if unit]
        shown = Field(default=None, description=f"An amount in {' or '.join(units)}." if units else "A ratio, without unit.")
        parts[name] = (measured if units else measured | float, shown)
    for name, grades in child_pugh.GRADES.items():
        words: Any = Literal[(*grades, *child_pugh.GRADE_SYNONYMS[name])]
        digits = tuple(int(word) for word in child_pugh.GRADE_SYNONYMS[name] if word.isdigit())
        numbers: Any = Literal[digits] if digits else words
        parts[name] = (words | numbers | _Unknown | None, Field(default=None, description=f"One of {', '.join(grades)}."))
    return create_model(
        "ChildPughComponents",
        __config__=_CONFIG,
        __doc__="The five components; class and score are computed from them.",
        **parts,
    )


def profile_model() -> type[BaseModel]:
    """A pydantic model of a patient file. It checks form; contradictions between fields are found when it is read."""
    parts: dict[str, Any] = {
        "label": (
            Annotated[str, Field(max_length=LONGEST_LABEL)] | None,
            Field(default=None, description="A title; never a person's name."),
        )
    }
    for field in FIELDS:
        allowed = f" Allowed: {', '.join(field.values)}." if field.values else f" In {field.unit}." if field.unit else ""
        note = f" '{NONE}' is the empty list." if field.kind == "set" else ""
        described = Field(
            default=None, title=field.title, description=f"{field.help}{allowed}{note} '{UNKNOWN}' or absent: not known."
        )
        parts[field.name] = (_type(field), described)
    parts[COMPONENTS] = (_components() | _Unknown | None, Field(default=None, title="Child-Pugh components"))
    return create_model("PatientFile", __config__=_CONFIG, __doc__="One hypothetical patient.", **parts)


def profile_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a patient file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **profile_model().model_json_schema()}
