"""Readings of an answer: why, why not, what if, and side by side."""

from __future__ import annotations

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
from hepatica.explain.search import MinimalChange, TherapyGoals, facets_of, merged, minimal_changes, therapy_goals
from hepatica.explain.whatif import KINDS, Change, OpenTherapy, Outcome, Question, WhatIf, what_if
from hepatica.explain.why import ConditionTree, ExplainedRule, ExplainedStudy, Explanation, why

# What other packages may use, as many to a line as fit.
__all__ = [
    "DIFFERENCES", "KINDS", "MOST_COLUMNS", "Change", "Column", "ComparedCase", "ComparedTherapy", "Comparison", "ConditionTree",
    "DecadeRow", "ExplainedRule", "ExplainedStudy", "Explanation", "MinimalChange", "OpenTherapy", "Outcome", "Question",
    "ThenAndNow", "TherapyGoals", "TherapyRow", "WhatIf", "compare", "facets_of", "merged", "minimal_changes", "then_and_now",
    "therapy_goals", "what_if", "why",
]  # fmt: skip
