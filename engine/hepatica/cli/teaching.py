"""Commands for a seminar: the treatment lines and the hazard ratios as pictures, and the quiz."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from hepatica import report, teaching
from hepatica.cli import common
from hepatica.knowledge import FATES, LINES, Endpoint, FateStatus, Line
from hepatica.patient import read_profile
from hepatica.problems import InvalidInput
from hepatica.report import teaching as views
from hepatica.teaching import Level, Quiz, QuizAnswer, QuizCase, QuizQuestion, marked

T = TypeVar("T")
_OF_QUIZ = {name: write for name, write in views.EXPORTS.items() if name != "html"}
_EXPORTED = ("text", "html", *views.EXPORTS)


class QuitQuiz(Exception):
    """The learner has had enough for now."""


def _pictures(
    shown: str, one: Callable[[Any], views.Drawing], pages: Callable[[Any], list[views.Drawing]] | None = None
) -> dict[str, Callable[[Any], str | bytes]]:
    """A result's drawing in the formats of a picture, as PDF page by page. `shown` is the part that must not be empty."""

    def some(found: Any) -> Any:
        if not getattr(found, shown):
            raise InvalidInput.at("picture", "empty", "nothing fits the choice, so there is nothing to draw")
        return found

    return {
        "svg": lambda found: views.svg(one(some(found))),
        "png": lambda found: views.png(one(some(found))),
        "pdf": lambda found: views.pdf(pages(some(found)) if pages else [one(some(found))]),
    }


@click.command("pathway")
@click.argument("patient", required=False)
@common.settings_option
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(list(LINES)), help="Only this line of treatment.")
@common.ruleset_option
@common.printed("svg", "png", "pdf", "mermaid")
def pathway(*, patient: str | None, settings: tuple[str, ...], lines: tuple[Line, ...], ruleset: str) -> common.Output:
    """The treatment lines made from the rules: by line, then standing, strongest first; each drug with its conditions.

    With PATIENT the way taken is lit, and what is closed says which fact closes it. PDF has a landscape page of A4 for each
    line; PNG and PDF need the extra `plots`.

    \b
    Examples:
      hepatica pathway
      hepatica pathway after-sorafenib-met-high
      hepatica pathway after-sorafenib-met-high --output pathway.pdf
      hepatica pathway --line second --format mermaid
    """
    known = common.ruleset(ruleset)
    profile = common.read_patient(patient, settings, known) if patient or settings else None
    formats = _pictures("lines", views.pathway_drawing, views.pathway_pages) | {"mermaid": views.mermaid}
    return common.Output(teaching.pathway(known, profile, lines), views.pathway_view, formats=formats)


@click.command("forest")
@click.option("--endpoint", "-e", "endpoints", multiple=True, type=click.Choice(["OS", "PFS", "TTP"]), help="Only this endpoint.")
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(["first", "second", "third"]), help="Only this line.")
@common.ruleset_option
@common.printed("svg", "png", "pdf")
def forest(*, endpoints: tuple[Endpoint, ...], lines: tuple[str, ...], ruleset: str) -> common.Output:
    """The randomised trials' hazard ratios, by endpoint and control, printed and corrected values side by side.

    Trials that met their primary endpoint and trials that missed it are told apart by shape, colour and word; a subgroup
    or a comparison of doses carries no verdict. PNG and PDF need the extra `plots`.

    \b
    Examples:
      hepatica forest
      hepatica forest --endpoint OS --line second
      hepatica forest --output forest.svg
    """
    found = teaching.forest(common.ruleset(ruleset), endpoints, lines)
    formats = _pictures("panels", views.forest_drawing, views.forest_pages)
    return common.Output(found, views.forest_view, formats=formats)


@click.command("fate")
@click.option("--status", "-s", "statuses", multiple=True, type=click.Choice(list(FATES)), help="Only this; may be repeated.")
@common.ruleset_option
@common.printed("svg", "png", "pdf", verbose="Print the sources in full, too.")
def fate(*, statuses: tuple[FateStatus, ...], ruleset: str) -> common.Output:
    """What became of a ruleset's therapies after its date, each with its source; as a picture: from standing to fate.

    PNG and PDF need the extra `plots`.

    \b
    Examples:
      hepatica fate
      hepatica fate --status failed --status withdrawn
      hepatica fate --output fate.svg
    """
    formats = _pictures("therapies", views.fate_drawing)
    return common.Output(views.fate_listing(common.ruleset(ruleset), statuses), views.fate_view, formats=formats)


@click.command("handout")
@click.argument("patients", nargs=-1, metavar="PATIENT...")
@common.settings_option
@click.option("--date", default="", metavar="TEXT", help="The day to print on it; without it none is printed.")
@click.option("--link", default="", metavar="TEXT", help="Where the case is found again.  [a command that evaluates it]")
@common.ruleset_option
@common.printed("pdf")
def handout(*, patients: tuple[str, ...], settings: tuple[str, ...], date: str, link: str, ruleset: str) -> common.Output:
    """One or two pages of A4 for each patient: the answer, why, what would change it, the trials.

    The same input gives the same bytes: no clock is read. HTML needs nothing and prints as the PDF does; PDF needs the
    extra `pdf` (WeasyPrint).

    \b
    Examples:
      hepatica handout after-sorafenib-met-high --output handout.pdf
      hepatica handout first-line-europe third-line --ruleset hcc-2026 --date "3 May 2027" --output seminar.pdf
      hepatica handout first-line-europe --output handout.html
    """
    evaluator = common.evaluator(ruleset)
    profiles = common.read_patients(patients, settings, evaluator.ruleset.fields)
    changed = "".join(f" --set {shlex.quote(one)}" for one in settings)
    named = [*patients, *[""] * len(profiles)] if len(patients) in (0, len(profiles)) else [p.label for p in profiles]
    again = (f"hepatica evaluate {shlex.quote(name) if name else ''}{changed} --ruleset {ruleset}" for name in named)
    made = [views.handout(evaluator, profile, date, link or own) for profile, own in zip(profiles, again, strict=False)]
    return common.Output(made, views.handout_view, several=True) if len(made) > 1 else common.Output(made[0], views.handout_view)


