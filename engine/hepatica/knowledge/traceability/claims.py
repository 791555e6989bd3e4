"""What a ruleset claims is printed in its source: every typed figure with the lines it should be found at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, NamedTuple

from hepatica.documents import Node, read_yaml
from hepatica.knowledge.draft import children
from hepatica.knowledge.evidence import Arm, OtherFigure, Result, Study, Toxicity
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.numbers import Ranges, digits, ranges
from hepatica.knowledge.ruleset import Note, Regimen, Rule, Ruleset, Therapy

# The parts of each record that are printed figures: at the record's own lines, or at those of its source.
_FIGURES: Mapping[type, tuple[str, ...]] = {
    Therapy: (),
    Regimen: ("says",),
    Study: ("nct", "n", "n_planned"),
    Arm: ("n", "dose"),
    Result: ("hr", "ci", "p", "n", "arms", "arm_ci", "at"),
    Toxicity: ("percent", "count", "grade"),
    OtherFigure: ("value",),
    Rule: (),
    Note: ("says",),
}


class Claim(NamedTuple):
    """A recorded figure: what it is, as written, where the source should print it, and where the record stands.

    `otherwise` is another printed form of the same figure (12 months as one year); `references` are bracketed numbers.
    """

    what: str
    figure: str
    lines: Ranges
    file: str
    line: int
    column: int
    references: bool = False
    otherwise: tuple[Decimal, ...] = ()


class LeftOut(NamedTuple):
    """A printed number that is deliberately not recorded, on one line."""

    number: str
    at: int
    file: str
    line: int
    column: int


def claims(ruleset: Ruleset, files: RulesetFiles) -> Iterator[Claim]:
    """Every figure and every reference number of the therapies and notes, in order of file and writing."""
    notes = {note.id: note for note in ruleset.notes}
    for name, data in sorted(files.contents.items()):
        node = read_yaml(data, files.shown[name]) if name.startswith(("therapies/", "notes/")) else None
        if node is not None and name.startswith("therapies/"):
            therapy = ruleset.therapies.get(node.at(("therapy",)).raw)
            yield from _claims(therapy, node, files.shown[name], "") if therapy else ()
        elif node is not None:
            for entry in children(node.at(("notes",))):
                yield from _claims(notes[entry.at(("id",)).raw], entry, files.shown[name], "")


def _claims(record: Any, node: Node, file: str, owner: str) -> Iterator[Claim]:
    """The claims of a record and of every record below it."""
    name = _name(record, owner)
    source = getattr(record, "source", None)
    lines = ranges(getattr(record, "lines", "") or (source.lines if source else "")) or ()
    for part in _FIGURES[type(record)] if lines else ():
        for key, figure in _figures(record, part):
            place = node.at((part, key) if key else (part,))
            otherwise = _years(figure) if part == "at" else ()
            what = f"{name}, {part} {key}".rstrip()
            yield Claim(what, _written(figure), lines, file, place.line, place.column, False, otherwise)
    for index, number in enumerate(source.refs if source and lines else ()):
        place = node.at(("source", "refs", index))
        yield Claim(f"{name}, reference", str(number), lines, file, place.line, place.column, references=True)
    for item in fields(record):
        below = getattr(record, item.name)
        for index, inner in enumerate(below if isinstance(below, tuple) else ()):
            if type(inner) in _FIGURES:
                yield from _claims(inner, node.at((item.name, index)), file, name)


def _name(record: Any, owner: str) -> str:
    """What a record is called in a finding: "evolve-1/os", "evolve-1, fatigue"."""
    if isinstance(record, Result):
        return f"{owner}/{record.id}"
    own = getattr(record, "event", "") or getattr(record, "what", "") or getattr(record, "id", "") or "regimen"
    return f"{owner}, {own}" if isinstance(record, (Arm, Toxicity, OtherFigure, Regimen)) else own


def _figures(record: Any, part: str) -> Iterator[tuple[str, Any]]:
    """The figures in one part of a record, each with the arm it belongs to, if any."""
    value = getattr(record, part)
    if isinstance(record, Note):
        value = ", ".join(digits(value))
    if part == "n" and isinstance(record, Study) and _derived(record):
        return
    if isinstance(value, dict):
        yield from value.items()
    elif value not in (None, ""):
        yield "", value


def left_out(files: RulesetFiles, length: int) -> Iterator[LeftOut]:
    """Every number that the omissions name, one for each of their lines; of the lines past `length` only the last."""
    for name, data in sorted(files.contents.items()):
        if not name.startswith("omissions/"):
            continue
        file = files.shown[name]
        entries = read_yaml(data, file).at(("omissions",)).value
        for entry in entries if isinstance(entries, list) else ():
            numbers = entry.at(("numbers",)).value
            for first, last in ranges(entry.at(("lines",)).raw) or ():
                at = [*range(first, min(last, length) + 1), *([last] if last > length else [])]
                for number in numbers if isinstance(numbers, list) else ():
                    yield from (LeftOut(number.raw, line, file, number.line, number.column) for line in at)


def _derived(study: Study) -> bool:
    """A total that is the sum of the printed arms, or the single patient of a case report, is not itself printed."""
    return study.n == sum(arm.n or 0 for arm in study.arms) or (study.kind == "case_report" and study.n == 1)


def _years(at: str) -> tuple[Decimal, ...]:
    number, _, unit = at.partition(" ")
    whole_years = unit == "mo" and number.isdigit() and int(number) % 12 == 0
    return (Decimal(int(number) // 12),) if whole_years else ()


def _written(figure: object) -> str:
    if isinstance(figure, tuple):
        return " to ".join(_written(part) for part in figure)
    if isinstance(figure, float):
        return f"{Decimal(str(figure)):f}"
    return str(figure)
