"""Mutation testing of a ruleset: every single-point change must fail a case, unless it is proved to change nothing.

Two rulesets behave alike where on every consistent profile every rule, every concept and the scope has the same verdict,
every rule its standing, verdict and citations, and every study shown the same applicability; then every therapy's list,
standing and citations agree too. The proof compares the conditions over the whole profile space, exactly. Only what a change
can reach is evaluated again, by bit tables. Of texts only the figures in headlines are changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hepatica.assurance.cases import PatientCase, Pin, pinned
from hepatica.assurance.coverage import rounded_down
from hepatica.assurance.mutation.changed import Baseline, ChangedRules
from hepatica.assurance.mutation.figures import mutant_of, noticed, shown_figures
from hepatica.assurance.mutation.mutants import Mutant, mutants
from hepatica.assurance.places import Places
from hepatica.assurance.version import Progress, Subject
from hepatica.evaluation import Evaluator, RulesetIdentity, identity
from hepatica.notice import notice
from hepatica.patient import Profile
from hepatica.records import Hidden, record


@record(kw_only=True)
class KilledMutant:
    """A change that a case notices, with the place of that case."""

    mutant: Mutant
    by: str


@record(kw_only=True)
class SurvivingMutant:
    """A change that no case notices, and a profile (with what to look at) on which the answer differs."""

    mutant: Mutant
    witness: Mapping[str, Any]
    look_at: str
    pin: Hidden[Pin]


@record(kw_only=True)
class MutationResult:
    """What became of every change: noticed by a case, proved to change nothing, or neither.

    `would_notice` are sentences of cases that would kill every survivor. `passed`: not below the threshold (100 by default).
    """

    notice: str
    ruleset: RulesetIdentity
    cases: int
    percent: float
    threshold: float
    passed: bool
    survivors: tuple[SurvivingMutant, ...]
    would_notice: tuple[str, ...]
    killed: tuple[KilledMutant, ...]
    equivalent: tuple[Mutant, ...]
    killers: Hidden[tuple[PatientCase, ...]]


def mutate(
    evaluator: Evaluator,
    cases: Sequence[PatientCase],
    progress: Progress | None = None,
    places: Places = MappingProxyType({}),
    threshold: float = 100,
) -> MutationResult:
    """Every mutant of a ruleset against the cases (which must pass on the ruleset itself)."""
    ruleset = evaluator.ruleset
    baseline = Baseline(ruleset)
    killed: list[KilledMutant] = []
    equivalent: list[Mutant] = []
    survivors: list[SurvivingMutant] = []
    every = list(mutants(ruleset, places))
    for index, mutant in enumerate(every):
        changed = ChangedRules(baseline, mutant)
        pin = changed.difference()
        if pin is None:
            equivalent.append(mutant)
        # The first case that notices is enough: which others would is nobody's question, and most of the time goes here.
        elif (killer := next(filter(changed.fails, cases), None)) is not None:
            killed.append(KilledMutant(mutant=mutant, by=killer.place))
        else:
            survivors.append(_survivor(mutant, pin, evaluator))
        if progress:
            progress(index + 1, len(every))
    # A figure is no condition: no proof tells whether changing it shows, so only those that some headline shows are changed.
    for figure, facts in shown_figures(evaluator, cases).items():
        found = next((case for case in cases if noticed(figure, case, evaluator)), None)
        mutant = mutant_of(figure, ruleset)
        if found is not None:
            killed.append(KilledMutant(mutant=mutant, by=found.place))
        else:
            pin = Pin(facts, Subject("therapy", figure.therapy), shows=figure.line)
            survivors.append(_survivor(mutant, pin, evaluator))
    killers = tuple(_killers(survivors, evaluator, baseline))
    total = len(killed) + len(survivors)
    share = 100 * len(killed) / total if total else 100.0
    return MutationResult(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        cases=len(cases),
        percent=rounded_down(share),
        threshold=threshold,
        passed=share >= threshold,
        survivors=tuple(survivors),
        would_notice=tuple(case.sentence for case in killers),
        killed=tuple(killed),
        equivalent=tuple(equivalent),
        killers=killers,
    )


def _survivor(mutant: Mutant, pin: Pin, evaluator: Evaluator) -> SurvivingMutant:
    witness = Profile(pin.facts, fields=evaluator.ruleset.fields).as_document()
    look_at = "/".join(filter(None, pin.subject))
    return SurvivingMutant(mutant=mutant, witness=witness, look_at=look_at, pin=pin)


def _killers(survivors: Sequence[SurvivingMutant], evaluator: Evaluator, baseline: Baseline) -> Iterator[PatientCase]:
    """Cases that kill every survivor, each needed by at least one that the earlier ones miss."""
    kept: list[Pin] = []
    known: list[PatientCase] = []
    for survivor in survivors:
        if not survivor.pin.shows:
            changed = ChangedRules(baseline, survivor.mutant)
            if any(map(changed.fails, known)):
                continue
            known += pinned([survivor.pin], evaluator)
        if survivor.pin not in kept:
            kept.append(survivor.pin)
    yield from pinned(kept, evaluator)
