"""`hepatica forest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.knowledge import Endpoint
    from hepatica.report.style import Style
    from hepatica.teaching.forest import Forest

PICTURES = ("svg", "png")


@click.command("forest")
@click.option("--endpoint", "-e", "endpoints", multiple=True, type=click.Choice(["OS", "TTP", "PFS"]), help="Only this endpoint.")
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(["first", "second"]), help="Only this line of treatment.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@common.ruleset_option
@common.format_option("text", "json", "markdown", *PICTURES)
def command(*, endpoints: tuple[Endpoint, ...], lines: tuple[str, ...], output: Path | None, ruleset: str, format_: str) -> None:
    """The randomised trials' hazard ratios as a forest plot, printed and corrected values side by side.

    Trials that met their primary endpoint and trials that failed are told apart by the shape of the marker and by a
    word. The pictures need the extra `plots` (matplotlib).

    \b
    Examples:
      hepatica forest
      hepatica forest --endpoint OS --line second
      hepatica forest --format svg --output forest.svg
    """
    from hepatica.teaching.forest import ENDPOINTS, forest

    known, _ = common.load(ruleset)
    found = forest(known, endpoints or ENDPOINTS, lines) if lines else forest(known, endpoints or ENDPOINTS)
    if format_ in PICTURES:
        from hepatica.report.teaching.forest_plot import plot

        common.write_file(plot(found, "svg" if format_ == "svg" else "png"), output)
        return
    common.write_file(_written(found, format_, common.style(output)).encode(), output)


def _written(found: Forest, format_: str, style: Style) -> str:
    if format_ == "json":
        from hepatica.report.teaching.forest_document import document

        return f"{common.as_json(document(found))}\n"
    from hepatica.report.teaching.forest_text import markdown, text

    return markdown(found) if format_ == "markdown" else text(found, style)
