"""Witness profiles as patient files in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hepatica.cli import writing
from hepatica.printable import one_line
from hepatica.problems import InvalidInput

if TYPE_CHECKING:
    from hepatica.patient import Fields, Profile

MOST_WITNESSES = 500
_MARK = "# A witness written by hepatica"


def write_all(folder: str, witnesses: Sequence[tuple[str, Mapping[str, Any], str]], fields: Fields) -> None:
    """One file to a witness, numbered: its short name, its facts, and the sentence that says what it shows.

    Witnesses of an earlier run are removed. Files that this command did not write are left alone: unless --force is given they
    are refused. Raises `InvalidInput`.
    """
    from hepatica.patient import LONGEST_LABEL, profile_from

    if not folder.strip():
        raise click.UsageError("--witness takes the name of a folder")
    place = Path(folder)
    try:
        there = list(place.iterdir()) if place.exists() else []
        own = [path for path in there if path.is_file() and _is_own(path)]
        foreign = [path for path in there if path not in own]
        if foreign and not click.get_current_context().params.get("force"):
            message = f"holds {one_line(foreign[0].name)}, which is no witness; name another folder, or say --force"
            raise InvalidInput.at(folder, "not-written-here", message)
    except OSError as error:
        raise InvalidInput.at(folder, "unwritable", (error.strerror or "cannot be read").lower()) from None
    files = {}
    for number, (name, facts, sentence) in enumerate(witnesses[:MOST_WITNESSES], 1):
        profile = profile_from(facts, fields=fields)
        body = patient_file(profile, one_line(sentence)[:LONGEST_LABEL], one_line(sentence))
        # Numbered, so that a folder lists them in the order in which they were told.
        files[f"{number:03}-{name}.yaml"] = f"{_MARK}\n{body}"
    writing.write_folder(files, place, instead_of=own)
    if len(witnesses) > MOST_WITNESSES:
        click.echo(f"{len(witnesses) - MOST_WITNESSES} witnesses more than {MOST_WITNESSES} are left out", err=True)


def patient_file(profile: Profile, label: str, comment: str) -> str:
    """A profile as YAML that `evaluate` reads back to the same facts: a comment, a label, every field (unknown ones, too)."""
    facts = "".join(f"{name}: {profile.fields[name].written(value)}\n" for name, value in profile.facts.items())
    return f"# {comment}\nlabel: {json.dumps(label, ensure_ascii=False)}\n{facts}"


def _is_own(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_MARK)) == _MARK.encode()
