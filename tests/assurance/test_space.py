"""The profile space: which profiles there are, and that points and words mean what they say."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.assurance.space import Entry, Space, cells_in_words, consistent, limits
from hepatica.inference import FieldClasses, classes_of, judge
from hepatica.knowledge import Operator, Test
from hepatica.patient import CLASS_RANGES, COMMON_FIELDS, Facts, Interval, class_of, facts_of
from tests.assurance.generated import EVERY, a_ruleset, version
from tests.making import boxes_of, common_space, profiles

AFP, SCORE, CLASS = "afp", "child_pugh_score", "child_pugh_class"


@pytest.mark.slow
def test_a_field_no_test_reads_is_no_part_of_the_space() -> None:
    space = common_space([Test("cmet", "in", ("high",))])
    assert [field.name for axis in space.axes for field in axis.fields] == ["cmet"]
    assert space.profiles == 3


def test_entries_that_no_test_tells_apart_share_a_point_and_still_count() -> None:
    space = common_space([Test("bclc_stage", "in", ("C", "D"))])
    assert (space.points, space.profiles) == (3, 6)


def test_a_number_is_cut_on_between_and_around_its_thresholds() -> None:
    space = common_space([Test(AFP, ">", (20.0,)), Test(AFP, "<", (400.0,))])
    # Five classes, their runs of two, three and four neighbours (what intervals can be), and unknown.
    assert space.profiles == 5 + 4 + 3 + 2 + 1


def test_an_interval_is_a_point_of_its_own_where_tests_tell_it_from_unknown() -> None:
    space = common_space([Test(AFP, ">", (400.0,))])
    assert {str(value) for (value,) in entries(space) if isinstance(value, Interval)} == {"<= 400", ">= 400"}
    assert space.profiles == 6 and space.points == 3


def test_a_known_score_comes_with_its_class_and_no_other() -> None:
    space = common_space([Test(CLASS, "in", ("A",)), Test(SCORE, "<=", (7.0,))])
    for letter, score in entries(space):
        assert score is None or (isinstance(score, int) and letter == class_of(score))
    assert (None, None) in entries(space)


def test_a_class_may_stand_without_a_score() -> None:
    space = common_space([Test(CLASS, "in", ("A",)), Test(SCORE, "<=", (7.0,))])
    assert {(letter, None) for letter in CLASS_RANGES} <= entries(space)


def test_the_count_of_the_space_is_that_of_its_points_entry_by_entry() -> None:
    space = _small()
    listed = sum(1 for _ in product(*(axis.cells(axis.full) for axis in space.axes)))
    assert space.profiles == listed


@given(profiles())
def test_every_profile_has_an_entry_on_each_axis_that_no_test_tells_from_it(facts: Facts) -> None:
    made = version(a_ruleset(Random(3), fields=EVERY))
    space = common_space(made.program.tests)
    for axis in space.axes:
        names = [field.name for field in axis.fields]
        own = [test for test in made.program.tests if test.field in names]
        wanted = [judge(test, facts[test.field]) for test in own]
        held = (dict(zip(names, axis.entry(cells), strict=True)) for cells in axis.cells(axis.full))
        assert any([judge(test, one[test.field]) for test in own] == wanted for one in held)


def test_the_simplest_profile_of_a_box_has_the_fewest_known_fields() -> None:
    space = _small()
    box = space.full
    assert all(value is None for value in space.facts(box).values())


@given(st.data())
def test_the_words_of_a_box_speak_of_the_fields_that_it_limits_and_of_no_others(data: st.DataObject) -> None:
    space = common_space(version(a_ruleset(Random(data.draw(st.integers(0, 20))))).program.tests)
    box = data.draw(boxes_of(space))
    shown = limits(space, box)
    for axis, side in space.sides(box):
        assert (side == axis.full) == (not set(shown) & {field.name for field in axis.fields})


@pytest.mark.parametrize(
    ("field", "tests", "chosen", "words"),
    [
        ("cmet", (), {"high", None}, "high, or not known"),
        ("cmet", (), {"high", "low"}, "known"),
        ("bclc_stage", (), {"0", "A", "B", "C"}, "any but D"),
        ("bclc_stage", (), {"0", "A", "B", "C", None}, "any but D, or not known"),
        ("region", (), {"taiwan", "hong_kong"}, "any of Taiwan, Hong Kong"),
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
def test_values_are_said_in_a_way_that_reads_once(field: str, tests: tuple, chosen: set, words: str) -> None:  # type: ignore[type-arg]
    cut = classes_of(COMMON_FIELDS[field], [Test(field, operator, (bound,)) for operator, bound in tests])
    assert cells_in_words(cut, cells(cut, chosen)) == words


def test_lists_are_said_by_what_they_include() -> None:
    classes = classes_of(COMMON_FIELDS["etiology"], ())
    with_hcv = {value for value in classes.samples if isinstance(value, tuple) and "hcv" in value}
    without = {value for value in classes.samples if isinstance(value, tuple)} - with_hcv
    assert cells_in_words(classes, cells(classes, set(with_hcv))) == "includes HCV"
    assert cells_in_words(classes, cells(classes, {*without, None})) == "without HCV, or not known"


def test_consistency_is_that_of_a_profile() -> None:
    assert consistent({SCORE: 8}) == {SCORE: 8, CLASS: "B"}
    assert facts_of(consistent({}))[CLASS] is None


def entries(space: Space) -> set[Entry]:
    """Every entry of the first axis."""
    return {space.axes[0].entry(cells) for cells in space.axes[0].cells(space.axes[0].full)}


def cells(classes: FieldClasses, values: set) -> list[tuple[int, ...]]:  # type: ignore[type-arg]
    return [(index,) for index, sample in enumerate(classes.samples) if sample in values]


def _small() -> Space:
    return common_space(
        [Test("bclc_stage", "in", ("C",)), Test(CLASS, "in", ("A",)), Test(SCORE, "=", (7.0,)), Test("ras", "in", ("mutant",))]
    )


def test_a_number_cut_by_a_thousand_thresholds_is_counted_without_listing_its_intervals() -> None:
    space = common_space(Test(AFP, ">", (float(n),)) for n in range(1, 1001))
    # On, between and around a thousand thresholds lie 2001 classes; one threshold more tells one segment more apart.
    assert (space.profiles, space.points) == (2001 * 2002 // 2, 1001 * 1002 // 2)


@pytest.mark.parametrize("known", [None, True, False])
@pytest.mark.parametrize("bound", [0.0, 20.0, 400.0])
@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "=", "!="])
def test_a_test_of_a_number_holds_where_it_holds_of_every_value(operator: Operator, bound: float, known: bool | None) -> None:
    test = Test(AFP, operator, (bound,), known)
    cuts = Test(AFP, ">", (20.0,)), Test(AFP, "<", (400.0,))
    space = common_space([test, *cuts])
    (axis,) = space.axes
    holds, may = (set(axis.cells(side)) for side in axis.sides(test))
    for cells in axis.cells(axis.full):
        assert (cells in holds, cells in may) == judge(test, axis.entry(cells)[0])
    tests = (test, *cuts)
    assert space.points == len({tuple(judge(one, axis.entry(cells)[0]) for one in tests) for cells in axis.cells(axis.full)})
