"""Every page of the site, in the order of its navigation: each computes one typed result and shows its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from hepatica import report
from hepatica.assurance import RulesetVersion
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.evaluation import LISTS, Evaluation
from hepatica.explain import Comparison, Explanation, ThenAndNow, WhatIf, what_if, why
from hepatica.knowledge import LINES, STANDINGS, Filters, Ruleset, catalogue, search, select
from hepatica.notice import notice
from hepatica.patient import profile_from
from hepatica.problems import InvalidInput
from hepatica.report import Block, Blocks, Bullets, Cell, Item, Items, More, Paragraph, Ref, Section, Table, Title
from hepatica.report import teaching as views
from hepatica.report.assurance import diff_view
from hepatica.teaching import ENDPOINTS, SETTINGS, Forest, Pathway, forest, pathway
from hepatica.web.compare import COMPARE_PARAMETERS, companions, compare_page, then_page
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import QueryReader
from hepatica.web.quiz import QUIZ_PARAMETERS, QuizPage, is_new, quiz_page
from hepatica.web.render import Page, PageView, patient_query
from hepatica.web.request import (
    RULESET,
    FieldProblem,
    Offered,
    Parameter,
    RefusedRequest,
    Request,
    rulesets,
    words,
)
from hepatica.wording import grouped, sentence, spoken

MOST_WITNESSES = 40
STANDING_SECTIONS = ("options", *(name.replace("_", "-") for name, demand in STANDINGS.items() if demand.reaches == "options"))
# What a screen folds away, so that the strongest evidence stands alone on the first one.
FOLDED = (*STANDING_SECTIONS, "trials", "possible", "not-supported", "unreported", "advice")
MOST_OPEN = 3
MOST_UNKNOWN = 10
SECONDS_TO_WAIT = "4"
# The choices above the list of studies: the name in the address and in `StudyRow`, that in `Filters`, the title.
STUDY_FILTERS = (
    ("therapy", "therapy", "therapy", "Therapy"),
    ("line", "line", "line", "Line"),
    ("phase", "phase", "phase", "Phase"),
    ("outcome", "outcome", "outcome", "Primary endpoint"),
    ("biomarker", "biomarkers", "biomarker", "Biomarker"),
    ("place", "regions", "region", "Region"),
)


def _lines(kind: str, part: str, order: Iterable[str]) -> Offered:
    """The lines of treatment that a part of a ruleset's rules or studies names, in their order."""

    def offered(_: RulesetLibrary, ruleset: Ruleset) -> Mapping[str, str]:
        held = {getattr(one, part) for one in getattr(ruleset, kind).values()}
        return {name: sentence(LINES.get(name, spoken(name))) for name in order if name in held}

    return offered


def _studies_with(column: str) -> Offered:
    """The values of a column of the studies that occur, in order of first use."""

    def offered(library: RulesetLibrary, ruleset: Ruleset) -> Mapping[str, str]:
        # Asked for by every filter of a page, so made once for each ruleset.
        listing = library.documents.get(("studies", ruleset.digest), lambda: report.study_listing(ruleset, catalogue(ruleset)))
        held = (getattr(row, column) for row in listing.studies)
        values = (value for one in held for value in ((one,) if isinstance(one, str) else one) if value)
        return {value: _label(ruleset, value) for value in dict.fromkeys(values)}

    return offered


def _label(ruleset: Ruleset, value: str) -> str:
    region = ruleset.fields.get("region")
    if value in ruleset.therapies:
        return ruleset.therapies[value].name
    if region and value in region.values:
        return sentence(region.title_of(value))
    return sentence(ruleset.fields[value].title if value in ruleset.fields else spoken(value))


THERAPY = Parameter(
    "therapy", "Only this therapy.", lambda _, rules: {one.id: one.name for one in rules.therapies.values()}, "Therapy", "All"
)
LINE = Parameter("line", "Only this line.", _lines("rules", "line", LINES), "Line", "All")
SETTING = replace(LINE, offered=_lines("studies", "setting", SETTINGS))
ENDPOINT = Parameter("endpoint", "Only this endpoint.", lambda *_: dict(ENDPOINTS), "Endpoint", "All")
NARROW = Parameter("narrow", "The picture for a phone.", words(("yes",)))
SEARCH = Parameter("q", "Words that must all occur.", title="Search", placeholder="name, drug, NCT")
FILTERS = [Parameter(name, f"{title} of the study.", _studies_with(part), title, "Any") for name, part, _, title in STUDY_FILTERS]
OLD = Parameter("old", "One of the rulesets served.", rulesets)
NEW = replace(OLD, name="new")


