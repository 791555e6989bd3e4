"""Every page of the site, in the order of its navigation: each computes one typed result and shows its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from hepatica.assurance import RulesetVersion
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.evaluation import LISTS, Evaluation
from hepatica.explain import Comparison, Explanation, WhatIf, what_if, why
from hepatica.knowledge import LINES, Filters, Ruleset, catalogue, search, select
from hepatica.notice import notice
from hepatica.patient import profile_from
from hepatica.problems import InvalidInput
from hepatica.report import (
    About,
    Block,
    Blocks,
    Bullets,
    Cell,
    Item,
    Items,
    Paragraph,
    Ref,
    RuleListing,
    Section,
    StudyListing,
    StudyPage,
    StudyRow,
    Table,
    Title,
    about,
    about_view,
    answer,
    case_blocks,
    rule_listing,
    rules_view,
    studies_view,
    study_listing,
    study_page,
    study_view,
    whatif_view,
    why_view,
)
from hepatica.report.assurance import diff_view
from hepatica.report.teaching import (
    LANDSCAPE,
    PHONE,
    forest_drawing,
    forest_view,
    pathway_drawings,
    pathway_svg,
    pathway_view,
    svg,
)
from hepatica.teaching import ENDPOINTS, SETTINGS, Forest, Pathway, forest, pathway
from hepatica.web.compare import compare_page, compare_parameters
from hepatica.web.form import Control, choice_control, first_up
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import refusal
from hepatica.web.quiz import QUIZ_PARAMETERS, QuizPage, quiz_page
from hepatica.web.render import Page, PageView, patient_query
from hepatica.web.request import RULESET, FieldProblem, PageNotFound, RefusedRequest, Request, one_of, typed
from hepatica.wording import spoken

THERAPY, SEARCH, LINE, ENDPOINT, NARROW, OLD, NEW = "therapy", "q", "line", "endpoint", "narrow", "old", "new"
MOST_WITNESSES = 40
LONGEST_SEARCH = 100
# The companion ruleset stands on top of the page, with a link where it is served.
SEE_ALSO = "See also"
# Lists that a screen folds away, so that the strongest evidence stands alone on the first one.
FOLDED = ("trials", "possible", "not-supported", "unreported", "advice")
# The choices above the list of studies: the title, the column of a study that holds the values, the name in `Filters`.
STUDY_FILTERS: Mapping[str, tuple[str, str, str]] = {
    THERAPY: ("Therapy", "therapy", "therapy"),
    LINE: ("Line", "line", "line"),
    "phase": ("Phase", "phase", "phase"),
    "status": ("Status", "status", "status"),
    "outcome": ("Primary endpoint", "outcome", "outcome"),
    "biomarker": ("Biomarker", "biomarkers", "biomarker"),
    "place": ("Region", "regions", "region"),
    "tumour": ("Tumour", "tumour", "tumour"),
}


def pages(library: RulesetLibrary) -> tuple[Page, ...]:
    """The pages that a library can show: changes only where there are rulesets to compare."""
    rulesets = list(library.rulesets.values())
    therapy = one_of(THERAPY, "Only this therapy.", (name for ruleset in rulesets for name in ruleset.therapies))
    line, narrow = one_of(LINE, "Only this line.", SETTINGS), one_of(NARROW, "The picture for a phone.", ("yes",))
    studies = [row for ruleset in rulesets for row in study_listing(ruleset, catalogue(ruleset)).studies]
    filters = (one_of(name, f"{known[0]} of the study.", _values(studies, name)) for name, known in STUDY_FILTERS.items())
    sides = (one_of(name, "One of the rulesets served.", library.rulesets) for name in (OLD, NEW))
    endpoint = one_of(ENDPOINT, "Only this endpoint.", ENDPOINTS)
    changes = Page("/changes", "Changes", changes_page, RulesetDiff, tuple(sides), slow=True)
    return (
        Page("/answer", "Answer", answer_page, Evaluation),
        Page("/why", "Why", why_page, Explanation | Evaluation, (therapy,), of_case=True),
        Page("/whatif", "What if", whatif_page, WhatIf, (therapy,), of_case=True),
        Page("/compare", "Compare", compare_page, Comparison, compare_parameters(library), of_case=True),
        Page("/pathway", "Pathway", pathway_page, Pathway, (line, narrow), pathway_picture, of_case=True),
        Page("/forest", "Forest plot", forest_page, Forest, (endpoint, line, narrow), forest_picture),
        Page(
            "/evidence",
            "Evidence",
            evidence_page,
            StudyListing,
            (typed(SEARCH, "Words that must all occur.", LONGEST_SEARCH), *filters),
        ),
        Page("/evidence/{study}", "", study_in_full, StudyPage),
        Page("/rules", "Rules", rules_page, RuleListing),
        Page("/rules/{therapy}", "", therapy_page, RuleListing),
        Page("/quiz", "Quiz", quiz_page, QuizPage, QUIZ_PARAMETERS, slow=True),
        *((changes,) if len(rulesets) > 1 else ()),
        Page("/about", "", about_page, About),
    )


def answer_page(request: Request) -> PageView:
    """What published evidence backs for a hypothetical patient."""
    found = request.evaluator.evaluate(request.profile)
    case = tuple(case_blocks(found))
    title, *rest = answer(found)
    assert isinstance(title, Title)
    rest = [block for block in rest[len(case) :] if not (isinstance(block, Paragraph) and block.lead == SEE_ALSO)]
    counts = "; ".join(f"{LISTS[name].heading}: {len(entries)}" for name, entries in found.entries().items() if entries)
    return PageView(
        result=found,
        blocks=(title._replace(quiet=""), *filter(_is_warning, case), *on_screen(rest)),
        case=() if request.patient.empty else tuple(block for block in case if not _is_warning(block)),
        template="answer.html",
        says=f"{counts}.",
    )


def _is_warning(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.tone == "warning"


def on_screen(blocks: Iterable[Block]) -> Iterator[Block]:
    """An answer's blocks with the strongest evidence in the open and the rest folded; what stands first is always open."""
    opened = False
    for block in blocks:
        if not isinstance(block, Section) or block.folded:
            yield block
        elif block.id == "options":
            groups = [one for one in block.blocks if isinstance(one, Items)]
            shown = [one for one in groups if one.items[0].tone == "strong"] or groups[: not opened]
            others = () if groups else block.blocks
            if shown or others:
                yield block._replace(blocks=(*map(_cards, shown), *others), count=None)
            yield from (_folded_group(one) for one in groups if one not in shown)
            opened = True
        else:
            yield block._replace(folded=opened and block.id in FOLDED)
            opened = opened or block.id == "strongest-open"


