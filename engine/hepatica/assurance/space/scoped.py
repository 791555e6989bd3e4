"""A space with the scope's verdict as one more axis, so that a region can be described as "in scope and ..."."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.assurance.space.axes import Axis, Space
from hepatica.assurance.space.boxes import Box, Region, intersect
from hepatica.assurance.space.partition import Partition
from hepatica.assurance.space.words import Words, limits
from hepatica.inference import FieldClasses, Verdict
from hepatica.patient import Field

IN, OPEN, OUT = "in", "unknown", "out"
_NAMES = {Verdict.TRUE: IN, Verdict.UNKNOWN: OPEN, Verdict.FALSE: OUT}
_FIELD = Field(
    name="scope", title="Scope", kind="choice", nature="characteristic", values=(IN, OPEN, OUT), help="The scope's verdict."
)


class Scoped(Space):
    """The axes of a space and, last, the scope's verdict.

    Only boxes from `lifted` are made of real profiles; combinations that no profile has are in none of them.
    """

    def __init__(self, space: Space, scope: Region) -> None:
        parts = Partition(space, [scope], lambda verdicts: _NAMES[verdicts[0]]).boxes()
        self._parts = [(name, parts[name]) for name in (IN, OPEN, OUT) if name in parts]
        names = tuple(name for name, _ in self._parts)
        classes = FieldClasses(_FIELD, (), names, {name: index for index, name in enumerate(names)})
        axis = Axis((_FIELD,), (classes,), tuple(((name,),) for name in names), {(i,): i for i in range(len(names))})
        super().__init__((*space.axes, axis))

    def lifted(self, boxes: Iterable[Box]) -> list[Box]:
        """The same profiles as boxes of this space; disjoint where `boxes` are."""
        given = list(boxes)
        return [(*box, 1 << index) for index, (_, where) in enumerate(self._parts) for box in intersect(given, where)]

    def words(self, box: Box) -> Words:
        """The limits of a box, the scope's first."""
        found = limits(self, box)
        return {name: found[name] for name in (_FIELD.name,) if name in found} | found
