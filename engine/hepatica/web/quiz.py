"""The quiz in the browser: commit, see the lesson, think on, and at the end what was missed. The address holds it all.

The cases that are finished stand in the address as one token, the same that `hepatica quiz --resume` takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from hepatica import teaching
from hepatica.evaluation import RulesetIdentity, identity
from hepatica.notice import notice
from hepatica.problems import quote
from hepatica.report import Paragraph, Title
from hepatica.report.teaching import PICKS_QUESTION, reveal_view, summary_view, twist_view, vignette_view
from hepatica.teaching import LEVELS, Level, Quiz, QuizAnswer, QuizCase
from hepatica.web.query import refusal
from hepatica.web.render import PageView, patient_query
from hepatica.web.request import Parameter, Request, not_allowed, words
from hepatica.wording import sentence

COUNTS = ("3", "5", "10", "20")
LARGEST_SEED = 999_999
Stage = Literal["start", "question", "reveal", "twist", "summary"]

NUMBER = "The number a quiz is made from; nothing is asked without it or a token."
SEED = Parameter("seed", NUMBER, longest=6, pattern=r"^[0-9]*$")
COUNT = Parameter("count", "How many cases.", words(COUNTS), title="Cases", default=COUNTS[1])
HARDNESS: dict[str, str] = {name: sentence(name) for name in LEVELS}
LEVEL = Parameter("level", "How hard they are.", lambda *_: HARDNESS, title="Difficulty", none="Mixed")
BEGUN = "A quiz that was begun: its seed, count and level, and the answers so far."
TOKEN = Parameter("token", BEGUN, longest=200, pattern=r"^[0-9a-z.-]*$")
PICK = Parameter("pick", "A therapy held to be backed in the present case.", most=6, longest=60, pattern=r"^[a-z0-9-]*$")
FACT = Parameter("fact", "The fact held to decide in the present case.", longest=60)
COMMIT = Parameter("commit", "Whether the answer is final.", words(("yes",)))
TWIST = Parameter("twist", "Whether the changed fact is held to change what is backed.", words(("yes", "no")))
ANSWER = (PICK, FACT, COMMIT, TWIST)
QUIZ_PARAMETERS = (SEED, COUNT, LEVEL, TOKEN, *ANSWER)


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
    question: teaching.QuizQuestion | None = None
    reveal: teaching.QuizReveal | None = None
    key: teaching.QuizKey | None = None
    mark: teaching.MarkedCase | None = None
    summary: teaching.QuizSummary | None = None


def quiz_page(request: Request) -> PageView:
    """The stage that the address has reached."""
    blank = QuizPage(notice=notice(request.ruleset.card.as_of), ruleset=identity(request.ruleset), stage="start")
    start = _start(request)
    if start is None:
        _nothing_else(request, ANSWER, f"needs a {SEED.name}")
        says = "A case, your answer, then the evidence. You commit before anything is shown; at the end you see what to read."
        return PageView(result=blank, blocks=(Title("Quiz"), Paragraph(says)), template="quiz.html", extra={"stage": "start"})
    made = _made(request, start)
    answers = teaching.resumed(made, start) if start.digest else []
    made = teaching.marked(made, answers)
    page = replace(blank, seed=start.seed, level=start.level, count=start.count, token=teaching.token(made, answers))
    # The patient and the ruleset, which a quiz does not use but keeps.
    carried = parse_qsl(patient_query(request))
    if len(answers) < len(made.cases):
        return _case_view(request, page, made, made.cases[len(answers)], carried)
    _nothing_else(request, ANSWER, "does not go beside a finished quiz")
    again = ((SEED.name, (start.seed + 1) % (LARGEST_SEED + 1)), (COUNT.name, page.count), (LEVEL.name, page.level or ""))
    return PageView(
        result=replace(page, stage="summary", summary=made.summary),
        blocks=(Title(f"Quiz {page.seed}"), *summary_view(made)),
        template="quiz.html",
        extra={"stage": "summary", "again": urlencode([*carried, *again])},
    )


def _start(request: Request) -> teaching.QuizStart | None:
    """What the quiz is made from: a token, or a seed with count and level; None where there is neither."""
    written, seed = request.one(TOKEN), request.one(SEED)
    count, level = request.one(COUNT), request.one(LEVEL)
    if written:
        _nothing_else(request, (SEED, COUNT, LEVEL), f"does not go beside a {TOKEN.name}")
        return teaching.read_token(written)
    if not seed:
        return None
    if not (seed.isascii() and seed.isdigit()):
        raise refusal("out-of-range", f"{SEED.name} cannot be {quote(seed)}; allowed: a whole number from 0 to {LARGEST_SEED}")
    chosen: Level | None = next((name for name in LEVELS if name == level), None)
    return teaching.QuizStart(seed=int(seed), count=int(count), level=chosen, digest="", answers=())


def is_new(request: Request) -> bool:
    """Whether its quiz is still to be made, which may take seconds."""
    start = _start(request)
    return start is not None and _key(request, start) not in request.library.documents


def _key(request: Request, start: teaching.QuizStart) -> tuple[str, str, int, Level | None, int]:
    """What a quiz depends on, and as how many cases of it are needed: a class that starts at once asks for one each."""
    # A seed's row of cases is the same for every count, so the first case may be shown before the others are made.
    return "quiz", request.ruleset.digest, start.seed, start.level, start.count if start.answers else 1


def _made(request: Request, start: teaching.QuizStart) -> Quiz:
    key = _key(request, start)
    patients = [example.profile.under(request.ruleset.fields) for example in request.library.examples.values()]
    make = partial(teaching.quiz, request.evaluator, patients, start.seed, key[-1], start.level)
    found = request.library.documents.get(key, make)
    if not found.cases:
        raise refusal("empty", "no case fits the choice of rules and level")
    return replace(found, asked=start.count)


def _nothing_else(request: Request, parameters: tuple[Parameter, ...], why: str) -> None:
    given = [one.name for one in parameters if any(value.strip() for value in request.own.get(one.name, ()))]
    if given:
        raise refusal("misplaced", f"{', '.join(given)} {why}")


def _case_view(request: Request, page: QuizPage, made: Quiz, case: QuizCase, carried: list[tuple[str, str]]) -> PageView:
    question, key = case.question, case.key
    committed, twist = bool(request.one(COMMIT)), request.one(TWIST)
    therapies, facts = [one.therapy for one in question.choices], [one.title for one in question.facts]
    picks = tuple(_named(PICK, text, teaching.pick(text, question), therapies) for text in request.many(PICK))
    chosen = "".join(_named(FACT, text, teaching.fact(text, question), facts) for text in request.many(FACT))
    answer = QuizAnswer(picks=picks, fact=chosen, changes=twist == "yes")
    if not committed:
        _nothing_else(request, (TWIST,), f"needs {COMMIT.name}")
    stage: Stage = "twist" if twist and committed else "reveal" if committed else "question"
    found = teaching.mark(case, answer)
    # What is not revealed yet never leaves the server, in no format.
    told = replace(page, stage=stage, question=question)
    if committed:
        shown_now = {part.name: getattr(key, part.name) for part in fields(teaching.QuizReveal)}
        told = replace(told, reveal=teaching.QuizReveal(**shown_now))
    if stage == "twist":
        told = replace(told, key=key, mark=found)
    name = question.profile.label if committed and question.profile.label else "A hypothetical patient"
    # A case counts once all of it is answered.
    counted = [*made.marks, *([found] if stage == "twist" else [])]
    points, possible = sum(mark.points for mark in counted), sum(mark.possible_points for mark in counted)
    score = f", {points} of {possible} points so far" if counted else ""
    extra = {
        "stage": stage,
        "question": question,
        "picks_question": PICKS_QUESTION,
        "answer": answer,
        "crumb": f"Case {question.number} of {page.count}{score}",
        "hidden": [*carried, (TOKEN.name, page.token)],
        "twist_blocks": twist_view(case, found),
        "patient": request.reader.write(question.profile),
        "last": question.number >= page.count,
        "next": urlencode([*carried, (TOKEN.name, teaching.token(made, [*(one.answer for one in made.marks), answer]))]),
    }
    shown = reveal_view(case, found) if committed else vignette_view(case)
    return PageView(result=told, blocks=(Title(name), *shown), template="quiz.html", extra=extra)


def _named(parameter: Parameter, text: str, found: str | None, allowed: Iterable[str]) -> str:
    if found is None:
        raise not_allowed(parameter.name, text, allowed)
    return found
