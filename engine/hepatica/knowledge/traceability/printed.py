"""What a ruleset claims is printed in its source: every typed figure with the lines it should be found at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from hepatica.documents import Node, Path, read_yaml
from hepatica.knowledge.evidence import Place, Result, Study
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.lines import ranges
from hepatica.knowledge.ruleset import Ruleset, Therapy
from hepatica.knowledge.traceability.numbers import digits

Ranges = tuple[tuple[int, int], ...]


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


class _Record(NamedTuple):
    """An object of a ruleset file, with the place of each of its parts."""

    file: str
    node: Node

    def claim(self, what: str, path: Path, figure: object, lines: str, *, references: bool = False) -> Iterator[Claim]:
        """The claim, unless the figure or its lines are not given."""
        at = ranges(lines) if lines else None
        if figure in (None, "") or at is None:
            return
        node = self.node.at(path)
        yield Claim(what, _written(figure), at, self.file, node.line, node.column, references)


def claims(ruleset: Ruleset, files: RulesetFiles) -> Iterator[Claim]:
    """Every figure and every reference number of the therapies, in order of file and writing; then those of the notes."""
    for name, data in sorted(files.contents.items()):
        folder = name.partition("/")[0]
        if folder not in ("therapies", "notes"):
            continue
        record = _Record(files.shown[name], read_yaml(data, files.shown[name]))
        if folder == "notes":
            yield from _notes(record)
        elif (therapy := ruleset.therapies.get(record.node.at(("therapy",)).raw)) is not None:
            yield from _therapy(therapy, record)


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


def _therapy(therapy: Therapy, record: _Record) -> Iterator[Claim]:
    yield from _references(record, therapy.id, (), therapy.source)
    for index, regimen in enumerate(therapy.regimens):
        yield from record.claim(f"{therapy.id}, regimen", ("regimens", index, "says"), regimen.says, regimen.lines)
    for index, study in enumerate(therapy.studies):
        yield from _study(study, record, ("studies", index))
    for index, rule in enumerate(therapy.rules):
        yield from _references(record, rule.id, ("rules", index), rule.source)


def _study(study: Study, record: _Record, path: Path) -> Iterator[Claim]:
    yield from _references(record, study.id, path, study.source)
    yield from record.claim(f"{study.id}, registry number", (*path, "nct"), study.nct, study.source.lines)
    if not _derived(study):
        yield from record.claim(f"{study.id}, n", (*path, "n"), study.n, study.source.lines)
    yield from record.claim(f"{study.id}, n planned", (*path, "n_planned"), study.n_planned, study.source.lines)
    for index, arm in enumerate(study.arms):
        for part, value in (("n", arm.n), ("dose", arm.dose)):
            yield from record.claim(f"{study.id}, {part} of {arm.id}", (*path, "arms", index, part), value, arm.lines)
    for index, result in enumerate(study.results):
        yield from _result(f"{study.id}/{result.id}", result, record, (*path, "results", index))
    for index, event in enumerate(study.toxicity):
        for name, number in (("percent", event.percent), ("count", event.count), ("grade", event.grade)):
            place = (*path, "toxicity", index, name)
            yield from record.claim(f"{study.id}, {event.event}, {name}", place, number, event.lines)
    for index, figure in enumerate(study.figures):
        yield from record.claim(f"{study.id}, {figure.what}", (*path, "figures", index, "value"), figure.value, figure.lines)


def _result(name: str, result: Result, record: _Record, path: Path) -> Iterator[Claim]:
    for part in ("hr", "ci", "p", "n"):
        yield from record.claim(f"{name}, {part}", (*path, part), getattr(result, part), result.lines)
    for part in ("arms", "arm_ci"):
        for arm, figure in (getattr(result, part) or {}).items():
            yield from record.claim(f"{name}, {part} {arm}", (*path, part, arm), figure, result.lines)
    for claim in record.claim(f"{name}, at", (*path, "at"), result.at, result.lines):
        yield claim._replace(otherwise=_years(result.at))


def _notes(record: _Record) -> Iterator[Claim]:
    listed = record.node.at(("notes",)).value
    for node in listed if isinstance(listed, list) else ():
        place = node.at(("source",))
        name = node.at(("id",)).raw
        lines = place.at(("lines",)).raw
        says = ", ".join(digits(node.at(("says",)).raw))
        yield from _Record(record.file, node).claim(f"note {name}", ("says",), says, lines)
        listed_refs = place.at(("refs",)).value
        for ref in listed_refs if isinstance(listed_refs, list) else ():
            yield from _Record(record.file, ref).claim(f"note {name}, reference", (), ref.raw, lines, references=True)


def _references(record: _Record, name: str, path: Path, place: Place) -> Iterator[Claim]:
    for index, number in enumerate(place.refs):
        where = (*path, "source", "refs", index)
        yield from record.claim(f"{name}, reference", where, number, place.lines, references=True)


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
