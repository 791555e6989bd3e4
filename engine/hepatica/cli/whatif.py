"""`hepatica whatif`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("whatif")
@click.argument("patient", required=False)
@common.settings_option
@common.ruleset_option
@click.option("--therapy", "-t", "therapies", multiple=True, metavar="ID", help="Only this therapy; may be repeated.")
@click.option("--all", "every", is_flag=True, help="Every irreducible change and every question, not only the smallest and best.")
@common.format_option("text", "json")
def command(
    *, patient: str | None, settings: tuple[str, ...], ruleset: str, therapies: tuple[str, ...], every: bool, format_: str
) -> None:
    """The smallest changes of facts that add or remove each option, and which unknown test would settle most.

    No smaller change does the same. Changes are told apart by kind: a test not yet known, a test with another result,
    another history, and characteristics that cannot be changed but are worth contrasting.

    \b
    Examples:
      hepatica whatif after-sorafenib-met-high
      hepatica whatif after-sorafenib-met-high --therapy tivantinib --all
      hepatica whatif --set bclc_stage=C --set child_pugh_class=A --set prior_sorafenib=progressed
    """
    from hepatica.explain.whatif import what_if

    profile = common.read_patient(patient, settings)
    evaluator = common.evaluator(ruleset)
    common.known_therapies(therapies, evaluator.ruleset)
    found = what_if(evaluator, profile, therapies)
    if format_ == "json":
        from hepatica.report.teaching.whatif_document import document

        common.write_json(document(found))
        return
    from hepatica.report.teaching.whatif_text import text

    common.write(text(found, common.style(), every=every))
