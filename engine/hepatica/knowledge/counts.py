"""How much a ruleset holds, counted from its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, get_args

from hepatica.knowledge.evidence import Basis
from hepatica.knowledge.ruleset import Ruleset
from hepatica.knowledge.standing import STANDINGS


class Counts(NamedTuple):
    """Records by kind. A figure is one printed value: an arm's figure, a ratio, an interval, a P, a rate, a number."""

    therapies: int
    rules: int
    rules_by_standing: Mapping[str, int]
    studies: int
    studies_of_other_tumours: int
    figures: int
    corrected_results: int
    discrepancies: int
    discrepancies_by_basis: Mapping[str, int]
    notes: int
    left_out: int


def counts(ruleset: Ruleset) -> Counts:
    """The counts of a ruleset."""
    studies = ruleset.studies.values()
    discrepancies = [item for study in studies for item in study.discrepancies]
    return Counts(
        therapies=len(ruleset.therapies),
        rules=len(ruleset.rules),
        rules_by_standing=_by(STANDINGS, (rule.standing for rule in ruleset.rules.values())),
        studies=len(studies),
        studies_of_other_tumours=sum(study.tumour != ruleset.card.tumour for study in studies),
        figures=sum(1 for _ in _figures(ruleset)),
        corrected_results=sum(result.corrected is not None for study in studies for result in study.results),
        discrepancies=len(discrepancies),
        discrepancies_by_basis=_by(get_args(Basis), (item.basis for item in discrepancies)),
        notes=len(ruleset.notes),
        left_out=sum(len(omission.numbers) for omission in ruleset.omissions),
    )


def _by(order: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counted = Counter(found)
    return {name: counted[name] for name in order}


def _figures(ruleset: Ruleset) -> Iterable[object]:
    """Every printed value of every study."""
    for study in ruleset.studies.values():
        for result in study.results:
            if result.lines:
                yield from (result.arms or {}).values()
                yield from (result.arm_ci or {}).values()
                parts = (result.hr, result.ci, result.p)
                yield from (part for part in parts if part is not None)
        yield from (v for event in study.toxicity for v in (event.percent, event.count) if v is not None)
        yield from (figure.value for figure in study.figures if figure.value is not None)
        yield from (arm.n for arm in study.arms if arm.n is not None)
