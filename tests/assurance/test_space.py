"""The profile space: which profiles there are, and that points and words mean what they say."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.space.axes import Space, consistent, space_of
from hepatica.assurance.space.boxes import Box
from hepatica.assurance.space.words import limits, values_in_words
from hepatica.inference import classes_of
from hepatica.knowledge import Test
from hepatica.patient import FIELD_BY_NAME, Facts, child_pugh, facts_of
from tests.assurance.generated import EVERY, a_ruleset, version
from tests.making import profiles

AFP, SCORE, CLASS = "afp", "child_pugh_score", "child_pugh_class"


def test_a_field_no_test_reads_is_no_part_of_the_space() -> None:
    space = space_of([Test("cmet", "in", ("high",))])
    assert [field.name for axis in space.axes for field in axis.fields] == ["cmet"]
    assert space.profiles == 3


def test_entries_that_no_test_tells_apart_share_a_point_and_still_count() -> None:
    space = space_of([Test("bclc_stage", "in", ("C", "D"))])
    assert (space.points, space.profiles) == (3, 6)


def test_a_number_is_cut_on_between_and_around_its_thresholds() -> None:
    space = space_of([Test(AFP, ">", (20.0,)), Test(AFP, "<", (400.0,))])
    assert space.profiles == 6


def test_a_known_score_comes_with_its_class_and_no_other() -> None:
    space = space_of([Test(CLASS, "in", ("A",)), Test(SCORE, "<=", (7.0,))])
    for axis in space.axes:
        for point in axis.points:
            for letter, score in point:
                assert score is None or (isinstance(score, int) and letter == child_pugh.class_of(score))
    assert (None, None) in {entry for axis in space.axes for point in axis.points for entry in point}


def test_a_class_may_stand_without_a_score() -> None:
    space = space_of([Test(CLASS, "in", ("A",)), Test(SCORE, "<=", (7.0,))])
    entries = {entry for point in space.axes[0].points for entry in point}
    assert {(letter, None) for letter in child_pugh.CLASS_RANGES} <= entries


def test_the_count_of_the_space_is_that_of_its_points_entry_by_entry() -> None:
    space = _small()
    listed = sum(1 for _ in product(*([entry for point in axis.points for entry in point] for axis in space.axes)))
    assert space.profiles == listed


@given(profiles())
def test_every_profile_has_a_point_that_no_test_tells_from_it(facts: Facts) -> None:
    made = version(a_ruleset(Random(3), fields=EVERY))
    space = space_of(made.program.tests)
    at = space.point(facts)
    stand_in = space.facts([1 << point for point in at])
    for test in made.program.tests:
        assert _verdict(test, stand_in) == _verdict(test, facts)


def test_the_simplest_profile_of_a_box_has_the_fewest_known_fields() -> None:
    space = _small()
    box = space.full
    assert all(value is None for value in space.facts(box).values())


@given(st.data())
def test_the_words_of_a_box_hold_for_its_entries_and_for_no_others(data: st.DataObject) -> None:
    space = space_of(version(a_ruleset(Random(data.draw(st.integers(0, 20))))).program.tests)
    box: Box = tuple(data.draw(st.integers(1, full)) for full in space.full)
    shown = limits(space, box)
    for axis, mask, full in zip(space.axes, box, space.full, strict=True):
        named = {part for name in shown for part in name.split(" with ")}
        assert (mask == full) == (not named & {field.name for field in axis.fields})


@pytest.mark.parametrize(
    ("field", "tests", "chosen", "words"),
    [
        ("cmet", (), {"high", None}, "high or unknown"),
        ("cmet", (), {"high", "low"}, "known"),
        ("bclc_stage", (), {"0", "A", "B", "C"}, "not D"),
        (AFP, ((">", 400.0),), {400.0, 800.0}, ">= 400"),
        (AFP, ((">", 400.0),), {0}, "< 400"),
        (AFP, ((">", 400.0),), {400.0}, "400"),
        (AFP, ((">", 20.0), (">", 400.0)), {20.0, 210.0}, ">= 20 and < 400"),
        (SCORE, (("<=", 7.0),), {5, 7}, "<= 7"),
        (SCORE, (("<=", 7.0),), {7}, "7"),
        (SCORE, (("<=", 7.0),), {8}, ">= 8"),
        ("etiology", (), {()}, "none"),
    ],
)
def test_values_are_said_as_a_reader_would(field: str, tests: tuple, chosen: set, words: str) -> None:  # type: ignore[type-arg]
    cut = classes_of(FIELD_BY_NAME[field], [Test(field, operator, (bound,)) for operator, bound in tests])
    assert values_in_words(cut, chosen) == words


def test_lists_are_said_by_what_they_include() -> None:
    classes = classes_of(FIELD_BY_NAME["etiology"], ())
    with_hcv = {value for value in classes.samples if isinstance(value, tuple) and "hcv" in value}
    without = {value for value in classes.samples if isinstance(value, tuple)} - with_hcv
    assert values_in_words(classes, set(with_hcv)) == "includes hcv"
    assert values_in_words(classes, {*without, None}) == "without hcv or unknown"


def test_consistency_is_that_of_a_profile() -> None:
    assert consistent({SCORE: 8}) == {SCORE: 8, CLASS: "B"}
    assert facts_of(consistent({}))[CLASS] is None


def _small() -> Space:
    return space_of(
        [Test("bclc_stage", "in", ("C",)), Test(CLASS, "in", ("A",)), Test(SCORE, "=", (7.0,)), Test("ras", "in", ("mutant",))]
    )


def _verdict(test: Test, facts: Facts) -> bool | None:
    value = facts[test.field]
    return None if value is None else test.holds(value)
