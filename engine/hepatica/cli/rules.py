"""`hepatica rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.problems import InvalidInput, Problem, quote, suggestion

if TYPE_CHECKING:
    from hepatica.knowledge import Ruleset


@click.command("rules")
@click.argument("names", nargs=-1, metavar="[THERAPY|RULE]...")
@click.option("--line", metavar="LINE", default="", help="Only rules of this line of therapy: first, second, any ...")
@click.option("--standing", metavar="STANDING", default="", help="Only rules of this standing, e.g. early_signal.")
@click.option("--field", metavar="FIELD", default="", help="Only rules that depend on this field, directly or through a concept.")
@click.option("--search", metavar="WORDS", default="", help="Only rules whose text, therapy or studies hold these words.")
@common.ruleset_option
@common.printed(verbose="When each rule applies.")
def command(*, names: tuple[str, ...], ruleset: str, **filters: str) -> common.Output:
    """List, show and search the rules: when a therapy has a standing, and on which studies.

    \b
    Examples:
      hepatica rules
      hepatica rules tivantinib
      hepatica rules --field afp --verbose
      hepatica rules --standing not_supported --line second --format markdown
      hepatica rules --search "child-pugh b" --output rules.html
    """
    from hepatica.report import rule_listing, rules_found, rules_view

    loaded = common.ruleset(ruleset)
    known = tuple(name if name in loaded.rules else common.therapy(name, loaded, "NAME") for name in names)
    _check(loaded, filters)
    found = rules_found(loaded, known, **filters)
    return common.Output(rule_listing(loaded, found, full=bool(names)), rules_view)


def _check(ruleset: Ruleset, filters: dict[str, str]) -> None:
    from hepatica.knowledge import LINES, STANDINGS

    allowed = {"line": tuple(LINES), "standing": tuple(STANDINGS), "field": tuple(ruleset.fields)}
    problems = [
        Problem(f"--{name}", 1, 1, f"unknown-{name}", f"no {name} {quote(filters[name])}; {suggestion(filters[name], words)}")
        for name, words in allowed.items()
        if filters[name] and filters[name] not in words
    ]
    if problems:
        raise InvalidInput(problems)
