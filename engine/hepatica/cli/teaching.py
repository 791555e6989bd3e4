"""Commands for a seminar: the treatment lines and the hazard ratios as pictures, and the quiz."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import click

from hepatica import report, teaching
from hepatica.cli import common
from hepatica.documents import read_document, read_input
from hepatica.knowledge import FATES, Endpoint, FateStatus, Line, Ruleset
from hepatica.patient import Profile
from hepatica.problems import InvalidInput, Problem
from hepatica.report import teaching as views
from hepatica.teaching import Forest, Level, Pathway, Quiz, QuizAnswer, QuizCase, QuizQuestion, marked

T = TypeVar("T")
_QUIT = ("q", "quit", "exit")
_NONE = ("0", "none", "-")
_YES_NO = {"yes": "yes", "y": "yes", "no": "no", "n": "no"}
_LINES = ("first", "second", "third", "later", "any")


class QuitQuiz(Exception):
    """The learner has had enough for now."""


@click.command("pathway")
@click.argument("patient", required=False)
@common.settings_option
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(_LINES), help="Only this line of treatment.")
@click.option("--narrow", is_flag=True, help="The picture for a phone, in one column.")
@common.ruleset_option
@common.printed("svg", "png", "pdf", "mermaid")
def pathway(
    *, patient: str | None, settings: tuple[str, ...], lines: tuple[Line, ...], narrow: bool, ruleset: str
) -> common.Output:
    """The treatment lines made from the rules: by line, then standing, strongest first; each drug with its conditions.

    With PATIENT the way taken is lit, and what is closed says which fact closes it. PDF has a landscape page of A4 for each
    line; PNG and PDF need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica pathway
      hepatica pathway after-sorafenib-met-high
      hepatica pathway after-sorafenib-met-high --output pathway.pdf
      hepatica pathway --line second --format mermaid
    """

    known = common.ruleset(ruleset)
    profile = common.read_patient(patient, settings, known) if patient or settings else None
    width = views.PHONE if narrow else views.LANDSCAPE
    formats: dict[str, Callable[[Pathway], str | bytes]] = {
        "svg": lambda path: views.pathway_svg(path, width),
        "png": lambda path: views.printed_pages(views.pathway_drawings(path, width), "png"),
        "pdf": lambda path: views.printed_pages(views.pathway_drawings(path, width), "pdf"),
        "mermaid": views.mermaid,
    }
    return common.Output(teaching.pathway(known, profile, lines), views.pathway_view, formats=formats)


@click.command("forest")
@click.option("--endpoint", "-e", "endpoints", multiple=True, type=click.Choice(["OS", "PFS", "TTP"]), help="Only this endpoint.")
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(["first", "second", "third"]), help="Only this line.")
@common.ruleset_option
@common.printed("svg", "png", "pdf")
def forest(*, endpoints: tuple[Endpoint, ...], lines: tuple[str, ...], ruleset: str) -> common.Output:
    """The randomised trials' hazard ratios, by endpoint and control, printed and corrected values side by side.

    Trials that met their primary endpoint and trials that missed it are told apart by shape, colour and word; a subgroup
    or a comparison of doses carries no verdict. PNG and PDF need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica forest
      hepatica forest --endpoint OS --line second
      hepatica forest --output forest.svg
    """

    found = teaching.forest(common.ruleset(ruleset), endpoints, lines)
    formats: dict[str, Callable[[Forest], str | bytes]] = {
        "svg": lambda forest: views.svg(_drawn(forest)[0]),
        "png": lambda forest: views.printed_pages(_drawn(forest), "png"),
        "pdf": lambda forest: views.printed_pages(_drawn(forest, pages=True), "pdf"),
    }
    return common.Output(found, views.forest_view, formats=formats)


def _drawn(found: Forest, *, pages: bool = False) -> list[views.Drawing]:
    """The picture, or one for each page. Raises `InvalidInput` where there is nothing to draw."""
    if not found.panels:
        raise InvalidInput([Problem("forest", 1, 1, "empty", "no randomised trial with a hazard ratio fits the choice")])
    return views.forest_pages(found) if pages else [views.forest_drawing(found)]


@click.command("fate")
@click.option("--status", "-s", "statuses", multiple=True, type=click.Choice(list(FATES)), help="Only this; may be repeated.")
@common.ruleset_option
@common.printed("csv", "svg", "png", "pdf", verbose="Print the sources in full, too.")
def fate(*, statuses: tuple[FateStatus, ...], ruleset: str) -> common.Output:
    """What became of a ruleset's therapies after its date, each with its source; as a picture: from standing to fate.

    PNG and PDF need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica fate
      hepatica fate --status failed --status withdrawn
      hepatica fate --output fate.svg
    """

    formats: dict[str, Callable[[views.FateListing], str | bytes]] = {
        "csv": lambda found: report.csv_text(views.fate_rows(found)),
        "svg": lambda found: views.svg(views.fate_drawing(found)),
        "png": lambda found: views.printed_pages([views.fate_drawing(found)], "png"),
        "pdf": lambda found: views.printed_pages([views.fate_drawing(found)], "pdf"),
    }
    return common.Output(views.fate_listing(common.ruleset(ruleset), statuses), views.fate_view, formats=formats)


@click.command("quiz")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Another seed, other cases.")
@click.option("--count", "-n", type=click.IntRange(1, 50), default=5, show_default=True, help="How many cases.")
@click.option("--level", "-l", type=click.Choice(["easy", "medium", "hard"]), help="Only cases of this level.")
@click.option(
    "--source", type=click.Choice(["both", "patients", "generated"]), default="both", show_default=True, help="Which cases."
)
@click.option("--answers", metavar="FILE|-", help="Answers as YAML or JSON instead of prompts.")
@click.option("--resume", metavar="TOKEN", help="Go on with a quiz that was left; the token says which.")
@click.option("--export", type=click.Choice(["moodle", "gift", "anki"]), help="Write the quiz for another program.")
@common.ruleset_option
@common.printed("moodle", "gift", "anki")
def quiz(
    *,
    seed: int,
    count: int,
    level: Level | None,
    source: str,
    answers: str | None,
    resume: str | None,
    export: str | None,
    ruleset: str,
) -> common.Output:
    """Cases to judge: commit first, then see the lesson with its trial, and whether another fact would change the answer.

    A seed gives the same cases whatever the count. Therapies and facts may be answered by number or name; `q` stops and
    says how to go on. With --format, --output, --answers or --export nothing is asked. Answers in a file are a list with
    one entry a case, such as {picks: [sorafenib, 3], fact: Tumour c-MET, changes: yes}. Anki needs the extra `anki`.

    \b
    Examples:
      hepatica quiz
      hepatica quiz --seed 7 --count 10 --level easy
      hepatica quiz --seed 7 --answers mine.yaml
      hepatica quiz --seed 7 --count 20 --export moodle --output quiz.xml
    """

    start = teaching.read_token(resume) if resume else None
    if start is not None:
        seed, count, level = start.seed, start.count, start.level
    evaluator = common.evaluator(ruleset)
    patients = [] if source == "generated" else _patients(evaluator.ruleset)
    made = teaching.quiz(evaluator, patients, seed, count, level, generate=source != "patients")
    if not made.cases:
        message = "no case fits the choice of rules, level and source; with --source both there are most"
        raise InvalidInput([Problem("quiz", 1, 1, "empty", message)])
    if start is not None:
        made = marked(made, teaching.resumed(made, start))
    if answers is not None:
        made = marked(made, _read(made, answers))
    given = click.get_current_context().params
    if answers is None and export is None and not given.get("format_") and not given.get("output"):
        return common.Output(_asked(made), views.summary_view)
    return common.Output(
        made, views.quiz_view, formats={**views.EXPORTS, "text": views.EXPORTS[export]} if export else views.EXPORTS
    )


def _patients(rules: Ruleset) -> list[Profile]:
    """The example patients, as far as they have the fields of the ruleset."""
    found = []
    for name in common.example_patients():
        with suppress(InvalidInput):
            found.append(common.read_patient(name, (), rules))
    return found


def _read(made: Quiz, path: str) -> list[QuizAnswer]:

    data, file = read_input(path)
    return teaching.read_answers(read_document(data, file), file, made.cases)


def _asked(made: Quiz) -> Quiz:
    """The quiz with the answers that a learner gives at the terminal; where input ends early, what was answered is summed up."""

    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None:
            raise InvalidInput(
                [Problem(f"<std{name[:-3]}>", 1, 1, "closed", f"standard {name} is closed; use --answers or --format")]
            )
    _say((*views.head_view(made), report.Notice(made.notice)))
    given = [mark.answer for mark in made.marks]
    try:
        for case in made.cases[len(given) :]:
            made = marked(made, given)
            click.echo(f"\n{common.style().bold(views.position(made, case))}")
            given.append(_ask(made, case))
    except QuitQuiz:
        click.echo()
    except (click.Abort, UnicodeError, ValueError, RuntimeError) as error:
        click.echo()
        _say(views.summary_view(marked(made, given)) if given else ())
        raise click.Abort from error
    return marked(made, given)


def _ask(made: Quiz, case: QuizCase) -> QuizAnswer:

    question = case.question
    _say(views.question_view(made, case))
    picks = _prompt("Backed therapies (numbers or names, commas between; 0 for none)", lambda text: _picks(text, question))
    facts = [one.title for one in question.facts]
    named = _prompt("The deciding fact", lambda text: _known(teaching.fact(text, question), f"choose one of: {', '.join(facts)}"))
    answer = QuizAnswer(picks=picks, fact=named, changes=False)
    click.echo()
    _say(views.reveal_view(case, teaching.mark(case, answer)))
    click.echo()
    changes = _prompt(f"{question.twist.question} (yes or no)", lambda text: _known(_YES_NO.get(text.lower()), "yes or no"))
    answer = replace(answer, changes=changes == "yes")
    _say(views.twist_view(case, teaching.mark(case, answer)))
    return answer


def _prompt(words: str, read: Callable[[str], T]) -> T:
    """An answer, asked for until it can be read. Raises `QuitQuiz` where the learner wants to stop."""

    def value(text: str) -> T:
        if text.strip().lower() in _QUIT:
            raise QuitQuiz
        return read(text.strip())

    found: T = click.prompt(words, value_proc=value)
    return found


def _picks(text: str, question: QuizQuestion) -> tuple[str, ...]:
    """The therapies named: by numbers with blanks or commas between, or by names with commas between."""

    if text.lower() in _NONE:
        return ()
    words = text.split() if text.replace(",", " ").replace(" ", "").isdigit() else [text]
    named = [part.strip() for word in words for part in word.split(",") if part.strip()]
    found = [_known(teaching.pick(word, question), teaching.not_offered(word, question)) for word in named]
    return tuple(choice.therapy for choice in question.choices if choice.therapy in found)


def _known(found: str | None, otherwise: str) -> str:
    if found is None:
        raise click.UsageError(otherwise)
    return found


def _say(blocks: report.Blocks) -> None:

    if blocks:
        click.echo(report.text(blocks, common.style()), nl=False)
