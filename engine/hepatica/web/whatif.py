"""What would change the answer, and which unknown fact would settle most."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.evaluation import LISTS, ListName
from hepatica.explain.settle import Outcome
from hepatica.explain.whatif import KINDS, Change, Step, smallest, what_if
from hepatica.report.old_document import Document
from hepatica.report.teaching.whatif_document import document
from hepatica.report.words import LIST_WORDS, standing_words
from hepatica.web.cases import query_of
from hepatica.web.view import Asked, Parameter, View

THERAPY = "therapy"
MOST_QUESTIONS = 3
MOST_OUTCOMES = 12
Row = tuple[tuple[Step, ...], str, list[Change]]


def parameters(therapies: Iterable[str]) -> tuple[Parameter, ...]:
    """The view's own parameters."""
    schema: Document = {"type": "string", "enum": ["", *therapies]}
    return (Parameter(name=THERAPY, says="Only this therapy.", schema=schema),)


def view(asked: Asked) -> View:
    """The smallest changes of facts that add or remove each option, and the tests worth asking for."""
    assert asked.case.profile is not None
    therapies = asked.book.ruleset.therapies
    chosen = asked.choice(THERAPY, tuple(therapies))
    found = what_if(asked.book.evaluator, asked.case.profile, (chosen,) if chosen else ())
    context = {
        "found": found,
        "chosen": chosen,
        "adds": by_kind(found.adds),
        "removes": by_kind(found.removes),
        "questions": [(1, found.settling.singles[:MOST_QUESTIONS]), (2, found.settling.pairs[:MOST_QUESTIONS])],
        "most_outcomes": MOST_OUTCOMES,
        "settled": settled,
        "effect": effect,
    }
    return View("whatif.html", document(found), context)


def by_kind(changes: tuple[Change, ...]) -> list[tuple[str, list[Row]]]:
    """The smallest changes of each therapy by kind; those with the same steps together, with the query that tries them."""
    groups: dict[str, dict[tuple[tuple[str, str], ...], Row]] = {title: {} for title in KINDS.values()}
    for change in changes:
        if smallest(change, changes):
            key = tuple((step.facet.title, step.becomes) for step in change.steps)
            row = groups[KINDS[change.kind]].setdefault(key, (change.steps, query_of(change.profile), []))
            row[2].append(change)
    return [(title, sorted(rows.values(), key=lambda row: len(row[0]))) for title, rows in groups.items() if rows]


def effect(change: Change) -> str:
    """What the therapy is after the change."""
    return standing_words(change.rule.standing) if change.rule else LIST_WORDS[change.reaches]


def settled(outcome: Outcome) -> list[tuple[str, str]]:
    """For each list that a result settles therapies into, options first: their names and the list in words."""
    groups: dict[ListName, list[str]] = {name: [] for name in LISTS}
    for therapy, name in outcome.settled:
        groups[name].append(therapy.name)
    return [(", ".join(names), LIST_WORDS[name]) for name, names in groups.items() if names]
