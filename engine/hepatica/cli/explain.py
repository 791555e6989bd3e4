"""`hepatica explain`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("explain")
@click.argument("patient")
@click.argument("therapy")
@common.settings_option
@common.ruleset_option
@common.printed(verbose="Where each later event is reported.")
def command(*, patient: str, therapy: str, settings: tuple[str, ...], ruleset: str) -> common.Output:
    """Why THERAPY is or is not an option for PATIENT, rule by rule.

    Each rule's condition is shown as a tree with the patient's value at every leaf, each trial's population against the
    patient, the figures as printed with their corrections and sources, and what became of each trial later. THERAPY is an
    id, a name or a brand name.

    \b
    Examples:
      hepatica explain after-sorafenib-met-high tivantinib
      hepatica explain patients/after-sorafenib-met-high.yaml regorafenib --set prior_sorafenib=refused
      hepatica explain first-line-europe nexavar --output why.html
      hepatica explain - nivolumab --format json < patient.json
    """
    from hepatica.explain import why
    from hepatica.report import why_view

    rules = common.ruleset(ruleset)
    wanted = common.therapy(therapy, rules, "THERAPY")
    profile = common.read_patient(patient, settings, rules)
    return common.Output(why(common.evaluator(rules).evaluate(profile), wanted), why_view)
