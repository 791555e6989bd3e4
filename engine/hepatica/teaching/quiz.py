"""A quiz: commit to an answer, then see it marked with the lesson; at the end, what was missed and what to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from hepatica.evaluation import ListName, RulesetResult
from hepatica.knowledge import Line, Ruleset, Standing
from hepatica.patient import Profile
from hepatica.problems import InvalidInput, quote, suggestion
from hepatica.records import Hidden, record
from hepatica.teaching.quiz_patients import LEVELS, Level
from hepatica.wording import grouped

Topic = Literal["line", "therapy", "fact"]
TOPICS: dict[Topic, str] = {"line": "Lines of treatment", "therapy": "Therapies", "fact": "Deciding facts"}
MOST_CASES = 50
_ANY_LEVEL, _RESUME = "any", "--resume"
_TOKEN = re.compile(
    rf"(?P<seed>[0-9]{{1,10}})\.(?P<count>[0-9]{{1,2}})\.(?P<level>{_ANY_LEVEL}|{'|'.join(LEVELS)})\.(?P<digest>[0-9a-f]{{4}})\."
    r"(?P<answers>([0-9a-f]{2}[0-7][yn](-|$))*)"
)


@record(kw_only=True)
class QuizChoice:
    """A therapy to judge, by id and every name that an answer may use."""

    therapy: str
    name: str
    synonyms: tuple[str, ...] = ()


@record(kw_only=True)
class QuizFact:
    """A fact that may decide: one field, or several that change together."""

    title: str
    fields: tuple[str, ...]


@record(kw_only=True)
class QuizTwist:
    """One fact changed: what it was, what it becomes."""

    title: str
    was: str
    becomes: str
    question: str


@record(kw_only=True)
class QuizQuestion:
    """What a learner sees before committing. `because` says what makes the case harder than the textbook."""

    number: int
    origin: Literal["patient", "generated"]
    level: Level
    because: tuple[str, ...]
    profile: Profile
    vignette: str
    not_known: tuple[str, ...]
    choices: tuple[QuizChoice, ...]
    focus: str
    facts: tuple[QuizFact, ...]
    fact_question: str
    twist: QuizTwist


@record(kw_only=True)
class JudgedChoice:
    """What the evidence says of one choice, and which single fact would turn it ("" where none would)."""

    therapy: str
    name: str
    backed: bool
    list: ListName
    line: Line
    standing: Standing
    says: str
    headline: str
    studies: tuple[str, ...]
    turned: str

    @property
    def evidence(self) -> str:
        """What the rule says, and the figures of its headline, unless it says these itself."""
        ratio = re.search(r"HR [0-9.]+", self.headline)
        return self.says if ratio and ratio.group() in self.says else f"{self.says} {self.headline}".strip()


@record(kw_only=True)
class QuizReveal:
    """What is told after committing. `lesson` is the case in one sentence, with its trial."""

    picks: tuple[str, ...]
    choices: tuple[JudgedChoice, ...]
    lesson: str
    fact: str
    fact_says: str


@record(kw_only=True)
class QuizKey(QuizReveal):
    """All that is told at the end: the reveal, and whether the twist changes what is backed."""

    changes: bool
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@record(kw_only=True)
class QuizCase:
    """A question with its key."""

    question: QuizQuestion
    key: QuizKey


@record(kw_only=True)
class QuizAnswer:
    """What a learner commits to: therapies by id, the deciding fact by title, and whether the twist changes what is backed."""

    picks: tuple[str, ...]
    fact: str
    changes: bool


@record(kw_only=True)
class MarkedCase:
    """An answer held against its key: the therapies judged rightly and wrongly; a point for each, the fact and the twist."""

    number: int
    answer: QuizAnswer
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    fact_right: bool
    changes_right: bool
    points: int
    possible_points: int


@record(kw_only=True)
class QuizTally:
    """How often a topic was asked about and rightly answered, and the studies to read where it was not."""

    topic: Topic
    name: str
    right: int
    asked: int
    read: tuple[str, ...]


@record(kw_only=True)
class QuizSummary:
    """The score and what was missed, most misses first. `token` resumes the quiz where cases are left."""

    points: int
    possible_points: int
    answered: int
    missed: tuple[QuizTally, ...]
    token: str


@record(kw_only=True)
class Quiz(RulesetResult):
    """The cases of one seed; `asked` is how many were asked for, which can be more than there are."""

    seed: int
    level: Level | None
    asked: int
    cases: tuple[QuizCase, ...]
    marks: tuple[MarkedCase, ...] = ()
    summary: QuizSummary | None = None
    knowledge: Hidden[Ruleset]


@record(kw_only=True)
class QuizStart:
    """What a token says a quiz is made from; `answers` are still to be read with the cases at hand."""

    seed: int
    count: int
    level: Level | None
    digest: str
    answers: tuple[str, ...]


def mark(case: QuizCase, answer: QuizAnswer) -> MarkedCase:
    """The answer held against the case."""
    judged = [(choice.therapy, (choice.therapy in answer.picks) == choice.backed) for choice in case.key.choices]
    fact_right, changes_right = answer.fact == case.key.fact, answer.changes == case.key.changes
    right = tuple(therapy for therapy, is_right in judged if is_right)
    return MarkedCase(
        number=case.question.number,
        answer=answer,
        right=right,
        wrong=tuple(therapy for therapy, is_right in judged if not is_right),
        fact_right=fact_right,
        changes_right=changes_right,
        points=len(right) + fact_right + changes_right,
        possible_points=len(judged) + 2,
    )


def marked(quiz: Quiz, answers: Sequence[QuizAnswer]) -> Quiz:
    """The quiz with its first cases answered."""
    marks = tuple(mark(case, answer) for case, answer in zip(quiz.cases, answers, strict=False))
    judged = grouped(one for case, found in zip(quiz.cases, marks, strict=False) for one in _judged(case, found))
    missed = [
        QuizTally(
            topic=topic,
            name=name,
            right=sum(is_right for is_right, _ in every),
            asked=len(every),
            read=tuple(dict.fromkeys(study for is_right, studies in every if not is_right for study in studies)),
        )
        for (topic, name), every in judged.items()
        if not all(is_right for is_right, _ in every)
    ]
    order = list(TOPICS)
    summary = QuizSummary(
        points=sum(found.points for found in marks),
        possible_points=sum(found.possible_points for found in marks),
        answered=len(marks),
        missed=tuple(sorted(missed, key=lambda tally: (order.index(tally.topic), tally.right - tally.asked, tally.name))),
        token=token(quiz, [found.answer for found in marks]),
    )
    return replace(quiz, marks=marks, summary=summary)


def _judged(case: QuizCase, found: MarkedCase) -> Iterator[tuple[tuple[Topic, str], tuple[bool, tuple[str, ...]]]]:
    """Every judgement of an answer: the topic and its name, then whether it was right and what to read."""
    for choice in case.key.choices:
        is_right = choice.therapy in found.right
        yield ("line", choice.line), (is_right, ())
        yield ("therapy", choice.name), (is_right, choice.studies)
    focus = next(choice for choice in case.key.choices if choice.therapy == case.question.focus)
    yield ("fact", case.key.fact), (found.fact_right, focus.studies)
    yield ("fact", case.question.twist.title), (found.changes_right, ())


def token(quiz: Quiz, answers: Sequence[QuizAnswer]) -> str:
    """Where a learner stands, in one word: "7.10.easy.a1b2.0b1y-031n". An answer: picks as bits, the fact's number, yes or no."""
    parts = []
    for case, answer in zip(quiz.cases, answers, strict=False):
        bits = sum(1 << index for index, choice in enumerate(case.question.choices) if choice.therapy in answer.picks)
        fact = next((index for index, fact in enumerate(case.question.facts, 1) if fact.title == answer.fact), 0)
        parts.append(f"{bits:02x}{fact}{'y' if answer.changes else 'n'}")
    return ".".join((str(quiz.seed), str(quiz.asked), quiz.level or _ANY_LEVEL, _digest(quiz), "-".join(parts)))


