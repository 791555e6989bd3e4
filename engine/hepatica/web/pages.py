"""Every page of the site, in the order of its navigation: each computes one typed result and shows its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from hepatica.assurance import RulesetVersion
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.evaluation import LISTS, Evaluation, ListName, RulesetIdentity
from hepatica.explain import Comparison, Explanation, WhatIf, what_if, why
from hepatica.knowledge import LINES, Filters, Found, Line, Ruleset, catalogue, search, select
from hepatica.notice import notice
from hepatica.patient import Profile, profile_from
from hepatica.problems import InvalidInput
from hepatica.report import (
    About,
    Block,
    Blocks,
    Bullets,
    Cell,
    Item,
    Items,
    More,
    Paragraph,
    Ref,
    RuleListing,
    Section,
    StudyListing,
    StudyPage,
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
from hepatica.report.teaching.drawing import svg
from hepatica.report.teaching.forest import forest_drawing, forest_view
from hepatica.report.teaching.pathway import LANDSCAPE, PHONE, pathway_drawings, pathway_svg, pathway_view
from hepatica.teaching import ENDPOINTS, SETTINGS, Forest, Pathway, forest, pathway
from hepatica.web import quiz
from hepatica.web.compare import CompareStart, compare_page, compare_parameters
from hepatica.web.form import Control, choice_control, first_up
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import refusal
from hepatica.web.quiz import QuizPage, quiz_page
from hepatica.web.render import Page, PageView, patient_query
from hepatica.web.request import RULESET, FieldProblem, PageNotFound, PageParameter, RefusedRequest, Request
from hepatica.wording import spoken

THERAPY, SEARCH, LINE, ENDPOINT, NARROW, OLD, NEW = "therapy", "q", "line", "endpoint", "narrow", "old", "new"
MOST_WITNESSES = 40
LONGEST_SEARCH = 100
# Lists that a screen folds away, so that the strongest evidence stands alone on the first one.
FOLDED = ("trials", "possible", "not-supported", "unreported", "advice")


def pages(library: RulesetLibrary) -> tuple[Page, ...]:
    """The pages that a library can show: changes only where there are rulesets to compare."""
    rulesets = list(library.rulesets.values())
    therapies = [therapy for ruleset in rulesets for therapy in ruleset.therapies]
    several = (_changes(library),) if len(library.rulesets) > 1 else ()
    return (
        Page(
            path="/answer",
            name="answer",
            tab="Answer",
            says="What published evidence backs for a hypothetical patient.",
            view=answer_page,
            result=Evaluation,
        ),
        Page(
            path="/why",
            name="why",
            tab="Why",
            says="Why a therapy is or is not an option, rule by rule; without a therapy, where each one stands.",
            view=why_page,
            result=Explanation | WhyListing,
            own=(_one_of(THERAPY, "The therapy to explain; all are listed without it.", therapies),),
            of_case=True,
        ),
        Page(
            path="/whatif",
            name="whatif",
            tab="What if",
            says="What to find out first, and the smallest changes of facts that add or remove each option.",
            view=whatif_page,
            result=WhatIf,
            own=(_one_of(THERAPY, "Only this therapy.", therapies),),
            of_case=True,
        ),
        Page(
            path="/compare",
            name="compare",
            tab="Compare",
            says="The case beside others, with changed facts, or under another ruleset: what differs, then what is shared.",
            view=compare_page,
            result=Comparison | CompareStart,
            own=compare_parameters(library),
            of_case=True,
        ),
        Page(
            path="/pathway",
            name="pathway",
            tab="Pathway",
            says="The lines of treatment drawn from the rules, with the case's way through them.",
            view=pathway_page,
            result=Pathway,
            own=(_one_of(LINE, "Only this line of treatment.", LINES), _NARROW),
            picture=pathway_picture,
            of_case=True,
        ),
        Page(
            path="/forest",
            name="forest",
            tab="Forest plot",
            says="The randomised trials' hazard ratios, printed and corrected.",
            view=forest_page,
            result=Forest,
            own=(
                _one_of(ENDPOINT, "Only this endpoint.", ENDPOINTS),
                _one_of(LINE, "Only this line of treatment.", SETTINGS),
                _NARROW,
            ),
            picture=forest_picture,
        ),
        Page(
            path="/evidence",
            name="evidence",
            tab="Evidence",
            says="The studies, filtered and searched.",
            view=evidence_page,
            result=StudyListing,
            own=(
                _SEARCH,
                *(_one_of(name, f"{known.title} of the study.", _values(rulesets, known)) for name, known in _FILTERS.items()),
            ),
        ),
        Page(path="/evidence/{study}", name="study", tab="", says="One study in full.", view=study_in_full, result=StudyPage),
        Page(path="/rules", name="rules", tab="Rules", says="Every therapy with its rules.", view=rules_page, result=RuleListing),
        Page(
            path="/rules/{therapy}",
            name="therapy",
            tab="",
            says="One therapy: its rules and the studies they cite.",
            view=therapy_page,
            result=RuleListing,
        ),
        Page(
            path="/quiz",
            name="quiz",
            tab="Quiz",
            says="Cases to commit to before the answer is shown, and what was missed by topic.",
            view=quiz_page,
            result=QuizPage,
            own=quiz.PARAMETERS,
            slow=True,
        ),
        *several,
        Page(
            path="/about",
            name="about",
            tab="",
            says="What the ruleset covers, leaves out, and must not be used for.",
            view=about_page,
            result=About,
        ),
    )


def _changes(library: RulesetLibrary) -> Page:
    return Page(
        path="/changes",
        name="changes",
        tab="Changes",
        says="What one served ruleset answers differently from another, for every profile.",
        view=changes_page,
        result=RulesetDiff,
        own=(
            _one_of(OLD, "The ruleset to compare from; the first one served without it.", library.rulesets),
            _one_of(NEW, "The ruleset to compare to; the last one served without it.", library.rulesets),
        ),
        slow=True,
    )


def answer_page(request: Request) -> PageView:
    """The answer beside the form."""
    found = request.evaluator.evaluate(request.profile)
    case = tuple(case_blocks(found))
    doubts = [block for block in case if _is_warning(block)]
    title, *rest = answer(found)
    assert isinstance(title, Title)
    facts = tuple(block for block in case if not _is_warning(block))
    counts = "; ".join(f"{LISTS[name].heading}: {len(entries)}" for name, entries in found.entries().items() if entries)
    return PageView(
        result=found,
        blocks=(title._replace(quiet=""), *doubts, *on_screen(rest[len(case) :])),
        case=() if request.patient.empty else facts,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTherapy:
    """A therapy with the list it stands in, and the rule that puts it there."""

    therapy: str
    name: str
    list: ListName
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyListing:
    """Where every therapy stands, to choose one from."""

    notice: str
    ruleset: RulesetIdentity
    profile: Profile
    therapies: tuple[ListedTherapy, ...]


def why_page(request: Request) -> PageView:
    """One therapy explained; without one, where each stands."""
    therapies = request.ruleset.therapies
    chosen = request.choice(THERAPY, tuple(therapies))
    evaluation = request.evaluator.evaluate(request.profile)
    offered = {"": "Choose one", **{therapy.id: therapy.name for therapy in therapies.values()}}
    filters = (choice_control(THERAPY, "Therapy", offered, chosen),)
    if chosen:
        explained = why(evaluation, chosen)
        return PageView(result=explained, blocks=why_view(explained), filters=filters)
    listed = [
        ListedTherapy(therapy=entry.therapy, name=entry.name, list=name, rule=entry.rule)
        for name, entries in evaluation.entries().items()
        for entry in entries
    ]
    listing = WhyListing(
        notice=evaluation.notice, ruleset=evaluation.ruleset, profile=evaluation.profile, therapies=tuple(listed)
    )
    return PageView(result=listing, blocks=tuple(_stands(listing)), filters=filters)


def _stands(listing: WhyListing) -> Iterator[Block]:
    yield Title("Why, and why not")
    yield Paragraph("Choose a therapy to see each of its rules held against the case.")
    for name, words in LISTS.items():
        own = [Item(one.name, ref=Ref("why", one.therapy)) for one in listing.therapies if one.list == name]
        if own:
            yield Section(words.heading, (Items(tuple(own)),), len(own))


def whatif_page(request: Request) -> PageView:
    """What to find out first, and what would change the answer."""
    therapies = request.ruleset.therapies
    chosen = request.choice(THERAPY, tuple(therapies))
    found = what_if(request.evaluator, request.profile, (chosen,) if chosen else ())
    case = set(case_blocks(found.evaluation))
    blocks = tuple(one for one in whatif_view(found) if one not in case or _is_warning(one))
    offered = {"": "All", **{therapy.id: therapy.name for therapy in therapies.values()}}
    filters = (choice_control(THERAPY, "Therapy", offered, chosen),)
    return PageView(result=found, blocks=tuple(_first_open(blocks)), filters=filters)


def _first_open(blocks: Blocks) -> Iterator[Block]:
    """The first section in the open, all others folded."""
    first = next((block for block in blocks if isinstance(block, Section)), None)
    return (block._replace(folded=block is not first) if isinstance(block, Section) else block for block in blocks)


def evidence_page(request: Request) -> PageView:
    """The studies that pass every filter and hold every word searched for."""
    chosen = {name: request.choice(name, _values([request.ruleset], known)) for name, known in _FILTERS.items()}
    narrowed = Filters(**{_FILTERS[name].narrows: value for name, value in chosen.items()})
    found = _holding(request, select(request.ruleset, narrowed))
    listing = study_listing(request.ruleset, found)
    return PageView(result=listing, blocks=studies_view(listing), filters=tuple(_filters(request, chosen)), button="Filter")


def _filters(request: Request, chosen: Mapping[str, str]) -> Iterator[Control]:
    yield Control(
        name=SEARCH,
        title="Search",
        kind="search",
        id="c-q",
        value=request.one(SEARCH),
        placeholder="name, drug, NCT",
        longest=LONGEST_SEARCH,
    )
    for name, known in _FILTERS.items():
        offered = {value: _value_label(request.ruleset, name, value) for value in _values([request.ruleset], known)}
        yield choice_control(name, known.title, {"": "Any", **offered}, chosen[name])


def _value_label(ruleset: Ruleset, name: str, value: str) -> str:
    if name == THERAPY:
        return ruleset.therapies[value].name
    if name == "place" and value in ruleset.fields["region"].values:
        return first_up(ruleset.fields["region"].title_of(value))
    return first_up(ruleset.fields[value].title if value in ruleset.fields else spoken(value))


def _holding(request: Request, passing: tuple[Found, ...]) -> tuple[Found, ...]:
    """Those of the studies in which the words searched for occur."""
    text = request.one(SEARCH)
    if len(text) > LONGEST_SEARCH:
        raise refusal("too-long", f"{SEARCH} has {len(text)} characters; at most {LONGEST_SEARCH}")
    if not text:
        return passing
    ids = {found.study.id for found in passing}
    return tuple(found for found in search(request.ruleset, tuple(text.split())) if found.study.id in ids)


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """A choice above the list of studies: its title, the values of a study, and its name in `Filters`."""

    title: str
    values: Callable[[Found], Iterable[str]]
    narrows: str


_FILTERS: Mapping[str, StudyFilter] = {
    THERAPY: StudyFilter("Therapy", lambda found: (found.therapy.id,), "therapy"),
    "line": StudyFilter("Line", lambda found: (found.study.setting,), "line"),
    "phase": StudyFilter("Phase", lambda found: (found.study.phase,) if found.study.phase else (), "phase"),
    "status": StudyFilter("Status", lambda found: (found.study.status,), "status"),
    "outcome": StudyFilter("Primary endpoint", lambda found: (found.outcome,), "outcome"),
    "biomarker": StudyFilter("Biomarker", lambda found: found.study.biomarkers, "biomarker"),
    "place": StudyFilter("Region", lambda found: found.study.regions, "region"),
    "tumour": StudyFilter("Tumour", lambda found: (found.study.tumour,), "tumour"),
}
_SEARCH = PageParameter(
    name=SEARCH,
    says="Words that must all occur: names, registry numbers, drugs, synonyms, classes, targets, biomarkers, regions, subgroups.",
    schema={"type": "string", "maxLength": LONGEST_SEARCH},
)


_NARROW = PageParameter(name=NARROW, says="The picture for a phone.", schema={"type": "string", "enum": ["", "yes"]})


def _values(rulesets: Iterable[Ruleset], known: StudyFilter) -> tuple[str, ...]:
    """The values of a filter that occur, in order of first use."""
    return tuple(dict.fromkeys(value for one in rulesets for found in catalogue(one) for value in known.values(found)))


def _one_of(name: str, says: str, values: Iterable[str]) -> PageParameter:
    return PageParameter(name=name, says=says, schema={"type": "string", "enum": ["", *dict.fromkeys(values)]})


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
    """One therapy's rules in full."""
    therapy = request.ruleset.therapies.get(request.path["therapy"])
    if therapy is None:
        raise PageNotFound("No therapy of that name in this ruleset.")
    listing = rule_listing(request.ruleset, [(therapy, rule) for rule in therapy.rules], full=True)
    return PageView(result=listing, blocks=rules_view(listing))


