"""What a ruleset claims is printed in its source: every typed figure with the lines it should be found at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, NamedTuple

from hepatica.documents import Node
from hepatica.knowledge.evidence import Arm, OtherFigure, Result, Study, Toxicity
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.loader import drafted
from hepatica.knowledge.numbers import Ranges, digits, ranges
from hepatica.knowledge.ruleset import Note, Omission, Regimen, Rule, Therapy

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
    place: Node
    references: bool = False
    otherwise: tuple[Decimal, ...] = ()


class LeftOut(NamedTuple):
    """A printed number that is deliberately not recorded, on one line."""

    number: str
    at: int
    place: Node


class OwnRecords(NamedTuple):
    """What a ruleset's own files hold, each with its node; what it takes over is traced where it comes from."""

    therapies: list[tuple[Therapy, Node]]
    notes: list[tuple[Note, Node]]
    omissions: list[tuple[Omission, Node]]


def own_records(files: RulesetFiles) -> OwnRecords:
    """The records in these files, those of the base left out."""
    draft, own = drafted(files), set(files.shown.values())
    groups: list[Any] = [draft.therapies, draft.notes, draft.omissions]
    return OwnRecords(*([part for part in group if part[1].origin in own] for group in groups))


def claims(records: OwnRecords) -> Iterator[Claim]:
    """Every figure and every reference number of the therapies and notes."""
    for record, node in (*records.therapies, *records.notes):
        yield from _claims(record, node, "")


def _claims(record: Any, node: Node, owner: str) -> Iterator[Claim]:
    """The claims of a record and of every record below it."""
    name = _name(record, owner)
    source = getattr(record, "source", None)
    lines = ranges(getattr(record, "lines", "") or (source.lines if source else "")) or ()
    for part in _FIGURES[type(record)] if lines else ():
        for key, figure in _figures(record, part):
            otherwise = _years(figure) if part == "at" else ()
            yield Claim(f"{name}, {part} {key}".rstrip(), _written(figure), lines, node.at((part, key)), False, otherwise)
    for index, number in enumerate(source.refs if source and lines else ()):
        yield Claim(f"{name}, reference", str(number), lines, node.at(("source", "refs", index)), references=True)
    for item in fields(record):
        below = getattr(record, item.name)
        for index, inner in enumerate(below if isinstance(below, tuple) else ()):
            if type(inner) in _FIGURES:
                yield from _claims(inner, node.at((item.name, index)), name)


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
    if isinstance(value, dict):
        yield from value.items()
    elif value not in (None, "") and not (part == "n" and isinstance(record, Study) and _derived(record)):
        yield "", value


def _derived(study: Study) -> bool:
    """A total that is the sum of the printed arms, or the single patient of a case report, is not itself printed."""
    return study.n == sum(arm.n or 0 for arm in study.arms) or (study.kind == "case_report" and study.n == 1)


def _years(at: str) -> tuple[Decimal, ...]:
    number, _, unit = at.partition(" ")
    whole_years = unit == "mo" and number.isdigit() and int(number) % 12 == 0
    return (Decimal(int(number) // 12),) if whole_years else ()


def _written(figure: object) -> str:
    if isinstance(figure, tuple):
        return " to ".join(map(_written, figure))
    return f"{Decimal(str(figure)):f}" if isinstance(figure, float) else str(figure)


def left_out(records: OwnRecords, length: int) -> Iterator[LeftOut]:
    """Every number that the omissions name, one for each of their lines; of the lines past `length` only the last."""
    for omission, node in records.omissions:
        for first, last in ranges(omission.lines) or ():
            at = [*range(first, min(last, length) + 1), *([last] if last > length else [])]
            for index, number in enumerate(omission.numbers):
                yield from (LeftOut(number, line, node.at(("numbers", index))) for line in at)