def _cards(group: Items) -> Items:
    """A group of a standing without its heading: each item carries it as a badge."""
    return Items(tuple(item._replace(badge=item.badge or group.group) for item in group.items))


def _folded_group(group: Items) -> Section:
    return Section(group.group, (Items(group.items),), len(group.items), folded=True, says=first_up(f"{group.means}."))


def why_page(request: Request) -> PageView:
    """Why a therapy is or is not an option, rule by rule; without a therapy, the answer, to choose one from."""
    chosen, choice = _therapy_choice(request, "Choose one")
    evaluation = request.evaluator.evaluate(request.profile)
    if chosen:
        explained = why(evaluation, chosen)
        return PageView(result=explained, blocks=why_view(explained), filters=(choice,))
    stands = (
        Section(LISTS[name].heading, (Items(tuple(Item(entry.name, ref=Ref("why", entry.therapy)) for entry in entries)),))
        for name, entries in evaluation.entries().items()
        if entries
    )
    says = Paragraph("Choose a therapy to see each of its rules held against the case.")
    return PageView(result=evaluation, blocks=(Title("Why, and why not"), says, *stands), filters=(choice,))


def _therapy_choice(request: Request, none: str) -> tuple[str, Control]:
    names = {therapy.id: therapy.name for therapy in request.ruleset.therapies.values()}
    return _choice(request, THERAPY, "Therapy", {"": none, **names})


def _choice(request: Request, name: str, title: str, offered: Mapping[str, str], default: str = "") -> tuple[str, Control]:
    """What is chosen of some values, and the control to choose with. Raises `InvalidInput` for anything else."""
    chosen = request.choice(name, tuple(offered)) or default
    return chosen, choice_control(name, title, offered, chosen)


