"""Which unknown facts would settle most: for one test and for every pair, what each result would decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product

from hepatica.evaluation import ListName
from hepatica.explain.facets import Facet, State, label, meet, merged
from hepatica.explain.lists import TherapyBits
from hepatica.knowledge import Therapy
from hepatica.patient import Facts


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result (a group of values for each facet): the therapies it settles, each with its list, and those left open."""

    results: tuple[str, ...]
    settled: tuple[tuple[Therapy, ListName], ...]
    left: tuple[Therapy, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One unknown facet or two. `least` and `most` are how many possible therapies are settled, over all results."""

    facets: tuple[Facet, ...]
    outcomes: tuple[Outcome, ...]
    least: int
    most: int

    @property
    def tests_only(self) -> bool:
        """Whether tests answer it: no history or characteristic has to be asked."""
        return all(facet.nature == "test" for facet in self.facets)

    @property
    def mean(self) -> float:
        """Settled therapies per distinguishable result; results are not weighted by how common they are."""
        return sum(len(outcome.settled) for outcome in self.outcomes) / len(self.outcomes)


@dataclass(frozen=True, slots=True)
class Settling:
    """The therapies still possible, and the questions that bear on them: best first."""

    possible: tuple[Therapy, ...]
    singles: tuple[Question, ...]
    pairs: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    facet: Facet
    groups: tuple[tuple[State, ...], ...]


def settling(every: Iterable[TherapyBits], facets: tuple[Facet, ...], facts: Facts) -> Settling:
    """What finding out one unknown facet, or two, would settle. Ordered by the least, then the mean number settled."""
    now = [facet.now(facts) for facet in facets]
    certain, possible = meet(now)
    still = [bits for bits in every if bits.reached(certain, possible) == "possible"]
    relevant = 0
    for bits in still:
        relevant |= bits.relevant
    asked = [_Asked(f, merged(f.results(facts), relevant)) for f in facets if f.open_in(facts)]
    asked = [one for one in asked if _tells(one, relevant, facts)]
    singles = [_question((one,), facets, now, still) for one in asked]
    pairs = [_question(pair, facets, now, still) for pair in combinations(asked, 2)]
    return Settling(tuple(bits.therapy for bits in still), _best(singles), _best(pairs))


def _tells(asked: _Asked, relevant: int, facts: Facts) -> bool:
    """Whether any result says more than is known already."""
    now = asked.facet.now(facts)
    here = (now.certain & relevant, now.possible & relevant)
    return any((g[0].certain & relevant, g[0].possible & relevant) != here for g in asked.groups)


def _question(asked: tuple[_Asked, ...], facets: tuple[Facet, ...], now: list[State], still: list[TherapyBits]) -> Question:
    chosen = {one.facet.title for one in asked}
    fixed = [state for facet, state in zip(facets, now, strict=True) if facet.title not in chosen]
    outcomes = tuple(_outcome(asked, groups, fixed, still) for groups in product(*(one.groups for one in asked)))
    counts = [len(outcome.settled) for outcome in outcomes]
    return Question(tuple(one.facet for one in asked), outcomes, min(counts), max(counts))


def _outcome(
    asked: tuple[_Asked, ...], groups: tuple[tuple[State, ...], ...], fixed: list[State], still: list[TherapyBits]
) -> Outcome:
    certain, possible = meet([*fixed, *(group[0] for group in groups)])
    reached = [(bits.therapy, bits.reached(certain, possible)) for bits in still]
    return Outcome(
        tuple(label(one.facet, group) for one, group in zip(asked, groups, strict=True)),
        tuple((therapy, name) for therapy, name in reached if name != "possible"),
        tuple(therapy for therapy, name in reached if name == "possible"),
    )


def _best(found: list[Question]) -> tuple[Question, ...]:
    return tuple(sorted((q for q in found if q.most), key=lambda q: (-q.least, -q.mean)))
