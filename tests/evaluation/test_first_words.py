"""What a reader takes away in ten seconds: no first line that its details contradict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hepatica
from hepatica.evaluation import Evaluation
from hepatica.patient import COMMON_FIELDS, Refused, profile_of, read_value
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
