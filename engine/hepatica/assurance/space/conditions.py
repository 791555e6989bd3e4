"""For every combination of verdicts that some profile gives a few conditions: the simplest such profile. Exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hepatica.assurance.space.axes import space_of
from hepatica.assurance.space.boxes import RegionMaker
from hepatica.assurance.space.diagram import Diagram, Judge, O
from hepatica.inference import Expander
from hepatica.knowledge import Condition
from hepatica.patient import Facts, Fields


def outcomes(
    conditions: Sequence[Condition], concepts: Mapping[str, Condition], judge: Judge[O], fields: Fields
) -> dict[O, Facts]:
    """Every outcome that some consistent profile has, with a profile of fewest known fields; no other outcome exists.

    `judge` gives the outcome of the conditions' verdicts, in their order.
    """
    expander = Expander(concepts, fields)
    found = [expander.expanded(condition) for condition in conditions]
    tests = [test for alternatives in found for alternative in alternatives for test in sorted(alternative, key=repr)]
    space = space_of(tests, fields)
    maker = RegionMaker(space)
    diagram = Diagram(space, [maker.region(alternatives) for alternatives in found], judge)
    return {outcome: space.expected(diagram.witness(outcome)) for outcome in diagram.outcomes()}
