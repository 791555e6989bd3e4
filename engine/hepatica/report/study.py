"""A study in full: what it found, print beside correction, what became of it, how it was done. And the references in full: what
rests on each, also in the formats of reference managers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from hepatica import knowledge
from hepatica.evaluation import RulesetResult, arm_name, correction_line, discrepancy_of, endpoint_words, figure_words, headed
from hepatica.evaluation import shown as shown_figure
from hepatica.knowledge import KNOWN_BY, LINES, Found, Place, Reference, Ruleset, Study, concept_words, level_of
from hepatica.records import Hidden, record
from hepatica.report import blocks as b
from hepatica.report import citing
from hepatica.wording import counted, grouped, joined, phrase, sentence, spoken

_SEE = " (see the corrections)"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What reference managers are told: the part of a reference (`number`, `link` and `notice` are made here), its name in BibTeX, its
# tag in RIS.
_EXPORTED = (
    ("id", "", "ID"),
    ("citation", "title", "TI"),
    ("year", "year", "PY"),
    ("doi", "doi", "DO"),
    ("pmid", "pmid", ""),
    ("nct", "number", ""),
    ("number", "", "AN"),
    ("link", "url", "UR"),
    ("known", "note", "N1"),
    ("notice", "", "N1"),
)
_CSV = ("citation", "year", "kind", "doi", "pmid", "nct", "url", "read", "known")


@record(kw_only=True)
class StudyPage(RulesetResult):
    """One study with the references that it names, and the rules that rest on it."""

    study: Study
    therapy: str
    therapy_name: str
    level: str
    outcome: str
    regimens: tuple[knowledge.Regimen, ...]
    references: tuple[Reference, ...]
    cited_by: tuple[str, ...]
    written_at: str
    found: Hidden[Found]
    knowledge: Hidden[Ruleset]


def study_page(ruleset: Ruleset, found: Found) -> StudyPage:
    """A study in full, with what cites it and where it is written."""
    study = found.study
    named = dict.fromkeys((study.reference, *(place.ref for place in sources_of(study))))
    return StudyPage(
        **headed(ruleset),
        study=study,
        therapy=found.therapy.id,
        therapy_name=found.therapy.name,
        level=level_of(study.kind),
        outcome=study.outcome,
        regimens=tuple(regimen for regimen in found.therapy.regimens if regimen.study == study.id),
        references=tuple(ruleset.references[name] for name in named if name in ruleset.references),
        cited_by=tuple(rule.id for _, rule in found.cited_by),
        written_at=ruleset.places.get(f"study/{study.id}", ""),
        found=found,
        knowledge=ruleset,
    )


def study_view(page: StudyPage) -> b.Blocks:
    """The whole page."""
    return tuple(StudyView(page).blocks())


class StudyView:
    """The parts of a study's page; an explanation shows some of them, too."""

    def __init__(self, page: StudyPage) -> None:
        self.page, self.study, self.therapy = page, page.study, page.found.therapy
        self.references, self.word = page.knowledge.references, page.knowledge.card.source_word

    def blocks(self) -> Iterator[b.Block]:
        """What it found comes before how it was done: on a phone a reader sees no more than that without scrolling."""
        page, study = self.page, self.study
        minor = [self._correction(one) for one in study.discrepancies if one.severity == "low"]
        doses = (self._with_lines(f"{dose.says}{_SEE if dose.discrepancy else ''}", dose.lines) for dose in page.regimens)
        rules = (((t.name, f"{citing.standing_words(r.standing)}, {LINES[r.line]}"), r.id) for t, r in page.found.cited_by)
        # Rules that differ in their conditions only are told once.
        cited = tuple(b.Item(*told, ref=b.Ref("rule", own[0])) for told, own in grouped(rules).items())
        values = (f": {shown_figure(one.value)} {one.unit}".rstrip() if one.value is not None else "" for one in study.figures)
        told = (self._with_lines(f"{one.what}{value}", one.lines) for one, value in zip(study.figures, values, strict=True))
        others = b.bullets(told)
        yield b.Title(study.name, f"{page.therapy_name}; {page.ruleset.named}")
        yield b.Paragraph(study.summary)
        yield from self.later()
        yield from self.results()
        yield b.Section("The study", (b.facts(self._facts()),))
        yield from b.section("Doses", b.bullets(doses))
        yield from b.section("Adverse events", b.bullets(map(self._event, study.toxicity)))
        yield from self.corrections()
        yield from (b.More(f"Minor corrections ({len(minor)})", (b.Items(tuple(minor)),)),) if minor else ()
        yield from self.cited()
        yield b.Section("Cited for", (b.Items(cited) if cited else b.Paragraph("No rule."),))
        yield from (b.More("Other printed figures", others),) if others else ()
        yield b.More("Where this is recorded", (b.facts(self._recorded()),))
        yield b.Notice(page.notice)

    def later(self) -> tuple[b.Section, ...]:
        """What became of it."""
        events = ((f"{one.year}: {phrase('effect', one.effect)}", one) for one in self.study.later)
        said = tuple(self._said(name, one.says, one.source, "Reported") for name, one in events)
        return b.section("What became of it", (b.Items(said),) if said else ())

    def results(self) -> tuple[b.Section, ...]:
        """Each figure as printed, what stands against it where anything does, and where to look it up."""
        rows = tuple(map(self._result, self.study.results))
        corrected = any(correction for _, _, correction, _ in rows)
        # A ruleset without a text of its own prints nothing: its figures are those of publications.
        figures = f"In the {self.word}" if self.page.knowledge.card.source else "In the publication"
        if corrected:
            table = b.Table(("Endpoint", figures, "As published", "Where"), rows)
        else:
            table = b.Table(("Endpoint", figures, "Where"), tuple((*row[:2], row[3]) for row in rows))
        return b.section("Results", (table,) if rows else ())

    def _result(self, result: knowledge.Result) -> tuple[str, str, str, b.Cell]:
        """Its endpoint, what is printed of it, what stands against that, and where it is printed, corrected or reported."""
        subgroup = f"[{result.subgroup}]" if result.subgroup else ""
        patients = f", of {result.n}" if result.n is not None else ""
        printed = figure_words(self.study, result, self.therapy) or result.says
        fixed = discrepancy_of(self.study, result.corrected) if result.corrected else None
        reference = self._reference(fixed.source if fixed else result.source)
        place = joined(citing.lines_words(result.lines, self.word), citing.short_reference(reference))
        return (
            joined(endpoint_words(result), subgroup, mark=" ") or "Other",
            f"{printed}{patients}" if printed and (result.lines or result.source) else "not printed",
            correction_line(self.study, result, self.references, self.therapy).removeprefix("published: "),
            b.Cell(place, b.Ref("reference", reference.id) if reference else None),
        )

    def corrections(self) -> tuple[b.Section, ...]:
        """Where the source cannot be taken at its word, by kind."""
        weighty = [one for one in self.study.discrepancies if one.severity != "low"]
        groups = grouped((phrase("correction", one.kind), self._correction(one)) for one in weighty)
        return b.section("Corrections", tuple(b.Items(tuple(own), kind) for kind, own in groups.items()))

    def _correction(self, item: knowledge.Discrepancy) -> b.Item:
        """What the source prints, and what is right, led by who says so."""
        known = citing.place_words(item.source, self.references, self.word)
        recorded = (
            ("Printed in", citing.lines_words(item.lines, self.word)),
            ("Known by", joined(item.basis, f"confidence {item.confidence}", known, item.basis_note)),
            ("Record", f"{item.id}, {item.severity} severity"),
        )
        ends = "" if item.correction.endswith((".", "?", "!")) else "."
        text = f"{item.correction}{ends}" + (f" In these rules: {item.use}." if item.use else "")
        basis = sentence(KNOWN_BY.get(item.basis, item.basis))
        return self._said(sentence(item.prints), text, item.source, basis)._replace(details=(b.facts(recorded),))

    def cited(self) -> tuple[b.Section, ...]:
        """The references."""
        told = ((one, f"{citing.reference_words(one)} ({citing.read_words(one)})") for one in self.page.references)
        items = tuple(b.Item(citing.short_reference(one), words, ref=citing.reference_link(one)) for one, words in told)
        return b.section("References", (b.Items(items),) if items else ())

    def _reference(self, place: Place | None) -> Reference | None:
        return self.references.get(place.ref) if place else None

    def _said(self, name: str, text: str, place: Place | None, basis: str) -> b.Item:
        """What a reference says, led by its short name, which links to it; by how it is known where no reference says it."""
        reference = self._reference(place)
        who = citing.short_reference(reference) or basis
        return b.Item(name, f"{who}: {text}", cite=b.Ref("reference", reference.id) if reference else None)

    def _facts(self) -> Iterator[tuple[str, str]]:
        study = self.study
        arms = ((arm, joined(f"n = {arm.n}" if arm.n is not None else "", arm.dose, mark=", ")) for arm in study.arms)
        yield "Design", f"{f'phase {study.phase}; ' if study.phase else ''}{study.design}"
        yield "Arms", joined(*(arm_name(study, arm.id) + (f" ({told})" if told else "") for arm, told in arms))
        planned = f"{study.n_planned} planned" if study.n_planned is not None else ""
        yield "Patients", self._with_doubts("n", joined(str(study.n or ""), planned, study.n_says))
        yield "Enrolled", joined(*self._enrolled(), mark=" ")
        yield "Countries", study.countries
        yield "Line", LINES.get(study.setting, "")
        for primary in study.primary_endpoints:
            yield "Primary endpoint", joined(f"{primary.name}: {phrase('met', primary.met)}.", primary.says, mark=" ")
        if study.approval:
            gone = f", withdrawn {study.approval.withdrawn}" if study.approval.withdrawn else ""
            fast = " (accelerated)" if study.approval.accelerated == "yes" else ""
            approved = f"{study.approval.authority}, {study.approval.region}, {study.approval.date}{fast}{gone}"
            yield "Approval", f"{approved}: {study.approval.indication}"
        yield "Status", self._with_doubts("status", spoken(study.status))
        yield "Registry number", self._with_doubts("nct", study.nct)
        yield "Level of evidence", self.page.level

    def _recorded(self) -> Iterator[tuple[str, str]]:
        """The keeping of the record: what those who maintain it look for, and no other reader."""
        yield "Study", self.study.id
        yield "Kind", spoken(self.study.kind)
        yield "Tumour", concept_words(self.study.tumour)
        yield "Source", citing.place_words(self.study.source, word=self.word)
        yield "Rules", ", ".join(self.page.cited_by)
        yield "Written at", self.page.written_at

    def _enrolled(self) -> Iterator[str]:
        """Whom it enrolled: in the source's words, and as known from elsewhere."""
        population = self.study.population
        if population:
            known = KNOWN_BY.get(population.basis, "") if population.basis != "reading" else ""
            beyond = f" (What goes beyond the text is {known}.)" if known else ""
            yield f"{population.says}{beyond}".strip()
        for criterion in self.study.criteria:
            reference = self._reference(criterion.source)
            known = joined(citing.short_reference(reference), KNOWN_BY.get(criterion.basis, ""), mark=", ")
            yield f"{criterion.says.rstrip('.')} ({known})." if known else criterion.says

    def _with_doubts(self, part: str, text: str) -> str:
        """`text`, pointing to the corrections where one of them touches `part` of a study."""
        doubted = any(part in item.affects for item in self.study.discrepancies)
        return joined(text, "see the corrections" if doubted else "")

    def _with_lines(self, text: str, lines: str) -> str:
        return f"{text} ({citing.lines_words(lines, self.word)})" if lines else text

    def _event(self, event: knowledge.Toxicity) -> str:
        """An adverse event with its rate, grade and arm: "fatigue: 12 % (grade 3/4, tivantinib); should read grade >= 3"."""
        rate, right = (f"{shown_figure(n)} %" if n is not None else "" for n in (event.percent, event.corrected_percent))
        patients = counted(event.count, "patient") if event.count is not None else ""
        numbered = event.grade[:1].isdigit() or event.grade[:1] in ("<", ">")
        grade = f"grade {event.grade}" if numbered else {"not stated": "", "any": "any grade"}.get(event.grade, event.grade)
        where = joined(grade, arm_name(self.study, event.arm) if event.arm else "", mark=", ")
        stated = joined(joined(rate, patients, mark=", "), f"({where})" if where else "", mark=" ")
        new = joined(right, f"grade {event.corrected_grade}" if event.corrected_grade else "", mark=", ")
        told = joined(joined(event.event, stated, mark=": "), f"should read {new}" if new else "")
        return self._with_lines(told, event.lines)


