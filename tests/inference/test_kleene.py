"""Three-valued logic: the truth tables, and that every step of compilation keeps them."""

from __future__ import annotations

import pytest
from hypothesis import given

from hepatica.inference import (
    GoalKey,
    TooManyAlternatives,
    Verdict,
    alternatives,
    causes,
    compile_conditions,
    read,
)
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import COMMON_FIELDS, Facts, facts_of
from hepatica.problems import InvalidInput
from tests.making import conditions, profiles

GOAL = GoalKey("rule", "goal")
T, F, U = Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN

AND = [(T, T, T), (T, F, F), (T, U, U), (F, T, F), (F, F, F), (F, U, F), (U, T, U), (U, F, F), (U, U, U)]
OR = [(T, T, T), (T, F, T), (T, U, T), (F, T, T), (F, F, F), (F, U, U), (U, T, T), (U, F, U), (U, U, U)]
NOT = [(T, F), (F, T), (U, U)]
LEFT, RIGHT = Test("cmet", "in", ("high",)), Test("ras", "in", ("mutant",))
_CMET = {T: "high", F: "low", U: None}
_RAS = {T: "mutant", F: "wild_type", U: None}


def _both(left: Verdict, right: Verdict) -> Facts:
    return facts_of({"cmet": _CMET[left], "ras": _RAS[right]})


@pytest.mark.parametrize(("left", "right", "expected"), AND)
def test_and_follows_strong_kleene(left: Verdict, right: Verdict, expected: Verdict) -> None:
    assert read(AllOf((LEFT, RIGHT)), _both(left, right), {}) is expected


@pytest.mark.parametrize(("left", "right", "expected"), OR)
def test_or_follows_strong_kleene(left: Verdict, right: Verdict, expected: Verdict) -> None:
    assert read(AnyOf((LEFT, RIGHT)), _both(left, right), {}) is expected


@pytest.mark.parametrize(("value", "expected"), NOT)
def test_not_follows_strong_kleene(value: Verdict, expected: Verdict) -> None:
    assert read(NotOf(LEFT), _both(value, U), {}) is expected


def _verdict(condition: Condition, facts: Facts) -> Verdict:
    """The verdict by the bit tables."""
    program = compile_conditions({GOAL: condition}, {}, COMMON_FIELDS)
    return program.read(facts).verdict(program.goals[GOAL])


@pytest.mark.slow
@given(conditions(), profiles())
def test_negation_is_pushed_to_the_tests_without_changing_a_verdict(condition: Condition, facts: Facts) -> None:
    assert _verdict(NotOf(condition), facts) is dict(NOT)[read(condition, facts, {})]


@pytest.mark.slow
@given(conditions(), profiles())
def test_learning_a_fact_never_overturns_a_verdict(condition: Condition, facts: Facts) -> None:
    before = read(condition, facts_of({k: v for k, v in facts.items() if k != "cmet"}), {})
    if before is not U:
        assert read(condition, facts, {}) is before


@given(conditions(), profiles())
def test_unknown_always_has_a_cause_that_is_unknown(condition: Condition, facts: Facts) -> None:
    found = causes(condition, facts, {})
    assert bool(found) is (read(condition, facts, {}) is U)
    assert all(facts[name] is None for name in found)


def test_a_contradiction_of_an_unknown_field_is_unknown_not_false() -> None:
    high = Test("cmet", "in", ("high",))
    assert _verdict(AllOf((high, NotOf(high))), facts_of({})) is U
    assert _verdict(AnyOf((high, NotOf(high))), facts_of({})) is U


def test_a_concept_means_what_its_definition_means() -> None:
    defined = {"asian": Test("region", "in", ("japan", "taiwan"))}
    for region, expected in (("japan", T), ("europe", F), (None, U)):
        facts = facts_of({"region": region})
        assert read(ConceptTest("asian"), facts, defined) is expected
        assert read(ConceptTest("asian", False), facts, defined) is dict(NOT)[expected]


def test_concepts_that_name_each_other_often_are_opened_once() -> None:
    """Each names the one before it twice: read naively, the work doubles with every one of them."""
    concepts: dict[str, Condition] = {"c0": Test("cmet", "in", ("high",))}
    for n in range(1, 40):
        before = ConceptTest(f"c{n - 1}")
        concepts[f"c{n}"] = AnyOf((AllOf((before, Test("ras", "in", ("mutant",)))), AllOf((before, Test("ecog", "=", (0.0,))))))
    program = compile_conditions({GOAL: ConceptTest("c39")}, concepts, COMMON_FIELDS)
    facts = facts_of({"cmet": "high", "ras": "mutant", "ecog": 3})
    assert program.masks(facts).certain & program.goals[GOAL].mask
    assert read(ConceptTest("c39"), facts, concepts) is T


def test_a_concept_whose_negation_multiplies_out_is_refused_although_only_its_affirmation_is_used() -> None:
    pairs = tuple(AllOf((Test("afp", ">", (float(n),)), Test("child_pugh_score", "<", (float(n + 5),)))) for n in range(10))
    with pytest.raises(InvalidInput, match="concept/wide multiplies out"):
        compile_conditions({GoalKey("concept", "wide"): AnyOf(pairs)}, {"wide": AnyOf(pairs)}, COMMON_FIELDS)


def test_a_condition_that_multiplies_out_too_far_is_refused() -> None:
    parts = [AnyOf(tuple(Test("afp", ">", (float(n * 10 + i),)) for i in range(3))) for n in range(12)]
    with pytest.raises(TooManyAlternatives):
        alternatives(AllOf(tuple(parts)))
