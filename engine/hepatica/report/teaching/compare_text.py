"""A comparison as text for an 80-column terminal, and as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from hepatica.evaluation import ListName, Reason
from hepatica.explain.compare import DIFFERENCES, Cell, Comparison, TherapyRow
from hepatica.knowledge import RANK, Standing, concept_words
from hepatica.notice import notice
from hepatica.patient import FIELD_BY_NAME
from hepatica.report.old_markdown import escaped
from hepatica.report.style import Style
from hepatica.report.words import LIST_WORDS, standing_words
from hepatica.report.wrapping import WIDTH, hanging, wrapped

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_COLUMNS = len(LETTERS)
_MOST_ABREAST = 4
_FIRST = 22
_ABSENT = "not in this ruleset"
_SAME = "Nothing differs."

Row = tuple[str, Sequence[str]]


def text(found: Comparison, style: Style) -> str:
    """The whole page: the columns, what differs, what is shared."""
    return "\n".join(_page(found, style)) + "\n"


def _page(found: Comparison, style: Style) -> Iterator[str]:
    yield style.bold(f"{len(found.columns)} answers side by side")
    for letter, words in _columns(found):
        yield from hanging(f" {letter}  ", words, 4)
    if not any(True for _ in _differing(found)):
        yield from ("", _SAME)
    for title, rows in _differing(found):
        yield ""
        yield style.bold(title)
        yield from _table(rows, len(found.columns), style)
    yield from ("", style.bold("SHARED"))
    for title, words in _shared(found):
        if words:
            yield from hanging(f"  {title}: ", words, 6)
    yield ""
    yield from wrapped(notice(found.as_of))


def _columns(found: Comparison) -> Iterator[tuple[str, str]]:
    """Each column's letter, its name and what answered; rulesets that bear the same name are told apart by their content."""
    rulesets = {column.evaluation.ruleset.digest: column.evaluation.ruleset for column in found.columns}
    named = [(ruleset.card.id, ruleset.card.version) for ruleset in rulesets.values()]
    for letter, column in zip(LETTERS, found.columns, strict=False):
        ruleset = column.evaluation.ruleset
        same = named.count((ruleset.card.id, ruleset.card.version)) > 1
        content = f", content {ruleset.digest.removeprefix('sha256:')[:8]}" if same else ""
        scope = {"in": "", "out": ", out of scope", "unknown": ", scope unknown"}[column.evaluation.scope]
        yield letter, f"{column.name} ({ruleset.card.id} {ruleset.card.version}{content}{scope})"


def _differing(found: Comparison) -> Iterator[tuple[str, list[Row]]]:
    """The tables of what differs, with their titles; empty ones are left out."""
    facts: list[Row] = [(row.field.title, row.values) for row in found.facts]
    derived: list[Row] = [(concept_words(row.concept), row.values) for row in found.derived]
    if facts:
        yield "FACTS THAT DIFFER", facts
    if derived:
        yield "WHAT FOLLOWS FROM THEM", derived
    for difference, words in DIFFERENCES.items():
        rows: list[Row] = [(r.name, cells(r)) for r in found.therapies if r.difference == difference]
        if rows:
            yield f"{words.upper()} ({len(rows)})", rows


def cells(row: TherapyRow) -> tuple[str, ...]:
    """One therapy's cells as a reader sees them."""
    return tuple(_ABSENT if cell is None else _cell(cell, row.difference == "grounds") for cell in row.cells)


def _cell(cell: Cell, grounds: bool) -> str:
    finding = cell.finding
    if cell.list == "ruled_out":
        return f"ruled out: {_blocked(finding.blocked_by)}"
    standing = standing_words(finding.rule.standing)
    if cell.list == "possible":
        return f"possible ({standing}): needs {' + '.join(FIELD_BY_NAME[n].title for n in finding.needs)}"
    shown = standing if cell.list == "not_supported" else f"OPTION, {standing}"
    if not grounds:
        return shown
    studies = ", ".join(f"{study.name}: {fits.status.replace('_', ' ')}" for study, fits in cell.evidence)
    return f"{shown}; {studies}"


def _blocked(reasons: tuple[Reason, ...]) -> str:
    return "; ".join(f"{FIELD_BY_NAME[r.field].title} {r.value}" for r in reasons)


def _table(rows: list[Row], count: int, style: Style) -> Iterator[str]:
    if count > _MOST_ABREAST:
        yield from _grouped(rows)
        return
    width = (WIDTH - _FIRST) // count - 2
    yield " " * _FIRST + "".join(style.underline(letter) + " " * (width + 1) for letter in LETTERS[:count]).rstrip()
    for name, values in rows:
        columns = [wrap(name, _FIRST - 2, initial_indent=" ", subsequent_indent="   ")]
        columns += [wrap(value, width, subsequent_indent=" ") or [""] for value in values]
        for parts in zip_longest(*columns, fillvalue=""):
            rest = "".join(f"{part:<{width + 2}}" for part in parts[1:])
            yield f"{parts[0]:<{_FIRST}}{rest}".rstrip()


def _grouped(rows: list[Row]) -> Iterator[str]:
    """More columns than fit abreast: each value once, with the letters that have it."""
    for name, values in rows:
        letters: dict[str, list[str]] = {}
        for letter, value in zip(LETTERS, values, strict=False):
            letters.setdefault(value, []).append(letter)
        yield f" {name}"
        for value, own in letters.items():
            yield from hanging(f"   {''.join(own)}: ", value or "-", 6)


def _shared(found: Comparison) -> Iterator[tuple[str, str]]:
    """What every column has, each group with its title."""
    yield "Facts", "; ".join(f"{row.field.title} {row.values[0]}" for row in found.shared_facts)
    yield "What follows from them", "; ".join(f"{concept_words(row.concept)} {row.values[0]}" for row in found.shared_derived)
    groups: dict[tuple[ListName, Standing | None], list[str]] = {}
    for row in found.shared_therapies:
        cell = row.cells[0]
        assert cell is not None
        standing = cell.rule.standing if cell.list in ("options", "possible") else None
        groups.setdefault((cell.list, standing), []).append(row.name)
    order = list(LIST_WORDS)
    for list_, standing in sorted(groups, key=lambda key: (order.index(key[0]), RANK[key[1]] if key[1] else 0)):
        words = f" ({standing_words(standing)})" if standing else ""
        yield f"{LIST_WORDS[list_].capitalize()}{words}", ", ".join(groups[list_, standing])


def markdown(found: Comparison) -> str:
    """The comparison as Markdown: a table for each kind of difference, then what is shared."""
    lines = [f"# {len(found.columns)} answers side by side", ""]
    lines += [f"- **{letter}**: {escaped(words)}" for letter, words in _columns(found)]
    if not any(True for _ in _differing(found)):
        lines += ["", _SAME]
    letters = LETTERS[: len(found.columns)]
    for title, rows in _differing(found):
        lines += ["", f"## {title.capitalize()}", "", f"| | {' | '.join(letters)} |", "| --- " * (len(letters) + 1) + "|"]
        lines += [f"| {escaped(name)} | {' | '.join(escaped(v) for v in values)} |" for name, values in rows]
    lines += ["", "## Shared", "", *(f"- {title}: {escaped(words)}" for title, words in _shared(found) if words)]
    lines += ["", f"> {notice(found.as_of)}"]
    return "\n".join(lines) + "\n"
