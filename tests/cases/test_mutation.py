"""Mutation: every change is noticed, proved to change nothing, or listed with a case that would notice it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from random import Random

import pytest

from hepatica.assurance.cases import cases_in, outcome, pinned, read_cases
from hepatica.assurance.coverage import measure
from hepatica.assurance.mutation import Mutant, mutants, mutate
from hepatica.cli.main import run as hepatica
from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.inference import Verdict, compile_ruleset, conditions_of, read
from hepatica.knowledge import AllOf, Ruleset, load_ruleset
from hepatica.patient import Facts
from tests.assurance.generated import a_ruleset
from tests.cases.making import changed, ruleset_with_cases
from tests.conftest import ROOT, SHIPPED, shipped_ruleset, slow
from tests.making import common_space

FIELDS = ("bclc_stage", "child_pugh_class", "child_pugh_score", "afp", "cmet")


def _behaviour(ruleset: Ruleset, facts: Facts) -> list[tuple[str, Verdict]]:
    """Every verdict, and every shown study's, by the plain reading, without any of the machinery under test."""
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    named = {name: when for name, when in conditions_of(ruleset).items() if name.kind in ("rule", "concept", "scope")}
    found = [(str(key), read(when, facts, concepts)) for key, when in named.items()]
    may_apply = {name for name, verdict in found if verdict is not Verdict.FALSE}
    for study in ruleset.studies.values():
        shown = any(f"rule/{rule.id}" in may_apply and study.id in rule.cites for rule in ruleset.rules.values())
        if shown and study.population is not None and study.population.when is not None:
            found.append((f"study/{study.id}", read(study.population.when, facts, concepts)))
    return found


def _every_profile(first: Ruleset, second: Ruleset) -> list[Facts]:
    """One profile for every combination of values that the tests of either ruleset tell apart."""
    space = common_space([*compile_ruleset(first).tests, *compile_ruleset(second).tests])
    return list(map(space.facts, product(*(axis.points for axis in space.axes))))


@pytest.mark.parametrize("seed", (1, slow(0), slow(2)))
def test_what_is_proved_to_change_nothing_changes_nothing_on_any_profile(seed: int) -> None:
    ruleset = a_ruleset(Random(seed), therapies=2, most_rules=2, fields=FIELDS)
    found = mutate(Evaluator(ruleset), [])
    for mutant in found.equivalent:
        after = changed(ruleset, mutant)
        assert all(_behaviour(ruleset, facts) == _behaviour(after, facts) for facts in _every_profile(ruleset, after))


@pytest.mark.parametrize("seed", (20, 21, slow(22), slow(23)))
def test_every_survivor_has_a_profile_on_which_the_changed_rules_answer_differently(seed: int) -> None:
    ruleset = a_ruleset(Random(seed), therapies=2, most_rules=2, fields=FIELDS)
    survivors = [one for one in mutate(Evaluator(ruleset), []).survivors if not one.pin.shows]
    assert survivors
    for survivor in survivors:
        after, facts = changed(ruleset, survivor.mutant), survivor.pin.facts
        if survivor.mutant.rule is None:
            assert _behaviour(ruleset, facts) != _behaviour(after, facts)
        else:
            verdict = dict(_behaviour(ruleset, facts))[survivor.mutant.goal]
            assert verdict is not Verdict.FALSE


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 34))
def test_the_written_cases_kill_every_survivor(seed: int) -> None:
    ruleset = a_ruleset(Random(seed), therapies=2, most_rules=2)
    evaluator = Evaluator(ruleset)
    found = mutate(evaluator, [])
    again = mutate(evaluator, found.killers)
    assert again.survivors == ()
    assert len(again.killed) == len(found.survivors)


def _emptied(mutant: Mutant) -> bool:
    return mutant.condition == AllOf(())


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_suite_notices_every_change_that_matters(name: str) -> None:
    """And a change that is noticed fails its case in the full evaluation, too."""
    ruleset = shipped_ruleset(name)
    cases = read_cases([ROOT / "rulesets" / name / "cases"], ruleset)
    found = mutate(evaluator_of(ruleset), cases)
    assert [(s.mutant.goal, s.mutant.says) for s in found.survivors] == []
    assert len(found.killed) > 500
    by_place = {case.place: case for case in cases}
    judged = [one for one in found.killed if one.mutant.of.kind in ("rule", "concept", "scope")]
    killed = [one for one in judged if one.mutant.kind != "verdict changed" and not _emptied(one.mutant)]
    for one in Random(4).sample(killed, 6):
        assert not outcome(by_place[one.by], Evaluator(changed(ruleset, one.mutant))).passed, one.mutant.says


