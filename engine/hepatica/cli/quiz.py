"""`hepatica quiz`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from hepatica.patient import Profile
    from hepatica.report.style import Style
    from hepatica.teaching.quiz import Answer, Marked, Quiz
    from hepatica.teaching.quiz_cases import Case, Level


@click.command("quiz")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Another seed, other cases.")
@click.option("--count", "-n", type=click.IntRange(1, 50), default=5, show_default=True, help="How many cases.")
@click.option("--level", "-l", type=click.Choice(["easy", "medium", "hard"]), help="Only cases of this difficulty.")
@click.option(
    "--source", type=click.Choice(["both", "patients", "generated"]), default="both", show_default=True, help="Which cases."
)
@click.option("--answers", metavar="FILE|-", help="Answers as YAML or JSON instead of prompts.")
@common.ruleset_option
@common.format_option("text", "json")
def command(*, seed: int, count: int, level: Level | None, source: str, answers: str | None, ruleset: str, format_: str) -> None:
    """Cases to judge: commit first, then see the answer, its trials, the near misses, and whether the plan changes.

    The same seed gives the same cases. Answers in a file are a list with one entry a case, such as
    {picks: [sorafenib, 3], fact: Tumour c-MET, changes: yes}; therapies and facts may be given by number.

    \b
    Examples:
      hepatica quiz
      hepatica quiz --seed 7 --count 10 --level hard
      hepatica quiz --format json > course.json
      hepatica quiz --seed 7 --answers mine.yaml
    """
    from hepatica.teaching.quiz import quiz

    evaluator = common.evaluator(ruleset)
    made = quiz(evaluator, [] if source == "generated" else _patients(), seed, count, level, generate=source != "patients")
    if not made.cases:
        message = "no case fits the choice of rules, level and source; with --source both there are most"
        raise InvalidInput([Problem("quiz", 1, 1, "empty", message)])
    if answers is not None or format_ == "json":
        _scripted(made, answers, format_)
    else:
        _prompted(made, common.style())


def _patients() -> list[Profile]:
    """The shipped patients, by name."""
    from hepatica.paths import shipped
    from hepatica.patient import read_profile

    return [read_profile(path) for path in sorted(shipped("patients").glob("*.yaml"))]


def _scripted(made: Quiz, answers: str | None, format_: str) -> None:
    from hepatica.report.teaching import quiz_text
    from hepatica.teaching.quiz import mark, summary

    given = _answers(made, answers) if answers is not None else []
    marks = [mark(case, answer) for case, answer in zip(made.cases, given, strict=False)]
    found = summary(made.ruleset, marks) if marks else None
    if format_ == "json":
        from hepatica.report.teaching.quiz_document import document

        common.write_json(document(made, marks, found))
        return
    style = common.style()
    pages = [quiz_text.head(made, style)]
    for marked in marks:
        twist = f"{quiz_text.twist_question(marked.case)}\n{quiz_text.twist_reveal(marked, style)}"
        pages += [quiz_text.question(marked.case, style), quiz_text.reveal(marked, style), twist]
    pages += [quiz_text.summary_text(made, found, style)] if found else []
    common.write("\n".join(pages))


def _answers(made: Quiz, path: str) -> list[Answer]:
    from hepatica.documents import read_document
    from hepatica.teaching.quiz_answers import read_answers

    data, file = common.read_input(path)
    return read_answers(read_document(data, file), file, made.cases)


def _prompted(made: Quiz, style: Style) -> None:
    from hepatica.report.teaching import quiz_text
    from hepatica.teaching.quiz import summary

    click.echo(quiz_text.head(made, style))
    marks: list[Marked] = []
    try:
        for case in made.cases:
            marks.append(_ask(case, style))
    except click.Abort:
        if marks:
            click.echo(f"\n\n{quiz_text.summary_text(made, summary(made.ruleset, marks), style)}")
        raise
    click.echo(quiz_text.summary_text(made, summary(made.ruleset, marks), style))


def _ask(case: Case, style: Style) -> Marked:
    from hepatica.report.teaching import quiz_text
    from hepatica.report.wrapping import wrapped
    from hepatica.teaching import quiz_answers
    from hepatica.teaching.quiz import Answer, mark

    click.echo(quiz_text.question(case, style))
    picks = click.prompt("Your picks (numbers; 0 for none)", value_proc=lambda text: _picks(text, case))
    fact = click.prompt("The deciding fact (number)", value_proc=lambda text: _known(quiz_answers.fact(text.strip(), case)))
    click.echo()
    click.echo(quiz_text.reveal(mark(case, Answer(picks, fact, changes=False)), style))
    click.echo("\n".join(wrapped(quiz_text.twist_question(case))))
    marked = mark(case, Answer(picks, fact, click.confirm("Yes or no", default=None)))
    click.echo(quiz_text.twist_reveal(marked, style))
    return marked


def _picks(text: str, case: Case) -> frozenset[str]:
    from hepatica.teaching.quiz_answers import pick

    words = text.replace(",", " ").split()
    return frozenset() if words == ["0"] else frozenset(_known(pick(word, case)) for word in words)


def _known(found: str | None) -> str:
    if found is None:
        raise click.UsageError("that is not offered; give the number before it")
    return found
