"""Studies: listed in one row each, and shown in full with every printed figure, its correction, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hepatica.evaluation import (
    TELLING,
    RulesetIdentity,
    arm_name,
    correction_line,
    discrepancy_of,
    endpoint_words,
    figure_words,
    identity,
    result_line,
    shown,
)
from hepatica.knowledge import (
    LINES,
    Arm,
    CoveredPart,
    Discrepancy,
    Found,
    Line,
    Place,
    Reference,
    Regimen,
    Ruleset,
    Standing,
    Study,
    Toxicity,
    Verification,
    concept_words,
    level_of,
)
from hepatica.notice import notice
from hepatica.records import record
from hepatica.report import blocks as b
from hepatica.report.citing import (
    lines_words,
    place_words,
    read_words,
    reference_link,
    reference_words,
    short_reference,
    standing_words,
)
from hepatica.report.sources import sources_of
from hepatica.wording import counted, grouped, joined, sentence, spoken

# How a correction is told, by its kind: as its heading, with what all of the kind have in common.
CORRECTIONS = {
    "misprint": "Printed, and what it should read",
    "later_report": "Printed, and reported later",
    "not_printed": "Not printed, and published elsewhere",
    "remark": "Printed, with a remark",
}
EFFECTS = {"overturns": "overturned", "confirms": "confirmed", "qualifies": "qualified"}
_BASES = {
    "confirmed": "Confirmed",
    "reading": "On reading",
    "arithmetic": "By arithmetic",
    "recalled": "Recalled, not confirmed",
    "methodological": "On method",
}


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


@record(kw_only=True)
class CitingRule:
    """A rule that rests on a study."""

    therapy: str
    name: str
    rule: str
    standing: Standing
    line: Line


@record(kw_only=True)
class StudyFigure:
    """One result in words: what the source prints, where, the correction, and the reference that has it."""

    result: str
    endpoint: str
    printed: str
    correction: str
    reference: str
    place: str


@record(kw_only=True)
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
        figure=_telling(ruleset, found),
        refs=study.source.refs,
        lines=study.source.lines,
        discrepancies=len(study.discrepancies),
        later=len(study.later),
        cited_by=tuple(rule.id for _, rule in found.cited_by),
        **recorded,
    )


def _telling(ruleset: Ruleset, found: Found) -> str:
    """The result that says most, in one line: the whole study before a subgroup, survival before progression before response."""
    telling = [result for result in found.study.results if result.endpoint in TELLING]
    best = min(telling, key=lambda r: (r.subgroup != "", TELLING.index(r.endpoint)), default=None)
    return result_line(found.study, best, ruleset.references, found.therapy) if best else ""


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
        figure=_telling(ruleset, found),
        enrolled=tuple(_enrolled(ruleset, study)),
        figures=tuple(_figures(ruleset, found)),
        regimens=tuple(regimen for regimen in found.therapy.regimens if regimen.study == study.id),
        references=tuple(ruleset.references[name] for name in named if name in ruleset.references),
        cited_by=tuple(
            CitingRule(therapy=therapy.id, name=therapy.name, rule=rule.id, standing=rule.standing, line=rule.line)
            for therapy, rule in found.cited_by
        ),
        written_at=ruleset.places.get(f"study/{study.id}", ""),
    )


def _enrolled(ruleset: Ruleset, study: Study) -> Iterator[str]:
    """Whom it enrolled: in the source's words, and as known from elsewhere."""
    population = study.population
    if population:
        beyond = f" (What goes beyond the text is {population.basis}.)" if population.basis != "reading" else ""
        yield f"{population.says}{beyond}".strip()
    for criterion in study.criteria:
        yield f"{criterion.says.rstrip('.')} ({joined(_who(criterion.source, ruleset.references), criterion.basis, mark=', ')})."


def _who(place: Place | None, references: Mapping[str, Reference]) -> str:
    """Who says so, as a text names it; empty where no reference does."""
    reference = references.get(place.ref) if place else None
    return short_reference(reference) if reference else ""


def studies_view(listing: StudyListing) -> b.Blocks:
    """Studies in a list, each with its telling figure."""
    title = b.Title(counted(listing.count, "study", "studies"), listing.ruleset.named)
    groups = grouped(((row.therapy, row.therapy_name), _row(row)) for row in listing.studies)
    sections = [b.Section(name, (b.Items(tuple(items)),), id=therapy) for (therapy, name), items in groups.items()]
    return (title, *sections, b.Notice(listing.notice))


def _row(row: StudyRow) -> b.Item:
    said = joined(
        f"{row.n} patients" if row.n is not None else "",
        LINES.get(row.line, ""),
        OUTCOMES.get(row.outcome, ""),
        mark=", ",
    )
    badge = f"phase {row.phase}" if row.phase else spoken(row.kind)
    words = joined(sentence(said), sentence(row.figure), mark=". ")
    return b.Item(row.name, words, sentence(badge), ref=b.Ref("study", row.study))