def whatif_page(request: Request) -> PageView:
    """What to find out first, and the smallest changes of facts that add or remove each option."""
    chosen, choice = _therapy_choice(request, "All")
    found = what_if(request.evaluator, request.profile, (chosen,) if chosen else ())
    case = set(case_blocks(found.evaluation))
    blocks = [one for one in whatif_view(found) if one not in case or _is_warning(one)]
    first = next((block for block in blocks if isinstance(block, Section)), None)
    shown = (block._replace(folded=block is not first) if isinstance(block, Section) else block for block in blocks)
    return PageView(result=found, blocks=tuple(shown), filters=(choice,))


def pathway_page(request: Request) -> PageView:
    """The lines of treatment drawn from the rules, with the case's way through them."""
    found = _pathway(request)
    query = patient_query(request)
    lines = [line for line in LINES if line in {rule.line for rule in request.ruleset.rules.values()}]
    _, choice = _choice(request, LINE, "Line", {"": "All", **{line: first_up(LINES[line]) for line in lines}})
    shown = tuple((f"{LINE}={line.line}&{query}", f"{line.title}; the outline below says the same.") for line in found.lines)
    return PageView(result=found, blocks=pathway_view(found, picture=False), pictures=shown, filters=(choice,))


def pathway_picture(request: Request) -> bytes:
    """The lines as SVG."""
    found = _pathway(request)
    drawings = pathway_drawings(found, PHONE if request.choice(NARROW, ("yes",)) else LANDSCAPE)
    return (svg(drawings[0]) if len(drawings) == 1 else pathway_svg(found)).encode()


def _pathway(request: Request) -> Pathway:
    chosen = request.choice(LINE, tuple(LINES))
    return pathway(request.ruleset, request.known_profile, [line for line in LINES if line == chosen])


def forest_page(request: Request) -> PageView:
    """The randomised trials' hazard ratios, printed and corrected."""
    found = _forest(request)
    lines = [line for line in SETTINGS if line in {study.setting for study in request.ruleset.studies.values()}]
    endpoint, first = _choice(request, ENDPOINT, "Endpoint", {"": "All", **{name: ENDPOINTS[name] for name in ENDPOINTS}})
    line, second = _choice(
        request, LINE, "Line", {"": "All", **{name: first_up(LINES.get(name, spoken(name))) for name in lines}}
    )
    query = urlencode({ENDPOINT: endpoint, LINE: line, RULESET: request.ruleset_name})
    shown = ((query, f"{len(found.rows)} hazard ratios as a forest plot; every number stands in the tables."),)
    return PageView(
        result=found,
        blocks=forest_view(found, picture=False),
        pictures=shown if found.panels else (),
        pictures_last=True,
        filters=(first, second),
    )


def forest_picture(request: Request) -> bytes:
    """The plot as SVG."""
    found = _forest(request)
    return svg(forest_drawing(found, PHONE) if request.choice(NARROW, ("yes",)) else forest_drawing(found)).encode()


def _forest(request: Request) -> Forest:
    endpoint, line = request.choice(ENDPOINT, tuple(ENDPOINTS)), request.choice(LINE, SETTINGS)
    return forest(request.ruleset, [name for name in ENDPOINTS if name == endpoint], [name for name in SETTINGS if name == line])


def evidence_page(request: Request) -> PageView:
    """The studies, filtered and searched."""
    ruleset, words = request.ruleset, request.one(SEARCH)
    if len(words) > LONGEST_SEARCH:
        raise refusal("too-long", f"{SEARCH} has {len(words)} characters; at most {LONGEST_SEARCH}")
    rows = study_listing(ruleset, catalogue(ruleset)).studies
    controls = [Control(name=SEARCH, title="Search", kind="search", id="c-q", value=words, placeholder="name, drug, NCT")]
    chosen: dict[str, str] = {}
    for name, (title, _, narrows) in STUDY_FILTERS.items():
        offered = {value: _label(ruleset, name, value) for value in _values(rows, name)}
        chosen[narrows], control = _choice(request, name, title, {"": "Any", **offered})
        controls.append(control)
    found = select(ruleset, Filters(**chosen))
    if words:
        passing = {one.study.id for one in found}
        found = tuple(one for one in search(ruleset, tuple(words.split())) if one.study.id in passing)
    listing = study_listing(ruleset, found)
    return PageView(result=listing, blocks=studies_view(listing), filters=tuple(controls), button="Filter")