def pages(library: RulesetLibrary) -> tuple[Page, ...]:
    """The pages that a library can show: changes and years only where there are rulesets to compare."""
    old, *_, new = (*library.rulesets, *library.rulesets)
    sides = replace(OLD, title="From", default=old), replace(NEW, title="To", default=new)
    every = (
        Page("/answer", "Answer", answer_page, Evaluation),
        Page("/why", "Why", why_page, Explanation | Evaluation, (replace(THERAPY, none="Choose one"),), of_case=True),
        Page("/whatif", "What if", whatif_page, WhatIf, (THERAPY,), slow=is_open, of_case=True),
        Page("/compare", "Compare", compare_page, Comparison, COMPARE_PARAMETERS, of_case=True, button="Compare"),
        Page("/then-and-now", "Then and now", then_page, ThenAndNow, of_case=True),
        Page("/pathway", "Pathway", pathway_page, Pathway, (LINE, NARROW), pathway_picture, of_case=True),
        Page("/forest", "Forest plot", forest_page, Forest, (ENDPOINT, SETTING, NARROW), forest_picture),
        Page("/fate", "What became of the therapies", fate_page, views.FateListing, (NARROW,), fate_picture, foot=True),
        Page("/handout", "", handout_page, views.Handout, slow=is_open, of_case=True),
        Page("/evidence", "Evidence", evidence_page, report.StudyListing, (SEARCH, *FILTERS), button="Filter"),
        Page("/evidence/{study}", "", study_in_full, report.StudyPage),
        Page("/rules", "All rules", rules_page, report.RuleListing, foot=True),
        Page("/rules/{therapy}", "", therapy_page, report.RuleListing),
        Page("/quiz", "Quiz", quiz_page, QuizPage, QUIZ_PARAMETERS, slow=is_new),
        Page("/changes", "Changes between rulesets", changes_page, RulesetDiff, sides, button="Compare", foot=True),
        Page("/about", "About these rules", about_page, report.About, foot=True),
    )
    hidden = [] if len(library.rulesets) > 1 else [changes_page]
    hidden += [] if companions(library) else [then_page]
    return tuple(page for page in every if page.view not in hidden)


def answer_page(request: Request) -> PageView:
    """What published evidence backs for a hypothetical patient."""
    found = request.evaluator.evaluate(request.profile)
    case = tuple(report.case_blocks(found))
    warnings = _warnings(case)
    counts = "; ".join(f"{LISTS[name].heading}: {len(entries)}" for name, entries in found.entries().items() if entries)
    return PageView(
        result=found,
        blocks=chain([report.case_title(found)._replace(quiet="")], warnings, on_screen(report.answer_body(found))),
        case=() if request.patient.empty else tuple(block for block in case if block not in warnings),
        template="answer.html",
        says=f"{counts}.",
    )


def _warnings(case: Iterable[Block]) -> Blocks:
    # What is doubtful in a case is never folded with its facts.
    return tuple(block for block in case if isinstance(block, Paragraph) and block.tone == "warning")


def on_screen(blocks: Iterable[Block]) -> Iterator[Block]:
    """An answer's blocks with the strongest evidence in the open and the rest folded; what stands first is always open."""
    opened = False
    for block in blocks:
        if not isinstance(block, Section) or block.folded:
            yield block
        elif block.id == "strongest-open":
            # Where little is known nearly everything is open: what asks for least and stands highest is enough to begin with.
            yield block._replace(blocks=block.blocks[:MOST_OPEN])
            if len(block.blocks) > MOST_OPEN:
                yield Section("And, for more of what is missing", block.blocks[MOST_OPEN:], folded=True)
            opened = True
        elif block.id in STANDING_SECTIONS and (
            not opened or any(item.tone == "strong" for items in block.blocks if isinstance(items, Items) for item in items.items)
        ):
            yield block._replace(count=None)
            opened = True
        else:
            yield block._replace(folded=opened and block.id in FOLDED)


