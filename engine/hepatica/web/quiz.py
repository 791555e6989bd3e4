"""The quiz in the browser: commit, see the answer, think on, and at the end what was missed. The address holds it all.

Each finished case is one `done` parameter: the therapies picked (joined by commas), the fact and yes or no, joined by `~`.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from hepatica.notice import notice
from hepatica.problems import InvalidInput, Problem, quote
from hepatica.report.old_document import Document, identity
from hepatica.report.teaching.quiz_document import answer as answer_document
from hepatica.report.teaching.quiz_document import marked_document, question, summary_document
from hepatica.report.teaching.quiz_text import because, exactly, fact_question, turned, twist_question
from hepatica.report.words import LIST_WORDS
from hepatica.teaching.quiz import TOPICS, Answer, Marked, Quiz, mark, quiz, summary
from hepatica.teaching.quiz_answers import fact, pick
from hepatica.teaching.quiz_cases import LEVELS, Case, Level
from hepatica.web.cases import FILE, query_of
from hepatica.web.view import Asked, Parameter, View, refused

SEED, COUNT, LEVEL, DONE, PICK, FACT, TWIST, COMMIT = "seed", "count", "level", "done", "pick", "fact", "twist", "commit"
COUNTS = ("3", "5", "10", "20")
LARGEST_SEED = 999_999
MOST_DONE, MOST_PICKS = 20, 6
YES_NO = ("yes", "no")
Stage = Literal["start", "question", "reveal", "twist", "summary"]

_SLUGS: Document = {"type": "string", "pattern": r"^[a-z0-9-]{0,60}$"}
_FINISHED: Document = {"type": "string", "pattern": r"^([a-z0-9,-]{0,300}~[^~]{0,60}~(yes|no))?$"}
PARAMETERS = (
    Parameter(
        name=SEED,
        says="The number a quiz is made from; nothing is asked without it.",
        schema={"type": "string", "pattern": r"^[0-9]{0,6}$"},
    ),
    Parameter(name=COUNT, says="How many cases.", schema={"type": "string", "enum": ["", *COUNTS]}),
    Parameter(name=LEVEL, says="How many rules are nearly met.", schema={"type": "string", "enum": ["", *LEVELS]}),
    Parameter(
        name=DONE,
        says="A finished case: therapies joined by commas, the fact, yes or no, joined by ~.",
        schema={"type": "array", "maxItems": MOST_DONE, "items": _FINISHED},
    ),
    Parameter(
        name=PICK,
        says="A therapy held to be backed in the present case.",
        schema={"type": "array", "maxItems": MOST_PICKS, "items": _SLUGS},
    ),
    Parameter(name=FACT, says="The fact held to decide in the present case.", schema={"type": "string", "maxLength": 60}),
    Parameter(name=COMMIT, says="Whether the answer is final.", schema={"type": "string", "enum": ["", "yes"]}),
    Parameter(
        name=TWIST,
        says="Whether the changed fact is held to change the options.",
        schema={"type": "string", "enum": ["", *YES_NO]},
    ),
)


def view(asked: Asked) -> View:
    """The stage the address has reached."""
    seed = asked.one(SEED)
    head: Document = {"notice": notice(asked.book.ruleset.card.as_of), "ruleset": identity(asked.book.ruleset)}
    count, level = asked.choice(COUNT, COUNTS) or COUNTS[1], asked.choice(LEVEL, tuple(LEVELS))
    context = {"counts": COUNTS, "levels": LEVELS, "seed": seed, "count": count, "level": level}
    if not seed:
        _nothing_else(asked, (DONE, PICK, FACT, COMMIT, TWIST), "needs a seed")
        return View("quiz_start.html", {**head, "stage": "start", "counts": list(COUNTS), "levels": list(LEVELS)}, context)
    made = _quiz(asked, seed, int(count), level)
    return _Sitting(asked, made, head, context).view()


class _Sitting:
    """One learner's way through a quiz, as far as the address tells it."""

    def __init__(self, asked: Asked, made: Quiz, head: Document, context: Document) -> None:
        self.asked = asked
        self.made = made
        self.head = {**head, "seed": made.seed, "level": made.level, "cases": len(made.cases)}
        self.context = {
            **context,
            "quiz": made,
            "because": because,
            "turned": turned,
            "exactly": exactly,
            "list_words": LIST_WORDS,
        }
        self.done = asked.many(DONE, min(MOST_DONE, len(made.cases)))

    def view(self) -> View:
        """The stage and what belongs to it."""
        cases = self.made.cases
        finished = [_finished(text, case) for text, case in zip(self.done, cases, strict=False)]
        marks = [mark(case, given) for given, case in zip(finished, cases, strict=False)]
        if len(marks) == len(cases):
            _nothing_else(self.asked, (PICK, FACT, COMMIT, TWIST), "does not go beside a finished quiz")
            return self._summary(marks)
        return self._case(cases[len(marks)], marks)

    def _case(self, case: Case, marks: list[Marked]) -> View:
        committed = bool(self.asked.choice(COMMIT, ("yes",)))
        twist = self.asked.choice(TWIST, YES_NO)
        given: Answer | None = _given(self.asked, case, twist)
        if not committed:
            _nothing_else(self.asked, (TWIST,), f"needs {COMMIT}")
            given = None
        stage: Stage = "twist" if twist else "reveal" if committed else "question"
        marked = mark(case, given) if given else None
        document = {**self.head, "stage": stage, "case": question(case)}
        if marked is not None:
            document |= {"answer": _revealed(case, twist), "marked": _told(marked, twist)}
        context = {
            **self.context,
            "stage": stage,
            "quiz_case": case,
            "marked": marked,
            "fact_question": fact_question(case),
            "twist_question": twist_question(case),
            "patient_query": query_of(case.profile),
            "done": self.done,
            "points": (sum(one.points for one in marks), sum(one.possible_points for one in marks)),
            "next": self._next(given) if given and twist else "",
        }
        return View("quiz_case.html", document, context)

    def _next(self, given: Answer) -> str:
        finished = "~".join((",".join(sorted(given.picks)), given.fact, "yes" if given.changes else "no"))
        return urlencode([*_quiz_query(self.asked), *((DONE, text) for text in (*self.done, finished))])

    def _summary(self, marks: list[Marked]) -> View:
        found = summary(self.made.ruleset, marks)
        document = {
            **self.head,
            "stage": "summary",
            "marks": [marked_document(marked) for marked in marks],
            "summary": summary_document(found),
        }
        again = {SEED: (self.made.seed + 1) % (LARGEST_SEED + 1), COUNT: self.asked.one(COUNT), LEVEL: self.asked.one(LEVEL)}
        queries = [query_of(marked.case.profile) for marked in marks]
        context = {
            **self.context,
            "found": found,
            "topics": TOPICS,
            "marks": zip(marks, queries, strict=True),
            "again": urlencode(again),
        }
        return View("quiz_summary.html", document, context)


