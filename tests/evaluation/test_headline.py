"""The line a therapy is known by: the study that fits best, arms named, what qualifies it and what overturned it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from hepatica.evaluation import Entry, Evaluator, ratio_words, result_line
from hepatica.knowledge import Result, Study, load_ruleset
from hepatica.patient import Facts, Profile
from tests.making import profile, profiles, write_ruleset


@given(facts=profiles())
def test_no_headline_passes_over_a_study_that_fits_better_or_what_overturned_one(evaluator: Evaluator, facts: Facts) -> None:
    ruleset = evaluator.ruleset
    answer = evaluator.evaluate(Profile(facts))
    for name in ("options", "trials", "possible", "not_supported", "unreported"):
        for entry in answer.entries()[name]:
            line = entry.headline
            assert line.text
            fits = {citation.study: citation.applicability.status for citation in entry.citations}
            if "inside" in fits.values():
                assert fits[line.study] == "inside"
            if fits[line.study] == "outside":
                assert set(fits.values()) == {"outside"}
            for study in (ruleset.studies[cited] for cited in fits):
                for event in study.later:
                    assert event.effect != "overturns" or event.says in line.later in line.text
            for value in line.arms:
                assert value.arm in line.text


def _study(study_id: str = "beta-2", **changed: Any) -> dict[str, Any]:
    study: dict[str, Any] = {
        "id": study_id,
        "name": "Trial B",
        "kind": "randomised_controlled_trial",
        "phase": "II",
        "status": "completed",
        "design": "randomised",
        "summary": "Some activity.",
        "source": {"section": "Two", "lines": "12"},
        "arms": [{"id": "placebo", "lines": "12"}, {"id": "beta", "lines": "12"}],
        "results": [],
    }
    return {**study, **changed}


def _os(**changed: Any) -> dict[str, Any]:
    return {"id": "os", "endpoint": "OS", "unit": "mo", "arms": {"placebo": 7.6, "beta": 9.2}, "lines": "12", **changed}


def _beta(folder: Path, *studies: dict[str, Any], known: dict[str, Any] | None = None, **rule: Any) -> Entry:
    """The entry of a therapy with these studies for a patient after sorafenib."""
    therapy = {
        "therapy": "beta",
        "name": "Beta",
        "class": "a drug",
        "about": "Made for tests.",
        "source": {"section": "Two", "lines": "10-19"},
        "studies": list(studies),
        "rules": [
            {
                "id": "beta-rule",
                "says": "Beta was active.",
                "line": "second",
                "standing": "early_signal",
                "when": {"prior_sorafenib": "progressed"},
                "cites": [study["id"] for study in studies],
                "source": {"lines": "12"},
                **rule,
            }
        ],
    }
    ruleset = load_ruleset(write_ruleset(folder, beta=yaml.safe_dump(therapy, sort_keys=False)))
    patient = profile(bclc_stage="C", prior_sorafenib="progressed", **(known or {"cmet": "high", "region": "japan"}))
    return Evaluator(ruleset).evaluate(patient).entry("beta")[1]


def test_the_tested_therapy_stands_first_whatever_the_file_says(tmp_path: Path) -> None:
    line = _beta(tmp_path, _study(results=[_os(hr=0.8, ci=[0.6, 1.1], p=0.2)])).headline
    assert line.text == "Trial B: OS beta 9.2 v placebo 7.6 mo, HR 0.80 (95% CI 0.60-1.10), P = 0.2"
    assert [(arm.arm, arm.value, arm.unit) for arm in line.arms] == [("beta", 9.2, "mo"), ("placebo", 7.6, "mo")]


def test_a_ratio_that_belongs_to_the_other_arm_says_so(tmp_path: Path) -> None:
    """A drug that was the control of the trial it is known from: the ratio is the other drug's."""
    study = _study(
        arms=[{"id": "gamma", "lines": "12"}, {"id": "beta", "lines": "12"}],
        results=[_os(arms={"gamma": 6.4, "beta": 4.97}, hr=0.8)],
    )
    assert "beta 4.97 v gamma 6.4 mo, HR 0.80 for gamma" in _beta(tmp_path, study).headline.text


