"""Studies: listed in one row each, and shown in full with every printed figure, its correction, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hepatica.evaluation import RulesetIdentity, arm_name, correction_line, endpoint_words, identity, printed_line, shown
from hepatica.knowledge import (
    LINES,
    Found,
    Line,
    Reference,
    Regimen,
    Ruleset,
    SectionCoverage,
    Standing,
    Study,
    Verification,
    concept_words,
    level_of,
)
from hepatica.notice import notice
from hepatica.report import blocks as b
from hepatica.report.citing import lines_words, place_words, read_words, reference_link, reference_words, standing_words
from hepatica.report.figures import correction_item, event_words, telling_line
from hepatica.report.sources import sources_of
from hepatica.wording import Wording, counted, joined, spoken

FIRST = ("What became of it", "Figures")  # what a reader comes for, and on a phone sees without scrolling
EFFECTS = {"overturns": "Overturned", "confirms": "Confirmed", "qualifies": "Qualified"}


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyListing:
    """Studies in rows."""

    notice: str
    ruleset: RulesetIdentity
    count: int
    studies: tuple[StudyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitingRule:
    """A rule that rests on a study."""

    therapy: str
    name: str
    rule: str
    standing: Standing
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFigure:
    """One result in words: what the source prints, the correction, and where it is printed."""

    result: str
    printed: str
    correction: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPage:
    """One study in full.

    `figures` say its results in words; `references` are those that its publication, criteria, corrections and later events name.
    """

    notice: str
    ruleset: RulesetIdentity
    source_word: str
    study: Study
    therapy: str
    therapy_name: str
    level: str
    outcome: str
    figure: str
    enrolled: tuple[str, ...]
    figures: tuple[StudyFigure, ...]
    regimens: tuple[Regimen, ...]
    references: tuple[Reference, ...]
    cited_by: tuple[CitingRule, ...]
    written_at: str


_AS_RECORDED = ("name", "kind", "status", "n", "n_planned", "nct", "biomarkers", "regions", "tumour", "reference")


def study_row(ruleset: Ruleset, found: Found) -> StudyRow:
    """A study as a row."""
    study = found.study
    recorded: dict[str, Any] = {part: getattr(study, part) for part in _AS_RECORDED}
    return StudyRow(
        study=study.id,
        therapy=found.therapy.id,
        therapy_name=found.therapy.name,
        phase=study.phase or "",
        line=study.setting,
        outcome=found.study.outcome,
        figure=telling_line(ruleset, found),
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


def study_page(ruleset: Ruleset, found: Found) -> StudyPage:
    """A study in full, with what cites it and where it is written."""
    study = found.study
    named = dict.fromkeys((study.reference, *(place.ref for place in sources_of(study))))
    return StudyPage(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        source_word=ruleset.card.source_word,
        study=study,
        therapy=found.therapy.id,
        therapy_name=found.therapy.name,
        level=level_of(study.kind),
        outcome=found.study.outcome,
        figure=telling_line(ruleset, found),
        enrolled=tuple(_enrolled(study, Wording(ruleset))),
        figures=tuple(_figures(ruleset, found)),
        regimens=tuple(regimen for regimen in found.therapy.regimens if regimen.study == study.id),
        references=tuple(ruleset.references[name] for name in named if name in ruleset.references),
        cited_by=tuple(
            CitingRule(therapy=therapy.id, name=therapy.name, rule=rule.id, standing=rule.standing, line=rule.line)
            for therapy, rule in found.cited_by
        ),
        written_at=ruleset.places.get(f"study/{study.id}", ""),
    )


def _enrolled(study: Study, words: Wording) -> Iterator[str]:
    """Whom it enrolled: in the source's words, as a condition, and as known from elsewhere."""
    population = study.population
    if population:
        beyond = f" (What goes beyond the text is {population.basis}.)" if population.basis != "reading" else ""
        yield f"{population.says}{beyond}".strip()
        yield f"As a rule: {words.condition(population.when)}" if population.when else ""
    for criterion in study.criteria:
        yield f"{criterion.says} ({criterion.basis}: {place_words(criterion.source)})"


