"""What a profile's facts imply: durable_rules decides, the plain reading must agree, the tables serve many profiles."""

from __future__ import annotations

from hepatica.inference.agreement import Conclusions, Disagreement, Inference
from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import Expander, TooManyAlternatives, alternatives, each_bit, words_of
from hepatica.inference.plain import PlainReading, Verdict, causes, judge, read
from hepatica.inference.productions import MAX_PATHS, network_of
from hepatica.inference.program import (
    ENROLLED_NOBODY,
    SCOPE,
    Conditions,
    FieldTable,
    Goal,
    GoalKey,
    Masks,
    Program,
    compile_conditions,
    compile_ruleset,
    conditions_of,
    enrolment,
)
from hepatica.inference.rete import Rete

# What other packages may use, as many to a line as fit.
__all__ = [
    "ENROLLED_NOBODY", "MAX_PATHS", "SCOPE", "Conclusions", "Conditions", "Disagreement", "Expander", "FieldClasses",
    "FieldTable", "Goal", "GoalKey", "Inference", "Masks", "PlainReading", "Program", "Rete", "TooManyAlternatives", "Verdict",
    "alternatives", "causes", "classes_of", "compile_conditions", "compile_ruleset", "conditions_of", "each_bit", "enrolment",
    "judge", "network_of", "read", "words_of",
]  # fmt: skip
