"""`hepatica pathway`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.knowledge import Line
    from hepatica.report.style import Style
    from hepatica.teaching.pathway import Pathway


@click.command("pathway")
@click.argument("patient", required=False)
@common.settings_option
@click.option("--line", "-l", "lines", multiple=True, type=click.Choice(["first", "second", "any"]), help="Only this line.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@common.ruleset_option
@common.format_option("text", "json", "svg", "mermaid")
def command(
    *, patient: str | None, settings: tuple[str, ...], lines: tuple[Line, ...], output: Path | None, ruleset: str, format_: str
) -> None:
    """The treatment lines as a picture made from the rules: scope, line, history, further conditions, therapies.

    With PATIENT the path taken is lit, and every closed door says which fact closes it.

    \b
    Examples:
      hepatica pathway
      hepatica pathway after-sorafenib-met-high
      hepatica pathway after-sorafenib-met-high --format svg --output pathway.svg
      hepatica pathway --line second --format mermaid
    """
    from hepatica.teaching.pathway import LINES, pathway

    profile = common.read_patient(patient, settings) if patient or settings else None
    known, _ = common.load(ruleset)
    path = pathway(known, profile, lines or tuple(LINES))
    common.write_file(_shown(path, format_, common.style(output)).encode(), output)


def _shown(path: Pathway, format_: str, style: Style) -> str:
    if format_ == "svg":
        from hepatica.report.teaching.pathway_svg import svg

        return svg(path)
    if format_ == "mermaid":
        from hepatica.report.teaching.pathway_mermaid import mermaid

        return mermaid(path)
    from hepatica.report.teaching.pathway_text import document, text

    if format_ == "json":
        return f"{common.as_json(document(path))}\n"
    return text(path, style)
