"""Compare shows what differs, all of it, and nothing that does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica import report
from hepatica.cli.main import cli, run
from hepatica.evaluation import Evaluator
from hepatica.explain import Column, Comparison, compare
from hepatica.knowledge import load_ruleset
from hepatica.patient import Profile, profile_of, read_profile
from tests.conftest import ROOT
from tests.making import sample_profiles

PATIENT = str(ROOT / "patients" / "after-sorafenib-met-high.yaml")


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """The shipped ruleset with one threshold moved."""
    folder = tmp_path / "stricter"
    shutil.copytree(ROOT / "rulesets" / "hcc-2016", folder)
    file = folder / "therapies" / "ramucirumab.yaml"
    before = file.read_text(encoding="utf-8")
    after = before.replace(
        'after_sorafenib: yes, other_prior_systemic: none, afp: ">= 400"', 'after_sorafenib: yes, afp: ">= 1000"'
    )
    assert after != before
    file.write_text(after, encoding="utf-8")
    return folder


def text(found: Comparison) -> str:
    return report.text(report.compare_view(found))


def test_same_patient_twice_shares_everything(evaluator: Evaluator, met_high: Profile) -> None:
    answer = evaluator.evaluate(met_high)
    found = compare([Column("a", answer), Column("b", answer)])
    assert not (found.facts or found.components or found.therapies)
    assert len(found.shared_therapies) == len(evaluator.ruleset.therapies)
    assert "Nothing differs." in text(found)


def test_rows_differ_exactly_where_the_answers_do(evaluator: Evaluator) -> None:
    profiles = sample_profiles(evaluator, 24, seed=4)
    for left, right in zip(profiles[::2], profiles[1::2], strict=True):
        one, two = evaluator.evaluate(left), evaluator.evaluate(right)
        found = compare([Column("a", one), Column("b", two)])
        moved = {t for t in evaluator.ruleset.therapies if one.entry(t)[0] != two.entry(t)[0]}
        assert {row.therapy for row in found.therapies if row.difference == "list"} == moved
        assert {row.id for row in found.facts} == {n for n in left.facts if left[n] != right[n]}
        shown = [row.therapy for row in (*found.therapies, *found.shared_therapies)]
        assert sorted(shown) == sorted(evaluator.ruleset.therapies)


def test_one_fact_apart_moves_the_therapy_it_decides(evaluator: Evaluator, met_high: Profile) -> None:
    low = evaluator.evaluate(read_profile(PATIENT, ["cmet=low"]))
    found = compare([Column("high", evaluator.evaluate(met_high)), Column("low", low)])
    assert [row.id for row in found.facts] == ["cmet"]
    row = next(row for row in found.therapies if row.therapy == "tivantinib")
    assert [cell.list for cell in row.cells if cell] == ["options", "not_supported"]


def test_facts_that_move_nothing_are_said_to_and_doubts_about_them_are_told(evaluator: Evaluator, met_high: Profile) -> None:
    other = evaluator.evaluate(read_profile(PATIENT, ["bclc=B", "portal_vein_invasion=yes"]))
    same = text(compare([Column("a", evaluator.evaluate(met_high)), Column("b", evaluator.evaluate(met_high))]))
    shown = text(found := compare([Column("a", evaluator.evaluate(met_high)), Column("b", other)]))
    assert "No therapy changes its place." not in same
    assert ("No therapy changes its place." in shown) == (not found.therapies)
    assert other.warnings and all("Warning (B): " + doubt.message[:40] in shown for doubt in other.warnings)


def test_components_of_child_pugh_that_differ_are_shown_with_their_points(evaluator: Evaluator) -> None:
    parts = "{bilirubin: %s mg/dL, albumin: 3.8 g/dL, inr: 1.1, ascites: none, encephalopathy: none}"
    answers = [evaluator.evaluate(profile_of([f"child_pugh_components={parts % value}"])) for value in ("1.1", "2.4")]
    found = compare([Column("a", answers[0]), Column("b", answers[1])])
    assert [(row.id, row.values) for row in found.components] == [("bilirubin", ("1.1 mg/dL (1)", "2.4 mg/dL (2)"))]
    assert "COMPONENTS OF CHILD-PUGH" in text(found)


def test_two_rulesets_differ_where_the_edited_rule_matters(evaluator: Evaluator, met_high: Profile, stricter: Path) -> None:
    other = Evaluator(load_ruleset(stricter))
    found = compare([Column("a", evaluator.evaluate(met_high)), Column("b", other.evaluate(met_high))])
    assert [(row.therapy, row.difference) for row in found.therapies] == [("ramucirumab", "list")]
    assert not found.facts
    contents = [one.ruleset.digest.removeprefix("sha256:")[:8] for one in (evaluator, other)]
    assert all(f"content {content}" in text(found) for content in contents)


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_text_keeps_to_eighty_columns_for_few_and_many_answers(evaluator: Evaluator, count: int) -> None:
    answers = [evaluator.evaluate(p) for p in sample_profiles(evaluator, count, seed=9)]
    found = compare([Column(f"patient {i}", answer) for i, answer in enumerate(answers)])
    shown = text(found)
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert all(row.name.split()[0] in shown for row in (*found.therapies, *found.shared_therapies))


def test_amounts_carry_their_unit(evaluator: Evaluator, met_high: Profile) -> None:
    higher = evaluator.evaluate(read_profile(PATIENT, ["afp=5000"]))
    found = compare([Column("a", evaluator.evaluate(met_high)), Column("b", higher)])
    assert [row.values for row in found.facts] == [("620 ng/mL", "5000 ng/mL")]


def test_the_command_compares_variants_and_rulesets(stricter: Path) -> None:
    variants = CliRunner().invoke(cli, ["compare", PATIENT, "--but", "cmet=low", "-f", "json"], standalone_mode=False)
    assert [row["id"] for row in json.loads(variants.output)["facts"]] == ["cmet"]
    rulesets = CliRunner().invoke(cli, ["compare", PATIENT, "-r", "hcc-2016", "-r", str(stricter)], standalone_mode=False)
    assert "STANDING DIFFERS (1)" in rulesets.output
    assert "read from" in rulesets.output
    table = CliRunner().invoke(cli, ["compare", PATIENT, "--but", "cmet=low", "-f", "markdown"], standalone_mode=False)
    assert "| Tivantinib | early signal | not supported" in table.output


def test_a_variant_overrides_settings_and_needs_no_second_reading_of_the_input() -> None:
    given = "{bclc_stage: C, child_pugh_class: A}"
    arguments = ["compare", "-", "--set", "afp=3", "--but", "afp=4", "--but", "child_pugh_score=8", "-f", "json"]
    written = json.loads(CliRunner().invoke(cli, arguments, input=given, standalone_mode=False).output)
    facts = {row["id"]: row["values"] for row in written["facts"]}
    assert facts["afp"] == ["3 ng/mL", "4 ng/mL", "3 ng/mL"]
    assert facts["child_pugh_class"] == ["A", "A", "B"]


def test_a_wrong_variant_is_reported_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", PATIENT, "--but", "afp=3", "--but", "efp=4"]) == 2
    assert capsys.readouterr().err.startswith("--but:2:1: unknown-field:")


@pytest.mark.parametrize("arguments", [["compare"], ["compare", PATIENT], ["compare", PATIENT, "--but", "cmet=maybe"]])
def test_the_command_refuses_what_it_cannot_compare(arguments: list[str]) -> None:
    assert run(arguments) == 2


def test_who_is_out_of_scope_is_said(evaluator: Evaluator, met_high: Profile) -> None:
    outside = evaluator.evaluate(read_profile(ROOT / "patients" / "out-of-scope-tace.yaml"))
    assert "out of scope" in text(compare([Column("a", evaluator.evaluate(met_high)), Column("b", outside)]))
