"""Cases as a YAML file that the case reader reads back to the same cases, with a seal by which a later edit is known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from textwrap import wrap

from hepatica.assurance.cases.case import PatientCase
from hepatica.notice import notice
from hepatica.patient import Profile

WIDTH = 130
_SENTENCE_WIDTH = 110
_SEAL = "# As written, this file has the seal "

Flow = str | Sequence["Flow"] | Mapping[str, "Flow"]


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
    body = "\n".join(["cases:", *_cases(cases)]) + "\n"
    return "\n".join([*(f"# {line}".rstrip() for line in header), f"{_SEAL}{_sealed(body)}.", body])


def untouched(text: str) -> bool:
    """Whether a file was written by this program and no one has reworded, added or removed a case since."""
    head, found, rest = text.partition(_SEAL)
    seal, _, body = rest.partition(".\n")
    return bool(found) and head.startswith("#") and seal == _sealed(body)


def _sealed(body: str) -> str:
    return hashlib.sha256("\n".join(line.rstrip() for line in body.splitlines()).encode()).hexdigest()[:16]


def _cases(cases: Iterable[PatientCase]) -> Iterator[str]:
    for index, case in enumerate(cases):
        yield from [""] if index else []
        yield "  - case: >-"
        for line in wrap(case.sentence, _SENTENCE_WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"      {line}"
        yield from _entry("profile", _profile_flow(case.profile), 4)
        for key, value in _record(case.expected).items():
            if key != "case":
                yield from _entry(key, value, 4)


def _profile_flow(profile: Profile) -> dict[str, Flow]:
    """The known facts as a patient file writes them."""
    known = {name: value for name, value in profile.facts.items() if value is not None}
    return {name: list(v) if isinstance(v, tuple) else profile.fields[name].written(v) for name, v in known.items()}


def _record(value: object) -> dict[str, Flow]:
    """What a record says, without what it leaves out; one of whose parts only the first says anything is that part."""
    found: dict[str, Flow] = {}
    for each in fields(value):  # type: ignore[arg-type]
        part = getattr(value, each.name)
        if part is not None and part not in ("", {}):
            found[each.name] = _flow(part)
    return found


def _flow(value: object) -> Flow:
    if is_dataclass(value):
        said = _record(value)
        return said["list"] if list(said) == ["list"] else said
    if isinstance(value, Mapping):
        return {str(key): _flow(inner) for key, inner in value.items()}
    return [_flow(inner) for inner in value] if isinstance(value, (tuple, list)) else str(value)


def _entry(key: str, value: Flow, indent: int) -> Iterator[str]:
    """One entry on one line where it fits, else opened one level at a time."""
    lead = " " * indent
    flat = f"{lead}{key}: {_written(value)}"
    if len(flat) <= WIDTH or isinstance(value, str) or not value:
        yield flat
    elif isinstance(value, Mapping):
        yield f"{lead}{key}:"
        for name, inner in value.items():
            yield from _entry(name, inner, indent + 2)
    else:
        yield f"{lead}{key}:"
        words = ", ".join(_written(part) for part in value)
        yield from wrap(f"[{words}]", WIDTH, initial_indent=lead + "  ", subsequent_indent=lead + "   ", break_on_hyphens=False)


def _written(value: Flow) -> str:
    """A value in YAML's flow style; a text is quoted where YAML could read it otherwise."""
    if isinstance(value, str):
        plain = value.replace("_", "").replace("-", "").replace(" ", "").replace(".", "").isalnum()
        return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_written(inner)}" for name, inner in value.items()) + "}"
    return f"[{', '.join(map(_written, value))}]"