def studies_view(listing: StudyListing) -> b.Blocks:
    """Studies in a list, each with its telling figure."""
    title = b.Title(counted(listing.count, "study", "studies"), listing.ruleset.named)
    groups: dict[tuple[str, str], list[b.Item]] = {}
    for row in listing.studies:
        groups.setdefault((row.therapy, row.therapy_name), []).append(_row(row))
    sections = [b.Section(name, (b.Items(tuple(items)),), id=therapy) for (therapy, name), items in groups.items()]
    return (title, *sections, b.Notice(listing.notice))


def _row(row: StudyRow) -> b.Item:
    said = joined(
        f"phase {row.phase}" if row.phase else spoken(row.kind),
        spoken(row.line) + " line" if row.line in LINES else "",
        f"n = {row.n}" if row.n is not None else "",
        OUTCOMES.get(row.outcome, ""),
        row.figure,
        lines_words(row.lines, "") or row.reference,
        counted(row.discrepancies, "correction") if row.discrepancies else "",
        f"[{row.study}]" if row.study != row.name else "",
    )
    return b.Item(row.name, said, ref=b.Ref("study", row.study))


OUTCOMES = {
    "met": "primary endpoint met",
    "partly_met": "one of the primary endpoints met",
    "missed": "primary endpoint missed",
    "pending": "no result yet",
    "not_reported": "primary endpoint not reported",
}


def study_view(page: StudyPage) -> b.Blocks:
    """One study in full: what it found and what became of that, then how it was done, then everything else."""
    study = page.study
    sections = list(study_sections(page))
    found = [section for section in sections if section.title in FIRST]
    return (
        b.Title(study.name, f"{page.therapy_name}; {page.ruleset.named}"),
        b.Paragraph(study.summary),
        *found,
        b.Section("The study", (b.facts(_facts(page)),)),
        *(section for section in sections if section not in found),
        b.Notice(page.notice),
    )


def _facts(page: StudyPage) -> Iterator[tuple[str, str]]:
    study = page.study
    yield "Design", f"{f'phase {study.phase}; ' if study.phase else ''}{study.design}"
    yield "Kind", spoken(study.kind)
    yield "Status", _with_doubts(study, "status", spoken(study.status))
    yield "Tumour", concept_words(study.tumour)
    yield "Line", LINES.get(study.setting, "")
    patients = str(study.n) if study.n is not None else ""
    planned = f"{study.n_planned} planned" if study.n_planned is not None else ""
    yield "Patients", _with_doubts(study, "n", joined(patients, planned, study.n_says))
    yield "Registry number", _with_doubts(study, "nct", study.nct)
    yield "Countries", study.countries
    yield "Enrolled", joined(*page.enrolled, mark=" ")
    for primary in study.primary_endpoints:
        said = f" {primary.says}" if primary.says else ""
        yield "Primary endpoint", f"{primary.name}: {_MET[primary.met]}.{said}"
    if study.approval:
        gone = f", withdrawn {study.approval.withdrawn}" if study.approval.withdrawn else ""
        fast = " (accelerated)" if study.approval.accelerated == "yes" else ""
        approved = f"{study.approval.authority}, {study.approval.region}, {study.approval.date}{fast}{gone}"
        yield "Approval", f"{approved}: {study.approval.indication}"
    yield "Level of evidence", page.level
    yield "Source", place_words(study.source, word=page.source_word)
    yield "Written at", page.written_at


_MET = {"yes": "met", "no": "not met", "pending": "pending", "not_reported": "not reported"}


def _with_doubts(study: Study, part: str, text: str) -> str:
    """`text` with the ids of the corrections that touch `part` of a study, which stand further below."""
    doubts = [item.id for item in study.discrepancies if part in item.affects]
    return joined(text, f"see {', '.join(doubts)}" if doubts else "")


