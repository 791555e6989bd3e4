"""`hepatica explain`, `whatif` and `compare`: why an answer is as it is, what would change it, and answers side by side."""

from __future__ import annotations

import json

import click

from hepatica import report
from hepatica.cli import common
from hepatica.explain import MOST_COLUMNS, Column, what_if, why
from hepatica.explain import compare as compared
from hepatica.paths import DEFAULT_RULESET
from hepatica.patient import Fields, Profile, profile_in
from hepatica.problems import InvalidInput, gathered
from hepatica.wording import changed


@click.command("explain")
@click.argument("patient")
@click.argument("therapy")
@common.settings_option
@common.ruleset_option
@common.printed(verbose="Where each later event is reported.")
def explain(*, patient: str, therapy: str, settings: tuple[str, ...], ruleset: str) -> common.Output:
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
    rules = common.ruleset(ruleset)
    wanted = common.therapy(therapy, rules, "THERAPY")
    profile = common.read_patient(patient, settings, rules)
    return common.Output(why(common.evaluator(rules).evaluate(profile), wanted), report.why_view)


@click.command("whatif")
@click.argument("patient", required=False)
@common.settings_option
@common.ruleset_option
@click.option("--therapy", "-t", "therapies", multiple=True, metavar="ID", help="Only this therapy; may be repeated.")
@common.printed(verbose="Every minimal change and every question, not only the smallest and best.")
def whatif(*, patient: str | None, settings: tuple[str, ...], ruleset: str, therapies: tuple[str, ...]) -> common.Output:
    """What to find out first, and the smallest changes of facts that add or remove each option.

    Changes are told apart by kind: a test not yet known, a test with another result, another history, and fixed
    characteristics for comparison. A trial in progress is not counted as an option.

    \b
    Examples:
      hepatica whatif after-sorafenib-met-high
      hepatica whatif after-sorafenib-met-high --therapy tivantinib --verbose
      hepatica whatif --set bclc_stage=C --set child_pugh_class=A --set prior_sorafenib=progressed
    """
    rules = common.ruleset(ruleset)
    wanted = gathered(therapies, lambda name: [common.therapy(name, rules, "--therapy")])
    profile = common.read_patient(patient, settings, rules)
    return common.Output(what_if(common.evaluator(rules), profile, wanted), report.whatif_view)


@click.command("compare")
@click.argument("patients", nargs=-1, metavar="PATIENT...")
@common.settings_option
@click.option("--but", "variants", multiple=True, metavar="FIELD=VALUE", help="The first patient again with this fact changed.")
@click.option(
    "--ruleset", "-r", "rulesets", multiple=True, metavar="ID|FOLDER", help=f"Rules to use; may be repeated. [{DEFAULT_RULESET}]"
)
@common.printed()
def compare(
    *,
    patients: tuple[str, ...],
    settings: tuple[str, ...],
    variants: tuple[str, ...],
    rulesets: tuple[str, ...],
) -> common.Output:
    """Several patients, or one patient under several rulesets, side by side.

    Only what differs is shown first, then what is shared. Of one patient under a ruleset and its companion of another year,
    what became of each hope comes first.

    \b
    Examples:
      hepatica compare after-sorafenib-met-high after-sorafenib-met-low
      hepatica compare after-sorafenib-met-high --but cmet=low --but afp=200
      hepatica compare after-sorafenib-met-high -r hcc-2016 -r rulesets/mine
      hepatica compare first-line-europe -r hcc-2016 -r hcc-2026
    """
    loaded = [common.ruleset(name) for name in rulesets or (DEFAULT_RULESET,)]
    # A file may name the fields of every one of the rulesets.
    tables = [rules.fields.beside(*(other.fields for other in loaded)) for rules in loaded]
    profiles = [_profiles(patients, settings, variants, fields) for fields in tables]
    count = len(profiles[0]) * len(loaded)
    if not 2 <= count <= MOST_COLUMNS:
        raise click.UsageError(f"answers to compare: {count}; a comparison takes 2 to {MOST_COLUMNS} (patients times rulesets)")
    columns = [
        Column(name, common.evaluator(rules).evaluate(profile.under(rules.fields)))
        for read in zip(*profiles, strict=True)
        for (name, profile), rules in zip(read, loaded, strict=True)
    ]
    return common.Output(compared(columns), report.compare_view)


def _profiles(
    patients: tuple[str, ...], settings: tuple[str, ...], variants: tuple[str, ...], fields: Fields
) -> list[tuple[str, Profile]]:
    profiles = common.read_patients(patients, settings, fields)
    named = [(profile.label or f"patient {index}", profile) for index, profile in enumerate(profiles, 1)]
    first, profile = named[0]
    # Written out and read again, because only the reader knows what another value makes of class, score and components.
    written = json.dumps(profile.as_document()).encode()
    for number, setting in enumerate(variants, 1):
        try:
            varied = profile_in(written, "--but", (setting,), fields=fields)
        except InvalidInput as error:
            raise InvalidInput(problem._replace(file="--but", line=number) for problem in error.problems) from error
        named.append((f"{first}, but {changed(fields, setting, varied.facts)}", varied))
    return named
