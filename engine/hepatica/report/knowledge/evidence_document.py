"""Studies as JSON-ready values and as rows of a table. Keys may be added, never renamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from hepatica.knowledge import Found, Ruleset, Study, condition_words
from hepatica.report.figures import line, telling_result
from hepatica.report.old_document import Document, framed, study_document

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def row(found: Found) -> Document:
    """A study in one row: what it is, how large, what became of it, its telling figure, and who cites it."""
    study = found.study
    return {
        "study": study.id,
        "name": study.name,
        "therapy": found.therapy.id,
        "phase": study.phase or "",
        "kind": study.kind,
        "status": study.status,
        "line": study.setting,
        "n": study.n,
        "n_planned": study.n_planned,
        "nct": study.nct,
        "outcome": found.outcome,
        "figure": headline(found),
        "biomarkers": list(study.biomarkers),
        "regions": list(study.regions),
        "tumour": study.tumour,
        "refs": list(study.source.refs),
        "lines": study.source.lines,
        "discrepancies": len(study.discrepancies),
        "cited_by": [rule.id for _, rule in found.cited_by],
    }


def enrolled(study: Study) -> str:
    """Whom a study enrolled, with how it is known where the source's text alone does not say; empty where nothing is said."""
    population = study.population
    if population is None:
        return ""
    if population.basis == "reading":
        return population.says
    return f"{population.says} (What goes beyond the text is {population.basis}.)"


def with_doubts(study: Study, part: str, text: str) -> str:
    """`text` with the ids of the discrepancies that touch `part` of a study ("status", "n"), which stand further below."""
    doubts = [item.id for item in study.discrepancies if part in item.affects]
    return "; ".join(piece for piece in (text, f"see {', '.join(doubts)}" if doubts else "") if piece)


def headline(found: Found) -> str:
    """The most telling result of a study as one line; empty where it has none."""
    telling = telling_result([found.study])
    return line(telling[1]) if telling else ""


def listing(ruleset: Ruleset, studies: Iterable[Found]) -> Document:
    """A list of studies."""
    rows = [row(found) for found in studies]
    return framed(ruleset, {"count": len(rows), "studies": rows})


def whole(ruleset: Ruleset, found: Found) -> Document:
    """A study in full, with what cites it and where it is written."""
    study = found.study
    population = study.population
    return framed(
        ruleset,
        {
            **study_document(study),
            "therapy": found.therapy.id,
            "line": study.setting,
            "outcome": found.outcome,
            "n_says": study.n_says,
            "countries": study.countries,
            "drugs": list(study.drugs),
            "biomarkers": list(study.biomarkers),
            "regions": list(study.regions),
            "population_when": condition_words(population.when) if population and population.when else "",
            "population_lines": population.lines if population else "",
            "population_basis": population.basis if population else None,
            "arms": [{"id": arm.id, "name": arm.name, "n": arm.n, "dose": arm.dose, "lines": arm.lines} for arm in study.arms],
            "figures": [{"what": f.what, "value": f.value, "unit": f.unit, "lines": f.lines} for f in study.figures],
            "regimens": [
                {"says": regimen.says, "lines": regimen.lines, "discrepancy": regimen.discrepancy}
                for regimen in found.therapy.regimens
                if regimen.study == study.id
            ],
            "cited_by": [
                {"therapy": therapy.id, "rule": rule.id, "standing": rule.standing, "line": rule.line}
                for therapy, rule in found.cited_by
            ],
            "written_at": ruleset.places.get(f"study/{study.id}", ""),
        },
    )


def table(studies: Iterable[Found]) -> str:
    """The rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    header: list[str] = []
    for found in studies:
        cells = row(found)
        if not header:
            header = list(cells)
            writer.writerow(header)
        writer.writerow([_cell(value) for value in cells.values()])
    return stream.getvalue()


def _cell(value: Any) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
