"""Compare shows what differs, all of it, and nothing that does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.main import cli, run
from engine.evaluation.evaluate import Evaluator
from engine.explain.compare import Column, compare
from engine.knowledge.loader import load_ruleset
from engine.profile.model import Profile
from engine.profile.reading import profile_of, read_profile
from engine.report.compare_document import document
from engine.report.compare_text import text
from engine.report.style import Style
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


@pytest.mark.parametrize("arguments", [["compare"], ["compare", PATIENT], ["compare", PATIENT, "--but", "cmet=maybe"]])
def test_command_refuses_what_it_cannot_compare(arguments: list[str]) -> None:
    assert run(arguments) == 2