def why_page(request: Request) -> PageView:
    """Why a therapy is or is not an option, rule by rule; without a therapy, the answer, to choose one from."""
    chosen = request.one(THERAPY)
    evaluation = request.evaluator.evaluate(request.profile)
    if chosen:
        explained = why(evaluation, chosen)
        blocks = (one._replace(quiet="") if isinstance(one, Title) else one for one in report.why_view(explained))
        return PageView(result=explained, blocks=blocks)
    placed = grouped(
        (sentence(report.stands(name, entry.standing)), Item(entry.name, ref=Ref("why", entry.therapy)))
        for name, entries in evaluation.entries().items()
        for entry in entries
    )
    stands = (Section(place, (Items(tuple(items)),)) for place, items in placed.items())
    says = Paragraph("Choose a therapy to see each of its rules held against the case.")
    return PageView(result=evaluation, blocks=(Title("Why, and why not"), says, *stands))


def is_open(request: Request) -> bool:
    """Whether so little is known of the case that all that could change the answer takes long to tell."""
    unknown = sum(request.profile[name] is None for name in request.ruleset.used_fields)
    # Of nobody it is told once, and kept.
    return bool(request.given or request.own) and unknown > MOST_UNKNOWN


def whatif_page(request: Request) -> PageView:
    """What to find out first, and the smallest changes of facts that add or remove each option."""
    found = what_if(request.evaluator, request.profile, request.many(THERAPY))
    # The case stands above every page about it; what is doubtful in it stays where the report has that.
    head = report.case_title(found.evaluation, "What if: ")._replace(quiet=""), *_warnings(report.case_blocks(found.evaluation))
    body = enumerate(report.whatif_body(found))
    folded = (one._replace(folded=number > 0) if isinstance(one, Section) else one for number, one in body)
    return PageView(result=found, blocks=chain(head, folded))


def pathway_page(request: Request) -> PageView:
    """The lines of treatment drawn from the rules, with the case's way through them."""
    found, query = _pathway(request), patient_query(request)
    # The lines that lead somewhere for this patient come first: on a phone a line that is closed is a screen of its own.
    lines = sorted(found.lines, key=lambda line: line.closed)
    shown = tuple((f"{LINE.name}={one.line}&{query}", f"{one.title}; the outline below says the same.") for one in lines)
    title, *outline, _ = views.pathway_view(found, picture=False)  # the page has a notice of its own
    return PageView(result=found, blocks=(title, More("The same in words", tuple(outline))), pictures=shown)


def pathway_picture(request: Request) -> str:
    """The lines as SVG."""
    return views.pathway_svg(_pathway(request), views.PHONE if request.one(NARROW) else views.LANDSCAPE)


def _pathway(request: Request) -> Pathway:
    chosen, profile = request.one(LINE), request.profile
    return pathway(request.ruleset, None if request.patient.empty else profile, [line for line in LINES if line == chosen])


def forest_page(request: Request) -> PageView:
    """The randomised trials' hazard ratios, printed and corrected."""
    found = _forest(request)
    chosen = {one.name: request.one(one) for one in (ENDPOINT, SETTING)}
    says = f"{len(found.rows)} hazard ratios as a forest plot; every number stands in the tables."
    shown = ((urlencode({**chosen, RULESET.name: request.ruleset_name}), says),) if found.panels else ()
    return PageView(result=found, blocks=views.forest_view(found, picture=False), pictures=shown, pictures_last=True)


def forest_picture(request: Request) -> str:
    """The plot as SVG."""
    width = (views.PHONE,) if request.one(NARROW) else ()
    return views.svg(views.forest_drawing(_forest(request), *width))


def _forest(request: Request) -> Forest:
    endpoint = request.one(ENDPOINT)
    return forest(request.ruleset, [name for name in ENDPOINTS if name == endpoint], request.many(SETTING))


def evidence_page(request: Request) -> PageView:
    """The studies, filtered and searched."""
    ruleset, looked_for = request.ruleset, request.one(SEARCH)
    found = select(ruleset, Filters(**{named[2]: request.one(one) for one, named in zip(FILTERS, STUDY_FILTERS, strict=True)}))
    if looked_for:
        passing = {one.study.id for one in found}
        found = tuple(one for one in search(ruleset, tuple(looked_for.split())) if one.study.id in passing)
    return PageView.of(report.study_listing(ruleset, found), report.studies_view)


def study_in_full(request: Request) -> PageView:
    """One study in full."""
    found = next((one for one in catalogue(request.ruleset) if one.study.id == request.path["study"]), None)
    if found is None:
        raise HTTPException(404, "No study of that name in this ruleset.")
    return PageView.of(report.study_page(request.ruleset, found), report.study_view)


def rules_page(request: Request) -> PageView:
    """Every therapy with its rules."""
    return PageView.of(report.rule_listing(request.ruleset, request.ruleset.rules_with_therapy()), report.rules_view)


