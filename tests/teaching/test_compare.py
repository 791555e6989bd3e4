"""Compare shows what differs, all of it, and nothing that does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli, run
from hepatica.evaluation import Evaluator
from hepatica.explain.compare import Column, compare
from hepatica.knowledge import load_ruleset
from hepatica.patient import Profile, profile_of, read_profile
from hepatica.report.style import Style
from hepatica.report.teaching.compare_document import document
from hepatica.report.teaching.compare_text import markdown, text
from tests.teaching.conftest import sample_profiles

PATIENT = "patients/after-sorafenib-met-high.yaml"


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """The shipped ruleset with one threshold moved."""
    folder = tmp_path / "stricter"
    shutil.copytree("rulesets/hcc-2016", folder)
    file = folder / "therapies" / "ramucirumab.yaml"
    before = file.read_text(encoding="utf-8")
    after = before.replace('after_sorafenib: yes, afp: "> 400"', 'after_sorafenib: yes, afp: "> 1000"')
    assert after != before
    file.write_text(after, encoding="utf-8")
    return folder


def test_same_patient_twice_shares_everything(evaluator: Evaluator, met_high: Profile) -> None:
    answer = evaluator.evaluate(met_high)
    found = compare([Column("a", answer), Column("b", answer)])
    assert not (found.facts or found.derived or found.therapies)
    assert len(found.shared_therapies) == len(evaluator.ruleset.therapies)
    assert "Nothing differs." in text(found, Style())


def test_rows_differ_exactly_where_the_answers_do(evaluator: Evaluator) -> None:
    profiles = sample_profiles(evaluator.program, 24, seed=4)
    for left, right in zip(profiles[::2], profiles[1::2], strict=True):
        one, two = evaluator.evaluate(left), evaluator.evaluate(right)
        found = compare([Column("a", one), Column("b", two)])
        moved = {t for t in evaluator.ruleset.therapies if one.entry(t)[0] != two.entry(t)[0]}
        assert {row.therapy for row in found.therapies if row.difference == "list"} == moved
        assert {row.field.name for row in found.facts} == {n for n in left.facts if left[n] != right[n]}
        shown = [row.therapy for row in (*found.therapies, *found.shared_therapies)]
        assert sorted(shown) == sorted(evaluator.ruleset.therapies)


def test_one_fact_apart_moves_the_therapy_it_decides(evaluator: Evaluator, met_high: Profile) -> None:
    low = evaluator.evaluate(read_profile(PATIENT, ["cmet=low"]))
    found = compare([Column("high", evaluator.evaluate(met_high)), Column("low", low)])
    assert [row.field.name for row in found.facts] == ["cmet"]
    row = next(row for row in found.therapies if row.therapy == "tivantinib")
    assert [cell.list for cell in row.cells if cell] == ["options", "not_supported"]


def test_two_rulesets_differ_where_the_edited_rule_matters(evaluator: Evaluator, met_high: Profile, stricter: Path) -> None:
    other = Evaluator(load_ruleset(stricter))
    found = compare([Column("a", evaluator.evaluate(met_high)), Column("b", other.evaluate(met_high))])
    assert [(row.therapy, row.difference) for row in found.therapies] == [("ramucirumab", "list")]
    assert not found.facts


def test_edited_rule_shows_as_other_grounds_where_the_list_stays(evaluator: Evaluator, stricter: Path) -> None:
    patient = read_profile(PATIENT, ["afp=5000"])
    other = Evaluator(load_ruleset(stricter))
    found = compare([Column("a", evaluator.evaluate(patient)), Column("b", other.evaluate(patient))])
    assert [(row.therapy, row.difference) for row in found.therapies] == [("ramucirumab", "grounds")]


def test_text_keeps_to_eighty_columns_for_few_and_many_answers(evaluator: Evaluator) -> None:
    answers = [evaluator.evaluate(p) for p in sample_profiles(evaluator.program, 7, seed=9)]
    for count in (2, 3, 4, 5, 7):
        found = compare([Column(f"patient {i}", answer) for i, answer in enumerate(answers[:count])])
        shown = text(found, Style())
        assert all(len(line) <= 80 for line in shown.splitlines())
        for row in (*found.therapies, *found.shared_therapies):
            assert row.name.split()[0] in shown


def test_document_is_json_and_names_every_column(evaluator: Evaluator, met_high: Profile) -> None:
    answer = evaluator.evaluate(met_high)
    none = evaluator.evaluate(profile_of([]))
    written = json.loads(json.dumps(document(compare([Column("a", answer), Column("b", none)]))))
    assert [column["name"] for column in written["columns"]] == ["a", "b"]
    assert all(len(row["cells"]) == 2 for row in written["differs"]["therapies"])
    assert "For education" in written["notice"]


def test_command_compares_variants_and_rulesets(stricter: Path) -> None:
    variants = CliRunner().invoke(cli, ["compare", PATIENT, "--but", "cmet=low", "-f", "json"], standalone_mode=False)
    assert list(json.loads(variants.output)["differs"]["facts"]) == ["cmet"]
    rulesets = CliRunner().invoke(cli, ["compare", PATIENT, "--against", str(stricter)], standalone_mode=False)
    assert "IN ANOTHER LIST (1)" in rulesets.output
    table = CliRunner().invoke(cli, ["compare", PATIENT, "--but", "cmet=low", "-f", "markdown"], standalone_mode=False)
    assert "| Tivantinib | OPTION, early signal | not supported |" in table.output


def test_amounts_carry_their_unit(evaluator: Evaluator, met_high: Profile) -> None:
    higher = evaluator.evaluate(read_profile(PATIENT, ["afp=5000"]))
    found = compare([Column("a", evaluator.evaluate(met_high)), Column("b", higher)])
    assert [row.values for row in found.facts] == [("620 ng/mL", "5000 ng/mL")]


def test_rulesets_of_one_name_are_told_apart_by_their_content(evaluator: Evaluator, met_high: Profile, stricter: Path) -> None:
    other = Evaluator(load_ruleset(stricter))
    contents = [one.ruleset.digest.removeprefix("sha256:")[:8] for one in (evaluator, other)]
    answers = [Column("a", evaluator.evaluate(met_high)), Column("b", other.evaluate(met_high))]
    for shown in (text(compare(answers), Style()), markdown(compare(answers))):
        assert all(f"content {content}" in shown for content in contents)
    assert "content" not in text(compare(answers[:1] * 2), Style()).split("SHARED", maxsplit=1)[0]


def test_markdown_says_that_nothing_differs_and_who_is_out_of_scope(evaluator: Evaluator, met_high: Profile) -> None:
    answer = evaluator.evaluate(met_high)
    assert "Nothing differs." in markdown(compare([Column("a", answer), Column("b", answer)]))
    outside = evaluator.evaluate(read_profile("patients/out-of-scope-tace.yaml"))
    assert "out of scope" in markdown(compare([Column("a", answer), Column("b", outside)]))


def test_what_follows_is_shared_too_and_options_come_before_what_is_ruled_out(evaluator: Evaluator, met_high: Profile) -> None:
    answer = evaluator.evaluate(met_high)
    shown = text(compare([Column("a", answer), Column("b", answer)]), Style())
    assert "after sorafenib yes" in shown
    assert (
        shown.index("  An option (")
        < shown.index("  Only possible (")
        < shown.index("  Not supported:")
        < shown.index("  Ruled out:")
    )


def test_a_variant_overrides_settings_and_needs_no_second_reading_of_the_input() -> None:
    given = "{bclc_stage: C, child_pugh_class: A}"
    arguments = ["compare", "-", "--set", "afp=3", "--but", "afp=4", "--but", "child_pugh_score=8", "-f", "json"]
    written = json.loads(CliRunner().invoke(cli, arguments, input=given, standalone_mode=False).output)
    assert written["differs"]["facts"]["afp"] == ["3 ng/mL", "4 ng/mL", "3 ng/mL"]
    assert written["differs"]["facts"]["child_pugh_class"] == ["A", "A", "B"]


def test_a_wrong_variant_is_reported_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", PATIENT, "--but", "afp=3", "--but", "efp=4"]) == 2
    assert capsys.readouterr().err.startswith("--but:2:1: unknown-field:")


@pytest.mark.parametrize("arguments", [["compare"], ["compare", PATIENT], ["compare", PATIENT, "--but", "cmet=maybe"]])
def test_command_refuses_what_it_cannot_compare(arguments: list[str]) -> None:
    assert run(arguments) == 2


def test_hostile_label_stays_text_in_markdown(evaluator: Evaluator) -> None:
    answer = evaluator.evaluate(profile_of([]))
    shown = markdown(compare([Column("<img src=x>|[a](b)", answer), Column("b", answer)]))
    assert "<img" not in shown.replace("\\<", "")
    assert "\\|\\[a\\]" in shown
