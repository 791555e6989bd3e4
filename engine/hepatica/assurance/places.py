"""Where each single condition is written: `file:line` for every test and concept reference of a ruleset read from files."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.inference import GoalKey
from hepatica.knowledge import Ruleset

Places = Mapping[GoalKey, tuple[str, ...]]


def condition_places(ruleset: Ruleset) -> dict[GoalKey, tuple[str, ...]]:
    """For the scope, each concept, rule and study the places of its single conditions, in order of writing."""
    found: dict[GoalKey, tuple[str, ...]] = {}
    for name, place in ruleset.places.items():
        goal, _, when = name.rpartition("/")
        if when == "when" and (goal == "scope" or "/" in goal):
            kind, _, identifier = goal.partition("/")
            file, _, lines = place.rpartition(":")
            found[GoalKey(kind, identifier)] = tuple(f"{file}:{line}" for line in lines.split(","))  # type: ignore[arg-type]
    return found


def place_of(ruleset: Ruleset, goal: GoalKey) -> str:
    """`file:line` of a rule, a concept, a study or the scope; the goal's name where the ruleset was not read from files."""
    return ruleset.places.get(str(goal), str(goal))