def test_survival_comes_before_the_primary_endpoint_and_that_before_the_rest(tmp_path: Path) -> None:
    ttp = {"id": "ttp", "endpoint": "TTP", "unit": "mo", "arms": {"placebo": 1.4, "beta": 1.6}, "lines": "12"}
    rate = {"id": "rr", "endpoint": "RR", "unit": "%", "arms": {"placebo": 1, "beta": 9}, "lines": "12"}
    primary: dict[str, Any] = {"primary_endpoints": [{"name": "RR", "met": "yes", "lines": "12"}]}
    assert _beta(tmp_path / "a", _study(results=[rate, ttp, _os()], **primary)).headline.endpoint == "OS"
    assert _beta(tmp_path / "b", _study(results=[ttp, rate], **primary)).headline.endpoint == "RR"
    assert _beta(tmp_path / "c", _study(results=[rate, ttp])).headline.endpoint == "TTP"


@pytest.mark.parametrize(
    ("result", "endpoint", "marks"),
    [
        ({"hr": 0.92, "ci": [0.79, 1.06], "margin": 1.08}, {}, ("not inferior (margin 1.08)",)),
        ({"hr": 0.92, "ci": [0.79, 1.06]}, {"margin": 1.08}, ("not inferior (margin 1.08)",)),
        ({"hr": 1.07, "ci": [0.94, 1.23]}, {"margin": 1.08}, ("non-inferiority not shown (margin 1.08)",)),
        ({"hr": 0.92, "ci": [0.79, 1.06]}, {}, ()),
        ({"hr": 0.78, "p": 0.0238}, {"alpha": 0.0174}, ("boundary 0.0174, missed",)),
        ({"hr": 0.78, "p": 0.0238, "alpha": 0.0174}, {}, ("boundary 0.0174, missed",)),
        ({"hr": 0.78, "p": 0.018, "alpha": 0.0193}, {}, ()),
        ({"hr": 0.85, "p": 0.075, "alpha": 0.0419}, {}, ()),  # nobody takes 0.075 for significant
        (
            {"hr": 0.85, "ci": [0.71, 1.02], "p": 0.04, "alpha": 0.0223, "margin": 1.08},
            {},
            ("not inferior (margin 1.08)", "superiority boundary 0.0223, missed"),
        ),
    ],
)
def test_what_the_trial_had_fixed_before_is_said(
    tmp_path: Path, result: dict[str, Any], endpoint: dict[str, Any], marks: tuple[str, ...]
) -> None:
    study = _study(results=[_os(**result)], primary_endpoints=[{"name": "OS", "met": "pending", "lines": "12", **endpoint}])
    assert _beta(tmp_path, study).headline.marks == marks


def test_of_two_primary_endpoints_the_line_says_which_was_met(tmp_path: Path) -> None:
    ends = [{"name": name, "met": met, "lines": "12"} for name, met in (("PFS", "yes"), ("OS", "no"))]
    study = _study(results=[_os()], primary_endpoints=ends)
    assert _beta(tmp_path, study).headline.text.endswith("; of its primary endpoints PFS met and OS missed")


@pytest.mark.parametrize(
    ("approval", "says"),
    [
        (
            {"region": "United States", "date": "2017-04-27"},
            "Approved in the United States on 27 April 2017 for HCC after another drug",
        ),
        (
            {"region": "Japan", "date": "2018-03", "accelerated": "yes"},
            "Accelerated approval in Japan in March 2018 for HCC after",
        ),
        ({"region": "European Union", "date": "2019"}, "Approved in the European Union in 2019 for HCC after another drug"),
        ({"region": "not printed", "date": "not printed", "indication": "Advanced HCC"}, "Approved for advanced HCC"),
    ],
)
def test_a_licence_says_where_when_and_for_whom(tmp_path: Path, approval: dict[str, str], says: str) -> None:
    told = {"authority": "An authority", "indication": "HCC after another drug", **approval}
    study = _study(kind="regulatory_approval", status="recorded", arms=[], approval=told)
    assert _beta(tmp_path, study, standing="licensed").headline.text.startswith(says)


