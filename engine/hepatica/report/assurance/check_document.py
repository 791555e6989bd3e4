"""A check's report as JSON-ready values. Keys may be added, never renamed."""

from __future__ import annotations

from typing import Any

from hepatica.assurance.answers.agreement import Agreement
from hepatica.assurance.check.check import Report
from hepatica.assurance.check.findings import Finding
from hepatica.notice import notice
from hepatica.report.assurance.comparison_words import COUNTED
from hepatica.report.assurance.diff_document import witness
from hepatica.report.old_document import identity

Document = dict[str, Any]


def document(report: Report, agreement: Agreement | None) -> Document:
    """The whole report; `applies` gives every rule's certain and possible profiles."""
    shown: Document = {
        "notice": notice(report.version.ruleset.card.as_of),
        "ruleset": identity(report.version.ruleset),
        "space": {"profiles": report.space.profiles, "distinguishable": report.space.points, "counted": COUNTED},
        "faults": report.faults(),
        "remarks": len(report.findings) - report.faults(),
        "findings": [_finding(finding) for finding in report.findings],
        "in_scope": report.in_scope,
        "supportive_only": report.supportive_only,
        "counted_twice": report.counted_twice,
        "applies": {name: {"certain": sure, "possible": maybe} for name, (sure, maybe) in report.applies.items()},
    }
    if agreement is not None:
        shown["agreement"] = {
            "compared": dict(agreement.compared),
            "differences": [{"goals": list(d.goals), "profile": witness(d.facts)} for d in agreement.differences],
        }
    return shown


def _finding(finding: Finding) -> Document:
    return {
        "code": finding.code,
        "weight": finding.kind.weight,
        "names": dict(finding.names),
        "place": finding.place,
        "says": finding.sentence,
        "remedy": finding.remedy,
        "profiles": finding.profiles,
        "witness": None if finding.witness is None else witness(finding.witness),
    }