def _digest(quiz: Quiz) -> str:
    # Enough to tell by accident that the rules have changed, and short enough to be typed.
    return quiz.ruleset.digest.rpartition(":")[2][:4]


def read_token(text: str) -> QuizStart:
    """What a token holds. Raises `InvalidInput` for one that no quiz wrote."""
    found = _TOKEN.fullmatch(text.strip())
    if found is None or not 1 <= int(found["count"]) <= MOST_CASES:
        raise InvalidInput.at(_RESUME, "token", f"{quote(text)} is no token that a quiz wrote")
    level = next((name for name in LEVELS if name == found["level"]), None)
    answers = tuple(part for part in found["answers"].split("-") if part)
    return QuizStart(seed=int(found["seed"]), count=int(found["count"]), level=level, digest=found["digest"], answers=answers)


def resumed(quiz: Quiz, start: QuizStart) -> list[QuizAnswer]:
    """The answers of a token. Raises `InvalidInput` where the rules are others than those it was made under."""
    if start.digest != _digest(quiz) or len(start.answers) > len(quiz.cases):
        raise InvalidInput.at(_RESUME, "token", "this token was written for other rules or another quiz")
    answers = []
    for case, part in zip(quiz.cases, start.answers, strict=False):
        bits, fact = int(part[:2], 16), int(part[2])
        picks = tuple(choice.therapy for index, choice in enumerate(case.question.choices) if bits >> index & 1)
        title = case.question.facts[fact - 1].title if 1 <= fact <= len(case.question.facts) else ""
        answers.append(QuizAnswer(picks=picks, fact=title, changes=part[3] == "y"))
    return answers


def pick(text: str, question: QuizQuestion) -> str | None:
    """The therapy that a learner names by number, id, name, synonym, or a beginning that only one has; None for no other."""
    return _named(text, {choice.therapy: (choice.therapy, choice.name, *choice.synonyms) for choice in question.choices})


def fact(text: str, question: QuizQuestion) -> str | None:
    """The fact that a learner names by number, title or field; None for one that is not offered."""
    return _named(text, {fact.title: (fact.title, *fact.fields) for fact in question.facts})


def _named(text: str, named: dict[str, tuple[str, ...]]) -> str | None:
    # Numbers first: a name may begin with a digit, but none is a number.
    wanted = _plain(text)
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 3:
        return dict(enumerate(named, 1)).get(int(wanted))
    exact = [key for key, words in named.items() if wanted in map(_plain, words)]
    found = exact or [key for key, words in named.items() if wanted and any(_plain(word).startswith(wanted) for word in words)]
    return found[0] if len(found) == 1 else None


def _plain(text: str) -> str:
    return " ".join(re.sub("[-_+]", " ", text.lower()).split())


def not_offered(text: str, question: QuizQuestion) -> str:
    """What to tell a learner who names a therapy that is not offered."""
    return f"{quote(text)} is not offered; {suggestion(text, [choice.name for choice in question.choices])}, or a number"
