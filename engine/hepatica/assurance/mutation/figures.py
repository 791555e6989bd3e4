"""Changes of the figures that a headline shows: each must be pinned by some case.

A figure is shown where its study leads a therapy's headline. Those that an evaluation shows for the profiles of the cases, or
for a smallest profile of each rule, are tried: the line with another figure must not hold what a case says is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hepatica.assurance.cases import PatientCase, Pin, not_shown
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.places import place_of
from hepatica.assurance.space import RegionMaker, simplest, space_of
from hepatica.assurance.version import Subject
from hepatica.evaluation import Entry, Evaluator, shown
from hepatica.inference import GoalKey
from hepatica.knowledge import Ruleset
from hepatica.patient import Facts, Profile

_OTHER = "77.7"
"""A figure that stands for any other."""


class ShownFigure(NamedTuple):
    """One arm's figure in a therapy's headline, and the headline's line."""

    therapy: str
    study: str
    endpoint: str
    arm: str
    value: str
    line: str

    @property
    def changed(self) -> str:
        """The line with another figure."""
        return self.line.replace(self.value, _OTHER)


def shown_figures(evaluator: Evaluator, cases: Sequence[PatientCase]) -> dict[ShownFigure, Facts]:
    """Every figure that some headline shows, each with a profile that sees it."""
    found: dict[ShownFigure, Facts] = {}
    for facts in (*_smallest(evaluator), *(case.profile.facts for case in cases)):
        for figure in _in_headlines(_entries(evaluator, facts)):
            found.setdefault(figure, facts)
    return found


def _smallest(evaluator: Evaluator) -> Iterator[Facts]:
    """For each rule that can apply a smallest profile to which it does."""
    program = evaluator.program
    space = space_of(program.tests, evaluator.ruleset.fields)
    maker = RegionMaker(space)
    for rule in evaluator.ruleset.rules:
        conjunctions = program.goals[GoalKey("rule", rule)].conjunctions
        region = maker.region([[t for n, t in enumerate(program.tests) if c >> n & 1] for c in conjunctions])
        if region.certain:
            yield space.expected(simplest(space, region.certain))


def _entries(evaluator: Evaluator, facts: Facts) -> Iterator[Entry]:
    answer = evaluator.evaluate(Profile(facts, fields=evaluator.ruleset.fields))
    yield from (*answer.options, *answer.trials, *answer.possible, *answer.not_supported)


def _in_headlines(entries: Iterable[Entry]) -> Iterator[ShownFigure]:
    for entry in entries:
        line = entry.headline
        for arm in line.arms:
            value = shown(arm.value)
            if value in line.text:
                yield ShownFigure(entry.therapy, line.study, line.endpoint, arm.arm, value, line.text)


def mutant_of(figure: ShownFigure, ruleset: Ruleset) -> Mutant:
    """The change of a figure."""
    key = GoalKey("study", figure.study)
    says = f"{figure.endpoint} of {figure.arm}: another figure than {figure.value} in the headline of {figure.therapy}"
    return Mutant(goal=str(key), of=key, kind="figure changed", says=says, place=place_of(ruleset, key))


def noticed(figure: ShownFigure, case: PatientCase, evaluator: Evaluator) -> bool:
    """Whether a case pins the figure: it shows the line to its patient, and would not hold with another figure in it."""
    if figure.therapy not in case.expected.shows:
        return False
    sees = any(
        one.therapy == figure.therapy and one.headline.text == figure.line for one in _entries(evaluator, case.profile.facts)
    )
    return sees and next(not_shown(case, figure.therapy, figure.changed), None) is not None


def pin_of(figure: ShownFigure, facts: Facts) -> Pin:
    """What to write down so that the figure is pinned: the part of the line around it."""
    return Pin(facts, Subject("therapy", figure.therapy), shows=figure.line)
