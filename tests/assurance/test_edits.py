"""Edits of hcc-2016 of every kind: whatever any of many answers then shows otherwise is told, and nothing is told of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from hepatica.assurance import RulesetVersion
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.assurance.space import space_of
from hepatica.assurance.version import smallest_boxes
from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import (
    AllOf,
    AnyOf,
    Concept,
    ConceptTest,
    Condition,
    NotOf,
    Population,
    Rule,
    Ruleset,
    Study,
    Test,
    Therapy,
)
from hepatica.patient import Facts, Fields, Profile, profile_from, profile_in
from hepatica.report import document
from hepatica.report.assurance import diff_view, pull_request
from hepatica.report.render_text import text
from tests.conftest import ROOT, shipped_ruleset

Edit = Callable[[Ruleset], Ruleset]
HARMLESS = {
    "citations the other way round",
    "citations of trials that are alike",
    "rules the other way round",
    "alternatives the other way round",
    "concepts the other way round",
    "nothing",
}
UNSHOWN = {"toxicity", "an omission", "synonyms", "a reference nobody reads", "a reference", "regimens", "the card's limits", "a therapy's fate",
           "a therapy's description", "a concept's words", "an arm's size", "what an endpoint says"}  # fmt: skip
ELSEWHERE = {"the title", "a study's reference", "a rule's source", "an endpoint"}
"""Shown with every answer, or beside it, though not in what is compared here."""


def hcc() -> Ruleset:
    return shipped_ruleset("hcc-2016")


@cache
def version() -> RulesetVersion:
    return RulesetVersion.of(hcc())


def of_therapy(name: str, change: Callable[[Therapy], Therapy]) -> Edit:
    return lambda r: replace(r, therapies={**r.therapies, name: change(r.therapies[name])})


def of_rule(name: str, change: Callable[[Rule], Rule]) -> Edit:
    def edit(ruleset: Ruleset) -> Ruleset:
        therapy = next(t for t, rule in ruleset.rules_with_therapy() if rule.id == name)
        rules = tuple(change(rule) if rule.id == name else rule for rule in therapy.rules)
        return of_therapy(therapy.id, lambda t: replace(t, rules=rules))(ruleset)

    return edit


def of_study(name: str, change: Callable[[Study], Study]) -> Edit:
    def edit(ruleset: Ruleset) -> Ruleset:
        therapy = next(t for t in ruleset.therapies.values() if any(study.id == name for study in t.studies))
        studies = tuple(change(study) if study.id == name else study for study in therapy.studies)
        return of_therapy(therapy.id, lambda t: replace(t, studies=studies))(ruleset)

    return edit


def of_card(**changed: Any) -> Edit:
    return lambda r: replace(r, card=replace(r.card, **changed))


def of_result(study: str, **changed: Any) -> Edit:
    return of_study(study, lambda s: replace(s, results=(replace(s.results[0], **changed), *s.results[1:])))


def with_tests(condition: Condition, change: Callable[[Test], Test | None]) -> Condition:
    """A condition with its single tests changed, or dropped."""
    if isinstance(condition, Test):
        return change(condition) or AllOf(())
    if isinstance(condition, NotOf):
        return NotOf(with_tests(condition.part, change))
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(with_tests(part, change) for part in condition.parts))
    return condition


def turned(condition: Condition) -> Condition:
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(map(turned, reversed(condition.parts))))
    return NotOf(turned(condition.part)) if isinstance(condition, NotOf) else condition


def written_out(condition: Condition, one: Concept) -> Condition:
    """The condition with a concept's own condition in its place."""
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(written_out(part, one) for part in condition.parts))
    return one.when if isinstance(condition, ConceptTest) and condition.concept == one.id else condition


def everywhere(rule: Callable[[Rule], Rule], order: int = 1) -> Edit:
    return lambda r: replace(r, therapies={
        name: replace(t, rules=tuple(map(rule, t.rules))[::order]) for name, t in r.therapies.items()
    })  # fmt: skip