@record(kw_only=True)
class CitedReference:
    """A reference with what names it: studies whose publication it is, and every record that gives it as its source."""

    reference: Reference
    studies: tuple[str, ...]
    cited: int


@record(kw_only=True)
class ReferenceListing(RulesetResult):
    """The references of a ruleset."""

    references: tuple[CitedReference, ...]


def reference_listing(ruleset: Ruleset) -> ReferenceListing:
    """Every reference in the order in which the ruleset lists them."""
    places = [place for therapy in ruleset.therapies.values() for place in (therapy.source, *(r.source for r in therapy.rules))]
    places += [place for therapy in ruleset.therapies.values() for study in therapy.studies for place in sources_of(study)]
    used = [place.ref for place in places]
    cited = tuple(
        CitedReference(
            reference=reference,
            studies=tuple(study.id for study in ruleset.studies.values() if study.reference == reference.id),
            cited=used.count(reference.id),
        )
        for reference in ruleset.references.values()
    )
    return ReferenceListing(**headed(ruleset), references=cited)


def sources_of(study: Study) -> Iterator[Place]:
    """Every place that a study's parts give as their source."""
    parts = (study.criteria, study.later, study.discrepancies, study.primary_endpoints, study.results, study.toxicity)
    yield study.source
    yield from (part.source for group in parts for part in group if part.source)


