"""The hypothetical patient: fields, units, staging scores and contradictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy
from hepatica.patient.fields import (
    COMMON_FIELDS,
    FLAGS,
    NONE,
    UNKNOWN,
    Field,
    Fields,
    Implication,
    Nature,
    Value,
    faults,
    fields_of,
    table,
)
from hepatica.patient.measurements import CHILD_PUGH_GROUP, CHILD_PUGH_PARTS, CLASS_RANGES, STAINING_PARTS, class_of
from hepatica.patient.profile import COMPONENTS, CONTRADICTIONS, Facts, Profile, ProfileWarning, Understood, doubts, facts_of
from hepatica.patient.text import DECIMALS, Interval, digits, is_missing, unit_key
from hepatica.patient.value_reader import Refused, read_value, with_unit

if TYPE_CHECKING:
    from hepatica.patient.model import (
        LABEL,
        LONGEST_LABEL,
        keys_of,
        profile_from,
        profile_in,
        profile_of,
        profile_schema,
        profiles_in,
        read_profile,
    )

# The model is read by pydantic, which those need not load who read no profile.
__getattr__ = lazy(__name__)
