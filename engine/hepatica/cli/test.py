"""`hepatica test`."""

from __future__ import annotations

import click

from hepatica.cli import common


@click.command("test")
@click.argument("targets", nargs=-1, metavar="[RULESET|FILE]...")
@common.ruleset_option
@click.option("-k", "words", default="", metavar="WORDS", help="Only cases whose sentence, place or therapies hold every word.")
@common.printed("github", "junit", verbose="List the cases that passed, too.")
def command(targets: tuple[str, ...], ruleset: str, words: str) -> common.Output:
    """Run case tables: each case a sentence, a patient, and what the answer must say.

    A target is a ruleset (its own cases/ are run), a case file, a folder of case files or of rulesets, or - for
    cases on standard input. A case file belongs to the ruleset in whose cases/ it lies, else to the one it names, else to
    --ruleset. Exit code 1 when a case fails.

    \b
    Examples:
      hepatica test
      hepatica test hcc-2016 -k tivantinib
      hepatica test rulesets/hcc-2016/cases/traps.yaml --verbose
      hepatica test my-rules/ --format junit --output cases.xml
      hepatica test - --ruleset my-rules/ < cases.yaml
    """
    from hepatica.assurance.cases import STDIN, read_all, run_cases, selected, suites
    from hepatica.paths import shipped
    from hepatica.report.assurance import case_annotations, case_run_view, junit

    given = common.read_input(STDIN)[0] if STDIN in targets else b""
    read = read_all(suites(targets, shipped("rulesets"), ruleset, given), common.ruleset, given)
    chosen = {case.place for case in selected([case for _, cases in read for case in cases], words)}
    kept = [(rules, [case for case in cases if case.place in chosen]) for rules, cases in read]
    run = run_cases([(common.evaluator(rules), cases) for rules, cases in kept if cases])
    return common.Output(run, case_run_view, int(not run.passed), {"github": case_annotations, "junit": junit})