def about_page(request: Request) -> PageView:
    """The ruleset's card."""
    found = about(request.ruleset)
    return PageView(result=found, blocks=about_view(found))


def pathway_page(request: Request) -> PageView:
    """The lines of treatment, each a picture, and the same in words."""
    found = _pathway(request)
    query = patient_query(request)
    shown = tuple((f"{LINE}={line.line}&{query}", f"{line.title}; the outline below says the same.") for line in found.lines)
    return PageView(
        result=found,
        blocks=tuple(block for block in pathway_view(found) if not isinstance(block, More)),
        pictures=shown,
        filters=(
            _line_choice(request, [line for line in LINES if line in {rule.line for rule in request.ruleset.rules.values()}]),
        ),
    )


def pathway_picture(request: Request) -> bytes:
    """The picture as SVG."""
    found = _pathway(request)
    drawings = pathway_drawings(found, PHONE if request.choice(NARROW, ("yes",)) else LANDSCAPE)
    return (svg(drawings[0]) if len(drawings) == 1 else pathway_svg(found)).encode()


def _pathway(request: Request) -> Pathway:
    chosen = request.choice(LINE, tuple(LINES))
    return pathway(request.ruleset, request.known_profile, [line for line in LINES if line == chosen])


def _line_choice(request: Request, lines: Iterable[Line]) -> Control:
    return choice_control(LINE, "Line", {"": "All", **{line: first_up(LINES[line]) for line in lines}}, request.one(LINE))


