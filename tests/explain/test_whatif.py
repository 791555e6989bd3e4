"""What-if is exact: it lists the minimal changes that brute force finds, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest
from click.testing import CliRunner

from hepatica import report
from hepatica.cli.main import cli, run
from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.explain import MinimalChange, TherapyGoals, facets_of, merged, minimal_changes, therapy_goals, what_if
from hepatica.patient import CLASS_RANGES, Facts, Profile, Value, class_of, facts_of, profile_from, profile_of, read_profile
from hepatica.problems import InvalidInput
from tests.conftest import ROOT, shipped_ruleset, slow
from tests.making import sample_profiles

Move = tuple[tuple[str, Value | None], ...]


def single_moves(evaluator: Evaluator, facts: Facts) -> list[list[Move]]:
    """Every known, consistent state unlike the present one, written as plain facts: no use of facets."""
    found: list[list[Move]] = []
    for table in evaluator.program.tables:
        classes, name = table.classes, table.classes.field.name
        if name == "child_pugh_class":
            found.append(child_pugh_moves(evaluator, facts))
        elif name != "child_pugh_score":
            here = classes.class_of(facts[name])
            found.append([((name, v),) for i, v in enumerate(classes.samples) if v is not None and i != here])
    return found


def child_pugh_moves(evaluator: Evaluator, facts: Facts) -> list[Move]:
    tables = {table.classes.field.name: table.classes for table in evaluator.program.tables}
    states: list[tuple[str, int | None]] = [(class_of(score), score) for score in range(5, 16)]
    if facts["child_pugh_score"] is None:
        states += [(name, None) for name in CLASS_RANGES]
    here = [tables[name].class_of(facts[name]) for name in ("child_pugh_class", "child_pugh_score")]
    return [
        (("child_pugh_class", name), ("child_pugh_score", score))
        for name, score in states
        if [tables["child_pugh_class"].class_of(name), tables["child_pugh_score"].class_of(score)] != here
    ]


def is_option(evaluator: Evaluator, goals: TherapyGoals, facts: Facts) -> bool:
    return bool(evaluator.program.masks(facts).certain & goals.options)


def classed(evaluator: Evaluator, move: Iterable[tuple[str, Value | None]]) -> frozenset[tuple[str, int]]:
    """A move by the classes of its values: which sample stands for a class does not matter."""
    tables = {table.classes.field.name: table.classes for table in evaluator.program.tables}
    return frozenset((name, tables[name].class_of(value)) for name, value in move)


def brute(evaluator: Evaluator, goals: TherapyGoals, facts: Facts) -> set[frozenset[tuple[str, int]]]:
    """All minimal changes of one or two facets, found by trying every one."""
    before = is_option(evaluator, goals, facts)
    facets = single_moves(evaluator, facts)
    flipping: set[frozenset[tuple[str, int]]] = set()
    single: set[Move] = set()
    for move in (move for moves in facets for move in moves):
        if is_option(evaluator, goals, {**facts, **dict(move)}) != before:
            single.add(move)
            flipping.add(classed(evaluator, move))
    for left, right in combinations(facets, 2):
        for first in (m for m in left if m not in single):
            for second in (m for m in right if m not in single):
                if is_option(evaluator, goals, {**facts, **dict(first), **dict(second)}) != before:
                    flipping.add(classed(evaluator, (*first, *second)))
    return flipping


def written_out(evaluator: Evaluator, changes: list[MinimalChange]) -> set[frozenset[tuple[str, int]]]:
    """Every assignment that the changes stand for, by classes."""
    facets = facets_of(evaluator.program)
    found: set[frozenset[tuple[str, int]]] = set()
    for change in changes:
        assignments: list[Move] = [()]
        for index, states in change.moves:
            names = [field.name for field in facets[index].fields]
            entries = [entry for state in states for entry in state.entries]
            assignments = [(*done, *zip(names, entry, strict=True)) for done in assignments for entry in entries]
        found |= {classed(evaluator, assignment) for assignment in assignments}
    return found


def compared(evaluator: Evaluator, profile: Profile, therapies: list[TherapyGoals]) -> None:
    facets = [facet.held_in(profile.facts) for facet in facets_of(evaluator.program)]
    for goals in therapies:
        found = [c for c in minimal_changes(goals, facets) if len(c.moves) <= 2]
        assert written_out(evaluator, found) == brute(evaluator, goals, profile.facts), goals.therapy.id


@pytest.mark.parametrize("seed", (0, 5, *map(slow, range(1, 5))))
def test_single_and_pair_changes_are_those_that_brute_force_finds(evaluator: Evaluator, seed: int) -> None:
    every = therapy_goals(evaluator.ruleset, evaluator.program)
    profile = sample_profiles(evaluator, 1, seed, unknown=0.1 * seed)[0]
    compared(evaluator, profile, list(every[seed % 6 :: 6]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["after-sorafenib-met-high", "first-line-mainland-china", "little-known", "sorafenib-refused"])
def test_changes_of_shipped_patients_are_those_that_brute_force_finds(evaluator: Evaluator, name: str) -> None:
    compared(
        evaluator, read_profile(ROOT / "patients" / f"{name}.yaml"), list(therapy_goals(evaluator.ruleset, evaluator.program))
    )


def test_brute_force_finds_something_to_compare(evaluator: Evaluator, met_high: Profile) -> None:
    goals = next(g for g in therapy_goals(evaluator.ruleset, evaluator.program) if g.therapy.id == "tivantinib")
    found = brute(evaluator, goals, met_high.facts)
    assert classed(evaluator, (("cmet", "low"),)) in found
    assert any(len(one) > 1 for one in found)


def test_lists_read_from_bits_are_those_of_the_evaluator(evaluator: Evaluator) -> None:
    every = therapy_goals(evaluator.ruleset, evaluator.program)
    for profile in sample_profiles(evaluator, 60, seed=7):
        masks = evaluator.program.masks(profile.facts)
        evaluation = evaluator.evaluate(profile)
        expected = {e.therapy: name for name, entries in evaluation.entries().items() for e in entries}
        assert {goals.therapy.id: goals.reached(masks.certain, masks.possible) for goals in every} == expected


def test_each_change_evaluates_to_what_it_promises(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator, 6, seed=3):
        found = what_if(evaluator, profile)
        for change in (*found.adds, *found.removes):
            reached, entry = evaluator.evaluate(change.profile).entry(change.therapy)
            assert reached == change.reaches
            assert (reached == "options") == (change in found.adds)
            assert not change.rule or entry.rule == change.rule


def test_a_trial_in_progress_or_a_mere_name_is_never_counted_as_an_option(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator, 6, seed=13):
        found = what_if(evaluator, profile)
        assert all(change.standing not in ("in_trial", "unreported", "not_supported") for change in found.adds)
        assert {one.therapy for one in found.never} >= {"emibetuzumab", "golvantinib"}


def test_changed_profiles_are_consistent_and_nothing_known_is_forgotten(evaluator: Evaluator) -> None:
    """Reading the changed profile back raises nothing: class and score of Child-Pugh still fit."""
    for profile in sample_profiles(evaluator, 6, seed=11):
        found = what_if(evaluator, profile)
        for change in (*found.adds, *found.removes):
            assert profile_from(change.profile.as_document()).facts == change.profile.facts
            assert all(change.profile[n] is not None for n, v in profile.facts.items() if v is not None)


def test_every_therapy_without_a_change_is_named_as_such(evaluator: Evaluator, met_high: Profile) -> None:
    found = what_if(evaluator, met_high)
    named = {c.therapy for c in (*found.adds, *found.removes)} | {t.therapy for t in (*found.never, *found.always)}
    assert named == set(evaluator.ruleset.therapies)


def test_kinds_follow_the_nature_of_what_changes(evaluator: Evaluator) -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "region=europe"])
    found = what_if(evaluator, profile)
    kinds = {(change.steps[0].fields[0], change.kind) for change in (*found.adds, *found.removes) if len(change.steps) == 1}
    assert {("cmet", "open_test"), ("etiology", "open_fact"), ("child_pugh_class", "other_result")} <= kinds
    assert ("prior_sorafenib", "other_history") in kinds
    by_region = [c for c in found.adds if any(s.title == "Region" for s in c.steps)]
    assert {c.kind for c in by_region} == {"contrast"}


def test_questions_count_what_evaluation_settles(evaluator: Evaluator) -> None:
    """For each result of a question: the evaluator, given one value of it, settles the same therapies."""
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "region=europe"])
    settling = what_if(evaluator, profile).settling
    open_now = [entry.therapy for entry in evaluator.evaluate(profile).possible]
    assert sorted(t.therapy for t in settling.open) == sorted(open_now)
    cmet = next(q for q in settling.singles if q.fields == ("cmet",))
    for outcome in cmet.outcomes:
        answer = evaluator.evaluate(Profile(facts_of({**profile.facts, "cmet": outcome.results[0]})))
        settled = {t: answer.entry(t)[0] for t in open_now if answer.entry(t)[0] != "possible"}
        assert {one.therapy: one.list for one in outcome.settled} == settled
        assert set(outcome.left) == set(open_now) - set(settled)
    assert [q.least for q in settling.singles] == sorted((q.least for q in settling.singles), reverse=True)
    assert all(q.least <= q.most <= len(open_now) for q in (*settling.singles, *settling.pairs))
    assert len(settling.pairs) > 3


def test_an_interval_is_found_out_within_its_bounds(evaluator: Evaluator) -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "afp=>100"])
    question = next(q for q in what_if(evaluator, profile).settling.singles if q.fields == ("afp",))
    assert len(question.outcomes) > 1
    decided = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "afp=>1210"])
    assert not [q for q in what_if(evaluator, decided).settling.singles if q.fields == ("afp",)]


def test_too_many_changes_are_refused_and_not_cut_short(
    evaluator: Evaluator, met_high: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hepatica.explain import search

    monkeypatch.setattr(search, "MOST_TRIED", 2)
    with pytest.raises(InvalidInput, match="too-many-changes"):
        what_if(Evaluator(evaluator.ruleset), met_high)  # a new one, which has found nothing yet


def test_states_that_a_therapy_tells_apart_have_different_labels(evaluator: Evaluator) -> None:
    for goals in therapy_goals(evaluator.ruleset, evaluator.program):
        for facet in facets_of(evaluator.program):
            known = [state for state in facet.states if None not in state.entries[0]]
            labels = [facet.label(group) for group in merged(known, goals.relevant)]
            assert len(set(labels)) == len(labels), (goals.therapy.id, labels)
            assert all(labels)


def test_of_several_stages_the_nearest_one_is_entered(evaluator: Evaluator) -> None:
    """From stage D any of 0, A, B and C would do in some change; the nearest to D is entered."""
    stage = next(facet for facet in facets_of(evaluator.program) if facet.fields[0].name == "bclc_stage")
    facts = read_profile(ROOT / "patients" / "bclc-d.yaml").facts
    assert stage.held_in({**facts, "bclc_stage": "C"}).nearest(stage.states) == ("C",)
    assert stage.held_in(facts).nearest([s for s in stage.states if ("D",) not in s.entries]) == ("C",)


def test_what_to_find_out_first_stands_on_top_and_every_change_is_there_for_those_who_ask() -> None:
    shown = CliRunner().invoke(cli, ["whatif", "afp-unknown"], standalone_mode=False).output
    assert shown.index("WHAT TO FIND OUT FIRST") < shown.index("WHAT WOULD ADD AN OPTION")
    assert "Tumour c-MET high (now not known)" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    full = CliRunner().invoke(cli, ["whatif", "afp-unknown", "-v"], standalone_mode=False).output
    assert len(full) > len(shown)


def test_the_command_names_the_best_test_where_a_history_would_settle_more(evaluator: Evaluator) -> None:
    found = what_if(evaluator, profile_of(["bclc_stage=C", "child_pugh_class=A"]))
    assert not found.settling.singles[0].tests_only
    shown = report.text(report.whatif_view(found))
    assert "One fact: Prior sorafenib" in shown
    assert "One test:" in shown


def test_the_command_keeps_to_the_therapy_asked_for_by_id_or_brand_name() -> None:
    for name in ("sorafenib", "Nexavar"):
        arguments = ["whatif", "after-sorafenib-met-high", "-t", name, "-f", "json"]
        written = json.loads(CliRunner().invoke(cli, arguments, standalone_mode=False).output)
        assert {change["therapy"] for change in written["adds"]} == {"sorafenib"}
        assert written["removes"] == []
    assert run(["whatif", "after-sorafenib-met-high", "--therapy", "sorafenb"]) == 2


@pytest.mark.parametrize("patient", sorted((ROOT / "patients").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_other_facts_deny_is_no_result_of_finding_out(patient: Path) -> None:
    """Who had immunotherapy is asked how it ended, not whether; who never took sorafenib is not asked whether it was tolerated."""
    evaluator = evaluator_of(shipped_ruleset("hcc-2026"))
    fields = evaluator.ruleset.fields
    profile = read_profile(patient, fields=fields)
    settling = what_if(evaluator, profile).settling
    alone = {question.titles[0]: question.least for question in settling.singles}
    # Nor is anybody asked for two facts where one settles as much.
    assert all(pair.least > max(alone.get(title, 0) for title in pair.titles) for pair in settling.pairs)
    for question in settling.singles:
        denied = profile.denied(fields[question.fields[0]])
        assert not {result for outcome in question.outcomes for result in outcome.results[0].split(" or ")} & denied
