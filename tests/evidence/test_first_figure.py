"""What a reader sees first of a study: its telling figure, whom it enrolled, what of it is in doubt."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hepatica.cli.main import run
from hepatica.knowledge import Ruleset
from hepatica.report.figures import key_result, ratio, telling_result


def test_a_rule_shows_a_subgroup_first_only_where_it_names_that_figure(ruleset: Ruleset) -> None:
    for rule in ruleset.rules.values():
        first = key_result(rule, [ruleset.studies[name] for name in rule.cites])
        if first is not None and first[1].subgroup:
            assert rule.figure == f"{first[0].id}/{first[1].id}", rule.id


def test_a_drug_that_failed_in_met_low_tumours_does_not_show_the_met_high_figure(ruleset: Ruleset) -> None:
    rule = ruleset.rules["tivantinib-met-low"]
    first = key_result(rule, [ruleset.studies[name] for name in rule.cites])
    assert first is not None and first[1].subgroup == "MET-low"


def test_the_whole_study_comes_before_a_subgroup_even_for_a_lesser_endpoint(ruleset: Ruleset) -> None:
    study = ruleset.studies["tivantinib-phase-2"]
    first = telling_result([study])
    assert first is not None and (first[1].endpoint, first[1].subgroup) == ("TTP", "")
    assert any(result.endpoint == "OS" and result.subgroup == "MET-high" for result in study.results)


@pytest.mark.parametrize("study", ["resorce", "phocus", "galunisertib-sorafenib-study"])
def test_a_population_known_from_outside_the_text_says_so(study: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", study]) == 0
    assert "(What goes beyond the text is confirmed.)" in " ".join(capsys.readouterr().out.split())
    assert run(["evidence", "show", study, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["population_basis"] == "confirmed"


def test_a_population_read_from_the_text_says_nothing_of_other_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "celestial"]) == 0
    assert "What goes beyond the text" not in capsys.readouterr().out


def test_a_status_or_a_number_in_doubt_points_to_its_discrepancy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "traverse"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  status       completed; see traverse-status" in lines
    assert "  patients     see traverse-status" in lines
    assert run(["evidence", "show", "tivantinib-phase-2"]) == 0
    assert "  status       completed" in capsys.readouterr().out.splitlines()


def test_a_hazard_ratio_keeps_the_decimals_it_is_printed_with(shared: Path, ruleset: Ruleset) -> None:
    printed = (shared / "review" / "review.txt").read_text(encoding="utf-8")
    ratios = [result.hr for study in ruleset.studies.values() for result in study.results if result.hr is not None]
    assert len(ratios) > 15
    assert [ratio(hr) for hr in ratios if not re.search(rf"[^\d.]{re.escape(ratio(hr))}[^\d]", printed)] == []