def references_view(listing: ReferenceListing) -> b.Blocks:
    """The references with their identifiers, and how each is known."""
    title = b.Title(counted(len(listing.references), "reference"), listing.ruleset.named)
    return title, b.Items(tuple(map(_item, listing.references))), b.Notice(listing.notice)


def _item(cited: CitedReference) -> b.Item:
    reference = cited.reference
    use = joined(f"publication of {', '.join(cited.studies)}" if cited.studies else "", citing.read_words(reference))
    details = (b.Facts((("Kind", reference.kind), ("Known by", reference.known), ("Given as a source", f"{cited.cited} times"))),)
    return b.Item(
        reference.id, f"{citing.reference_words(reference)} ({use})", ref=citing.reference_link(reference), details=details
    )


def _parts(reference: Reference, notice: str = "") -> dict[str, str]:
    link = citing.reference_link(reference)
    recorded = {part: str(getattr(reference, part)) for part in ("id", *_CSV)}
    return {**recorded, "link": link.id if link else "", "number": reference.pmid or reference.nct, "notice": notice}


def bibtex(listing: ReferenceListing) -> str:
    """The references as BibTeX, for a reference manager. The notice stands in a comment."""

    def entry(reference: Reference) -> str:
        kind = "article" if reference.kind in ("paper", "abstract") else "misc"
        parts = _parts(reference)
        body = "".join(f"  {name} = {{{braced(parts[part])}}},\n" for part, name, _ in _EXPORTED if name and parts[part])
        return f"@{kind}{{{re.sub(r'[^A-Za-z0-9:_-]', '-', reference.id)},\n{body}}}\n"

    # Braces and backslashes go for good: BibTeX has no way to write them that every program understands.
    def braced(text: str) -> str:
        return re.sub(r"([&%#_])", r"\\\1", re.sub(r"[\\{}]", "", text))

    return "\n".join((f"% {listing.notice}\n", *(entry(one.reference) for one in listing.references)))


def ris(listing: ReferenceListing) -> str:
    """The references as RIS. The notice stands in the first one's notes."""

    def entry(reference: Reference, notice: str) -> str:
        parts = _parts(reference, notice)
        lines = [("TY", phrase("ris", reference.kind) or "GEN"), *((tag, parts[part]) for part, _, tag in _EXPORTED if tag)]
        return "".join(f"{tag}  - {' '.join(value.split())}\n" for tag, value in lines if value) + "ER  - \n\n"

    return "".join(entry(one.reference, "" if number else listing.notice) for number, one in enumerate(listing.references))


def reference_rows(listing: ReferenceListing) -> list[dict[str, str]]:
    """The references as rows of a table."""
    told = ((one, {part: str(getattr(one.reference, part)) for part in _CSV}) for one in listing.references)
    return [{"reference": one.reference.id, **parts, "studies": "; ".join(one.studies)} for one, parts in told]


def csv_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ()) -> str:
    """Rows of equal keys as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns or (list(rows[0]) if rows else []))
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return _cell("; ".join(map(str, value)))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
