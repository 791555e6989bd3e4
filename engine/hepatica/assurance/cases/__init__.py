"""Case tables: reading, running and writing them.

Each part is loaded when it is first asked for: a comparison reads which cases there are, and runs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.assurance.cases.case import CaseFile, ExpectedAnswer, ExpectedRule, ExpectedWhy, PatientCase, cases_schema
    from hepatica.assurance.cases.pins import Pin, case_file, pinned, untouched
    from hepatica.assurance.cases.reader import cases_in, own_cases, read_cases
    from hepatica.assurance.cases.run import (
        CaseMismatch,
        CaseOutcome,
        CaseRun,
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

__getattr__ = lazy(__name__)
