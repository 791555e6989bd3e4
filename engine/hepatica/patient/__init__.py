"""The hypothetical patient: fields, units, staging scores and contradictions."""

from __future__ import annotations

from hepatica.patient.child_pugh import CHILD_PUGH_GROUP, CLASS_RANGES, class_of
from hepatica.patient.child_pugh import PARTS as CHILD_PUGH_PARTS
from hepatica.patient.cmet import PARTS as STAINING_PARTS
from hepatica.patient.fields import (
    COMMON_FIELDS,
    FLAGS,
    NONE,
    UNKNOWN,
    Field,
    Fields,
    Implication,
    Kind,
    Nature,
    Value,
    faults,
    fields_of,
)
from hepatica.patient.model import LABEL, LONGEST_LABEL, keys_of, profile_from, profile_schema
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
    doubts,
    facts_of,
)
from hepatica.patient.reading import profile_in, profile_of, profiles_in, read_profile
from hepatica.patient.value_reader import Reading, Refused, read_value

__all__ = [
    "CHILD_PUGH_GROUP",
    "CHILD_PUGH_PARTS",
    "CLASS_RANGES",
    "COMMON_FIELDS",
    "COMPONENTS",
    "DECIMALS",
    "FLAGS",
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
    "profile_of",
    "profile_schema",
    "profiles_in",
    "read_profile",
    "read_value",
    "unit_key",
]
