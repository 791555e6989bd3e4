"""Readings of an answer: why, why not, what if, and side by side."""

from __future__ import annotations

from hepatica.explain.comparison import (
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
from hepatica.explain.explanation import ConditionTree, ExplainedRule, ExplainedStudy, Explanation, why
from hepatica.explain.search import MinimalChange, TherapyGoals, facets_of, merged, minimal_changes, therapy_goals
from hepatica.explain.whatif import KINDS, Change, OpenTherapy, Outcome, Question, WhatIf, what_if