def _values(rows: Iterable[StudyRow], name: str) -> tuple[str, ...]:
    """The values of a filter that occur, in order of first use."""
    held = (getattr(row, STUDY_FILTERS[name][1]) for row in rows)
    return tuple(dict.fromkeys(value for one in held for value in ((one,) if isinstance(one, str) else one) if value))


def _label(ruleset: Ruleset, name: str, value: str) -> str:
    region = ruleset.fields["region"]
    if name == THERAPY:
        return ruleset.therapies[value].name
    known = (
        region.title_of(value)
        if value in region.values
        else ruleset.fields[value].title
        if value in ruleset.fields
        else spoken(value)
    )
    return first_up(known)


def study_in_full(request: Request) -> PageView:
    """One study in full."""
    found = next((one for one in catalogue(request.ruleset) if one.study.id == request.path["study"]), None)
    if found is None:
        raise PageNotFound("No study of that name in this ruleset.")
    page = study_page(request.ruleset, found)
    return PageView(result=page, blocks=study_view(page))


def rules_page(request: Request) -> PageView:
    """Every therapy with its rules."""
    listing = rule_listing(request.ruleset, request.ruleset.rules_with_therapy())
    return PageView(result=listing, blocks=rules_view(listing))


def therapy_page(request: Request) -> PageView:
    """One therapy: its rules and the studies they cite."""
    therapy = request.ruleset.therapies.get(request.path["therapy"])
    if therapy is None:
        raise PageNotFound("No therapy of that name in this ruleset.")
    listing = rule_listing(request.ruleset, [(therapy, rule) for rule in therapy.rules], full=True)
    return PageView(result=listing, blocks=rules_view(listing))


def about_page(request: Request) -> PageView:
    """What the ruleset covers, leaves out, and must not be used for."""
    found = about(request.ruleset)
    return PageView(result=found, blocks=about_view(found))


def changes_page(request: Request) -> PageView:
    """What one served ruleset answers differently from another, with a patient for each change."""
    rulesets = request.library.rulesets
    names = {name: name for name in rulesets}
    old, first = _choice(request, OLD, "From", names, next(iter(names)))
    new, second = _choice(request, NEW, "To", names, list(names)[-1])

    def made() -> RulesetDiff:
        return diff(RulesetVersion.of(rulesets[old]), RulesetVersion.of(rulesets[new]))

    found = request.library.documents.get(("changes", rulesets[old].digest, rulesets[new].digest), made)
    assert isinstance(found, RulesetDiff)
    blocks = (*diff_view(found), *_witnesses(request, found, old, new))
    return PageView(result=found, blocks=blocks, filters=(first, second), button="Compare")


def _witnesses(request: Request, found: RulesetDiff, old: str, new: str) -> Iterator[Block]:
    """A patient who sees each change, under the one ruleset, the other, and both."""
    rows: list[tuple[str | Cell, ...]] = []
    for change in found.changes[:MOST_WITNESSES]:
        patient = request.reader.write(profile_from(change.witness, fields=request.ruleset.fields))
        places = {
            "before": f"/answer?{RULESET}={old}&{patient}",
            "after": f"/answer?{RULESET}={new}&{patient}",
            "side by side": f"/compare?{RULESET}={old}&against={new}&{patient}",
        }
        rows.append(
            (f"{change.name or change.id}: {change.kind}", *(Cell(says, Ref("local", at)) for says, at in places.items()))
        )
    if rows:
        yield Section("A patient who sees each change", (Table(("Change", "Before", "After", "Both"), tuple(rows)),), len(rows))


def refused_view(page: Page, request: Request, error: InvalidInput) -> PageView:
    """What is wrong with a request, in the answer's place where the page has the form."""
    problems = tuple(
        FieldProblem(field=request.reader.control_of(found), code=found.code, message=found.message) for found in error.problems
    )
    result = RefusedRequest(notice=notice(request.ruleset.card.as_of), problems=problems)
    if page.form:
        blocks: Blocks = (
            Title("No answer yet"),
            Paragraph("Some of what was entered cannot be used. Each problem is also shown at its field."),
        )
        return PageView(
            result=result, blocks=blocks, template="answer.html", status=422, says="The case has errors; see the form."
        )
    texts = tuple(found.message for found in problems)
    return PageView(result=result, blocks=(Title("This address cannot be read"), Bullets(texts)), status=422)
