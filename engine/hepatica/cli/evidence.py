"""`hepatica evidence`: list, show, search and verify the studies of a ruleset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.knowledge import OUTCOMES, PHASES, STATUSES, UNSTATED, Filters

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
      hepatica evidence verify review.txt
    """


@command.command("list", short_help="The studies that pass every filter.")
@click.option("--therapy", "-t", default="", metavar="THERAPY", help="Studies in its file or cited by its rules.")
@click.option("--line", type=click.Choice(("first", "second", "any", UNSTATED)), help="Line of treatment.")
@click.option("--phase", type=click.Choice(PHASES), help="Phase as printed.")
@click.option("--status", type=click.Choice(STATUSES), help="Status at the review's date.")
@click.option("--biomarker", default="", metavar="NAME", help="afp, cmet, ras.")
@click.option("--region", default="", metavar="REGION", help="A region or a group of regions: japan, asian, western.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What became of the primary endpoint.")
@click.option("--tumour", default="", metavar="TUMOUR", help="hcc, or another tumour that the review mentions.")
@click.option("--sort", type=click.Choice(_SORTS), default="therapy", show_default=True, help="Order.")
@common.ruleset_option
@common.format_option("text", "json", "csv", "markdown")
def list_(ruleset: str, format_: str, sort: str, **filters: str | None) -> None:
    """List the studies that pass every filter.

    \b
    Examples:
      hepatica evidence list
      hepatica evidence list --phase III --outcome missed
      hepatica evidence list --therapy nivolumab --format json
      hepatica evidence list --region asian --format csv > asian.csv
    """
    from hepatica.knowledge import select

    rules = common.load(ruleset)[0]
    found = select(rules, Filters(**{name: value or "" for name, value in filters.items()}))
    _write(rules, _sorted(found, sort), format_)


@command.command("search", short_help="Studies found by words.")
@click.argument("words", nargs=-1, required=True)
@common.ruleset_option
@common.format_option("text", "json", "csv", "markdown")
def search_(words: tuple[str, ...], ruleset: str, format_: str) -> None:
    """Studies in which every word occurs: names, registry numbers, drugs, synonyms, classes, targets, biomarkers,
    regions, subgroups.

    \b
    Examples:
      hepatica evidence search NCT01774344
      hepatica evidence search pexa-vec
      hepatica evidence search sorafenib oxaliplatin
    """
    from hepatica.knowledge import search

    rules = common.load(ruleset)[0]
    _write(rules, search(rules, words), format_)


@command.command("show", short_help="One study in full.")
@click.argument("study")
@common.ruleset_option
@common.format_option("text", "json", "markdown")
def show(study: str, ruleset: str, format_: str) -> None:
    """One study in full, by id, name or registry number: figures as printed, corrections beside them, who cites it.

    \b
    Examples:
      hepatica evidence show reach
      hepatica evidence show NCT00858871
      hepatica evidence show each --format markdown
    """
    from hepatica.knowledge import find_study

    rules = common.load(ruleset)[0]
    found = find_study(rules, study)
    if format_ == "json":
        from hepatica.report.knowledge.evidence_document import whole

        common.write_json(whole(rules, found))
    elif format_ == "markdown":
        from hepatica.report.knowledge.evidence_markdown import whole as markdown

        common.write(markdown(rules, found))
    else:
        from hepatica.report.knowledge.evidence_text import whole as text

        common.write(text(rules, found, common.style()))


@command.command("verify", short_help="Hold the records against the source's text.")
@click.argument("text", metavar="REVIEW.txt")
@common.ruleset_option
@common.format_option("text", "json")
def verify_(text: str, ruleset: str, format_: str) -> int:
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

    files = gather(find_ruleset(ruleset, (shipped("rulesets"),)))
    rules = load_files(files)
    data, name = _source(text)
    found = verify(rules, files, read_text(data, name), name)
    if format_ == "json":
        from hepatica.report.knowledge.verification import document

        common.write_json(document(rules, found))
    else:
        from hepatica.report.knowledge.verification import text as shown

        common.write(shown(rules, found, common.style()))
    return 1 if found.findings else 0


def _source(text: str) -> tuple[bytes, str]:
    return common.read_input(text)


def _sorted(found: tuple[Found, ...], sort: str) -> tuple[Found, ...]:
    keys = {
        "therapy": lambda _: (),
        "study": lambda one: one.study.id,
        "phase": lambda one: PHASES.index(one.study.phase) if one.study.phase else len(PHASES),
        "size": lambda one: -(one.study.n or 0),
    }
    return tuple(sorted(found, key=keys[sort]))


def _write(rules: Ruleset, found: tuple[Found, ...], format_: str) -> None:
    if format_ == "json":
        from hepatica.report.knowledge.evidence_document import listing

        common.write_json(listing(rules, found))
    elif format_ == "csv":
        from hepatica.report.knowledge.evidence_document import table

        common.write(table(found))
    elif format_ == "markdown":
        from hepatica.report.knowledge.evidence_markdown import listing as markdown

        common.write(markdown(rules, found))
    else:
        from hepatica.report.knowledge.evidence_text import listing as text

        common.write(text(rules, found, common.style()))
