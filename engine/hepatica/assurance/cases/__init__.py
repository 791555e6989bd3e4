"""Case tables: reading, running and writing them."""

from __future__ import annotations

from hepatica.assurance.cases.case import CaseFile, ExpectedAnswer, ExpectedRule, ExpectedWhy, PatientCase, cases_schema
from hepatica.assurance.cases.pinned import Pin, case_file, pinned, untouched
from hepatica.assurance.cases.reader import cases_in, own_cases, read_cases
from hepatica.assurance.cases.run import (
    CaseMismatch,
    CaseOutcome,
    CaseRun,
    PlacedTherapy,
    misplaced,
    not_shown,
    outcome,
    placed,
    run_cases,
)
from hepatica.assurance.cases.suite import (
    LostCase,
    case_contents,
    files_below,
    is_case_file,
    lost_cases,
    ruleset_around,
    shown,
    suites,
)
