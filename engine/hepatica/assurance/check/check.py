"""Everything that can be proved wrong with one ruleset, in a fixed order of kind and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hepatica.assurance.answers.enumeration import counts
from hepatica.assurance.answers.version import Version
from hepatica.assurance.check.findings import KINDS, Finding
from hepatica.assurance.check.knowledge import KNOWLEDGE_CHECKS
from hepatica.assurance.check.proofs import PROOFS
from hepatica.assurance.check.regions import Checking
from hepatica.assurance.check.thresholds import untested
from hepatica.assurance.space.axes import Space
from hepatica.assurance.space.boxes import count
from hepatica.patient import Facts
from hepatica.problems import InternalError

MOST_POINTS = 50_000_000
MOST_PROFILES = 1 << 63


@dataclass(frozen=True, eq=False)
class Report:
    """What was checked and found.

    `applies` gives for every rule the profiles where it certainly applies, and where it may. `supportive_only` are the profiles
    certainly in scope (`in_scope` of them) that nothing but supportive care is, or may be, an option for. `counted_twice`:
    whether the counts were also made by going through every point (else the space is too large for that).
    """

    version: Version
    space: Space
    findings: tuple[Finding, ...]
    applies: dict[str, tuple[int, int]]
    in_scope: int
    supportive_only: int
    counted_twice: bool

    def faults(self, *, strict: bool = False) -> int:
        """How many findings fail the check; `strict` counts remarks, too."""
        return sum(strict or finding.kind.weight == "fault" for finding in self.findings)


def check(version: Version, tried: Sequence[Facts]) -> Report:
    """Every finding of one ruleset; `tried` are the profiles of its cases.

    Raises `InternalError` where box algebra and going through every point do not agree on a count.
    """
    checking = Checking(version)
    found = [finding for prove in PROOFS for finding in prove(checking)]
    found += [finding for look in KNOWLEDGE_CHECKS for finding in look(version)]
    found += untested(version, tried)
    order = {code: position for position, code in enumerate(KINDS)}
    found.sort(key=lambda finding: order[finding.code])
    applies = {name: _sizes(checking, f"rule/{name}") for name in version.ruleset.rules}
    small = checking.space.points <= MOST_POINTS and checking.space.profiles < MOST_PROFILES
    if small:
        _hold_against_every_point(checking, applies)
    others = [rule for rule in version.ruleset.rules.values() if rule.standing not in ("not_supported", "supportive")]
    alone = checking.left_over(others)
    in_scope = count(checking.space, checking.scope.certain)
    return Report(version, checking.space, tuple(found), applies, in_scope, alone.profiles if alone else 0, small)


def _sizes(checking: Checking, goal: str) -> tuple[int, int]:
    region = checking.region(goal)
    return count(checking.space, region.certain), count(checking.space, region.possible)


def _hold_against_every_point(checking: Checking, applies: dict[str, tuple[int, int]]) -> None:
    goals = [f"rule/{name}" for name in applies]
    swept = counts(checking.space, checking.version.program, goals)
    wrong = [name for name, sizes in applies.items() if swept[f"rule/{name}"] != sizes]
    if wrong:
        raise InternalError(f"box algebra and the columns differ on how often {', '.join(wrong)} applies; no result is given")
