"""The quiz: right answers are the evaluator's and have results, patients are believable, and a seed always gives the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from hepatica.evaluation import Evaluator, evaluator_of
from hepatica.knowledge import RANK, catalogue
from hepatica.patient import Profile, Value, facts_of, profile_from, read_profile
from hepatica.problems import InvalidInput
from hepatica.report import document, markdown, text
from hepatica.report.teaching import question_view, quiz_view, reveal_view
from hepatica.teaching import Quiz, QuizAnswer, QuizCase, fact, mark, marked, pick, quiz, read_token, resumed
from tests.conftest import ROOT, shipped_ruleset

LEVELS = ("easy", "medium", "hard")


@pytest.fixture(scope="module")
def made(evaluator: Evaluator, patients: list[Profile]) -> Quiz:
    return quiz(evaluator, patients, seed=3, count=12)


@pytest.fixture(scope="module")
def many(evaluator: Evaluator, patients: list[Profile]) -> dict[str, list[QuizCase]]:
    """Some 100 cases over seeds and levels."""
    found: dict[str, list[QuizCase]] = {}
    for level in LEVELS:
        found[level] = [case for seed in (1, 11) for case in quiz(evaluator, patients, seed, 17, level).cases]  # type: ignore[arg-type]
    return found


def perfect(case: QuizCase) -> QuizAnswer:
    return QuizAnswer(picks=case.key.picks, fact=case.key.fact, changes=case.key.changes)


def opposite(case: QuizCase) -> QuizAnswer:
    wrong = tuple(choice.therapy for choice in case.key.choices if not choice.backed)
    other = next(fact.title for fact in case.question.facts if fact.title != case.key.fact)
    return QuizAnswer(picks=wrong, fact=other, changes=not case.key.changes)


# The cases


def test_same_seed_same_cases_and_another_seed_others(evaluator: Evaluator, patients: list[Profile], made: Quiz) -> None:
    assert document(quiz(evaluator, patients, seed=3, count=12)) == document(made)
    assert quiz(evaluator, patients, seed=4, count=12).cases != made.cases


@pytest.mark.parametrize("level", [None, *LEVELS])
def test_a_shorter_quiz_is_the_beginning_of_a_longer_one(
    evaluator: Evaluator, patients: list[Profile], level: str | None
) -> None:
    longest = quiz(evaluator, patients, 5, 9, level).cases  # type: ignore[arg-type]
    for count in (1, 2, 5):
        assert quiz(evaluator, patients, 5, count, level).cases == longest[:count]  # type: ignore[arg-type]
    assert [case.question.number for case in longest] == list(range(1, 10))


@pytest.mark.slow
def test_right_picks_are_options_with_results(evaluator: Evaluator, many: dict[str, list[QuizCase]]) -> None:
    for case in (case for cases in many.values() for case in cases):
        answer = evaluator.evaluate(case.question.profile)
        options = {entry.therapy: entry for entry in answer.options}
        for choice in case.key.choices:
            assert choice.backed == (choice.therapy in options)
            assert choice.list not in ("possible", "unreported")
        for therapy in case.key.picks:
            standing = options[therapy].standing
            assert standing in ("standard", "positive_phase_3", "licensed", "early_signal")
            cited = [evaluator.ruleset.studies[citation.study] for citation in options[therapy].citations]
            assert standing == "licensed" or any(study.results for study in cited)
        assert {choice.backed for choice in case.key.choices} == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hcc-2016", "hcc-2026"])
def test_no_case_asks_for_a_therapy_without_results_and_a_third_of_the_easy_is_first_line(name: str) -> None:
    evaluator = evaluator_of(shipped_ruleset(name))
    fields, studies = evaluator.ruleset.fields, evaluator.ruleset.studies
    examples = [read_profile(path).under(fields) for path in sorted((ROOT / "patients").glob("*.yaml"))]
    cases = [case for seed in (1, 2, 3, 4) for level in LEVELS for case in quiz(evaluator, examples, seed, 17, level).cases]  # type: ignore[arg-type]
    assert len(cases) > 200
    lines = []
    for case in cases:
        options = {entry.therapy: entry for entry in evaluator.evaluate(case.question.profile).options}
        for therapy in case.key.picks:
            entry = options[therapy]
            assert entry.standing == "licensed" or any(studies[one.study].results for one in entry.citations)
        # Nor does its patient, read again as somebody would type it, contradict itself (intolerant, and yet tolerated).
        assert not profile_from(document(case.question.profile), fields=fields).warnings
        assert case.key.fact in [one.title for one in case.question.facts]
        if case.question.level == "easy":
            lines.append(min((RANK[options[name].standing], options[name].line) for name in case.key.picks)[1])
    assert lines.count("first") * 3 >= len(lines)


def test_no_case_is_one_that_a_clinician_would_not_believe(many: dict[str, list[QuizCase]]) -> None:
    for case in (case for cases in many.values() for case in cases):
        facts = case.question.profile.facts
        others = facts["other_prior_systemic"] or ()
        treated = facts["prior_sorafenib"] in ("progressed", "intolerant") or bool(others)
        assert not case.question.profile.warnings
        left_out = () if case.question.origin == "generated" else (None,)  # an example patient may leave a fact out
        assert facts["bclc_stage"] in ("B", "C", *left_out)
        assert facts["child_pugh_class"] in ("A", "B")
        assert facts["ecog"] in (0, 1, 2, *left_out)
        assert facts["locoregional_suitable"] in (False, *left_out)
        assert not (treated and isinstance(facts["child_pugh_score"], int) and facts["child_pugh_score"] >= 8)
        assert isinstance(others, tuple) and len(others) <= 1
        assert not (facts["bclc_stage"] == "B" and (facts["portal_vein_invasion"] or facts["extrahepatic_spread"]))
        assert facts["bclc_stage"] == "B" or facts["portal_vein_invasion"] or facts["extrahepatic_spread"]


def test_levels_are_what_a_clinician_finds_hard(many: dict[str, list[QuizCase]]) -> None:
    for case in many["easy"]:
        facts = case.question.profile.facts
        assert facts["cmet"] != "high"
        assert facts["ras"] != "mutant"
        assert facts["afp"] is None or facts["afp"] not in (399, 400, 401)
    assert all(case.question.because for level in ("medium", "hard") for case in many[level])
    hard = [case.question.profile.facts for case in many["hard"]]
    assert any(facts["cmet"] == "high" for facts in hard)
    assert any(facts["afp"] == 400 for facts in hard)
    assert any(facts["prior_sorafenib"] == "refused" for facts in hard)


def test_a_quiz_of_all_levels_begins_with_an_easy_one(made: Quiz) -> None:
    assert made.cases[0].question.level == "easy"
    assert {case.question.level for case in made.cases} == set(LEVELS)


def test_child_pugh_is_never_a_wrong_choice_for_a_drug_that_a_poor_liver_rules_out(many: dict[str, list[QuizCase]]) -> None:
    """No case is made with a Child-Pugh class C, yet at a score of 11 every one of these drugs is gone."""
    for case in (case for cases in many.values() for case in cases):
        offered = {name for one in case.question.facts if one.title != case.key.fact for name in one.fields}
        if case.question.focus in case.key.picks:
            assert "child_pugh_score" not in offered


@pytest.mark.slow
def test_no_value_of_a_wrong_fact_moves_the_therapy_asked_about(evaluator: Evaluator, many: dict[str, list[QuizCase]]) -> None:
    for case in many["easy"]:
        question = case.question
        place = _place(evaluator, question.profile, question.focus)
        for one in question.facts:
            names = one.fields if one.title != case.key.fact else ()
            for name in names:
                field = evaluator.ruleset.fields[name]
                words: list[Value] = [(word,) if field.kind == "set" else word for word in field.values]
                for value in (
                    *words,
                    *((True, False) if field.kind == "flag" else (0.0, 15.0, 400.0, 9000.0) if not words else ()),
                ):
                    moved = Profile(facts_of({**question.profile.facts, name: value}))
                    assert _place(evaluator, moved, question.focus) == place, (question.focus, name, value)


def _place(evaluator: Evaluator, profile: Profile, therapy: str) -> str:
    lists = evaluator.evaluate(profile).entries()
    return next(name for name, entries in lists.items() if therapy in {entry.therapy for entry in entries})


def test_the_deciding_fact_is_offered_decides_alone_and_is_no_stage(evaluator: Evaluator, made: Quiz) -> None:
    """Every value of every offered fact is tried: the wrong ones turn the therapy asked about nowhere."""
    for case in made.cases:
        question, facts = case.question, case.question.profile.facts
        assert case.key.fact in [one.title for one in question.facts]
        assert len(question.facts) >= 3
        for one in question.facts:
            assert not {"bclc_stage", "ecog", "locoregional_suitable"} & set(one.fields)
            if one.title != case.key.fact and len(one.fields) == 1:
                field = evaluator.ruleset.fields[one.fields[0]]
                words: list[Value] = [(word,) if field.kind == "set" else word for word in field.values]
                tried = words or [12.0, 399.0, 400.0, 401.0, 9000.0]
                now = question.focus in case.key.picks
                for value in tried if facts[field.name] is not None else []:
                    answer = evaluator.evaluate(Profile(facts_of({**facts, field.name: value})))
                    undecided = question.focus in {entry.therapy for entry in answer.possible}
                    assert undecided or (question.focus in {entry.therapy for entry in answer.options}) == now


def test_the_number_of_right_picks_is_no_hint(many: dict[str, list[QuizCase]]) -> None:
    counts = Counter(len(case.key.picks) for cases in many.values() for case in cases)
    assert len(counts) >= 3
    assert max(counts.values()) <= sum(counts.values()) * 0.6


def test_the_deciding_facts_vary(many: dict[str, list[QuizCase]]) -> None:
    for level, cases in many.items():
        counts = Counter(case.key.fact for case in cases)
        assert len(counts) >= 3, level
        assert max(counts.values()) <= len(cases) * 0.85, level


def test_the_twist_is_what_evaluation_of_the_changed_patient_says(evaluator: Evaluator, many: dict[str, list[QuizCase]]) -> None:
    names = {therapy.name for therapy in evaluator.ruleset.therapies.values()}
    seen = Counter(case.key.changes for cases in many.values() for case in cases)
    assert min(seen.values()) > sum(seen.values()) / 5
    for case in (case for cases in many.values() for case in cases):
        assert case.key.changes == bool(case.key.gained or case.key.lost)
        assert {*case.key.gained, *case.key.lost} <= names
        assert case.question.twist.title != case.key.fact


def test_a_quiz_is_made_without_patients_and_only_where_something_is_backed(evaluator: Evaluator) -> None:
    assert quiz(evaluator, seed=2, count=3).cases
    best = evaluator.ruleset.therapies["best-supportive-care"]
    assert quiz(Evaluator(replace(evaluator.ruleset, therapies={best.id: best}))).cases == ()


def test_a_quiz_of_twenty_cases_costs_little(evaluator: Evaluator, patients: list[Profile]) -> None:
    """Work, not time: how often the evaluator is asked bounds what a class that starts at once costs."""
    asked = 0
    evaluate = evaluator.evaluate

    class Counting(Evaluator):
        def __init__(self) -> None:
            self.ruleset, self.program = evaluator.ruleset, evaluator.program

        def evaluate(self, profile: Profile):  # type: ignore[no-untyped-def]
            nonlocal asked
            asked += 1
            return evaluate(profile)

    assert len(quiz(Counting(), patients, seed=1, count=20).cases) == 20
    assert asked < 120


# Answers, marks, tokens


def test_perfect_answers_get_every_point_and_opposite_ones_none(made: Quiz) -> None:
    best = marked(made, [perfect(case) for case in made.cases]).summary
    assert best is not None
    assert best.points == best.possible_points == sum(len(case.question.choices) + 2 for case in made.cases)
    assert best.missed == ()
    assert all(mark(case, opposite(case)).points == 0 for case in made.cases)


def test_the_summary_says_what_to_read(made: Quiz) -> None:
    done = marked(made, [opposite(case) for case in made.cases])
    assert done.summary is not None
    therapies = [tally for tally in done.summary.missed if tally.topic == "therapy"]
    assert {tally.topic for tally in done.summary.missed} == {"line", "therapy", "fact"}
    assert any(tally.read for tally in therapies)
    shown = " ".join(text(quiz_view(done)).split())
    # By name, as a reader looks it up; ids are for links.
    names = {one.study.id: one.study.name for one in catalogue(done.knowledge)}
    assert all(names[study] in shown for tally in therapies for study in tally.read)


def test_a_token_resumes_the_quiz(evaluator: Evaluator, patients: list[Profile], made: Quiz) -> None:
    answers = [perfect(made.cases[0]), opposite(made.cases[1])]
    summary = marked(made, answers).summary
    assert summary is not None
    start = read_token(summary.token)
    again = quiz(evaluator, patients, start.seed, start.count, start.level)
    assert again == made
    assert resumed(again, start) == answers


@pytest.mark.parametrize(
    "text_", ["", "7", "7.10.easy", "7.10.moon.abcd.", "7.99.easy.abcd.", "x.1.easy.abcd.", "7.2.easy.abcd.zz1y"]
)
def test_no_other_text_is_a_token(evaluator: Evaluator, text_: str) -> None:
    with pytest.raises(InvalidInput):
        start = read_token(text_)
        resumed(quiz(evaluator, seed=start.seed, count=start.count, level=start.level), start)


def test_therapies_and_facts_are_taken_by_number_id_name_synonym_and_beginning(made: Quiz) -> None:
    question = next(case.question for case in made.cases if any(choice.synonyms for choice in case.question.choices))
    for number, choice in enumerate(question.choices, 1):
        spellings = (str(number), choice.therapy, choice.name, choice.name.upper(), f" {choice.name} ", *choice.synonyms)
        assert {pick(spelling, question) for spelling in spellings} == {choice.therapy}
    assert pick("0", question) is pick("7", question) is pick("moonshine", question) is pick("", question) is None
    for number, one in enumerate(question.facts, 1):
        assert {fact(spelling, question) for spelling in (str(number), one.title.lower(), one.fields[0])} == {one.title}


# What is shown


def test_a_question_gives_no_answer_away(made: Quiz) -> None:
    for case in made.cases:
        shown = " ".join(text(question_view(case)).split())
        assert not any(choice.headline and choice.headline in shown for choice in case.key.choices)
        assert not any(word in shown for word in ("not supported", "early signal", "positive phase III"))


def test_a_reveal_begins_with_what_was_chosen_and_ends_with_the_lesson(made: Quiz) -> None:
    for case in made.cases:
        shown = " ".join(text(reveal_view(case, mark(case, opposite(case)))).split())
        assert shown.startswith("You chose: ")
        assert shown.index("The answer") < shown.index("The deciding fact") < shown.index("The lesson: ")
        assert " ".join(case.key.lesson.split()) in shown.partition("The lesson: ")[2]
        told = next(choice for choice in case.key.choices if choice.evidence == case.key.lesson)
        assert told.backed or told.list == "not_supported"
        assert all(choice.name in shown for choice in case.key.choices)
        assert case.key.fact_says in shown


def test_who_chooses_none_is_told_so_and_not_that_each_was_right(made: Quiz) -> None:
    case = made.cases[0]
    wrong = len(case.key.choices) - len(case.key.picks)
    shown = " ".join(text(reveal_view(case, mark(case, QuizAnswer(picks=(), fact=case.key.fact, changes=False)))).split())
    assert shown.startswith(f"You chose: none of them; {wrong} of {len(case.key.choices)} judged rightly.")
    assert shown.count("rightly not chosen") == wrong
    assert shown.count("you missed it") == len(case.key.picks)


def test_text_and_markdown_say_the_same(made: Quiz) -> None:
    done = marked(made, [perfect(case) for case in made.cases])
    plain, marks = " ".join(text(quiz_view(done)).split()), " ".join(markdown(quiz_view(done)).split())
    for case in made.cases:
        for words in (case.question.twist.question, case.key.fact_says):
            assert words in plain
            assert words.split(":")[0] in marks
    assert "For education" in plain
    assert all(len(line) <= 80 for line in text(quiz_view(done)).splitlines())


@pytest.mark.parametrize("level", LEVELS)
def test_a_ruleset_with_fields_of_its_own_makes_a_quiz_from_data_alone(level: str) -> None:
    other = evaluator_of(shipped_ruleset("hcc-2026"))
    cases = quiz(other, seed=4, count=8, level=level).cases  # type: ignore[arg-type]
    assert len(cases) == 8
    for case in cases:
        options = {entry.therapy for entry in other.evaluate(case.question.profile).options}
        assert {choice.therapy for choice in case.key.choices if choice.backed} == options & {
            choice.therapy for choice in case.key.choices
        }
        assert not case.question.profile.warnings
