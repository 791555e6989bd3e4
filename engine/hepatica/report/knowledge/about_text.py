"""A ruleset's card for an 80-column terminal, and as Markdown: one order of parts for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hepatica.knowledge import Ruleset, condition_words, counts
from hepatica.notice import notice
from hepatica.report.knowledge.evidence_markdown import escape
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging


class _Part(NamedTuple):
    """A heading with sentences below it; a list is shown with marks."""

    title: str
    sentences: tuple[str, ...]
    listed: bool = False


def text(ruleset: Ruleset, style: Style) -> str:
    """The card as text."""
    return "\n".join(_text(ruleset, style)) + "\n"


def markdown(ruleset: Ruleset) -> str:
    """The card as Markdown."""
    lines = [f"# {escape(ruleset.card.title)}", ""]
    for part in _parts(ruleset):
        lines += [f"## {part.title}", ""]
        lines += [f"{'- ' if part.listed else ''}{escape(sentence)}" for sentence in part.sentences]
        lines.append("")
    return "\n".join([*lines, f"*{notice(ruleset.card.as_of)}*", ""])


def _text(ruleset: Ruleset, style: Style) -> Iterator[str]:
    yield from hanging("", ruleset.card.title, 0)
    for part in _parts(ruleset):
        yield ""
        yield style.bold(part.title.upper())
        for sentence in part.sentences:
            yield from hanging("  - " if part.listed else "  ", sentence, 4 if part.listed else 2)
    yield ""
    yield from hanging("", notice(ruleset.card.as_of), 0)


def _parts(ruleset: Ruleset) -> Iterator[_Part]:
    """The parts of the card that say something."""
    return (part for part in _all_parts(ruleset) if part.sentences)


def _all_parts(ruleset: Ruleset) -> Iterator[_Part]:
    card = ruleset.card
    revised = f", released {card.released}" if card.released else ""
    yield _Part("Ruleset", (f"{card.id} {card.version}{revised}; evidence as of {card.as_of}", ruleset.digest))
    yield _Part("Source", tuple(_source(ruleset)))
    yield _Part("Holds", tuple(_holds(ruleset)), listed=True)
    yield _Part("For", _given(card.intended_use, card.intended_users))
    yield _Part("Not for", card.cautioned_against, listed=True)
    yield _Part("Scope", _given(f"Applies where: {condition_words(card.scope)}.", card.out_of_scope))
    yield _Part("Covers", card.covers, listed=True)
    yield _Part("Leaves out", card.leaves_out, listed=True)
    yield _Part("Known limits", card.known_limits, listed=True)
    yield _Part("How it is kept up", _given(card.update_process))
    yield _Part("The thirteen source attributes", tuple(_attributes(ruleset)), listed=True)


def _given(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)


def _source(ruleset: Ruleset) -> Iterator[str]:
    source = ruleset.card.source
    if source is None:
        return
    yield f"{source.citation}{f' doi:{source.doi}' if source.doi else ''} (basis: {source.basis})"
    if source.text:
        yield source.text


def _holds(ruleset: Ruleset) -> Iterator[str]:
    held = counts(ruleset)
    yield f"{held.therapies} therapies, {held.rules} rules: {_named(held.rules_by_standing.items())}"
    yield f"{held.studies} studies and statements, {held.studies_of_other_tumours} of them not on HCC, which back no rule"
    yield f"{held.figures} printed figures; {held.corrected_results} results carry a correction beside what is printed"
    yield f"{held.discrepancies} discrepancies, known by: {_named(held.discrepancies_by_basis.items())}"
    yield f"{held.notes} general statements of the source; {held.left_out} printed numbers left out, each with a reason"


def _named(counted: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counted if number)


def _attributes(ruleset: Ruleset) -> Iterator[str]:
    for item in ruleset.card.source_attributes:
        yield f"{item.attribute}: {_USED[item.used]}. {item.says}"


_USED = {"yes": "used", "no": "not used", "n/a": "does not apply"}
