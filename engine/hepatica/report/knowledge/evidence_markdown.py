"""Studies as Markdown: a table for a list, and a page for one study with printed figure and correction side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hepatica.knowledge import DEMANDS, Found, Ruleset, Study, condition_words, level_of
from hepatica.notice import notice
from hepatica.report.figures import arms_in_order, corrected, event_corrected, printed, shown
from hepatica.report.knowledge.evidence_document import enrolled, row, with_doubts

_ESCAPED = re.compile(r"([\\`*_{}\[\]<>|#])")
_COLUMNS = ("study", "therapy", "phase", "line", "n", "outcome", "figure", "lines")


def listing(ruleset: Ruleset, studies: Iterable[Found]) -> str:
    """A table of studies, with the notice below."""
    rows = [row(found) for found in studies]
    body = [[escape(cells[name]) for name in _COLUMNS] for cells in rows]
    return "\n".join([f"# {len(rows)} studies", "", *table(_COLUMNS, body), "", f"*{notice(ruleset.card.as_of)}*", ""])


def whole(ruleset: Ruleset, found: Found) -> str:
    """A study in full."""
    lines = [f"# {escape(found.study.name)}", "", escape(found.study.summary), "", *_facts(found)]
    for title, header, body in _tables(found):
        if body:
            lines += ["", f"## {title}", "", *table(header, body)]
    return "\n".join([*lines, "", f"*{notice(ruleset.card.as_of)}*", ""])


def table(header: Iterable[str], body: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table of cells that are escaped already."""
    columns = list(header)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for cells in body:
        yield f"| {' | '.join(cells)} |"


def escape(value: object) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _ESCAPED.sub(r"\\\1", " ".join(str("" if value is None else value).split()))


def _facts(found: Found) -> Iterator[str]:
    study = found.study
    population = study.population
    facts = {
        "Therapy": found.therapy.name,
        "Design": f"{f'phase {study.phase}; ' if study.phase else ''}{study.design}",
        "Status": with_doubts(study, "status", study.status.replace("_", " ")),
        "Tumour": study.tumour.replace("_", " "),
        "Patients": f"{study.n if study.n is not None else 'not printed'} {f'({study.n_says})' if study.n_says else ''}",
        "Registry number as printed": study.nct or "none",
        "Enrolled": enrolled(study) or "not printed",
        "As a rule": condition_words(population.when) if population and population.when else "",
        "Primary endpoint": f"{study.endpoint_names}: {found.outcome}" if study.primary_endpoints else "not printed",
        "Level": level_of(study.kind),
        "Printed at": f"{study.source.section}, lines {study.source.lines}",
        "References": ", ".join(map(str, study.source.refs)),
    }
    yield from (f"- **{key}:** {escape(value)}" for key, value in facts.items() if value)


def _tables(found: Found) -> Iterator[tuple[str, tuple[str, ...], list[list[str]]]]:
    study = found.study
    yield "Figures", ("printed", "arms in order", "subgroup", "lines", "correction"), list(_results(study))
    doses = [[r.says, r.lines] for r in found.therapy.regimens if r.study == study.id]
    doses += [[f"{arm.name or arm.id}: {arm.dose}", arm.lines] for arm in study.arms if arm.dose]
    yield "Doses", ("dose", "lines"), _escaped(doses)
    events = [
        [e.event, shown(e.percent) if e.percent is not None else "", e.count, e.grade, event_corrected(e), e.lines]
        for e in study.toxicity
    ]
    yield "Adverse events", ("event", "%", "patients", "grade", "correction", "lines"), _escaped(events)
    others = [[f.what, shown(f.value) if f.value is not None else "", f.unit, f.lines] for f in study.figures]
    yield "Other figures", ("what", "value", "unit", "lines"), _escaped(others)
    discrepancies = [[d.prints, d.correction, d.use, f"{d.basis}, {d.confidence}", d.lines] for d in study.discrepancies]
    yield "Discrepancies", ("printed", "correction", "use", "known by", "lines"), _escaped(discrepancies)
    citing = [[rule.id, therapy.name, DEMANDS[rule.standing].title] for therapy, rule in found.cited_by]
    yield "Cited by", ("rule", "therapy", "standing"), _escaped(citing)


def _escaped(rows: Iterable[Iterable[object]]) -> list[list[str]]:
    return [[escape(cell) for cell in cells] for cells in rows]


def _results(study: Study) -> Iterator[list[str]]:
    for result in study.results:
        figures = printed(result) or f"{result.endpoint}: no figure printed"
        cells = (figures, arms_in_order(result) or " ".join(result.arms or ()), result.subgroup, result.lines, corrected(result))
        yield [escape(cell) for cell in cells]
