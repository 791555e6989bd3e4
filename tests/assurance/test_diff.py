"""Comparing two versions: every count held against a sweep over every point, and every witness against an evaluation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hepatica.assurance.answers.enumeration import transitions
from hepatica.assurance.answers.version import Stand, Subject, Version

from hepatica.assurance.diff.compare import Change, Comparison, compare, kind_of
from hepatica.evaluation import Evaluator
from hepatica.knowledge import AllOf, AnyOf, Condition, NotOf, Rule, Ruleset, Test
from hepatica.patient import Facts, Profile
from tests.assurance.generated import a_ruleset, edited, version

PAIRS = 240


def pair(seed: int) -> tuple[Version, Version]:
    """Two versions a few edits apart."""
    random = Random(seed)
    old = a_ruleset(random)
    new = old
    for _ in range(random.randint(1, 3)):
        new = edited(random, new)
    return version(old), version(new)


def swept(comparison: Comparison) -> Counter[tuple[Subject, str, Stand, Stand]]:
    """Every change as a sweep over all points counts it."""
    old, new = comparison.old, comparison.new
    shared = set(old.subjects()) & set(new.subjects())
    subjects = [s for s in dict.fromkeys((*new.subjects(), *old.subjects())) if s.kind != "study" or s in shared]
    found: Counter[tuple[Subject, str, Stand, Stand]] = Counter()
    for (subject, before, after), number in transitions(old, new, comparison.space, subjects).items():
        if before != after:
            found[(subject, *kind_of(subject, before, after))] += number
    return +found


def test_box_algebra_and_a_sweep_over_every_point_agree_on_every_count_of_many_pairs() -> None:
    changed = 0
    for seed in range(PAIRS):
        comparison = compare(*pair(seed))
        boxes = {(c.subject, c.kind, c.before, c.after): c.profiles for c in comparison.changes}
        assert boxes == dict(swept(comparison)), f"seed {seed}"
        changed += bool(boxes)
    assert changed > PAIRS / 3, "most pairs must differ for the comparison to mean something"


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_every_witness_is_answered_as_the_change_says(seed: int) -> None:
    comparison = compare(*pair(seed))
    old, new = Evaluator(comparison.old.ruleset), Evaluator(comparison.new.ruleset)
    for change in comparison.changes:
        if change.subject.kind == "therapy":
            assert _placed(old, change.subject.id, change.witness)[:3] == change.before[:3]
            assert _placed(new, change.subject.id, change.witness)[:3] == change.after[:3]


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_the_parts_of_a_change_are_disjoint_and_add_up(seed: int) -> None:
    comparison = compare(*pair(seed))
    for change in comparison.changes:
        assert sum(map(comparison.space.count, change.boxes)) == change.profiles


def test_a_version_compared_with_itself_changes_nothing() -> None:
    old, _ = pair(1)
    comparison = compare(old, old)
    assert (comparison.edits, comparison.changes) == ((), ())


def test_another_way_to_write_the_same_condition_is_proved_to_change_nothing() -> None:
    random = Random(5)
    old = a_ruleset(random)
    rule = next(iter(old.rules.values()))
    new = _with(old, replace(rule, when=_rewritten(rule.when)))
    comparison = compare(version(old), version(new))
    assert comparison.changes == ()
    assert [(edit.area, edit.what, edit.part) for edit in comparison.edits] == [("rule", rule.id, "when")]


def test_a_threshold_moved_by_one_step_changes_exactly_what_lies_between() -> None:
    old = _one_rule(Test("afp", ">", (400.0,)))
    new = _one_rule(Test("afp", ">=", (400.0,)))
    changes = compare(version(old), version(new)).changes
    where = {(c.before.place, c.after.place): c.where for c in changes}
    assert where == {
        ("ruled_out", "options"): ({"scope": "in", "afp": "400"},),
        ("ruled_out", "possible"): ({"scope": "unknown", "afp": "400"},),
    }
    assert {change.witness["afp"] for change in changes} == {400.0}


def test_a_standing_and_a_study_are_changes_of_their_own() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    rule = next(iter(old.rules.values()))
    assert _kinds(old, _with(old, replace(rule, standing="standard"))) == {"standing"}
    assert _kinds(old, _with(old, replace(rule, cites=(*rule.cites, rule.cites[0])))) == {"citations"}
    assert _kinds(old, _with(old, replace(rule, says="otherwise"))) == set()


def test_a_therapy_that_goes_is_absent_everywhere() -> None:
    old = a_ruleset(Random(2))
    name = next(iter(old.therapies))
    new = replace(old, therapies={key: value for key, value in old.therapies.items() if key != name})
    comparison = compare(version(old), version(new))
    gone = [change for change in comparison.changes if change.subject == Subject("therapy", name)]
    assert {change.after.place for change in gone} == {"absent"}
    assert sum(change.profiles for change in gone) == comparison.space.profiles


def test_a_scope_that_moves_is_reported_and_takes_its_rules_along() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    new = replace(old, card=replace(old.card, scope=Test("bclc_stage", "in", ("C", "D"))))
    subjects = {change.subject.kind for change in compare(version(old), version(new)).changes}
    assert subjects == {"scope", "therapy"}


def test_the_same_comparison_twice_is_the_same_to_the_letter() -> None:
    first, second = (compare(*pair(7)) for _ in range(2))
    assert [_told(change) for change in first.changes] == [_told(change) for change in second.changes]


def _told(change: Change) -> tuple[object, ...]:
    return change.subject, change.kind, change.before, change.after, change.profiles, change.where, dict(change.witness)


def _kinds(old: Ruleset, new: Ruleset) -> set[str]:
    return {change.kind for change in compare(version(old), version(new)).changes}


def _one_rule(when: Condition) -> Ruleset:
    made = a_ruleset(Random(1), therapies=1, most_rules=1)
    rule = next(iter(made.rules.values()))
    made = replace(made, card=replace(made.card, scope=Test("bclc_stage", "in", ("B", "C", "D"))))
    return _with(made, replace(rule, when=when, standing="early_signal"))


def _with(ruleset: Ruleset, rule: Rule) -> Ruleset:
    """The ruleset with one rule replaced by another of the same id."""
    therapies = {
        name: replace(therapy, rules=tuple(rule if own.id == rule.id else own for own in therapy.rules))
        for name, therapy in ruleset.therapies.items()
    }
    return replace(ruleset, therapies=therapies)


def _rewritten(condition: Condition) -> Condition:
    """The same by De Morgan: not any of the opposites."""
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return NotOf(AnyOf(tuple(NotOf(part) for part in parts)))


def _placed(evaluator: Evaluator, therapy: str, facts: Facts) -> Stand:
    if therapy not in evaluator.ruleset.therapies:
        return Stand("absent")
    name, entry = evaluator.evaluate(Profile(facts)).entry(therapy)
    if name == "ruled_out":
        return Stand(name)
    return Stand(name, entry.finding.rule.standing, entry.finding.rule.cites)
