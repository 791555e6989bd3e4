"""`hepatica forest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.knowledge import Endpoint


@click.command("forest")
@click.option("--endpoint", "-e", "endpoints", multiple=True, type=click.Choice(["OS", "PFS", "TTP"]), help="Only this endpoint.")
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(["first", "second", "third"]), help="Only this line.")
@common.ruleset_option
@common.printed("svg", "png", "pdf")
def command(*, endpoints: tuple[Endpoint, ...], lines: tuple[str, ...], ruleset: str) -> common.Output:
    """The randomised trials' hazard ratios, by endpoint and control, printed and corrected values side by side.

    Trials that met their primary endpoint and trials that missed it are told apart by shape, colour and word; a subgroup
    or a comparison of doses carries no verdict. PNG and PDF need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica forest
      hepatica forest --endpoint OS --line second
      hepatica forest --output forest.svg
    """
    from hepatica.problems import InvalidInput, Problem
    from hepatica.report.teaching import forest_drawing, forest_pages, forest_view, printed_pages, svg
    from hepatica.teaching import Forest, forest

    def drawn(found: Forest, format_: str) -> str | bytes:
        if not found.panels:
            raise InvalidInput([Problem("forest", 1, 1, "empty", "no randomised trial with a hazard ratio fits the choice")])
        if format_ == "svg":
            return svg(forest_drawing(found))
        return printed_pages([forest_drawing(found)], "png") if format_ == "png" else printed_pages(forest_pages(found), "pdf")

    found = forest(common.ruleset(ruleset), endpoints, lines)
    formats = {name: lambda result, name=name: drawn(result, name) for name in ("svg", "png", "pdf")}
    return common.Output(found, forest_view, formats=formats)
