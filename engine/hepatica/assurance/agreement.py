"""What is proved or answered held against a second method.

The evaluators of the same rules (durable_rules, the plain reading, the bit tables) are compared on every evaluation anyway; here
they meet profiles that are chosen to tell them apart. And profiles are counted without a decision diagram.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

from hepatica.assurance.space import Axis, Space, space_of
from hepatica.assurance.version import RulesetVersion, smallest_boxes
from hepatica.inference import Conclusions, Disagreement, GoalKey, Inference, Program
from hepatica.patient import Facts, Profile, Value
from hepatica.records import record

EVERY_POINT_UP_TO = 5_000
Read = Callable[[Facts], Conclusions]


@record
class EvaluatorDifference:
    """A profile for which not all evaluators say the same, and what differs."""

    says: str
    profile: Mapping[str, Any]


@record
class EvaluatorAgreement:
    """How many profiles of each kind were compared, and every difference that was met."""

    compared: Mapping[str, int]
    differences: tuple[EvaluatorDifference, ...]


def agreement(version: RulesetVersion, profiles: Mapping[str, Sequence[Facts]], read: Read | None = None) -> EvaluatorAgreement:
    """Compare the evaluators on profiles of several kinds; `read` is the evaluation of one (that of the ruleset by default)."""
    one = read or Inference(version.ruleset, version.program).read
    told = [(facts, _difference(version, facts, one)) for group in profiles.values() for facts in group]
    found = [EvaluatorDifference(says, Profile(facts, fields=version.fields).as_document()) for facts, says in told if says]
    return EvaluatorAgreement({kind: len(group) for kind, group in profiles.items()}, tuple(found))


def _difference(version: RulesetVersion, facts: Facts, read: Read) -> str:
    try:
        found, tabled = read(facts), version.program.read(facts)
    except Disagreement as error:
        return str(error)
    # Of an evaluation that holds them against each other this is said twice; of one that does not, it is the only check.
    unlike = [str(key) for key, goal in version.program.goals.items() if found.verdict(goal) is not tabled.verdict(goal)]
    return f"the tables and the evaluation differ on {', '.join(unlike)}" if unlike else ""


def profiles_to_compare(version: RulesetVersion, patients: Sequence[Facts], sample: int, seed: int) -> dict[str, list[Facts]]:
    """The given patients, every boundary, a seeded sample, and every point of the space where it is small."""
    space = space_of(version.program.tests, version.fields)
    if not space.listable:
        # Known values alone are tried then: without intervals an axis is short.
        space = space_of(version.program.tests, version.fields, intervals=False)
    found = {"patients": list(patients), "boundaries": list(boundaries(version, space))}
    found["sample"] = list(sampled(space, sample, seed))
    if space.points <= EVERY_POINT_UP_TO:
        found["every point"] = list(map(space.facts, product(*(axis.points for axis in space.axes))))
    return found


def boundaries(version: RulesetVersion, space: Space) -> Iterator[Facts]:
    """For each rule a profile to which it applies, and that profile with each field at each of its points in turn."""
    found: dict[tuple[Value | None, ...], Facts] = {}
    for box in smallest_boxes(version, space, version.ruleset.rules):
        for axis, whole in enumerate(space.axes):
            for point in whole.points:
                facts = space.facts(space.replaced(box, axis, point))
                found.setdefault(tuple(facts.values()), facts)
    yield from found.values()


def sampled(space: Space, number: int, seed: int) -> Iterator[Facts]:
    """Profiles drawn entry by entry, the same for the same seed."""
    random = Random(seed)
    listed = [(axis, axis.cells(axis.full)) for axis in space.axes]
    for _ in range(number):
        known: dict[str, Value | None] = {}
        for axis, cells in listed:
            entry = axis.entry(random.choice(cells))
            known |= {field.name: value for field, value in zip(axis.fields, entry, strict=True)}
        yield space.total(known)


def counts(space: Space, program: Program, goals: Sequence[GoalKey]) -> dict[GoalKey, tuple[int, int]]:
    """For each goal the profiles where it certainly holds, and where it may: the program's tables multiplied out, axis by axis.

    It starts from the compiled program, not from regions, so that it shares little with the decision diagrams.
    """
    standing = [_standing(space, axis, program) for axis in space.axes]
    found = {}
    for key in goals:
        mask = program.goals[key].mask
        certain, possible = (_profiles(space, [[point[side] for point in axis] for axis in standing], mask) for side in (0, 1))
        found[key] = certain, possible
    return found


def _profiles(space: Space, standing: Sequence[Sequence[int]], goal: int) -> int:
    """The profiles in which a conjunction of a goal is left standing by every axis."""
    left = Counter({goal: 1})
    for masks, axis in zip(standing, space.axes, strict=True):
        # Points that leave the same conjunctions of this goal are one, and so are combinations of points: few are left.
        points: Counter[int] = Counter()
        for mask, weight in zip(masks, axis.weights, strict=True):
            points[mask & goal] += weight
        before, left = left, Counter()
        for one, many in before.items():
            for mask, weight in points.items():
                left[one & mask] += many * weight
    return sum(many for mask, many in left.items() if mask)


def _standing(space: Space, axis: Axis, program: Program) -> list[tuple[int, int]]:
    """The conjunctions that each point of an axis leaves standing, certain and possible, from the program's own tables."""
    names = [field.name for field in axis.fields]
    own = [table for table in program.tables if table.classes.field.name in names]
    found = []
    for point in range(len(axis.weights)):
        facts = space.total(dict(zip(names, axis.entry(axis.group(point)[0]), strict=True)))
        certain = possible = program.every
        for table in own:
            row = table.row(facts[table.classes.field.name])
            certain &= row.certain
            possible &= row.possible
        found.append((certain, possible))
    return found