def when(name: str, change: Callable[[Test], Test | None]) -> Edit:
    return of_rule(name, lambda rule: replace(rule, when=with_tests(rule.when, change)))


def without(name: str) -> Edit:
    def edit(r: Ruleset) -> Ruleset:
        listed = tuple(one for one in r.card.therapies if one != name)
        return replace(r, card=replace(r.card, therapies=listed), therapies={n: r.therapies[n] for n in listed})

    return edit


def concept(name: str, **changed: Any) -> Edit:
    return lambda r: replace(r, concepts={**r.concepts, name: replace(r.concepts[name], **changed)})


AFP, MET, FOLFOX = "ramucirumab-second-line-high-afp", "tivantinib-second-line-met-high", "folfox4-licensed-mainland-china"
LATER_REPORT = "kelley-2017-cabozantinib-ph2"
EVOLVE, EACH, REACH2 = "evolve-1", "each", "reach-2"
EDITS: dict[str, Edit] = {
    "nothing": lambda r: r,
    "rules the other way round": everywhere(lambda rule: rule, -1),
    "alternatives the other way round": everywhere(lambda rule: replace(rule, when=turned(rule.when))),
    "concepts the other way round": lambda r: replace(r, concepts={n: replace(c, when=turned(c.when)) for n, c in r.concepts.items()}),
    "a threshold": when(AFP, lambda t: replace(t, operands=(300.0,)) if t.field == "afp" else t),
    "strictness": when(AFP, lambda t: replace(t, operator=">") if t.field == "afp" else t),
    "a condition dropped": when(MET, lambda t: None if t.field == "cmet" else t),
    "a value added": when(MET, lambda t: replace(t, operands=(*t.operands, "B")) if t.field == "child_pugh_class" else t),
    "a region widened": when(FOLFOX, lambda t: replace(t, operands=("mainland_china", "japan")) if t.field == "region" else t),
    "a standing": of_rule(AFP, lambda r: replace(r, standing="early_signal")),
    "a rule deleted": of_therapy("ramucirumab", lambda t: replace(t, rules=t.rules[1:])),
    "a rule's id": of_rule(AFP, lambda r: replace(r, id="ramucirumab-renamed")),
    "a rule's id and its words": of_rule(AFP, lambda r: replace(r, id="ramucirumab-renamed", says="Another sentence.")),
    "a rule's id and its condition": of_therapy("sunitinib", lambda t: replace(t, rules=(
        replace(t.rules[0], id="sunitinib-renamed", when=AllOf((t.rules[0].when, Test("cmet", "in", ("high",))))), *t.rules[1:]
    ))),
    "a rule's sentence": of_rule(AFP, lambda r: replace(r, says="Another sentence.")),
    "a rule's line": of_rule(AFP, lambda r: replace(r, line="third")),
    "a caveat": of_rule(AFP, lambda r: replace(r, caveats=(replace(r.caveats[0], says="Another caveat."), *r.caveats[1:]))),
    "a caveat dropped": of_rule(AFP, lambda r: replace(r, caveats=r.caveats[1:])),
    "caveats the other way round": of_rule(AFP, lambda r: replace(r, caveats=r.caveats[::-1])),
    "results the other way round": of_study(EVOLVE, lambda s: replace(s, results=s.results[::-1])),
    "notes the other way round": lambda r: replace(r, notes=r.notes[::-1]),
    "a note's topic": lambda r: replace(r, notes=(replace(r.notes[0], topic="another"), *r.notes[1:])),
    "an arm's size": of_study(EVOLVE, lambda s: replace(s, arms=(replace(s.arms[0], n=1), *s.arms[1:]))),
    "an arm's name": of_study(EVOLVE, lambda s: replace(s, arms=(replace(s.arms[0], name="RAD001"), *s.arms[1:]))),
    "what an endpoint says": of_study(EVOLVE, lambda s: replace(s, primary_endpoints=(replace(s.primary_endpoints[0], says="Other."),))),
    "a citation dropped": of_rule(AFP, lambda r: replace(r, cites=r.cites[:1], figure="")),
    "citations the other way round": of_rule(AFP, lambda r: replace(r, cites=r.cites[::-1])),
    "a rule's leading figure": of_rule(AFP, lambda r: replace(r, figure="")),
    "a rule's source": of_rule(AFP, lambda r: replace(r, source=replace(r.source, lines="1-2"))),
    "a median": of_result(EVOLVE, arms={"everolimus": 17.6, "placebo": 7.3}),
    "a hazard ratio": of_result(EVOLVE, hr=0.55),
    "a figure's arm": of_result(EVOLVE, arms={"placebo": 7.6, "everolimus": 7.3}),
    "a figure's words": of_result(EVOLVE, says="Another remark."),
    "a study's name": of_study(EVOLVE, lambda s: replace(s, name="EVOLVE-99")),
    "a study's size": of_study(EVOLVE, lambda s: replace(s, n=(s.n or 0) + 1)),
    "a study's phase": of_study(EVOLVE, lambda s: replace(s, phase="II")),
    "a study's design": of_study(EVOLVE, lambda s: replace(s, design="another design")),
    "an endpoint": of_study(EVOLVE, lambda s: replace(s, primary_endpoints=(replace(s.primary_endpoints[0], met="yes"),))),
    "a study's registry number": of_study(REACH2, lambda s: replace(s, nct="NCT00000000")),
    "a study's criteria": of_study(REACH2, lambda s: replace(s, criteria=())),
    "a study's population": of_study(EACH, lambda s: replace(s, population=None)),
    "what an approval is for": of_study("folfox4-cfda-approval", lambda s: replace(
        s, approval=s.approval and replace(s.approval, indication="Other.")
    )),
    "what came later": of_study(REACH2, lambda s: replace(s, later=())),
    "what came later in other words": of_study(REACH2, lambda s: replace(s, later=(replace(s.later[0], says="Other."), *s.later[1:]))),
    "a reference": lambda r: replace(r, references={
        n: replace(one, citation="Another paper.") if n == r.studies[EVOLVE].reference else one for n, one in r.references.items()
    }),
    "the year of a later report": lambda r: replace(r, references={
        n: replace(one, year=2000) if n == LATER_REPORT else one for n, one in r.references.items()
    }),
    "citations of trials that are alike": of_rule("sorafenib-first-line", lambda r: replace(r, cites=r.cites[::-1])),
    "a reference nobody reads": lambda r: replace(r, references={
        n: replace(one, known="other") for n, one in r.references.items()
    }),
    "a study's reference": of_study(EVOLVE, lambda s: replace(s, reference=hcc().studies[REACH2].reference)),
    "a discrepancy": of_study(EACH, lambda s: replace(s, discrepancies=(replace(s.discrepancies[0], correction="Other."), *s.discrepancies[1:]))),
    "a discrepancy dropped": of_study(EACH, lambda s: replace(s, discrepancies=s.discrepancies[1:])),
    "toxicity": of_study("tivantinib-phase-1b", lambda s: replace(s, toxicity=s.toxicity[1:])),
    "a therapy": without("tepotinib"),
    "a therapy's name": of_therapy("tepotinib", lambda t: replace(t, name="Another name")),
    "a therapy's fate": of_therapy("tivantinib", lambda t: replace(t, fate=replace(t.fate, says="Another fate.") if t.fate else None)),
    "a therapy's description": of_therapy("tivantinib", lambda t: replace(t, about="Another description.")),
    "synonyms": of_therapy("tivantinib", lambda t: replace(t, synonyms=("other",))),
    "regimens": of_therapy("tivantinib", lambda t: replace(t, regimens=())),
    "the order of therapies": lambda r: replace(r, card=replace(r.card, therapies=r.card.therapies[::-1]), therapies=dict(list(r.therapies.items())[::-1])),
    "the scope": of_card(scope=AllOf((hcc().card.scope, Test("ecog", "<", (3.0,))))),
    "the words out of scope": of_card(out_of_scope="Another sentence."),
    "the title": of_card(title="Another title"),
    "the date": of_card(as_of="2017-01"),
    "the card's limits": of_card(known_limits=("Another limit.",)),
    "a concept": concept("terminal_stage", when=Test("ecog", ">=", (3.0,))),
    "what is asked only of known facts": lambda r: concept(
        "terminal_stage", when=with_tests(r.concepts["terminal_stage"].when, lambda t: replace(t, unknown=None))
    )(r),
    "a concept's words": concept("terminal_stage", says="Another meaning."),
    "a concept in other words": concept("child_pugh_up_to_b8", when=Test("child_pugh_score", "<", (9.0,))),
    "a concept written out": lambda r: of_rule(
        "brivanib-second-line", lambda rule: replace(rule, when=written_out(rule.when, r.concepts["after_sorafenib"]))
    )(r),
    "a note's condition in other words": lambda r: replace(r, notes=tuple(
        replace(n, when=r.concepts["western"].when) if n.id == "prognosis-western" else n for n in r.notes
    )),
    "what a study asked, of fewer fields": of_study("sun", lambda s: replace(s, population=Population(when=ConceptTest("advanced_hcc")))),
    "a rule that never applies": of_therapy("tepotinib", lambda t: replace(t, rules=(*t.rules, replace(t.rules[0], id="never", when=AllOf(
        (Test("afp", ">", (9.0,)), Test("afp", "<", (5.0,)))
    ))))),
    "a note": lambda r: replace(r, notes=(replace(r.notes[0], says="Another note."), *r.notes[1:])),
    "a note dropped": lambda r: replace(r, notes=r.notes[1:]),
    "an omission": lambda r: replace(r, omissions=r.omissions[1:]),
}  # fmt: skip


