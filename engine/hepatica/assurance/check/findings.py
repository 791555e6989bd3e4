"""What `check` can find: for every code one fixed sentence, its remedy, and the page that explains it; and the whole result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from hepatica.assurance.agreement import EvaluatorAgreement
from hepatica.assurance.version import ProfileSpace
from hepatica.evaluation import RulesetResult
from hepatica.records import record

Weight = Literal["fault", "remark"]


@record
class FindingKind:
    """One kind of finding. `sentence` names what it is about in braces; a remark is no reason to fail a check."""

    code: str
    weight: Weight
    sentence: str
    remedy: str
    page: str


_TEXTS = Path(__file__).with_name("findings.json").read_text(encoding="utf-8")
KINDS: Mapping[str, FindingKind] = {each["code"]: FindingKind(**each) for each in json.loads(_TEXTS)}


@record(kw_only=True)
class CheckFinding:
    """One finding: what it says, where it is written, and the smallest profile that shows it.

    `names` are the ids that it is about. `profiles` is how many profiles it concerns; None where it is not about profiles,
    as is `witness`. `waived` is the reason for which the ruleset's authors accept it.
    """

    code: str
    weight: Weight
    names: Mapping[str, str]
    place: str
    says: str
    remedy: str
    profiles: int | None = None
    witness: Mapping[str, Any] | None = None
    waived: str = ""


def finding(
    code: str, /, place: str, witness: Mapping[str, Any] | None = None, profiles: int | None = None, **names: str
) -> CheckFinding:
    """A finding of a kind, its sentence filled with the names."""
    kind = KINDS[code]
    return CheckFinding(
        code=code,
        weight=kind.weight,
        names=names,
        place=place,
        says=kind.sentence.format_map(names),
        remedy=kind.remedy.format_map(names),
        profiles=profiles,
        witness=witness,
    )


@record(kw_only=True)
class AppliesTo:
    """How many profiles a rule certainly applies to, and how many it may apply to."""

    certain: int
    possible: int


@record(kw_only=True)
class CheckResult(RulesetResult):
    """What was checked and found.

    `supportive_only` are the profiles certainly in scope (`in_scope` of them) that nothing but supportive care is, or may be,
    an option for. `counted_twice`: whether the counts were also made by going through every point (else the space is too
    large for that). `unproved` are rules among so many others that whether they ever decide was not settled at a bounded cost.
    `passed` is what the exit code says.
    """

    passed: bool
    faults: int
    remarks: int
    waived: int
    findings: tuple[CheckFinding, ...]
    space: ProfileSpace
    in_scope: int
    supportive_only: int
    counted_twice: bool
    applies: Mapping[str, AppliesTo]
    unproved: tuple[str, ...] = ()
    agreement: EvaluatorAgreement | None = None
