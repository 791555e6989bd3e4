"""A forest plot's numbers as JSON-ready values."""

from __future__ import annotations

from typing import Any

from hepatica.notice import notice
from hepatica.report.figures import corrected, endpoint, line
from hepatica.report.old_document import identity
from hepatica.teaching.forest import Estimate, Forest, Row, verdict

Document = dict[str, Any]


def document(found: Forest) -> Document:
    """Every row with its printed and its corrected estimate; then the randomised studies that have none."""
    card = found.ruleset.card
    without = [
        {"study": study.id, "name": study.name, "setting": study.setting, "verdict": verdict(study)} for study in found.without
    ]
    return {
        "notice": notice(card.as_of),
        "ruleset": identity(found.ruleset),
        "rows": [_row(row) for row in found.rows],
        "without": without,
    }


def _row(row: Row) -> Document:
    primary = row.study.primary_endpoints[0] if row.study.primary_endpoints else None
    return {
        "study": row.study.id,
        "name": row.study.name,
        "therapy": row.therapy.id,
        "setting": row.study.setting,
        "phase": row.study.phase,
        "n": row.study.n,
        "arms": list(row.arms),
        "result": row.result.id,
        "endpoint": row.result.endpoint,
        "label": endpoint(row.result),
        "subgroup": row.result.subgroup,
        "printed": _estimate(row.printed),
        "corrected": _estimate(row.corrected),
        "corrected_text": corrected(row.result),
        "basis": row.result.corrected.basis if row.result.corrected else "",
        "p": row.result.p,
        "primary_endpoint": primary.name if primary else "",
        "met": row.met,
        "verdict": row.verdict,
        "printed_lines": row.result.lines,
        "line": line(row.result),
    }


def _estimate(estimate: Estimate | None) -> Document | None:
    if estimate is None:
        return None
    interval = None if estimate.low is None or estimate.high is None else [estimate.low, estimate.high]
    return {"hr": estimate.hr, "interval": interval, "level": estimate.level if interval else None}
