"""Case tables: reading, running and writing them."""

from __future__ import annotations

from hepatica.assurance.cases.case import ExpectedAnswer, ExpectedRule, ExpectedWhy, PatientCase
from hepatica.assurance.cases.case_file import case_file, profile_flow, untouched
from hepatica.assurance.cases.pinned import Pin, lowered, patient_words, pinned
from hepatica.assurance.cases.reader import EXPECTATIONS, cases_in, read_all, read_cases
from hepatica.assurance.cases.run import (
    AnswerParts,
    CaseMismatch,
    CaseOutcome,
    CaseRun,
    RulePart,
    RulesetOutcomes,
    TherapyPart,
    misplaced,
    not_shown,
    outcome,
    parts_of,
    run_cases,
    truth,
)
from hepatica.assurance.cases.suite import STDIN, files_below, is_case_file, ruleset_of, selected, shown, suites

__all__ = [
    "EXPECTATIONS",
    "STDIN",
    "AnswerParts",
    "CaseMismatch",
    "CaseOutcome",
    "CaseRun",
    "ExpectedAnswer",
    "ExpectedRule",
    "ExpectedWhy",
    "PatientCase",
    "Pin",
    "RulePart",
    "RulesetOutcomes",
    "TherapyPart",
    "case_file",
    "cases_in",
    "files_below",
    "is_case_file",
    "lowered",
    "misplaced",
    "not_shown",
    "outcome",
    "parts_of",
    "patient_words",
    "pinned",
    "profile_flow",
    "read_all",
    "read_cases",
    "ruleset_of",
    "run_cases",
    "selected",
    "shown",
    "suites",
    "truth",
    "untouched",
]
