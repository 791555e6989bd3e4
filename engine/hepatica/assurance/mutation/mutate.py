"""Mutation testing of a ruleset: every single-point change must fail a case, unless it is proved to change nothing.

Two rulesets behave alike where on every consistent profile every rule, every concept and the scope has the same verdict,
every rule its standing, verdict and citations, and every study shown the same applicability; then every therapy's list,
standing and citations agree too. The proof compares the conditions over the whole profile space, exactly. Only what a change
can reach is evaluated again, by bit tables. Of texts only the figures in headlines are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from hepatica.assurance.cases import PatientCase, Pin, pinned
from hepatica.assurance.coverage import rounded_down
from hepatica.assurance.mutation.changed import ChangedRules
from hepatica.assurance.mutation.figures import mutant_of, noticed, shown_figures
from hepatica.assurance.mutation.mutants import Mutant, mutants
from hepatica.assurance.version import Progress, RulesetVersion, Subject
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
    evaluator: Evaluator, cases: Sequence[PatientCase], progress: Progress | None = None, threshold: float = 100
) -> MutationResult:
    """Every mutant of a ruleset against the cases (which must pass on the ruleset itself)."""
    ruleset = evaluator.ruleset
    killed: list[KilledMutant] = []
    equivalent: list[Mutant] = []
    survivors: list[SurvivingMutant] = []
    kept: list[Pin] = []
    known: list[PatientCase] = []
    for mutant, pin, notices in _trials(evaluator, cases, progress):
        if pin is None:
            equivalent.append(mutant)
        # The first case that notices is enough: which others would is nobody's question, and most of the time goes here.
        elif (killer := next(filter(notices, cases), None)) is not None:
            killed.append(KilledMutant(mutant=mutant, by=killer.place))
        else:
            witness = Profile(pin.facts, fields=ruleset.fields).as_document()
            survivors.append(
                SurvivingMutant(mutant=mutant, witness=witness, look_at="/".join(filter(None, pin.subject)), pin=pin)
            )
            # Cases are made only for what none of those made before would notice.
            if pin not in kept and not any(map(notices, known)):
                kept.append(pin)
                known += pinned([pin], evaluator)
    killers = tuple(pinned(kept, evaluator))
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


Trial = tuple[Mutant, Pin | None, Callable[[PatientCase], bool]]
"""A change, where it shows (None: nowhere, which is proved), and whether a case notices it."""


def _trials(evaluator: Evaluator, cases: Sequence[PatientCase], progress: Progress | None) -> Iterator[Trial]:
    version = RulesetVersion(evaluator.ruleset, evaluator.program)
    every = list(mutants(evaluator.ruleset))
    for done, mutant in enumerate(every, 1):
        changed = ChangedRules(version, mutant)
        yield mutant, changed.difference(), changed.fails
        if progress:
            progress(done, len(every))
    # A figure is no condition: no proof tells whether changing it shows, so only those that some headline shows are changed.
    for figure, facts in shown_figures(version, evaluator, cases).items():
        pin = Pin(facts, Subject("therapy", figure.therapy), shows=figure.line)
        yield mutant_of(figure, evaluator.ruleset), pin, partial(noticed, figure, evaluator)
