"""`known: {...}` in a condition: true only where the value is known; a missing fact never keeps it open."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.evaluation import Evaluator
from hepatica.knowledge import load_ruleset
from hepatica.patient import Value
from hepatica.problems import InvalidInput
from tests.making import CONCEPTS, profile, write_ruleset

TERMINAL = (
    CONCEPTS
    + """\
  - {id: poor, says: Poor., when: {any: [{child_pugh_class: C}, {known: {ecog: ">= 3"}}]}}
  - {id: not_poor, says: Not poor., when: {not: {known: {ecog: ">= 3"}}}}
  - {id: known_both, says: Both., when: {known: {ecog: ">= 3", region: [japan]}}}
"""
)


@pytest.fixture
def evaluator(tmp_path: Path) -> Evaluator:
    return Evaluator(load_ruleset(write_ruleset(tmp_path, concepts=TERMINAL)))


@pytest.mark.parametrize(
    ("known", "poor", "not_poor", "known_both"),
    [
        ({"child_pugh_class": "A", "ecog": 3, "region": "japan"}, True, False, True),
        ({"child_pugh_class": "A", "ecog": 3}, True, False, False),
        ({"child_pugh_class": "A", "ecog": 1, "region": "japan"}, False, True, False),
        ({"child_pugh_class": "A"}, False, True, False),
        ({"child_pugh_class": "C"}, True, True, False),
        ({}, None, True, False),
        ({"ecog": 4}, True, False, False),
    ],
)
def test_true_only_of_what_is_known(
    known: dict[str, Value], poor: bool | None, not_poor: bool, known_both: bool, evaluator: Evaluator
) -> None:
    derived = evaluator.evaluate(profile(**known)).derived
    truth = {True: True, False: False, "unknown": None, None: None}
    assert [truth[derived[name]] for name in ("poor", "not_poor", "known_both")] == [poor, not_poor, known_both]


def test_it_takes_fields_and_not_concepts(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'known' takes fields and their values"):
        load_ruleset(write_ruleset(tmp_path, concepts=CONCEPTS + "  - {id: odd, says: Odd., when: {known: {untreated: yes}}}\n"))
