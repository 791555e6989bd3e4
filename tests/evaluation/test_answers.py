"""Answers: every therapy in one list, for reasons that are true, complete and smallest."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings

from hepatica.evaluation import LISTS, ORDER, Entry, Evaluation, Evaluator, RuleAnswer, evidence_rank, judged
from hepatica.inference import GoalKey, Verdict, causes, conditions_of, read
from hepatica.knowledge import RANK, STANDINGS, Rule, load_ruleset
from hepatica.patient import COMMON_FIELDS, Facts, Interval, Profile, facts_of, read_profile
from tests.conftest import ROOT
from tests.making import BETA, CARD, field_classes, profile, profiles, write_ruleset


def listed(answer: Evaluation) -> dict[str, list[str]]:
    return {name: [entry.therapy for entry in entries] for name, entries in answer.entries().items()}


def shown_rules(answer: Evaluation) -> list[Entry | RuleAnswer]:
    """Every rule of which an answer says something."""
    entries = [entry for entries in answer.entries().values() for entry in entries]
    return [*entries, *(other for entry in entries for other in entry.other_rules)]


def _verdicts(evaluator: Evaluator, rules: tuple[Rule, ...], facts: Facts) -> list[Verdict]:
    conditions, concepts = conditions_of(evaluator.ruleset), evaluator.ruleset.concept_conditions
    return [read(conditions[GoalKey("rule", rule.id)], facts, concepts) for rule in rules]


@given(facts=profiles(with_intervals=True))
def test_every_therapy_is_in_exactly_one_list(evaluator: Evaluator, facts: Facts) -> None:
    answer = evaluator.evaluate(Profile(facts))
    assert set(answer.entries()) == set(LISTS) == set(ORDER)
    everywhere = [name for names in listed(answer).values() for name in names]
    assert sorted(everywhere) == sorted(evaluator.ruleset.therapies)


@pytest.mark.slow
@given(facts=profiles(with_intervals=True))
def test_a_therapy_falls_into_the_list_that_its_rules_say(evaluator: Evaluator, facts: Facts) -> None:
    """Written out from the definition: certain options, then trials, then what is open, then failures."""
    answer = evaluator.evaluate(Profile(facts))
    for therapy in evaluator.ruleset.therapies.values():
        verdicts = dict(zip(therapy.rules, _verdicts(evaluator, therapy.rules, facts), strict=True)) if therapy.rules else {}
        certain = {rule.reaches for rule, verdict in verdicts.items() if verdict is Verdict.TRUE}
        open_lists = {rule.reaches for rule, verdict in verdicts.items() if verdict is Verdict.UNKNOWN}
        if "options" in certain:
            expected = "options"
        elif "trials" in certain:
            expected = "trials"
        elif open_lists - {"unreported"}:
            expected = "possible"
        elif "not_supported" in certain:
            expected = "not_supported"
        else:
            expected = "unreported" if "unreported" in certain | open_lists else "ruled_out"
        assert answer.entry(therapy.id)[0] == expected, therapy.id


@given(facts=profiles())
def test_the_strongest_rule_that_reaches_the_list_speaks_and_the_others_stay_visible(evaluator: Evaluator, facts: Facts) -> None:
    answer = evaluator.evaluate(Profile(facts))
    for name, entries in answer.entries().items():
        for entry in entries:
            assert all(other.reaches != "ruled_out" for other in entry.other_rules)
            same = [other for other in entry.other_rules if other.reaches == name]
            assert all(RANK[entry.standing] <= RANK[other.standing] for other in same)
            assert (entry.would_be is not None) is (name in ("possible", "ruled_out"))
            if name == "possible":
                assert entry.would_be == evaluator.ruleset.rules[entry.rule].reaches


@pytest.mark.slow
@given(facts=profiles(with_intervals=True))
def test_needs_are_open_fields_of_every_open_rule(evaluator: Evaluator, facts: Facts) -> None:
    conditions, concepts = conditions_of(evaluator.ruleset), evaluator.ruleset.concept_conditions
    freed = {name: None if isinstance(value, Interval) else value for name, value in facts.items()}
    for entry in evaluator.evaluate(Profile(facts)).possible:
        rules = evaluator.ruleset.therapies[entry.therapy].rules
        open_rules = [r for r, v in zip(rules, _verdicts(evaluator, rules, facts), strict=True) if v is Verdict.UNKNOWN]
        assert entry.needs == tuple(name for name in evaluator.ruleset.fields if name in entry.needs)
        unknown = {rule.id: causes(conditions[GoalKey("rule", rule.id)], freed, concepts) for rule in open_rules}
        assert set(entry.needs) <= set().union(*unknown.values())
        for other in entry.other_rules:
            if other.rule in unknown:
                assert set(other.needs) <= unknown[other.rule] & set(entry.needs)
        assert entry.needs


@settings(max_examples=25)
@given(facts=profiles())
def test_what_a_ruled_out_therapy_needs_is_the_least_for_every_way_in(evaluator: Evaluator, facts: Facts) -> None:
    """No smaller set of fields, whatever they became, would stop a rule from being ruled out: by the plain reading.

    A rule that speaks against the therapy is no way in, unless the therapy has no other.
    """
    classes = field_classes(evaluator.program)
    conditions, concepts = conditions_of(evaluator.ruleset), evaluator.ruleset.concept_conditions

    def open_if_unknown(rule: Rule, names: tuple[str, ...]) -> bool:
        freed = facts_of({**facts, **dict.fromkeys(names)})
        return read(conditions[GoalKey("rule", rule.id)], freed, concepts) is not Verdict.FALSE

    for entry in evaluator.evaluate(Profile(facts)).ruled_out[:5]:
        needed = [tuple(dict.fromkeys(reason.field for reason in reasons)) for reasons in entry.needs_any]
        assert [len(names) for names in needed] == sorted(len(names) for names in needed)
        assert entry.needs_any
        rules = evaluator.ruleset.therapies[entry.therapy].rules
        ways = [rule for rule in rules if rule.reaches in ("options", "trials")] or list(rules)
        assert entry.would_be == min((rule.reaches for rule in ways), key=list(ORDER).index)
        assert evaluator.ruleset.rules[entry.rule] in ways
        for rule in ways:
            assert any(open_if_unknown(rule, names) for names in needed), "one alternative must reopen the rule"
            fewest = min(len(names) for names in needed if open_if_unknown(rule, names))
            assert not any(open_if_unknown(rule, names) for names in combinations(classes, fewest - 1))


@given(facts=profiles())
def test_because_names_facts_that_suffice_on_their_own(evaluator: Evaluator, facts: Facts) -> None:
    conditions, concepts = conditions_of(evaluator.ruleset), evaluator.ruleset.concept_conditions
    for answer in shown_rules(evaluator.evaluate(Profile(facts))):
        if answer.because:
            known = facts_of({reason.field: facts[reason.field] for reason in answer.because})
            assert read(conditions[GoalKey("rule", answer.rule)], known, concepts) is Verdict.TRUE


def _beta(when: str) -> str:
    return BETA.replace('{prior_sorafenib: [progressed, intolerant], afp: "> 400"}', when)


def test_several_tests_of_one_fact_count_as_one_fact(tmp_path: Path) -> None:
    when = '{any: [{all: [{afp: "> 10"}, {afp: "> 20"}, {afp: "> 30"}]}, {cmet: high, ras: mutant}]}'
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, beta=_beta(when))))
    answer = evaluator.evaluate(profile(bclc_stage="C", afp=5.0, cmet="low", ras="wild_type"))
    assert [{r.field for r in reasons} for reasons in answer.entry("beta")[1].needs_any] == [{"afp"}]


def test_a_rule_that_contradicts_itself_still_says_what_it_asks_for(tmp_path: Path) -> None:
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, beta=_beta("{all: [{cmet: high}, {cmet: low}]}"))))
    answer = evaluator.evaluate(profile(bclc_stage="C", cmet="high"))
    assert [[r.requires for r in reasons] for reasons in answer.entry("beta")[1].needs_any] == [["low"]]


def test_the_facts_that_decide_the_scope_are_the_scopes_own(tmp_path: Path) -> None:
    card = CARD.replace("scope: {advanced_hcc: yes}", "scope: {bclc_stage: [C, D]}")
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path, card=card)))
    assert evaluator.evaluate(profile(cmet="low")).scope_needs == ("bclc_stage",)


def test_options_stand_by_standing_then_those_without_a_reservation_then_evidence_then_the_declared_order(
    evaluator: Evaluator, patients: list[Profile]
) -> None:
    order = list(evaluator.ruleset.therapies)
    rules, studies = evaluator.ruleset.rules, evaluator.ruleset.studies
    for answer in map(evaluator.evaluate, patients):
        for entries in (answer.options, answer.trials, answer.possible, answer.not_supported):
            keys = [
                (RANK[e.standing], rules[e.rule].mark != "", evidence_rank(rules[e.rule], studies), order.index(e.therapy))
                for e in entries
            ]
            assert keys == sorted(keys)


def test_the_order_of_a_file_and_of_its_rules_decides_nothing(tmp_path: Path) -> None:
    """The same rules written the other way round: the same lists, standings and headlines."""
    second = BETA[BETA.index("  - id: beta-high-afp") :]
    more = second.replace("beta-high-afp", "beta-any").replace(', afp: "> 400"', "").replace("early_signal", "not_supported")
    more = more.replace("    cites:", "    verdict: unproven\n    cites:")
    answers = []
    for n, rules in enumerate((second + more, more + second)):
        folder = write_ruleset(tmp_path / str(n), beta=BETA[: BETA.index("  - id: beta-high-afp")] + rules)
        answer = Evaluator(load_ruleset(folder)).evaluate(profile(bclc_stage="C", prior_sorafenib="progressed", afp=500.0))
        answers.append([(e.rule, e.standing, e.headline.text) for e in answer.options])
    assert answers[0] == answers[1]
    assert "but as a whole not supported" in answers[0][0][2]


def test_a_rule_of_which_nothing_is_reported_makes_no_option_and_needs_nothing() -> None:
    rules = [_rule("a", "unreported"), _rule("b", "in_trial"), _rule("c", "not_supported")]
    true, false, unknown = Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN
    assert judged(rules, [true, false, false]).list == "unreported"
    assert judged(rules, [unknown, false, false]).list == "unreported"
    assert judged(rules, [true, unknown, true]) == ("possible", 1, (1,))
    assert judged(rules, [true, false, true]).list == "not_supported"
    assert judged(rules, [true, true, true]).list == "trials"
    assert judged(rules, [false, false, false]).list == "ruled_out"


def _rule(name: str, standing: str) -> Rule:
    from hepatica.knowledge import AllOf, Place

    return Rule(id=name, says="", line="any", standing=standing, when=AllOf(()), cites=(), source=Place())


def test_the_shipped_patients_reach_every_line_and_every_scope(evaluator: Evaluator, patients: list[Profile]) -> None:
    answers = [evaluator.evaluate(patient) for patient in patients]
    options = [entry for answer in answers for entry in answer.options]
    assert {entry.standing for entry in options} <= {
        name for name, standing in STANDINGS.items() if standing.reaches == "options"
    }
    assert {entry.line for entry in options} >= {"first", "second", "any"}
    assert {answer.scope for answer in answers} == {"in", "out", "unknown"}
    assert any(answer.possible for answer in answers)
    assert any(answer.warnings for answer in answers)


def test_outside_its_scope_nothing_is_an_option_and_the_answer_says_what_comes_first(evaluator: Evaluator) -> None:
    answer = evaluator.evaluate(read_profile(ROOT / "patients" / "out-of-scope-tace.yaml"))
    assert answer.scope == "out"
    assert len(answer.ruled_out) == len(evaluator.ruleset.therapies) - len(answer.unreported)
    assert not answer.unreported
    assert answer.scope_says == evaluator.ruleset.card.out_of_scope


@pytest.mark.parametrize("name", ["scope-unknown", "first-line-europe"])
def test_what_lies_outside_the_scope_is_said_only_outside_it(evaluator: Evaluator, name: str) -> None:
    assert evaluator.evaluate(read_profile(ROOT / "patients" / f"{name}.yaml")).scope_says == ""


def _lists(evaluator: Evaluator, name: str) -> dict[str, list[str]]:
    return listed(evaluator.evaluate(read_profile(ROOT / "patients" / f"{name}.yaml")))


def test_the_traps_of_the_teaching_cases(evaluator: Evaluator) -> None:
    low = _lists(evaluator, "after-sorafenib-met-low")
    assert "tivantinib" in low["not_supported"]
    assert "ramucirumab" in low["not_supported"]
    assert "ramucirumab" in _lists(evaluator, "afp-exactly-400")["trials"]
    unknown = _lists(evaluator, "afp-unknown")
    assert {"ramucirumab", "tivantinib"} <= set(unknown["possible"])
    refused = _lists(evaluator, "sorafenib-refused")
    assert "nivolumab" in refused["options"]
    assert {"regorafenib", "cabozantinib"} <= set(refused["ruled_out"])
    assert _lists(evaluator, "bclc-d")["options"] == ["best-supportive-care"]
    assert "tremelimumab" in _lists(evaluator, "etiology-unknown")["possible"]


def test_reachs_failure_stays_in_ramucirumabs_line_when_afp_is_unknown(evaluator: Evaluator) -> None:
    _, entry = evaluator.evaluate(read_profile(ROOT / "patients" / "afp-unknown.yaml")).entry("ramucirumab")
    assert entry.standing != "not_supported"
    assert "not_supported" in {other.standing for other in entry.other_rules}
    assert "but as a whole not supported: REACH" in entry.headline.text
    assert "ramucirumab 9.2 v placebo 7.6 mo" in entry.headline.text


def test_applicability_says_what_is_recorded_and_whether_the_patient_meets_it(tmp_path: Path) -> None:
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path)))
    status = {}
    for letter in ("A", None):
        answer = evaluator.evaluate(
            profile(bclc_stage="C", child_pugh_class=letter, prior_sorafenib="none", other_prior_systemic=[])
        )
        status[letter] = answer.entry("alpha")[1].citations[0].applicability
    assert (status["A"].status, status[None].status) == ("inside", "unknown")
    assert set(status["A"].stated) == {"bclc_stage", "child_pugh_class", "locoregional_suitable"}
    assert status[None].unknown == ("child_pugh_class",)
    answer = evaluator.evaluate(profile(bclc_stage="C", prior_sorafenib="progressed", afp=500.0))
    assert answer.entry("beta")[1].citations[0].applicability.status == "not_stated"


def _with_population(folder: Path, population: str, kind: str = "single_arm_trial") -> Evaluator:
    text = BETA.replace(
        "    source: {section: Two, lines: 12, refs: [2]}\n", f"    source: {{section: Two, lines: 12, refs: [2]}}\n{population}"
    )
    return Evaluator(load_ruleset(write_ruleset(folder, beta=text.replace("single_arm_trial", kind))))


def test_a_study_of_which_only_the_scope_is_recorded_is_partly_stated(tmp_path: Path) -> None:
    evaluator = _with_population(tmp_path, "    population: {when: {advanced_hcc: yes}, lines: 12}\n")
    answer = evaluator.evaluate(profile(bclc_stage="C", prior_sorafenib="progressed", afp=500.0))
    assert answer.entry("beta")[1].citations[0].applicability.status == "partly_stated"


def test_nobody_is_inside_a_case_report(tmp_path: Path) -> None:
    evaluator = _with_population(tmp_path, "    population: {when: {child_pugh_class: A}, lines: 12}\n", "case_report")
    answer = evaluator.evaluate(profile(bclc_stage="C", child_pugh_class="A", prior_sorafenib="progressed", afp=500.0))
    assert answer.entry("beta")[1].citations[0].applicability.status == "not_stated"


def test_a_patient_outside_a_trials_population_is_told_by_what(evaluator: Evaluator) -> None:
    facts = {**read_profile(ROOT / "patients" / "first-line-europe.yaml").facts, "child_pugh_class": "B", "child_pugh_score": 8}
    answer = evaluator.evaluate(Profile(facts_of(facts)))
    outside = [c for shown in shown_rules(answer) for c in shown.citations if c.applicability.status == "outside"]
    assert outside
    for citation in outside:
        assert citation.applicability.outside_by


def test_the_same_profile_gives_the_same_answer_in_any_evaluator_and_in_any_order(
    evaluator: Evaluator, patients: list[Profile]
) -> None:
    other = Evaluator(evaluator.ruleset)
    for patient in reversed(patients):
        assert evaluator.evaluate(patient).entries() == other.evaluate(patient).entries()


@pytest.mark.parametrize("field", [*COMMON_FIELDS])
def test_not_knowing_a_field_never_turns_an_open_question_into_a_no(
    evaluator: Evaluator, patients: list[Profile], field: str
) -> None:
    """A therapy that is an option, or may be one, may not be ruled out by forgetting a fact."""
    for known in patients:
        facts = {**known.facts, field: None}
        if field == "child_pugh_class":
            facts["child_pugh_score"] = None
        before, after = listed(evaluator.evaluate(known)), listed(evaluator.evaluate(Profile(facts_of(facts))))
        assert not set(before["options"]) & set(after["ruled_out"])
        assert not set(before["possible"]) & set(after["ruled_out"])
