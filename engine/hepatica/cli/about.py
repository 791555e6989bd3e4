"""`hepatica about`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("about")
@common.ruleset_option
@common.printed()
def command(ruleset: str) -> common.Output:
    """The ruleset's card: source and date, what it covers and leaves out, for whom, known limits, and what it holds.

    \b
    Examples:
      hepatica about
      hepatica about --format json
      hepatica about --ruleset path/to/ruleset --output card.md
    """
    from hepatica.report.about import about, about_view

    return common.Output(about(common.load(ruleset)[0]), about_view)
