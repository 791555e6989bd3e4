"""Three evaluators, one answer; and a fault planted in any one of them is caught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random

import pytest

from hepatica.assurance.answers.agreement import (
    Agreement,
    Reading,
    agreement,
    boundaries,
    evaluators,
    every_point,
    profiles_to_compare,
    sampled,
)
from hepatica.assurance.answers.version import Version
from hepatica.assurance.space.axes import space_of
from hepatica.inference import compile_ruleset
from hepatica.knowledge import Ruleset, Test, load_ruleset
from hepatica.patient import Facts, read_profile
from tests.assurance.generated import a_ruleset, version
from tests.conftest import ROOT

SMALL = ("bclc_stage", "child_pugh_class", "afp", "cmet")


def patients() -> list[Facts]:
    return [read_profile(path).facts for path in sorted((ROOT / "patients").glob("*.yaml"))]


@lru_cache(maxsize=1)
def shipped() -> Version:
    ruleset = load_ruleset(ROOT / "rulesets" / "hcc-2016")
    return Version(ruleset, compile_ruleset(ruleset))


def test_all_three_agree_on_every_shipped_patient_every_boundary_and_a_sample() -> None:
    found = agreement(evaluators(shipped()), profiles_to_compare(shipped(), patients(), sample=300, seed=1))
    assert found.differences == ()
    assert found.compared["patients"] >= 1
    assert found.compared["boundaries"] > len(shipped().ruleset.rules)
    assert found.compared["sample"] == 300


@pytest.mark.parametrize("seed", range(4))
def test_all_three_agree_on_every_point_of_a_small_ruleset(seed: int) -> None:
    made = version(a_ruleset(Random(seed), therapies=2, most_rules=2, fields=SMALL))
    found = agreement(evaluators(made), profiles_to_compare(made, [], sample=0, seed=1))
    assert found.compared["every point"] == space_of(made.program.tests).points
    assert found.differences == ()


def test_every_rule_that_can_apply_applies_at_a_boundary_profile_and_fails_at_another() -> None:
    space = space_of(shipped().program.tests)
    masks = [shipped().program.masks(facts) for facts in boundaries(shipped(), space)]
    for rule in shipped().ruleset.rules:
        goal = shipped().program.goals[f"rule/{rule}"]
        assert any(mask.certain & goal.mask for mask in masks)
        assert any(not mask.possible & goal.mask for mask in masks)


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    space = space_of(shipped().program.tests)
    first, again, other = (list(map(dict, sampled(space, 20, seed))) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("faulty", ["durable_rules", "plain reading", "columns"])
@pytest.mark.parametrize("fault", ["a rule never fires", "unknown becomes no"])
def test_a_fault_planted_in_any_one_of_them_is_caught(faulty: str, fault: str) -> None:
    made = version(a_ruleset(Random(1), therapies=2, most_rules=2, fields=SMALL))
    found = _with_fault(made, faulty, fault)
    assert found.differences
    for difference in found.differences:
        readings = list(difference.readings.values())
        others = [reading for name, reading in difference.readings.items() if name != faulty]
        assert others[0] == others[1] and any(reading != others[0] for reading in readings)


@pytest.mark.parametrize("faulty", ["durable_rules", "plain reading", "columns"])
def test_an_evaluator_of_another_ruleset_is_caught(faulty: str) -> None:
    made = version(a_ruleset(Random(1), therapies=2, most_rules=2, fields=SMALL))
    other = version(_one_threshold_moved(made.ruleset))
    mixed = evaluators(made) | {faulty: evaluators(other)[faulty]}
    assert agreement(mixed, profiles_to_compare(made, [], sample=0, seed=1)).differences


def _with_fault(made: Version, faulty: str, fault: str) -> Agreement:
    working = evaluators(made)
    rule = next(f"rule/{name}" for name in made.ruleset.rules)

    def broken(profiles: Sequence[Facts]) -> list[Reading]:
        readings = working[faulty](profiles)
        if fault == "unknown becomes no":
            return [Reading(reading.certain, reading.certain) for reading in readings]
        return [Reading(reading.certain - {rule}, reading.possible - {rule}) for reading in readings]

    every = {"every point": list(every_point(space_of(made.program.tests)))}
    return agreement({**working, faulty: broken}, every)


def _one_threshold_moved(ruleset: Ruleset) -> Ruleset:
    """The scope turned round: the least that every rule depends on."""
    return replace(ruleset, card=replace(ruleset.card, scope=Test("bclc_stage", "in", ("0",))))
