"""What a profile's facts imply: durable_rules decides, the plain reading must agree, the tables serve many profiles."""

from __future__ import annotations

from hepatica.inference.agreement import Disagreement, Inference
from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import Expander, TooManyAlternatives, alternatives, each_bit, words_of
from hepatica.inference.plain import PlainReading, Verdict, causes, judge, read
from hepatica.inference.productions import MAX_PATHS, network_of
from hepatica.inference.program import (
    ENROLLED_NOBODY,
    SCOPE,
    Conclusions,
    Conditions,
    FieldTable,
    Goal,
    GoalKey,
    Program,
    compile_conditions,
    compile_ruleset,
    conditions_of,
    enrolment,
    recorded,
)
from hepatica.inference.rete import Rete
