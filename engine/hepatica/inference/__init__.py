"""What a profile's facts imply: durable_rules, the plain reading it must agree with, and the tables both explanations use."""

from __future__ import annotations

from hepatica.inference.agreement import Disagreement, Inference
from hepatica.inference.classes import FieldClasses, classes_of
from hepatica.inference.normal_form import Opener, TooManyAlternatives, alternatives, words_of
from hepatica.inference.plain import Verdict, causes, conjunction, disjunction, read
from hepatica.inference.productions import MAX_PATHS
from hepatica.inference.program import SCOPE, FieldTable, Goal, Masks, Program, compile_conditions, compile_ruleset, conditions_of
from hepatica.inference.rete import Firings, Rete

__all__ = [
    "MAX_PATHS",
    "SCOPE",
    "Disagreement",
    "FieldClasses",
    "FieldTable",
    "Firings",
    "Goal",
    "Inference",
    "Masks",
    "Opener",
    "Program",
    "Rete",
    "TooManyAlternatives",
    "Verdict",
    "alternatives",
    "causes",
    "classes_of",
    "compile_conditions",
    "compile_ruleset",
    "conditions_of",
    "conjunction",
    "disjunction",
    "read",
    "words_of",
]
