"""Cases side by side: this one, examples, this one with changed facts, another case, and this one under another ruleset."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.evaluation import evaluator_of
from hepatica.explain import Column, compare
from hepatica.knowledge import Ruleset
from hepatica.patient import NONE, Field, Profile
from hepatica.problems import InvalidInput
from hepatica.report import Paragraph, Title, compare_view
from hepatica.web.form import Control, choice_control, first_up
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import PatientQuery, refusal
from hepatica.web.render import PageView
from hepatica.web.request import PageParameter, Request, not_allowed, one_of, several, typed

PATIENT, BUT, OTHER, AGAINST = "patient", "but", "other", "against"
MOST_PATIENTS, MOST_BUTS, MOST_OTHERS = 3, 3, 2
LONGEST_OTHER, LONGEST_BUT = 2000, 200


def compare_parameters(library: RulesetLibrary) -> tuple[PageParameter, ...]:
    """The page's own parameters."""
    return (
        several(MOST_PATIENTS, one_of(PATIENT, "An example patient to set beside the case.", library.examples)),
        several(MOST_BUTS, typed(BUT, "The case with facts changed: cmet=low, several joined by ;", LONGEST_BUT)),
        several(MOST_OTHERS, typed(OTHER, "Another case as a query string of its own.", LONGEST_OTHER)),
        one_of(AGAINST, "A second ruleset to put the case under.", library.rulesets),
    )


def compare_page(request: Request) -> PageView:
    """The case beside others, with changed facts, or under another ruleset: what differs, then what is shared."""
    found = compare([Column(name, evaluator_of(ruleset).evaluate(profile)) for name, profile, ruleset in _asked_for(request)])
    alone = (Title("Compare"), Paragraph("Change a fact of the case, or choose an example patient to set beside it."))
    blocks = compare_view(found) if len(found.columns) > 1 else alone
    return PageView(result=found, blocks=blocks, filters=tuple(_filters(request)), button="Compare")


def _asked_for(request: Request) -> Iterator[tuple[str, Profile, Ruleset]]:
    examples, ruleset = request.library.examples, request.ruleset
    against = request.choice(AGAINST, tuple(request.library.rulesets))
    patients, buts, others = request.many(PATIENT, MOST_PATIENTS), request.many(BUT, MOST_BUTS), request.many(OTHER, MOST_OTHERS)
    name = request.profile.label or "This case"
    if not request.patient.empty or not (patients or others):
        yield name, request.profile, ruleset
    for but in buts:
        yield f"{name}, but {but}", _changed(request, but), ruleset
    if against:
        yield f"{name}, {against}", request.profile, request.library.rulesets[against]
    for patient in patients:
        if patient not in examples:
            raise not_allowed(PATIENT, patient, tuple(examples))
        yield examples[patient].title, examples[patient].profile, ruleset
    for number, query in enumerate(others, 1):
        profile = _other(request, query)
        yield profile.label or f"Another case ({number})", profile, ruleset


def _changed(request: Request, but: str) -> Profile:
    """The case with the facts of one `but` changed; its problems are the request's."""
    pairs = [tuple(text.strip() for text in one.partition("=")[::2]) for one in but.split(";") if one.strip()]
    facts = [(request.ruleset.fields.find(name) or name, value) for name, value in pairs]
    return _profile(BUT, request.reader.read(request.reader.changed(request.patient, facts)))


def _other(request: Request, query: str) -> Profile:
    """The profile of a query within the query; its problems are the request's."""
    if len(query) > LONGEST_OTHER:
        raise refusal("other-case", f"{OTHER} has {len(query)} characters; at most {LONGEST_OTHER}")
    return _profile(OTHER, request.reader.read_text(query))


def _profile(name: str, patient: PatientQuery) -> Profile:
    if patient.profile is None:
        raise InvalidInput(
            problem for found in patient.problems for problem in refusal("other-case", f"{name}: {found.message}").problems
        )
    return patient.profile


def _filters(request: Request) -> Iterator[Control]:
    buts = request.many(BUT, MOST_BUTS)
    offered = {"": "No change"} | dict(_single_changes(request))
    for number, title in enumerate(("With one fact changed", "Or with another")):
        chosen = buts[number] if number < len(buts) else ""
        yield choice_control(BUT, title, offered | ({chosen: chosen} if chosen not in offered else {}), chosen, f"c-but-{number}")
    yield Control(
        name=BUT, title="Or typed", kind="text", id="c-but-typed", placeholder="afp=> 400; cmet=low", longest=LONGEST_BUT
    )
    names = {"": "Nobody"} | {name: example.title for name, example in request.library.examples.items()}
    patients = request.many(PATIENT, MOST_PATIENTS)
    yield choice_control(PATIENT, "Beside an example", names, patients[0] if patients else "")
    rulesets = {"": "No"} | {name: name for name in request.library.rulesets if name != request.ruleset_name}
    if len(rulesets) > 1:
        yield choice_control(AGAINST, "Under other rules", rulesets, request.one(AGAINST))


def _single_changes(request: Request) -> Iterator[tuple[str, str]]:
    """Every single change that can be chosen from a list, with its label."""
    for name in request.ruleset.used_fields:
        known = request.ruleset.fields[name]
        for token, words in _choices(known):
            yield f"{name}={token}", f"{known.title}: {first_up(words)}"


def _choices(known: Field) -> Iterator[tuple[str, str]]:
    if known.kind == "flag":
        yield from (("yes", "yes"), ("no", "no"))
    if known.kind == "integer":
        yield from ((str(value), str(value)) for value in range(int(known.low), int(known.high) + 1))
    yield from ((token, known.title_of(token)) for token in known.values)
    if known.kind == "set":
        yield NONE, "none of these"
