"""What-if is exact: it lists the irreducible changes that brute force finds, and no others."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import combinations, product

import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli
from hepatica.evaluation import Evaluator
from hepatica.explain.facets import Facet, facets_of, label, merged
from hepatica.explain.lists import TherapyBits, therapy_bits
from hepatica.explain.whatif import Change, what_if
from hepatica.patient import CLASS_RANGES, Facts, Profile, Value, class_of, facts_of, profile_from, profile_of, read_profile
from hepatica.problems import InvalidInput
from hepatica.report.style import Style
from hepatica.report.teaching.whatif_document import document, settings
from hepatica.report.teaching.whatif_text import text
from tests.teaching.conftest import sample_profiles

Move = tuple[tuple[str, Value | None], ...]


def single_moves(evaluator: Evaluator, facts: Facts) -> list[list[Move]]:
    """Per facet every known, consistent state unlike the present one, written as plain facts: no use of facets."""
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
    score_known = facts["child_pugh_score"] is not None
    states: list[tuple[str, int | None]] = [(class_of(score), score) for score in range(5, 16)]
    if not score_known:
        states += [(name, None) for name in CLASS_RANGES]
    here = [tables[name].class_of(facts[name]) for name in ("child_pugh_class", "child_pugh_score")]
    return [
        (("child_pugh_class", name), ("child_pugh_score", score))
        for name, score in states
        if [tables["child_pugh_class"].class_of(name), tables["child_pugh_score"].class_of(score)] != here
    ]


def is_option(evaluator: Evaluator, bits: TherapyBits, facts: Facts) -> bool:
    return bool(evaluator.program.masks(facts).certain & bits.options)


def brute(evaluator: Evaluator, bits: TherapyBits, facts: Facts) -> set[frozenset[tuple[str, Value | None]]]:
    """All irreducible changes of one or two facets, found by trying every one."""
    before = is_option(evaluator, bits, facts)
    facets = single_moves(evaluator, facts)
    flipping: set[frozenset[tuple[str, Value | None]]] = set()
    single: set[Move] = set()
    for move in (move for moves in facets for move in moves):
        if is_option(evaluator, bits, {**facts, **dict(move)}) != before:
            single.add(move)
            flipping.add(frozenset(move))
    for left, right in combinations(facets, 2):
        for first in (m for m in left if m not in single):
            for second in (m for m in right if m not in single):
                if is_option(evaluator, bits, {**facts, **dict(first), **dict(second)}) != before:
                    flipping.add(frozenset((*first, *second)))
    return flipping


def written_out(changes: Iterator[Change]) -> set[frozenset[tuple[str, Value | None]]]:
    """Every assignment that the listed changes of at most two steps stand for."""
    found: set[frozenset[tuple[str, Value | None]]] = set()
    for change in changes:
        assignments: list[Move] = [()]
        for step in change.steps:
            names = [field.name for field in step.facet.fields]
            assignments = [(*done, *zip(names, state.values, strict=True)) for done in assignments for state in step.states]
        found |= {frozenset(assignment) for assignment in assignments}
    return found


@pytest.mark.parametrize("seed", range(6))
def test_single_and_pair_changes_are_those_that_brute_force_finds(evaluator: Evaluator, seed: int) -> None:
    every = therapy_bits(evaluator.ruleset, evaluator.program)
    profile = sample_profiles(evaluator.program, 1, seed, unknown=0.1 * seed)[0]
    found = what_if(evaluator, profile)
    chosen = every[seed % 3 :: 3]
    assert chosen
    for bits in chosen:
        own = [c for c in found.changes if c.therapy.id == bits.therapy.id and len(c.steps) <= 2]
        assert written_out(iter(own)) == brute(evaluator, bits, profile.facts), bits.therapy.id


@pytest.mark.parametrize("name", ["after-sorafenib-met-high", "first-line-mainland-china", "little-known", "sorafenib-refused"])
def test_changes_of_shipped_patients_are_those_that_brute_force_finds(evaluator: Evaluator, name: str) -> None:
    profile = read_profile(f"patients/{name}.yaml")
    found = what_if(evaluator, profile)
    for bits in therapy_bits(evaluator.ruleset, evaluator.program):
        own = [c for c in found.changes if c.therapy.id == bits.therapy.id and len(c.steps) <= 2]
        assert written_out(iter(own)) == brute(evaluator, bits, profile.facts), bits.therapy.id


def test_brute_force_finds_something_to_compare(evaluator: Evaluator, met_high: Profile) -> None:
    bits = next(b for b in therapy_bits(evaluator.ruleset, evaluator.program) if b.therapy.id == "tivantinib")
    found = brute(evaluator, bits, met_high.facts)
    assert frozenset({("cmet", "low")}) in found
    assert any(len(one) > 1 for one in found)


def test_lists_read_from_bits_are_those_of_the_evaluator(evaluator: Evaluator) -> None:
    every = therapy_bits(evaluator.ruleset, evaluator.program)
    for profile in sample_profiles(evaluator.program, 300, seed=7):
        masks = evaluator.program.masks(profile.facts)
        evaluation = evaluator.evaluate(profile)
        expected = {e.therapy.id: name for name, entries in evaluation.entries().items() for e in entries}
        assert {b.therapy.id: b.reached(masks.certain, masks.possible) for b in every} == expected


def test_each_change_evaluates_to_what_it_promises(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 12, seed=3):
        found = what_if(evaluator, profile)
        for change in found.changes:
            reached, entry = evaluator.evaluate(change.profile).entry(change.therapy.id)
            assert reached == change.reaches
            assert (reached == "options") == (change in found.adds)
            assert change.rule is None or entry.finding.rule is change.rule


def test_a_change_written_as_settings_gives_the_same_answer(evaluator: Evaluator, met_high: Profile) -> None:
    for change in what_if(evaluator, met_high).changes:
        again = read_profile("patients/after-sorafenib-met-high.yaml", settings(change))
        assert evaluator.evaluate(again).entry(change.therapy.id)[0] == change.reaches


def test_changed_profiles_are_consistent(evaluator: Evaluator) -> None:
    """Reading the changed profile back raises nothing: class and score of Child-Pugh still fit."""
    from hepatica.documents import read_json

    for profile in sample_profiles(evaluator.program, 8, seed=11):
        found = what_if(evaluator, profile)
        for change in found.changes:
            written = json.dumps(change.profile.as_document()).encode()
            assert profile_from(read_json(written, "p.json"), "p.json").facts == change.profile.facts


def test_nothing_known_is_ever_forgotten(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 10, seed=5):
        found = what_if(evaluator, profile)
        for change in found.changes:
            assert all(change.profile[n] is not None for n, v in profile.facts.items() if v is not None)


def test_every_therapy_without_a_change_is_named_as_such(evaluator: Evaluator, met_high: Profile) -> None:
    found = what_if(evaluator, met_high)
    named = {c.therapy.id for c in found.changes} | {t.id for t in (*found.never, *found.always)}
    assert named == set(evaluator.ruleset.therapies)


def test_kinds_follow_the_nature_of_what_changes(evaluator: Evaluator) -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "region=europe"])
    found = what_if(evaluator, profile)
    kinds = {(change.steps[0].facet.fields[0].name, change.kind) for change in found.changes if len(change.steps) == 1}
    assert ("cmet", "open_test") in kinds
    assert ("etiology", "open_fact") in kinds
    assert ("child_pugh_class", "other_result") in kinds
    assert ("prior_sorafenib", "other_history") in kinds
    by_region = [c for c in found.adds if any(s.facet.title == "Region" for s in c.steps)]
    assert by_region
    assert {c.kind for c in by_region} == {"contrast"}


def test_questions_count_what_evaluation_settles(evaluator: Evaluator) -> None:
    """For each result of the best questions: the evaluator, given one value of it, settles the same therapies."""
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed"])
    settling = what_if(evaluator, profile).settling
    open_now = [entry.therapy.id for entry in evaluator.evaluate(profile).possible]
    assert sorted(t.id for t in settling.possible) == sorted(open_now)
    cmet = next(q for q in settling.singles if q.facets[0].title == "Tumour c-MET")
    for outcome in cmet.outcomes:
        told = facts_of({**profile.facts, "cmet": outcome.results[0]})
        answer = evaluator.evaluate(Profile(told))
        assert {t.id: name for t, name in outcome.settled} == {
            t: answer.entry(t)[0] for t in open_now if answer.entry(t)[0] != "possible"
        }


def settled_by(evaluator: Evaluator, facts: Facts, facets: tuple[Facet, ...]) -> list[int]:
    """For every combination of results of some facets, how many open therapies the evaluator then has settled."""
    open_now = [entry.therapy.id for entry in evaluator.evaluate(Profile(facts)).possible]
    counts = []
    for states in product(*(facet.results(facts) for facet in facets)):
        told = dict(facts)
        for facet, state in zip(facets, states, strict=True):
            told.update(zip((field.name for field in facet.fields), state.values, strict=True))
        answer = evaluator.evaluate(Profile(facts_of(told)))
        counts.append(sum(answer.entry(therapy)[0] != "possible" for therapy in open_now))
    return counts


def test_questions_settle_what_they_promise_and_none_settles_more(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 8, seed=2, unknown=0.5):
        settling = what_if(evaluator, profile).settling
        for question in settling.singles:
            counts = settled_by(evaluator, profile.facts, question.facets)
            assert (question.least, question.most) == (min(counts), max(counts))
        best = settling.singles[0].least if settling.singles else 0
        asked = {question.facets[0].title for question in settling.singles}
        for facet in facets_of(evaluator.program):
            if facet.open_in(profile.facts) and facet.title not in asked:
                assert max(settled_by(evaluator, profile.facts, (facet,))) == 0
        assert all(question.least <= best for question in settling.singles)


def test_pairs_settle_what_they_promise(evaluator: Evaluator) -> None:
    profile = profile_of(["bclc_stage=C", "child_pugh_class=A", "prior_sorafenib=progressed", "region=europe"])
    pairs = what_if(evaluator, profile).settling.pairs
    assert len(pairs) > 3
    for question in pairs[:4]:
        counts = settled_by(evaluator, profile.facts, question.facets)
        assert (question.least, question.most) == (min(counts), max(counts))


def test_too_many_changes_are_refused_and_not_cut_short(
    evaluator: Evaluator, met_high: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hepatica.explain import turns

    monkeypatch.setattr(turns, "MOST_TRIED", 2)
    with pytest.raises(InvalidInput, match="too-many-changes"):
        what_if(evaluator, met_high)


def test_text_names_the_best_test_where_a_history_would_settle_more(evaluator: Evaluator) -> None:
    found = what_if(evaluator, profile_of(["bclc_stage=C", "child_pugh_class=A"]))
    assert not found.settling.singles[0].tests_only
    shown = text(found, Style())
    assert "One fact: Prior sorafenib" in shown
    assert "One test:" in shown


def test_states_that_a_therapy_tells_apart_have_different_labels(evaluator: Evaluator) -> None:
    for bits in therapy_bits(evaluator.ruleset, evaluator.program):
        for facet in facets_of(evaluator.program):
            known = [state for state in facet.states if None not in state.values]
            groups = merged(known, bits.relevant)
            labels = [label(facet, group) for group in groups]
            assert len(set(labels)) == len(labels), (bits.therapy.id, labels)
            assert all(labels)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0], "< 400"),
        ([400.0], "exactly 400"),
        ([800.0], "> 400"),
        ([0.0, 400.0], "<= 400"),
        ([400.0, 800.0], ">= 400"),
        ([0.0, 800.0], "< 400 or > 400"),
    ],
)
def test_amounts_are_labelled_by_their_limits(evaluator: Evaluator, values: list[float], expected: str) -> None:
    facet = next(f for f in facets_of(evaluator.program) if f.fields[0].name == "afp")
    assert label(facet, [s for s in facet.states if s.values[0] in values]) == expected


def test_a_full_what_if_takes_well_under_a_second(evaluator: Evaluator) -> None:
    profiles = [profile_of([]), *sample_profiles(evaluator.program, 5, seed=1)]
    start = time.perf_counter()
    for profile in profiles:
        what_if(evaluator, profile)
    assert (time.perf_counter() - start) / len(profiles) < 0.5


def test_command_writes_text_and_the_same_as_json(evaluator: Evaluator, met_high: Profile) -> None:
    shown = CliRunner().invoke(cli, ["whatif", "after-sorafenib-met-high"], standalone_mode=False)
    assert "Tumour c-MET low (now high)" in shown.output
    assert all(len(line) <= 80 for line in shown.output.splitlines())
    written = CliRunner().invoke(cli, ["whatif", "after-sorafenib-met-high", "-f", "json"], standalone_mode=False)
    assert json.loads(written.output) == json.loads(json.dumps(document(what_if(evaluator, met_high))))


def test_command_keeps_to_the_therapy_asked_for(evaluator: Evaluator) -> None:
    shown = CliRunner().invoke(
        cli, ["whatif", "after-sorafenib-met-high", "-t", "sorafenib", "-f", "json"], standalone_mode=False
    )
    written = json.loads(shown.output)
    assert {change["therapy"] for change in written["adds"]} == {"sorafenib"}
    assert written["removes"] == []


def test_command_refuses_an_unknown_therapy_with_the_nearest_spelling() -> None:
    from hepatica.cli.main import run

    assert run(["whatif", "after-sorafenib-met-high", "--therapy", "sorafenb"]) == 2


def test_of_several_stages_the_nearest_one_is_entered(evaluator: Evaluator, met_high: Profile) -> None:
    found = what_if(evaluator, met_high, ["best-supportive-care"])
    stages = {step.to.values for change in found.removes for step in change.steps if step.facet.title == "BCLC stage"}
    assert stages == {("B",)}


def test_few_words_are_listed_rather_than_the_one_left_out(evaluator: Evaluator) -> None:
    facet = next(f for f in facets_of(evaluator.program) if f.fields[0].name == "prior_sorafenib")
    others = [state for state in facet.states if state.values != ("none",)]
    assert label(facet, others) == "progressed or intolerant or refused"


def test_changes_that_differ_in_one_facet_alone_and_lead_to_the_same_are_one(evaluator: Evaluator) -> None:
    for profile in [*sample_profiles(evaluator.program, 20, seed=31), read_profile("patients/bclc-d.yaml")]:
        changes = what_if(evaluator, profile).changes
        for facet in facets_of(evaluator.program):
            alike = [
                (
                    c.therapy.id,
                    c.reaches,
                    c.rule,
                    tuple((s.facet.title, s.states) for s in c.steps if s.facet.title != facet.title),
                )
                for c in changes
                if any(s.facet.title == facet.title for s in c.steps)
            ]
            assert all(alike.count(one) == 1 for one in alike)
