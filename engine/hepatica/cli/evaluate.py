"""`hepatica evaluate`."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import indent
from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.evaluation import Evaluation


@click.command("evaluate")
@click.argument("patients", nargs=-1, metavar="[PATIENT]...")
@common.settings_option
@common.ruleset_option
@common.format_option("text", "json", "markdown")
@click.option("--verbose", "-v", is_flag=True, help="Reasons, caveats and applicability under each therapy.")
def command(patients: tuple[str, ...], settings: tuple[str, ...], ruleset: str, format_: str, verbose: bool) -> None:
    """The systemic options that published evidence backs for hypothetical patients.

    PATIENT is a YAML or JSON file, the name of a shipped patient, or - for standard input. Setting the class, the
    score or the components of Child-Pugh with --set replaces what the file says of all three.

    \b
    Examples:
      hepatica evaluate patients/after-sorafenib-met-high.yaml
      hepatica evaluate after-sorafenib-met-high --set cmet=low
      hepatica evaluate --set bclc_stage=C --set child_pugh_class=A --set prior_sorafenib=none
      hepatica evaluate - --format json < patient.json
    """
    if not patients and not settings:
        raise click.UsageError("name a patient file, - for standard input, or facts with --set field=value")
    profiles = common.read_patients(patients, settings)
    evaluate = common.evaluator(ruleset).evaluate
    if format_ == "json":
        _write_json(map(evaluate, profiles), several=len(profiles) > 1)
        return
    if format_ == "markdown":
        from hepatica.report.old_markdown import answer as markdown

        _write_all(map(markdown, map(evaluate, profiles)), between="\n---\n\n")
        return
    from hepatica.report.old_text import answer as text

    style = common.style()
    _write_all((text(evaluate(profile), style, verbose=verbose) for profile in profiles), between="\n")


def _write_all(shown: Iterable[str], between: str) -> None:
    """Each answer as soon as it is made, so that many take no more memory than one."""
    for number, text in enumerate(shown):
        common.write(between + text if number else text)


def _write_json(answers: Iterable[Evaluation], *, several: bool) -> None:
    """One object, or a list of them written one by one."""
    from hepatica.report.old_document import Shelf, answer

    shelf = None
    for number, evaluation in enumerate(answers):
        shelf = shelf or Shelf(evaluation.ruleset)
        text = common.as_json(answer(evaluation, shelf))
        common.write((",\n" if number else "[\n") + indent(text, "  ") if several else text)
    common.write("\n]\n" if several else "\n")