def profiles(version: RulesetVersion) -> Iterator[Facts]:
    """Many answers: the example patients, and for each rule a smallest profile, and that without one of its facts."""
    for path in sorted((ROOT / "patients").glob("*.yaml")):
        yield profile_in(path.read_bytes(), str(path), (), fields=version.fields).facts
    space = space_of(version.program.tests, version.fields)
    for box in smallest_boxes(version, space, version.ruleset.rules):
        facts = space.expected(box)
        yield facts
        known = [name for name, value in facts.items() if value is not None]
        yield from (space.total({**facts, name: None}) for name in known[-1:])


def shown(evaluator: Evaluator, facts: Facts) -> dict[str, Any]:
    """An answer without what names the ruleset."""
    told = evaluator.evaluate(Profile(facts, fields=evaluator.ruleset.fields)).to_dict()
    del told["ruleset"]
    return told


@cache
def answers() -> tuple[list[Facts], list[dict[str, Any]]]:
    evaluator = evaluator_of(hcc())
    asked = [*{tuple(facts.items()): facts for facts in profiles(version())}.values()]
    return asked, [shown(evaluator, facts) for facts in asked]


def therapies(told: dict[str, Any]) -> dict[str, Any]:
    lists = ("options", "trials", "possible", "not_supported", "ruled_out", "unreported")
    return {entry["therapy"]: (name, entry) for name in lists for entry in told[name]}


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_seen_or_proved_harmless(name: str) -> None:
    ruleset = EDITS[name](hcc())
    found = diff(version(), RulesetVersion.of(ruleset))
    evaluator, (asked, before) = Evaluator(ruleset), answers()
    differing: set[str] = set()
    for facts, old in zip(asked, before, strict=True):
        new = shown(evaluator, facts)
        if new != old:
            first, second = therapies(old), therapies(new)
            differing |= {one for one in {*first, *second} if first.get(one) != second.get(one)} or {""}
    assert found.changed == (not found.passed) == bool(differing or name in ELSEWHERE), (differing, found.headline)
    cited = {rule.id: t.id for r in (hcc(), ruleset) for t, rule in r.rules_with_therapy()}
    citing = {
        t
        for r in (hcc(), ruleset)
        for rule in r.rules.values()
        for t in [cited[rule.id]]
        if {*rule.cites} & {c.id for c in found.changes}
    }
    told = (
        citing
        | {change.id for change in found.changes}
        | {one for edit in found.edits if edit.profiles for one in edit.therapies}
    )
    general = {edit.what for edit in found.edits if edit.profiles and not edit.therapies} | {c.subject for c in found.changes}
    assert differing - {""} <= told or general & {"scope", "hcc-2016", "concept"}, (differing, told)
    assert (not found.edits) == (name in HARMLESS) and bool(differing) == (name not in HARMLESS | UNSHOWN | ELSEWHERE)
    agree(found)


