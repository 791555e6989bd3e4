"""`hepatica whatif`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("whatif")
@click.argument("patient", required=False)
@common.settings_option
@common.ruleset_option
@click.option("--therapy", "-t", "therapies", multiple=True, metavar="ID", help="Only this therapy; may be repeated.")
@common.printed(verbose="Every minimal change and every question, not only the smallest and best.")
def command(*, patient: str | None, settings: tuple[str, ...], ruleset: str, therapies: tuple[str, ...]) -> common.Output:
    """What to find out first, and the smallest changes of facts that add or remove each option.

    Changes are told apart by kind: a test not yet known, a test with another result, another history, and fixed
    characteristics for comparison. A trial in progress is not counted as an option.

    \b
    Examples:
      hepatica whatif after-sorafenib-met-high
      hepatica whatif after-sorafenib-met-high --therapy tivantinib --verbose
      hepatica whatif --set bclc_stage=C --set child_pugh_class=A --set prior_sorafenib=progressed
    """
    from hepatica.explain import what_if
    from hepatica.report import whatif_view

    rules = common.ruleset(ruleset)
    wanted = common.known_therapies(therapies, rules)
    profile = common.read_patient(patient, settings, rules)
    return common.Output(what_if(common.evaluator(rules), profile, wanted), whatif_view)
