"""The quiz: right answers are the evaluator's, cases are neither trivial nor repeated, and a seed always gives the same."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli, run
from hepatica.documents import read_document
from hepatica.evaluation import Evaluator
from hepatica.explain.facets import facets_of
from hepatica.explain.whatif import what_if
from hepatica.patient import Profile, doubts, facts_of, read_profile
from hepatica.problems import InvalidInput
from hepatica.report.style import Style
from hepatica.report.teaching.quiz_document import document, question
from hepatica.report.teaching.quiz_text import question as question_text
from hepatica.report.teaching.quiz_text import reveal, summary_text, turned
from hepatica.teaching.quiz import Answer, Quiz, mark, quiz, summary
from hepatica.teaching.quiz_answers import read_answers
from hepatica.teaching.quiz_cases import LEVELS, Case
from hepatica.teaching.quiz_profiles import nearly_met
from tests.teaching.conftest import sample_profiles


@pytest.fixture(scope="module")
def patients() -> list[Profile]:
    return [read_profile(path) for path in sorted(Path("patients").glob("*.yaml"))]


@pytest.fixture(scope="module")
def made(evaluator: Evaluator, patients: list[Profile]) -> Quiz:
    return quiz(evaluator, patients, seed=3, count=12)


def perfect(case: Case) -> Answer:
    return Answer(frozenset(c.therapy.id for c in case.choices if c.is_option), case.deciding.title, case.twist.changes)


def test_same_seed_same_quiz_and_another_seed_another(evaluator: Evaluator, patients: list[Profile], made: Quiz) -> None:
    again = quiz(evaluator, patients, seed=3, count=12)
    other = quiz(evaluator, patients, seed=4, count=12)
    assert json.dumps(document(made)) == json.dumps(document(again))
    assert [question(case) for case in other.cases] != [question(case) for case in made.cases]


def test_as_many_cases_as_asked_for_and_numbered(made: Quiz) -> None:
    assert [case.number for case in made.cases] == list(range(1, 13))
    assert {case.origin for case in made.cases} == {"patient", "generated"}


def test_no_two_cases_look_the_same_to_the_rules(evaluator: Evaluator, made: Quiz) -> None:
    classes = [
        tuple(t.classes.class_of(case.profile[t.classes.field.name]) for t in evaluator.program.tables) for case in made.cases
    ]
    assert len(set(classes)) == len(classes)


@pytest.mark.parametrize("seed", range(3))
def test_cases_are_not_trivial(evaluator: Evaluator, seed: int) -> None:
    for case in quiz(evaluator, seed=seed, count=10).cases:
        answers = {choice.is_option for choice in case.choices}
        assert answers == {True, False}
        assert case.evaluation.scope == "in"
        assert case.nearly >= LEVELS["easy"][0]
        assert not doubts(case.profile.facts)
        assert any(rule.standing != "supportive" for rule in case.focus.therapy.rules)
        assert case.twist.step.facet is not case.deciding
        assert len({choice.therapy.id for choice in case.choices}) == 6


def test_right_picks_are_the_options_of_the_evaluator(evaluator: Evaluator, made: Quiz) -> None:
    for case in made.cases:
        options = {entry.therapy.id for entry in evaluator.evaluate(case.profile).options}
        for choice in case.choices:
            assert choice.is_option == (choice.therapy.id in options)


def test_only_the_deciding_fact_turns_the_focus_by_itself(evaluator: Evaluator, made: Quiz) -> None:
    """Every state of every offered fact is tried: the right one turns the focus somewhere, the others nowhere."""
    for case in made.cases:
        before = case.focus.is_option
        for facet in case.facts:
            turned = set()
            for state in facet.moves(case.profile.facts):
                names = (field.name for field in facet.fields)
                facts = facts_of({**case.profile.facts, **dict(zip(names, state.values, strict=True))})
                options = {entry.therapy.id for entry in evaluator.evaluate(Profile(facts)).options}
                turned.add((case.focus.therapy.id in options) != before)
            assert (True in turned) == (facet.title == case.deciding.title)


def test_the_twist_is_what_evaluation_of_the_changed_patient_says(evaluator: Evaluator, made: Quiz) -> None:
    seen = set()
    for case in made.cases:
        names = [field.name for field in case.twist.step.facet.fields]
        facts = facts_of({**case.profile.facts, **dict(zip(names, case.twist.step.to.values, strict=True))})
        assert facts != case.profile.facts
        before = {entry.therapy.id for entry in case.evaluation.options}
        after = {entry.therapy.id for entry in evaluator.evaluate(Profile(facts)).options}
        assert case.twist.changes == (before != after)
        assert {t.id for t in case.twist.gained} == after - before
        assert {t.id for t in case.twist.lost} == before - after
        seen.add(case.twist.changes)
    assert seen == {True, False}


def test_difficulty_counts_the_rules_that_one_fact_would_make_apply(evaluator: Evaluator) -> None:
    facets = facets_of(evaluator.program)
    for profile in sample_profiles(evaluator.program, 6, seed=8):
        expected = set()
        masks = evaluator.program.masks(profile.facts)
        for rule in evaluator.ruleset.rules.values():
            goal = evaluator.program.goals[f"rule/{rule.id}"]
            for facet in facets:
                for state in facet.moves(profile.facts):
                    names = (field.name for field in facet.fields)
                    moved = {**profile.facts, **dict(zip(names, state.values, strict=True))}
                    if not masks.certain & goal.mask and evaluator.program.masks(moved).certain & goal.mask:
                        expected.add(rule.id)
        assert {rule.id for rule in nearly_met(evaluator, facets, profile.facts)} == expected


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_level_keeps_to_its_range(evaluator: Evaluator, level: str) -> None:
    low, high = LEVELS[level]  # type: ignore[index]
    found = quiz(evaluator, seed=2, count=4, level=level).cases  # type: ignore[arg-type]
    assert len(found) == 4
    assert all(low <= case.nearly <= high and case.level == level for case in found)


def test_perfect_answers_get_every_point_and_miss_nothing(made: Quiz) -> None:
    marks = [mark(case, perfect(case)) for case in made.cases]
    found = summary(made.ruleset, marks)
    assert found.points == found.possible_points == 8 * len(made.cases)
    assert not any(tally.right < tally.asked for tally in found.tallies)


def test_opposite_answers_get_no_point(made: Quiz) -> None:
    for case in made.cases:
        wrong = frozenset(c.therapy.id for c in case.choices if not c.is_option)
        other = next(facet.title for facet in case.facts if facet.title != case.deciding.title)
        marked = mark(case, Answer(wrong, other, not case.twist.changes))
        assert marked.points == 0


def test_summary_names_the_line_trial_and_biomarker_of_what_was_missed(made: Quiz) -> None:
    case, missed = next(
        (case, choice)
        for case in made.cases
        for choice in case.choices
        if any(leaf in repr(choice.entry.finding.rule.when) for leaf in ("'cmet'", "'ras'", "'afp'"))
    )
    right = perfect(case)
    marked = mark(case, Answer(right.picks ^ {missed.therapy.id}, right.fact, right.changes))
    found = summary(made.ruleset, [marked])
    assert [tally.asked - tally.right for tally in found.missed("line")] == [1]
    trial = made.ruleset.studies[missed.entry.finding.rule.cites[0]].name
    assert [tally.name for tally in found.missed("trial")] == [trial]
    assert found.missed("biomarker")
    assert not found.missed("fact")


def test_question_gives_no_answer_away(made: Quiz) -> None:
    for case in made.cases:
        shown = question_text(case, Style()).split("Which of these")[1]
        assert not any(word in shown for word in ("option", "ruled out", "not supported", "in trial"))
        assert not {"answer", "picks", "changes"} & question(case).keys()


def test_reveal_shows_trial_and_near_misses(made: Quiz) -> None:
    for case in made.cases:
        shown = " ".join(reveal(mark(case, Answer(frozenset(), "", changes=False)), Style()).split())
        assert all(len(line) <= 80 for line in reveal(mark(case, perfect(case)), Style()).splitlines())
        for choice in case.choices:
            assert choice.therapy.name in shown
            assert not choice.is_option or "missed" in shown
        assert f"{case.deciding.title} decides" in shown


def test_answers_may_be_numbers_names_or_ids(made: Quiz) -> None:
    case = made.cases[0]
    first, third = case.choices[0].therapy.id, case.choices[2].therapy.id
    written = json.dumps([{"picks": [first, 3], "fact": case.facts[1].fields[0].name, "changes": True}])
    answers = read_answers(read_document(written.encode(), "a.json"), "a.json", [case])
    assert answers == [Answer(frozenset({first, third}), case.facts[1].title, changes=True)]


def test_wrong_answers_are_all_reported_with_their_place(made: Quiz) -> None:
    text = b"- {picks: [nothing], fact: Moon, changes: perhaps}\n- {pick: [1], fact: 1, changes: yes}\n"
    with pytest.raises(InvalidInput) as caught:
        read_answers(read_document(text, "a.yaml"), "a.yaml", made.cases[:2])
    assert [(p.line, p.code) for p in caught.value.problems] == [
        (1, "unknown-value"),
        (1, "unknown-value"),
        (1, "unknown-value"),
        (2, "missing"),
        (2, "unknown-field"),
    ]


def test_answers_for_another_number_of_cases_are_refused(made: Quiz) -> None:
    with pytest.raises(InvalidInput):
        read_answers(read_document(b"[]", "a.json"), "a.json", made.cases)


def test_command_prompts_reveal_and_sum_up() -> None:
    done = CliRunner().invoke(cli, ["quiz", "-n", "2", "--seed", "5"], input="1 9\n1,2\n3\ny\n0\n1\nn\n", standalone_mode=False)
    assert done.exception is None
    assert done.output.index("Which of these") < done.output.index("The answer") < done.output.index("Summary")
    assert "not offered" in done.output


def test_command_runs_from_answers_and_writes_a_course(tmp_path: Path) -> None:
    course = json.loads(CliRunner().invoke(cli, ["quiz", "-n", "3", "-f", "json"], standalone_mode=False).output)
    assert course["summary"] is None
    answers = [{key: case["answer"][key] for key in ("picks", "fact", "changes")} for case in course["cases"]]
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers), encoding="utf-8")
    arguments = ["quiz", "-n", "3", "--answers", str(file)]
    marked = json.loads(CliRunner().invoke(cli, [*arguments, "-f", "json"], standalone_mode=False).output)
    assert marked["summary"]["points"] == marked["summary"]["possible_points"] == 24
    shown = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "Summary: 24 of 24 points" in shown.output
    piped = CliRunner().invoke(cli, ["quiz", "-n", "3", "--answers", "-"], input=json.dumps(answers), standalone_mode=False)
    assert piped.output == shown.output


def test_command_refuses_bad_answers(tmp_path: Path) -> None:
    assert run(["quiz", "--answers", str(tmp_path / "none.yaml")]) == 2


def test_summary_carries_the_notice(made: Quiz) -> None:
    shown = summary_text(made, summary(made.ruleset, []), Style())
    assert "For education" in shown


def test_a_learner_who_stops_early_sees_the_summary_of_what_was_answered() -> None:
    arguments = ["quiz", "-n", "2", "--seed", "5"]
    stopped = CliRunner().invoke(cli, arguments, input="1\n3\ny\n2\n", standalone_mode=False)
    assert isinstance(stopped.exception, click.Abort)
    assert "of 8 points\n  Lines of treatment:" in stopped.output
    at_once = CliRunner().invoke(cli, arguments, input="", standalone_mode=False)
    assert "Summary" not in at_once.output
    assert "For education" in at_once.output


def test_a_choice_without_cases_is_an_error_and_one_with_too_few_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quiz", "--ruleset", "teaching-faults"]) == 2
    assert "no case fits the choice" in capsys.readouterr().err
    few = CliRunner().invoke(cli, ["quiz", "--source", "patients", "-n", "50"], input="", standalone_mode=False)
    assert "(50 were asked for)" in few.output


def test_what_would_turn_a_therapy_is_said_in_one_way(made: Quiz) -> None:
    said = [turned(choice.near) for case in made.cases for choice in case.choices if choice.near]
    assert said
    assert all(words.startswith("given ") and ", it would be " in words for words in said)


def test_the_number_of_right_picks_is_no_hint(evaluator: Evaluator) -> None:
    counts = [sum(c.is_option for c in case.choices) for case in quiz(evaluator, seed=8, count=20).cases]
    assert len(set(counts)) > 2
    assert max(counts.count(number) for number in counts) <= 10
    assert all(0 < number < 6 for number in counts)


def test_a_near_miss_is_about_a_fact_that_stands_against_the_therapy(evaluator: Evaluator, made: Quiz) -> None:
    told = 0
    for case in made.cases:
        adds = what_if(evaluator, case.profile).adds
        for choice in case.choices:
            blocking = {reason.field for reason in choice.entry.finding.blocked_by}
            turning = [c for c in adds if c.therapy is choice.therapy and len(c.steps) == 1]
            titles = [c.steps[0].facet.title for c in turning if blocking & {f.name for f in c.steps[0].facet.fields}]
            if choice is not case.focus and titles:
                assert choice.near is not None
                assert choice.near.steps[0].facet.title in titles
                told += 1
        assert case.focus in case.choices
        assert case.focus.near == case.turn
    assert told > 5
