"""`hepatica schema`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from hepatica.cli import common

RULESET_FILES = ("ruleset", "concepts", "fields", "references", "therapy", "notes", "omissions")
# Every result that a command prints as JSON: where its type is.
RESULTS: Mapping[str, tuple[str, str]] = {
    "about": ("hepatica.report", "About"),
    "comparison": ("hepatica.explain", "Comparison"),
    "explanation": ("hepatica.explain", "Explanation"),
    "output": ("hepatica.evaluation", "Evaluation"),
    "patients": ("hepatica.report", "PatientListing"),
    "reference-list": ("hepatica.report", "ReferenceListing"),
    "rule-list": ("hepatica.report", "RuleListing"),
    "study": ("hepatica.report", "StudyPage"),
    "study-list": ("hepatica.report", "StudyListing"),
    "whatif": ("hepatica.explain", "WhatIf"),
    "verification": ("hepatica.report", "VerificationReport"),
}
KINDS = ("profile", *RULESET_FILES, *sorted(RESULTS))


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS))
@common.ruleset_option
def command(kind: str, ruleset: str) -> None:
    """The JSON Schema of a patient file, of an answer (output) or another result, or of one kind of ruleset file.

    Editors that know JSON Schema complete and check YAML with it. With --ruleset the fields and the conditions are those
    of that ruleset.

    \b
    Examples:
      hepatica schema profile > .vscode/patient.schema.json
      hepatica schema therapy > .vscode/therapy.schema.json
      hepatica schema output
      hepatica schema whatif
    """
    common.write_json(_schema(kind, ruleset))


def _schema(kind: str, ruleset: str) -> dict[str, Any]:
    from hepatica.evaluation import CONTRACT

    if kind in RESULTS:
        from hepatica import report

        module, name = RESULTS[kind]
        return report.schema(getattr(importlib.import_module(module), name), kind, CONTRACT)
    if kind == "profile":
        from hepatica.patient import profile_schema

        return _named(profile_schema(common.ruleset(ruleset).fields), kind, CONTRACT)
    from hepatica.knowledge import ruleset_schemas

    return _named(ruleset_schemas(common.ruleset(ruleset).concepts)[kind], kind, CONTRACT)


def _named(schema: dict[str, Any], kind: str, version: str) -> dict[str, Any]:
    """A schema with an id that names it and the version of the contract."""
    head = {key: schema[key] for key in ("$schema",) if key in schema}
    return {**head, "$id": f"urn:hepatica:{kind}:{version}", **{key: schema[key] for key in schema if key not in head}}
