"""`hepatica mutate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hepatica.cli import cases, common

if TYPE_CHECKING:
    from hepatica.assurance.cases.case import Case
    from hepatica.evaluation import Evaluator

PURPOSE = "each notices a small change of the rules that no other case notices."


@click.command("mutate")
@cases.options
@common.format_option("text", "json")
@click.option("--verbose", "-v", is_flag=True, help="List the changes proved to change nothing, too.")
def command(
    ruleset: str,
    places: tuple[str, ...],
    without: tuple[str, ...],
    target: str | None,
    format_: str,
    verbose: bool,
) -> int:
    """Change the rules in every small way; each change must be noticed by a case.

    Thresholds move and change strictness, words join and leave lists, conditions are dropped and negated, all and any
    change places, concepts are asked for the other way round, standings and citations change: in rules, concepts, the
    scope and the populations of cited studies. A change that alters no answer is recognised by proof over the whole
    profile space. Exit code 1 while a change that alters an answer goes unnoticed.

    \b
    Examples:
      hepatica mutate
      hepatica mutate my-rules/ --write my-rules/cases/missing.yaml
      hepatica mutate --without my-rules/cases/old.yaml --format json
    """
    from hepatica.assurance.mutation.mutate import killers, mutate
    from hepatica.evaluation import Evaluator

    rules, read = cases.read(ruleset, places, without, target)
    evaluator = Evaluator(rules)
    if not _pass(read, evaluator):
        return 1
    with _progress() as progress:
        found = mutate(rules, read, progress, cases.places(ruleset, rules))
    missing = killers(found, evaluator)
    if target:
        cases.write(target, missing, rules, cases.typed("mutate", ruleset, places, without, target), PURPOSE)
    from hepatica.report.assurance import mutation as report

    if format_ == "json":
        common.write_json(report.document(rules, read, found, missing))
    else:
        common.write(report.text(rules, read, found, missing, common.style(), verbose=verbose))
    return int(bool(found.survivors))


def _pass(read: Sequence[Case], evaluator: Evaluator) -> bool:
    """Whether every case passes on the rules as they are; says which do not."""
    from hepatica.assurance.cases.run import run
    from hepatica.report.assurance.case_results import failure

    failed = [outcome for outcome in run(read, evaluator) if not outcome.passed]
    for outcome in failed:
        click.echo("\n".join(failure(outcome)), err=True)
    if failed:
        click.echo(f"{len(failed)} of {len(read)} cases fail on the rules as they are; mend them first", err=True)
    return not failed


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="Changing the rules", file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield advance
