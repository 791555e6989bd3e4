"""Commands for those who write rules: case tables and what they exercise, proofs about rules, and what an edit changes."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from hepatica.cli import common, writing
from hepatica.cli.witnesses import write_all
from hepatica.documents import read_input
from hepatica.paths import DEFAULT_RULESET, shipped
from hepatica.problems import InvalidInput, gathered, quote, suggestion

if TYPE_CHECKING:
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.agreement import EvaluatorAgreement
    from hepatica.assurance.cases import PatientCase
    from hepatica.evaluation import Evaluator
    from hepatica.knowledge import Ruleset

F = TypeVar("F", bound=Callable[..., Any])
EVERY_CODE = "all"
LONG = 1.0
"""Seconds after which a proof shows how far it is."""


@click.command("test")
@click.argument("targets", nargs=-1, metavar="[RULESET|FILE]...")
@common.ruleset_option
@common.printed("github", "junit", verbose="List the cases that passed, too.")
def test(targets: tuple[str, ...], ruleset: str) -> common.Output:
    """Run case tables: each case a sentence, a patient, and what the answer must say.

    A target is a ruleset (its own cases/ are run), a case file, a folder of case files or of rulesets, or - for cases on
    standard input. A case file belongs to the ruleset in whose cases/ it lies, else to --ruleset. Exit code 1 when a case
    fails.

    \b
    Examples:
      hepatica test
      hepatica test hcc-2016
      hepatica test rulesets/hcc-2016/cases/traps.yaml --verbose
      hepatica test my-rules/ --format junit --output cases.xml
      hepatica test - --ruleset my-rules/ < cases.yaml
    """
    from hepatica.assurance.cases import read_cases, run_cases, suites
    from hepatica.report.assurance import case_annotations, case_run_view, junit

    def read(found: tuple[str, Sequence[Path]]) -> list[tuple[Evaluator, list[PatientCase]]]:
        evaluator = common.evaluator(found[0])
        return [(evaluator, read_cases(found[1], evaluator.ruleset))]

    run = run_cases(gathered(suites(targets, ruleset).items(), read))
    return common.Output(run, case_run_view, int(not run.passed), {"github": case_annotations, "junit": junit})


def _case_options(function: F) -> F:
    wanted = "Write the missing cases to FILE; what FILE held before is not read."
    made = click.option("--write", "target", metavar="FILE", help=wanted)(function)
    where = "A case file or folder; by default the ruleset's cases/."
    made = click.option("--cases", "places", multiple=True, metavar="PATH", help=where)(made)
    return click.argument("ruleset", default=DEFAULT_RULESET, metavar="[RULESET]")(made)


def _read_cases(name: str, places: Sequence[str], target: str | None) -> tuple[Ruleset, list[PatientCase]]:
    """A ruleset, and its cases without those of the file that is to be written."""
    from hepatica.assurance.cases import files_below, read_cases, shown
    from hepatica.knowledge import CASES, find_ruleset

    if target is not None and not target.strip():
        raise click.UsageError("--write takes the name of a file")
    ruleset = common.ruleset(name)
    root = find_ruleset(name)
    given = [Path(place) for place in places] or ([shown(root / CASES)] if (root / CASES).is_dir() else [])
    files = [path for place in given for path in (files_below(place) if place.is_dir() else [place])]
    # What an earlier run wrote must not count: written again from the same other cases, the file is the same.
    left_out = Path(target).resolve() if target else None
    return ruleset, read_cases([path for path in files if path.resolve() != left_out], ruleset)


def _write_cases(target: str, cases: Sequence[PatientCase], ruleset: Ruleset, purpose: str) -> None:
    """New cases to a file that names the command which writes it again; says on standard error what was written.

    A file that somebody else wrote, or reworded since, is left alone.
    """
    from hepatica.assurance.cases import case_file, untouched

    if not cases:
        click.echo(f"nothing is missing; {target} is not written", err=True)
        return
    path = Path(target)
    try:
        if path.is_file() and not untouched(path.read_text(encoding="utf-8", errors="replace")):
            message = "exists and was not written by this command, or was reworded since; name another file"
            raise InvalidInput.at(target, "not-written-here", message)
    except OSError as error:
        raise InvalidInput.at(target, "unwritable", (error.strerror or "cannot be read").lower()) from None
    context = click.get_current_context()
    given = [word for place in context.params["places"] for word in ("--cases", place)]
    command = ["hepatica", str(context.info_name), context.params["ruleset"], *given, "--write", target]
    # The first line tells an editor the schema, where one stands with the ruleset or beside it.
    found = next((up for up in ("..", "../..") if (path.parent / up / "schemas" / "cases.json").is_file()), None)
    line = f"# yaml-language-server: $schema={found}/schemas/cases.json\n" if found else ""
    writing.write([line, case_file(cases, purpose, shlex.join(command), ruleset.card.as_of)], path, force=True)
    click.echo(f"{len(cases)} cases written to {target}", err=True)


@click.command("coverage")
@_case_options
@click.option("--threshold", type=click.FloatRange(0, 100), metavar="N", help="Exit code 1 below N percent.")
@common.printed(verbose="List what is proved impossible, too.")
def coverage(ruleset: str, places: tuple[str, ...], target: str | None, threshold: float | None) -> common.Output:
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

    rules, read = _read_cases(ruleset, places, target)
    found = measure(rules, read, threshold)
    if target is not None:
        missing = pinned([one.pin for one in found.missing], common.evaluator(rules))
        purpose = (
            "they reach what no other case reaches of the rules, their single conditions, and each condition deciding alone."
        )
        _write_cases(target, missing, rules, purpose)
    return common.Output(found, coverage_view, int(not found.passed))


@click.command("mutate")
@_case_options
@click.option("--threshold", type=click.FloatRange(0, 100), default=100, metavar="N", help="Exit code 1 below N percent.")
@common.printed(verbose="List the changes proved to change nothing, too.")
def mutate(ruleset: str, places: tuple[str, ...], target: str | None, threshold: float) -> common.Output:
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
      hepatica mutate --threshold 90 --format json
    """
    from hepatica.assurance.cases import run_cases
    from hepatica.assurance.mutation import mutate
    from hepatica.report.assurance import case_run_view, mutation_view

    rules, read = _read_cases(ruleset, places, target)
    evaluator = common.evaluator(rules)
    run = run_cases([(evaluator, read)])
    # A case that fails on the rules as they are would seem to notice every change of them.
    if not run.passed:
        click.echo(f"{run.failed} of {run.cases} cases fail on the rules as they are; mend them first", err=True)
        return common.Output(run, case_run_view, 1)
    with _progress("Changing the rules") as progress:
        found = mutate(evaluator, read, progress, threshold)
    if target is not None:
        purpose = "each notices a small change of the rules, or of a figure, that no other case notices."
        _write_cases(target, found.killers, rules, purpose)
    return common.Output(found, mutation_view, int(not found.passed))


