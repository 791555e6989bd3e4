"""From verdicts to an answer: each therapy in one list, with its reasons and the evidence."""

from __future__ import annotations

from hepatica.evaluation.evaluate import Evaluator, judged
from hepatica.evaluation.model import (
    LISTS,
    Applicability,
    ApplicabilityStatus,
    Entry,
    Evaluation,
    Finding,
    ListName,
    Reason,
    Scope,
)
from hepatica.evaluation.reasons import Explained, each_bit, explained

__all__ = [
    "LISTS",
    "Applicability",
    "ApplicabilityStatus",
    "Entry",
    "Evaluation",
    "Evaluator",
    "Explained",
    "Finding",
    "ListName",
    "Reason",
    "Scope",
    "each_bit",
    "explained",
    "judged",
]
