"""Everything that can be proved wrong with one ruleset, in a fixed order of kind and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hepatica.assurance.agreement import EvaluatorAgreement
from hepatica.assurance.check.findings import KINDS, AppliesTo, CheckFinding, CheckResult, finding
from hepatica.assurance.check.proofs import PROOFS, Proving, untested_thresholds
from hepatica.assurance.check.recorded import RECORDED
from hepatica.assurance.space import count
from hepatica.assurance.sweep import counts
from hepatica.assurance.version import ProfileSpace, Progress, RulesetVersion, bounded
from hepatica.evaluation import identity
from hepatica.inference import GoalKey
from hepatica.knowledge import CARD
from hepatica.notice import notice
from hepatica.patient import Facts
from hepatica.problems import InternalError

MOST_POINTS = 200_000_000
MOST_PROFILES = 1 << 63


def check(
    version: RulesetVersion,
    tried: Sequence[Facts],
    *,
    strict: bool = False,
    agreement: EvaluatorAgreement | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Every finding of one ruleset; `tried` are the profiles of its cases. With `strict` remarks fail the check, too.

    Raises `TooManyParts` where that is more than can be done, and `InternalError` where the diagrams and going through every
    point do not agree on a count.
    """
    with bounded(version, "check") as work:
        return _checked(Proving(version, work, progress), tried, strict, agreement)


def _checked(proving: Proving, tried: Sequence[Facts], strict: bool, agreement: EvaluatorAgreement | None) -> CheckResult:
    version = proving.version
    found = _findings(proving, tried)
    counted = {name: proving.counts(name) for name in version.ruleset.rules}
    applies = {name: AppliesTo(certain=certain, possible=possible) for name, (certain, possible) in counted.items()}
    # The second method asks the compiled rules about each point of each axis by itself.
    small = proving.space.listable and proving.space.points <= MOST_POINTS and proving.space.profiles < MOST_PROFILES
    if small:
        _hold_against_every_point(proving, applies)
    left = [one for one in found if not one.waived]
    faults = sum(one.weight == "fault" for one in left)
    failing = len(left) if strict else faults
    others = [rule for rule in version.ruleset.rules.values() if rule.reaches in ("options", "trials")]
    alone = proving.left_over(rule for rule in others if rule.standing != "supportive")
    return CheckResult(
        notice=notice(version.ruleset.card.as_of),
        ruleset=identity(version.ruleset),
        passed=not failing and not (agreement and agreement.differences),
        faults=faults,
        remarks=len(left) - faults,
        waived=len(found) - len(left),
        findings=tuple(found),
        space=ProfileSpace(profiles=proving.space.profiles, distinguishable=proving.space.points),
        in_scope=count(proving.space, proving.scope.certain),
        supportive_only=alone[0] if alone else 0,
        counted_twice=small,
        applies=applies,
        unproved=tuple(proving.unproved),
        agreement=agreement,
    )


def findings(version: RulesetVersion, tried: Sequence[Facts]) -> list[CheckFinding]:
    """What `check` finds, without its counts."""
    with bounded(version, "check") as work:
        return _findings(Proving(version, work), tried)


def _findings(proving: Proving, tried: Sequence[Facts]) -> list[CheckFinding]:
    found = [one for prove in PROOFS for one in prove(proving)]
    found += [one for look in RECORDED for one in look(proving.version)]
    found += untested_thresholds(proving, tried)
    order = list(KINDS)
    return sorted(_waived(proving.version, found), key=lambda one: order.index(one.code))


def _waived(version: RulesetVersion, found: Sequence[CheckFinding]) -> list[CheckFinding]:
    """The findings with the card's waivers upon them, and one more for each waiver that meets none."""
    told = list(found)
    for waiver in version.ruleset.card.waivers:
        fitting = [
            index
            for index, one in enumerate(told)
            if one.code == waiver.code and (waiver.about in one.names.values() or not (waiver.about or one.names))
        ]
        for index in fitting:
            told[index] = replace(told[index], waived=waiver.why)
        if not fitting:
            told.append(finding("stale-waiver", f"{CARD}:1", code=waiver.code, about=waiver.about or "anything"))
    return told


def _hold_against_every_point(proving: Proving, applies: dict[str, AppliesTo]) -> None:
    swept = counts(proving.space, proving.version.program, [GoalKey("rule", name) for name in applies])
    wrong = [name for name, told in applies.items() if swept[GoalKey("rule", name)] != (told.certain, told.possible)]
    if wrong:
        raise InternalError(f"diagrams and the sweep differ on how often {', '.join(wrong)} applies; no result is given")
