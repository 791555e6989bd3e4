"""The findings that are proved over the profile space."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hepatica.assurance.answers.version import finding_of
from hepatica.assurance.check.findings import Finding
from hepatica.assurance.check.regions import Checking
from hepatica.assurance.space.axes import Axis, Entry
from hepatica.assurance.space.boxes import Box, equal, intersect, subtract
from hepatica.assurance.space.partition import Partition, Verdicts
from hepatica.evaluation import judged
from hepatica.knowledge import Rule, Therapy


def never_applies(checking: Checking) -> Iterator[Finding]:
    """Rules whose conditions exclude each other."""
    for rule in checking.ruleset.rules.values():
        if not checking.of(rule).certain:
            sure, _ = checking.boxes(f"rule/{rule.id}")[0]
            near = tuple(mask or full for mask, full in zip(sure, checking.space.full, strict=True))
            witness = checking.space.facts(near)
            yield Finding("never-applies", {"rule": rule.id}, checking.place(f"rule/{rule.id}"), witness, 0)


def always_together(checking: Checking) -> Iterator[Finding]:
    """Pairs of rules of one therapy that no profile tells apart."""
    for therapy in checking.ruleset.therapies.values():
        for first, second in _twins(checking, therapy):
            where = checking.of(first).certain
            yield checking.finding("always-together", f"rule/{first.id}", where, rule=first.id, other=second.id)


def _twins(checking: Checking, therapy: Therapy) -> Iterator[tuple[Rule, Rule]]:
    for index, first in enumerate(therapy.rules):
        for second in therapy.rules[index + 1 :]:
            one, two = checking.of(first), checking.of(second)
            if one.certain and equal(one.certain, two.certain) and equal(one.possible, two.possible):
                yield first, second


def always_subsumed(checking: Checking) -> Iterator[Finding]:
    """Rules that apply somewhere but decide nowhere."""
    for therapy in checking.ruleset.therapies.values():
        doubtful = [rule for rule in therapy.rules if checking.of(rule).certain and not _alone(checking, therapy, rule)]
        if doubtful:
            twins = {second.id for _, second in _twins(checking, therapy)}
            deciding = _deciding(checking, therapy)
            for rule in doubtful:
                if rule.id not in deciding and rule.id not in twins:
                    yield _subsumed(checking, rule, deciding)


def _alone(checking: Checking, therapy: Therapy, rule: Rule) -> bool:
    """Whether the rule applies somewhere that no other rule of its therapy may: there it decides."""
    others = [box for other in therapy.rules if other is not rule for box in checking.of(other).possible]
    return bool(subtract(checking.of(rule).certain, others))


def _deciding(checking: Checking, therapy: Therapy) -> dict[str, list[Box]]:
    """For each rule that decides somewhere, where."""
    regions = [checking.of(rule) for rule in therapy.rules]

    def decides(verdicts: Verdicts) -> str:
        findings = [finding_of(rule, verdict) for rule, verdict in zip(therapy.rules, verdicts, strict=True)]
        entry = judged(therapy, findings)
        return "" if entry.finding.reaches == "ruled_out" else entry.finding.rule.id

    found = Partition(checking.space, regions, decides, f"therapy {therapy.id}").boxes()
    found.pop("", None)
    return found


def _subsumed(checking: Checking, rule: Rule, deciding: dict[str, list[Box]]) -> Finding:
    where = checking.of(rule).certain
    others = sorted(name for name, boxes in deciding.items() if intersect(where, boxes))
    cited = {study for name in others for study in checking.ruleset.rules[name].cites}
    code = "always-subsumed" if cited.issuperset(rule.cites) else "never-decides"
    return checking.finding(code, f"rule/{rule.id}", where, rule=rule.id, others=" or ".join(others))


def no_option(checking: Checking) -> Iterator[Finding]:
    """Patients in scope for whom nothing is or may be an option."""
    rules = [rule for rule in checking.ruleset.rules.values() if rule.standing != "not_supported"]
    left = checking.left_over(rules)
    if left is not None:
        yield Finding("no-option", {}, "ruleset.yaml:1", checking.space.facts(left.box), left.profiles)


def outside_trials(checking: Checking) -> Iterator[Finding]:
    """Options given beyond the populations of all their studies, without saying so."""
    for rule in checking.ruleset.rules.values():
        if rule.standing == "not_supported" or rule.extrapolates:
            continue
        populations = [f"population/{name}" for name in rule.cites]
        if all(goal in checking.version.program.goals for goal in populations):
            left = subtract(checking.of(rule).certain, (box for goal in populations for box in checking.region(goal).possible))
            if left:
                studies = ", ".join(rule.cites)
                yield checking.finding("outside-trials", f"rule/{rule.id}", left, rule=rule.id, studies=studies)


def unresolvable_unknown(checking: Checking) -> Iterator[Finding]:
    """Rules that apply somewhere, yet stay open at a profile although no completion of it makes them apply."""
    completions = [_completions(axis) for axis in checking.space.axes]
    for rule in checking.ruleset.rules.values():
        resolvable = [
            tuple(_completable(mask, row) for mask, row in zip(sure, completions, strict=True))
            for sure, _ in checking.boxes(f"rule/{rule.id}")
            if all(sure)
        ]
        left = subtract(checking.of(rule).possible, resolvable) if resolvable else []
        if left:
            fields = " or ".join(_contradicted(checking, rule))
            yield checking.finding("unresolvable-unknown", f"rule/{rule.id}", left, rule=rule.id, fields=fields)


def _completions(axis: Axis) -> tuple[int, ...]:
    """For each point of an axis the points that it can turn out to be once everything is known."""
    return tuple(
        sum(
            any(_becomes(entry, other) for entry in point for other in target) << index
            for index, target in enumerate(axis.points)
        )
        for point in axis.points
    )


def _becomes(entry: Entry, other: Entry) -> bool:
    return all(value is None or value == final for value, final in zip(entry, other, strict=True))


def _completable(mask: int, completions: tuple[int, ...]) -> int:
    """The points of an axis that can turn out to lie in a mask."""
    return sum(bool(mask & reached) << point for point, reached in enumerate(completions))


def _contradicted(checking: Checking, rule: Rule) -> list[str]:
    """The fields on which an alternative of the rule asks for what no entry gives."""
    axes = {
        axis for sure, maybe in checking.boxes(f"rule/{rule.id}") for axis, mask in enumerate(sure) if not mask and all(maybe)
    }
    return [field.name for axis in sorted(axes) for field in checking.space.axes[axis].fields]


PROOFS: tuple[Callable[[Checking], Iterator[Finding]], ...] = (
    never_applies,
    always_subsumed,
    always_together,
    no_option,
    outside_trials,
    unresolvable_unknown,
)