def study_sections(page: StudyPage) -> Iterator[b.Section]:
    """The parts of a study's page that say something; the same for the page of one study and for an explanation."""
    study, word = page.study, page.source_word
    known = {reference.id: reference for reference in page.references}
    citing = [
        b.Item(rule.rule, f"{rule.name}, {standing_words(rule.standing)}, {LINES[rule.line]}", ref=b.Ref("rule", rule.rule))
        for rule in page.cited_by
    ]
    later = [
        b.Item(f"{EFFECTS[event.effect]}, {event.year}", event.says, details=(b.Paragraph(place_words(event.source, known)),))
        for event in study.later
    ]
    parts: tuple[tuple[str, b.Blocks], ...] = (
        ("What became of it", _items(later)),
        ("Figures", _figures_table(page.figures)),
        ("Doses", b.bullets(_doses(page))),
        ("Adverse events", b.bullets(_with_lines(event_words(study, e), e.lines, word) for e in study.toxicity)),
        ("Other figures", b.bullets(_others(study, word))),
        ("Corrections", _items(correction_item(item, known, word) for item in study.discrepancies)),
        ("Cited by", _items(citing) or (b.Paragraph("No rule."),)),
        ("References", _items(map(_reference, page.references))),
    )
    yield from (b.Section(title, blocks) for title, blocks in parts if blocks)


def _items(items: Iterable[b.Item]) -> b.Blocks:
    own = tuple(items)
    return (b.Items(own),) if own else ()


def _figures(ruleset: Ruleset, found: Found) -> Iterator[StudyFigure]:
    for result in found.study.results:
        patients = f", of {result.n}" if result.n is not None else ""
        said = printed_line(found.study, result, found.therapy) or f"{endpoint_words(result)}: no figure printed"
        yield StudyFigure(
            result=result.id,
            printed=f"{said}{patients}",
            correction=correction_line(found.study, result, ruleset.references, found.therapy),
            place=lines_words(result.lines, ruleset.card.source_word) or place_words(result.source, ruleset.references),
        )


def _figures_table(figures: tuple[StudyFigure, ...]) -> b.Blocks:
    """Each figure as printed, its correction where there is any, and where it is printed."""
    if any(one.correction for one in figures):
        return (b.Table(("Printed", "Correction", "Where"), tuple((one.printed, one.correction, one.place) for one in figures)),)
    return (b.Table(("Printed", "Where"), tuple((one.printed, one.place) for one in figures)),) if figures else ()


def _with_lines(text: str, lines: str, word: str) -> str:
    return f"{text} ({lines_words(lines, word)})" if lines else text


def _doses(page: StudyPage) -> Iterator[str]:
    for regimen in page.regimens:
        mark = f" (see {regimen.discrepancy})" if regimen.discrepancy else ""
        yield _with_lines(f"{regimen.says}{mark}", regimen.lines, page.source_word)
    for arm in page.study.arms:
        if arm.dose:
            yield _with_lines(f"{arm_name(page.study, arm.id)}: {arm.dose}", arm.lines, page.source_word)


def _others(study: Study, word: str) -> Iterator[str]:
    for figure in study.figures:
        value = f": {shown(figure.value)} {figure.unit}".rstrip() if figure.value is not None else ""
        yield _with_lines(f"{figure.what}{value}", figure.lines, word)


def _reference(one: Reference) -> b.Item:
    return b.Item(one.id, f"{reference_words(one)} ({read_words(one)})", ref=reference_link(one))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredPart:
    """A part of the source text: recorded figures found at their lines, and what became of the numbers it prints."""

    title: str
    figures: int
    found: int
    numbers: int
    recorded: int
    left_out: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationFinding:
    """Something that does not hold, where it is written; `code` is stable."""

    file: str
    line: int
    column: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
        total=_covered(found.total),
        sections=tuple(map(_covered, found.sections)),
        findings=tuple(VerificationFinding(**problem._asdict()) for problem in found.findings),
    )


def _covered(part: SectionCoverage) -> CoveredPart:
    return CoveredPart(**part._asdict(), missing=part.missing)


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
