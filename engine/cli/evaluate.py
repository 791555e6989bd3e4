"""`hepatica evaluate`."""

from __future__ import annotations

import click

from engine.cli import common


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
        from engine.report.document import answer as document

        answers = [document(evaluate(profile)) for profile in profiles]
        common.write_json(answers[0] if len(answers) == 1 else answers)
        return
    if format_ == "markdown":
        from engine.report.markdown import answer as markdown

        common.write("\n---\n\n".join(markdown(evaluate(profile)) for profile in profiles))
        return
    from engine.report.text import answer as text

    shown = [text(evaluate(profile), common.style(), verbose=verbose) for profile in profiles]
    common.write("\n".join(shown))
