"""A comparison as a reader sees it: what differs, then what is shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from string import ascii_uppercase

from hepatica.evaluation import LISTS
from hepatica.explain import DIFFERENCES, ComparedCase, ComparedTherapy, Comparison, DecadeRow, ThenAndNow
from hepatica.knowledge import RANK, STANDINGS
from hepatica.report.blocks import Block, Blocks, Cell, Item, Items, Notice, Paragraph, Ref, Section, Table, Title, facts
from hepatica.report.citing import edition, stands
from hepatica.wording import all_of, grouped, joined, sentence, spoken

_SCOPES = {"in": "", "out": ", out of scope", "unknown": ", scope not known"}


def compare_view(found: Comparison) -> Blocks:
    """The whole comparison."""
    differing = tuple(_differing(found))
    decade = tuple(_decade(found.then_and_now)) if found.then_and_now else ()
    return (
        Title(f"{len(found.columns)} answers side by side"),
        Items(tuple(Item(letter, words) for letter, words in _columns(found))),
        *decade,
        *(() if found.therapies or decade or not differing else (Paragraph("No therapy changes its place.", tone="strong"),)),
        *_warnings(found),
        *(differing or (Paragraph("Nothing differs.", tone="strong"),)),
        Section("Shared", (facts(_shared(found)),), folded=True),
        Notice(found.notice),
    )


def then_view(found: ThenAndNow) -> Blocks:
    """One patient in two years: what stood best, what became of each hope, and where today's treatments stood then."""
    sides = f"{edition(found.then.ruleset)}; {edition(found.now.ruleset)}"
    return (Title(f"Then and now: {found.then.name}", sides), *_decade(found), Notice(found.notice))


def _decade(found: ThenAndNow) -> Iterator[Block]:
    then, now = found.then.ruleset.as_of[:4], found.now.ruleset.as_of[:4]
    stood, stands = ([(row.name, getattr(row, side)) for row in found.rows] for side in ("then", "now"))
    yield facts([(f"Best backed in {then}", _best(found.then, stood)), (f"Best backed in {now}", _best(found.now, stands))])
    hopes = [(row, row.then) for row in found.rows if row.then is not None and row.then.list != "ruled_out"]
    groups = {name: tuple(_hope(row, cell, found.now) for row, cell in hopes if cell.list == name) for name in LISTS}
    shown = tuple(Items(items, LISTS[name].heading) for name, items in groups.items() if items)
    yield Section(f"What {then} said, and what became of it", shown, len(hopes), id="then")
    today = [
        (_stood(row, then), Item(row.name, row.now.headline, _cell(row.now), ref=Ref("therapy", row.therapy)))
        for row in found.rows
        if row.now is not None and row.now.list not in ("ruled_out", "unreported")
    ]
    listed = tuple(Items(tuple(own), group) for group, own in grouped(today).items())
    yield Section(f"What {now} says, by where it stood in {then}", listed, len(today), id="now")


def _best(side: ComparedCase, cells: Sequence[tuple[str, ComparedTherapy | None]]) -> str:
    """The therapies of the best standing with that standing, and what would stand above them if more were known."""
    options = [(name, cell) for name, cell in cells if cell is not None and cell.list == "options"]
    best = min((RANK[cell.standing] for _, cell in options), default=len(RANK))
    names = [f"{name} ({cell.mark})" if cell.mark else name for name, cell in options if RANK[cell.standing] == best]
    nothing = "out of scope" if side.scope == "out" else "no option for certain"
    told = [f"{all_of(names)} ({STANDINGS[list(STANDINGS)[best]].phrase})" if names else nothing]
    if side.strongest_open:
        told.append(f"still open above that: {all_of(side.strongest_open)} (enter {all_of(side.asked)})")
    return "; ".join(told)


def _hope(row: DecadeRow, cell: ComparedTherapy, now: ComparedCase) -> Item:
    """A therapy of the earlier ruleset: where it stood, what became of it, and where it stands for this patient."""
    stands = f"not in {now.ruleset.id}" if row.now is None else _cell(row.now)
    told = row.fate.says if row.fate else " ".join(f"{event.year}: {event.says}" for event in row.later)
    badge = _cell(cell) + (f"; {spoken(row.fate.status)}" if row.fate else "")
    return Item(row.name, f"{told} In {now.ruleset.as_of[:4]}: {stands}.".strip(), badge, ref=Ref("therapy", row.therapy))


def _stood(row: DecadeRow, year: str) -> str:
    """Where a therapy of today stood in the earlier year, as a heading."""
    if row.then is None:
        return f"Not known in {year}"
    heading = LISTS["ruled_out"].heading if row.then.list == "ruled_out" else STANDINGS[row.then.standing].title
    return f"{heading} in {year}" + (", depending on missing facts" if row.then.list == "possible" else "")


def _columns(found: Comparison) -> Iterator[tuple[str, str]]:
    """Each column's letter, its name and what answered; rulesets that bear the same name are told apart by their content."""
    # By digest, because a work copy bears the name of what it was copied from.
    named = [(r.id, r.version) for r in {column.ruleset.digest: column.ruleset for column in found.columns}.values()]
    for letter, column in zip(ascii_uppercase, found.columns, strict=False):
        ruleset = column.ruleset
        same = named.count((ruleset.id, ruleset.version)) > 1
        content = f", content {ruleset.digest.removeprefix('sha256:')[:8]}" if same else ""
        yield letter, f"{column.name} ({ruleset.id} {ruleset.version}{content}{ruleset.read_from}{_SCOPES[column.scope]})"


def _warnings(found: Comparison) -> Iterator[Block]:
    """What is doubtful in the facts, with the letters of the columns that it concerns."""
    columns = zip(ascii_uppercase, found.columns, strict=False)
    told = grouped((doubt.message, letter) for letter, case in columns for doubt in case.profile.warnings)
    for message, letters in told.items():
        yield Paragraph(message, lead=f"Warning ({all_of(letters)})", tone="warning")


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
            table = Table(
                ("", *letters),
                tuple(
                    (Cell(r.name, Ref("therapy", r.therapy)), *map(partial(_cell, grounds=difference == "grounds"), r.cells))
                    for r in own
                ),
            )
            yield Section(words, (table,), len(own))


def _cell(cell: ComparedTherapy | None, grounds: bool = False) -> str:
    """A therapy's place in one column as a reader sees it; with `grounds` also what it rests on."""
    if cell is None:
        return "not in this ruleset"
    place = stands(cell.list, cell.standing, cell.verdict)
    if cell.list in ("ruled_out", "unreported"):
        return place
    if cell.list == "possible":
        return joined(f"{place}: enter {all_of(cell.needs_titles)}", cell.mark)
    return joined(place, cell.mark, ", ".join(f"{study}: {spoken(status)}" for study, status in cell.evidence) if grounds else "")


def _shared(found: Comparison) -> Iterator[tuple[str, str]]:
    """What every column has, each group with its title."""
    yield "Facts", "; ".join(f"{row.title} {row.values[0]}" for row in found.shared_facts)
    yield "What follows from them", "; ".join(f"{row.title}: {row.values[0]}" for row in found.shared_derived)
    cells = [(row.name, cell) for row in found.shared_therapies for cell in row.cells[:1] if cell]
    ordered = sorted(cells, key=lambda cell: (list(LISTS).index(cell[1].list), RANK[cell[1].standing]))
    groups = grouped((stands(cell.list, cell.standing), name) for name, cell in ordered)
    yield from ((sentence(place), ", ".join(names)) for place, names in groups.items())
