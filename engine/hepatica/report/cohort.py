"""A cohort as a reader sees it: what became of the rows, who gets what, what blocks answers; two rulesets side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hepatica.evaluation import LISTS, ListName
from hepatica.knowledge import LINES
from hepatica.problems import quote
from hepatica.report.blocks import Block, Blocks, Code, Facts, More, Notice, Paragraph, Picture, Section, Table, Title
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import Box, Drawing, Words, svg
from hepatica.wording import all_of, counted, joined

if TYPE_CHECKING:
    from hepatica.cohort import CohortCount, CohortDiff, CohortSummary, CohortTurn, MappingDraft, StandingCount

_SHOWN: tuple[ListName, ...] = ("options", "trials", "possible", "not_supported")
_HEADS = ("Option", "In trial", "Open", "Not supported")
_MOST_MISSING, _MOST_UNREAD = 12, 12
_BAR, _LABEL, _ROW = 420, 250, 26


def _number(number: int | None) -> str:
    return "hidden" if number is None else f"{number:,}"


def _share(number: int | None, whole: int | None) -> str:
    """A number with its share of the answered rows."""
    return f"{number:,} ({100 * number / whole:.0f} %)" if number and whole else _number(number)


def cohort_view(found: CohortSummary) -> Blocks:
    """The summary of a cohort."""
    return (Title(found.mapping.title or "A cohort", edition(found.ruleset)), *_told(found), Notice(found.notice))


def _told(found: CohortSummary) -> Iterator[Block]:
    yield from _counts(found)
    yield from _strongest(found)
    patients = tuple(
        (one.title, "; ".join(f"{each.title} {_number(each.rows)}" for each in one.counts if each.rows != 0))
        for one in found.patients
    )
    if patients and found.rows.answered != 0:
        yield Section("The patients", (Table(("Fact", "Patients"), patients),), id="patients", folded=True)
    yield from _therapies(found)
    yield from _missing(found)
    yield from _listing("Out of scope, and why", "Facts", found.out_of_scope)
    if found.rejects:
        rows = tuple((one.column or "the row", one.example, one.reason, _number(one.rows)) for one in found.rejects)
        table = Table(("Column", "Such as", "Why", "Rows"), rows, numeric=(3,))
        says = "A row is counted once, under the first thing that is wrong."
        yield Section("Rejected, and why", (table,), id="rejects", says=says)
    yield from _listing("Answered with a doubt", "Doubt", found.warnings)
    pairs = (
        ("Ruleset", f"{found.ruleset.id} {found.ruleset.version}, {found.ruleset.digest}"),
        ("Mapping", f"{found.mapping.id or 'by column names'}, {found.mapping.digest}"),
        ("Tables", ", ".join(found.tables)),
    )
    read = Table(("Field", "Read from"), tuple((one.title, ", ".join(one.columns)) for one in found.columns))
    yield More("What was read, and by what", (Facts(pairs), read))


def _listing(title: str, head: str, counts: Sequence[CohortCount]) -> Iterator[Block]:
    if counts:
        rows = tuple((one.title, _number(one.rows)) for one in counts)
        yield Section(title, (Table((head, "Patients"), rows, numeric=(1,)),))


def _counts(found: CohortSummary) -> Iterator[Block]:
    rows = found.rows
    pairs = [("Rows", _number(rows.rows)), ("Answered", _number(rows.answered)), ("Rejected", _number(rows.rejected))]
    if rows.folded != 0:
        pairs.append(("Further rows of the same patients", _number(rows.folded)))
    yield Facts((*pairs, *((one.title, _share(one.rows, rows.answered)) for one in found.scope)))
    yield from _hidden(found.suppress_below)
    yield from _unread(found.unread)
    if found.verified:
        said = f"{counted(found.verified, 'patient')} evaluated again one by one by the rule engine: every answer agrees."
        yield Paragraph(said, lead="Checked", tone="quiet")


def _hidden(least: int) -> Iterator[Block]:
    if least:
        yield Paragraph(f"Numbers below {least} are hidden, and such as would give them away by subtraction.", tone="quiet")


def _unread(columns: Sequence[str]) -> Iterator[Block]:
    # Whoever wrote "Baseline AFP" takes it for read.
    if columns:
        left = len(columns) - _MOST_UNREAD
        named = ", ".join(map(quote, columns[:_MOST_UNREAD])) + (f" and {left} more" if left > 0 else "")
        yield Paragraph(f"{named}.", lead="Columns not read", tone="quiet")


def _strongest(found: CohortSummary) -> Iterator[Block]:
    if not found.strongest:
        return
    rows = tuple((one.title, LINES.get(one.line, ""), _share(one.rows, found.rows.answered)) for one in found.strongest)
    table = Table(("Standing", "Line", "Patients"), rows, numeric=(2,))
    says = "Each patient who is not out of scope once, by the strongest standing that is certain."
    bars = [(joined(one.title, LINES.get(one.line, ""), mark=", "), one.rows) for one in found.strongest]
    yield Section("The strongest option of each patient", (*_bars(bars), table), says=says, id="strongest")


def _bars(bars: Sequence[tuple[str, int | None]]) -> Blocks:
    most = max(rows or 0 for _, rows in bars)
    if not most:
        return ()
    said = "; ".join(f"{name} {_number(rows)}" for name, rows in bars)
    drawing = Drawing(_LABEL + _BAR + 90, "Patients by their strongest option", said)
    for place, (name, rows) in enumerate(bars):
        y = 10 + _ROW * place
        length = round(_BAR * (rows or 0) / most, 1)
        drawing.add(Words(_LABEL - 10, y + 15, name, anchor="end"))
        drawing.add(Box(_LABEL, y + 2, max(length, 1), _ROW - 8, "good"), Words(_LABEL + length + 8, y + 15, _number(rows)))
    drawing.height = 20 + _ROW * len(bars)
    return (Picture(f"Bars: {said}.", svg(drawing)),)


def _therapies(found: CohortSummary) -> Iterator[Block]:
    shown = [one for one in found.therapies if any(one.lists[name] != 0 for name in _SHOWN)]
    rows = tuple((one.name, *(_number(one.lists[name]) for name in _SHOWN), _standing_words(one.standings)) for one in shown)
    if rows:
        table = Table(("Therapy", *_HEADS, "Option as"), rows, numeric=(1, 2, 3, 4))
        says = "Patients who are not out of scope, by the list a therapy is in."
        yield Section("Who gets what", (table,), id="therapies", says=says)
    rest = [one.name for one in found.therapies if one not in shown]
    if rest:
        yield More("Therapies for which no patient qualifies", (Paragraph(f"{', '.join(rest)}."),))


def _standing_words(counts: Sequence[StandingCount]) -> str:
    lines: dict[str, list[str]] = {}
    for one in counts:
        lines.setdefault(one.title, []).append(LINES.get(one.line, one.line))
    return "; ".join(f"{title} ({all_of(sorted(own))})" for title, own in lines.items())


def _missing(found: CohortSummary) -> Iterator[Block]:
    if not found.missing:
        return
    best = next((one for one in found.missing if one.verdicts), None)
    says = "Of facts that the rules read."
    if best is not None:
        says = f"Finding out {best.title} would settle most: {_number(best.verdicts)} open verdicts whatever the result."
    heads = ("Fact", "Not known in", "Bears on an open verdict in", "Settles all in, whatever the result", "Verdicts it settles")
    rows = tuple(
        (one.title, *map(_number, (one.unknown, one.blocks, one.settles, one.verdicts))) for one in found.missing[:_MOST_MISSING]
    )
    blocks: Blocks = (Table(heads, rows, numeric=(1, 2, 3, 4)),)
    if found.examined != found.rows.answered and found.examined is not None:
        blocks += (Paragraph(f"Worked out for {_number(found.examined)} of the patients, those who came first.", tone="quiet"),)
    yield Section("What is not known, and what would settle most", blocks, says=says, id="missing")


def draft_view(found: MappingDraft) -> Blocks:
    """A drafted mapping: what the columns seem to be, then the file."""
    words = {"sure": "yes", "unsure": "to be confirmed", "not_read": "no"}
    rows = tuple((one.column, one.field, words[one.certainty], one.says, ", ".join(one.cells[:4])) for one in found.columns)
    return (
        Title(f"A mapping for {found.table}", "a draft, from the headings and the first rows"),
        Table(("Column", "Field", "Read", "Why", "Such as"), rows),
        Section("The mapping file", (Code(found.yaml, "yaml"),)),
        Notice(found.notice),
    )


def cohort_diff_view(found: CohortDiff) -> Blocks:
    """What a change of rules does to a cohort's patients."""
    pairs = (
        ("Answered by both", _number(found.rows.answered)),
        ("Rejected", _number(found.rows.rejected)),
        ("Answered differently", _share(found.changed, found.rows.answered)),
    )
    return (
        Title("A cohort under two rulesets", f"from {edition(found.ruleset)}; to {edition(found.new_ruleset)}"),
        Facts(pairs),
        *_hidden(found.suppress_below),
        *_unread(found.unread),
        *_turns("The strongest option of each patient", found.strongest, found.rows.answered),
        *_turns("Scope", found.scope, found.rows.answered),
        *_therapy_turns(found),
        Notice(found.notice),
    )


