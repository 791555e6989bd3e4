"""For every combination of verdicts that some profile gives a few conditions: the simplest such profile. Exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.assurance.boxes import Cutter, simplest
from engine.assurance.partition import Judge, O, Partition
from engine.assurance.space import space_of
from engine.inference.normal_form import opened
from engine.knowledge.conditions import Condition
from engine.profile.model import Facts


def outcomes(conditions: Sequence[Condition], concepts: Mapping[str, Condition], judge: Judge[O]) -> dict[O, Facts]:
    """Every outcome that some consistent profile has, with a profile of fewest known fields; no other outcome exists.

    `judge` gives the outcome of the conditions' verdicts, in their order.
    """
    found = [opened(condition, concepts) for condition in conditions]
    space = space_of(test for alternatives in found for alternative in alternatives for test in sorted(alternative, key=repr))
    cutter = Cutter(space)
    boxes = Partition(space, [cutter.region(alternatives) for alternatives in found], judge).boxes()
    return {outcome: space.facts(simplest(space, region)) for outcome, region in boxes.items()}
