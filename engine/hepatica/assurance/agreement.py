"""The evaluators of the same rules compared on many profiles: durable_rules, the plain reading, the bit tables, the columns.

The first three are compared on every evaluation anyway; here they meet profiles that are chosen to tell them apart, and the
columns kernel joins them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

from hepatica.assurance.space import Space, space_of
from hepatica.assurance.version import RulesetVersion, smallest_boxes
from hepatica.inference import Conclusions, Disagreement, Inference, Verdict
from hepatica.patient import Facts, Interval, Profile, Value
from hepatica.records import record

EVERY_POINT_UP_TO = 5_000
BATCH = 4_096
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
    found: list[EvaluatorDifference] = []
    for group in profiles.values():
        for start in range(0, len(group), BATCH):
            found.extend(_differences(version, group[start : start + BATCH], one))
    return EvaluatorAgreement({kind: len(group) for kind, group in profiles.items()}, tuple(found))


def _differences(version: RulesetVersion, batch: Sequence[Facts], read: Read) -> Iterator[EvaluatorDifference]:
    from hepatica.inference.columns import Columns

    readings: dict[int, Conclusions] = {}
    for position, facts in enumerate(batch):
        try:
            readings[position] = read(facts)
        except Disagreement as error:
            yield EvaluatorDifference(str(error), Profile(facts, fields=version.fields).as_document())
    goals = [key for key in version.program.goals if key.kind in ("rule", "scope")]
    # The columns are coded by class, and an interval lies in several.
    coded = [at for at in readings if not any(isinstance(value, Interval) for value in batch[at].values())]
    columns = Columns(version.program, goals)
    table = columns.evaluate(columns.code([batch[at] for at in coded]))
    held = {key: (columns.holds(table.certain, key), columns.holds(table.possible, key)) for key in goals}
    for row, at in enumerate(coded):
        verdicts = {key: Verdict.of(certain[row], possible[row]) for key, (certain, possible) in held.items()}
        unlike = [str(key) for key in goals if readings[at].verdict(version.program.goals[key]) is not verdicts[key]]
        if unlike:
            says = f"the columns and the evaluation differ on {', '.join(unlike)}"
            yield EvaluatorDifference(says, Profile(batch[at], fields=version.fields).as_document())


def profiles_to_compare(version: RulesetVersion, patients: Sequence[Facts], sample: int, seed: int) -> dict[str, list[Facts]]:
    """The given patients, every boundary, a seeded sample, and every point of the space where it is small."""
    space = space_of(version.program.tests, version.fields)
    found = {"patients": list(patients), "boundaries": list(boundaries(version, space))}
    found["sample"] = list(sampled(space, sample, seed))
    if space.points <= EVERY_POINT_UP_TO:
        points = product(*(range(axis.size) for axis in space.axes))
        found["every point"] = [space.facts(space.at(one)) for one in points]
    return found


def boundaries(version: RulesetVersion, space: Space) -> Iterator[Facts]:
    """For each rule a profile to which it applies, and that profile with each field at each of its points in turn."""
    found: dict[tuple[Value | None, ...], Facts] = {}
    for box in smallest_boxes(version, space, version.ruleset.rules):
        for axis, whole in enumerate(space.axes):
            for point in range(whole.size):
                facts = space.facts(space.replaced(box, axis, whole.at(point)))
                found.setdefault(tuple(facts.values()), facts)
    yield from found.values()


def sampled(space: Space, number: int, seed: int) -> Iterator[Facts]:
    """Profiles drawn entry by entry, the same for the same seed."""
    random = Random(seed)
    for _ in range(number):
        known: dict[str, Value | None] = {}
        for axis in space.axes:
            entry = axis.entry(random.choice(axis.cells(axis.full)))
            known |= {field.name: value for field, value in zip(axis.fields, entry, strict=True)}
        yield space.total(known)