def _turns(title: str, turns: Sequence[CohortTurn], whole: int | None) -> Iterator[Block]:
    rows = tuple((one.old, one.new if one.new != one.old else "the same", _share(one.rows, whole)) for one in turns)
    if rows:
        yield Section(title, (Table(("Under the old rules", "Under the new rules", "Patients"), rows, numeric=(2,)),))


def _therapy_turns(found: CohortDiff) -> Iterator[Block]:
    words: dict[str, str] = {"": "not in these rules", **{name: one.phrase for name, one in LISTS.items()}}
    both = [one for one in found.therapies if one.old and one.new]
    if both:
        rows = tuple((one.name, words[one.old], words[one.new], _number(one.rows)) for one in both)
        heads = ("Therapy", "Under the old rules", "Under the new rules", "Patients")
        yield Section("Therapies in another list", (Table(heads, rows, numeric=(3,)),), id="therapies")
    gone = dict.fromkeys(one.name for one in found.therapies if not one.new)
    if gone:
        yield Section("Only in the old rules", (Paragraph(f"{', '.join(gone)}."),))
    added = tuple((one.name, words[one.new], _number(one.rows)) for one in found.therapies if not one.old and one.new in _SHOWN)
    if added:
        yield Section("Only in the new rules", (Table(("Therapy", "Is", "Patients"), added, numeric=(2,)),))
