"""`hepatica check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET, shipped

if TYPE_CHECKING:
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.agreement import EvaluatorAgreement
    from hepatica.patient import Facts

EVERY_CODE = "all"


@click.command("check")
@click.argument("ruleset", required=False)
@click.option("--ruleset", "-r", "named", metavar="ID|FOLDER", help="Rules to check; the same as the argument.")
@click.option("--explain", metavar="CODE", help="The page of one finding; 'all' lists every code.")
@click.option("--strict", is_flag=True, help="Remarks fail the check, too.")
@click.option("--agreement", is_flag=True, help="Also compare durable_rules, the plain reading, the tables and the columns.")
@click.option(
    "--sample", type=click.IntRange(0, 1_000_000), default=1_000, show_default=True, help="Sampled profiles for --agreement."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Seed of the sample.")
@click.option("--witness", metavar="FOLDER", help="Write one patient file for each finding into FOLDER.")
@common.printed("github", "sarif")
def command(
    ruleset: str | None,
    named: str | None,
    explain: str | None,
    strict: bool,
    agreement: bool,
    sample: int,
    seed: int,
    witness: str | None,
) -> common.Output:
    """Proofs about one ruleset over every profile it can tell apart; exit code 1 when something is wrong.

    RULESET is an id (that of ./rulesets/ID where it exists, else a shipped one) or a folder. Rules that never apply, add
    nothing or always apply together; patients in scope who get nothing; options beyond their trials or on failed ones;
    figures that contradict each other, their endpoint or a sentence; what is recorded and never used; thresholds that no
    case tries; unknown facts that no result could settle. A card's `waivers` accept findings, each with a reason.

    \b
    Examples:
      hepatica check
      hepatica check teaching-faults
      hepatica check my-rules/ --strict --agreement --sample 5000
      hepatica check my-rules/ --format github
      hepatica check --explain outside-trials
    """
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.check import check
    from hepatica.report.assurance import check_annotations, check_view, sarif

    if explain is not None:
        return _explained(explain)
    if ruleset is not None and named is not None:
        raise click.UsageError("name the ruleset once")
    name = next((given for given in (ruleset, named) if given is not None), DEFAULT_RULESET)
    version = RulesetVersion.of(common.ruleset(name))
    agreed = _agreement(version, sample, seed) if agreement else None
    result = check(version, _tried(version, name), strict=strict, agreement=agreed)
    if witness is not None:
        from hepatica.cli.witnesses import write_all

        shown = [(one.code, one.witness, one.says) for one in result.findings if one.witness is not None]
        write_all(witness, shown, version.fields)
    return common.Output(result, check_view, int(not result.passed), {"github": check_annotations, "sarif": sarif})


def _explained(code: str) -> common.Output:
    from hepatica.assurance.check import KINDS
    from hepatica.problems import quote, suggestion
    from hepatica.report.assurance import finding_index, finding_page

    if code == EVERY_CODE:
        return common.Output(tuple(KINDS.values()), finding_index)
    if code not in KINDS:
        raise click.UsageError(f"no finding {quote(code)}; {suggestion(code, (*KINDS, EVERY_CODE))}")
    return common.Output(KINDS[code], finding_page)


def _tried(version: RulesetVersion, name: str) -> list[Facts]:
    """The profiles of the ruleset's own cases."""
    from hepatica.assurance.cases import read_cases
    from hepatica.knowledge import CASES, find_ruleset

    folder: Path = find_ruleset(name) / CASES
    return [case.profile.facts for case in read_cases([folder], version.ruleset)] if folder.is_dir() else []


def _agreement(version: RulesetVersion, sample: int, seed: int) -> EvaluatorAgreement:
    from hepatica.assurance.agreement import agreement, profiles_to_compare

    files = sorted(str(path) for path in shipped("patients").glob("*.yaml"))
    patients = [profile.facts for profile in common.read_patients(files, (), version.ruleset)]
    return agreement(version, profiles_to_compare(version, patients, sample, seed))
