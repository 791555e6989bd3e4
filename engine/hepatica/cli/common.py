"""What commands share: options, reading patients and rulesets, and printing a result in every format.

A command computes one typed result and returns `Output(result, view)`; `@printed` gives it `--format`, `--output` and
`--force` and writes what was asked for. See `hepatica.report.blocks` for the whole path from a result to its words.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeVar

import click

import hepatica
from hepatica import report
from hepatica.cli import writing
from hepatica.documents import STDIN, read_input
from hepatica.paths import DEFAULT_RULESET, shipped, shipped_at
from hepatica.printable import printable
from hepatica.problems import InvalidInput, gathered, not_installed, quote, suggestion
from hepatica.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from hepatica.evaluation import Evaluator
    from hepatica.knowledge import Ruleset
    from hepatica.patient import Fields, Profile

T = TypeVar("T")
FORMATS = ("text", "markdown", "json", "html")
# What writes all blocks as one page, and the others, by the names of their formats: what stands between two results.
PAGES = {"html": "html_page", "pdf": "pdf_page"}
BETWEEN = {"text": "\n", "markdown": "\n---\n\n"}
# The ends of a file's name that say its format, where that is not the format's own name; where two formats have the same
# end, the one that a command offers is meant.
SUFFIXES = {
    "text": (".txt",),
    "markdown": (".md", ".markdown"),
    "html": (".htm", ".html"),
    "ndjson": (".ndjson", ".jsonl", ".ndjson.gz", ".ndjson.zst"),
    "mermaid": (".mmd",),
    "junit": (".xml",),
    "moodle": (".xml",),
    "anki": (".apkg",),
    "bibtex": (".bib",),
    "yaml": (".yaml", ".yml"),
    "csv": (".csv", ".csv.gz", ".csv.zst"),
    "tsv": (".tsv", ".tab", ".tsv.gz", ".tsv.zst"),
    "parquet": (".parquet", ".pq"),
    "arrow": (".arrow", ".feather"),
}


@record
class Output:
    """What a command has to say: the typed result, its view, the exit code (a function where only writing tells), and how
    formats of its own are written.

    `formats` maps a name that `@printed` was given to a function from the result to text, bytes, or chunks of either.
    With `several`, `result` is an iterable of results, each viewed, and written as soon as it is made.
    """

    result: Any
    view: Callable[[Any], report.Blocks]
    code: int | Callable[[], int] = 0
    formats: Mapping[str, Callable[[Any], str | bytes | Iterable[str | bytes]]] = field(default_factory=dict)
    several: bool = False


def printed(
    *extra: str, verbose: str = "", formats: tuple[str, ...] = FORMATS
) -> Callable[[Callable[..., Output]], Callable[..., int]]:
    """Gives a command its formats: `--format` (`formats`, then `extra`; the first is the default), `--output`, `--force`.

    With `verbose` (its help text) the command has `--verbose`, too, which prints the details of the blocks. Place it right
    above the function, below the command's own options.
    """
    offered = (*formats, *extra)
    says = "Write to FILE (-: standard output); the end of its name says the format."
    options = [
        click.option("--format", "-f", "format_", type=click.Choice(offered), help=f"How to write.  [default: {offered[0]}]"),
        click.option("--output", "-o", metavar="FILE", callback=_a_file, help=says),
        click.option("--force", is_flag=True, help="Let --output replace a file that Hepatica did not write."),
        *([click.option("--verbose", "-v", "details", is_flag=True, help=verbose)] if verbose else []),
    ]

    def decorate(function: Callable[..., Output]) -> Callable[..., int]:
        @functools.wraps(function)
        def run(*, format_: str | None, output: Path | None, force: bool, details: bool = False, **others: Any) -> int:
            chosen = _chosen(format_, output, offered)  # before any work: a wrong name of a file must not cost a minute
            made = function(**others)
            try:
                writing.write(written(made, chosen, output, details=details), output, force=force)
                if output is None:
                    sys.stdout.flush()
            except BrokenPipeError:
                # The reader (`| head`) has what it wanted; what was found is still found.
                writing.silence(sys.stdout)
            return made.code() if callable(made.code) else made.code

        return functools.reduce(lambda command, option: option(command), reversed(options), run)

    return decorate


def _a_file(_context: click.Context, _option: click.Parameter, path: str | None) -> Path | None:
    if path is None or path == "-":
        return None
    from pathlib import Path

    return Path(path)


def _chosen(format_: str | None, output: Path | None, offered: tuple[str, ...]) -> str:
    """The format to write. Refuses a file name that says another one than is written."""
    if output is None or (not output.suffix and format_):
        return format_ or offered[0]
    named = format_of(output, offered, "--output")
    if format_ and format_ != named:
        raise click.UsageError(f"--output names a {named} file, and --format says {format_}")
    return named


def ends_of(name: str) -> tuple[str, ...]:
    """The ends of the names of files in a format."""
    return SUFFIXES.get(name, (f".{name}",))


def format_of(path: Path, offered: Iterable[str], option: str) -> str:
    """The format that a file's name says; refuses a name that says none of those offered."""
    ends = {name: ends_of(name) for name in offered}
    named = next((name for name, own in ends.items() if path.suffix and path.name.lower().endswith(own)), None)
    if named is None:
        known = ", ".join(end for own in ends.values() for end in own)
        raise click.UsageError(f"{option} takes a file name that ends in one of {known}")
    return named