def _quiz_query(asked: Asked) -> list[tuple[str, str]]:
    return [(name, asked.one(name)) for name in (SEED, COUNT, LEVEL) if asked.one(name)]


def _revealed(case: Case, twist: str) -> Document:
    """The answer, without that to the question that is still open."""
    whole = answer_document(case)
    return whole if twist else {key: value for key, value in whole.items() if key not in ("changes", "gained", "lost")}


def _told(marked: Marked, twist: str) -> Document:
    whole = marked_document(marked)
    held_back = ("changes", "changes_right", "points", "possible_points")
    return whole if twist else {key: value for key, value in whole.items() if key not in held_back}


def _given(asked: Asked, case: Case, twist: str) -> Answer:
    """What was committed to in the present case."""
    picks = [_picked(text, case) for text in asked.many(PICK, MOST_PICKS)]
    return Answer(frozenset(picks), _fact(asked.one(FACT), case), twist == "yes")


def _finished(text: str, case: Case) -> Answer:
    """A finished case as the address keeps it."""
    picks, _, rest = text.partition("~")
    named, _, changes = rest.rpartition("~")
    if changes not in YES_NO:
        raise refused(DONE, text, ("therapies~fact~yes", "therapies~fact~no"))
    chosen = frozenset(_picked(one, case) for one in picks.split(",") if one)
    return Answer(chosen, _fact(named, case), changes == "yes")


def _picked(text: str, case: Case) -> str:
    found = pick(text, case)
    if found is None:
        raise refused(PICK, text, tuple(choice.therapy.id for choice in case.choices))
    return found


def _fact(text: str, case: Case) -> str:
    """The fact named; empty where none was."""
    found = fact(text, case) if text else ""
    if found is None:
        raise refused(FACT, text, tuple(facet.title for facet in case.facts))
    return found


def _nothing_else(asked: Asked, names: tuple[str, ...], why: str) -> None:
    given = [name for name in names if any(value.strip() for value in asked.own.get(name, ()))]
    if given:
        raise InvalidInput([Problem(FILE, 0, 1, "misplaced", f"{name} {why}") for name in given])


def _quiz(asked: Asked, seed: str, count: int, level: str) -> Quiz:
    if not (seed.isascii() and seed.isdigit() and len(seed) <= 6):
        message = f"{SEED} cannot be {quote(seed)}; allowed: a whole number from 0 to {LARGEST_SEED}"
        raise InvalidInput([Problem(FILE, 0, 1, "out-of-range", message)])
    wanted: Level | None = next((name for name in LEVELS if name == level), None)
    patients = [starter.profile for starter in asked.library.starters.values()]
    evaluator = asked.book.evaluator
    key = (asked.book.ruleset.digest, seed, count, level)
    return asked.library.quizzes.get(key, lambda: quiz(evaluator, patients, int(seed), count, wanted))
