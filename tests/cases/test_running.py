"""`hepatica test`: what it reports, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hepatica.assurance.cases import CaseOutcome, PatientCase, outcome, read_cases
from hepatica.cli.main import run as hepatica
from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import Ruleset, load_ruleset
from tests.cases.making import CASES, ruleset_with_cases
from tests.conftest import ROOT
from tests.making import standard_input

WRONG = """\
cases:
  - case: Low AFP makes Beta an option.
    profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 20}
    options: [beta]
    scope: out
    derived: {untreated: unknown}
    warnings: [stage-ecog]
    applicability: {beta-2: inside}
    possible_exactly: [alpha]
    why:
      beta: {rule: beta-high-afp, needs: [afp], standing: standard, cites: [alpha-3], also: {beta-high-afp: options}}
"""


def run(cases: list[PatientCase], evaluator: Evaluator) -> list[CaseOutcome]:
    return [outcome(case, evaluator) for case in cases]


@pytest.mark.slow
def test_the_other_shipped_suite_passes(today: Ruleset) -> None:
    """As the README's `hepatica test rulesets/hcc-2016` shows of the first."""
    outcomes = run(read_cases([ROOT / "rulesets" / "hcc-2026" / "cases"], today), evaluator_of(today))
    assert [(one.file, one.line) for one in outcomes if not one.passed] == []


def test_every_kind_of_expectation_can_fail(tmp_path: Path) -> None:
    folder = ruleset_with_cases(tmp_path, WRONG)
    ruleset = load_ruleset(folder)
    (found,) = run(read_cases([folder / "cases"], ruleset), Evaluator(ruleset))
    assert {(m.about, m.expected, m.came) for m in found.mismatches} == {
        ("scope", "out", "in"),
        ("warnings", "stage-ecog", "none"),
        ("untreated", "unknown", "no"),
        ("alpha", "possible", "ruled_out"),
        ("applicability of beta-2", "inside", "not cited"),
        ("beta", "options", "ruled_out"),
        ("beta, standing", "standard", "early_signal"),
        ("beta, cites", "alpha-3", "none"),
        ("beta, needs", "afp", "none"),
        ("beta, rule beta-high-afp", "options", "ruled_out"),
    }


