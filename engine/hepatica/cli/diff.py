"""`hepatica diff`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import shipped

if TYPE_CHECKING:
    from hepatica.assurance.answers.version import Version
    from hepatica.assurance.diff.allow import Judged
    from hepatica.assurance.diff.compare import Comparison


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--base", metavar="REVISION", help="Compare with where this line of work left REVISION.")
@common.ruleset_option
@click.option("--allow", "allow", metavar="FILE", help="YAML that declares the changes that are meant; - for standard input.")
@click.option("--witness", "witness", metavar="FOLDER", help="Write one patient file for each change into FOLDER.")
@common.format_option("text", "json", "markdown")
@click.option("--verbose", "-v", is_flag=True, help="Leave nothing out of the text.")
def command(
    old: str | None,
    new: str | None,
    base: str | None,
    ruleset: str,
    allow: str | None,
    witness: str | None,
    format_: str,
    verbose: bool,
) -> int:
    """What an edit of the rules changes in the answers, for every profile, as a proof.

    OLD and NEW are folders, ids of shipped rulesets, or git revisions of the ruleset named by --ruleset; NEW is that ruleset
    as it stands when left out. First comes what was edited, then what it does: each therapy's changes of list, standing and
    studies, where, for how many profiles, with an example. Exit code 1 when an answer changes that --allow does not declare.

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
    """
    from hepatica.assurance.diff.compare import compare

    first, second = _versions(old, new, base, ruleset)
    allowances = _allowances(allow, first, second)
    from hepatica.assurance.diff.allow import judge, tests_in

    comparison = compare(first, second, tests_in(allowances))
    judged = judge(comparison, allowances) if allow else None
    if witness:
        _write_witnesses(comparison, Path(witness))
    _write(comparison, judged, format_, verbose)
    return int(bool(judged.undeclared if judged else comparison.changes))


def _versions(old: str | None, new: str | None, base: str | None, ruleset: str) -> tuple[Version, Version]:
    from hepatica.knowledge import find_ruleset

    if base is not None and (old is not None or new is not None):
        raise click.UsageError("--base takes the place of OLD and NEW")
    if base is None and old is None:
        raise click.UsageError("name what to compare: OLD [NEW], OLD..NEW, or --base REVISION")
    if old is not None and new is None and ".." in old and not _stands(Path(old)):
        old, _, new = old.partition("..")
        new = new or None
        if not old or (new and new.startswith(".")):
            raise click.UsageError("a range is OLD..NEW or OLD..; for the branching point use --base REVISION")
    folder = find_ruleset(ruleset, (shipped("rulesets"),))
    if base is not None:
        from hepatica.assurance.diff.revisions import merge_base

        old = merge_base(folder, base)
    return _version(old or "", folder), _version(new, folder) if new is not None else _version(str(folder), folder)


def _version(name: str, folder: Path) -> Version:
    """The ruleset in a folder, shipped under an id, or at a git revision of `folder`."""
    from hepatica.assurance.answers.version import Version
    from hepatica.knowledge import CARD

    if _stands(Path(name)) or _stands(shipped("rulesets") / name / CARD):
        return Version(*common.load(name))
    from hepatica.assurance.diff.revisions import files_at

    return Version(*common.load_gathered(files_at(folder, name)))


def _stands(path: Path) -> bool:
    """Whether a path exists; a revision may be no possible path at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _allowances(file: str | None, old: Version, new: Version) -> tuple:  # type: ignore[type-arg]
    if not file:
        return ()
    from hepatica.assurance.diff.allow import read_allowances
    from hepatica.documents import MAX_BYTES, read_bytes

    rulesets = (old.ruleset, new.ruleset)
    if file == "-":
        return read_allowances(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>", rulesets)
    return read_allowances(read_bytes(Path(file), file), file, rulesets)


def _write(comparison: Comparison, judged: Judged | None, format_: str, verbose: bool) -> None:
    if format_ == "json":
        from hepatica.report.assurance.diff_document import document

        common.write_json(document(comparison, judged))
    elif format_ == "markdown":
        from hepatica.report.assurance.diff_markdown import markdown

        common.write(markdown(comparison, judged))
    else:
        from hepatica.report.assurance.diff_text import text

        common.write(text(comparison, judged, common.style(), verbose=verbose))


def _write_witnesses(comparison: Comparison, folder: Path) -> None:
    from hepatica.cli.witnesses import write_all
    from hepatica.report.assurance.comparison_words import subject_name, turn

    names = [(change, subject_name(comparison, change.subject)) for change in comparison.changes]
    write_all(folder, [(f"{c.subject.kind}-{c.subject.id}", c.witness, f"{name}: {turn(c)}") for c, name in names])
