"""A comparison as a reader sees it: what differs, then what is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase

from hepatica.evaluation import LISTS
from hepatica.explain import DIFFERENCES, ComparedCase, ComparedTherapy, Comparison, DecadeRow, ThenAndNow, TherapyRow
from hepatica.knowledge import RANK, STANDINGS
from hepatica.report.blocks import Block, Blocks, Cell, Item, Items, Notice, Paragraph, Ref, Section, Table, Title, facts
from hepatica.report.citing import edition, stands
from hepatica.wording import all_of, any_of, grouped, joined, sentence, spoken

# Of whom nothing is recorded, nothing is said: it would be the same in every column.
_ENROLLED = {
    "inside": "enrolled such patients",
    "partly_stated": "little recorded of whom it enrolled",
    "outside": "did not enrol such patients",
    "unknown": "enrolled such patients or not: cannot be told",
}
# An option of a standing as the best there is, where the words say what is lacking; else the standing is named.
_SAID: Mapping[str, str] = {
    "positive_phase_3": "no standard of care; positive phase III: {}",
    "licensed": "no standard of care and no positive phase III trial; licensed: {}",
    "early_signal": "nothing established; early signals only: {}",
    "supportive": "no drug with evidence in such a patient; supportive care",
}
_MOST_NAMED, _MOST_ASKED = 5, 3
_SCOPES = {"in": "", "out": ", out of scope", "unknown": ", scope not known"}


def compare_view(found: Comparison) -> Blocks:
    """The whole comparison; of two years what became of each hope, which says where the standing differs."""
    letters = ascii_uppercase[: len(found.columns)]
    warned = grouped(
        (doubt.message, x) for x, case in zip(letters, found.columns, strict=True) for doubt in case.profile.warnings
    )
    components = "Components of Child-Pugh that differ (points)"
    differing = tuple(
        Section(title, (Table(("", *letters), tuple((row.title, *(v or "-" for v in row.values)) for row in rows)),))
        for title, rows in (("Facts that differ", found.facts), (components, found.components))
        if rows
    )
    standings = grouped((DIFFERENCES[row.difference], _cells(row)) for row in found.therapies).items()
    none = Paragraph("No therapy changes its place." if differing else "Nothing differs.", tone="strong")
    moved = tuple(Section(title, (Table(("", *letters), tuple(own)),), len(own)) for title, own in standings) or (none,)
    return (
        Title(f"{len(found.columns)} answers side by side"),
        Items(tuple(map(Item, letters, _columns(found)))),
        *(Paragraph(message, lead=f"Warning ({all_of(own)})", tone="warning") for message, own in warned.items()),
        *((*_decade(found.then_and_now), *differing) if found.then_and_now else (*differing, *moved)),
        Section("Shared", (facts(_shared(found)),), folded=True),
        Notice(found.notice),
    )


def then_view(found: ThenAndNow) -> Blocks:
    """One patient in two years: what stood best, what became of each hope, and where today's treatments stood then."""
    sides = f"{edition(found.then.ruleset)}; {edition(found.now.ruleset)}"
    return (Title(f"Then and now: {found.then.name}", sides), *_decade(found), Notice(found.notice))


def _decade(found: ThenAndNow) -> Iterator[Block]:
    then, now = found.then.ruleset.as_of[:4], found.now.ruleset.as_of[:4]
    stood = [(row.name, row.then) for row in found.rows if row.then and row.therapy in found.best_then]
    stands_now = [(row.name, row.now) for row in found.rows if row.now and row.therapy in found.best_now]
    for year, side, best in ((then, found.then, stood), (now, found.now, stands_now)):
        yield Paragraph(f"{_best(side, best)}.", lead=f"In {year}", tone="strong")
    hopes = [
        (sentence(stands(row.then.list, row.then.standing, row.then.verdict)), _hope(row, found.now))
        for row in found.rows
        if row.then is not None and row.then.list != "ruled_out"
    ]
    shown = tuple(Items(tuple(own), group) for group, own in grouped(hopes).items())
    yield Section(f"What {then} said, and what became of it", shown, len(hopes), id="then")
    today = [
        (_stood(row, then), Item(row.name, row.now.headline, _cell(row.now), ref=Ref("therapy", row.therapy)))
        for row in found.rows
        if row.now is not None and row.now.list not in ("ruled_out", "unreported")
    ]
    listed = tuple(Items(tuple(own), group) for group, own in grouped(today).items())
    yield Section(f"What {now} says, by where it stood in {then}", listed, len(today), id="now")