def test_every_kind_of_change_is_made(ruleset: Ruleset) -> None:
    assert {mutant.kind for mutant in mutants(ruleset)} >= {
        "threshold moved",
        "strictness",
        "value added",
        "value dropped",
        "condition dropped",
        "condition negated",
        "all and any",
        "concept flipped",
        "standing changed",
        "verdict changed",
        "citation dropped",
        "citation changed",
    }


@pytest.mark.slow
def test_a_suite_that_only_covers_lets_changes_through() -> None:
    evaluator = Evaluator(a_ruleset(Random(7), fields=FIELDS))
    idle = cases_in(b"cases: [{case: Nothing., profile: {}, warnings: []}]", "c.yaml", evaluator.ruleset)
    cases = pinned([goal.pin for goal in measure(evaluator.ruleset, idle).missing], evaluator)
    assert 0 < mutate(evaluator, cases).percent < 100


@pytest.mark.slow
def test_the_command_ends_with_one_until_its_own_cases_are_added(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = ruleset_with_cases(tmp_path)
    target = folder / "cases" / "unnoticed.yaml"
    assert hepatica(["mutate", str(folder), "--write", str(target)]) == 1
    shown = capsysbinary.readouterr()
    assert b"NOT NOTICED" in shown.out
    assert b"AFP: > 400 becomes AFP: >= 400" in b" ".join(shown.out.split())
    assert b"Changing the rules" not in shown.err
    first = target.read_bytes()
    assert hepatica(["mutate", str(folder), "--format", "json"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert (found["percent"], found["survivors"]) == (100, [])
    hepatica(["mutate", str(folder), "--write", str(target)])
    assert target.read_bytes() == first


def test_cases_that_fail_already_are_to_be_mended_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ruleset_with_cases(tmp_path, "cases:\n  - {case: A., profile: {}, options: [alpha]}\n")
    assert hepatica(["mutate", str(folder)]) == 1
    assert "1 of 1 cases fail on the rules as they are" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    folder = ruleset_with_cases(tmp_path)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "hepatica", "mutate", str(folder)]
    subprocess.run(command, stderr=theirs, stdout=subprocess.DEVNULL, cwd=ROOT, timeout=600, check=False)
    os.close(theirs)
    assert b"Changing the rules" in os.read(ours, 4096)
    os.close(ours)


def test_each_change_is_placed_at_the_condition_it_changes(tmp_path: Path) -> None:
    folder = ruleset_with_cases(tmp_path)
    ruleset = load_ruleset(folder)
    found = {(m.goal, m.kind): m.place for m in mutants(ruleset)}
    assert found["scope", "concept flipped"] == "ruleset.yaml:6"
    assert found["concept/untreated", "value dropped"] == "concepts.yaml:3"
    assert found["rule/beta-high-afp", "strictness"] == "therapies/beta.yaml:22"
    assert found["rule/beta-high-afp", "standing changed"] == "therapies/beta.yaml:18"
    assert found["study/alpha-3", "value added"] == "therapies/alpha.yaml:16"
    assert all(m.place for m in mutants(ruleset))


def test_a_figure_that_a_headline_shows_must_be_pinned(tmp_path: Path) -> None:
    folder = ruleset_with_cases(tmp_path)
    ruleset = load_ruleset(folder)
    cases = read_cases([folder / "cases"], ruleset)
    left = [one for one in mutate(evaluator_of(ruleset), cases).survivors if one.mutant.kind == "figure changed"]
    assert {one.look_at for one in left} == {"therapy/alpha", "therapy/beta"}
    file = folder / "cases" / "small.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    scope: in", "    scope: in\n    shows: {alpha: 9.2 v placebo 7.6}", 1), encoding="utf-8")
    found = mutate(evaluator_of(ruleset), read_cases([folder / "cases"], ruleset))
    assert "therapy/alpha" not in {one.look_at for one in found.survivors if one.mutant.kind == "figure changed"}
