"""A space with the scope's verdict as one more axis, so that a region can be described as "in scope and ..."."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hepatica.assurance.space.axes import Axis, Space
from hepatica.assurance.space.boxes import Box, Region, intersect
from hepatica.assurance.space.describe import describe, without_impossible
from hepatica.assurance.space.diagram import Diagram
from hepatica.assurance.space.words import Limits, limits
from hepatica.inference import FieldClasses, Verdict
from hepatica.patient import Field

_VERDICTS = (Verdict.TRUE, Verdict.UNKNOWN, Verdict.FALSE)
_NAMES = {Verdict.TRUE: "in", Verdict.UNKNOWN: "unknown", Verdict.FALSE: "out"}
_FIELD = Field(
    name="scope",
    title="Scope",
    kind="choice",
    nature="characteristic",
    values=tuple(_NAMES.values()),
    help="The scope's verdict.",
    value_titles={"in": "in scope", "out": "out of scope", "unknown": "scope not known"},
)


class ScopedSpace(Space):
    """The axes of a space and, last, the scope's verdict.

    Only boxes from `lifted` are made of real profiles; combinations that no profile has are in none of them.
    """

    def __init__(self, space: Space, scope: Region) -> None:
        parts = Diagram(space, [scope], lambda verdicts: verdicts[0]).boxes()
        self._parts = [parts[verdict] for verdict in _VERDICTS if verdict in parts]
        names = tuple(_NAMES[verdict] for verdict in _VERDICTS if verdict in parts)
        classes = FieldClasses(_FIELD, (), (None, *names), {name: index for index, name in enumerate(names, 1)})
        axis = Axis((_FIELD,), (classes,), tuple((((index,),),) for index in range(1, len(names) + 1)))
        super().__init__((*space.axes, axis), space.fields)

    def lifted(self, boxes: Iterable[Box]) -> list[Box]:
        """The same profiles as boxes of this space; disjoint where `boxes` are."""
        given = list(boxes)
        return [(*box, 1 << index) for index, where in enumerate(self._parts) for box in intersect(given, where)]


def described(
    space: Space, scoped: ScopedSpace | None, inside: Sequence[Box], outside: Sequence[Box], *, known_only: bool = False
) -> tuple[Limits, ...]:
    """A region in few boxes, each as what it asks of every field that it limits; with the scope first where that is given.

    With `known_only` the regions are of complete profiles, and what an incomplete one would have is left open.
    """
    if scoped is not None:
        space, inside, outside = scoped, scoped.lifted(inside), scoped.lifted(outside)
    boxes = [without_impossible(space, box, inside) for box in describe(space, inside, outside)]
    found = [limits(space, box, known_only=known_only) for box in boxes]
    named = [{name: one[name] for name in (_FIELD.name,) if name in one} | one for one in found]
    return tuple(one for index, one in enumerate(named) if one not in named[:index])
