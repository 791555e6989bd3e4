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
    "case-run": ("hepatica.assurance.cases", "CaseRun"),
    "check": ("hepatica.assurance.check", "CheckResult"),
    "comparison": ("hepatica.explain", "Comparison"),
    "coverage": ("hepatica.assurance.coverage", "CoverageResult"),
    "diff": ("hepatica.assurance.diff", "RulesetDiff"),
    "explanation": ("hepatica.explain", "Explanation"),
    "forest": ("hepatica.teaching", "Forest"),
    "mutation": ("hepatica.assurance.mutation", "MutationResult"),
    "output": ("hepatica.evaluation", "Evaluation"),
    "patients": ("hepatica.report", "PatientListing"),
    "pathway": ("hepatica.teaching", "Pathway"),
    "quiz": ("hepatica.teaching", "Quiz"),
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
@common.printed(formats=("json",))
def command(*, kind: str, ruleset: str) -> common.Output:
    """The JSON Schema of a patient file, of an answer (output) or another result, or of one kind of ruleset file.

    Editors that know JSON Schema complete and check YAML with it. With --ruleset the fields and the conditions are those
    of that ruleset.

    \b
    Examples:
      hepatica schema profile --output .vscode/patient.schema.json
      hepatica schema therapy > .vscode/therapy.schema.json
      hepatica schema output
      hepatica schema whatif
    """
    return common.Output(_schema(kind, ruleset), lambda _: ())


def _schema(kind: str, ruleset: str) -> dict[str, Any]:
    from hepatica.evaluation import CONTRACT
    from hepatica.report import named_schema, schema

    if kind in RESULTS:
        module, name = RESULTS[kind]
        return schema(getattr(importlib.import_module(module), name), kind, CONTRACT)
    if kind == "profile":
        from hepatica.patient import profile_schema

        return named_schema(profile_schema(common.ruleset(ruleset).fields), kind, CONTRACT)
    from hepatica.knowledge import ruleset_schemas

    rules = common.ruleset(ruleset)
    return named_schema(ruleset_schemas(rules.concepts, rules.fields)[kind], kind, CONTRACT)
