"""`hepatica dev`: a ruleset looked at again on every save."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hepatica.cli import common
from hepatica.paths import DEFAULT_RULESET
from hepatica.printable import printable
from hepatica.problems import InvalidInput, not_installed

if TYPE_CHECKING:
    from hepatica.assurance import RulesetVersion
    from hepatica.assurance.cases import LostCase
    from hepatica.assurance.check import CheckFinding
    from hepatica.knowledge import RulesetFiles
    from hepatica.patient import Facts
    from hepatica.report import Blocks

    Before = tuple[RulesetVersion, Sequence[CheckFinding]]

QUIET_FOR, AT_MOST, ASK_AFTER = 20, 100, 1000
"""Milliseconds: without a further change before a save is looked at, the longest wait for that, and between two looks unasked."""


@click.command("dev")
@click.argument("ruleset", default=DEFAULT_RULESET, metavar="[RULESET]")
@click.option("--since", default="HEAD", show_default=True, metavar="REVISION", help="What to hold the edits against.")
@click.option("--once", is_flag=True, help="Look once and stop.")
def dev(ruleset: str, since: str, once: bool) -> None:
    """Watch a ruleset's files: on every save say what is wrong and what the edits change, then run the cases.

    RULESET is an id or a folder. First come the findings that the ruleset did not have before, then the comparison with
    the last commit (with the rules as they stand now, where there is no repository), then the cases that fail. A file that
    cannot be read is told with its place. Ctrl-C stops.

    \b
    Examples:
      hepatica dev rulesets/my-rules
      hepatica dev my-rules --since main
    """
    try:
        from watchfiles import watch
    except ImportError:
        raise not_installed("watching files", "watch") from None
    from hepatica.knowledge import find_ruleset

    watched = _Watched(find_ruleset(ruleset), since)
    watched.look()
    # What was made so far stays to the end: the collector need not go through it again on every save.
    gc.freeze()
    if once:
        return
    click.echo(f"\nWatching {', '.join(map(str, watched.folders))} (Ctrl-C stops it)")
    with suppress(KeyboardInterrupt):
        # What happened before the watch began, or on a disk that tells nobody, is seen when a moment has passed.
        for _ in watch(*watched.folders, debounce=AT_MOST, step=QUIET_FOR, rust_timeout=ASK_AFTER, yield_on_timeout=True):
            if saved := watched.saved():
                click.echo(f"\n--- {', '.join(saved)}")
                watched.look()


class _Watched:
    """One ruleset's folder, and what was last known of it."""

    def __init__(self, folder: Path, since: str) -> None:
        from hepatica.knowledge import gather

        self.folder, self.since = folder, since
        self.files = gather(folder)
        self.base: RulesetFiles | None = None
        self.before: Before | None = None
        self.tried: Sequence[Facts] | None = None
        self.written = self._written()

    def _written(self) -> dict[Path, tuple[int, int]]:
        """Every YAML file with when it was written, and its size."""
        found = [path for folder in self.folders for path in folder.rglob("*.yaml") if path.is_file()]
        return {path: (status.st_mtime_ns, status.st_size) for path in found for status in [path.stat()]}

    def saved(self) -> list[str]:
        """The names of the files that were written, added or deleted since this was last asked."""
        before, self.written = self.written, self._written()
        return sorted({path.name for path, _ in before.items() ^ self.written.items()})

    @property
    def folders(self) -> list[Path]:
        """The ruleset's folder, and those of the rulesets it is laid over."""
        found: list[Path] = []
        files: RulesetFiles | None = self.files
        while files is not None:
            found.append(Path(files.root))
            files = files.base
        return found

    def look(self) -> None:
        """Read the files anew, and print what there is to say: first what is quickly known."""
        from hepatica.knowledge import gather
        from hepatica.report import text

        try:
            self.files = gather(self.folder)
            for blocks in self._told(_version(self.files)):
                click.echo(text(blocks, common.emphasis()))
        except InvalidInput as error:
            click.echo(printable(str(error)))

    def _told(self, version: RulesetVersion) -> Iterator[Blocks]:
        from hepatica.assurance.cases import own_cases, run_cases
        from hepatica.assurance.check import findings
        from hepatica.assurance.diff import diff, new_or_gone
        from hepatica.evaluation import evaluator_of
        from hepatica.report.assurance import case_run_view, edit_view

        # Only the first look waits for the cases to be read: which values they try hardly ever changes with a rule.
        cases = own_cases(self.folder, version.ruleset) if self.tried is None else []
        tried = self.tried if self.tried is not None else [case.profile.facts for case in cases]
        before = self.before = self._before(version, tried)
        found = [one for one in findings(version, tried, before) if not one.waived]
        # What was wrong before the edit is not the writer's question now: it is counted, and told by `check`.
        known = {_gist(one) for one in before[1]} if before is not None else set()
        fresh = [one for one in found if _gist(one) not in known]
        changes = diff(before[0], version, lost=self._lost(), brief=True) if before is not None else new_or_gone(version)
        yield edit_view(fresh, len(found) - len(fresh), changes)
        cases = cases or own_cases(self.folder, version.ruleset)
        self.tried = [case.profile.facts for case in cases]
        if cases:
            yield case_run_view(run_cases([(evaluator_of(version.ruleset), cases)]))

    def _lost(self) -> Sequence[LostCase]:
        """The cases that are gone since; none where there is no repository, or a case file that is told to be wrong anyway."""
        from hepatica.assurance.cases import case_contents, lost_cases
        from hepatica.assurance.diff import ruleset_at

        with suppress(InvalidInput):
            past = ruleset_at(self.folder, self.since)
            return lost_cases(past.cases(), case_contents(self.folder)) if past is not None else ()
        return ()

    def _before(self, version: RulesetVersion, tried: Sequence[Facts]) -> Before | None:
        """What the edits are held against, with its findings: made anew where that has moved, as by a commit."""
        from hepatica.assurance.check import findings
        from hepatica.assurance.diff import ruleset_at

        try:
            past = ruleset_at(self.folder, self.since)
            if past is None or (self.base and past.files.digest == self.base.digest):
                return self.before if past is not None else None
            base = past.files
            old = version if base.digest == self.files.digest else _version(base)
        except InvalidInput as error:
            # Without a repository, a commit or rules that load there, the rules as they are found are the next best.
            if self.before is not None:
                return self.before
            click.echo(f"Held against the rules as they stand now: {printable(error.problems[0].message)}\n")
            base, old = self.files, version
        self.base = base
        return old, findings(old, tried)


def _gist(found: CheckFinding) -> tuple[str, frozenset[tuple[str, str]]]:
    """A finding without its place and numbers, which an edit elsewhere moves."""
    return found.code, frozenset(found.names.items())


def _version(files: RulesetFiles) -> RulesetVersion:
    from hepatica.assurance import RulesetVersion
    from hepatica.knowledge import loaded

    return RulesetVersion.of(loaded(files))
