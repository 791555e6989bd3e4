"""A cohort as a reader sees it: what became of the rows, who gets what, what blocks answers; two rulesets side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from hepatica.evaluation import LISTS, ListName
from hepatica.knowledge import LINES
from hepatica.report.blocks import Block, Blocks, Code, Facts, More, Notice, Paragraph, Picture, Section, Table, Title
from hepatica.report.citing import edition
from hepatica.report.teaching.drawing import Box, Drawing, Words, svg
from hepatica.wording import all_of, counted, joined

if TYPE_CHECKING:
    from hepatica.cohort import CohortCount, CohortDiff, CohortSummary, CohortTurn, MappingDraft, StandingCount

_SHOWN: tuple[ListName, ...] = ("options", "trials", "possible", "not_supported")
_HEADS = ("Option", "In trial", "Open", "Not supported")
_MOST_MISSING = 12
_BAR, _LABEL, _ROW = 420, 250, 26


class _Numbers:
    """Numbers of rows in words, and their shares of a whole; small ones are hidden."""

    def __init__(self, whole: int | None) -> None:
        self.whole = whole

    def __call__(self, number: int | None) -> str:
        return "hidden" if number is None else f"{number:,}"

    def share(self, number: int | None) -> str:
        """A number with its share of the answered rows."""
        if not number or not self.whole:
            return self(number)
        return f"{number:,} ({100 * number / self.whole:.0f} %)"


def cohort_view(found: CohortSummary) -> Blocks:
    """The summary of a cohort."""
    number = _Numbers(found.rows.answered)
    title = found.mapping.title or "A cohort"
    return (
        Title(title, edition(found.ruleset)),
        *_counts(found, number),
        *_strongest(found, number),
        *_patients(found, number),
        *_therapies(found, number),
        *_missing(found, number),
        *_listing("Out of scope, and why", found.out_of_scope, "Facts", number),
        *_rejects(found, number),
        *_listing("Answered with a doubt", found.warnings, "Doubt", number),
        More("What was read, and by what", tuple(_made_of(found))),
        Notice(found.notice),
    )


def _counts(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    rows = found.rows
    pairs = [("Rows", number(rows.rows)), ("Answered", number(rows.answered)), ("Rejected", number(rows.rejected))]
    if rows.folded != 0:
        pairs.append(("Further rows of the same patients", number(rows.folded)))
    pairs += [(one.title, number.share(one.rows)) for one in found.scope]
    yield Facts(tuple(pairs))
    yield from _hidden(found.suppress_below)
    if found.verified:
        said = f"{counted(found.verified, 'patient')} evaluated again one by one by the rule engine: every answer agrees."
        yield Paragraph(said, lead="Checked", tone="quiet")


def _hidden(least: int) -> Iterator[Block]:
    if least:
        yield Paragraph(f"Numbers below {least} are hidden, and such as would give them away by subtraction.", tone="quiet")


def _strongest(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    if not found.strongest:
        return
    rows = tuple((one.title, LINES.get(one.line, ""), number.share(one.rows)) for one in found.strongest)
    bars = [(joined(one.title, LINES.get(one.line, ""), mark=", "), one.rows) for one in found.strongest]
    says = "Each patient who is not out of scope once, by the strongest standing that is certain."
    table = Table(("Standing", "Line", "Patients"), rows, numeric=(2,))
    yield Section("The strongest option of each patient", (*_bars(bars, number), table), says=says, id="strongest")


def _bars(bars: Sequence[tuple[str, int | None]], number: _Numbers) -> Blocks:
    """Horizontal bars; a hidden number has none."""
    most = max((rows or 0 for _, rows in bars), default=0)
    if not most:
        return ()
    said = "; ".join(f"{name} {number(rows)}" for name, rows in bars)
    drawing = Drawing(_LABEL + _BAR + 90, "Patients by their strongest option", said)
    for place, (name, rows) in enumerate(bars):
        y = 10 + _ROW * place
        length = round(_BAR * (rows or 0) / most, 1)
        drawing.add(Words(_LABEL - 10, y + 15, name, anchor="end"))
        drawing.add(Box(_LABEL, y + 2, max(length, 1), _ROW - 8, "good"), Words(_LABEL + length + 8, y + 15, number(rows)))
    drawing.height = 20 + _ROW * len(bars)
    return (Picture(f"Bars: {said}.", svg(drawing)),)


def _therapies(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    shown = [one for one in found.therapies if any(one.lists[name] != 0 for name in _SHOWN)]
    rows = tuple((one.name, *(number(one.lists[name]) for name in _SHOWN), _standing_words(one.standings)) for one in shown)
    if rows:
        table = Table(("Therapy", *_HEADS, "Option as"), rows, numeric=(1, 2, 3, 4))
        yield Section(
            "Who gets what", (table,), id="therapies", says="Patients who are not out of scope, by the list a therapy is in."
        )
    rest = [one.name for one in found.therapies if one not in shown]
    if rest:
        yield More("Therapies for which no patient qualifies", (Paragraph(f"{', '.join(rest)}."),))


def _standing_words(counts: Iterable[StandingCount]) -> str:
    lines: dict[str, list[str]] = {}
    for one in counts:
        lines.setdefault(one.title, []).append(LINES.get(one.line, one.line))
    return "; ".join(f"{title} ({all_of(sorted(own))})" for title, own in lines.items())


def _patients(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    rows = tuple(
        (one.title, "; ".join(f"{each.title} {number(each.rows)}" for each in one.counts if each.rows != 0))
        for one in found.patients
    )
    if rows and found.rows.answered != 0:
        yield Section("The patients", (Table(("Fact", "Patients"), rows),), id="patients", folded=True)


def _missing(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    if not found.missing:
        return
    best = next((one for one in found.missing if one.verdicts), None)
    rows = tuple(
        (one.title, *map(number, (one.unknown, one.blocks, one.settles, one.verdicts))) for one in found.missing[:_MOST_MISSING]
    )
    says = "Of facts that the rules read."
    if best is not None:
        says = f"Finding out {best.title} would settle most: {number(best.verdicts)} open verdicts whatever the result."
    heads = ("Fact", "Not known in", "Bears on an open verdict in", "Settles all in, whatever the result", "Verdicts it settles")
    blocks: Blocks = (Table(heads, rows, numeric=(1, 2, 3, 4)),)
    if found.examined != found.rows.answered and found.examined is not None:
        blocks += (Paragraph(f"Worked out for {number(found.examined)} of the patients, those who came first.", tone="quiet"),)
    yield Section("What is not known, and what would settle most", blocks, says=says, id="missing")


def _listing(title: str, counts: Sequence[CohortCount], head: str, number: _Numbers) -> Iterator[Block]:
    if counts:
        rows = tuple((one.title, number(one.rows)) for one in counts)
        yield Section(title, (Table((head, "Patients"), rows, numeric=(1,)),))


def _rejects(found: CohortSummary, number: _Numbers) -> Iterator[Block]:
    if found.rejects:
        rows = tuple((one.column or "the row", one.example, one.reason, number(one.rows)) for one in found.rejects)
        table = Table(("Column", "Such as", "Why", "Rows"), rows, numeric=(3,))
        yield Section(
            "Rejected, and why", (table,), id="rejects", says="A row is counted once, under the first thing that is wrong."
        )


def _made_of(found: CohortSummary) -> Iterator[Block]:
    pairs = (
        ("Ruleset", f"{found.ruleset.id} {found.ruleset.version}, {found.ruleset.digest}"),
        ("Mapping", f"{found.mapping.id or 'by column names'}, {found.mapping.digest}"),
        ("Tables", ", ".join(found.tables)),
    )
    yield Facts(pairs)
    rows = tuple((one.title, ", ".join(one.columns)) for one in found.columns)
    yield Table(("Field", "Read from"), rows)


def draft_view(found: MappingDraft) -> Blocks:
    """A drafted mapping: what the columns seem to be, then the file."""
    words = {"sure": "yes", "unsure": "to be confirmed", "not_read": "no"}
    rows = tuple((one.column, one.field, words[one.certainty], one.says, ", ".join(one.cells[:4])) for one in found.columns)
    table = Table(("Column", "Field", "Read", "Why", "Such as"), rows)
    return (
        Title(f"A mapping for {found.table}", "a draft, from the headings and the first rows"),
        table,
        Section("The mapping file", (Code(found.yaml, "yaml"),)),
        Notice(found.notice),
    )


def cohort_diff_view(found: CohortDiff) -> Blocks:
    """What a change of rules does to a cohort's patients."""
    number = _Numbers(found.rows.answered)
    pairs = (
        ("Answered by both", number(found.rows.answered)),
        ("Rejected", number(found.rows.rejected)),
        ("Answered differently", number.share(found.changed)),
    )
    return (
        Title("A cohort under two rulesets", f"from {edition(found.ruleset)}; to {edition(found.new_ruleset)}"),
        Facts(pairs),
        *_hidden(found.suppress_below),
        *_turns("The strongest option of each patient", found.strongest, number),
        *_turns("Scope", found.scope, number),
        *_therapy_turns(found, number),
        Notice(found.notice),
    )


