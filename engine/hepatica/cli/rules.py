"""`hepatica rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hepatica.cli import common
from hepatica.problems import InvalidInput, Problem, quote, suggestion

if TYPE_CHECKING:
    from hepatica.knowledge import Rule, Ruleset, Therapy


@click.command("rules")
@click.argument("names", nargs=-1, metavar="[THERAPY|RULE]...")
@click.option("--line", type=click.Choice(["first", "second", "any"]), help="Only rules of this line of therapy.")
@click.option("--standing", metavar="STANDING", help="Only rules of this standing, e.g. early_signal.")
@click.option("--field", metavar="FIELD", help="Only rules that depend on this field, directly or through a concept.")
@click.option("--search", metavar="WORDS", help="Only rules whose text, therapy or studies hold these words.")
@common.ruleset_option
@common.format_option("text", "json", "markdown")
def command(names: tuple[str, ...], ruleset: str, format_: str, **filters: str | None) -> None:
    """List, show and search the rules: when a therapy has a standing, and on which studies.

    \b
    Examples:
      hepatica rules
      hepatica rules tivantinib
      hepatica rules --field afp
      hepatica rules --standing not_supported --line second --format markdown
      hepatica rules --search "child-pugh b"
    """
    from hepatica.report.knowledge import rules as report

    loaded, _ = common.load(ruleset)
    _check(loaded, names, filters)
    found = [pair for pair in loaded.rules_with_therapy() if _wanted(loaded, *pair, names, filters)]
    if format_ == "json":
        common.write_json(report.document(loaded, found))
    elif format_ == "markdown":
        common.write(report.markdown(loaded, found))
    else:
        common.write(report.text(loaded, found, common.style(), full=bool(names)))


def _check(ruleset: Ruleset, names: tuple[str, ...], filters: dict[str, Any]) -> None:
    from hepatica.knowledge import DEMANDS
    from hepatica.patient import FIELD_BY_NAME

    problems = []
    known = [*ruleset.therapies, *ruleset.rules]
    for name in names:
        if name not in known:
            problems.append(
                Problem("NAME", 1, 1, "unknown-rule", f"no therapy or rule {quote(name)}; {suggestion(name, ruleset.therapies)}")
            )
    for option, allowed in (("standing", DEMANDS), ("field", FIELD_BY_NAME)):
        if filters[option] and filters[option] not in allowed:
            message = f"no {option} {quote(filters[option])}; {suggestion(filters[option], allowed)}"
            problems.append(Problem(f"--{option}", 1, 1, f"unknown-{option}", message))
    if problems:
        raise InvalidInput(problems)


def _wanted(ruleset: Ruleset, therapy: Therapy, rule: Rule, names: tuple[str, ...], filters: dict[str, Any]) -> bool:
    from hepatica.report.knowledge.rules import fields_of, searched

    if names and therapy.id not in names and rule.id not in names:
        return False
    if filters["line"] and rule.line != filters["line"]:
        return False
    if filters["standing"] and rule.standing != filters["standing"]:
        return False
    if filters["field"] and filters["field"] not in fields_of(ruleset, rule.when):
        return False
    words = (filters["search"] or "").lower().split()
    text = searched(ruleset, therapy, rule)
    return all(word in text for word in words)
