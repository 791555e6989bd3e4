"""What a ruleset holds: its card, its rules, its studies, what holding them against their source found; the example patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, takewhile
from typing import Any

from hepatica import knowledge
from hepatica.evaluation import TELLING, RulesetResult, headed, result_line
from hepatica.knowledge import LINES, STANDINGS, Card, Concept, Condition, CoveredPart, Found, Rule, Ruleset, Therapy, counts
from hepatica.notice import NOTICE
from hepatica.records import record
from hepatica.report import blocks as b
from hepatica.report.citing import limits, place_words, rule_words
from hepatica.wording import Wording, all_of, counted, grouped, joined, phrase, sentence, spoken

_TEACHES = "# Teaches:"
# What a list of studies holds that is none.
_BESIDE = {"regulatory_approval": "approval", "review_statement": "statement"}


@record(kw_only=True)
class StandingMeaning:
    """What a standing is called, means, and asks of the cited studies."""

    standing: str
    title: str
    means: str
    needs: str


@record(kw_only=True)
class About(RulesetResult):
    """The whole card, its scope in words, what the standings mean, and what the ruleset holds."""

    card: Card
    scope_says: str
    standings: tuple[StandingMeaning, ...]
    counts: Mapping[str, int | Mapping[str, int]]


def about(ruleset: Ruleset) -> About:
    """The card of a ruleset with what it holds, counted."""
    meanings = (StandingMeaning(standing=k, title=d.title, means=d.means, needs=d.needs) for k, d in STANDINGS.items())
    scope = Wording(ruleset).condition(ruleset.card.scope)
    return About(**headed(ruleset), card=ruleset.card, scope_says=scope, standings=tuple(meanings), counts=counts(ruleset))


def about_view(found: About) -> b.Blocks:
    """The card as a reader sees it."""
    card, ruleset, source = found.card, found.ruleset, found.card.source
    revised = f", released {card.released}" if card.released else ""
    folder = f"Read from {ruleset.folder}." if ruleset.folder else ""
    doi = f" doi:{source.doi}" if source and source.doi else ""
    sources = (f"{source.citation}{doi} (basis: {source.basis})", source.text) if source else ruleset.sources
    used = {"yes": "used", "no": "not used", "n/a": "does not apply"}
    attributes = (f"{item.attribute}: {used[item.used]}. {item.says}" for item in card.source_attributes)
    parts = (
        _given("Ruleset", f"{card.id} {card.version}{revised}; evidence as of {card.as_of}", folder, ruleset.digest),
        _given("Source", *sources),
        _given("Companion", f"{card.companion}: {card.companion_says}" if card.companion else ""),
        b.section("Holds", b.bullets(_holds(found.counts))),
        _given("For", card.intended_use, card.intended_users),
        b.section("Not for", b.bullets(card.cautioned_against)),
        _given("Scope", f"Applies where: {found.scope_says}.", card.out_of_scope),
        b.section("Covers", b.bullets(card.covers)),
        b.section("Leaves out", b.bullets(card.leaves_out)),
        b.section("Known limits", b.bullets(card.known_limits)),
        _given("How it is kept up", card.update_process),
        b.section("Source attributes", b.bullets(attributes)),
    )
    return (b.Title(card.title), *chain.from_iterable(parts), b.Notice(found.notice))


def _given(title: str, *sentences: str) -> b.Blocks:
    return b.section(title, tuple(b.Paragraph(sentence) for sentence in sentences if sentence))


def _holds(held: Mapping[str, Any]) -> Iterator[str]:
    standings = ", ".join(f"{n} {STANDINGS[name].phrase}" for name, n in held["rules_by_standing"].items() if n)
    yield f"{held['therapies']} therapies, {held['rules']} rules: {standings}"
    other = f"{held['studies_of_other_tumours']} of them of another disease, which back no rule"
    yield f"{held['studies']} studies and statements, {other}"
    yield f"{held['figures']} printed figures; {held['corrected_results']} results carry a correction beside what is printed"
    known = ", ".join(f"{n} {name}" for name, n in held["discrepancies_by_basis"].items() if n)
    yield f"{held['discrepancies']} discrepancies, known by: {known}"
    yield f"{held['notes']} general statements of the source; {held['left_out']} printed numbers left out, each with a reason"


@record(kw_only=True)
class ExamplePatient:
    """An example: the name that commands take, its title, and what it teaches."""

    name: str
    label: str
    teaches: str


@record(kw_only=True)
class PatientListing:
    """The examples, by name."""

    notice: str
    patients: tuple[ExamplePatient, ...]


def patient_listing(found: Iterable[tuple[str, str, str]]) -> PatientListing:
    """Examples from the name, the label and the text of each file; a comment at its head says what it teaches."""

    # In a comment, because a patient file has no field for it: it is said to people, not to the program.
    def teaches(text: str) -> str:
        comments = takewhile(lambda line: line.startswith("#"), text.removeprefix("\ufeff").splitlines())
        return next((line.removeprefix(_TEACHES).strip() for line in comments if line.startswith(_TEACHES)), "")

    patients = (ExamplePatient(name=name, label=label, teaches=teaches(text)) for name, label, text in sorted(found))
    return PatientListing(notice=NOTICE, patients=tuple(patients))


def patients_view(listing: PatientListing) -> b.Blocks:
    """The examples with what each teaches."""
    told = ((one.name, f"{one.label}. {sentence(one.teaches)}".strip()) for one in listing.patients)
    items = tuple(b.Item(name, words, ref=b.Ref("patient", name)) for name, words in told)
    how = b.Paragraph("Wherever a command takes a patient, it takes one of these names: hepatica evaluate <name>.")
    return b.Title(counted(len(items), "example patient")), how, b.Items(items), b.Notice(listing.notice)


@record(kw_only=True)
class RuleRecord:
    """One rule with its therapy, its condition in words, and the fields that it depends on, through concepts too."""

    therapy: str
    name: str
    drug_class: str
    rule: Rule
    when_says: str
    fields: tuple[str, ...]
    cites_names: tuple[str, ...]
    written_at: str


@record(kw_only=True)
class RuleListing(RulesetResult):
    """The rules asked for, of `total`; with `full` the view shows what each cites and its caveats."""

    total: int
    full: bool
    scope: Condition
    concepts: tuple[Concept, ...]
    rules: tuple[RuleRecord, ...]


def rule_listing(ruleset: Ruleset, found: Iterable[tuple[Therapy, Rule]], *, full: bool = False) -> RuleListing:
    """Rules with their therapies, ready to be shown."""
    words = Wording(ruleset)
    rules = tuple(
        RuleRecord(
            therapy=therapy.id,
            name=therapy.name,
            drug_class=therapy.drug_class,
            rule=rule,
            when_says=words.condition(rule.when),
            fields=tuple(sorted({test.field for test in ruleset.tests(rule.when)})),
            cites_names=tuple(ruleset.studies[name].name for name in rule.cites),
            written_at=ruleset.places.get(f"rule/{rule.id}", ""),
        )
        for therapy, rule in found
    )
    scope, concepts = ruleset.card.scope, tuple(ruleset.concepts.values())
    return RuleListing(**headed(ruleset), total=len(ruleset.rules), full=full, scope=scope, concepts=concepts, rules=rules)


def rules_view(listing: RuleListing) -> b.Blocks:
    """Rules by therapy."""
    title = b.Title(f"{len(listing.rules)} of {counted(listing.total, 'rule')}", listing.ruleset.named)
    groups = grouped(((one.therapy, one.name, one.drug_class), one) for one in listing.rules)
    shown = (
        (who, tuple(map(_whole, own)) if listing.full else (b.Items(tuple(map(_brief, own))),)) for who, own in groups.items()
    )
    sections = (b.Section(name, own, id=therapy, says=sentence(drug_class)) for (therapy, name, drug_class), own in shown)
    return (title, *sections, b.Notice(listing.notice))


def _brief(one: RuleRecord) -> b.Item:
    rule, details = one.rule, (b.Paragraph(one.when_says, lead="When"),)
    return b.Item(rule.id, rule.says, rule_words(rule), ref=b.Ref("rule", rule.id), details=details)


def _whole(one: RuleRecord) -> b.Section:
    rule = one.rule
    cited = (b.Item(name, ref=b.Ref("study", study)) for study, name in zip(rule.cites, one.cites_names, strict=True))
    blocks: b.Blocks = (
        b.Paragraph(rule.says),
        b.Paragraph(one.when_says, lead="When"),
        b.Items(tuple(cited), group="Rests on"),
        *limits(rule),
        b.facts((("Source", place_words(rule.source)), ("Rule", rule.id), ("Written at", one.written_at))),
    )
    return b.Section(sentence(rule_words(rule)), blocks, id=rule.id)


def rules_found(
    ruleset: Ruleset, names: Iterable[str] = (), *, line: str = "", standing: str = "", field: str = "", search: str = ""
) -> list[tuple[Therapy, Rule]]:
    """The rules that pass every filter: of these therapies or ids, of a line, of a standing, reading a field, holding words."""
    wanted, words = set(names), search.lower().split()
    return [
        (therapy, rule)
        for therapy, rule in ruleset.rules_with_therapy()
        # Cheap tests first: only what passes them is put into words and searched.
        if (not wanted or {therapy.id, rule.id} & wanted)
        and (not line or rule.line == line)
        and (not standing or rule.standing == standing)
        and (not field or any(test.field == field for test in ruleset.tests(rule.when)))
        and (not words or _holds_all(words, ruleset, therapy, rule))
    ]


def _holds_all(words: list[str], ruleset: Ruleset, therapy: Therapy, rule: Rule) -> bool:
    studies = [ruleset.studies[name] for name in rule.cites]
    parts = [
        *(therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, rule.id, rule.says, rule.standing),
        Wording(ruleset).condition(rule.when),
        *(caveat.says for caveat in rule.caveats),
        *(text for study in studies for text in (study.id, study.name, study.nct)),
    ]
    text = " ".join(parts).lower()
    return all(word in text for word in words)


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


_AS_RECORDED = ("name", "kind", "status", "outcome", "n", "n_planned", "nct", "biomarkers", "regions", "tumour", "reference")


@record(kw_only=True)
class StudyListing(RulesetResult):
    """Studies in rows."""

    count: int
    studies: tuple[StudyRow, ...]


def study_listing(ruleset: Ruleset, studies: Iterable[Found]) -> StudyListing:
    """A list of studies."""
    rows = tuple(_study_row(ruleset, found) for found in studies)
    return StudyListing(**headed(ruleset), count=len(rows), studies=rows)


def _study_row(ruleset: Ruleset, found: Found) -> StudyRow:
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


def studies_view(listing: StudyListing) -> b.Blocks:
    """Studies in a list, each with its telling figure."""
    groups = grouped(((row.therapy, row.therapy_name), _told(row)) for row in listing.studies)
    sections = (b.Section(name, (b.Items(tuple(items)),), id=therapy) for (therapy, name), items in groups.items())
    kinds = Counter(_BESIDE.get(row.kind, "study") for row in listing.studies)
    beside = (counted(kinds[kind], kind) for kind in _BESIDE.values() if kinds[kind])
    title = b.Title(all_of((counted(kinds["study"], "study", "studies"), *beside)), listing.ruleset.named)
    return (title, *sections, b.Notice(listing.notice))


def _told(row: StudyRow) -> b.Item:
    patients = f"{row.n} patients" if row.n is not None else ""
    said = joined(patients, LINES.get(row.line, ""), phrase("outcome", row.outcome), mark=", ")
    badge = f"phase {row.phase}" if row.phase else spoken(row.kind).removeprefix("review ")
    words = joined(sentence(said), sentence(row.figure), mark=". ")
    return b.Item(row.name, words, sentence(badge), ref=b.Ref("study", row.study))


@record(kw_only=True)
class VerificationFinding:
    """Something that does not hold, where it is written; `code` is stable."""

    file: str
    line: int
    column: int
    code: str
    message: str


@record(kw_only=True)
class VerificationReport(RulesetResult):
    """What holding a ruleset against its source's text found."""

    verified: bool
    total: CoveredPart
    sections: tuple[CoveredPart, ...]
    findings: tuple[VerificationFinding, ...]


def verification_report(ruleset: Ruleset, found: knowledge.Verification) -> VerificationReport:
    """A verification as a result."""
    findings = tuple(VerificationFinding(**problem._asdict()) for problem in found.findings)
    head, sections = headed(ruleset), found.sections
    return VerificationReport(**head, verified=not findings, total=found.total, sections=sections, findings=findings)


def verification_view(found: VerificationReport) -> b.Blocks:
    """Coverage part by part in both directions, then each finding."""
    parts, total = (*found.sections, found.total), found.total
    rows = tuple((p.title, f"{p.found} of {p.figures}", str(p.recorded), str(p.left_out), str(p.missing)) for p in parts)
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
