"""The shipped ruleset, and seeded profiles spread over the profile space."""

from __future__ import annotations

import random

import pytest

from hepatica.evaluation import Evaluator
from hepatica.patient import CLASS_RANGES, Facts, Field, Profile, Value, class_of, facts_of, read_profile
from tests.conftest import ROOT

PATIENTS = ROOT / "patients"


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile(PATIENTS / "after-sorafenib-met-high.yaml")


def sample_profiles(evaluator: Evaluator, count: int, seed: int, unknown: float = 0.25) -> list[Profile]:
    """`count` consistent profiles; each field is unknown with the given probability."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        facts: dict[str, Value | None] = {}
        for field in evaluator.ruleset.fields.values():
            if field.name in evaluator.ruleset.used_fields and chance.random() >= unknown:
                facts[field.name] = _value(field, chance)
        found.append(Profile(consistent(facts, chance)))
    return found


def consistent(facts: dict[str, Value | None], chance: random.Random) -> Facts:
    letter = facts.get("child_pugh_class")
    facts.pop("child_pugh_score", None)
    if isinstance(letter, str) and chance.random() < 0.6:
        low, high = CLASS_RANGES[letter]
        score = chance.randint(low, high)
        facts |= {"child_pugh_score": score, "child_pugh_class": class_of(score)}
    return facts_of(facts)


def _value(field: Field, chance: random.Random) -> Value:
    if field.kind == "flag":
        return chance.random() < 0.5
    if field.kind == "set":
        return tuple(word for word in field.values if chance.random() < 0.3)
    if field.kind == "choice":
        return chance.choice(field.values)
    return chance.choice([35.0, 399.0, 400.0, 401.0, 5000.0]) if field.kind == "number" else chance.randint(0, 4)
