"""The shipped ruleset and patients, and seeded profiles spread over the profile space."""

from __future__ import annotations

import random
import re
import zlib
from pathlib import Path

import pytest

from hepatica.inference import Program
from hepatica.patient import Profile, Value, doubts, facts_of, read_profile


@pytest.fixture(scope="session")
def patients() -> list[Profile]:
    return [read_profile(path) for path in sorted(Path("patients").glob("*.yaml"))]


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile("patients/after-sorafenib-met-high.yaml")


def pdf_pages(data: bytes) -> int:
    """How many pages a PDF has; WeasyPrint keeps its objects compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    plain = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    return len(re.findall(rb"/Type\s*/Page\b", plain))


def sample_profiles(program: Program, count: int, seed: int, unknown: float = 0.25) -> list[Profile]:
    """`count` profiles without contradictions; each fact is unknown with the given probability."""
    chance = random.Random(seed)
    found: list[Profile] = []
    while len(found) < count:
        facts: dict[str, Value | None] = {}
        for name, field in program.fields.items():
            values: dict[str, tuple[Value, ...]] = {
                "choice": field.values,
                "flag": (True, False),
                "integer": tuple(range(5)),
                "number": (12.0, 399.0, 400.0, 401.0, 5000.0),
                "set": ((), *((word,) for word in field.values), field.values[:2]),
            }
            facts[name] = chance.choice(values[field.kind]) if chance.random() >= unknown else None
        letter = facts["child_pugh_class"]
        facts["child_pugh_score"] = {"A": 6, "B": chance.choice((7, 8, 9)), "C": 11, None: None}[letter]  # type: ignore[index]
        if not doubts(facts):
            found.append(Profile(facts_of(facts)))
    return found
