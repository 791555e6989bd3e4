"""Studies in a list, each with the figure that says most, and what holding them against their source found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hepatica.evaluation import TELLING, RulesetIdentity, identity, result_line
from hepatica.knowledge import LINES, CoveredPart, Found, Ruleset, Verification
from hepatica.notice import notice
from hepatica.records import record
from hepatica.report import blocks as b
from hepatica.wording import all_of, counted, grouped, joined, sentence, spoken


@record(kw_only=True)
class StudyRow:
    """A study in one row: what it is, how large, what became of it, its telling figure, and who cites it."""

    study: str
    name: str
    therapy: str
    therapy_name: str
    phase: str
    kind: str
    status: str
    line: str
    n: int | None
    n_planned: int | None
    nct: str
    outcome: str
    figure: str
    biomarkers: tuple[str, ...]
    regions: tuple[str, ...]
    tumour: str
    refs: tuple[int, ...]
    lines: str
    reference: str
    discrepancies: int
    later: int
    cited_by: tuple[str, ...]


@record(kw_only=True)
class StudyListing:
    """Studies in rows."""

    notice: str
    ruleset: RulesetIdentity
    count: int
    studies: tuple[StudyRow, ...]


_AS_RECORDED = ("name", "kind", "status", "outcome", "n", "n_planned", "nct", "biomarkers", "regions", "tumour", "reference")


def study_row(ruleset: Ruleset, found: Found) -> StudyRow:
    """A study as a row."""
    study = found.study
    recorded: dict[str, Any] = {part: getattr(study, part) for part in _AS_RECORDED}
    # The result that says most: the whole study before a subgroup, survival before progression before response.
    telling = [result for result in study.results if result.endpoint in TELLING]
    best = min(telling, key=lambda r: (r.subgroup != "", TELLING.index(r.endpoint)), default=None)
    return StudyRow(
        study=study.id,
        therapy=found.therapy.id,
        therapy_name=found.therapy.name,
        phase=study.phase or "",
        line=study.setting,
        figure=result_line(study, best, ruleset.references, found.therapy) if best else "",
        refs=study.source.refs,
        lines=study.source.lines,
        discrepancies=len(study.discrepancies),
        later=len(study.later),
        cited_by=tuple(rule.id for _, rule in found.cited_by),
        **recorded,
    )


def study_listing(ruleset: Ruleset, studies: Iterable[Found]) -> StudyListing:
    """A list of studies."""
    rows = tuple(study_row(ruleset, found) for found in studies)
    return StudyListing(notice=notice(ruleset.card.as_of), ruleset=identity(ruleset), count=len(rows), studies=rows)


def studies_view(listing: StudyListing) -> b.Blocks:
    """Studies in a list, each with its telling figure."""
    groups = grouped(((row.therapy, row.therapy_name), _row(row)) for row in listing.studies)
    sections = (b.Section(name, (b.Items(tuple(items)),), id=therapy) for (therapy, name), items in groups.items())
    kinds = Counter(_BESIDE.get(row.kind, "study") for row in listing.studies)
    beside = (counted(kinds[kind], kind) for kind in _BESIDE.values() if kinds[kind])
    title = b.Title(all_of((counted(kinds["study"], "study", "studies"), *beside)), listing.ruleset.named)
    return (title, *sections, b.Notice(listing.notice))


def _row(row: StudyRow) -> b.Item:
    patients = f"{row.n} patients" if row.n is not None else ""
    said = joined(patients, LINES.get(row.line, ""), OUTCOMES.get(row.outcome, ""), mark=", ")
    badge = f"phase {row.phase}" if row.phase else spoken(row.kind).removeprefix("review ")
    words = joined(sentence(said), sentence(row.figure), mark=". ")
    return b.Item(row.name, words, sentence(badge), ref=b.Ref("study", row.study))


# What a list of studies holds that is none.
_BESIDE = {"regulatory_approval": "approval", "review_statement": "statement"}
OUTCOMES = {
    "met": "primary endpoint met",
    "partly_met": "one of the primary endpoints met",
    "missed": "primary endpoint missed",
    "pending": "no result yet",
    "not_reported": "primary endpoint not reported",
}


@record(kw_only=True)
class VerificationFinding:
    """Something that does not hold, where it is written; `code` is stable."""

    file: str
    line: int
    column: int
    code: str
    message: str


@record(kw_only=True)
class VerificationReport:
    """What holding a ruleset against its source's text found."""

    notice: str
    ruleset: RulesetIdentity
    verified: bool
    total: CoveredPart
    sections: tuple[CoveredPart, ...]
    findings: tuple[VerificationFinding, ...]


def verification_report(ruleset: Ruleset, found: Verification) -> VerificationReport:
    """A verification as a result."""
    return VerificationReport(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        verified=not found.findings,
        total=found.total,
        sections=found.sections,
        findings=tuple(VerificationFinding(**problem._asdict()) for problem in found.findings),
    )


def verification_view(found: VerificationReport) -> b.Blocks:
    """Coverage part by part in both directions, then each finding."""
    parts = (*found.sections, found.total)
    rows = tuple((b.Cell(p.title), f"{p.found} of {p.figures}", str(p.recorded), str(p.left_out), str(p.missing)) for p in parts)
    total = found.total
    verdict = (
        f"Every one of the {total.figures} recorded figures and references stands at its lines. Of the {total.numbers} "
        f"numbers the text prints, {total.recorded} are recorded and {total.left_out} are left out with a reason."
    )
    return (
        b.Title("Recorded figures found in the text, and printed numbers accounted for"),
        b.Table(("Part", "figures found", "recorded", "left out", "missing"), rows, numeric=(1, 2, 3, 4)),
        *b.bullets(f"{one.file}:{one.line}:{one.column}: {one.code}: {one.message}" for one in found.findings),
        b.Paragraph(verdict if found.verified else f"{counted(len(found.findings), 'finding')}.", tone="strong"),
        b.Notice(found.notice),
    )