def forest_page(request: Request) -> PageView:
    """The hazard ratios as tables, and a picture of them."""
    found = _forest(request)
    chosen = urlencode({name: request.one(name) for name in (ENDPOINT, LINE)} | {RULESET: request.ruleset_name})
    return PageView(
        result=found,
        blocks=tuple(block for block in forest_view(found) if not isinstance(block, More)),
        pictures=((chosen, f"{len(found.rows)} hazard ratios as a forest plot; every number stands in the tables."),)
        if found.panels
        else (),
        pictures_last=True,
        filters=(
            choice_control(ENDPOINT, "Endpoint", {"": "All", **ENDPOINTS}, request.one(ENDPOINT)),
            _line_choice(request, [line for line in LINES if line in {s.setting for s in request.ruleset.studies.values()}]),
        ),
    )


def forest_picture(request: Request) -> bytes:
    """The plot as SVG."""
    narrow = request.choice(NARROW, ("yes",))
    found = _forest(request)
    return svg(forest_drawing(found, PHONE) if narrow else forest_drawing(found)).encode()


def _forest(request: Request) -> Forest:
    endpoint, line = request.choice(ENDPOINT, tuple(ENDPOINTS)), request.choice(LINE, SETTINGS)
    return forest(
        request.ruleset,
        [name for name in ENDPOINTS if name == endpoint],
        [setting for setting in SETTINGS if setting == line],
    )


