"""`hepatica schema`."""

from __future__ import annotations

import click

from hepatica.cli import common

KINDS = ("profile", "output", "ruleset", "concepts", "therapy", "notes", "omissions")


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS))
@common.ruleset_option
def command(kind: str, ruleset: str) -> None:
    """The JSON Schema of a patient file, of the output, or of one kind of ruleset file.

    Editors that know JSON Schema complete and check YAML with it. With --ruleset the conditions in a ruleset file are
    held against that ruleset's concepts.

    \b
    Examples:
      hepatica schema profile > .vscode/patient.schema.json
      hepatica schema therapy > .vscode/therapy.schema.json
      hepatica schema output
    """
    if kind == "profile":
        from hepatica.patient import profile_schema

        common.write_json(profile_schema())
    elif kind == "output":
        from hepatica.report.old_schema import output_schema

        common.write_json(output_schema())
    else:
        from hepatica.knowledge import ruleset_schemas

        loaded, _ = common.load(ruleset)
        common.write_json(ruleset_schemas(loaded.concepts)[kind])
