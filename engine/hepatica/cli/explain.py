"""`hepatica explain`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("explain")
@click.argument("patient")
@click.argument("therapy")
@common.settings_option
@common.ruleset_option
@common.format_option("text", "json")
def command(patient: str, therapy: str, settings: tuple[str, ...], ruleset: str, format_: str) -> None:
    """Why THERAPY is or is not an option for PATIENT, rule by rule.

    Each rule's condition is shown as a tree with the patient's value at every leaf, each trial's population against the
    patient, and the figures as printed with their corrections.

    \b
    Examples:
      hepatica explain after-sorafenib-met-high tivantinib
      hepatica explain patients/after-sorafenib-met-high.yaml regorafenib --set prior_sorafenib=refused
      hepatica explain - nivolumab --format json < patient.json
    """
    from hepatica.explain.why import document, why

    profile = common.read_patient(patient, settings)
    evaluator = common.evaluator(ruleset)
    common.known_therapies([therapy], evaluator.ruleset, "THERAPY")
    explained = why(evaluator.evaluate(profile), therapy)
    if format_ == "json":
        from hepatica.report.old_document import framed

        common.write_json(framed(evaluator.ruleset, document(explained)))
        return
    from hepatica.report.teaching.why_text import explanation

    common.write(explanation(explained, common.style()))
