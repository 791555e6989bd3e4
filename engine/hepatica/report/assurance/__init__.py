"""Views of what proofs, comparisons and cases found, and the formats that other programs take them in.

Each is loaded when it is first asked for: a comparison needs none of what case tables need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.report.assurance.cases import (
        case_annotations,
        case_run_view,
        coverage_view,
        failure_lines,
        junit,
        mutation_view,
    )
    from hepatica.report.assurance.check import check_annotations, check_view, finding_index, finding_page, sarif
    from hepatica.report.assurance.diff import diff_view, edit_view, pull_request

__getattr__ = lazy(__name__)
