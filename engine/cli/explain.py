"""`hepatica explain`."""

from __future__ import annotations

import click

from engine.cli import common
from engine.problems import InvalidInput, Problem, quote, suggestion


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
    from engine.explain.why import document, why

    profiles = common.read_patients((patient,), settings)
    if len(profiles) != 1:
        raise click.UsageError("explain takes one patient; the file holds a list of them")
    evaluator = common.evaluator(ruleset)
    known = evaluator.ruleset.therapies
    if therapy not in known:
        message = f"no therapy {quote(therapy)}; {suggestion(therapy, known)}"
        raise InvalidInput([Problem("THERAPY", 1, 1, "unknown-therapy", message)])
    explained = why(evaluator.evaluate(profiles[0]), therapy)
    if format_ == "json":
        from engine.report.document import framed

        common.write_json(framed(evaluator.ruleset, document(explained)))
        return
    from engine.report.why_text import explanation

    common.write(explanation(explained, common.style()))
