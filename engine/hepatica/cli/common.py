"""What commands share: options, reading patients and rulesets, writing output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hepatica.documents import MAX_BYTES
from hepatica.inference import compiled
from hepatica.paths import DEFAULT_RULESET, shipped
from hepatica.problems import InvalidInput, Problem
from hepatica.report.style import Style

if TYPE_CHECKING:
    from hepatica.evaluation import Evaluator
    from hepatica.inference import Program
    from hepatica.knowledge import Ruleset, RulesetFiles
    from hepatica.patient import Profile

F = TypeVar("F", bound=Callable[..., Any])
STDIN = "-"


def ruleset_option(function: F) -> F:
    """`--ruleset`: an id of a shipped ruleset or a folder."""
    return click.option("--ruleset", "-r", default=DEFAULT_RULESET, show_default=True, metavar="ID|FOLDER", help="Rules to use.")(
        function
    )


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, the first one being the default."""
    return click.option(
        "--format", "-f", "format_", type=click.Choice(formats), default=formats[0], show_default=True, help="How to write."
    )


def settings_option(function: F) -> F:
    """`--set field=value`, repeatable."""
    return click.option(
        "--set", "-s", "settings", multiple=True, metavar="FIELD=VALUE", help="Set or override a field; may be repeated."
    )(function)


def load(name: str) -> tuple[Ruleset, Program]:
    """A ruleset and its compiled conditions, from the kept copy where the content is the same."""
    from hepatica.knowledge import find_ruleset, gather

    return load_gathered(gather(find_ruleset(name, (shipped("rulesets"),))))


def load_gathered(files: RulesetFiles) -> tuple[Ruleset, Program]:
    """As `load`, of files already read."""
    kept = compiled.recall(files)
    if kept is not None:
        return kept
    from hepatica.inference import compile_ruleset
    from hepatica.knowledge import load_files

    ruleset = load_files(files)
    program = compile_ruleset(ruleset)
    compiled.keep(files, ruleset, program)
    return ruleset, program


def evaluator(name: str) -> Evaluator:
    """An evaluator of a ruleset."""
    from hepatica.evaluation import Evaluator

    return Evaluator(*load(name))


def read_patients(paths: Sequence[str], settings: Sequence[str]) -> list[Profile]:
    """The profiles of several files (`-` is standard input; a file may hold a list); settings alone make one too."""
    from hepatica.patient import profile_of, profiles_in

    if not paths:
        return [profile_of(settings)]
    profiles: list[Profile] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            profiles.extend(profiles_in(*_bytes(path), settings))
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    return profiles


def read_patient(path: str | None, settings: Sequence[str]) -> Profile:
    """The one profile of a file (or of settings alone); refuses a list of several."""
    if path is None and not settings:
        raise click.UsageError("name a patient file, - for standard input, or facts with --set field=value")
    profiles = read_patients([path] if path else [], settings)
    if len(profiles) > 1:
        raise click.UsageError(f"one patient is needed; {path} holds {len(profiles)}")
    return profiles[0]


def known_therapies(names: Sequence[str], ruleset: Ruleset, given_as: str = "--therapy") -> None:
    """Refuses therapy ids that the ruleset does not know, with the nearest spelling."""
    from hepatica.problems import Problem, quote, suggestion

    wrong = [name for name in names if name not in ruleset.therapies]
    if wrong:
        known = list(ruleset.therapies)
        messages = {name: f"no therapy {quote(name)}; {suggestion(name, known)}" for name in wrong}
        raise InvalidInput([Problem(given_as, 1, 1, "unknown-therapy", messages[name]) for name in wrong])


def read_input(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input for `-`, and the name that problems give it."""
    if path == STDIN:
        if sys.stdin is None:
            raise InvalidInput([Problem("<stdin>", 1, 1, "unreadable", "standard input is closed")])
        return sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"
    from hepatica.documents import read_bytes

    return read_bytes(Path(path), path), path


def _bytes(path: str) -> tuple[bytes, str]:
    named = [patient for patient in shipped("patients").glob("*.yaml") if patient.stem == path]
    return read_input(str(named[0]) if named and not Path(path).exists() else path)


def style(path: Path | None = None) -> Style:
    """Emphasis only on a terminal: never with `NO_COLOR`, nor where a file at `path` is written instead."""
    terminal = path is None and sys.stdout is not None and sys.stdout.isatty()
    return Style(terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def write(text: str) -> None:
    """Text to standard output as UTF-8."""
    write_file(text.encode("utf-8", "replace"), None)


def write_file(data: bytes, path: Path | None) -> None:
    """Content to a file, or to standard output where no path is given. Raises `InvalidInput` where it cannot be written."""
    if path is None:
        if sys.stdout is None:
            raise InvalidInput([Problem("<stdout>", 1, 1, "cannot-write", "standard output is closed")])
        sys.stdout.buffer.write(data)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput([Problem(str(path), 1, 1, "cannot-write", error.strerror or "cannot be written")]) from error


def write_json(value: object) -> None:
    """JSON to standard output: two spaces, keys in the order of the contract."""
    write(as_json(value) + "\n")


def as_json(value: object) -> str:
    """A value as JSON text; raises `ValueError` for a number that JSON has no word for."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
