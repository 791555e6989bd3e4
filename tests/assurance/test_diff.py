"""Comparing two versions: every count held against going through every profile, and every witness against an evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from hepatica.assurance import RulesetVersion
from hepatica.assurance.agreement import sampled
from hepatica.assurance.diff import AnswerChange, RulesetDiff, diff
from hepatica.assurance.space import Space
from hepatica.evaluation import Entry, Evaluator, Reason
from hepatica.knowledge import AllOf, AnyOf, Condition, NotOf, Rule, Ruleset, Test, load_ruleset
from hepatica.patient import facts_of, profile_from
from hepatica.report.assurance import pull_request
from tests.assurance.brute import Brute, every_profile
from tests.assurance.generated import a_ruleset, edited, version
from tests.conftest import ROOT, slow
from tests.making import common_space

FIELDS = ("bclc_stage", "child_pugh_class", "child_pugh_score", "afp", "cmet")
MOVES = ("list", "standing", "verdict")


def pair(seed: int) -> tuple[RulesetVersion, RulesetVersion]:
    """Two versions a few edits apart."""
    random = Random(seed)
    old = a_ruleset(random, fields=FIELDS)
    new = old
    for _ in range(random.randint(1, 3)):
        new = edited(random, new, FIELDS)
    return version(old), version(new)


def space_both(old: RulesetVersion, new: RulesetVersion) -> Space:
    return common_space((*old.program.tests, *new.program.tests))


@pytest.mark.parametrize("seed", (1, *map(slow, (0, 2, 3))))
def test_every_move_of_a_therapy_is_counted_as_by_going_through_every_profile(seed: int) -> None:
    old, new = pair(seed)
    found = diff(old, new)
    first, second = (Brute(one, space_both(old, new)) for one in (old, new))
    swept: Counter[tuple[str, tuple[str, str, str], tuple[str, str, str]]] = Counter()
    for therapy in {**old.ruleset.therapies, **new.ruleset.therapies}:
        for row in range(len(first.profiles)):
            before, after = first.position(therapy, row), second.position(therapy, row)
            if before != after:
                swept[therapy, before, after] += 1
    told = {(c.id, placed(c)[0], placed(c)[1]): c.profiles for c in found.changes if c.kind in MOVES}
    assert told == dict(swept)
    assert found.space.profiles == len(first.profiles)


def test_a_failed_therapy_of_which_another_rule_is_still_open_stands_where_an_answer_puts_it() -> None:
    """Two rules with one verdict: where one holds and the other may, the answer asks for what is missing."""
    old = _one_rule(Test("cmet", "in", ("high",)))
    failed = replace(next(iter(old.rules.values())), standing="not_supported", verdict="no_better")
    both = [replace(failed, id="one"), replace(failed, id="two", when=Test("afp", ">", (400.0,)))]
    name = next(iter(old.therapies))
    first, second = (
        version(replace(old, therapies={name: replace(old.therapies[name], rules=rules)}))
        for rules in (tuple(both), (both[0], replace(both[1], when=Test("afp", ">", (20.0,)))))
    )
    swept = [Brute(one, space_both(first, second)) for one in (first, second)]
    moved = Counter(
        sides for row in range(len(swept[0].profiles)) if len(set(sides := tuple(one.position(name, row) for one in swept))) > 1
    )
    assert {placed(c): c.profiles for c in diff(first, second).changes if c.kind in MOVES} == dict(moved)
    assert (("possible", "not_supported", ""), ("not_supported", "not_supported", "no_better")) in moved


def placed(change: AnswerChange) -> tuple[tuple[str, str, str], ...]:
    return tuple((side.place, side.standing, side.verdict) for side in (change.before, change.after))


@pytest.mark.parametrize("seed", range(0, 32, 4))
def test_every_witness_is_answered_as_the_change_says(seed: int) -> None:
    old, new = pair(seed)
    evaluators = Evaluator(old.ruleset), Evaluator(new.ruleset)
    for change in diff(old, new).changes:
        if change.subject == "therapy" and change.kind in MOVES:
            for evaluator, side in zip(evaluators, (change.before, change.after), strict=True):
                if side.place != "absent":
                    assert evaluator.evaluate(profile_from(change.witness)).entry(change.id)[0] == side.place


@pytest.mark.parametrize("seed", range(0, 12, 3))
def test_the_parts_of_a_change_are_disjoint_and_add_up(seed: int) -> None:
    old, new = pair(seed)
    space = space_both(old, new)
    for change in diff(old, new).changes:
        assert sum(map(space.count, change.boxes)) == change.profiles >= change.known


def test_a_version_compared_with_itself_changes_nothing() -> None:
    old, _ = pair(1)
    found = diff(old, old)
    assert (found.edits, found.changes, found.changed, found.passed) == ((), (), False, True)


def test_another_way_to_write_the_same_condition_is_proved_to_change_nothing() -> None:
    old = a_ruleset(Random(5))
    rule = next(iter(old.rules.values()))
    found = diff(version(old), version(_with(old, replace(rule, when=_rewritten(rule.when)))))
    assert found.changes == () and not found.changed
    assert [(edit.area, edit.what, edit.part) for edit in found.edits] == [("rule", rule.id, "when")]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rules_and_of_alternatives_changes_nothing_and_is_no_edit(seed: int) -> None:
    old = a_ruleset(Random(seed), most_rules=4)
    therapies = {
        name: replace(therapy, rules=tuple(replace(r, when=_reversed(r.when)) for r in reversed(therapy.rules)))
        for name, therapy in old.therapies.items()
    }
    new = replace(old, therapies=therapies)
    found = diff(version(old), version(new))
    assert (found.edits, found.changes, found.changed) == ((), (), False)
    first, second = Evaluator(old), Evaluator(new)
    for facts in sampled(common_space(version(old).program.tests), 40, seed):
        one, two = (each.evaluate(profile_from(_texts(facts))) for each in (first, second))
        assert one.to_dict() == two.to_dict()


def _texts(facts: object) -> dict[str, object]:
    return {name: str(value) if "Interval" in type(value).__name__ else value for name, value in dict(facts).items()}  # type: ignore[call-overload]


def test_a_threshold_moved_by_one_step_changes_exactly_what_lies_between() -> None:
    old = _one_rule(Test("afp", ">", (400.0,)))
    new = _one_rule(Test("afp", ">=", (400.0,)))
    changes = [c for c in diff(version(old), version(new)).changes if c.kind == "list" and c.known]
    assert {(c.before.place, c.after.place): c.who for c in changes} == {
        ("ruled_out", "options"): ({"scope": "in scope", "afp": "400"},)
    }
    assert {change.witness["afp"] for change in changes} == {400.0}


def test_standings_citations_and_texts_are_changes_each_of_their_kind() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    rule = next(iter(old.rules.values()))
    assert "standing" in _kinds(_compared(old, replace(rule, standing="standard")))
    text = _compared(old, replace(rule, says="otherwise"))
    assert text.changes == () and text.changed and not text.passed
    assert [(edit.what, edit.part, edit.profiles > 0) for edit in text.edits] == [(rule.id, "says", True)]


def test_a_text_that_no_answer_shows_is_an_edit_and_no_change() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    therapy = next(iter(old.therapies.values()))
    new = replace(old, therapies={therapy.id: replace(therapy, about="Something else.")})
    found = diff(version(old), version(new))
    assert not found.changed and found.passed and [edit.profiles for edit in found.edits] == [0]


def test_a_renamed_rule_is_recognised() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    rule = next(iter(old.rules.values()))
    therapy = next(iter(old.therapies.values()))
    new = replace(old, therapies={therapy.id: replace(therapy, rules=(replace(rule, id="another-name"),))})
    found = diff(version(old), version(new))
    assert found.changes == ()
    assert [(edit.action, edit.before, edit.after) for edit in found.edits] == [("renamed", rule.id, "another-name")]


def test_an_answer_that_changes_under_the_same_version_number_is_told_and_fails_even_where_declared() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    rule = next(iter(old.rules.values()))
    kept = _compared(old, replace(rule, says="otherwise"))
    assert kept.version_kept
    new = _with(old, replace(rule, says="otherwise"))
    raised = diff(version(old), version(replace(new, card=replace(new.card, version="1.1.0"))))
    assert not raised.version_kept


def test_a_therapy_that_goes_is_absent_everywhere() -> None:
    old = a_ruleset(Random(2), fields=FIELDS)
    name = next(iter(old.therapies))
    new = replace(old, therapies={key: value for key, value in old.therapies.items() if key != name})
    found = diff(version(old), version(new))
    gone = [change for change in found.changes if (change.subject, change.id) == ("therapy", name) and change.kind in MOVES]
    assert {change.after.place for change in gone} == {"absent"}
    assert sum(change.profiles for change in gone) == found.space.profiles


def test_a_scope_that_moves_is_reported_and_takes_its_rules_along() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    new = replace(old, card=replace(old.card, scope=Test("bclc_stage", "in", ("C", "D"))))
    assert {change.subject for change in diff(version(old), version(new)).changes} >= {"scope", "therapy"}


def test_the_same_comparison_twice_is_the_same_to_the_letter() -> None:
    assert diff(*pair(7)) == diff(*pair(7))


def _compared(old: Ruleset, rule: Rule) -> RulesetDiff:
    return diff(version(old), version(_with(old, rule)))


def _kinds(found: RulesetDiff) -> set[str]:
    return {change.kind for change in found.changes}


def _one_rule(when: Condition) -> Ruleset:
    made = replace(a_ruleset(Random(1), therapies=1, most_rules=1), concepts={})
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


def _reversed(condition: Condition) -> Condition:
    """The same with parts the other way round."""
    if isinstance(condition, (AllOf, AnyOf)):
        return type(condition)(tuple(_reversed(part) for part in reversed(condition.parts)))
    if isinstance(condition, NotOf):
        return NotOf(_reversed(condition.part))
    return condition


def _reasons(entry: Entry) -> object:
    """What an entry says of why: the conditions met, the fields that are asked, what it would take; and of the other rules."""

    def words(reasons: Iterable[Reason]) -> set[tuple[str, str]]:
        return {(one.field, one.requires) for one in reasons}

    said = {one.rule: (words(one.because), {*one.needs}) for one in entry.other_rules}
    return entry.rule, words(entry.because), {*entry.needs}, [words(way) for way in entry.needs_any], said


@pytest.mark.parametrize("seed", range(5))
def test_other_reasons_in_one_list_are_counted_as_by_going_through_every_profile(seed: int) -> None:
    random = Random(seed)
    old = a_ruleset(random, therapies=1, most_rules=1, fields=FIELDS)
    rule = next(iter(old.rules.values()))
    added = Test("afp", ">", (20.0,), unknown=False if seed > 2 else None)
    first, second = version(old), version(_with(old, replace(rule, when=AllOf((rule.when, added)))))
    assert sum(c.profiles for c in diff(first, second).changes if c.kind == "reasons") == _told_otherwise(first, second)


def _told_otherwise(first: RulesetVersion, second: RulesetVersion) -> int:
    """How many profiles the first therapy's entry gives other reasons in the same list, by answering every one."""
    number = 0
    for facts in every_profile(space_both(first, second)):
        placed = [Evaluator(one.ruleset, one.program).entry(0, facts_of(facts, one.fields)) for one in (first, second)]
        same = placed[0][0] == placed[1][0]
        number += same and _reasons(placed[0][1]) != _reasons(placed[1][1])
    return number


