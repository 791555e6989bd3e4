"""Whether some profiles try every threshold of a ruleset below, exactly at, and above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hepatica.assurance.answers.version import Version
from hepatica.assurance.check.findings import Finding
from hepatica.assurance.space.axes import consistent
from hepatica.inference import SCOPE, FieldClasses, classes_of
from hepatica.knowledge import Test
from hepatica.patient import FIELDS, Facts, Field, facts_of, show


def untested(version: Version, tried: Sequence[Facts]) -> Iterator[Finding]:
    """A finding for each threshold of a rule or the scope with a side that none of the profiles reaches."""
    tests = _decisive(version)
    for field in FIELDS:
        if field.kind in ("integer", "number"):
            classes = classes_of(field, tests)
            reached = {classes.class_of(facts[field.name]) for facts in tried}
            for threshold in classes.thresholds:
                missing = {side: index for side, index in _sides(classes, threshold).items() if index not in reached}
                if missing:
                    yield _finding(version, field, classes, threshold, missing)


def _decisive(version: Version) -> list[Test]:
    """The tests of the scope and the rules; a threshold that only a study's population has changes no list."""
    goals = [goal for name, goal in version.program.goals.items() if name == SCOPE or name.startswith("rule/")]
    read = 0
    for goal in goals:
        read |= goal.tests
    return [test for index, test in enumerate(version.program.tests) if read >> index & 1]


def _sides(classes: FieldClasses, threshold: float) -> dict[str, int]:
    """The classes just below, at and above a threshold, as far as the field can take such values."""
    at = classes.class_of(threshold)
    every = {"below": at - 1, "exactly at": at, "above": at + 1}
    return {side: index for side, index in every.items() if 1 <= index < len(classes.samples)}


def _finding(version: Version, field: Field, classes: FieldClasses, threshold: float, missing: dict[str, int]) -> Finding:
    names = {"field": field.name, "sides": " or ".join(missing), "value": show(threshold)}
    witness = facts_of(consistent({field.name: classes.samples[next(iter(missing.values()))]}))
    rule = _first_rule(version, field, threshold)
    return Finding("untested-threshold", names, version.ruleset.places.get(f"rule/{rule}", ""), witness)


def _first_rule(version: Version, field: Field, threshold: float) -> str:
    """The first rule that tests the threshold; empty where only the scope does."""
    wanted = sum(
        1 << index for index, test in enumerate(version.program.tests) if test.field == field.name and threshold in test.operands
    )
    return next((rule for rule in version.ruleset.rules if version.program.goals[f"rule/{rule}"].tests & wanted), "")
