"""Cases as a YAML file that the case reader reads back to the same cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from hepatica.assurance.cases.case import Also, Case, Why
from hepatica.evaluation import LISTS
from hepatica.patient import FIELDS, Facts, show

WIDTH = 130
_SENTENCE_WIDTH = 110

Flow = str | Sequence["Flow"] | Mapping[str, "Flow"]
WRITTEN = "written by the program"


def text(cases: Iterable[Case], header: Sequence[str]) -> str:
    """A whole case file; `header` becomes comments."""
    lines = [f"# {line}".rstrip() for line in header]
    lines.append("cases:")
    for index, case in enumerate(cases):
        lines += [""] if index else []
        lines += _case(case)
    return "\n".join(lines) + "\n"


def _case(case: Case) -> Iterator[str]:
    yield "  - case: >-"
    for line in wrap(case.sentence, _SENTENCE_WIDTH, break_long_words=False, break_on_hyphens=False):
        yield f"      {line}"
    yield from _entry("profile", profile(case.profile.facts), 4)
    if case.scope is not None:
        yield f"    scope: {case.scope}"
    if case.derived:
        yield from _entry("derived", dict(case.derived), 4)
    if case.applicability:
        yield from _entry("applicability", dict(case.applicability), 4)
    for name in LISTS:
        members = [therapy for therapy, reached in case.lists.items() if reached == name]
        if members:
            yield from _entry(name, members, 4)
    for whole, names in case.exactly.items():
        yield from _entry(f"{whole}_exactly", sorted(names), 4)
    if case.why:
        yield "    why:"
        for therapy, why in case.why.items():
            yield from _entry(therapy, _why(why), 6)
    if case.warnings is not None:
        yield from _entry("warnings", sorted(case.warnings), 4)


def profile(facts: Facts) -> dict[str, Flow]:
    """The known facts as a patient file writes them."""
    known: dict[str, Flow] = {}
    for field in FIELDS:
        value = facts[field.name]
        if value is not None:
            known[field.name] = list(value) if isinstance(value, tuple) else show(value)
    return known


def _why(why: Why) -> dict[str, Flow]:
    order = [field.name for field in FIELDS]
    found: dict[str, Flow] = {}
    if why.rule:
        found["rule"] = why.rule
    found |= _evidence(why)
    for name, fields in (("needs", why.needs), ("blocked_by", why.blocked_by)):
        if fields is not None:
            found[name] = [name for name in order if name in fields]
    if why.also:
        found["also"] = {rule: _also(also) for rule, also in why.also.items()}
    return found


def _evidence(asked: Why | Also) -> dict[str, Flow]:
    found: dict[str, Flow] = {"standing": asked.standing} if asked.standing is not None else {}
    return found | {"cites": list(asked.cites)} if asked.cites is not None else found


def _also(also: Also) -> Flow:
    evidence = _evidence(also)
    return {"list": also.reaches, **evidence} if evidence else also.reaches


def _entry(key: str, value: Flow, indent: int) -> Iterator[str]:
    """One entry on one line where it fits, else opened one level at a time."""
    lead = " " * indent
    flat = f"{lead}{key}: {flow(value)}"
    if len(flat) <= WIDTH or isinstance(value, str) or not value:
        yield flat
        return
    if isinstance(value, Mapping):
        yield f"{lead}{key}:"
        for name, inner in value.items():
            yield from _entry(name, inner, indent + 2)
        return
    words = ", ".join(flow(part) for part in value)
    yield f"{lead}{key}:"
    yield from wrap(f"[{words}]", WIDTH, initial_indent=lead + "  ", subsequent_indent=lead + "   ", break_on_hyphens=False)


def flow(value: Flow) -> str:
    """A value in YAML's flow style; every word of a case is plain."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(inner)}" for name, inner in value.items()) + "}"
    return f"[{', '.join(flow(part) for part in value)}]"


def replaceable(head: str) -> bool:
    """Whether a file that begins like that was written by the program, and so may be written again."""
    return WRITTEN in head.partition("\n")[0]


def header(command: str, purpose: str, as_of: str, count: int) -> list[str]:
    """What stands at the top of a written file: what it is for, that it wants reviewing, and how to write it again."""
    from hepatica.notice import notice

    cases = "1 case" if count == 1 else f"{count} cases"
    return [
        *wrap(f"{cases} {WRITTEN}: {purpose}", 120),
        "They say what the rules do now, not what they ought to do: read them.",
        "Written again from the other cases by:",
        f"  {command}",
        *wrap(notice(as_of), 120),
    ]
