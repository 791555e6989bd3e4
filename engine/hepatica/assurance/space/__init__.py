"""The profile space of one or more rulesets, and exact set algebra on its regions."""

from __future__ import annotations

from hepatica.assurance.space.axes import Axis, Box, Entry, Space, consistent, space_of
from hepatica.assurance.space.boxes import (
    NOWHERE,
    Boxes,
    Region,
    RegionMaker,
    TooManyParts,
    escaping,
    intersect,
    maximal,
    meet,
    simplest,
    subtract,
)
from hepatica.assurance.space.describe import Limits, ScopedSpace, cells_in_words, describe, described, limits
from hepatica.assurance.space.diagram import (
    AT_ONCE,
    HOLDS,
    OPEN,
    OUTSIDE,
    SAID,
    Diagram,
    Diagrams,
    Node,
    Verdicts,
    count,
    diagram_of,
    outcomes,
    sum_or,
    uncovered,
)
from hepatica.assurance.space.work import MOST_BEYOND, MOST_WORK, USUAL_SIZE, TooMuchWork, WorkLimit