def changes_page(request: Request) -> PageView:
    """What one ruleset answers differently from another, with a patient for each change to try on this page."""
    names = tuple(request.library.rulesets)
    old, new = request.choice(OLD, names) or names[0], request.choice(NEW, names) or names[-1]
    first, second = request.library.rulesets[old], request.library.rulesets[new]

    def made() -> RulesetDiff:
        return diff(RulesetVersion.of(first), RulesetVersion.of(second))

    found = request.library.documents.get(("changes", first.digest, second.digest), made)
    assert isinstance(found, RulesetDiff)
    offered = {name: name for name in names}
    filters = (choice_control(OLD, "From", offered, old), choice_control(NEW, "To", offered, new))
    blocks = (*diff_view(found), *_witnesses(request, found, old, new))
    return PageView(result=found, blocks=blocks, filters=filters, button="Compare")


def _witnesses(request: Request, found: RulesetDiff, old: str, new: str) -> Iterator[Block]:
    """A patient who sees each change, under the one ruleset, the other, and both."""
    rows = []
    for change in found.changes[:MOST_WITNESSES]:
        patient = request.reader.write(profile_from(change.witness, fields=request.ruleset.fields))
        places = (
            ("before", f"/answer?{RULESET}={old}&{patient}"),
            ("after", f"/answer?{RULESET}={new}&{patient}"),
            ("side by side", f"/compare?{RULESET}={old}&against={new}&{patient}"),
        )
        rows.append(
            (f"{change.name or change.id}: {change.kind}", *(Cell(words, Ref("local", place)) for words, place in places))
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
