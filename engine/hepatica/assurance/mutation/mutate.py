"""Mutation testing of a ruleset: every single-point change must fail a case, unless it is proved to change nothing.

Two rulesets behave alike where on every consistent profile every rule, every concept and the scope has the same verdict,
every rule its standing and citations, and every study shown the same applicability; then every therapy's list, standing and
citations agree too. The proof compares the conditions over the whole profile space, exactly. Only what a change can reach is
evaluated again, by bit tables. Notes and texts are not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hepatica.assurance.cases.case import Case
from hepatica.assurance.cases.pinned import Pin, pinned
from hepatica.assurance.coverage.places import Places
from hepatica.assurance.mutation.changed import ChangedRules, KnownCase, World
from hepatica.assurance.mutation.mutants import Mutant, mutants
from hepatica.evaluation import Evaluator
from hepatica.knowledge import Ruleset

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no case notices, and a profile (with what to look at) on which the answer differs."""

    mutant: Mutant
    pin: Pin


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of every change: noticed by a case, proved to change nothing, or neither."""

    killed: tuple[tuple[Mutant, Case], ...]
    equivalent: tuple[Mutant, ...]
    survivors: tuple[Survivor, ...]

    @property
    def percent(self) -> float:
        """Killed of all that change something, in percent."""
        total = len(self.killed) + len(self.survivors)
        return 100 * len(self.killed) / total if total else 100.0


def mutate(
    ruleset: Ruleset, cases: Sequence[Case], progress: Progress | None = None, places: Places = MappingProxyType({})
) -> Mutation:
    """Every mutant of a ruleset against the cases (which must pass on the ruleset itself)."""
    world = World(ruleset)
    known = [KnownCase(case, world) for case in cases]
    killed: list[tuple[Mutant, Case]] = []
    equivalent: list[Mutant] = []
    survivors: list[Survivor] = []
    every = list(mutants(ruleset, places))
    for index, mutant in enumerate(every):
        changed = ChangedRules(world, mutant)
        pin = changed.difference()
        if pin is None:
            equivalent.append(mutant)
        elif (killer := next((one.case for one in known if changed.fails(one)), None)) is not None:
            killed.append((mutant, killer))
        else:
            survivors.append(Survivor(mutant, pin))
        if progress:
            progress(index + 1, len(every))
    return Mutation(tuple(killed), tuple(equivalent), tuple(survivors))


def killers(found: Mutation, evaluator: Evaluator) -> list[Case]:
    """Cases that kill every survivor, each needed by at least one that the earlier ones miss."""
    world = World(evaluator.ruleset)
    kept: list[Pin] = []
    known: list[KnownCase] = []
    for survivor in found.survivors:
        changed = ChangedRules(world, survivor.mutant)
        if any(changed.fails(one) for one in known):
            continue
        kept.append(survivor.pin)
        known.extend(KnownCase(case, world) for case in pinned([survivor.pin], evaluator))
    return pinned(kept, evaluator)
