"""Changes of the figures that a headline shows: each must be pinned by some case.

A figure is shown where its study leads a therapy's headline. Those that an evaluation shows for the profiles of the cases, or
for a smallest profile of each rule, are tried: the line with another figure must not hold what a case says is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hepatica.assurance.cases import PatientCase, not_shown
from hepatica.assurance.decisions import place_of
from hepatica.assurance.mutation.mutants import Mutant
from hepatica.assurance.space import space_of
from hepatica.assurance.version import RulesetVersion, smallest_boxes
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


def shown_figures(version: RulesetVersion, evaluator: Evaluator, cases: Sequence[PatientCase]) -> dict[ShownFigure, Facts]:
    """Every figure that some headline shows, each with a profile that sees it."""
    found: dict[ShownFigure, Facts] = {}
    space = space_of(version.program.tests, version.fields)
    boxes = smallest_boxes(version, space, version.ruleset.rules)
    # A smallest profile of each rule meets headlines that no patient of the cases sees.
    for facts in (*map(space.expected, boxes), *(case.profile.facts for case in cases)):
        for entry in _entries(evaluator, facts):
            line = entry.headline
            for arm in line.arms:
                if (value := shown(arm.value)) in line.text:
                    found.setdefault(ShownFigure(entry.therapy, line.study, line.endpoint, arm.arm, value, line.text), facts)
    return found


def _entries(evaluator: Evaluator, facts: Facts) -> Iterator[Entry]:
    answer = evaluator.evaluate(Profile(facts, fields=evaluator.ruleset.fields))
    yield from (*answer.options, *answer.trials, *answer.possible, *answer.not_supported)


def mutant_of(figure: ShownFigure, ruleset: Ruleset) -> Mutant:
    """The change of a figure."""
    key = GoalKey("study", figure.study)
    says = f"{figure.endpoint} of {figure.arm}: another figure than {figure.value} in the headline of {figure.therapy}"
    return Mutant(goal=str(key), of=key, kind="figure changed", says=says, place=place_of(ruleset, key))


def noticed(figure: ShownFigure, evaluator: Evaluator, case: PatientCase) -> bool:
    """Whether a case pins the figure: it shows the line to its patient, and would not hold with another figure in it."""
    if figure.therapy not in case.expected.shows:
        return False
    sees = any(
        one.therapy == figure.therapy and one.headline.text == figure.line for one in _entries(evaluator, case.profile.facts)
    )
    # A case that names only the study would hold with any figure.
    return sees and next(not_shown(case, figure.therapy, figure.line.replace(figure.value, _OTHER)), None) is not None
