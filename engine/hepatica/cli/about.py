"""`hepatica about`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("about")
@common.ruleset_option
@common.format_option("text", "json", "markdown")
def command(ruleset: str, format_: str) -> None:
    """The ruleset's card: source and date, what it covers and leaves out, for whom, known limits, and what it holds.

    \b
    Examples:
      hepatica about
      hepatica about --format json
      hepatica about --ruleset path/to/ruleset --format markdown
    """
    rules = common.load(ruleset)[0]
    if format_ == "json":
        from hepatica.report.knowledge.about_document import card

        common.write_json(card(rules))
    elif format_ == "markdown":
        from hepatica.report.knowledge.about_text import markdown

        common.write(markdown(rules))
    else:
        from hepatica.report.knowledge.about_text import text

        common.write(text(rules, common.style()))
