"""Views of what proofs, comparisons and cases found, and the formats that other programs take them in.

Each is loaded when it is first asked for: a comparison needs none of what case tables need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hepatica.report.assurance.cases import case_run_view, coverage_view, failure_lines, mutation_view
    from hepatica.report.assurance.check import check_view, finding_index, finding_page
    from hepatica.report.assurance.diff import diff_view, edit_view, pull_request
    from hepatica.report.assurance.exchange import case_annotations, check_annotations, junit, sarif

_HOMES = {
    **dict.fromkeys(("case_run_view", "coverage_view", "failure_lines", "mutation_view"), "cases"),
    **dict.fromkeys(("check_view", "finding_index", "finding_page"), "check"),
    **dict.fromkeys(("diff_view", "edit_view", "pull_request"), "diff"),
    **dict.fromkeys(("case_annotations", "check_annotations", "junit", "sarif"), "exchange"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "case_annotations",
    "case_run_view",
    "check_annotations",
    "check_view",
    "coverage_view",
    "diff_view",
    "edit_view",
    "failure_lines",
    "finding_index",
    "finding_page",
    "junit",
    "mutation_view",
    "pull_request",
    "sarif",
]
