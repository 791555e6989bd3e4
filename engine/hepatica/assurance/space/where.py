"""For every combination of verdicts that some profile gives a few conditions: the simplest such profile. Exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hepatica.assurance.space.axes import Axis, Space, consistent, space_of
from hepatica.assurance.space.boxes import Box, Cutter, simplest
from hepatica.assurance.space.partition import Judge, O, Partition
from hepatica.inference import Opener
from hepatica.knowledge import Condition
from hepatica.patient import Facts, Value, facts_of


def outcomes(conditions: Sequence[Condition], concepts: Mapping[str, Condition], judge: Judge[O]) -> dict[O, Facts]:
    """Every outcome that some consistent profile has, with a profile of fewest known fields; no other outcome exists.

    `judge` gives the outcome of the conditions' verdicts, in their order.
    """
    opener = Opener(concepts)
    found = [opener.opened(condition) for condition in conditions]
    space = space_of(test for alternatives in found for alternative in alternatives for test in sorted(alternative, key=repr))
    cutter = Cutter(space)
    boxes = Partition(space, [cutter.region(alternatives) for alternatives in found], judge).boxes()
    return {outcome: _profile(space, simplest(space, region)) for outcome, region in boxes.items()}


def _profile(space: Space, box: Box) -> Facts:
    """The profile of a box with the fewest known fields and, among those, values that a reader would expect."""
    known: dict[str, Value | None] = {}
    for axis, mask in zip(space.axes, box, strict=True):
        entry = axis.simplest(mask)
        if len(axis.fields) == 1 and entry[0] is not None:
            entry = (_expected(axis, mask, entry[0]),)
        known |= {field.name: value for field, value in zip(axis.fields, entry, strict=True)}
    return facts_of(consistent(known))


def _expected(axis: Axis, mask: int, value: Value) -> Value:
    """Of values that no test tells apart: the highest stage or grade, and no amount of zero."""
    field, thresholds = axis.fields[0], axis.classes[0].thresholds
    if field.kind == "number" and value == field.low and thresholds and value < thresholds[0]:
        return (field.low + thresholds[0]) / 2
    if field.kind != "choice" or field.nature != "test":
        return value
    point = next(p for i, p in enumerate(axis.points) if mask >> i & 1 and (value,) in p)
    return next(entry[0] for entry in reversed(point) if entry[0] is not None)
