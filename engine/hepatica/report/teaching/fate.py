"""What became of a ruleset's therapies after its date: a list by fate, and a picture of the ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from hepatica.evaluation import RulesetResult, headed
from hepatica.knowledge import FATES, RANK, STANDINGS, FateStatus, Reference, Ruleset, Standing, TherapyFate
from hepatica.records import record
from hepatica.report.blocks import Blocks, Item, Items, Notice, Paragraph, Ref, Title
from hepatica.report.citing import place_words, reference_words, short_reference
from hepatica.report.teaching.drawing import Box, Drawing, Stroke, Words, pictured
from hepatica.wording import counted, grouped, joined, sentence, spoken

_WIDTH, _ROW, _GAP, _TOP = 900.0, 17.0, 26.0, 66.0
_LEFT, _RIGHT, _COLUMN = 16.0, 584.0, 300.0
_TINTS = {"confirmed": "standard", "failed": "not_supported", "overtaken": "licensed", "still_open": "early_signal"}
_LINES = {"confirmed": "lit", "failed": "bad", "overtaken": "good"}


@record(kw_only=True)
class FateRow:
    """A therapy: the strongest standing that a rule gave it, and what became of it, with the reference for that in full."""

    therapy: str
    name: str
    drug_class: str
    standing: Standing
    fate: TherapyFate
    reference: Reference | None


@record(kw_only=True)
class FateListing(RulesetResult):
    """The therapies of `total` with the fates asked for, by fate, then standing."""

    total: int
    therapies: tuple[FateRow, ...]


def fate_listing(ruleset: Ruleset, statuses: Collection[FateStatus] = ()) -> FateListing:
    """The therapies whose fate is recorded, of some statuses only where any are named."""
    order = list(FATES)
    rows = [
        FateRow(
            therapy=therapy.id,
            name=therapy.name,
            drug_class=therapy.drug_class,
            standing=min((rule.standing for rule in therapy.rules), key=RANK.__getitem__),
            fate=fate,
            reference=ruleset.references.get(fate.source.ref) if fate.source else None,
        )
        for therapy in ruleset.therapies.values()
        if (fate := therapy.fate) and therapy.rules and (not statuses or fate.status in statuses)
    ]
    rows.sort(key=lambda row: (order.index(row.fate.status), RANK[row.standing]))
    return FateListing(**headed(ruleset), total=len(ruleset.therapies), therapies=tuple(rows))


def fate_view(found: FateListing, *, picture: bool = True) -> Blocks:
    """The therapies by what became of them, then the picture for those who ask."""
    year = found.ruleset.as_of[:4]
    head = Title(f"What became of the therapies of {year}", found.ruleset.named)
    held = grouped((row.fate.status, row) for row in found.therapies)
    listed = tuple(
        Items(tuple(map(_item, own)), f"{sentence(spoken(status))} ({len(own)})", FATES[status]) for status, own in held.items()
    )
    if not listed:
        return head, Paragraph("No therapy with such a fate is recorded."), Notice(found.notice)
    said = f"{counted(len(found.therapies), 'therapy', 'therapies')} of {found.total}, by fate, then by standing in {year}."
    drawn = (pictured(fate_drawing(found)),) if picture else ()
    return head, Paragraph(said), *listed, *drawn, Notice(found.notice)


def _item(row: FateRow) -> Item:
    """A therapy with its source, which a reader may want to look up; what was only recalled says so."""
    details = (Paragraph(reference_words(row.reference), lead="Source"),) if row.reference else ()
    place = row.fate.source
    source = joined(short_reference(row.reference), place.place, mark=", ") if place and row.reference else place_words(place)
    says = row.fate.says + (f" [{source}]" if source else "")
    return Item(row.name, says, STANDINGS[row.standing].phrase, ref=Ref("therapy", row.therapy), details=details)


def fate_words(found: FateListing) -> str:
    """The picture in words."""
    ways = Counter((STANDINGS[row.standing].phrase, spoken(row.fate.status)) for row in found.therapies)
    return f"{'; '.join(f'{before}, then {after}: {number}' for (before, after), number in ways.items())}."


def fate_drawing(found: FateListing) -> Drawing:
    """A line for each therapy, from its standing at the date (left) to what became of it (right)."""
    year = found.ruleset.as_of[:4]
    title = f"From {year} to today: {counted(len(found.therapies), 'therapy', 'therapies')}"
    drawing = Drawing(_WIDTH, title, fate_words(found))
    drawing.add(
        Words(_LEFT, 30, title, 17, bold=True),
        Words(_LEFT, 54, f"Strongest standing in {year}", 12, "quiet"),
        Words(_RIGHT, 54, "What became of it", 12, "quiet"),
    )
    lines = len(drawing.shapes)
    before = [(STANDINGS[name].title, name, [row for row in found.therapies if row.standing == name]) for name in STANDINGS]
    by_fate = {one: [row for row in found.therapies if row.fate.status == one] for one in FATES}
    after = [(sentence(spoken(one)), _TINTS.get(one, "in_trial"), rows) for one, rows in by_fate.items()]
    left, end = _column(drawing, _LEFT, before)
    right, other = _column(drawing, _RIGHT, after)
    # Below the boxes, which come first in the reading: their ends would else cross the names.
    drawing.shapes[lines:lines] = [
        Stroke(_LEFT + _COLUMN, left[row.therapy], _RIGHT, right[row.therapy], _LINES.get(row.fate.status, "quiet"), 1.4)
        for row in found.therapies
    ]
    foot = f"{found.ruleset.named}. {found.notice}"
    drawing.height = drawing.paragraph(_LEFT, max(end, other), foot, _WIDTH - 2 * _LEFT, 11, "quiet") + 14
    return drawing


def _column(drawing: Drawing, x: float, groups: list[tuple[str, str, list[FateRow]]]) -> tuple[dict[str, float], float]:
    """Boxes with a title, tint and therapies for each; returns the height of each therapy's line, and where the column ends."""
    places: dict[str, float] = {}
    y = _TOP
    for title, tint, rows in groups:
        if not rows:
            continue
        drawing.add(Box(x, y, _COLUMN, 22 + len(rows) * _ROW, tint, "rule"))
        drawing.add(Words(x + 8, y + 15, f"{title} ({len(rows)})", 12, bold=True))
        for row in rows:
            y += _ROW
            places[row.therapy] = y + 14
            drawing.add(Words(x + 16, y + 18, row.name, 12))
        y += _GAP
    return places, y