def _turns(title: str, turns: Sequence[CohortTurn], number: _Numbers) -> Iterator[Block]:
    rows = tuple((one.old, one.new if one.new != one.old else "the same", number.share(one.rows)) for one in turns)
    if rows:
        yield Section(title, (Table(("Under the old rules", "Under the new rules", "Patients"), rows, numeric=(2,)),))


def _therapy_turns(found: CohortDiff, number: _Numbers) -> Iterator[Block]:
    both = [one for one in found.therapies if one.old and one.new]
    rows = tuple((one.name, _list_words(one.old), _list_words(one.new), number(one.rows)) for one in both)
    if rows:
        heads = ("Therapy", "Under the old rules", "Under the new rules", "Patients")
        yield Section("Therapies in another list", (Table(heads, rows, numeric=(3,)),), id="therapies")
    gone = dict.fromkeys(one.name for one in found.therapies if not one.new)
    if gone:
        yield Section("Only in the old rules", (Paragraph(f"{', '.join(gone)}."),))
    added = [one for one in found.therapies if not one.old and one.new in _SHOWN]
    if added:
        new = tuple((one.name, _list_words(one.new), number(one.rows)) for one in added)
        yield Section("Only in the new rules", (Table(("Therapy", "Is", "Patients"), new, numeric=(2,)),))


def _list_words(name: str) -> str:
    return next((words.phrase for key, words in LISTS.items() if key == name), "not in these rules")
