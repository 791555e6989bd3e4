"""A comparison as JSON-ready values."""

from __future__ import annotations

from typing import Any

from hepatica.explain.compare import Cell, Comparison, TherapyRow
from hepatica.notice import notice
from hepatica.report.old_document import identity

Document = dict[str, Any]


def document(found: Comparison) -> Document:
    """Everything that differs, then everything shared. Values stand in the order of `columns`."""
    return {
        "notice": notice(found.as_of),
        "columns": [
            {
                "name": column.name,
                "ruleset": identity(column.evaluation.ruleset),
                "profile": column.evaluation.profile.as_document(),
                "scope": column.evaluation.scope,
            }
            for column in found.columns
        ],
        "differs": {
            "facts": {row.field.name: list(row.values) for row in found.facts},
            "derived": {row.concept: list(row.values) for row in found.derived},
            "therapies": [_row(row) for row in found.therapies],
        },
        "shared": {
            "facts": {row.field.name: row.values[0] for row in found.shared_facts},
            "derived": {row.concept: row.values[0] for row in found.shared_derived},
            "therapies": [_row(row) for row in found.shared_therapies],
        },
    }


def _row(row: TherapyRow) -> Document:
    return {
        "therapy": row.therapy,
        "name": row.name,
        "difference": row.difference,
        "cells": [None if cell is None else _cell(cell) for cell in row.cells],
    }


def _cell(cell: Cell) -> Document:
    finding = cell.finding
    return {
        "list": cell.list,
        "rule": finding.rule.id,
        "standing": finding.rule.standing,
        "says": finding.rule.says,
        "needs": list(finding.needs),
        "blocked_by": [{"field": r.field, "value": r.value, "requires": r.requires} for r in finding.blocked_by],
        "evidence": [{"study": s.id, "name": s.name, "applicability": a.status} for s, a in cell.evidence],
    }
