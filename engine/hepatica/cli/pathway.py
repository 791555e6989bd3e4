"""`hepatica pathway`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.knowledge import Line
    from hepatica.teaching import Pathway

LINES = ("first", "second", "third", "later", "any")


@click.command("pathway")
@click.argument("patient", required=False)
@common.settings_option
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(LINES), help="Only this line of treatment.")
@click.option("--narrow", is_flag=True, help="The picture for a phone, in one column.")
@common.ruleset_option
@common.printed("svg", "png", "pdf", "mermaid")
def command(
    *, patient: str | None, settings: tuple[str, ...], lines: tuple[Line, ...], narrow: bool, ruleset: str
) -> common.Output:
    """The treatment lines made from the rules: by line, then standing, strongest first; each drug with its conditions.

    With PATIENT the way taken is lit, and what is closed says which fact closes it. PDF has a landscape page of A4 for each
    line; PNG and PDF need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica pathway
      hepatica pathway after-sorafenib-met-high
      hepatica pathway after-sorafenib-met-high --output pathway.pdf
      hepatica pathway --line second --format mermaid
    """
    from hepatica.report.teaching import LANDSCAPE, PHONE, mermaid, pathway_drawings, pathway_svg, pathway_view, printed_pages
    from hepatica.teaching import pathway

    known = common.ruleset(ruleset)
    profile = common.read_patient(patient, settings, known) if patient or settings else None
    width = PHONE if narrow else LANDSCAPE
    formats: dict[str, Callable[[Pathway], str | bytes]] = {
        "svg": lambda path: pathway_svg(path, width),
        "png": lambda path: printed_pages(pathway_drawings(path, width), "png"),
        "pdf": lambda path: printed_pages(pathway_drawings(path, width), "pdf"),
        "mermaid": mermaid,
    }
    return common.Output(pathway(known, profile, lines), pathway_view, formats=formats)
