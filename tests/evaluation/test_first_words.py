"""What a reader takes away in ten seconds: no first line that its details contradict."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

import hepatica
from hepatica import report
from hepatica.evaluation import Evaluation, endpoint_words, evaluator_of
from hepatica.explain import Column, then_and_now, what_if
from hepatica.patient import COMMON_FIELDS, Refused, profile_of, read_profile, read_value
from hepatica.report.teaching import handout, handout_view
from hepatica.wording import Wording
from tests.conftest import PATIENTS
from tests.making import BETA, write_ruleset
from tests.patient.test_spellings import REFUSED

RULES = hepatica.load("hcc-2016")
NAIVE = (
    "bclc_stage=C",
    "child_pugh_class=A",
    "other_prior_systemic=none",
    "afp=35",
    "cmet=low",
    "ras=wild type",
    "region=Europe",
)
SNAKE = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b|\b(?:asian|chinese|western|hbv|hcv|tki)\b")


def answer(*settings: str, ruleset: hepatica.Ruleset = RULES) -> Evaluation:
    return hepatica.evaluate(ruleset, profile_of(settings, fields=ruleset.fields))


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("liver", ["A", "B"])
def test_declined_stands_first_in_every_format(liver: str) -> None:
    found = answer(*NAIVE[:1], f"child_pugh_class={liver}", *NAIVE[2:], "prior_sorafenib=declined")
    sorafenib = found.options[0]
    assert sorafenib.therapy == "sorafenib"
    assert sorafenib.headline.marks[0] == "declined by the patient"
    assert sorafenib.headline.text.startswith("Declined by the patient; ")
    for told in (found.to_text(), found.to_markdown(), found._repr_html_()):
        assert "Declined by the patient; " in flat(told)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ((), "Not supported where tested: only after sorafenib (not taken so far): Everolimus, Axitinib, ADI-PEG 20"),
        ((), "In trial elsewhere: only after sorafenib (not taken so far); only with AFP >= 400 ng/mL (here 35 ng/mL): Ramuc"),
        ((), "Only after sorafenib (not taken so far); only in MET-high tumours (here low): Tivantinib"),
        ((), "Licence recorded in mainland China only: FOLFOX4"),
        (("region=Japan",), "Studied in Hong Kong or Singapore only: SECOX"),
        (("prior_sorafenib=declined",), "Not where sorafenib was declined: GEMOX + sorafenib"),
        (
            ("prior_sorafenib=declined",),
            "Not where sorafenib was declined; only in RAS-mutant tumours (here wild type): Refametinib",
        ),
    ],
)
def test_a_way_in_is_never_where_the_therapy_failed(settings: tuple[str, ...], says: str) -> None:
    given = dict(one.split("=") for one in (*NAIVE, "prior_sorafenib=none", *settings))
    assert says in flat(answer(*(f"{name}={value}" for name, value in given.items())).to_text())


def test_a_threshold_passed_in_both_arms_heads_no_list_of_signals() -> None:
    signals = [entry for entry in answer(*NAIVE, "prior_sorafenib=none").options if entry.standing == "early_signal"]
    gemox = next(entry for entry in signals if entry.therapy == "gemox-sorafenib")
    assert signals[0] is not gemox
    assert "primary endpoint a threshold within each arm, not a difference" in gemox.headline.marks


def test_a_failure_in_a_subgroup_does_not_show_the_whole_trials_success() -> None:
    entry = answer(*NAIVE, "prior_sorafenib=progressed").entry("tivantinib")[1]
    assert entry.verdict == "no_better"
    assert "no difference in TTP, OS or DCR" in entry.headline.text
    assert "P 0.04" not in entry.headline.text


def test_what_was_read_as_something_else_is_in_the_json() -> None:
    (said,) = answer("afp=12,00", "bclc_stage=C").to_dict()["understood"]
    assert said == {"field": "afp", "typed": "12,00", "read": "12 ng/mL", "implied": False}


def test_abbreviations_are_explained_once() -> None:
    text = flat(answer(*NAIVE, "prior_sorafenib=none").to_text())
    assert text.count("overall survival; ") == 1
    assert "Abbreviations: OS overall survival; PR partial response; " in text


@pytest.mark.parametrize("field", REFUSED)
def test_a_refusal_speaks_of_titles(field: str) -> None:
    for typed in REFUSED[field]:
        with pytest.raises(Refused) as refused:
            read_value(COMMON_FIELDS[field], typed)
        said = str(refused.value).replace("(prior_sorafenib)", "").replace(typed, "")
        assert not SNAKE.search(said), said


def test_one_history_that_denies_another_is_warned_of() -> None:
    rules = hepatica.load("hcc-2026")
    given = ("bclc_stage=C", "child_pugh_class=A", "other_prior_systemic=none")
    (warned,) = answer(*given, "prior_immunotherapy=progressed", ruleset=rules).warnings
    said = "Prior immunotherapy progressed does not go with Other prior systemic therapy none."
    assert (warned.code, warned.message) == ("fields-disagree", said)
    assert not answer(*given, "prior_immunotherapy=none", ruleset=rules).warnings


def test_an_open_therapy_tells_all_that_it_turns_on(tmp_path: Path) -> None:
    (when,) = (line for line in BETA.splitlines() if "when: {prior_sorafenib" in line)
    between = BETA.replace(when, '    when: {all: [{prior_sorafenib: progressed}, {afp: ">= 15"}, {afp: "< 400"}]}')
    rules = hepatica.load(write_ruleset(tmp_path, beta=between))
    told = answer("bclc_stage=C", "prior_sorafenib=progressed", "child_pugh_class=A", ruleset=rules)._repr_html_()
    assert "possible (early signal): with AFP ≥ 15 ng/mL and with AFP &lt; 400 ng/mL" in told


# What stands on the first screen of the shipped patients, under both rulesets.

BOTH = (RULES, hepatica.load("hcc-2026"))
NAMED = {path.stem: path for path in PATIENTS}


def patient(name: str, ruleset: hepatica.Ruleset, *changes: str) -> Evaluation:
    profile = read_profile(NAMED[name], changes, fields=ruleset.fields)
    return hepatica.evaluate(ruleset, profile)


@pytest.mark.parametrize("ruleset", BOTH, ids=lambda one: one.card.id)
def test_the_first_words_of_every_example_are_true_of_what_they_stand_over(ruleset: hepatica.Ruleset) -> None:
    for name in NAMED:
        found = patient(name, ruleset)
        shown = flat(found.to_text())
        assert not re.search(r"\bP [\d.]", shown), "a P value without its sign"
        assert "possible (not supported)" not in shown
        for entry in found.not_supported:
            own = [ruleset.studies[c.study] for c in entry.citations if c.kind == "randomised_controlled_trial"]
            tested = any(not one.arms or one.arms[0].id == entry.therapy for one in own)
            assert tested == (entry.verdict != "unproven"), (name, entry.therapy)
        # The marks of what is given beside local treatment, or was declined, keep an option behind those without any.
        for _, same in groupby(found.options, lambda entry: entry.standing):
            marks = [ruleset.rules[entry.rule].mark != "" for entry in same]
            assert marks == sorted(marks), name
        for entry in found.ruled_out:
            said = Wording(ruleset).needed(entry)
            assert said.count("; or ") <= 2 and len(said) < 260, said


@pytest.mark.slow
@pytest.mark.parametrize("ruleset", BOTH, ids=lambda one: one.card.id)
def test_what_if_and_the_answer_count_the_same_as_open(ruleset: hepatica.Ruleset) -> None:
    for name in NAMED:
        found = patient(name, ruleset)
        more = {entry.therapy for entry in found.open()}
        open_ = what_if(evaluator_of(ruleset), found.profile).settling.open
        assert {one.therapy for one in open_} == more, name
        headings = re.findall(r"^DEPENDS ON MISSING INFORMATION.*\((\d+)\)$", found.to_text(), re.M)
        assert not headings or sum(map(int, headings)) == len(more), name


def test_of_a_treatment_that_was_given_only_its_end_is_asked() -> None:
    found = patient("after-immunotherapy", BOTH[1])
    for shown in map(flat, (found.to_text(), found.to_markdown(), found._repr_html_())):
        assert shown.count("nter how prior immunotherapy ended (progressed or intolerant)") == 2
        assert "How prior immunotherapy ended" in shown and "Enter Prior immunotherapy" not in shown
    known = patient("after-immunotherapy", BOTH[1], "prior_immunotherapy=progressed")
    assert not known.possible or "how prior" not in flat(known.to_text())


def test_a_standard_that_waits_for_one_fact_stands_beside_the_standard_that_does_not() -> None:
    shown = flat(patient("afp-unknown", BOTH[1]).to_text())
    standing, second, rest = (shown.index(words) for words in ("STANDARD OF CARE (1)", "NO LESS STRONG (1)", "SUPPORTIVE CARE"))
    assert standing < second < rest and "Enter AFP Ramucirumab possible (standard of care)" in shown
    assert "Tivantinib no option either way (not supported in MET-high tumours)" in shown


def test_open_standards_stand_together_beside_a_certain_one() -> None:
    """Sorafenib and lenvatinib, which are options in any case, stood above donafenib, and immunotherapy below it."""
    found = patient("first-line-mainland-china", BOTH[1])
    text = found.to_text()
    assert "THE STRONGEST" not in text and text.index("STANDARD OF CARE (1)\n") < text.index("NO LESS STRONG (5)")
    beside = text[text.index("NO LESS STRONG (5)") : text.index("POSITIVE PHASE III (1)")]
    sides = [Column("case", patient("first-line-mainland-china", rules)) for rules in BOTH]
    best = flat(report.text(report.then_view(then_and_now(*sides)))).partition("In 2026: ")[2].partition(" WHAT 2016 SAID")[0]
    for name in (
        "Sorafenib",
        "Lenvatinib",
        "Durvalumab + tremelimumab",
        "Sintilimab + bevacizumab",
        "Atezolizumab + bevacizumab",
    ):
        assert f"    {name}" in beside and name in best


def test_of_what_is_open_that_comes_last_which_is_an_option_in_any_case() -> None:
    shown = flat(patient("first-line-europe", BOTH[1]).to_text())
    assert shown.index("Atezolizumab + bevacizumab possible") < shown.index("Sorafenib possible (standard of care)")


def test_what_would_be_the_standard_is_named_under_each_answer() -> None:
    found = what_if(evaluator_of(BOTH[1]), patient("first-line-met-high-japan", BOTH[1]).profile)
    shown = flat(report.text(report.whatif_view(found)))
    assert "yes Lenvatinib and Sorafenib: standard of care; 6 therapies: without evidence" in shown
    assert "no Durvalumab + tremelimumab: standard of care" in shown
    assert "still open: Atezolizumab + bevacizumab" in shown


def test_a_licence_is_no_trial_and_few_ways_in_stand_for_many() -> None:
    changed = ("child_pugh_components=unknown", "child_pugh_class=B")
    _, sorafenib = patient("first-line-met-high-japan", BOTH[1], *changed).entry("sorafenib")
    assert len(sorafenib.needs_any) == len(sorafenib.ways) == 10
    said = "Only in Child-Pugh A (here B); or licence recorded in mainland China, Europe or North America only"
    assert Wording(BOTH[1]).needed(sorafenib) == said


def test_two_rulesets_that_print_other_figures_say_why() -> None:
    then, now = (patient("first-line-europe", ruleset).entry("brivanib")[1] for ruleset in BOTH)
    assert "HR 1.05" in then.headline.text and "should read HR 1.07" in then.headline.text and "HR 1.07" in now.headline.text
    assert "prints 1.05" in next(one.correction for one in BOTH[1].studies["brisk-fl"].discrepancies)
    regorafenib = patient("after-sorafenib-met-low", RULES).entry("regorafenib")[1]
    assert "HR 0.62" in regorafenib.headline.text and "but in a report of 2016" in regorafenib.headline.text
    assert "HR 0.62" in next(one.correction for one in BOTH[1].studies["resorce"].discrepancies)


def test_the_result_with_its_interval_is_the_one_shown() -> None:
    fit = ("immunotherapy_contraindicated=no", "untreated_varices=no", "main_portal_vein_invasion=no")
    shown = patient("first-line-europe", BOTH[1], *fit).entry("atezolizumab-bevacizumab")[1].headline
    assert "HR 0.58 (95% CI 0.42-0.79), P = 0.0006" in shown.text
    later = next(one for one in BOTH[1].studies["imbrave150"].results if one.id == "os-update")
    assert endpoint_words(later) == "OS after further follow-up"


def test_a_handout_has_the_trials_of_what_is_undecided() -> None:
    found = handout(evaluator_of(BOTH[1]), patient("first-line-met-high-japan", BOTH[1]).profile)
    shown = flat(report.text(handout_view(found)))
    trials = shown[shown.index("THE TRIALS") :]
    assert all(name in trials for name in ("IMbrave150", "HIMALAYA", "CheckMate 9DW")) and "Finn 2020" in trials


@pytest.mark.parametrize("patient", sorted(PATIENTS), ids=lambda patient: str(patient)[-30:])
@pytest.mark.parametrize("name", ["hcc-2016", "hcc-2026"])
def test_no_first_line_has_a_raw_date_or_says_only_that_it_has_no_figures(name: str, patient: Path) -> None:
    ruleset = hepatica.load(name)
    found = hepatica.evaluate(ruleset, read_profile(patient, fields=ruleset.fields))
    for entry in (*found.options, *found.trials, *found.not_supported):
        assert not re.search(r"\d{4}-\d{2}|a statement, no figures", entry.headline.text), entry.headline.text


def test_a_drug_that_one_of_its_trials_bears_out_is_not_called_unsupported_as_a_whole() -> None:
    asked = ("prior_sorafenib=progressed", "immunotherapy_contraindicated=no", "region=Korea", "ecog=1")
    found = answer(*NAIVE[:-1], *asked, ruleset=hepatica.load("hcc-2026")).entry("pembrolizumab")[1]
    assert found.standing == "positive_phase_3"
    assert "; but a trial of it failed: KEYNOTE-240" in found.headline.text


def test_a_terminal_patient_hears_why_there_is_supportive_care_alone_and_asks_no_more_than_the_rules_do() -> None:
    found = answer("bclc_stage=D", "child_pugh_class=A", *NAIVE[2:], "prior_sorafenib=none", "locoregional_suitable=no")
    told = flat(found.to_text())
    assert "only best supportive care is listed: none of the trials enrolled such patients" in told
    assert "6-9" not in told  # the review's survival under supportive care is of stages C and D together
    assert "Not in BCLC stage D: " in told
    assert "Only in BCLC stage C" not in told  # stage B that no local treatment can help is enough