@contextmanager
def _progress(label: str, after: float = 0) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, on a terminal only, and not before so many seconds."""
    # In the log of a CI run a bar would be a thousand lines.
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    with ExitStack() as stack:
        bar: Any = None

        def advance(done: int, total: int) -> None:
            nonlocal bar
            if time.monotonic() - began < after:
                return
            bar = bar or stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr))
            bar.length = total
            bar.update(done - bar.pos)

        yield advance


@click.command("check")
@click.argument("ruleset", default=DEFAULT_RULESET, metavar="[RULESET]")
@click.option("--explain", metavar="CODE", help="The page of one finding; 'all' lists every code.")
@click.option("--strict", is_flag=True, help="Remarks fail the check, too.")
@click.option("--agreement", is_flag=True, help="Also compare durable_rules, the plain reading and the tables.")
@click.option(
    "--sample", type=click.IntRange(0, 1_000_000), default=1_000, show_default=True, help="Sampled profiles for --agreement."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Seed of the sample.")
@click.option("--witness", metavar="FOLDER", help="Write one patient file for each finding into FOLDER.")
@common.printed("github", "sarif")
def check(
    ruleset: str, explain: str | None, strict: bool, agreement: bool, sample: int, seed: int, witness: str | None
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
    from hepatica.assurance.cases import own_cases
    from hepatica.assurance.check import check
    from hepatica.knowledge import find_ruleset
    from hepatica.report.assurance import check_annotations, check_view, sarif

    if explain is not None:
        return _explained(explain)
    version = RulesetVersion.of(common.ruleset(ruleset))
    agreed = _agreement(version, sample, seed) if agreement else None
    tried = [case.profile.facts for case in own_cases(find_ruleset(ruleset), version.ruleset)]
    with _progress("Checking the rules", LONG) as progress:
        result = check(version, tried, strict=strict, agreement=agreed, progress=progress)
    if witness is not None:
        shown = [(one.code, one.witness, one.says) for one in result.findings if one.witness is not None]
        write_all(witness, shown, version.fields)
    return common.Output(result, check_view, int(not result.passed), {"github": check_annotations, "sarif": sarif})


def _explained(code: str) -> common.Output:
    from hepatica.assurance.check import KINDS
    from hepatica.report.assurance import finding_index, finding_page

    if code == EVERY_CODE:
        return common.Output(tuple(KINDS.values()), finding_index)
    if code not in KINDS:
        raise click.UsageError(f"no finding {quote(code)}; {suggestion(code, (*KINDS, EVERY_CODE))}")
    return common.Output(KINDS[code], finding_page)


def _agreement(version: RulesetVersion, sample: int, seed: int) -> EvaluatorAgreement:
    from hepatica.assurance.agreement import agreement, profiles_to_compare
    from hepatica.patient import COMMON_FIELDS, facts_of

    files = sorted(str(path) for path in shipped("patients").glob("*.yaml"))
    # Of a ruleset for another disease, the fields that its patients have in common with those.
    shared = [name for name, field in version.fields.items() if COMMON_FIELDS.get(name) == field]
    profiles = common.read_patients(files, (), COMMON_FIELDS)
    patients = [facts_of({name: one.facts[name] for name in shared}, version.fields) for one in profiles]
    return agreement(version, profiles_to_compare(version, patients, sample, seed))


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--base", metavar="REVISION", help="Compare with where this line of work left REVISION.")
@common.ruleset_option
@click.option("--allow", metavar="FILE", help="YAML that declares the changes that are meant; - for standard input.")
@click.option("--witness", metavar="FOLDER", help="Write one patient file for each change into FOLDER.")
@common.printed(verbose="Leave nothing out: what changes where facts are missing, and every edit.")
def diff(
    old: str | None, new: str | None, base: str | None, ruleset: str, allow: str | None, witness: str | None
) -> common.Output:
    """What an edit of the rules changes in what answers show, for every profile, as a proof.

    OLD and NEW are folders, ids of rulesets, git revisions of the ruleset named by --ruleset, or REVISION:FOLDER; NEW is that
    ruleset as it stands when left out. First comes who is answered otherwise, with all facts known; then the edits beside
    their effects, texts and figures with how many profiles see them, reasons, and what changes where facts are missing. A
    new or deleted ruleset, a renamed folder and renamed rules are recognised, and cases that are gone are named. Exit code 1
    when something shown changes, or a case is gone, that --allow does not declare, or changes under the same version number.

    \b
    Examples:
      hepatica diff HEAD~1
      hepatica diff v1.0..v1.1 --format markdown
      hepatica diff --base main --allow expected.yaml
      hepatica diff hcc-2016 my-rules/ --witness changed-patients/

    \b
    A file for --allow (from, to, where and at_most may be left out):
      allow:
        - therapy: tivantinib
          from: ruled_out
          to: options
          where: {cmet: high}
          because: the subgroup's result is now read as an early signal
        - shown: evolve-1
          because: a misprinted median was corrected
        - case: Without a MET-high tumour tivantinib is ruled out.
          because: another case asks the same
    """
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.cases import lost_cases
    from hepatica.assurance.diff import diff, new_or_gone, read_allowances
    from hepatica.report.assurance import diff_view, pull_request

    first, second = _sides(old, new, base, ruleset)
    present: list[RulesetVersion] = []
    for side in filter(None, (first, second)):
        present.append(RulesetVersion.of(side.ruleset, *present))
    if first is not None and second is not None:
        allowed = read_allowances(*read_input(allow), present) if allow is not None else None
        # Two rulesets of their own owe each other no cases.
        same = first.ruleset.card.id == second.ruleset.card.id
        lost = lost_cases(first.cases(), second.cases()) if same else ()
        # What plain text folds need not be put into words.
        asked = click.get_current_context().params
        brief = asked["format_"] in (None, "text") and not (asked["details"] or asked["output"])
        with _progress("Comparing", LONG) as progress:
            result = diff(present[0], present[1], allowed, lost, progress, brief=brief)
    else:
        result = new_or_gone(present[0], gone=second is None)
    if witness is not None:
        found = [
            (
                f"{one.subject}-{one.id}".rstrip("-"),
                one.witness,
                f"{one.name or one.subject}: {one.before.place} -> {one.after.place}",
            )
            for one in result.changes
        ]
        write_all(witness, found, present[-1].fields)
    return common.Output(result, diff_view, int(not result.passed), {"markdown": pull_request})


class _Side(NamedTuple):
    """One side of a comparison, and what reads its case files when they are asked for."""

    ruleset: Ruleset
    cases: Callable[[], dict[str, bytes]]


def _sides(old: str | None, new: str | None, base: str | None, ruleset: str) -> tuple[_Side | None, _Side | None]:
    if base is not None and (old is not None or new is not None):
        raise click.UsageError("--base takes the place of OLD and NEW")
    if base is None and old is None:
        raise click.UsageError("name what to compare: OLD [NEW], OLD..NEW, or --base REVISION")
    if old is not None and new is None and ".." in old and not os.path.exists(old):  # noqa: PTH110 -- a revision may be no possible path
        old, _, new = old.partition("..")
        new = new or None
        if not old or (new and new.startswith(".")):
            raise click.UsageError("a range is OLD..NEW or OLD..; for the branching point use --base REVISION")
    folder = _folder(ruleset)
    if base is not None:
        from hepatica.assurance.diff import merge_base

        old = merge_base(folder, base)
    first = _side(old or "", folder)
    second = _side(new, folder) if new is not None else _standing(folder)
    if first is None and second is None:
        raise InvalidInput.at(str(folder), "no-ruleset", "no ruleset there on either side")
    return first, second


def _folder(ruleset: str) -> Path:
    """The folder of the ruleset; one that is gone from the working folder may still be in the repository's past."""
    from hepatica.knowledge import find_ruleset

    try:
        return find_ruleset(ruleset)
    except InvalidInput:
        if ruleset == DEFAULT_RULESET or "/" not in ruleset:
            raise
        return Path(ruleset)


def _standing(folder: Path) -> _Side | None:
    """The ruleset in a folder as it stands; None where there is none."""
    from hepatica.assurance.cases import case_contents
    from hepatica.knowledge import CARD

    if not (folder / CARD).is_file():
        return None
    return _Side(common.ruleset(f"{folder}/"), partial(case_contents, folder))


def _side(name: str, folder: Path) -> _Side | None:
    """The ruleset in a folder, under an id, or at a git revision of `folder`; None where there was none at the revision."""
    from hepatica.assurance.diff import ruleset_at, ruleset_in
    from hepatica.knowledge import find_ruleset, loaded

    # What is a ruleset is never taken for a revision; a folder that stands there and is none is not looked up in git.
    try:
        return _standing(find_ruleset(name))
    except InvalidInput:
        if os.path.exists(name):  # noqa: PTH110
            raise
    revision, colon, path = name.partition(":")
    past = ruleset_in(path, revision) if colon and revision and path else ruleset_at(folder, name)
    return _Side(loaded(past.files), past.cases) if past is not None else None