@click.command("quiz")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Another seed, other cases.")
@click.option("--count", "-n", type=click.IntRange(1, 50), default=5, show_default=True, help="How many cases.")
@click.option("--level", "-l", type=click.Choice(["easy", "medium", "hard"]), help="Only cases of this level.")
@click.option("--resume", metavar="TOKEN", help="Go on with a quiz that was left; the token says which.")
@click.option("--export", type=click.Choice(list(views.EXPORTS)), help="Write the quiz for another program, or for paper.")
@common.ruleset_option
@common.printed("moodle", "gift", "anki", "pdf")
def quiz(*, seed: int, count: int, level: Level | None, resume: str | None, export: str | None, ruleset: str) -> common.Output:
    """Cases to judge: commit first, then see the lesson with its trial, and whether another fact would change the answer.

    A seed gives the same cases whatever the count. Therapies and facts may be answered by number or name; `q` stops and
    says how to go on. With --format, --output or --export nothing is asked; on paper (pdf, html) the answers have pages of
    their own. Anki needs the extra `anki`, PDF the extra `pdf`.

    \b
    Examples:
      hepatica quiz
      hepatica quiz --seed 7 --count 10 --level easy
      hepatica quiz --seed 7 --count 20 --export moodle --output quiz.xml
    """
    start = teaching.read_token(resume) if resume else None
    if start is not None:
        seed, count, level = start.seed, start.count, start.level
    evaluator = common.evaluator(ruleset)
    # The example patients, as far as they have the fields of the ruleset.
    patients = [read_profile(path).under(evaluator.ruleset.fields) for path in common.example_patients().values()]
    made = teaching.quiz(evaluator, patients, seed, count, level)
    if not made.cases:
        raise InvalidInput.at("quiz", "empty", "no case fits the choice of rules and level")
    if start is not None:
        made = marked(made, teaching.resumed(made, start))
    given = click.get_current_context().params
    if export is None and not given.get("format_") and not given.get("output"):
        return common.Output(_asked(made), views.summary_view)
    # What is exported has a form of its own, whatever the file is called.
    return common.Output(made, views.quiz_view, formats=dict.fromkeys(_EXPORTED, views.EXPORTS[export]) if export else _OF_QUIZ)


def _asked(made: Quiz) -> Quiz:
    """The quiz with the answers that a learner gives at the terminal; where input ends early, what was answered is summed up."""
    # Asked first: in the midst of a question nobody could be told.
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None:
            raise InvalidInput.at(f"<std{name[:-3]}>", "closed", f"standard {name} is closed; use --format")
    _say((*views.head_view(made), report.Notice(made.notice)))
    given = [mark.answer for mark in made.marks]
    try:
        for case in made.cases[len(given) :]:
            made = marked(made, given)
            click.echo(f"\n{click.style(views.position(made, case), bold=common.emphasis() or None)}")
            given.append(_ask(case))
    except QuitQuiz:
        click.echo()
    except (click.Abort, UnicodeError, ValueError, RuntimeError) as error:
        click.echo()
        _say(views.summary_view(marked(made, given)) if given else ())
        raise click.Abort from error
    return marked(made, given)


def _ask(case: QuizCase) -> QuizAnswer:
    question = case.question
    _say(views.question_view(case))
    picks = _prompt("Backed therapies (numbers or names, commas between; 0 for none)", lambda text: _picks(text, question))
    facts = f"choose one of: {', '.join(one.title for one in question.facts)}"
    named = _prompt("The deciding fact", lambda text: _known(teaching.fact(text, question), facts))
    answer = QuizAnswer(picks=picks, fact=named, changes=False)
    click.echo()
    _say(views.reveal_view(case, teaching.mark(case, answer)))
    click.echo()
    said = {"yes": True, "y": True, "no": False, "n": False}
    changes = _prompt(f"{question.twist.question} (yes or no)", lambda text: _known(said.get(text.lower()), "yes or no"))
    answer = replace(answer, changes=changes)
    _say(views.twist_view(case, teaching.mark(case, answer)))
    return answer


def _prompt(words: str, read: Callable[[str], T]) -> T:
    """An answer, asked for until it can be read. Raises `QuitQuiz` where the learner wants to stop."""

    def value(text: str) -> T:
        if text.strip().lower() in ("q", "quit", "exit"):
            raise QuitQuiz
        return read(text.strip())

    found: T = click.prompt(words, value_proc=value)
    return found


def _picks(text: str, question: QuizQuestion) -> tuple[str, ...]:
    """The therapies named: by numbers with blanks or commas between, or by names with commas between."""
    if text.lower() in ("0", "none", "-"):
        return ()
    words = text.split() if text.replace(",", " ").replace(" ", "").isdigit() else [text]
    named = [part.strip() for word in words for part in word.split(",") if part.strip()]
    found = [_known(teaching.pick(word, question), teaching.not_offered(word, question)) for word in named]
    return tuple(choice.therapy for choice in question.choices if choice.therapy in found)


def _known(found: T | None, otherwise: str) -> T:
    if found is None:
        raise click.UsageError(otherwise)
    return found


def _say(blocks: report.Blocks) -> None:
    if blocks:
        click.echo(report.text(blocks, common.emphasis()), nl=False)