def _best(side: ComparedCase, best: Sequence[tuple[str, ComparedTherapy]]) -> str:
    """What a clinician would say of the side: the standard of care, or what there is where none is; and what might be."""
    standing = best[0][1].standing if best else ""
    marked = RANK.get(standing, 0) < RANK["early_signal"]
    names = [f"{name} ({cell.mark})" if cell.mark and marked else name for name, cell in best]
    said = "out of scope" if side.scope == "out" else "nothing certain"
    if names:
        said = _SAID.get(standing, f"{STANDINGS[standing].phrase}: {{}}").format(all_of(names))
    if not side.strongest_open:
        return said
    # As journals print what stands in brackets within brackets: "(enter Untreated varices [yes or no])".
    asked = [one.translate(str.maketrans("()", "[]")) for one in side.asked]
    open_ = f"{any_of(side.strongest_open)} (enter {all_of(asked)})"
    if len(side.strongest_open) > _MOST_NAMED:
        open_ = f"one of {len(side.strongest_open)} therapies (enter {all_of(asked[:_MOST_ASKED])} first)"
    if side.open_standing == standing:
        return f"{said}; perhaps also {open_}"
    drugs = names and standing != "supportive"
    certain = f"in any case {STANDINGS[standing].phrase}: {all_of(names)}" if drugs else f"so far {said}"
    return f"perhaps {STANDINGS[side.open_standing or ''].phrase}: {open_}; {certain}"


def _hope(row: DecadeRow, now: ComparedCase) -> Item:
    """A therapy of the earlier ruleset: what became of it, and where it stands now for this patient."""
    today = "no longer among the treatments recorded" if row.now is None else _cell(row.now)
    asked = f"enter {all_of(row.then.needs_titles)}" if row.then and row.then.list == "possible" else ""
    lead = f"{sentence(joined(asked, row.then.mark))}. " if row.then and (asked or row.then.mark) else ""
    told = row.fate.says if row.fate else " ".join(f"{event.year}: {event.says}" for event in row.later)
    badge = spoken(row.fate.status) if row.fate else ""
    return Item(row.name, f"{lead}{told} In {now.ruleset.as_of[:4]}: {today}.".strip(), badge, ref=Ref("therapy", row.therapy))


def _stood(row: DecadeRow, year: str) -> str:
    """Where a therapy of today stood in the earlier year, as a heading."""
    if row.then is None:
        return f"Not known in {year}"
    heading = LISTS["ruled_out"].heading if row.then.list == "ruled_out" else STANDINGS[row.then.standing].title
    return f"{heading} in {year}" + (", depending on missing facts" if row.then.list == "possible" else "")


def _columns(found: Comparison) -> Iterator[str]:
    """Each column's name and what answered; rulesets that bear the same name are told apart by their content."""
    # By digest, because a work copy bears the name of what it was copied from.
    named = [(r.id, r.version) for r in {column.ruleset.digest: column.ruleset for column in found.columns}.values()]
    for column in found.columns:
        ruleset = column.ruleset
        same = named.count((ruleset.id, ruleset.version)) > 1
        content = f", content {ruleset.digest.removeprefix('sha256:')[:8]}" if same else ""
        yield f"{column.name} ({ruleset.id} {ruleset.version}{content}{ruleset.read_from}{_SCOPES[column.scope]})"


def _cells(row: TherapyRow) -> tuple[str | Cell, ...]:
    return Cell(row.name, Ref("therapy", row.therapy)), *(_cell(cell, row.difference == "grounds") for cell in row.cells)


def _cell(cell: ComparedTherapy | None, grounds: bool = False) -> str:
    """A therapy's place in one column as a reader sees it; with `grounds` also what it rests on."""
    if cell is None:
        return "not in this ruleset"
    place = stands(cell.list, cell.standing, cell.verdict)
    if cell.list in ("ruled_out", "unreported"):
        return place
    if cell.list == "possible":
        return joined(f"{place}: enter {all_of(cell.needs_titles)}", cell.mark)
    told = [f"{study} ({_ENROLLED[status]})" for study, status in cell.evidence if grounds and status in _ENROLLED]
    return joined(place, cell.mark, ", ".join(told))


def _shared(found: Comparison) -> Iterator[tuple[str, str]]:
    """What every column has, each group with its title."""
    yield "Facts", "; ".join(f"{row.title} {row.values[0]}" for row in found.shared_facts)
    cells = [(row.name, cell) for row in found.shared_therapies for cell in row.cells[:1] if cell]
    ordered = sorted(cells, key=lambda cell: (list(LISTS).index(cell[1].list), RANK[cell[1].standing]))
    groups = grouped((stands(cell.list, cell.standing), name) for name, cell in ordered)
    yield from ((sentence(place), ", ".join(names)) for place, names in groups.items())
