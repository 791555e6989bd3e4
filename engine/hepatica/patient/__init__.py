"""The hypothetical patient: fields, units, staging scores and contradictions."""

from __future__ import annotations

from hepatica.patient.child_pugh import CLASS_RANGES, class_of
from hepatica.patient.components import COMPONENTS
from hepatica.patient.contradictions import doubts
from hepatica.patient.fields import COMMON_FIELDS, FIELD_BY_NAME, FIELDS, FLAGS, NONE, UNKNOWN, Field, Fields, Nature, Value, show
from hepatica.patient.model import Facts, Profile, ProfileWarning, facts_of
from hepatica.patient.normalise import CHILD_PUGH_GROUP, DECIMALS, KEYS, LABEL, LONGEST_LABEL, profile_from
from hepatica.patient.reading import profile_in, profile_of, profiles_in, read_profile
from hepatica.patient.schema import profile_schema
from hepatica.patient.units import amount, unit_of

__all__ = [
    "CHILD_PUGH_GROUP",
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
    "UNKNOWN",
    "Facts",
    "Field",
    "Fields",
    "Nature",
    "Profile",
    "ProfileWarning",
    "Value",
    "amount",
    "class_of",
    "doubts",
    "facts_of",
    "profile_from",
    "profile_in",
    "profile_of",
    "profile_schema",
    "profiles_in",
    "read_profile",
    "show",
    "unit_of",
]
