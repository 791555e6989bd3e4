"""Coverage: what counts, what is impossible, and cases that close the gaps."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from random import Random

import pytest

from hepatica.assurance.cases import PatientCase, cases_in, pinned, read_cases
from hepatica.assurance.coverage import FALSE, MEASURES, TRUE, CoverageGoal, measure, measured_decisions
from hepatica.assurance.decisions import decisions
from hepatica.cli.main import run as hepatica
from hepatica.evaluation import Evaluator
from hepatica.inference import Expander, Verdict, read
from hepatica.knowledge import Ruleset, load_ruleset
from hepatica.patient import Facts
from tests.assurance.generated import a_ruleset
from tests.cases.making import ruleset_with_cases
from tests.conftest import ROOT, SHIPPED, shipped_ruleset, slow
from tests.making import common_space


def _named(goal: CoverageGoal) -> tuple[str, str, int, str]:
    return goal.decision, goal.measure, goal.index, goal.verdict


def _idle(ruleset: Ruleset) -> list[PatientCase]:
    """One case that speaks of nothing that is measured."""
    return cases_in(b"cases: [{case: Nothing., profile: {}, warnings: []}]", "c.yaml", ruleset)


def test_a_case_counts_only_for_the_therapies_it_speaks_of(tmp_path: Path) -> None:
    body = "cases:\n  - {case: A., profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 500}, options: [beta]}\n"
    folder = ruleset_with_cases(tmp_path, body)
    ruleset = load_ruleset(folder)
    found = measure(ruleset, read_cases([folder / "cases"], ruleset))
    reached = {_named(one.goal) for one in found.reached if one.goal.measure == "decision"}
    assert reached == {("rule/beta-high-afp", "decision", -1, "true")}


def test_a_condition_decides_alone_only_where_the_others_let_it(tmp_path: Path) -> None:
    body = """\
cases:
  - {case: Both fail., profile: {bclc_stage: C, prior_sorafenib: none, afp: 5}, ruled_out: [beta]}
  - {case: AFP alone fails., profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 5}, ruled_out: [beta]}
  - {case: It applies., profile: {bclc_stage: C, prior_sorafenib: progressed, afp: 500}, options: [beta]}
