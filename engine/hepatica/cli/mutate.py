"""`hepatica mutate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from hepatica.cli import cases, common

PURPOSE = "each notices a small change of the rules, or of a figure, that no other case notices."


@click.command("mutate")
@cases.options
@click.option("--threshold", type=click.FloatRange(0, 100), default=100, metavar="N", help="Exit code 1 below N percent.")
@common.printed(verbose="List the changes proved to change nothing, too.")
def command(
    ruleset: str, places: tuple[str, ...], without: tuple[str, ...], target: str | None, threshold: float
) -> common.Output:
    """Change the rules in every small way; each change must be noticed by a case.

    Thresholds move and change strictness, words join and leave lists, conditions are dropped and negated, all and any
    change places, concepts are asked for the other way round, standings, verdicts and citations change: in rules,
    concepts, the scope and the populations of cited studies; and so do the figures that headlines show. A change that
    alters no answer is recognised by proof over the whole profile space. Exit code 1 while a change that alters an answer
    goes unnoticed.

    \b
    Examples:
      hepatica mutate
      hepatica mutate my-rules/ --write my-rules/cases/missing.yaml
      hepatica mutate --without my-rules/cases/old.yaml --format json
    """
    from hepatica.assurance.cases import run_cases
    from hepatica.assurance.mutation import mutate
    from hepatica.report.assurance import case_run_view, mutation_view

    rules, read = cases.read(ruleset, places, without, target)
    evaluator = common.evaluator(rules)
    run = run_cases([(evaluator, read)])
    if not run.passed:
        click.echo(f"{run.failed} of {run.cases} cases fail on the rules as they are; mend them first", err=True)
        return common.Output(run, case_run_view, 1)
    with _progress() as progress:
        found = mutate(evaluator, read, progress, cases.places(ruleset, rules), threshold)
    if target is not None:
        cases.write(target, found.killers, rules, cases.typed("mutate", ruleset, places, without, target), PURPOSE)
    return common.Output(found, mutation_view, int(not found.passed))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, on a terminal only."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="Changing the rules", file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield advance
