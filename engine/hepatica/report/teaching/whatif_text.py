"""What-if as text for an 80-column terminal: the tests worth asking for, then what would add and what would remove."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.evaluation import ListName
from hepatica.explain.settle import Outcome, Question, Settling
from hepatica.explain.whatif import KINDS, Change, WhatIf, smallest
from hepatica.knowledge import Therapy
from hepatica.notice import notice
from hepatica.report.sentences import facts_line
from hepatica.report.style import Style
from hepatica.report.words import LIST_WORDS, standing_words
from hepatica.report.wrapping import hanging, wrapped

MOST_OUTCOMES, MOST_NAMED = 12, 6


def text(found: WhatIf, style: Style, *, every: bool = False) -> str:
    """The whole page; without `every` only the smallest changes of each therapy and the best test and pair."""
    return "\n".join(_page(found, style, every)) + "\n"


def _page(found: WhatIf, style: Style, every: bool) -> Iterator[str]:
    ruleset, profile = found.evaluation.ruleset, found.evaluation.profile
    yield style.bold(f"What if: {profile.label or 'hypothetical patient'}")
    yield from hanging("", facts_line(profile), 0)
    yield style.dim(f"{ruleset.card.id} {ruleset.card.version}, evidence as of {ruleset.card.as_of}")
    yield from _tests(found.settling, style, every)
    yield from _section("WHAT WOULD ADD AN OPTION", found.adds, style, every)
    yield from _section("WHAT WOULD REMOVE AN OPTION", found.removes, style, every)
    yield from _fixed("NO FACTS MAKE IT AN OPTION", found.never, style)
    yield from _fixed("AN OPTION WHATEVER CHANGES", found.always, style)
    yield ""
    yield from wrapped(notice(ruleset.card.as_of))


def _tests(settling: Settling, style: Style, every: bool) -> Iterator[str]:
    if not settling.possible:
        return
    yield ""
    yield style.bold(f"WHAT TO FIND OUT FIRST (therapies still open: {len(settling.possible)})")
    for titles, questions in ((("One fact", "One test"), settling.singles), (("Two facts", "Two tests"), settling.pairs)):
        for question in questions if every else _best(questions):
            yield from _question(titles[question.tests_only], question, len(settling.possible), style)
    if not settling.singles:
        yield from hanging("  ", "No single fact settles any of them.", 2)


def _best(questions: tuple[Question, ...]) -> list[Question]:
    """The best question, and the best that tests alone answer where that is another."""
    tests = [question for question in questions if question.tests_only]
    return [*questions[:1], *(question for question in tests[:1] if question is not questions[0])]


def _question(title: str, question: Question, open_: int, style: Style) -> Iterator[str]:
    names = " + ".join(facet.title for facet in question.facets)
    span = f"{question.least}" if question.least == question.most else f"{question.least} to {question.most}"
    yield from hanging(f" {title}: {style.underline(names)} ", f"settles {span} of {open_}", 4)
    groups: dict[str, list[str]] = {}
    for outcome in question.outcomes:
        groups.setdefault(_settled(outcome), []).append(" + ".join(outcome.results))
    for settled, results in list(groups.items())[:MOST_OUTCOMES]:
        yield from hanging("  ", f"{' / '.join(results)}: {settled}", 6)
    left = len(groups) - MOST_OUTCOMES
    if left > 0:
        yield from hanging("  ", f"... and {left} further results (all of them with --format json)", 6)


def _settled(outcome: Outcome) -> str:
    groups: dict[ListName, list[str]] = {}
    for therapy, name in outcome.settled:
        groups.setdefault(name, []).append(therapy.name)
    parts = [
        f"{len(names) if name == 'ruled_out' and len(names) > MOST_NAMED else ', '.join(names)} {LIST_WORDS[name]}"
        for name, names in sorted(groups.items(), key=lambda item: list(LIST_WORDS).index(item[0]))
    ]
    return "; ".join(parts) or "settles nothing"


def _section(title: str, changes: tuple[Change, ...], style: Style, every: bool) -> Iterator[str]:
    shown = [change for change in changes if every or smallest(change, changes)]
    if not shown:
        return
    yield ""
    yield style.bold(f"{title} (therapies: {len({change.therapy.id for change in shown})})")
    for kind, words in KINDS.items():
        own = [change for change in shown if change.kind == kind]
        if own:
            yield f" {style.underline(words)}"
            yield from _grouped(own)


def _grouped(changes: list[Change]) -> Iterator[str]:
    groups: dict[tuple[tuple[str, str, str], ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(tuple((s.facet.title, s.was, s.becomes) for s in change.steps), []).append(change)
    for steps, group in sorted(groups.items(), key=lambda item: len(item[0])):
        lead = " and ".join(f"{title} {becomes} (now {was})" for title, was, becomes in steps)
        yield from hanging("  ", f"{lead}:", 4)
        yield from hanging("      ", "; ".join(_effect(change) for change in group), 6)
        for doubt in dict.fromkeys(doubt.message for change in group for doubt in change.doubts):
            yield from hanging("      ! ", doubt, 8)


def _effect(change: Change) -> str:
    if change.rule is not None:
        return f"{change.therapy.name} ({standing_words(change.rule.standing)})"
    return f"{change.therapy.name} ({LIST_WORDS[change.reaches]})"


def _fixed(title: str, therapies: tuple[Therapy, ...], style: Style) -> Iterator[str]:
    if therapies:
        yield ""
        yield style.bold(f"{title} ({len(therapies)})")
        yield from hanging("  ", ", ".join(therapy.name for therapy in therapies), 2)
