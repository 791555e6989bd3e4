"""The quiz in the browser: commit, see the lesson, think on, and at the end what was missed. The address holds it all.

The cases that are finished stand in the address as one token, the same that `hepatica quiz --resume` takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import LINES
from hepatica.notice import notice
from hepatica.problems import quote, suggestion
from hepatica.report import Block, Blocks, Item, Items, Paragraph, Ref, Section, Title
from hepatica.report.teaching import PICKS_QUESTION, question_view, reveal_view, twist_view
from hepatica.teaching import (
    LEVELS,
    TOPICS,
    JudgedChoice,
    Level,
    Quiz,
    QuizAnswer,
    QuizCase,
    QuizQuestion,
    QuizStart,
    QuizSummary,
    QuizTally,
    fact,
    mark,
    marked,
    pick,
    quiz,
    read_token,
    resumed,
    token,
)
from hepatica.web.form import choice_control, first_up
from hepatica.web.query import refusal
from hepatica.web.render import PageView, patient_query
from hepatica.web.request import Request, one_of, several, typed

SEED, COUNT, LEVEL, TOKEN, PICK, FACT, TWIST, COMMIT = "seed", "count", "level", "token", "pick", "fact", "twist", "commit"
COUNTS = ("3", "5", "10", "20")
LARGEST_SEED = 999_999
LONGEST_TOKEN, MOST_PICKS = 200, 6
YES_NO = ("yes", "no")
Stage = Literal["start", "question", "reveal", "twist", "summary"]

QUIZ_PARAMETERS = (
    typed(SEED, "The number a quiz is made from; nothing is asked without it or a token.", 6, r"^[0-9]*$"),
    one_of(COUNT, "How many cases.", COUNTS),
    one_of(LEVEL, "How hard they are.", LEVELS),
    typed(TOKEN, "A quiz that was begun: its seed, count and level, and the answers so far.", LONGEST_TOKEN, r"^[0-9a-z.-]*$"),
    several(MOST_PICKS, typed(PICK, "A therapy held to be backed in the present case.", 60, r"^[a-z0-9-]*$")),
    typed(FACT, "The fact held to decide in the present case.", 60),
    one_of(COMMIT, "Whether the answer is final.", ("yes",)),
    one_of(TWIST, "Whether the changed fact is held to change what is backed.", YES_NO),
)


@dataclass(frozen=True, slots=True)
class QuizReveal:
    """What is told after committing: each choice, which were judged rightly, the deciding fact, the lesson."""

    choices: tuple[JudgedChoice, ...]
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    fact: str
    fact_right: bool
    fact_says: str
    lesson: str


@dataclass(frozen=True, slots=True)
class QuizTwistReveal:
    """What is told at the end of a case: whether the changed fact changes what is backed, and the points."""

    changes: bool
    changes_right: bool
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    points: int
    possible_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizPage:
    """Where a learner is, with what may be told there and nothing beyond; `token` goes on from the cases that are finished."""

    notice: str
    ruleset: RulesetIdentity
    stage: Stage
    seed: int | None = None
    level: Level | None = None
    count: int = 0
    token: str = ""
    question: QuizQuestion | None = None
    reveal: QuizReveal | None = None
    twist: QuizTwistReveal | None = None
    summary: QuizSummary | None = None


def quiz_page(request: Request) -> PageView:
    """The stage that the address has reached."""
    blank = QuizPage(notice=notice(request.ruleset.card.as_of), ruleset=identity(request.ruleset), stage="start")
    start = _start(request)
    if start is None:
        _nothing_else(request, (PICK, FACT, COMMIT, TWIST), f"needs a {SEED}")
        return _start_view(request, blank)
    made = _made(request, start)
    answers = resumed(made, start) if start.digest else []
    made = marked(made, answers)
    page = replace(blank, seed=start.seed, level=start.level, count=start.count, token=token(made, answers))
    if len(answers) >= len(made.cases):
        _nothing_else(request, (PICK, FACT, COMMIT, TWIST), "does not go beside a finished quiz")
        return _summary_view(request, replace(page, stage="summary", summary=made.summary))
    return _case_view(request, page, made, made.cases[len(answers)])


def _start(request: Request) -> QuizStart | None:
    """What the quiz is made from: a token, or a seed with count and level; None where there is neither."""
    written, seed = request.one(TOKEN), request.one(SEED)
    count, level = request.choice(COUNT, COUNTS), request.choice(LEVEL, tuple(LEVELS))
    if written:
        _nothing_else(request, (SEED, COUNT, LEVEL), f"does not go beside a {TOKEN}")
        return read_token(written)
    if not seed:
        return None
    if not (seed.isascii() and seed.isdigit() and len(seed) <= 6):
        raise refusal("out-of-range", f"{SEED} cannot be {quote(seed)}; allowed: a whole number from 0 to {LARGEST_SEED}")
    chosen: Level | None = next((name for name in LEVELS if name == level), None)
    return QuizStart(seed=int(seed), count=int(count or COUNTS[1]), level=chosen, digest="", answers=())


def _made(request: Request, start: QuizStart) -> Quiz:
    """The quiz as far as it is needed. A class that starts at once asks for one case each; the others are made later."""
    needed = start.count if start.answers else 1
    patients = [example.profile for example in request.library.examples.values()]
    key = ("quiz", request.ruleset.digest, start.seed, start.level, needed)
    found = request.library.documents.get(key, lambda: quiz(request.evaluator, patients, start.seed, needed, start.level))
    assert isinstance(found, Quiz)
    if not found.cases:
        raise refusal("empty", "no case fits the choice of rules and level")
    return replace(found, asked=start.count)


def _nothing_else(request: Request, names: tuple[str, ...], why: str) -> None:
    given = [name for name in names if any(value.strip() for value in request.own.get(name, ()))]
    if given:
        raise refusal("misplaced", f"{', '.join(given)} {why}")


def _start_view(request: Request, page: QuizPage) -> PageView:
    blocks = (
        Title("Quiz"),
        Paragraph(
            "A case, your answer, then the evidence. You commit before anything is shown; at the end you see what to read."
        ),
    )
    levels: dict[str, str] = {"": "Mixed", **{name: first_up(name) for name in LEVELS}}
    filters = (
        choice_control(COUNT, "Cases", {name: name for name in COUNTS}, COUNTS[1]),
        choice_control(LEVEL, "Difficulty", levels, ""),
    )
    return PageView(result=page, blocks=blocks, filters=filters, button="Begin", template="quiz.html", extra={"stage": "start"})


def _case_view(request: Request, page: QuizPage, made: Quiz, case: QuizCase) -> PageView:
    committed = bool(request.choice(COMMIT, ("yes",)))
    twist = request.choice(TWIST, YES_NO)
    picks = tuple(_picked(name, case.question) for name in request.many(PICK, MOST_PICKS))
    answer = QuizAnswer(picks=picks, fact=_fact(request.one(FACT), case.question), changes=twist == "yes")
    if not committed:
        _nothing_else(request, (TWIST,), f"needs {COMMIT}")
    stage: Stage = "twist" if twist and committed else "reveal" if committed else "question"
    found = mark(case, answer)
    key = case.key
    reveal = QuizReveal(key.choices, found.right, found.wrong, key.fact, found.fact_right, key.fact_says, key.lesson)
    ended = QuizTwistReveal(key.changes, found.changes_right, key.gained, key.lost, found.points, found.possible_points)
    told = replace(
        page,
        stage=stage,
        question=case.question,
        reveal=reveal if stage != "question" else None,
        twist=ended if stage == "twist" else None,
    )
    shown: list[Block] = list(question_view(made, case)[:2]) if stage == "question" else list(reveal_view(case, found))
    name = case.question.profile.label if stage != "question" and case.question.profile.label else "A hypothetical patient"
    done = [one.answer for one in made.marks]
    points, possible = (made.summary and (made.summary.points, made.summary.possible_points)) or (0, 0)
    extra = {
        "stage": stage,
        "question": case.question,
        "picks_question": PICKS_QUESTION,
        "answer": answer,
        "crumb": f"Case {case.question.number} of {page.count}" + (f", {points} of {possible} points so far" if possible else ""),
        "hidden": [*_carried(request), (TOKEN, page.token)],
        "twist_blocks": twist_view(case, found),
        "patient": request.reader.write(case.question.profile),
        "last": case.question.number >= page.count,
        "next": urlencode([*_carried(request), (TOKEN, token(made, [*done, answer]))]),
    }
    return PageView(result=told, blocks=(Title(name), *shown), template="quiz.html", extra=extra)


def _carried(request: Request) -> list[tuple[str, str]]:
    """The patient and the ruleset, which a quiz does not use but keeps."""
    return parse_qsl(patient_query(request))


def _picked(text: str, question: QuizQuestion) -> str:
    found = pick(text, question)
    if found is None:
        raise refusal("unknown-value", f"{PICK} cannot be {quote(text)}; {suggestion(text, _choices(question))}")
    return found


def _choices(question: QuizQuestion) -> list[str]:
    return [choice.therapy for choice in question.choices]


def _fact(text: str, question: QuizQuestion) -> str:
    """The fact named; empty where none was."""
    found = fact(text, question) if text else ""
    if found is None:
        titles = [one.title for one in question.facts]
        raise refusal("unknown-value", f"{FACT} cannot be {quote(text)}; {suggestion(text, titles)}")
    return found


def _summary_view(request: Request, page: QuizPage) -> PageView:
    assert page.summary is not None
    blocks = (Title(f"{page.summary.points} of {page.summary.possible_points} points"), *_missed(request, page.summary))
    again = ((SEED, ((page.seed or 0) + 1) % (LARGEST_SEED + 1)), (COUNT, page.count), (LEVEL, page.level or ""))
    query = urlencode([*_carried(request), *again])
    return PageView(result=page, blocks=blocks, template="quiz.html", extra={"stage": "summary", "again": query})


def _missed(request: Request, summary: QuizSummary) -> Iterator[Block]:
    """What was missed, by topic, each with the studies to read."""
    if not summary.missed:
        yield Paragraph("Nothing missed.")
    for topic, title in TOPICS.items():
        tallies = [tally for tally in summary.missed if tally.topic == topic]
        if tallies:
            yield Section(title, (Items(tuple(_missed_item(request, tally) for tally in tallies)),))


def _missed_item(request: Request, tally: QuizTally) -> Item:
    name = first_up(LINES.get(tally.name, tally.name))
    studies = tuple(Item(request.ruleset.studies[study].name, ref=Ref("study", study)) for study in tally.read)
    details: Blocks = (Items(studies, "Read"),) if studies else ()
    return Item(name, f"{tally.asked - tally.right} of {tally.asked} missed", details=details)
