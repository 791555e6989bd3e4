"""`hepatica test`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hepatica.cli import common

if TYPE_CHECKING:
    from hepatica.assurance.cases.run import Outcome
    from hepatica.knowledge import Ruleset


@click.command("test")
@click.argument("targets", nargs=-1, metavar="[RULESET|FILE]...")
@common.ruleset_option
@click.option("-k", "words", default="", metavar="WORDS", help="Only cases whose sentence, place or therapies hold every word.")
@common.format_option("text", "json")
@click.option("--verbose", "-v", is_flag=True, help="List the cases that passed, too.")
def command(targets: tuple[str, ...], ruleset: str, words: str, format_: str, verbose: bool) -> int:
    """Run case tables: each case a sentence, a patient, and what the answer must say.

    A target is a ruleset (its own cases/ are run), a case file, a folder of case files or of rulesets, or - for
    cases on standard input. A case file belongs to the ruleset in whose cases/ it lies, else to the one it names, else to
    --ruleset. Exit code 1 when a case fails.

    \b
    Examples:
      hepatica test
      hepatica test hcc-2016 -k tivantinib
      hepatica test rulesets/hcc-2016/cases/traps.yaml --verbose
      hepatica test my-rules/ --format json
      hepatica test - --ruleset my-rules/ < cases.yaml
    """
    from hepatica.assurance.cases.run import run
    from hepatica.assurance.cases.suite import STDIN, read_all, selected, suites
    from hepatica.documents import MAX_BYTES
    from hepatica.evaluation import Evaluator
    from hepatica.paths import shipped

    given = sys.stdin.buffer.read(MAX_BYTES + 1) if STDIN in targets else b""
    found = suites(targets, shipped("rulesets"), ruleset, given)
    read = read_all(found, lambda name: common.load(name)[0], given)
    chosen = {case.place for case in selected([case for _, cases in read for case in cases], words)}
    kept = [(rules, [case for case in cases if case.place in chosen]) for rules, cases in read]
    results = [(rules, run(cases, Evaluator(rules))) for rules, cases in kept if cases]
    _write(results, format_, verbose)
    return int(any(not outcome.passed for _, outcomes in results for outcome in outcomes))


def _write(results: Sequence[tuple[Ruleset, list[Outcome]]], format_: str, verbose: bool) -> None:
    from hepatica.notice import notice
    from hepatica.report.assurance import case_results
    from hepatica.report.wrapping import hanging

    if format_ == "json":
        common.write_json(case_results.document(results))
        return
    for rules, outcomes in results:
        common.write(case_results.text(rules, outcomes, common.style(), verbose=verbose))
    common.write("\n" + "\n".join(hanging("", notice(results[0][0].card.as_of), 0)) + "\n")
