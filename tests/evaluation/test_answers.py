"""Answers: every therapy in one list, for reasons that are true, complete and smallest."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings

from hepatica.evaluation import LISTS, Evaluation, Evaluator, Finding
from hepatica.inference import Verdict, causes, conditions_of, read
from hepatica.knowledge import DEMANDS, OPTION_STANDINGS, RANK, load_ruleset
from hepatica.patient import FIELDS, Facts, Profile, facts_of, read_profile
from tests.conftest import ROOT
from tests.making import BETA, CARD, field_classes, profile, profiles, write_ruleset

PATIENTS = sorted((ROOT / "patients").glob("*.yaml"))


def listed(answer: Evaluation) -> dict[str, list[str]]:
    return {name: [entry.therapy.id for entry in entries] for name, entries in answer.entries().items()}


def findings(answer: Evaluation) -> list[Finding]:
    return [f for entries in answer.entries().values() for entry in entries for f in (entry.finding, *entry.others)]


@settings(max_examples=200)
@given(facts=profiles())
def test_every_therapy_is_in_exactly_one_list(evaluator: Evaluator, facts: Facts) -> None:
    answer = evaluator.evaluate(Profile(facts))
    everywhere = [name for names in listed(answer).values() for name in names]
    assert sorted(everywhere) == sorted(evaluator.ruleset.therapies)


@settings(max_examples=200)
@given(facts=profiles())
def test_each_rule_reaches_the_list_its_verdict_and_standing_say(evaluator: Evaluator, facts: Facts) -> None:
    ruleset = evaluator.ruleset
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    conditions = conditions_of(ruleset)
    answer = evaluator.evaluate(Profile(facts))
    for finding in findings(answer):
        verdict = read(conditions[f"rule/{finding.rule.id}"], facts, concepts)
        applies = "not_supported" if finding.rule.standing == "not_supported" else "options"
        assert finding.reaches == {Verdict.TRUE: applies, Verdict.UNKNOWN: "possible", Verdict.FALSE: "ruled_out"}[verdict]


@settings(max_examples=150)
@given(facts=profiles())
def test_the_first_list_that_any_rule_reaches_wins_and_the_others_stay_visible(evaluator: Evaluator, facts: Facts) -> None:
    answer = evaluator.evaluate(Profile(facts))
    for name, entries in answer.entries().items():
        for entry in entries:
            assert entry.finding.reaches == name
            for other in entry.others:
                assert LISTS.index(other.reaches) >= LISTS.index(name)
                assert other.reaches != "ruled_out"


@settings(max_examples=150)
@given(facts=profiles())
def test_needs_are_unknown_fields_and_all_of_those_that_can_decide(evaluator: Evaluator, facts: Facts) -> None:
    ruleset = evaluator.ruleset
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    conditions = conditions_of(ruleset)
    for finding in findings(evaluator.evaluate(Profile(facts))):
        if finding.reaches == "possible":
            assert finding.needs
            assert all(facts[name] is None for name in finding.needs)
            assert set(finding.needs) <= causes(conditions[f"rule/{finding.rule.id}"], facts, concepts)


@settings(max_examples=60)
@given(facts=profiles())
def test_blocked_by_is_the_smallest_set_of_facts_that_would_have_to_change(evaluator: Evaluator, facts: Facts) -> None:
    """No smaller set of fields, whatever they became, would stop the rule from being ruled out."""
    program, classes = evaluator.program, field_classes(evaluator.program)
    for entry in evaluator.evaluate(Profile(facts)).ruled_out[:6]:
        goal = program.goals[f"rule/{entry.finding.rule.id}"]
        blocking = list(dict.fromkeys(reason.field for reason in entry.finding.blocked_by))
        assert blocking
        freed = facts_of({**facts, **dict.fromkeys(blocking)})
        assert program.masks(freed).possible & goal.mask, "leaving these facts open must reopen the rule"
        for names in combinations(classes, len(blocking) - 1):
            smaller = facts_of({**facts, **dict.fromkeys(names)})
            assert not program.masks(smaller).possible & goal.mask, (entry.finding.rule.id, names)


@settings(max_examples=100)
@given(facts=profiles())
def test_because_names_facts_that_hold_with_their_values(evaluator: Evaluator, facts: Facts) -> None:
    for finding in findings(evaluator.evaluate(Profile(facts))):
        if finding.because:
            known = facts_of({reason.field: facts[reason.field] for reason in finding.because})
            mask = evaluator.program.goals[f"rule/{finding.rule.id}"].mask
            assert evaluator.program.masks(known).certain & mask, "the reasons given must suffice on their own"


def _beta(when: str) -> str:
    return BETA.replace('{prior_sorafenib: [progressed, intolerant], afp: "> 400"}', when)


def test_several_tests_of_one_fact_count_as_one_fact(tmp_path: Path) -> None:
    when = '{any: [{all: [{afp: "> 10"}, {afp: "> 20"}, {afp: "> 30"}]}, {cmet: high, ras: mutant}]}'
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, beta=_beta(when))))
    answer = evaluator.evaluate(profile(bclc_stage="C", afp=5.0, cmet="low", ras="wild_type"))
    assert {reason.field for reason in answer.entry("beta")[1].finding.blocked_by} == {"afp"}


def test_a_rule_that_contradicts_itself_still_says_what_it_asks_for(tmp_path: Path) -> None:
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, beta=_beta("{all: [{cmet: high}, {cmet: low}]}"))))
    answer = evaluator.evaluate(profile(bclc_stage="C", cmet="high"))
    assert [reason.requires for reason in answer.entry("beta")[1].finding.blocked_by] == ["low"]


def test_the_facts_that_decide_the_scope_are_the_scopes_own(tmp_path: Path) -> None:
    card = CARD.replace("scope: {advanced_hcc: yes}", "scope: {bclc_stage: [C, D]}")
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, card=card)))
    assert evaluator.evaluate(profile(cmet="low")).scope_needs == ("bclc_stage",)


def test_options_stand_by_standing_then_by_the_declared_order(evaluator: Evaluator) -> None:
    order = list(evaluator.ruleset.therapies)
    for path in PATIENTS:
        options = evaluator.evaluate(read_profile(path)).options
        keys = [(RANK[e.finding.rule.standing], order.index(e.therapy.id)) for e in options]
        assert keys == sorted(keys)


def test_the_shipped_patients_reach_every_standing_every_line_and_every_scope(evaluator: Evaluator) -> None:
    answers = [evaluator.evaluate(read_profile(path)) for path in PATIENTS]
    options = [entry.finding.rule for answer in answers for entry in answer.options]
    assert {rule.standing for rule in options} == set(OPTION_STANDINGS)
    assert {rule.line for rule in options} == {"first", "second", "any"}
    assert {answer.scope for answer in answers} == {"in", "out", "unknown"}
    assert any(answer.possible for answer in answers)
    assert any(answer.profile.warnings for answer in answers)
    assert len(PATIENTS) >= 12


def test_outside_its_scope_nothing_is_an_option_and_the_answer_says_what_comes_first(evaluator: Evaluator) -> None:
    answer = evaluator.evaluate(read_profile(ROOT / "patients" / "out-of-scope-tace.yaml"))
    assert answer.scope == "out"
    assert len(answer.ruled_out) == len(evaluator.ruleset.therapies)
    for word in ("resection", "transplant", "ablation"):
        assert word in evaluator.ruleset.card.out_of_scope.lower()


def _lists(evaluator: Evaluator, name: str) -> dict[str, list[str]]:
    return listed(evaluator.evaluate(read_profile(ROOT / "patients" / f"{name}.yaml")))


def test_the_traps_of_the_teaching_cases(evaluator: Evaluator) -> None:
    low = _lists(evaluator, "after-sorafenib-met-low")
    assert "tivantinib" in low["not_supported"]
    assert "ramucirumab" in low["not_supported"]
    assert "ramucirumab" in _lists(evaluator, "afp-exactly-400")["options"]
    unknown = _lists(evaluator, "afp-unknown")
    assert {"ramucirumab", "tivantinib"} <= set(unknown["possible"])
    refused = _lists(evaluator, "sorafenib-refused")
    assert "nivolumab" in refused["options"]
    assert {"sorafenib", "regorafenib", "cabozantinib"} <= set(refused["ruled_out"])
    terminal = _lists(evaluator, "bclc-d")
    assert terminal["options"] == ["best-supportive-care"]
    assert "tremelimumab" in _lists(evaluator, "etiology-unknown")["possible"]


def test_reachs_failure_stays_beside_ramucirumab_when_afp_is_unknown(evaluator: Evaluator) -> None:
    answer = evaluator.evaluate(read_profile(ROOT / "patients" / "afp-unknown.yaml"))
    _, entry = answer.entry("ramucirumab")
    shown = [finding for finding in (entry.finding, *entry.others) if finding.rule.standing == "not_supported"]
    assert shown
    assert entry.finding.rule.standing != "not_supported"


def test_applicability_says_inside_outside_unknown_or_not_stated(tmp_path: Path) -> None:
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path)))
    status = {}
    for letter in ("A", None):
        answer = evaluator.evaluate(
            profile(bclc_stage="C", child_pugh_class=letter, prior_sorafenib="none", other_prior_systemic=[])
        )
        status[letter] = answer.entry("alpha")[1].finding.citations[0].applicability
    assert (status["A"].status, status[None].status) == ("inside", "unknown")
    assert status[None].unknown == ("child_pugh_class",)
    answer = evaluator.evaluate(profile(bclc_stage="C", prior_sorafenib="progressed", afp=500.0))
    assert answer.entry("beta")[1].finding.citations[0].applicability.status == "not_stated"


def test_a_patient_outside_a_trials_population_is_told_by_what(evaluator: Evaluator) -> None:
    facts = {**read_profile(ROOT / "patients" / "first-line-europe.yaml").facts, "child_pugh_class": "B", "child_pugh_score": 8}
    answer = evaluator.evaluate(Profile(facts_of(facts)))
    outside = [c for finding in findings(answer) for c in finding.citations if c.applicability.status == "outside"]
    assert outside
    for citation in outside:
        assert citation.applicability.outside_by


def test_every_standing_is_held_against_the_cited_studies(evaluator: Evaluator) -> None:
    ruleset = evaluator.ruleset
    for rule in ruleset.rules.values():
        assert any(DEMANDS[rule.standing].borne_out_by(ruleset.studies[name]) for name in rule.cites)
        assert all(ruleset.studies[name].tumour == "hcc" for name in rule.cites)


def test_the_same_profile_gives_the_same_answer_in_any_evaluator(evaluator: Evaluator) -> None:
    other = Evaluator(evaluator.ruleset)
    for path in PATIENTS:
        assert listed(evaluator.evaluate(read_profile(path))) == listed(other.evaluate(read_profile(path)))


@pytest.mark.parametrize("field", [field.name for field in FIELDS])
def test_not_knowing_a_field_never_turns_an_open_question_into_a_no(evaluator: Evaluator, field: str) -> None:
    """A therapy that is an option, or may be one, may not be ruled out by forgetting a fact."""
    for path in PATIENTS:
        known = read_profile(path)
        facts = {**known.facts, field: None}
        if field == "child_pugh_class":
            facts["child_pugh_score"] = None
        before, after = listed(evaluator.evaluate(known)), listed(evaluator.evaluate(Profile(facts_of(facts))))
        assert not set(before["options"]) & set(after["ruled_out"])
        assert not set(before["possible"]) & set(after["ruled_out"])
