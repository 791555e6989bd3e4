"""The profile space of one or more rulesets, and exact set algebra on its regions."""

from __future__ import annotations

from hepatica.assurance.space.axes import Axis, Box, Entry, Space, consistent, space_of
from hepatica.assurance.space.boxes import (
    NOWHERE,
    Boxes,
    Packing,
    Region,
    RegionMaker,
    TooManyParts,
    escapes,
    intersect,
    joined,
    meet,
    simplest,
    subtract,
)
from hepatica.assurance.space.describe import describe
from hepatica.assurance.space.diagram import Conditions, Diagram, Verdicts, count, diagram_of, outcomes, sum_or, uncovered
from hepatica.assurance.space.words import Limits, ScopedSpace, cells_in_words, described, limits

__all__ = [
    "NOWHERE",
    "Axis",
    "Box",
    "Boxes",
    "Conditions",
    "Diagram",
    "Entry",
    "Limits",
    "Packing",
    "Region",
    "RegionMaker",
    "ScopedSpace",
    "Space",
    "TooManyParts",
    "Verdicts",
    "cells_in_words",
    "consistent",
    "count",
    "describe",
    "described",
    "diagram_of",
    "escapes",
    "intersect",
    "joined",
    "limits",
    "meet",
    "outcomes",
    "simplest",
    "space_of",
    "subtract",
    "sum_or",
    "uncovered",
]
