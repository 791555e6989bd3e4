"""A comparison as a reader sees it: what differs, then what is shared."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from hepatica.evaluation import LISTS, ListName
from hepatica.explain import DIFFERENCES, ComparedTherapy, Comparison, TherapyRow
from hepatica.knowledge import RANK, Standing
from hepatica.report.blocks import Block, Blocks, Cell, Item, Items, Notice, Paragraph, Ref, Section, Table, Title, facts
from hepatica.report.citing import standing_words
from hepatica.wording import all_of, spoken

_ABSENT = "not in this ruleset"
_SCOPES = {"in": "", "out": ", out of scope", "unknown": ", scope not known"}


def compare_view(found: Comparison) -> Blocks:
    """The whole comparison."""
    differing = tuple(_differing(found))
    return (
        Title(f"{len(found.columns)} answers side by side"),
        Items(tuple(Item(letter, words) for letter, words in _columns(found))),
        *(differing or (Paragraph("Nothing differs.", tone="strong"),)),
        Section("Shared", (facts(_shared(found)),), folded=True),
        Notice(found.notice),
    )


def _columns(found: Comparison) -> Iterator[tuple[str, str]]:
    """Each column's letter, its name and what answered; rulesets that bear the same name are told apart by their content."""
    named = [(r.id, r.version) for r in {column.ruleset.digest: column.ruleset for column in found.columns}.values()]
    for letter, column in zip(ascii_uppercase, found.columns, strict=False):
        ruleset = column.ruleset
        same = named.count((ruleset.id, ruleset.version)) > 1
        content = f", content {ruleset.digest.removeprefix('sha256:')[:8]}" if same else ""
        folder = f", read from {ruleset.folder}" if ruleset.folder else ""
        yield letter, f"{column.name} ({ruleset.id} {ruleset.version}{content}{folder}{_SCOPES[column.scope]})"


def _differing(found: Comparison) -> Iterator[Block]:
    """The tables of what differs; empty ones are left out."""
    letters = tuple(ascii_uppercase[: len(found.columns)])
    for title, rows in (
        ("Facts that differ", found.facts),
        ("Components of Child-Pugh that differ (points)", found.components),
        ("What follows from them", found.derived),
    ):
        if rows:
            yield Section(title, (Table(("", *letters), tuple((row.title, *(v or "-" for v in row.values)) for row in rows)),))
    for difference, words in DIFFERENCES.items():
        own = [row for row in found.therapies if row.difference == difference]
        if own:
            table = Table(("", *letters), tuple((Cell(r.name, Ref("therapy", r.therapy)), *cells(r)) for r in own))
            yield Section(words, (table,), len(own))


def cells(row: TherapyRow) -> tuple[str, ...]:
    """One therapy's cells as a reader sees them."""
    return tuple(_ABSENT if cell is None else _cell(cell, row.difference == "grounds") for cell in row.cells)


def _cell(cell: ComparedTherapy, grounds: bool) -> str:
    if cell.list in ("ruled_out", "unreported"):
        return LISTS[cell.list].phrase
    standing = standing_words(cell.standing, cell.verdict)
    if cell.list == "possible":
        return f"possible ({standing}): enter {all_of(cell.needs_titles)}"
    shown = f"OPTION, {standing}" if cell.list == "options" else standing
    if not grounds:
        return shown
    return f"{shown}; {', '.join(f'{study}: {spoken(status)}' for study, status in cell.evidence)}"


def _shared(found: Comparison) -> Iterator[tuple[str, str]]:
    """What every column has, each group with its title."""
    yield "Facts", "; ".join(f"{row.title} {row.values[0]}" for row in found.shared_facts)
    yield "What follows from them", "; ".join(f"{row.title}: {row.values[0]}" for row in found.shared_derived)
    groups: dict[tuple[ListName, Standing | None], list[str]] = {}
    for row in found.shared_therapies:
        cell = row.cells[0]
        assert cell is not None
        groups.setdefault((cell.list, cell.standing if cell.list in ("options", "possible") else None), []).append(row.name)
    for (listed, standing), names in sorted(groups.items(), key=lambda item: _place(*item[0])):
        words = f" ({standing_words(standing)})" if standing else ""
        phrase = LISTS[listed].phrase
        yield f"{phrase[:1].upper()}{phrase[1:]}{words}", ", ".join(names)


def _place(listed: ListName, standing: Standing | None) -> tuple[int, int]:
    return list(LISTS).index(listed), RANK[standing] if standing else 0
