"""Which unknown facts would settle most: for one fact and for every pair, what each result would decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product

from hepatica.evaluation import ListName
from hepatica.explain.facets import Facet, State, TherapyGoals, meet, merged
from hepatica.knowledge import Standing
from hepatica.patient import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTherapy:
    """A therapy that depends on what is not known."""

    therapy: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledTherapy:
    """A therapy that a result settles: the list it then stands in, and its standing where that is an option."""

    therapy: str
    name: str
    list: ListName
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One result (a group of values for each facet, in words): the therapies it settles, and those it leaves open."""

    results: tuple[str, ...]
    settled: tuple[SettledTherapy, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One unknown facet or two. `least` and `most` are how many open therapies are settled, over all results.

    `tests_only`: tests answer it, no history or characteristic has to be asked.
    """

    fields: tuple[str, ...]
    titles: tuple[str, ...]
    tests_only: bool
    least: int
    most: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """The therapies still open, and the questions that bear on them: best first."""

    open: tuple[OpenTherapy, ...]
    singles: tuple[Question, ...]
    pairs: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class _AskedFacet:
    facet: Facet
    groups: tuple[tuple[State, ...], ...]


def settling(every: Iterable[TherapyGoals], facets: tuple[Facet, ...], facts: Facts) -> Settling:
    """What finding out one unknown facet, or two, would settle. Ordered by the least, then the mean number settled."""
    now = [facet.now(facts) for facet in facets]
    certain, possible = meet(now)
    still = [goals for goals in every if goals.reached(certain, possible) == "possible"]
    relevant = 0
    for goals in still:
        relevant |= goals.relevant
    asked = [_AskedFacet(f, merged(f.results(facts), relevant)) for f in facets if f.open_in(facts)]
    asked = [one for one in asked if _tells(one, relevant, facts)]
    singles = [_question((one,), facets, now, still) for one in asked]
    pairs = [_question(pair, facets, now, still) for pair in combinations(asked, 2)]
    names = tuple(OpenTherapy(therapy=goals.therapy.id, name=goals.therapy.name) for goals in still)
    return Settling(open=names, singles=_best(singles), pairs=_best(pairs))


def _tells(asked: _AskedFacet, relevant: int, facts: Facts) -> bool:
    """Whether any result says more than is known already."""
    here = asked.facet.now(facts).told(relevant)
    return any(group[0].told(relevant) != here for group in asked.groups)


def _question(asked: tuple[_AskedFacet, ...], facets: tuple[Facet, ...], now: list[State], still: list[TherapyGoals]) -> Question:
    chosen = {one.facet.index for one in asked}
    fixed = [state for facet, state in zip(facets, now, strict=True) if facet.index not in chosen]
    outcomes = tuple(_outcome(asked, groups, fixed, still) for groups in product(*(one.groups for one in asked)))
    counts = [len(outcome.settled) for outcome in outcomes]
    return Question(
        fields=tuple(field.name for one in asked for field in one.facet.fields),
        titles=tuple(one.facet.title for one in asked),
        tests_only=all(one.facet.nature == "test" for one in asked),
        least=min(counts),
        most=max(counts),
        outcomes=outcomes,
    )


def _outcome(
    asked: tuple[_AskedFacet, ...], groups: tuple[tuple[State, ...], ...], fixed: list[State], still: list[TherapyGoals]
) -> Outcome:
    certain, possible = meet([*fixed, *(group[0] for group in groups)])
    reached = [(goals, goals.reached(certain, possible)) for goals in still]
    return Outcome(
        results=tuple(one.facet.label(group) for one, group in zip(asked, groups, strict=True)),
        settled=tuple(_settled(goals, name, certain) for goals, name in reached if name != "possible"),
        left=tuple(goals.therapy.id for goals, name in reached if name == "possible"),
    )


def _settled(goals: TherapyGoals, name: ListName, certain: int) -> SettledTherapy:
    rule = goals.best(certain)
    return SettledTherapy(therapy=goals.therapy.id, name=goals.therapy.name, list=name, standing=rule.standing if rule else None)


def _best(found: list[Question]) -> tuple[Question, ...]:
    """Most certainly settled first; results are not weighted by how common they are."""
    means = {id(q): sum(len(outcome.settled) for outcome in q.outcomes) / len(q.outcomes) for q in found}
    return tuple(sorted((q for q in found if q.most), key=lambda q: (-q.least, -means[id(q)])))
