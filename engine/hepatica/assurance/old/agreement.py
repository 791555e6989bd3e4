"""Three evaluators of the same rules, compared: durable_rules, the plain three-valued reading, and the columns kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import NamedTuple

from hepatica.assurance.answers.version import Version
from hepatica.assurance.space.axes import Space, consistent, space_of
from hepatica.inference import SCOPE, Rete, Verdict, conditions_of, read
from hepatica.patient import Facts, Value, facts_of

EVERY_POINT_UP_TO = 5_000
BATCH = 4_096
_COMPARED = ("rule/", SCOPE)


class Reading(NamedTuple):
    """The goals that certainly hold for a profile, and those that may."""

    certain: frozenset[str]
    possible: frozenset[str]


Evaluate = Callable[[Sequence[Facts]], list[Reading]]


class Difference(NamedTuple):
    """A profile for which not all evaluators say the same: the goals concerned, and who says what of them."""

    facts: Facts
    goals: tuple[str, ...]
    readings: Mapping[str, Reading]


@dataclass(frozen=True)
class Agreement:
    """How many profiles of each kind were compared, and every difference that was met."""

    compared: Mapping[str, int]
    differences: tuple[Difference, ...]


def evaluators(version: Version) -> dict[str, Evaluate]:
    """The three evaluators by name; each gives one reading to a profile."""
    return {"durable_rules": _durable(version), "plain reading": _plain(version), "columns": _columns(version)}


def agreement(evaluate: Mapping[str, Evaluate], profiles: Mapping[str, Sequence[Facts]]) -> Agreement:
    """Compare the evaluators on profiles of several kinds."""
    found: list[Difference] = []
    for group in profiles.values():
        for start in range(0, len(group), BATCH):
            batch = group[start : start + BATCH]
            readings = {name: run(batch) for name, run in evaluate.items()}
            found.extend(_differences(batch, readings))
    return Agreement({kind: len(group) for kind, group in profiles.items()}, tuple(found))


def _differences(batch: Sequence[Facts], readings: Mapping[str, list[Reading]]) -> Iterator[Difference]:
    for position, facts in enumerate(batch):
        said = {name: every[position] for name, every in readings.items()}
        first = next(iter(said.values()))
        if any(reading != first for reading in said.values()):
            certain = [reading.certain for reading in said.values()]
            possible = [reading.possible for reading in said.values()]
            goals = (_union(certain) - _shared(certain)) | (_union(possible) - _shared(possible))
            yield Difference(facts, tuple(sorted(goals)), said)


def _union(groups: list[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*groups)


def _shared(groups: list[frozenset[str]]) -> frozenset[str]:
    return groups[0].intersection(*groups)


def profiles_to_compare(version: Version, patients: Sequence[Facts], sample: int, seed: int) -> dict[str, list[Facts]]:
    """The given patients, every boundary, a seeded sample, and every point of the space where it is small."""
    space = space_of(version.program.tests)
    found = {"patients": list(patients), "boundaries": list(boundaries(version, space))}
    found["sample"] = list(sampled(space, sample, seed))
    if space.points <= EVERY_POINT_UP_TO:
        found["every point"] = list(every_point(space))
    return found


def boundaries(version: Version, space: Space) -> Iterator[Facts]:
    """For each rule a profile to which it applies, and that profile with each field at each of its points in turn."""
    from hepatica.assurance.space.boxes import Cutter, simplest

    cutter = Cutter(space)
    seen: set[tuple[Value | None, ...]] = set()
    for rule in version.ruleset.rules:
        region = cutter.region(version.conjunctions(f"rule/{rule}"))
        if region.certain:
            box = simplest(space, region.certain)
            for axis, whole in enumerate(space.axes):
                for point in range(len(whole.points)):
                    facts = space.facts((*box[:axis], 1 << point, *box[axis + 1 :]))
                    key = tuple(facts.values())
                    if key not in seen:
                        seen.add(key)
                        yield facts


def sampled(space: Space, number: int, seed: int) -> Iterator[Facts]:
    """Profiles drawn entry by entry, the same for the same seed."""
    random = Random(seed)
    for _ in range(number):
        known: dict[str, Value | None] = {}
        for axis in space.axes:
            entry = random.choice([entry for point in axis.points for entry in point])
            known |= {field.name: value for field, value in zip(axis.fields, entry, strict=True)}
        yield facts_of(consistent(known))


def every_point(space: Space) -> Iterator[Facts]:
    """One profile for every point."""
    for points in product(*(range(len(axis.points)) for axis in space.axes)):
        yield space.facts([1 << point for point in points])


def _durable(version: Version) -> Evaluate:
    conditions = {name: when for name, when in conditions_of(version.ruleset).items() if name.startswith(_COMPARED)}
    rete = Rete(conditions, {concept.id: concept.when for concept in version.ruleset.concepts.values()})

    def run(profiles: Sequence[Facts]) -> list[Reading]:
        fired = [rete.fire(facts) for facts in profiles]
        return [Reading(frozenset(firings.certain), frozenset(firings.possible)) for firings in fired]

    return run


def _plain(version: Version) -> Evaluate:
    conditions = {name: when for name, when in conditions_of(version.ruleset).items() if name.startswith(_COMPARED)}
    concepts = {concept.id: concept.when for concept in version.ruleset.concepts.values()}

    def run(profiles: Sequence[Facts]) -> list[Reading]:
        return [_read({name: read(when, facts, concepts) for name, when in conditions.items()}) for facts in profiles]

    return run


def _read(verdicts: Mapping[str, Verdict]) -> Reading:
    certain = frozenset(name for name, verdict in verdicts.items() if verdict is Verdict.TRUE)
    return Reading(certain, frozenset(name for name, verdict in verdicts.items() if verdict is not Verdict.FALSE))


def _columns(version: Version) -> Evaluate:
    from hepatica.inference.columns import Columns

    goals = [name for name in version.program.goals if name.startswith(_COMPARED)]
    columns = Columns(version.program, goals)

    def run(profiles: Sequence[Facts]) -> list[Reading]:
        verdicts = columns.evaluate(columns.code(profiles))
        certain = {goal: columns.holds(verdicts.certain, goal) for goal in goals}
        possible = {goal: columns.holds(verdicts.possible, goal) for goal in goals}
        return [
            Reading(frozenset(g for g in goals if certain[g][row]), frozenset(g for g in goals if possible[g][row]))
            for row in range(len(profiles))
        ]

    return run
