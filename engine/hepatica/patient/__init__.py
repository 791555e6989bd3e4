"""The hypothetical patient: fields, units, staging scores and contradictions."""

from __future__ import annotations

from hepatica.patient.child_pugh import CHILD_PUGH_GROUP, CLASS_RANGES, class_of
from hepatica.patient.child_pugh import PARTS as CHILD_PUGH_PARTS
from hepatica.patient.cmet import PARTS as STAINING_PARTS
from hepatica.patient.common import COMMON_FIELDS, fields_of
from hepatica.patient.contradictions import doubts
from hepatica.patient.fields import FLAGS, NONE, UNKNOWN, Field, Fields, Implication, Kind, Nature, Value, faults, show
from hepatica.patient.model import LABEL, LONGEST_LABEL, keys_of, profile_from, profile_model, profile_schema
from hepatica.patient.numbers import DECIMALS, Interval, digits, unit_key
from hepatica.patient.profile import (
    COMPONENTS,
    ChildPugh,
    Facts,
    Measurements,
    Profile,
    ProfileWarning,
    Staining,
    Understood,
    facts_of,
)
from hepatica.patient.reading import profile_in, profile_of, profiles_in, read_profile
from hepatica.patient.value_reader import Reading, Refused, read_value

# For callers that have no ruleset.
FIELD_BY_NAME = COMMON_FIELDS
FIELDS = tuple(COMMON_FIELDS.values())
KEYS = keys_of(COMMON_FIELDS)

__all__ = [
    "CHILD_PUGH_GROUP",
    "CHILD_PUGH_PARTS",
    "CLASS_RANGES",
    "COMMON_FIELDS",
    "COMPONENTS",
    "DECIMALS",
    "FIELDS",
    "FIELD_BY_NAME",
    "FLAGS",
    "KEYS",
    "LABEL",
    "LONGEST_LABEL",
    "NONE",
    "STAINING_PARTS",
    "UNKNOWN",
    "ChildPugh",
    "Facts",
    "Field",
    "Fields",
    "Implication",
    "Interval",
    "Kind",
    "Measurements",
    "Nature",
    "Profile",
    "ProfileWarning",
    "Reading",
    "Refused",
    "Staining",
    "Understood",
    "Value",
    "class_of",
    "digits",
    "doubts",
    "facts_of",
    "faults",
    "fields_of",
    "keys_of",
    "profile_from",
    "profile_in",
    "profile_model",
    "profile_of",
    "profile_schema",
    "profiles_in",
    "read_profile",
    "read_value",
    "show",
    "unit_key",
]
