"""Large rulesets: what is proved of them holds for profiles drawn at random and judged by the plain reading."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from random import Random

import pytest

from hepatica.assurance.check import check
from hepatica.assurance.diff import diff
from hepatica.assurance.space import Axis, space_of
from hepatica.evaluation import judged
from hepatica.inference import GoalKey, PlainReading, Verdict, conditions_of
from hepatica.knowledge import Ruleset
from hepatica.patient import COMMON_FIELDS, Facts
from hepatica.problems import InvalidInput
from tests.assurance.generated import EVERY, a_large_ruleset, a_monstrous_ruleset, edited, version

DRAWN = 500
Cells = tuple[tuple[int, ...], ...]


@pytest.mark.slow
@pytest.mark.parametrize(("therapies", "rules", "thresholds"), [(1, 120, 60), (40, 20, 100)])
def test_a_change_is_where_the_plain_reading_sees_one(therapies: int, rules: int, thresholds: int) -> None:
    random = Random(therapies)
    old = a_large_ruleset(random, therapies, rules, thresholds)
    new = edited(random, edited(random, old, EVERY), EVERY)
    found = diff(version(old), version(new))
    assert not found.unsettled
    moved = [change for change in found.changes if change.subject == "therapy" and change.kind in ("list", "standing", "verdict")]
    space = space_of((*version(old).program.tests, *version(new).program.tests), COMMON_FIELDS)
    listed = [axis.cells(axis.full) for axis in space.axes]
    regions = [(change.id, list(change.boxes)) for change in moved]
    edges = [box for _, boxes in regions for box in boxes]
    plain = _Plain(old), _Plain(new)
    for number in range(DRAWN):
        # Every other profile lies in a box of a change, where a wrong edge would show.
        sides = space.sides(random.choice(edges)) if edges and number % 2 else ()
        drawn = [random.choice(axis.cells(side)) for axis, side in sides] or list(map(random.choice, listed))
        values = [value for axis, cells in zip(space.axes, drawn, strict=True) for value in axis.entry(cells)]
        facts = space.total(dict(zip((field.name for axis in space.axes for field in axis.fields), values, strict=True)))
        said = {
            name
            for name, boxes in regions
            for box in boxes
            if all(cells in _cells(axis, side) for (axis, side), cells in zip(space.sides(box), drawn, strict=True))
        }
        before, after = (one.places(facts) for one in plain)
        assert said == {name for name in {*before, *after} if before.get(name) != after.get(name)}


@pytest.mark.slow
def test_three_thousand_rules_are_checked_and_compared() -> None:
    random = Random(1)
    old = a_large_ruleset(random, 60, 50, 200)
    found = check(version(old), [])
    assert len(found.applies) == 3000 and not found.unproved
    assert not diff(version(old), version(edited(random, old, EVERY))).unsettled


@pytest.mark.slow
def test_few_edits_among_a_thousand_rules_of_one_therapy_are_compared() -> None:
    old = a_large_ruleset(Random(1), 1, 1000, 200)
    random = Random(1)
    new = edited(random, edited(random, edited(random, old, EVERY), EVERY), EVERY)
    found = diff(version(old), version(new))
    written = [{rule.id: rule for rule in one.therapies["drug-0"].rules} for one in (old, new)]
    touched = {name for name in {*written[0], *written[1]} if written[0].get(name) != written[1].get(name)}
    assert found.changes and not found.unsettled
    assert {name for change in found.changes for name in change.rules} <= touched


@pytest.mark.slow
def test_rules_of_random_conditions_are_checked_and_compared() -> None:
    old = a_monstrous_ruleset(Random(1), 200, 1, (3, 5))
    assert len(check(version(old), []).applies) == 200
    assert not diff(version(old), version(edited(Random(1), old, EVERY))).unsettled


@pytest.mark.slow
def test_rules_that_cut_the_space_without_end_are_refused() -> None:
    old, new = (version(a_monstrous_ruleset(Random(seed), 300, 32, (2, 4))) for seed in (1, 2))
    for command in (lambda: check(old, []), lambda: diff(old, new)):
        with pytest.raises(InvalidInput, match=r"too-many-parts: .*alternatives.*split drug-0"):
            command()


@cache
def _cells(axis: Axis, side: int) -> Collection[Cells]:
    return frozenset(axis.cells(side))


class _Plain:
    """A ruleset as the plain reading judges it: the place of every therapy."""

    def __init__(self, ruleset: Ruleset) -> None:
        conditions = conditions_of(ruleset)
        goals = {key: 1 << at for at, key in enumerate(conditions)}
        self.reading = PlainReading(list(zip(goals.values(), conditions.values(), strict=True)), ruleset.concept_conditions, ())
        made = version(ruleset)
        self.rules = {
            name: [(rule, goals[GoalKey("rule", rule.id)]) for rule in made.in_order(name)] for name in ruleset.therapies
        }

    def places(self, facts: Facts) -> dict[str, tuple[str, ...]]:
        """List, standing and verdict by therapy."""
        certain, possible = self.reading.read(facts)[:2]
        found: dict[str, tuple[str, ...]] = {}
        for name, rules in self.rules.items():
            told = judged([rule for rule, _ in rules], [Verdict.of(certain & bit, possible & bit) for _, bit in rules])
            main = rules[told.main][0] if told.list != "ruled_out" else None
            verdict = "" if main is None or told.list == "possible" else main.verdict or ""
            found[name] = told.list, main.standing if main else "", verdict
        return found
