"""`hepatica check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import shipped

if TYPE_CHECKING:
    from hepatica.assurance.answers.agreement import Agreement
    from hepatica.assurance.answers.version import Version
    from hepatica.patient import Facts

EVERY_CODE = "all"


@click.command("check")
@click.argument("ruleset", required=False)
@click.option("--ruleset", "-r", "named", metavar="ID|FOLDER", help="Rules to check; the same as the argument.")
@click.option("--explain", metavar="CODE", help="The page of one finding; 'all' lists every code.")
@click.option("--strict", is_flag=True, help="Remarks fail the check, too.")
@click.option("--agreement", is_flag=True, help="Also compare durable_rules, the plain reading and the columns.")
@click.option(
    "--sample", type=click.IntRange(0, 1_000_000), default=1_000, show_default=True, help="Sampled profiles for --agreement."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Seed of the sample.")
@click.option("--witness", "witness", metavar="FOLDER", help="Write one patient file for each finding into FOLDER.")
@common.format_option("text", "json")
def command(
    ruleset: str | None,
    named: str | None,
    explain: str | None,
    strict: bool,
    agreement: bool,
    sample: int,
    seed: int,
    witness: str | None,
    format_: str,
) -> int:
    """Proofs about one ruleset over every profile it can tell apart; exit code 1 when something is wrong.

    RULESET is an id of a shipped ruleset or a folder. Rules that never apply, add nothing or always apply together;
    patients in scope who get nothing; options beyond their trials; standings that the figures do not bear out; what is
    recorded and never used; thresholds that no case tries; unknown facts that no result could settle.

    \b
    Examples:
      hepatica check
      hepatica check teaching-faults
      hepatica check my-rules/ --strict --agreement --sample 5000
      hepatica check --explain outside-trials
    """
    if explain is not None:
        _explain(explain)
        return 0
    from hepatica.assurance.answers.version import Version
    from hepatica.assurance.check.check import check
    from hepatica.knowledge import find_ruleset
    from hepatica.paths import DEFAULT_RULESET

    if ruleset is not None and named is not None:
        raise click.UsageError("name the ruleset once")
    name = next((given for given in (ruleset, named) if given is not None), DEFAULT_RULESET)
    version = Version(*common.load(name))
    report = check(version, _tried(version, find_ruleset(name, (shipped("rulesets"),))))
    agreed = _agreement(version, sample, seed) if agreement else None
    if witness:
        _write_witnesses(report.findings, Path(witness))
    if format_ == "json":
        from hepatica.report.assurance.check_document import document

        common.write_json(document(report, agreed))
    else:
        from hepatica.report.assurance.check_text import text

        common.write(text(report, agreed, common.style()))
    return int(bool(report.faults(strict=strict) or (agreed and agreed.differences)))


def _explain(code: str) -> None:
    from hepatica.assurance.check.findings import KINDS
    from hepatica.problems import quote, suggestion
    from hepatica.report.assurance.check_text import index, page

    if code == EVERY_CODE:
        common.write(index())
    elif code in KINDS:
        common.write(page(KINDS[code]))
    else:
        raise click.UsageError(f"no finding {quote(code)}; {suggestion(code, (*KINDS, EVERY_CODE))}")


def _tried(version: Version, folder: Path) -> list[Facts]:
    """The profiles of the ruleset's own cases."""
    from hepatica.assurance.cases.reader import read_cases
    from hepatica.knowledge import CASES

    if not (folder / CASES).is_dir():
        return []
    return [case.profile.facts for case in read_cases([folder / CASES], version.ruleset)]


def _agreement(version: Version, sample: int, seed: int) -> Agreement:
    from hepatica.assurance.answers.agreement import agreement, evaluators, profiles_to_compare

    shipped_files = sorted(str(path) for path in shipped("patients").glob("*.yaml"))
    patients = [profile.facts for profile in common.read_patients(shipped_files, ())]
    return agreement(evaluators(version), profiles_to_compare(version, patients, sample, seed))


def _write_witnesses(findings: tuple, folder: Path) -> None:  # type: ignore[type-arg]
    from hepatica.cli.witnesses import write_all

    write_all(folder, [(f.code, f.witness, f.sentence) for f in findings if f.witness is not None])
