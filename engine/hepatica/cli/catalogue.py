"""What the program holds, to list, show and search: rules, studies, example patients, a ruleset's card, and JSON Schemas."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

import click

from hepatica import knowledge, report
from hepatica.cli import common
from hepatica.documents import read_input
from hepatica.paths import shipped
from hepatica.problems import InvalidInput, Problem, quote, suggestion

RULESET_FILES = ("ruleset", "concepts", "fields", "references", "therapy", "notes", "omissions")
# Every result that a command prints as JSON: its type, by where that is.
_RESULTS: Mapping[str, Mapping[str, str]] = {
    "hepatica.evaluation": {"output": "Evaluation"},
    "hepatica.explain": {"explanation": "Explanation", "whatif": "WhatIf", "comparison": "Comparison"},
    "hepatica.assurance.cases": {"case-run": "CaseRun"},
    "hepatica.assurance.check": {"check": "CheckResult"},
    "hepatica.assurance.coverage": {"coverage": "CoverageResult"},
    "hepatica.assurance.diff": {"diff": "RulesetDiff"},
    "hepatica.assurance.mutation": {"mutation": "MutationResult"},
    "hepatica.teaching": {"forest": "Forest", "pathway": "Pathway", "quiz": "Quiz"},
    "hepatica.cohort": {"cohort": "CohortSummary", "cohort-diff": "CohortDiff", "mapping-draft": "MappingDraft"},
    "hepatica.report": {
        "about": "About",
        "patients": "PatientListing",
        "reference-list": "ReferenceListing",
        "rule-list": "RuleListing",
        "study": "StudyPage",
        "study-list": "StudyListing",
        "verification": "VerificationReport",
    },
    "hepatica.report.teaching": {"fate": "FateListing"},
}
RESULTS = {kind: (module, name) for module, types in _RESULTS.items() for kind, name in types.items()}
# What people write and only the table of fields bounds: the function that makes its schema.
OF_FIELDS: Mapping[str, tuple[str, str]] = {
    "profile": ("hepatica.patient", "profile_schema"),
    "mapping": ("hepatica.cohort", "mapping_schema"),
    "cases": ("hepatica.assurance.cases", "cases_schema"),
}
KINDS = ("profile", "mapping", *RULESET_FILES, "cases", *sorted(RESULTS))


@click.command("about")
@common.ruleset_option
@common.printed()
def about(ruleset: str) -> common.Output:
    """The ruleset's card: source and date, what it covers and leaves out, for whom, known limits, and what it holds.

    \b
    Examples:
      hepatica about
      hepatica about --format json
      hepatica about --ruleset path/to/ruleset --output card.md
    """
    return common.Output(report.about(common.ruleset(ruleset)), report.about_view)


@click.command("patients")
@common.printed()
def patients() -> common.Output:
    """The example patients that come with Hepatica, with what each teaches. All of them are made up.

    \b
    Examples:
      hepatica patients
      hepatica evaluate first-line-europe
      hepatica patients --format json
    """
    from hepatica.patient import read_profile

    files = common.example_patients().items()
    found = [(name, read_profile(path).label, path.read_text(encoding="utf-8")) for name, path in files]
    return common.Output(report.patient_listing(found), report.patients_view)


@click.command("rules")
@click.argument("names", nargs=-1, metavar="[THERAPY|RULE]...")
@click.option("--line", metavar="LINE", default="", help="Only rules of this line of therapy: first, second, any ...")
@click.option("--standing", metavar="STANDING", default="", help="Only rules of this standing, e.g. early_signal.")
@click.option("--field", metavar="FIELD", default="", help="Only rules that depend on this field, directly or through a concept.")
@click.option("--search", metavar="WORDS", default="", help="Only rules whose text, therapy or studies hold these words.")
@common.ruleset_option
@common.printed(verbose="When each rule applies.")
def rules(*, names: tuple[str, ...], ruleset: str, **filters: str) -> common.Output:
    """List, show and search the rules: when a therapy has a standing, and on which studies.

    \b
    Examples:
      hepatica rules
      hepatica rules tivantinib
      hepatica rules --field afp --verbose
      hepatica rules --standing not_supported --line second --format markdown
      hepatica rules --search "child-pugh b" --output rules.html
    """
    loaded = common.ruleset(ruleset)
    known = tuple(name if name in loaded.rules else common.therapy(name, loaded, "NAME") for name in names)
    allowed = {"line": knowledge.LINES, "standing": knowledge.STANDINGS, "field": loaded.fields}
    problems = [
        Problem(f"--{name}", 1, 1, f"unknown-{name}", f"no {name} {quote(filters[name])}; {suggestion(filters[name], words)}")
        for name, words in allowed.items()
        if filters[name] and filters[name] not in words
    ]
    if problems:
        raise InvalidInput(problems)
    found = report.rules_found(loaded, known, **filters)
    return common.Output(report.rule_listing(loaded, found, full=bool(names)), report.rules_view)


@click.group("evidence")
def evidence() -> None:
    """The studies behind the rules: every printed figure, where it stands in the source, and what is known to be wrong.

    \b
    Examples:
      hepatica evidence list --line second --outcome missed
      hepatica evidence show brisk-fl
      hepatica evidence search met-high
      hepatica evidence references --format bibtex
      hepatica evidence verify review.txt
    """


@evidence.command("list", short_help="The studies that pass every filter.")
@click.option("--therapy", "-t", default="", metavar="THERAPY", help="Studies in its file or cited by its rules.")
@click.option("--line", type=click.Choice((*knowledge.LINES, knowledge.UNSTATED)), help="Line of treatment.")
@click.option("--phase", type=click.Choice(knowledge.PHASES), help="Phase as printed.")
@click.option("--status", type=click.Choice(knowledge.STATUSES), help="Status at the ruleset's date.")
@click.option("--biomarker", default="", metavar="NAME", help="afp, cmet, ras.")
@click.option("--region", default="", metavar="REGION", help="A region or a group of regions: japan, asian, western.")
@click.option("--outcome", type=click.Choice(knowledge.OUTCOMES), help="What became of the primary endpoint.")
@common.ruleset_option
@common.printed("csv")
def list_(*, ruleset: str, **filters: str | None) -> common.Output:
    """List the studies that pass every filter.

    \b
    Examples:
      hepatica evidence list
      hepatica evidence list --phase III --outcome missed
      hepatica evidence list --therapy nivolumab --format json
      hepatica evidence list --region asian --output asian.csv
    """
    rules = common.ruleset(ruleset)
    return _listed(rules, knowledge.select(rules, knowledge.Filters(**{name: value or "" for name, value in filters.items()})))


@evidence.command("search", short_help="Studies found by words.")
@click.argument("words", nargs=-1, required=True)
@common.ruleset_option
@common.printed("csv")
def search_(*, words: tuple[str, ...], ruleset: str) -> common.Output:
    """Studies in which every word occurs: names, registry numbers, drugs, synonyms, classes, targets, biomarkers,
    regions, subgroups.

    \b
    Examples:
      hepatica evidence search NCT01774344
      hepatica evidence search pexa-vec
      hepatica evidence search sorafenib oxaliplatin
    """
    rules = common.ruleset(ruleset)
    return _listed(rules, knowledge.search(rules, words))


@evidence.command("show", short_help="One study in full.")
@click.argument("study")
@common.ruleset_option
@common.printed(verbose="Where each later event is reported.")
def show(*, study: str, ruleset: str) -> common.Output:
    """One study in full, by id, name or registry number: figures as printed, corrections beside them, who cites it.

    \b
    Examples:
      hepatica evidence show reach
      hepatica evidence show NCT00858871
      hepatica evidence show each --format markdown
    """
    rules = common.ruleset(ruleset)
    return common.Output(report.study_page(rules, knowledge.find_study(rules, study)), report.study_view)


@evidence.command("references", short_help="What the records rest on, for a reference manager.")
@common.ruleset_option
@common.printed("bibtex", "ris", "csv", verbose="How each reference is known.")
def references_(*, ruleset: str) -> common.Output:
    """Every publication, registry entry, label and announcement that the records name, with its identifiers.

    \b
    Examples:
      hepatica evidence references
      hepatica evidence references --format bibtex
      hepatica evidence references --output hcc.ris
    """
    listing = report.reference_listing(common.ruleset(ruleset))
    formats = {"bibtex": report.bibtex, "ris": report.ris, "csv": lambda found: report.csv_text(report.reference_rows(found))}
    return common.Output(listing, report.references_view, formats=formats)


@evidence.command("verify", short_help="Hold the records against the source's text.")
@click.argument("text", metavar="REVIEW.txt")
@common.ruleset_option
@common.printed()
def verify_(*, text: str, ruleset: str) -> common.Output:
    """Hold every recorded figure against the source's text, and every printed number against the records.

    Exits with 1 where a figure does not stand at its lines, a printed number is neither recorded nor left out with a
    reason, or a sentence holds a number that nothing bears out.

    \b
    Examples:
      hepatica evidence verify review.txt
      hepatica evidence verify - --format json < review.txt
    """
    files = knowledge.gather(knowledge.find_ruleset(ruleset, (shipped("rulesets"),)))
    rules = knowledge.load_files(files)
    data, name = read_input(text)
    found = knowledge.verify_figures(rules, files, knowledge.read_text(data, name), name)
    return common.Output(report.verification_report(rules, found), report.verification_view, code=1 if found.findings else 0)


def _listed(rules: knowledge.Ruleset, found: Iterable[knowledge.Found]) -> common.Output:
    columns = [field.name for field in fields(report.StudyRow)]
    formats = {"csv": lambda listing: report.csv_text([asdict(row) for row in listing.studies], columns)}
    return common.Output(report.study_listing(rules, found), report.studies_view, formats=formats)


@click.command("schema", epilog=f"KIND is one of {', '.join(KINDS)}.")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@common.ruleset_option
@click.option("--any-ruleset", is_flag=True, help="For the files of every ruleset: names that only one of them knows pass.")
@common.printed(formats=("json",))
def schema(*, kind: str, ruleset: str, any_ruleset: bool) -> common.Output:
    """The JSON Schema of a patient file, a mapping, a file of a ruleset or its cases, an answer (output) or another result.

    Editors that know JSON Schema complete and check YAML with it. With --ruleset the fields and the conditions are those
    of that ruleset; the schemas that the first line of a shipped file names are those of --any-ruleset.

    \b
    Examples:
      hepatica schema profile --output .vscode/patient.schema.json
      hepatica schema therapy -r hcc-2026 > .vscode/therapy.schema.json
      hepatica schema cases --any-ruleset --output rulesets/schemas/cases.json
      hepatica schema mapping --output mapping.schema.json
      hepatica schema output
    """
    from hepatica.evaluation import CONTRACT
    from hepatica.patient import COMMON_FIELDS

    # Before a ruleset is loaded: what results look like depends on none.
    if kind in RESULTS:
        made = report.schema(_loaded(*RESULTS[kind]), kind, CONTRACT)
    else:
        rules = None if any_ruleset else common.ruleset(ruleset)
        fields, concepts = (rules.fields, tuple(rules.concepts)) if rules else (COMMON_FIELDS, ())
        written = _loaded(*OF_FIELDS[kind])(fields) if kind in OF_FIELDS else knowledge.ruleset_schemas(concepts, fields)[kind]
        made = report.named_schema(written, kind, CONTRACT)
    return common.Output(_lenient(made) if any_ruleset else made, lambda _: ())


def _loaded(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        common.need_tables()
        raise


def _lenient(schema: Any, name: str = "") -> Any:
    """The schema without what only one ruleset can say; its own fields and concepts then pass, and so do all spellings."""
    if isinstance(schema, list):
        return [_lenient(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _lenient(inner, key) for key, inner in schema.items() if key not in ("pattern", "patternProperties")}
    is_open = any(title in ("Condition", "Profile", "PatientFile") for title in (name, schema.get("title")))
    return {**kept, "additionalProperties": True} if is_open else kept