def written(made: Output, chosen: str, output: Path | None, *, details: bool) -> Iterator[str | bytes]:
    """The output in chunks."""
    results = made.result if made.several else [made.result]
    if chosen in made.formats:
        chunks = made.formats[chosen](made.result)
        yield from [chunks] if isinstance(chunks, (str, bytes)) else chunks
    elif chosen == "json":
        yield from _json(results) if made.several else [report.json_text(made.result), "\n"]
    elif chosen in PAGES:
        write = getattr(report, PAGES[chosen])
        yield write(tuple(block for result in results for block in made.view(result)), "Hepatica")
    else:
        write = functools.partial(report.text, emphasis=emphasis(output)) if chosen == "text" else getattr(report, chosen)
        for number, result in enumerate(results):
            yield (BETWEEN[chosen] if number else "") + write(made.view(result), details=details)


def _json(results: Iterable[Any]) -> Iterator[str]:
    """A list of results, one by one, so that many take no more memory than one."""
    lead = "[\n"
    for result in results:
        yield lead + indent(report.json_text(result), "  ")
        lead = ",\n"
    yield "\n]\n" if lead != "[\n" else "[]\n"


# An id of a shipped ruleset, or a folder.
ruleset_option = click.option(
    "--ruleset", "-r", default=DEFAULT_RULESET, show_default=True, metavar="ID|FOLDER", help="Rules to use."
)
settings_option = click.option(
    "--set", "-s", "settings", multiple=True, metavar="FIELD=VALUE", help="Set or override a field; may be repeated."
)


