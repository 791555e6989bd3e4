"""What a reader sees first of a study: its telling figure, whom it enrolled, what of it is in doubt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hepatica.cli.main import run

if TYPE_CHECKING:
    import pytest


def test_the_whole_study_comes_before_a_subgroup_even_for_a_lesser_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "list", "--therapy", "tivantinib", "--format", "json"]) == 0
    rows = {row["study"]: row["figure"] for row in json.loads(capsys.readouterr().out)["studies"]}
    assert rows["tivantinib-phase-2"].startswith("TTP tivantinib 1.6 v placebo 1.4")


def test_a_criterion_known_from_outside_the_text_names_its_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "resorce"]) == 0
    assert "(registry 2013)" in " ".join(capsys.readouterr().out.split())
    assert run(["evidence", "show", "resorce", "--format", "json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert {criterion["source"]["ref"] for criterion in page["study"]["criteria"]} <= {one["id"] for one in page["references"]}


def test_approvals_and_statements_are_not_counted_as_studies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "list", "--ruleset", "hcc-2026", "--therapy", "donafenib"]) == 0
    assert capsys.readouterr().out.startswith("1 study, 1 approval and 1 statement\n")


def test_a_study_is_told_to_a_clinician_and_its_record_to_those_who_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "sharp"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Endpoint In the review As published Where" in shown
    assert "Llovet 2008" in shown
    for kept in ("therapies/sorafenib.yaml", "severity", "sorafenib-first-line"):
        assert kept not in shown


def test_what_became_of_a_study_is_said_with_its_year(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "resorce"]) == 0
    assert "2017: confirmed" in capsys.readouterr().out


def test_a_population_read_from_the_text_says_nothing_of_other_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "celestial"]) == 0
    assert "What goes beyond the text" not in capsys.readouterr().out


def test_a_status_or_a_number_in_doubt_points_to_its_discrepancy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "traverse"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Status completed; see the corrections" in shown
    assert run(["evidence", "show", "tivantinib-phase-2"]) == 0
    assert "Status completed Level of evidence" in " ".join(capsys.readouterr().out.split())