def therapy_page(request: Request) -> PageView:
    """One therapy: its rules and the studies they cite."""
    therapy = request.ruleset.therapies.get(request.path["therapy"])
    if therapy is None:
        raise HTTPException(404, "No therapy of that name in this ruleset.")
    rules = [(therapy, rule) for rule in therapy.rules]
    return PageView.of(report.rule_listing(request.ruleset, rules, full=True), report.rules_view)


def about_page(request: Request) -> PageView:
    """What the ruleset covers, leaves out, and must not be used for."""
    return PageView.of(report.about(request.ruleset), report.about_view)


def fate_page(request: Request) -> PageView:
    """What became of each therapy after the date of the evidence."""
    found = views.fate_listing(request.ruleset)
    pictures = ((urlencode({RULESET.name: request.ruleset_name}), views.fate_words(found)),) if found.therapies else ()
    return PageView(result=found, blocks=views.fate_view(found, picture=False), pictures=pictures, pictures_last=True)


def fate_picture(request: Request) -> str:
    """The ways from standing to fate as SVG."""
    return views.svg(views.fate_drawing(views.fate_listing(request.ruleset)))


def handout_page(request: Request) -> PageView:
    """The case on one or two pages to print: the answer, why, what would change it, the trials."""
    return PageView.of(views.handout(request.evaluator, request.profile), views.handout_view)


def changes_page(request: Request) -> PageView:
    """What one served ruleset answers differently from another, with a patient for each change."""
    served = request.library.rulesets
    old, new = request.one(OLD) or next(iter(served)), request.one(NEW) or next(reversed(served))
    first, second = served[old], served[new]
    found = request.library.apart.get((first.digest, second.digest), _diff, first, second)
    if found is None:
        # A browser asks again by itself.
        again = {"retry-after": SECONDS_TO_WAIT, "refresh": SECONDS_TO_WAIT}
        raise HTTPException(503, "The changes are being worked out, which takes up to a minute.", again)
    return PageView(result=found, blocks=(*_in_short(diff_view(found)), *_witnesses(request, found, old, new)))


def _in_short(blocks: Iterable[Block]) -> Iterator[Block]:
    # With its first table in the open: two rulesets may differ in a thousand rows.
    tables = 0
    for block in blocks:
        tables += isinstance(block, Table)
        if isinstance(block, Table) and tables > 1:
            yield More(block.caption or "Further changes", (block._replace(caption=""),))
        else:
            yield block._replace(folded=True) if isinstance(block, Section) else block


def _diff(old: Ruleset, new: Ruleset) -> RulesetDiff:
    return diff(RulesetVersion.of(old), RulesetVersion.of(new))


def _witnesses(request: Request, found: RulesetDiff, old: str, new: str) -> Iterator[Block]:
    rows: list[tuple[str | Cell, ...]] = []
    fields = request.library.rulesets[old].fields.beside(request.library.rulesets[new].fields)
    for change in found.changes[:MOST_WITNESSES]:
        patient = QueryReader(fields).write(profile_from(change.witness, fields=fields))
        places = {
            "before": f"/answer?ruleset={old}&{patient}",
            "after": f"/answer?ruleset={new}&{patient}",
            "side by side": f"/compare?ruleset={old}&against={new}&{patient}",
        }
        cells = (Cell(says, Ref("local", at)) for says, at in places.items())
        rows.append((f"{change.name or change.id}: {change.kind}", *cells))
    if rows:
        yield Section("A patient who sees each change", (Table(("Change", "Before", "After", "Both"), tuple(rows)),), len(rows))


def refused_view(page: Page, request: Request, error: InvalidInput) -> PageView:
    """What is wrong with a request, in the answer's place where the page has the form."""
    problems = tuple(
        FieldProblem(field=request.reader.control_of(found), code=found.code, message=request.reader.titled(found))
        for found in error.problems
    )
    result = RefusedRequest(notice=notice(request.ruleset.card.as_of), problems=problems)
    if not page.form:
        found = Title("This address cannot be read"), Bullets(tuple(one.message for one in problems))
        return PageView(result=result, blocks=found, status=422)
    says = Paragraph("Some of what was entered cannot be used. Each problem is also shown at its field.")
    blocks, heard = (Title("No answer yet"), says), "The case has errors; see the form."
    return PageView(result=result, blocks=blocks, template="answer.html", status=422, says=heard)
