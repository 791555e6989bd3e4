"""The columns kernel against the program it is made from."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.agreement import sampled
from hepatica.assurance.sweep import counts
from hepatica.inference import SCOPE, GoalKey, Program, compile_conditions
from hepatica.inference.columns import BLOCK, WORD, Columns, outer
from hepatica.knowledge import AllOf, AnyOf, Test
from hepatica.patient import COMMON_FIELDS, Facts, Interval
from tests.assurance.generated import EVERY, a_ruleset, version
from tests.making import common_space, profiles

MANY = GoalKey("rule", "many")


@pytest.mark.slow
@given(st.lists(profiles(), min_size=1, max_size=20), st.integers(0, 30))
def test_columns_give_the_verdicts_of_the_program(found: list[Facts], seed: int) -> None:
    program = version(a_ruleset(Random(seed), fields=EVERY)).program
    assert differing(program, found) == []


def test_more_goals_than_one_word_holds_are_all_right() -> None:
    program = version(a_ruleset(Random(2), therapies=30, most_rules=4, fields=EVERY)).program
    columns = Columns(program)
    assert columns.layout.words > 2
    assert differing(program, exact(program, 300, 2)) == []


def test_a_goal_with_more_alternatives_than_a_word_has_bits_is_right() -> None:
    pairs = [AllOf((Test("ecog", "=", (float(e),)), Test("child_pugh_score", "=", (float(s),)), Test("afp", ">", (float(a),))))
             for e in range(5) for s in range(5, 13) for a in (1, 2)]  # fmt: skip
    program = compile_conditions(
        {MANY: AnyOf(tuple(pairs)), GoalKey("rule", "one"): Test("ecog", "=", (1.0,))}, {}, COMMON_FIELDS
    )
    assert len(program.goals[MANY].conjunctions) > WORD
    assert differing(program, exact(program, 500, 3)) == []


def test_more_profiles_than_a_block_holds_are_all_answered() -> None:
    program = version(a_ruleset(Random(4))).program
    found = exact(program, 50, 4)
    columns = Columns(program)
    few = columns.code(found)
    many = np.tile(few, 1 + 2 * BLOCK // 50)
    once, often = columns.evaluate(few), columns.evaluate(many)
    assert many.shape[1] > 2 * BLOCK
    assert np.array_equal(often.certain, np.tile(once.certain, many.shape[1] // 50))
    assert np.array_equal(often.possible, np.tile(once.possible, many.shape[1] // 50))


def test_no_profiles_give_no_verdicts() -> None:
    columns = Columns(version(a_ruleset(Random(4))).program)
    assert columns.evaluate(columns.code([])).certain.shape == (columns.layout.words, 0)


def test_a_code_that_no_class_has_is_refused() -> None:
    columns = Columns(version(a_ruleset(Random(4))).program)
    codes = np.zeros((len(columns.tables), 3), dtype=np.uint16)
    codes[0, 1] = 999
    with pytest.raises(ValueError, match="out of range"):
        columns.evaluate(codes)


def test_only_the_wanted_goals_are_kept() -> None:
    program = version(a_ruleset(Random(4))).program
    one = next(name for name in program.goals if name.kind == "rule")
    columns = Columns(program, [one])
    verdicts = columns.evaluate(columns.code(exact(program, 20, 1)))
    assert columns.holds(verdicts.certain, one).shape == (20,)
    with pytest.raises(KeyError):
        columns.holds(verdicts.certain, GoalKey("rule", "other"))


def test_the_sweep_meets_every_profile_once() -> None:
    made = version(a_ruleset(Random(6)))
    space = common_space(made.program.tests)
    columns = Columns(made.program)
    tables = [columns.tables[0], columns.tables[1]]
    weights = [[1] * columns.sizes[0], [2] * columns.sizes[1]]
    assert sum(int(block.weights.sum()) for block in outer(tables, weights)) == columns.sizes[0] * columns.sizes[1] * 2
    scope = counts(space, made.program, [SCOPE])[SCOPE]
    assert 0 <= scope[0] <= scope[1] <= space.profiles


def test_a_space_too_large_to_count_in_64_bits_is_refused_not_wrapped() -> None:
    columns = Columns(version(a_ruleset(Random(6))).program)
    huge = [[2**62] * size for size in columns.sizes[:2]]
    with pytest.raises(OverflowError):
        list(outer(columns.tables[:2], huge))


def exact(program: Program, number: int, seed: int) -> list[Facts]:
    """Sampled profiles without intervals, as many as wanted: a column is coded by class, and an interval lies in several."""
    drawn = sampled(common_space(program.tests), 20 * number, seed)
    kept = [facts for facts in drawn if not any(isinstance(value, Interval) for value in facts.values())]
    return (kept * number)[:number]


def differing(program: Program, found: list[Facts]) -> list[GoalKey]:
    """The goals for which columns and program differ on some profile."""
    columns = Columns(program)
    verdicts = columns.evaluate(columns.code(found))
    masks = [program.masks(facts) for facts in found]
    wrong = []
    for name, goal in program.goals.items():
        certain = [bool(mask.certain & goal.mask) for mask in masks]
        possible = [bool(mask.possible & goal.mask) for mask in masks]
        if (
            columns.holds(verdicts.certain, name).tolist() != certain
            or columns.holds(verdicts.possible, name).tolist() != possible
        ):
            wrong.append(name)
    return wrong