def test_of_two_endpoints_of_one_name_neither_lends_its_margin(tmp_path: Path) -> None:
    both = [{"name": "OS", "met": "yes", "lines": "12"}, {"name": "OS", "met": "yes", "lines": "12", "margin": 1.08}]
    study = _study(results=[_os(hr=0.78, ci=[0.66, 0.92])], primary_endpoints=both)
    assert _beta(tmp_path, study).headline.marks == ()


def test_a_series_with_two_arms_has_a_control_and_no_randomisation(tmp_path: Path) -> None:
    series: dict[str, Any] = {"kind": "retrospective_series", "phase": None, "results": [_os()]}
    one_arm: dict[str, Any] = {**series, "results": [_os(arms={"beta": 9.2})]}
    assert _beta(tmp_path / "a", _study(**series)).headline.marks == ("retrospective, not randomised",)
    assert _beta(tmp_path / "b", _study(**one_arm)).headline.marks == ("series without a control group",)


def _high() -> dict[str, Any]:
    return _os(id="os-high", subgroup="MET-high", subgroup_when={"cmet": "high"}, arms={"placebo": 3.8, "beta": 7.2})


def test_a_subgroup_is_shown_to_those_who_are_of_it_and_marked(tmp_path: Path) -> None:
    study = _study(results=[_os(), _high()])
    assert "beta 7.2 v placebo 3.8 mo [MET-high]; subgroup" in _beta(tmp_path / "a", study).headline.text
    for n, known in enumerate(({"cmet": "low"}, {"region": "japan"})):
        assert "beta 9.2 v placebo 7.6" in _beta(tmp_path / str(n), study, known=known).headline.text


def test_a_failure_is_the_whole_studys_unless_the_rule_rests_on_a_subgroup(tmp_path: Path) -> None:
    missed, arms = [{"name": "OS", "met": "no", "lines": "12"}], [{"id": "beta", "lines": "12"}, {"id": "placebo", "lines": "12"}]
    study = _study(results=[_os(), _high()], primary_endpoints=missed, arms=arms)
    failed: dict[str, Any] = {"standing": "not_supported", "verdict": "no_better"}
    assert "beta 9.2 v placebo 7.6" in _beta(tmp_path / "a", study, **failed).headline.text
    text = _beta(tmp_path / "b", study, figure="beta-2/os-high", **failed).headline.text
    assert "[MET-high]; subgroup of a trial that missed its primary endpoint" in text


def test_the_study_that_fits_is_shown_before_a_larger_one_that_does_not(tmp_path: Path) -> None:
    large = _study("beta-west", name="West", n=600, population={"when": {"region": ["europe"]}, "lines": "12"}, results=[_os()])
    small = _study("beta-east", name="East", n=200, population={"when": {"region": ["japan"]}, "lines": "12"}, results=[_os()])
    assert _beta(tmp_path / "a", large, small).headline.study == "beta-east"
    unknown = _beta(tmp_path / "b", large, small, known={"cmet": "high"}).headline
    assert (unknown.study, unknown.marks) == ("beta-west", ("not known whether it enrolled such a patient",))
    assert _beta(tmp_path / "c", large).headline.marks == ("patient outside its population",)


def test_of_two_that_enrolled_the_patient_the_one_that_asked_more_is_nearer(tmp_path: Path) -> None:
    """A trial in Asia says more of a patient in Asia than a larger one in the whole world."""
    world = _study("beta-world", name="World", n=600, population={"when": {"bclc_stage": ["C"]}, "lines": "12"}, results=[_os()])
    asia = {"when": {"bclc_stage": ["C"], "region": ["japan"]}, "lines": "12"}
    small = _study("beta-asia", name="Asia", n=200, population=asia, results=[_os()])
    assert _beta(tmp_path / "a", world, small).headline.study == "beta-asia"
    assert _beta(tmp_path / "b", world, small, known={"region": "europe"}).headline.study == "beta-world"


