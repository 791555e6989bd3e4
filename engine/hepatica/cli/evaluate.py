"""`hepatica evaluate`."""

from __future__ import annotations

import click

from hepatica import report
from hepatica.cli import common


@click.command("evaluate")
@click.argument("patients", nargs=-1, metavar="[PATIENT]...")
@common.settings_option
@common.ruleset_option
@common.printed("ndjson", verbose="Reasons, caveats, studies and the rest of the advice under each therapy.")
def evaluate(*, patients: tuple[str, ...], settings: tuple[str, ...], ruleset: str) -> common.Output:
    """The systemic options that published evidence backs for hypothetical patients.

    PATIENT is a YAML or JSON file, the name of an example patient (see `hepatica patients`), or - for standard input.
    Setting the class, the score or the components of Child-Pugh with --set replaces what the file says of all three.

    \b
    Examples:
      hepatica evaluate after-sorafenib-met-high
      hepatica evaluate after-sorafenib-met-high --set cmet=low --verbose
      hepatica evaluate --set bclc_stage=C --set child_pugh_class=A --set prior_sorafenib=none
      hepatica evaluate patients/*.yaml --format ndjson
      hepatica evaluate - --output answer.html < patient.json
    """
    rules = common.ruleset(ruleset)
    profiles = common.read_patients(patients, settings, rules.fields)
    evaluate = common.evaluator(rules).evaluate
    # One by one as they are written: many take no more memory than one.
    several = len(profiles) > 1
    result = map(evaluate, profiles) if several else evaluate(profiles[0])
    lines = {"ndjson": lambda made: (f"{report.json_line(one)}\n" for one in (made if several else [made]))}
    return common.Output(result, report.answer, formats=lines, several=several)
