"""Cases side by side: this one, examples, this one with changed facts, this one under other rules, in two years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hepatica import wording
from hepatica.evaluation import evaluator_of
from hepatica.explain import Column, compare, then_and_now
from hepatica.knowledge import Ruleset
from hepatica.patient import Profile
from hepatica.problems import InvalidInput
from hepatica.report import Paragraph, Title, compare_view, then_view
from hepatica.web.form import Control, choice_control, choice_label, tokens_of
from hepatica.web.library import RulesetLibrary
from hepatica.web.query import PatientQuery, QueryReader, changed, grouped, refusal
from hepatica.web.render import PageView
from hepatica.web.request import Parameter, Request, rulesets


def _examples(library: RulesetLibrary, _: Ruleset) -> Mapping[str, str]:
    return {name: example.title for name, example in library.examples.items()}


PATIENT = Parameter("patient", "An example patient to set beside the case.", _examples, most=3)
BUT = Parameter("but", "The case with facts changed: cmet=low, several joined by ;", most=3, longest=200)
AGAINST = Parameter("against", "A second ruleset to put the case under.", rulesets)
COMPARE_PARAMETERS = (PATIENT, BUT, AGAINST)


def compare_page(request: Request) -> PageView:
    """The case beside others, with changed facts, or under another ruleset: what differs, then what is shared."""
    found = compare([Column(name, evaluator_of(ruleset).evaluate(profile)) for name, profile, ruleset in _asked_for(request)])
    alone = len(found.columns) == 1
    says = Paragraph("Change a fact of the case, or choose an example patient to set beside it.")
    blocks = (Title("Compare"), says) if alone else compare_view(found)
    return PageView(result=found, blocks=blocks, filters=tuple(_filters(request)), choose=alone)


def companions(library: RulesetLibrary) -> tuple[Ruleset, Ruleset] | None:
    """The first two served rulesets of which one names the other as its companion."""
    by_id = {ruleset.card.id: ruleset for ruleset in library.rulesets.values()}
    pairs = ((one, by_id.get(one.card.companion)) for one in library.rulesets.values())
    return next(((one, other) for one, other in pairs if other is not None), None)


def then_page(request: Request) -> PageView:
    """What was standard for the case then, what is today, and what became of every hope in between."""
    pair = companions(request.library)
    assert pair is not None  # without it there is no such page
    request.profile  # noqa: B018 (a case that cannot be read is refused)
    profile = _profile("case", QueryReader(pair[0].fields.beside(pair[1].fields)).read(request.given))
    name = profile.label or "This case"
    found = then_and_now(*(Column(name, evaluator_of(one).evaluate(profile.under(one.fields))) for one in pair))
    return PageView(result=found, blocks=then_view(found))


def _asked_for(request: Request) -> Iterator[tuple[str, Profile, Ruleset]]:
    examples, ruleset = request.library.examples, request.ruleset
    against = request.one(AGAINST)
    patients, buts = request.many(PATIENT), request.many(BUT)
    name = request.profile.label or "This case"
    if not request.patient.empty or not patients:
        yield name, request.profile, ruleset
    for but in buts:
        pairs = [tuple(text.strip() for text in one.partition("=")[::2]) for one in but.split(";") if one.strip()]
        facts = grouped((ruleset.fields.find(field) or field, value) for field, value in pairs)
        profile = _profile(BUT.name, request.reader.read(changed(request.patient.entered, facts)))
        yield f"{name}, but {wording.changed(ruleset.fields, but, profile.facts)}", profile, ruleset
    if against:
        other = request.library.rulesets[against]
        yield f"{name}, {against}", request.profile.under(other.fields), other
    for patient in patients:
        yield examples[patient].title, examples[patient].profile.under(ruleset.fields), ruleset


def _profile(name: str, patient: PatientQuery) -> Profile:
    """The profile of a case within the address; its problems are the request's."""
    if patient.profile is None:
        found = (refusal("other-case", f"{name}: {problem.message}") for problem in patient.problems)
        raise InvalidInput(problem for refused in found for problem in refused.problems)
    return patient.profile


def _filters(request: Request) -> Iterator[Control]:
    used = [request.ruleset.fields[name] for name in request.ruleset.used_fields]
    single = {f"{one.name}={token}": f"{one.title}: {choice_label(one, token)}" for one in used for token in tokens_of(one)}
    buts = request.many(BUT)
    listed, typed = (next((but for but in buts if (but in single) is wanted), "") for wanted in (True, False))
    yield choice_control(BUT.name, "With one fact changed", {"": "No change"} | single, listed, "c-but")
    hint = "cmet=low; afp=90"
    yield Control(
        name=BUT.name, title="Or typed", kind="text", id="c-but-typed", value=typed, placeholder=hint, longest=BUT.longest
    )
    beside = {"": "Nobody", **_examples(request.library, request.ruleset)}
    yield choice_control(PATIENT.name, "Beside an example", beside, "".join(request.many(PATIENT)[:1]))
    others = {name: name for name in request.library.rulesets if name != request.ruleset_name}
    if others:
        yield choice_control(AGAINST.name, "Under other rules", {"": "No", **others}, request.one(AGAINST))