def test_a_failure_shows_what_was_expected_what_came_and_the_patients_value(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = ruleset_with_cases(tmp_path, WRONG)
    assert hepatica(["test", str(folder)]) == 1
    shown = " ".join(capsysbinary.readouterr().out.decode().split())
    assert "1 case, 1 failed" in shown
    assert (
        "beta: expected an option, came without evidence in this setting, by the rule beta-high-afp: AFP is 20, needs > 400"
        in shown
    )
    assert "small.yaml:2" in shown.replace(" ", "")
    assert "must not be used to decide care" in " ".join(shown.split())


def test_a_cited_study_is_held_against_the_patient(tmp_path: Path) -> None:
    patient = "prior_sorafenib: none, other_prior_systemic: [], bclc_stage: C"
    body = f"cases:\n  - {{case: A., profile: {{{patient}, child_pugh_class: A}}, applicability: {{alpha-3: outside}}}}\n"
    folder = ruleset_with_cases(tmp_path, body)
    ruleset = load_ruleset(folder)
    (found,) = run(read_cases([folder / "cases"], ruleset), Evaluator(ruleset))
    assert [(m.about, m.expected, m.came) for m in found.mismatches] == [("applicability of alpha-3", "outside", "inside")]


def test_a_list_given_whole_notices_what_it_leaves_out(tmp_path: Path) -> None:
    body = (
        "cases:\n  - case: None.\n    profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 500}\n    options_exactly: []\n"
    )
    folder = ruleset_with_cases(tmp_path, body)
    ruleset = load_ruleset(folder)
    (found,) = run(read_cases([folder / "cases"], ruleset), Evaluator(ruleset))
    assert [(m.about, m.expected, m.came) for m in found.mismatches] == [("beta", "not in options", "options")]


def test_the_json_report_holds_every_case(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = ruleset_with_cases(tmp_path)
    (folder / "cases" / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    assert hepatica(["test", str(folder), "--format", "json"]) == 1
    found = json.loads(capsysbinary.readouterr().out)
    assert (found["cases"], found["failed"]) == (3, 1)
    assert [outcome["passed"] for outcome in found["rulesets"][0]["outcomes"]] == [True, True, False]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["no-such-ruleset"], "no-ruleset"),
        (["EMPTY"], "no-cases"),
    ],
)
def test_what_selects_nothing_could_not_run(
    arguments: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert hepatica(["test", *(str(empty) if word == "EMPTY" else word for word in arguments)]) == 2
    assert code in capsys.readouterr().err


def test_an_unreadable_case_file_could_not_run_and_is_located(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path, "cases:\n  - {case: A., profile: {}, optoins: [alpha]}\n")
    assert hepatica(["test", str(folder / "cases" / "small.yaml")]) == 2
    assert "small.yaml:2:29: unknown-key" in capsys.readouterr().err


def test_cases_come_from_standard_input_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = ruleset_with_cases(tmp_path)
    for given, code in ((CASES, 0), ("cases: []", 2)):
        standard_input(monkeypatch, given.encode())
        assert hepatica(["test", "-", "--ruleset", str(folder)]) == code
    assert b"<stdin>:1:8: no-cases" in capsysbinary.readouterr().err


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_a_file_that_cannot_be_written_is_said_so(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path)
    assert hepatica([command, str(folder), "--write", str(tmp_path / "nowhere" / "x.yaml")]) == 2
    assert "x.yaml:1:1: cannot-write: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_cases_that_do_not_exist_are_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hepatica([command, "--cases", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml:1:1: unreadable" in capsys.readouterr().err


def test_case_files_elsewhere_run_under_the_ruleset_that_is_named(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    rules = ruleset_with_cases(tmp_path / "rules")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "own.yaml").write_text(CASES, encoding="utf-8")
    for target in (rules / "cases", rules / "cases" / "small.yaml", tmp_path / "more", tmp_path / "more" / "own.yaml"):
        named = [] if rules in target.parents else ["--ruleset", str(rules)]
        assert hepatica(["test", str(target), *named]) == 0
        assert b"2 cases, all passed" in capsysbinary.readouterr().out


def test_a_folder_of_rulesets_runs_the_cases_of_each(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for name in ("one", "two"):
        ruleset_with_cases(tmp_path / name)
    assert hepatica(["test", str(tmp_path), "-f", "json"]) == 0
    assert capsysbinary.readouterr().out.count(b'"id": "tiny"') == 2


@pytest.mark.parametrize("command", ["coverage", "mutate"])
def test_a_file_that_somebody_wrote_is_not_written_over(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path)
    card = (folder / "ruleset.yaml").read_bytes()
    assert hepatica([command, str(folder), "--write", str(folder / "ruleset.yaml")]) == 2
    assert "ruleset.yaml:1:1: not-written-here" in capsys.readouterr().err
    assert (folder / "ruleset.yaml").read_bytes() == card


@pytest.mark.parametrize("command", ["check", "coverage", "mutate", "test"])
def test_an_empty_name_is_no_ruleset(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hepatica([command, ""]) == 2
    assert "no-" in capsys.readouterr().err


def test_cases_come_as_junit_and_as_annotations(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = ruleset_with_cases(tmp_path)
    (folder / "cases" / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    assert hepatica(["test", str(folder), "-f", "junit"]) == 1
    root = ElementTree.fromstring(capsysbinary.readouterr().out)
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    assert [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None] == [
        "Low AFP makes Beta an option."
    ]
    assert hepatica(["test", str(folder), "-f", "github"]) == 1
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines[0].startswith("::error file=") and len(lines) == 2


def test_what_is_shown_can_be_pinned(tmp_path: Path) -> None:
    patient = "profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 500}"
    body = f"cases:\n  - {{case: A., {patient}, shows: {{beta: 12 %}}}}\n  - {{case: B., {patient}, shows: {{beta: [13 %]}}}}\n"
    folder = ruleset_with_cases(tmp_path, body)
    ruleset = load_ruleset(folder)
    first, second = run(read_cases([folder / "cases"], ruleset), Evaluator(ruleset))
    assert first.passed and [m.about for m in second.mismatches] == ["beta, shows"]
