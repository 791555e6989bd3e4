"""Readings of an answer: why, why not, what if, and side by side."""

# ruff: noqa: F403 -- a type checker sees all of the modules; what others may use is what the table below names

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.explain.comparison import *
    from hepatica.explain.explanation import *
    from hepatica.explain.search import *
    from hepatica.explain.whatif import *

__getattr__ = lazy(
    __name__,
    {
        "comparison": "DIFFERENCES MOST_COLUMNS Column ComparedCase ComparedTherapy Comparison DecadeRow ThenAndNow compare "
        "then_and_now",
        "explanation": "ConditionTree ExplainedRule ExplainedStudy Explanation why",
        "search": "MinimalChange TherapyGoals facets_of merged minimal_changes therapy_goals",
        "whatif": "KINDS Change OpenTherapy Outcome Question WhatIf what_if",
    },
)