OUTCOMES = {
    "met": "primary endpoint met",
    "partly_met": "one of the primary endpoints met",
    "missed": "primary endpoint missed",
    "pending": "no result yet",
    "not_reported": "primary endpoint not reported",
}


def study_view(page: StudyPage) -> b.Blocks:
    """One study in full: what it found and what became of that, then how it was done, then everything else."""
    study, word = page.study, page.source_word
    # What it found comes before how it was done: on a phone a reader sees no more than this without scrolling.
    later, results, *rest = study_sections(page)
    return (
        b.Title(study.name, f"{page.therapy_name}; {page.ruleset.named}"),
        b.Paragraph(study.summary),
        *later,
        *results,
        b.Section("The study", (b.facts(_facts(page)),)),
        *_section("Doses", b.bullets(_doses(page))),
        *_section("Adverse events", b.bullets(_with_lines(_event(study, e), e.lines, word) for e in study.toxicity)),
        *(block for blocks in rest for block in blocks),
        *_section("Cited for", _items(map(_citing, page.cited_by)) or (b.Paragraph("No rule."),)),
        *_more("Other printed figures", b.bullets(_others(study, word))),
        b.More("Where this is recorded", (b.facts(_recorded(page)),)),
        b.Notice(page.notice),
    )


def _section(title: str, blocks: b.Blocks) -> b.Blocks:
    return (b.Section(title, blocks),) if blocks else ()


def _more(title: str, blocks: b.Blocks) -> b.Blocks:
    return (b.More(title, blocks),) if blocks else ()


def _citing(rule: CitingRule) -> b.Item:
    return b.Item(rule.name, f"{standing_words(rule.standing)}, {LINES[rule.line]}", ref=b.Ref("rule", rule.rule))


def _facts(page: StudyPage) -> Iterator[tuple[str, str]]:
    study = page.study
    yield "Design", f"{f'phase {study.phase}; ' if study.phase else ''}{study.design}"
    yield "Arms", joined(*(_arm(study, arm) for arm in study.arms))
    planned = f"{study.n_planned} planned" if study.n_planned is not None else ""
    yield "Patients", _with_doubts(study, "n", joined(str(study.n or ""), planned, study.n_says))
    yield "Enrolled", joined(*page.enrolled, mark=" ")
    yield "Countries", study.countries
    yield "Line", LINES.get(study.setting, "")
    for primary in study.primary_endpoints:
        said = f" {primary.says}" if primary.says else ""
        yield "Primary endpoint", f"{primary.name}: {_MET[primary.met]}.{said}"
    if study.approval:
        gone = f", withdrawn {study.approval.withdrawn}" if study.approval.withdrawn else ""
        fast = " (accelerated)" if study.approval.accelerated == "yes" else ""
        approved = f"{study.approval.authority}, {study.approval.region}, {study.approval.date}{fast}{gone}"
        yield "Approval", f"{approved}: {study.approval.indication}"
    yield "Status", _with_doubts(study, "status", spoken(study.status))
    yield "Registry number", _with_doubts(study, "nct", study.nct)
    yield "Level of evidence", page.level


def _recorded(page: StudyPage) -> Iterator[tuple[str, str]]:
    """The keeping of the record: what those who maintain it look for, and no other reader."""
    study = page.study
    yield "Study", study.id
    yield "Kind", spoken(study.kind)
    yield "Tumour", concept_words(study.tumour)
    yield "Source", place_words(study.source, word=page.source_word)
    yield "Rules", ", ".join(rule.rule for rule in page.cited_by)
    yield "Written at", page.written_at


_MET = {"yes": "met", "no": "not met", "pending": "pending", "not_reported": "not reported"}


def _arm(study: Study, arm: Arm) -> str:
    told = joined(f"n = {arm.n}" if arm.n is not None else "", arm.dose, mark=", ")
    return arm_name(study, arm.id) + (f" ({told})" if told else "")


def _with_doubts(study: Study, part: str, text: str) -> str:
    """`text`, pointing to the corrections where one of them touches `part` of a study."""
    return joined(text, "see the corrections" if any(part in item.affects for item in study.discrepancies) else "")


def study_sections(page: StudyPage) -> tuple[b.Blocks, ...]:
    """What became of a study, its results, its corrections, its references: the same on its page and in an explanation."""
    known = {reference.id: reference for reference in page.references}
    later = (
        _said(f"{event.year}: {EFFECTS[event.effect]}", event.says, event.source, known, "Reported") for event in page.study.later
    )
    references = (
        b.Item(short_reference(one), f"{reference_words(one)} ({read_words(one)})", ref=reference_link(one))
        for one in page.references
    )
    return (
        _section("What became of it", _items(later)),
        _section("Results", _figures_table(page, known)),
        _corrections(page, known),
        _section("References", _items(references)),
    )


