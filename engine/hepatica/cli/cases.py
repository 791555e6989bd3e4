"""What the commands about case tables share: which cases are read, and writing new ones."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hepatica.cli import common, writing
from hepatica.paths import DEFAULT_RULESET
from hepatica.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from hepatica.assurance.cases import PatientCase
    from hepatica.assurance.places import Places
    from hepatica.knowledge import Ruleset

F = TypeVar("F", bound=Callable[..., Any])


def options(function: F) -> F:
    """`[RULESET]`, `--cases`, `--without` and `--write`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.argument("ruleset", default=DEFAULT_RULESET, metavar="[RULESET]"),
    click.option(
        "--cases", "places", multiple=True, metavar="PATH", help="A case file or folder; by default the ruleset's cases/."
    ),
    click.option("--without", multiple=True, metavar="PATH", help="Leave out these case files, or those in a folder."),
    click.option("--write", "target", metavar="FILE", help="Write the missing cases to FILE; what FILE held before is not read."),
)


def read(name: str, places: Sequence[str], without: Sequence[str], target: str | None) -> tuple[Ruleset, list[PatientCase]]:
    """A ruleset and its cases."""
    from hepatica.assurance.cases import files_below, read_cases, shown
    from hepatica.knowledge import CASES, find_ruleset

    if target is not None and not target.strip():
        raise click.UsageError("--write takes the name of a file")
    ruleset = common.ruleset(name)
    folder = find_ruleset(name) / CASES
    given = [Path(place) for place in places] or ([shown(folder)] if folder.is_dir() else [])
    files = [path for place in given for path in (files_below(place) if place.is_dir() else [place])]
    for place in without:
        if not Path(place).exists():
            raise InvalidInput([Problem(place, 1, 1, "unreadable", "no such file or folder to leave out")])
    left_out = [Path(place).resolve() for place in (*without, *([target] if target else []))]
    kept = [path for path in files if not any(path.resolve().is_relative_to(one) for one in left_out)]
    return ruleset, read_cases(kept, ruleset)


def places(name: str, ruleset: Ruleset) -> Places:
    """Where the ruleset's single conditions are written."""
    from hepatica.assurance.places import condition_places
    from hepatica.knowledge import find_ruleset

    return condition_places(ruleset, find_ruleset(name))


def write(target: str, cases: Sequence[PatientCase], ruleset: Ruleset, command: Sequence[str], purpose: str) -> None:
    """New cases to a file; says on standard error what was written.

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
            raise InvalidInput([Problem(target, 1, 1, "not-written-here", message)])
    except OSError as error:
        raise InvalidInput([Problem(target, 1, 1, "unwritable", (error.strerror or "cannot be read").lower())]) from None
    writing.write_file([case_file(cases, purpose, shlex.join(["hepatica", *command]), ruleset.card.as_of)], path, force=True)
    click.echo(f"{len(cases)} cases written to {target}", err=True)


def typed(command: str, name: str, places: Sequence[str], without: Sequence[str], target: str) -> list[str]:
    """The command that writes the same file again."""
    words = [command, name]
    words += [word for place in places for word in ("--cases", place)]
    words += [word for place in without for word in ("--without", place)]
    return [*words, "--write", target]
