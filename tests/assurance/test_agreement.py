"""The evaluators agree, and a fault planted in one of them is caught."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import pytest

from hepatica.assurance import RulesetVersion
from hepatica.assurance.agreement import agreement, boundaries, profiles_to_compare, sampled
from hepatica.inference import Conclusions, GoalKey, Inference
from hepatica.patient import Facts, read_profile
from tests.assurance.generated import a_ruleset, version
from tests.conftest import PATIENTS, SHIPPED, shipped_ruleset
from tests.making import common_space

SMALL = ("bclc_stage", "child_pugh_class", "afp", "cmet")


@lru_cache(maxsize=1)
def shipped() -> RulesetVersion:
    return RulesetVersion.of(shipped_ruleset("hcc-2016"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_all_agree_on_every_shipped_patient_every_boundary_and_a_large_sample(name: str) -> None:
    one = RulesetVersion.of(shipped_ruleset(name))
    patients = [read_profile(path, fields=one.fields).facts for path in PATIENTS]
    found = agreement(one, profiles_to_compare(one, patients, sample=3_000, seed=2))
    assert found.differences == ()
    assert found.compared["patients"] >= 1 and found.compared["sample"] == 3_000
    assert found.compared["boundaries"] > len(one.ruleset.rules)


@pytest.mark.parametrize("seed", range(2))
def test_all_agree_on_every_point_of_a_small_ruleset(seed: int) -> None:
    made = version(a_ruleset(Random(seed), therapies=2, most_rules=2, fields=SMALL))
    found = agreement(made, profiles_to_compare(made, [], sample=0, seed=1))
    assert found.compared["every point"] == common_space(made.program.tests).points
    assert found.differences == ()


def test_every_rule_that_can_apply_applies_at_a_boundary_profile_and_fails_at_another() -> None:
    space = common_space(shipped().program.tests)
    masks = [shipped().program.masks(facts) for facts in boundaries(shipped(), space)]
    for rule in shipped().ruleset.rules:
        goal = shipped().program.goals[GoalKey("rule", rule)]
        assert any(mask.certain & goal.mask for mask in masks)
        assert any(not mask.possible & goal.mask for mask in masks)


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    space = common_space(shipped().program.tests)
    first, again, other = (list(map(dict, sampled(space, 20, seed))) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("fault", ["a rule never fires", "unknown becomes no"])
def test_a_fault_planted_in_the_evaluation_is_caught_by_the_tables(fault: str) -> None:
    made = version(a_ruleset(Random(1), therapies=2, most_rules=2, fields=SMALL))
    read = Inference(made.ruleset, made.program).read
    mark = next(goal.mark for key, goal in made.program.goals.items() if key.kind == "rule")

    def broken(facts: Facts) -> Conclusions:
        found = read(facts)
        if fault == "unknown becomes no":
            return found._replace(possible=found.certain)
        return found._replace(certain=found.certain & ~mark, possible=found.possible & ~mark)

    assert agreement(made, profiles_to_compare(made, [], sample=0, seed=1), broken).differences