def need_tables() -> None:
    """Raises `InvalidInput` where what reads tables is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise not_installed("a table of patients", "tables") from None


def ruleset(name: str) -> Ruleset:
    """A ruleset by the id of a shipped one or by its folder; the compiled copy is kept for the next time."""
    found = hepatica.load(name)
    own = shipped_at("rulesets")
    if os.path.basename(name) == name not in (".", "..") and os.path.isdir(os.path.join(own, name)):
        if found.folder:
            click.echo(printable(f"note: {name} is read from {found.folder}, not the rules that come with Hepatica"), err=True)
        elif os.path.isfile(os.path.join(name, "ruleset.yaml")) and not os.path.samefile(name, os.path.join(own, name)):
            click.echo(printable(f"note: {name} is the ruleset that comes with Hepatica; the folder here is ./{name}"), err=True)
    return found


def evaluator(rules: Ruleset | str) -> Evaluator:
    """The evaluator of a ruleset."""
    from hepatica.evaluation import evaluator_of

    return evaluator_of(ruleset(rules) if isinstance(rules, str) else rules)


def read_patients(paths: Sequence[str], settings: Sequence[str], fields: Fields) -> list[Profile]:
    """The profiles of several files (`-` is standard input; a file may hold a list); settings alone make one too."""
    from hepatica.patient import profile_of, profiles_in

    if not paths and not settings:
        raise click.UsageError("name a patient file, - for standard input, or facts with --set field=value")
    if not paths:
        return [profile_of(settings, fields=fields)]
    return gathered(paths, lambda path: profiles_in(*_patient_bytes(path), settings, fields=fields))


def read_patient(path: str | None, settings: Sequence[str], rules: Ruleset) -> Profile:
    """The one profile of a file (or of settings alone); refuses a list of several."""
    profiles = read_patients([path] if path else [], settings, rules.fields)
    if len(profiles) != 1:
        raise click.UsageError(f"one patient is needed; {path} holds {len(profiles)}")
    return profiles[0]


def therapy(name: str, rules: Ruleset, given_as: str) -> str:
    """The id of a therapy named by id, name or synonym (brand names), whatever the case, blanks and hyphens.

    Raises `InvalidInput` for a name that is none. One that another shipped ruleset knows is said to be there; of a drug that
    is only part of combinations these are named.
    """
    if found := _named(name, rules):
        return found[0]
    others = []
    # Loading the other shipped rulesets takes a moment, which only a wrong name costs; one that does not load names nothing.
    for folder in sorted(shipped("rulesets").iterdir()):
        if (folder / "ruleset.yaml").is_file() and folder.name != rules.card.id:
            with suppress(InvalidInput):
                others.append(ruleset(str(folder)))
    elsewhere = [other.card.id for other in others if _named(name, other)]
    combined = ((one.card.id, _named(name, one, part=True)) for one in (rules, *others))
    held = next((f"it is part of {', '.join(parts)} ({where})" for where, parts in combined if parts), "")
    if elsewhere:
        held = f"it is in {' and '.join(elsewhere)}: --ruleset {elsewhere[0]}"
    there = held or suggestion(name, rules.therapies)
    raise InvalidInput.at(given_as, "unknown-therapy", f"{quote(name)} is not in this ruleset ({rules.card.id}); {there}")


def _named(name: str, rules: Ruleset, *, part: bool = False) -> list[str]:
    """The therapies of an id, a name or a synonym, or (`part`) those with a drug of this name in theirs."""
    known = ((one.id, one.name.split() if part else (one.id, one.name, *one.synonyms)) for one in rules.therapies.values())
    return [therapy for therapy, words in known if _folded(name) in map(_folded, words)]


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def example_patients() -> dict[str, Path]:
    """The shipped patients by name."""
    return {path.stem: path for path in sorted(shipped("patients").glob("*.yaml"))}


def _patient_bytes(path: str) -> tuple[bytes, str]:
    """A patient's file: one of this path, else the example of this name, else a problem that names the nearest example."""
    if path == STDIN or os.path.exists(path) or os.path.splitext(path)[1]:
        return read_input(path)
    example = os.path.join(shipped_at("patients"), f"{path}.yaml")
    if os.path.basename(path) == path and os.path.isfile(example):
        return read_input(example)
    hint = suggestion(path, example_patients()).partition("? allowed:")
    near = f"{hint[0]}? " if hint[1] else ""
    message = f"no such file and no example patient {quote(path)}; {near}`hepatica patients` lists the examples"
    raise InvalidInput.at(path, "unreadable", message)


def emphasis(path: Path | None = None) -> bool:
    """Only on a terminal: never with `NO_COLOR`, nor where a file at `path` is written instead."""
    terminal = path is None and sys.stdout is not None and sys.stdout.isatty()
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