@pytest.mark.parametrize(
    ("kind", "mark"),
    [("single_arm_trial", "no control group"), ("randomised_dose_comparison", "comparison of doses, no untreated control")],
)
def test_what_was_not_compared_is_said(kind: str, mark: str, tmp_path: Path) -> None:
    assert mark in _beta(tmp_path, _study(kind=kind, results=[_os(arms={"beta": 9.2})])).headline.text


def _corrected(kind: str, **parts: Any) -> dict[str, Any]:
    """A study whose survival figure has a correction of a kind."""
    note = {"id": "wrong", "lines": "12", "prints": "9.2", "correction": "See there.", "basis": "recalled", "confidence": "high",
            "severity": "high", "kind": kind, "affects": ["os"]}  # fmt: skip
    return _study(results=[_os(corrected={"basis": "recalled", "discrepancy": "wrong", **parts})], discrepancies=[note])


def test_a_correction_that_matters_replaces_the_figure_with_a_mark(tmp_path: Path) -> None:
    line = _beta(tmp_path, _corrected("misprint", arms={"beta": 6.2, "placebo": 7.6})).headline
    assert "beta 6.2† v placebo 7.6† mo" in line.text
    assert "† the review prints another figure" in line.text
    assert line.arms[0].value == 6.2


def test_a_later_report_stands_beside_the_print(tmp_path: Path) -> None:
    text = _beta(tmp_path, _corrected("later_report", arms={"beta": 6.2, "placebo": 7.6})).headline.text
    assert "OS beta 9.2 v placebo 7.6 mo; later report: beta 6.2 v placebo 7.6 mo" in text


def test_rounding_stays_in_the_details(tmp_path: Path) -> None:
    assert "†" not in _beta(tmp_path, _corrected("misprint", arms={"beta": 9.17, "placebo": 7.6})).headline.text


def test_what_became_of_it_stands_in_the_line(tmp_path: Path) -> None:
    later = [
        {"year": 2018, "says": "Trial C, phase III: 8.4 v 9.1 mo, failed", "effect": "overturns", "source": {"lines": "12"}},
        {"year": 2019, "says": "was registered", "effect": "qualifies", "source": {"lines": "12"}},
    ]
    line = _beta(tmp_path, _study(results=[_os()], later=later)).headline
    assert line.text.endswith("later (2018): Trial C, phase III: 8.4 v 9.1 mo, failed")
    assert "registered" not in line.text


def test_a_trial_in_progress_names_itself_and_the_finding_it_is_to_test(tmp_path: Path) -> None:
    progressed = {"when": {"prior_sorafenib": "progressed"}, "lines": "12"}
    under_way = _study("beta-3", name="Trial C", phase="III", kind="trial_in_progress", status="ongoing", population=progressed)
    entry = _beta(tmp_path, _study(results=[_os()]), under_way, standing="in_trial", figure="beta-2/os")
    assert entry.headline.text == (
        "Trial C, phase III: in progress at the date, no result; its ground: Trial B: OS beta 9.2 v placebo 7.6 mo"
    )


def test_figures_in_words_are_written_in_one_way() -> None:
    assert ratio_words(1.3, (1.13, 1.5)) == "HR 1.30 (95% CI 1.13-1.50)"
    assert ratio_words(None, (0.43, 0.94), 90) == "90% CI 0.43-0.94"
    result = Result(id="os", endpoint="OS", lines="1", unit="d", arms={"all": 290})
    study = Study(id="s", name="S", kind="single_arm_trial", status="completed", design="", summary="", source=None)  # type: ignore[arg-type]
    assert result_line(study, result, {}) == "OS all patients 290 d (9.5 mo)"
