"""`hepatica coverage`."""

from __future__ import annotations

import click

from hepatica.cli import cases, common

PURPOSE = "they reach what no other case reaches of the rules, their single conditions, and each condition deciding alone."


@click.command("coverage")
@cases.options
@click.option("--threshold", type=click.FloatRange(0, 100), metavar="N", help="Exit code 1 below N percent.")
@common.printed(verbose="List what is proved impossible, too.")
def command(
    ruleset: str, places: tuple[str, ...], without: tuple[str, ...], target: str | None, threshold: float | None
) -> common.Output:
    """What the case tables exercise, and what is missing.

    A case counts for a rule only where it says what it expects of the rule's therapy. Counted are each rule, concept and
    the scope true, false and unknown; each single condition true, false and unknown; and MC/DC: for each condition one
    case where it is true and one where it is false, in each of which it alone decides. What no consistent profile can
    show is proved so and not counted.

    \b
    Examples:
      hepatica coverage
      hepatica coverage hcc-2016 --threshold 100
      hepatica coverage my-rules/ --write my-rules/cases/missing.yaml
      hepatica coverage --cases rulesets/hcc-2016/cases/traps.yaml --format json
    """
    from hepatica.assurance.cases import pinned
    from hepatica.assurance.coverage import measure
    from hepatica.report.assurance import coverage_view

    rules, read = cases.read(ruleset, places, without, target)
    found = measure(rules, read, cases.places(ruleset, rules), threshold)
    if target is not None:
        missing = pinned([one.pin for one in found.missing], common.evaluator(rules)) if found.missing else []
        cases.write(target, missing, rules, cases.typed("coverage", ruleset, places, without, target), PURPOSE)
    return common.Output(found, coverage_view, int(not found.passed))