"""
    folder = ruleset_with_cases(tmp_path, body)
    ruleset = load_ruleset(folder)
    found = measure(ruleset, read_cases([folder / "cases"], ruleset))
    rule = {_named(one.goal)[1:]: (one.cases, one.first_case[-1]) for one in found.reached if "beta" in one.goal.decision}
    assert rule["mcdc", 2, "false"] == (1, "3")
    assert rule["mcdc", 2, "true"] == (1, "4")
    assert ("mcdc", 1, "false") in {_named(one.goal)[1:] for one in found.missing if "beta" in one.goal.decision}


@pytest.mark.parametrize("seed", (0, 1, *map(slow, range(2, 6))))
def test_goals_are_possible_exactly_where_some_profile_reaches_them(seed: int) -> None:
    ruleset = a_ruleset(
        Random(seed), therapies=2, most_rules=2, fields=("bclc_stage", "child_pugh_class", "child_pugh_score", "cmet")
    )
    found = measure(ruleset, _idle(ruleset))
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    for decision in measured_decisions(ruleset):
        space = common_space(test for part in Expander(concepts, ruleset.fields).expanded(decision.condition) for test in part)
        every = list(map(space.facts, product(*(axis.points for axis in space.axes))))
        impossible = {_named(goal) for goal in found.impossible if goal.decision == str(decision.goal)}
        reached = {verdict.value for verdict in {read(decision.condition, facts, concepts) for facts in every}}
        claimed = {v.value for v in Verdict if (str(decision.goal), "decision", -1, v.value) not in impossible}
        assert claimed == reached
        for index in range(len(decision.conditions)):
            both = {
                _alone(decision.with_condition(index, TRUE), decision.with_condition(index, FALSE), facts, ruleset)
                for facts in every
            }
            if (str(decision.goal), "mcdc", index, "true") not in impossible:
                assert True in both


def _alone(first: object, second: object, facts: Facts, ruleset: Ruleset) -> bool:
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    verdicts = {read(part, facts, concepts) for part in (first, second)}  # type: ignore[arg-type]
    return verdicts == {Verdict.TRUE, Verdict.FALSE}


@pytest.mark.parametrize("seed", (10, 11, slow(12), slow(13)))
def test_the_cases_made_for_the_gaps_close_them_all(seed: int) -> None:
    ruleset = a_ruleset(Random(seed))
    evaluator = Evaluator(ruleset)
    gaps = measure(ruleset, _idle(ruleset)).missing
    closed = measure(ruleset, pinned([gap.pin for gap in gaps], evaluator))
    assert closed.missing == ()
    assert closed.percent == 100


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_suite_covers_everything_that_is_possible(name: str) -> None:
    ruleset = shipped_ruleset(name)
    found = measure(ruleset, read_cases([ROOT / "rulesets" / name / "cases"], ruleset))
    assert [_named(gap.goal) for gap in found.missing] == []


def test_the_command_writes_missing_cases_that_then_pass_and_cover(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = ruleset_with_cases(tmp_path)
    target = folder / "cases" / "uncovered.yaml"
    assert hepatica(["coverage", str(folder), "--threshold", "100", "--write", str(target)]) == 1
    first = target.read_bytes()
    assert f"hepatica coverage {folder} --threshold" not in first.decode()
    assert f"--write {target}" in first.decode()
    assert hepatica(["test", str(folder)]) == 0
    assert hepatica(["coverage", str(folder), "--threshold", "100"]) == 0
    capsysbinary.readouterr()
    hepatica(["coverage", str(folder), "--write", str(target)])
    assert target.read_bytes() == first
    capsysbinary.readouterr()
    assert hepatica(["coverage", str(folder), "--format", "json"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found["percent"] == 100
    assert set(found["measures"]) == set(MEASURES)


@pytest.mark.parametrize("command", ["coverage", slow("mutate")])
def test_a_threshold_is_held_against_the_share_itself_and_said_where_it_is_missed(
    command: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = str(ruleset_with_cases(tmp_path))
    hepatica([command, folder, "--format", "json"])
    found = json.loads(capsysbinary.readouterr().out)
    if command == "coverage":
        met, every = (sum(one[part] for one in found["measures"].values()) for part in ("reached", "reachable"))
    else:
        met, every = len(found["killed"]), len(found["killed"]) + len(found["survivors"])
    share = 100 * met / every
    assert 0 < share < 100
    for form in ("text", "markdown"):
        # Printed shares are cut to one decimal; what lies below the next decimal counts all the same.
        assert hepatica([command, folder, "--threshold", f"{share - 0.001:.3f}", "-f", form]) == 0
        assert b"Below the threshold" not in capsysbinary.readouterr().out
        assert hepatica([command, folder, "--threshold", f"{share + 0.001:.3f}", "-f", form]) == 1
        assert b"Below the threshold" in capsysbinary.readouterr().out


def test_the_text_report_places_each_gap_at_its_rule(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = ruleset_with_cases(tmp_path)
    assert hepatica(["coverage", str(folder)]) == 0
    shown = capsysbinary.readouterr().out.decode()
    told = " ".join(shown.split())
    assert "rule beta-high-afp: never true" in told or "beta-high-afp never true" in told.replace(":", "")
    assert "therapies/beta.yaml:22" in shown and "> 400: never false" in told
    assert "must not be used to decide care" in " ".join(shown.split())


def test_every_single_condition_has_its_place(ruleset: Ruleset) -> None:
    places = {str(decision.goal): decision.places for decision in decisions(ruleset)}
    for decision in (*decisions(ruleset), *measured_decisions(ruleset)):
        assert len(decision.places) == len(decision.conditions), str(decision.goal)
    (line,) = {int(place.rpartition(":")[2]) for place in places["rule/sorafenib-first-line"]}
    text = (ROOT / "rulesets" / "hcc-2016" / "therapies" / "sorafenib.yaml").read_text(encoding="utf-8").splitlines()
    assert "prior_sorafenib: none" in text[line - 1]


def test_what_a_ruleset_inherits_is_placed_where_it_is_written(tmp_path: Path) -> None:
    base = ruleset_with_cases(tmp_path / "base")
    later = tmp_path / "later"
    later.mkdir()
    (later / "ruleset.yaml").write_text(
        f"ruleset: later\nversion: 2.0.0\ntitle: Later\nas_of: 2016-08\nsource: {{citation: A text, basis: recalled}}\nextends: {base}\n",
        encoding="utf-8",
    )
    ruleset = load_ruleset(later)
    places = {str(decision.goal): decision.places for decision in decisions(ruleset)}
    assert places["scope"] == (f"{base}/ruleset.yaml:6",)
    assert places["rule/beta-high-afp"] == (f"{base}/therapies/beta.yaml:22",) * 2


def test_no_case_at_all_measures_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path)
    (folder / "cases" / "small.yaml").unlink()
    assert hepatica(["coverage", str(folder)]) == 2
    assert "no-cases" in capsys.readouterr().err


def test_a_reworded_case_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path)
    target = folder / "cases" / "uncovered.yaml"
    hepatica(["coverage", str(folder), "--write", str(target)])
    reworded = target.read_text(encoding="utf-8").replace("are without evidence", "have no evidence")
    target.write_text(reworded, encoding="utf-8")
    assert hepatica(["coverage", str(folder), "--write", str(target)]) == 2
    assert "not-written-here" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == reworded