def _said(
    name: str, text: str, place: Place | None, known: Mapping[str, Reference], basis: str, details: b.Blocks = ()
) -> b.Item:
    """What a reference says, led by its short name, which links to it; led by how it is known where no reference says it."""
    reference = known.get(place.ref) if place else None
    who = short_reference(reference) if reference else basis
    return b.Item(name, f"{who}: {text}", cite=b.Ref("reference", reference.id) if reference else None, details=details)


def _items(items: Iterable[b.Item]) -> b.Blocks:
    own = tuple(items)
    return (b.Items(own),) if own else ()


def _figures(ruleset: Ruleset, found: Found) -> Iterator[StudyFigure]:
    for result in found.study.results:
        patients = f", of {result.n}" if result.n is not None else ""
        printed = figure_words(found.study, result, found.therapy) or result.says
        fixed = result.corrected and discrepancy_of(found.study, result.corrected)
        yield StudyFigure(
            result=result.id,
            endpoint=joined(endpoint_words(result), f"[{result.subgroup}]" if result.subgroup else "", mark=" ") or "Other",
            printed=f"{printed}{patients}" if printed and (result.lines or result.source) else "not printed",
            correction=correction_line(found.study, result, ruleset.references, found.therapy),
            reference=fixed.source.ref if fixed and fixed.source else "",
            place=lines_words(result.lines, ruleset.card.source_word) or place_words(result.source, ruleset.references),
        )


def _figures_table(page: StudyPage, known: Mapping[str, Reference]) -> b.Blocks:
    """Each figure as printed, what stands against it where anything does, and where to look it up."""
    corrected = any(one.correction for one in page.figures)
    rows: list[tuple[str | b.Cell, ...]] = []
    for one in page.figures:
        reference = known.get(one.reference)
        place = joined(one.place, short_reference(reference) if reference else "")
        source = b.Cell(place, b.Ref("reference", reference.id) if reference else None)
        rows.append((one.endpoint, one.printed, *((one.correction,) if corrected else ()), source))
    columns = ("Endpoint", "Printed", *(("Correction",) if corrected else ()), "Source")
    return (b.Table(columns, tuple(rows)),) if rows else ()


def _with_lines(text: str, lines: str, word: str) -> str:
    return f"{text} ({lines_words(lines, word)})" if lines else text


def _doses(page: StudyPage) -> Iterator[str]:
    for regimen in page.regimens:
        mark = " (see the corrections)" if regimen.discrepancy else ""
        yield _with_lines(f"{regimen.says}{mark}", regimen.lines, page.source_word)


def _others(study: Study, word: str) -> Iterator[str]:
    for figure in study.figures:
        value = f": {shown(figure.value)} {figure.unit}".rstrip() if figure.value is not None else ""
        yield _with_lines(f"{figure.what}{value}", figure.lines, word)


def _event(study: Study, event: Toxicity) -> str:
    """An adverse event with its rate, grade and arm: "fatigue: 12 % (grade 3/4, tivantinib); should read grade >= 3"."""
    rate, right = (f"{shown(n)} %" if n is not None else "" for n in (event.percent, event.corrected_percent))
    patients = counted(event.count, "patient") if event.count is not None else ""
    numbered = event.grade[:1].isdigit() or event.grade[:1] in ("<", ">")
    grade = f"grade {event.grade}" if numbered else {"not stated": "", "any": "any grade"}.get(event.grade, event.grade)
    where = joined(grade, arm_name(study, event.arm) if event.arm else "", mark=", ")
    stated = joined(joined(rate, patients, mark=", "), f"({where})" if where else "", mark=" ")
    new = joined(right, f"grade {event.corrected_grade}" if event.corrected_grade else "", mark=", ")
    return joined(f"{event.event}: {stated}" if stated else event.event, f"should read {new}" if new else "")


def _corrections(page: StudyPage, known: Mapping[str, Reference]) -> b.Blocks:
    """Where the source cannot be taken at its word, by kind; what changes no reading of the study is for those who ask."""
    items = [(item, _correction(item, known, page.source_word)) for item in page.study.discrepancies]
    groups = grouped((CORRECTIONS[item.kind], shown) for item, shown in items if item.severity != "low")
    open_ = tuple(b.Items(tuple(own), kind) for kind, own in groups.items())
    minor = tuple(shown for item, shown in items if item.severity == "low")
    return *_section("Corrections", open_), *_more(f"Minor corrections ({len(minor)})", _items(minor))


def _correction(item: Discrepancy, known: Mapping[str, Reference], word: str) -> b.Item:
    """What the source prints, and what is right, led by who says so."""
    ends = "" if item.correction.endswith((".", "?", "!")) else "."
    used = f" Use: {item.use}." if item.use else ""
    recorded = (
        ("Printed in", lines_words(item.lines, word)),
        ("Known by", joined(item.basis, f"confidence {item.confidence}", place_words(item.source, known, word), item.basis_note)),
        ("Record", f"{item.id}, {item.severity} severity"),
    )
    text = f"{item.correction}{ends}{used}"
    return _said(sentence(item.prints), text, item.source, known, _BASES[item.basis], (b.facts(recorded),))


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
