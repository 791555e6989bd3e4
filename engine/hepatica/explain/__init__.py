"""Readings of an answer: why, why not, what if, and side by side."""

from __future__ import annotations

from hepatica.explain.changes import MinimalChange, minimal_changes
from hepatica.explain.compare import (
    DIFFERENCES,
    MOST_COLUMNS,
    Column,
    ComparedCase,
    ComparedTherapy,
    Comparison,
    DecadeRow,
    ThenAndNow,
    TherapyRow,
    compare,
    then_and_now,
)
from hepatica.explain.facets import TherapyGoals, facets_of, merged, therapy_goals
from hepatica.explain.settle import OpenTherapy, Outcome, Question
from hepatica.explain.whatif import KINDS, Change, WhatIf, what_if
from hepatica.explain.why import ConditionTree, ExplainedRule, ExplainedStudy, Explanation, why

__all__ = [
    "DIFFERENCES",
    "KINDS",
    "MOST_COLUMNS",
    "Change",
    "Column",
    "ComparedCase",
    "ComparedTherapy",
    "Comparison",
    "ConditionTree",
    "DecadeRow",
    "ExplainedRule",
    "ExplainedStudy",
    "Explanation",
    "MinimalChange",
    "OpenTherapy",
    "Outcome",
    "Question",
    "ThenAndNow",
    "TherapyGoals",
    "TherapyRow",
    "WhatIf",
    "compare",
    "facets_of",
    "merged",
    "minimal_changes",
    "then_and_now",
    "therapy_goals",
    "what_if",
    "why",
]