def agree(found: RulesetDiff) -> None:
    """Every format says what the result says."""
    told = text(diff_view(found)), pull_request(found), json.dumps(document(found))
    for form in told:
        assert " ".join(found.headline.split())[:40] in " ".join(form.split())
    assert len(told[1]) < 60_000 and len(told[0]) < 25_000
    # Of many therapies what all have in common stands first, and what moved them is told once, right after a short table.
    if "In short" in told[0]:
        assert told[0].index("\nEveryone below:") < told[0].index("\nIn short") < told[0].index("\nEDITED")


@pytest.mark.parametrize(("part", "told"), [("implied", True), ("synonyms", True), ("aliases", True), ("help", False)])
def test_a_field_that_is_read_otherwise_is_a_change_though_no_profile_is_answered_otherwise(part: str, told: bool) -> None:
    old = shipped_ruleset("hcc-2026")
    field = next(one for one in old.fields.values() if one.name == "main_portal_vein_invasion")
    emptied: Any = {"implied": (), "synonyms": {}, "aliases": (), "help": "Other."}[part]
    turned_round = replace(field, aliases=field.aliases[::-1], noise=field.noise[::-1])
    for edited, changes in ((replace(field, **{part: emptied}), told), (turned_round, False)):
        new = replace(old, fields=Fields(edited if one.name == field.name else one for one in old.fields.values()))
        found = diff(RulesetVersion.of(old), RulesetVersion.of(new))
        assert found.changed == (not found.passed) == changes == ("read otherwise" in found.headline)
        agree(found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field"), [("first_line", "prior_lenvatinib"), ("after_sorafenib", "prior_sorafenib")])
def test_a_witness_is_answered_as_told_where_fields_imply_each_other(name: str, field: str) -> None:
    old = shipped_ruleset("hcc-2026")
    widened = with_tests(
        old.concepts[name].when,
        lambda t: (None if name == "first_line" else replace(t, operands=(*t.operands, "refused"))) if t.field == field else t,
    )
    new = concept(name, when=widened)(old)
    evaluators = Evaluator(old), Evaluator(new)
    found = diff(RulesetVersion.of(old), RulesetVersion.of(new))
    moved = [one for one in found.changes if one.subject == "therapy" and one.kind in ("list", "standing", "verdict")]
    assert moved
    for change in moved:
        for evaluator, side in zip(evaluators, (change.before, change.after), strict=True):
            profile = profile_from(change.witness, fields=evaluator.ruleset.fields)
            assert evaluator.evaluate(profile).entry(change.id)[0] == side.place


def test_evidence_and_rules_that_move_to_another_therapy_are_told() -> None:
    old = hcc()
    study, rule = old.therapies["brivanib"].studies[0], old.therapies["brivanib"].rules[-1]
    brivanib = replace(
        old.therapies["brivanib"], studies=old.therapies["brivanib"].studies[1:], rules=old.therapies["brivanib"].rules[:-1]
    )
    sunitinib = replace(old.therapies["sunitinib"], studies=(study, *old.therapies["sunitinib"].studies))
    sunitinib = replace(sunitinib, rules=(*sunitinib.rules, rule))
    found = diff(
        version(), RulesetVersion.of(replace(old, therapies={**old.therapies, "brivanib": brivanib, "sunitinib": sunitinib}))
    )
    told = {(edit.area, edit.what): (edit.part, edit.before, edit.after) for edit in found.edits}
    assert told == {
        ("study", study.id): ("therapy", "brivanib", "sunitinib"),
        ("rule", rule.id): ("therapy", "brivanib", "sunitinib"),
    }
    assert {change.id for change in found.changes} >= {"brivanib", "sunitinib"}