@pytest.mark.parametrize("named", [("B",), ("C",), ("B", "C")])
@pytest.mark.parametrize("turned", [False, True])
def test_of_alternatives_that_fail_alike_the_one_that_asks_for_less_is_told(named: tuple[str, ...], turned: bool) -> None:
    old = a_ruleset(Random(1), therapies=1, most_rules=1, fields=FIELDS)
    rule = next(iter(old.rules.values()))
    either = (Test("bclc_stage", "in", named), Test("bclc_stage", "in", ("D",)).opposite())
    whole = AllOf((AnyOf(either[::-1] if turned else either), Test("cmet", "in", ("high",))))
    fewer = AllOf((either[1], Test("cmet", "in", ("high",))))
    first, second = (version(_with(old, replace(rule, when=when))) for when in (whole, fewer))
    assert sum(c.profiles for c in diff(first, second).changes if c.kind == "reasons") == _told_otherwise(first, second)


def test_what_a_therapy_would_take_changes_when_a_way_in_comes_goes_or_leads_elsewhere() -> None:
    old = _one_rule(Test("cmet", "in", ("high",)))
    way = next(iter(old.rules.values()))
    failed = replace(way, id="failed", standing="not_supported", verdict="no_better", when=Test("cmet", "in", ("low",)))
    never = replace(way, id="never", when=AllOf((Test("afp", ">", (9.0,)), Test("afp", "<", (5.0,)))))

    def told(*sides: tuple[Rule, ...]) -> set[tuple[str, ...]]:
        therapy = next(iter(old.therapies))
        rulesets = [replace(old, therapies={therapy: replace(old.therapies[therapy], rules=rules)}) for rules in sides]
        first, second = map(version, rulesets)
        return {change.rules for change in diff(first, second).changes if change.kind == "reasons"}

    # A rule that can never apply is still named among what it would take.
    assert told((way,), (way, never)) == told((way, never), (way,)) == {("never",)}
    assert told((way,), (replace(way, standing="standard"),)) == {(way.id,)}
    # Of what a failed trial enrolled nothing is said to those whom it did not, unless there is no other way.
    elsewhere = replace(failed, when=AllOf((failed.when, Test("afp", ">", (9.0,)))))
    assert told((way, failed), (way,)) == set()
    assert told((failed,), (elsewhere,)) == {("failed",)}


@pytest.mark.slow
def test_of_two_rulesets_a_short_table_comes_first_and_equal_ids_make_no_rule_the_same() -> None:
    folder = ROOT / "rulesets"
    old, new = (RulesetVersion.of(load_ruleset(folder / name)) for name in ("teaching-faults", "hcc-2016"))
    found = diff(old, new)
    assert not found.unsettled
    assert {change.kind for change in found.changes} <= {
        "list",
        "standing",
        "verdict",
        "scope",
        "concept",
        "applicability",
        "note",
    }
    shown = pull_request(found)
    assert len(shown) < 60_000
    table = shown[shown.index("**In short**") : shown.index("## Edited")]
    told = [name for row in table.splitlines()[4:] if row for name in row.split(" | ")[0].removeprefix("| ").split(", ")]
    moved = {change.name for change in found.changes if change.known and change.subject == "therapy"}
    assert sorted(told) == sorted(moved)
