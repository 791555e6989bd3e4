"""`hepatica diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET

if TYPE_CHECKING:
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.diff import RulesetDiff


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--base", metavar="REVISION", help="Compare with where this line of work left REVISION.")
@common.ruleset_option
@click.option("--allow", metavar="FILE", help="YAML that declares the changes that are meant; - for standard input.")
@click.option("--witness", metavar="FOLDER", help="Write one patient file for each change into FOLDER.")
@common.printed(verbose="Leave nothing out: what changes where facts are missing, and every edit.")
def command(
    old: str | None, new: str | None, base: str | None, ruleset: str, allow: str | None, witness: str | None
) -> common.Output:
    """What an edit of the rules changes in what answers show, for every profile, as a proof.

    OLD and NEW are folders, ids of rulesets, git revisions of the ruleset named by --ruleset, or REVISION:FOLDER; NEW is that
    ruleset as it stands when left out. First comes who is answered otherwise, with all facts known; then the edits beside
    their effects, texts and figures with how many profiles see them, reasons, and what changes where facts are missing. A
    new or deleted ruleset, a renamed folder and renamed rules are recognised. Exit code 1 when something shown changes that
    --allow does not declare, or changes under the same version number.

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
    """
    from hepatica.assurance.diff import diff, new_or_gone, read_allowances
    from hepatica.report.assurance import diff_view, pull_request

    first, second = _versions(old, new, base, ruleset)
    present = [version for version in (first, second) if version is not None]
    if first is not None and second is not None:
        result = diff(first, second, read_allowances(*common.read_input(allow), present) if allow is not None else None)
    else:
        result = new_or_gone(present[0], gone=second is None)
    if witness is not None:
        _write_witnesses(result, witness, present[-1])
    return common.Output(result, diff_view, int(not result.passed), {"markdown": pull_request})


def _versions(
    old: str | None, new: str | None, base: str | None, ruleset: str
) -> tuple[RulesetVersion | None, RulesetVersion | None]:
    if base is not None and (old is not None or new is not None):
        raise click.UsageError("--base takes the place of OLD and NEW")
    if base is None and old is None:
        raise click.UsageError("name what to compare: OLD [NEW], OLD..NEW, or --base REVISION")
    if old is not None and new is None and ".." in old and not _stands(Path(old)):
        old, _, new = old.partition("..")
        new = new or None
        if not old or (new and new.startswith(".")):
            raise click.UsageError("a range is OLD..NEW or OLD..; for the branching point use --base REVISION")
    folder = _folder(ruleset)
    if base is not None:
        from hepatica.assurance.diff import merge_base

        old = merge_base(folder, base)
    first = _version(old or "", folder)
    second = _version(new, folder) if new is not None else _present(folder)
    if first is None and second is None:
        from hepatica.problems import InvalidInput, Problem

        raise InvalidInput([Problem(str(folder), 1, 1, "no-ruleset", "no ruleset there on either side")])
    return first, second


def _folder(ruleset: str) -> Path:
    """The folder of the ruleset; one that is gone from the working folder may still be in the repository's past."""
    from hepatica.knowledge import find_ruleset
    from hepatica.problems import InvalidInput

    try:
        return find_ruleset(ruleset)
    except InvalidInput:
        if ruleset == DEFAULT_RULESET or "/" not in ruleset:
            raise
        return Path(ruleset)


def _present(folder: Path) -> RulesetVersion | None:
    from hepatica.assurance import RulesetVersion
    from hepatica.knowledge import CARD

    return RulesetVersion.of(common.ruleset(f"{folder}/")) if (folder / CARD).is_file() else None


def _version(name: str, folder: Path) -> RulesetVersion | None:
    """The ruleset in a folder, under an id, or at a git revision of `folder`; None where there was none at the revision."""
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.diff import files_at, files_in
    from hepatica.knowledge import find_ruleset, load_files
    from hepatica.problems import InvalidInput

    try:
        find_ruleset(name)
    except InvalidInput:
        if _stands(Path(name)):
            raise
        revision, colon, path = name.partition(":")
        files = files_in(path, revision) if colon and revision and path else files_at(folder, name)
        return RulesetVersion.of(load_files(files)) if files is not None else None
    return RulesetVersion.of(common.ruleset(name))


def _stands(path: Path) -> bool:
    """Whether a path exists; a revision may be no possible path at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _write_witnesses(result: RulesetDiff, folder: str, version: RulesetVersion) -> None:
    from hepatica.cli.witnesses import write_all

    shown = [
        (
            f"{one.subject}-{one.id}".rstrip("-"),
            one.witness,
            f"{one.name or one.subject}: {one.before.place} -> {one.after.place}",
        )
        for one in result.changes
    ]
    write_all(folder, shown, version.fields)
