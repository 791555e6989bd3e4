"""The shipped ruleset, and seeded profiles spread over the profile space."""

from __future__ import annotations

import random

import pytest

from hepatica.cli.common import load
from hepatica.evaluation import Evaluator
from hepatica.explain.facets import facets_of
from hepatica.inference import Program
from hepatica.patient import Profile, Value, facts_of, read_profile


@pytest.fixture(scope="session")
def evaluator() -> Evaluator:
    return Evaluator(*load("hcc-2016"))


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile("patients/after-sorafenib-met-high.yaml")


def sample_profiles(program: Program, count: int, seed: int, unknown: float = 0.25) -> list[Profile]:
    """`count` consistent profiles; each facet is unknown with the given probability."""
    chance = random.Random(seed)
    facets = facets_of(program)
    found = []
    for _ in range(count):
        facts: dict[str, Value | None] = {}
        for facet in facets:
            if chance.random() >= unknown:
                values = chance.choice(facet.states).values
                facts.update(zip((field.name for field in facet.fields), values, strict=True))
        found.append(Profile(facts_of(facts)))
    return found
