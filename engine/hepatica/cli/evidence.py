"""`hepatica evidence`: list, show, search and verify the studies of a ruleset, and its references."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.knowledge import LINES, OUTCOMES, PHASES, STATUSES, UNSTATED, Filters

if TYPE_CHECKING:
    from hepatica.knowledge import Found, Ruleset

_SORTS = ("therapy", "study", "phase", "size")


@click.group("evidence")
def command() -> None:
    """The studies behind the rules: every printed figure, where it stands in the source, and what is known to be wrong.

    \b
    Examples:
      hepatica evidence list --line second --outcome missed
      hepatica evidence show brisk-fl
      hepatica evidence search met-high
      hepatica evidence references --format bibtex
      hepatica evidence verify review.txt
    """


@command.command("list", short_help="The studies that pass every filter.")
@click.option("--therapy", "-t", default="", metavar="THERAPY", help="Studies in its file or cited by its rules.")
@click.option("--line", type=click.Choice((*LINES, UNSTATED)), help="Line of treatment.")
@click.option("--phase", type=click.Choice(PHASES), help="Phase as printed.")
@click.option("--status", type=click.Choice(STATUSES), help="Status at the ruleset's date.")
@click.option("--biomarker", default="", metavar="NAME", help="afp, cmet, ras.")
@click.option("--region", default="", metavar="REGION", help="A region or a group of regions: japan, asian, western.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What became of the primary endpoint.")
@click.option("--tumour", default="", metavar="TUMOUR", help="hcc, or another tumour that the source mentions.")
@click.option("--sort", type=click.Choice(_SORTS), default="therapy", show_default=True, help="Order.")
@common.ruleset_option
@common.printed("csv")
def list_(*, ruleset: str, sort: str, **filters: str | None) -> common.Output:
    """List the studies that pass every filter.

    \b
    Examples:
      hepatica evidence list
      hepatica evidence list --phase III --outcome missed
      hepatica evidence list --therapy nivolumab --format json
      hepatica evidence list --region asian --output asian.csv
    """
    from hepatica.knowledge import select

    rules = common.ruleset(ruleset)
    found = select(rules, Filters(**{name: value or "" for name, value in filters.items()}))
    return _listed(rules, _sorted(found, sort))


@command.command("search", short_help="Studies found by words.")
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
    from hepatica.knowledge import search

    rules = common.ruleset(ruleset)
    return _listed(rules, search(rules, words))


@command.command("show", short_help="One study in full.")
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
    from hepatica.knowledge import find_study
    from hepatica.report import study_page, study_view

    rules = common.ruleset(ruleset)
    return common.Output(study_page(rules, find_study(rules, study)), study_view)


@command.command("references", short_help="What the records rest on, for a reference manager.")
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
    from hepatica import report

    listing = report.reference_listing(common.ruleset(ruleset))
    formats = {"bibtex": report.bibtex, "ris": report.ris, "csv": lambda found: report.csv_text(report.reference_rows(found))}
    return common.Output(listing, report.references_view, formats=formats)


@command.command("verify", short_help="Hold the records against the source's text.")
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
    from hepatica.knowledge import find_ruleset, gather, load_files
    from hepatica.knowledge.traceability import read_text, verify
    from hepatica.paths import shipped
    from hepatica.report import verification_report, verification_view

    files = gather(find_ruleset(ruleset, (shipped("rulesets"),)))
    rules = load_files(files)
    data, name = common.read_input(text)
    found = verify(rules, files, read_text(data, name), name)
    return common.Output(verification_report(rules, found), verification_view, code=1 if found.findings else 0)


def _listed(rules: Ruleset, found: tuple[Found, ...]) -> common.Output:
    from dataclasses import asdict

    from hepatica.report import StudyListing, StudyRow, csv_text, studies_view, study_listing

    def as_csv(listing: StudyListing) -> str:
        return csv_text([asdict(row) for row in listing.studies], list(StudyRow.__slots__))

    return common.Output(study_listing(rules, found), studies_view, formats={"csv": as_csv})


def _sorted(found: tuple[Found, ...], sort: str) -> tuple[Found, ...]:
    keys = {
        "therapy": lambda _: (),
        "study": lambda one: one.study.id,
        "phase": lambda one: PHASES.index(one.study.phase) if one.study.phase else len(PHASES),
        "size": lambda one: -(one.study.n or 0),
    }
    return tuple(sorted(found, key=keys[sort]))
