"""Cases as a YAML file that the case reader reads back to the same cases, with a seal by which a later edit is known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from textwrap import wrap

from hepatica.assurance.cases.case import ExpectedAnswer, PatientCase
from hepatica.documents import Flow, adapter, yaml_text
from hepatica.notice import notice

_SEAL = "# As written, this file has the seal "


def case_file(cases: Sequence[PatientCase], purpose: str, command: str, as_of: str) -> str:
    """A whole case file: what it is for, that it wants reviewing, how to write it again, its seal, and the cases."""
    count = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
    header = [
        *wrap(f"{count} written by the program: {purpose}", 120),
        "They say what the rules do now, not what they ought to do: read them.",
        "Written again from the other cases by:",
        f"  {command}",
        *wrap(notice(as_of), 120),
    ]
    body = "cases:\n" + "\n".join(map(_written, cases))
    return "\n".join([*(f"# {line}".rstrip() for line in header), f"{_SEAL}{_sealed(body)}.", body])


def untouched(text: str) -> bool:
    """Whether a file was written by this program and no one has reworded, added or removed a case since."""
    head, found, rest = text.partition(_SEAL)
    seal, _, body = rest.partition(".\n")
    return bool(found) and head.startswith("#") and seal == _sealed(body)


def _sealed(body: str) -> str:
    # Editors that mend blanks at the ends of lines reword nothing.
    return hashlib.sha256("\n".join(line.rstrip() for line in body.splitlines()).encode()).hexdigest()[:16]


def _written(case: PatientCase) -> str:
    said = adapter(ExpectedAnswer).dump_python(case.expected, exclude_defaults=True)
    known = {name: value for name, value in case.profile.facts.items() if value is not None}
    field = case.profile.fields
    who = {name: list(v) if isinstance(v, tuple) else field[name].written(v) for name, v in known.items()}
    why = {therapy: one if "also" in one else Flow(one) for therapy, one in said.get("why", {}).items()}
    return yaml_text([{"case": said.pop("case"), "profile": Flow(who), **said, **({"why": why} if why else {})}])
