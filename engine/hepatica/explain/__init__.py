"""Readings of an answer: why, why not, what if, and side by side."""

from __future__ import annotations

from hepatica.explain.changes import MinimalChange, minimal_changes
from hepatica.explain.compare import DIFFERENCES, MOST_COLUMNS, Column, ComparedTherapy, Comparison, TherapyRow, compare
from hepatica.explain.facets import Facet, State, TherapyGoals, facets_of, meet, merged, therapy_goals
from hepatica.explain.settle import OpenTherapy, Outcome, Question, SettledTherapy, Settling
from hepatica.explain.whatif import KINDS, Change, ChangeKind, Step, WhatIf, moved, what_if
from hepatica.explain.why import ConditionTree, ExplainedRule, ExplainedStudy, Explanation, why

__all__ = [
    "DIFFERENCES",
    "KINDS",
    "MOST_COLUMNS",
    "Change",
    "ChangeKind",
    "Column",
    "ComparedTherapy",
    "Comparison",
    "ConditionTree",
    "ExplainedRule",
    "ExplainedStudy",
    "Explanation",
    "Facet",
    "MinimalChange",
    "OpenTherapy",
    "Outcome",
    "Question",
    "SettledTherapy",
    "Settling",
    "State",
    "Step",
    "TherapyGoals",
    "TherapyRow",
    "WhatIf",
    "compare",
    "facets_of",
    "meet",
    "merged",
    "minimal_changes",
    "moved",
    "therapy_goals",
    "what_if",
    "why",
]
