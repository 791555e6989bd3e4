"""What an answer says, typed and complete: the only thing that views read. Its JSON and its schema derive from these types.

Everything here is immutable and may be shared between answers. A field that is excluded is at hand for views and no
part of the JSON contract. Keys may be added to the contract, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from hepatica.knowledge import Caveat, Discrepancy, Figure, LaterEvent, Line, Note, Place, Result, Ruleset, Standing, Verdict
from hepatica.patient import Profile, ProfileWarning

CONTRACT = "2"

ListName = Literal["options", "trials", "possible", "not_supported", "ruled_out", "unreported"]
Scope = Literal["in", "out", "unknown"]
Truth = Literal[True, False, "unknown"]
ApplicabilityStatus = Literal["inside", "partly_stated", "outside", "unknown", "not_stated"]


@dataclass(frozen=True, slots=True)
class RulesetIdentity:
    """Which ruleset answered; `folder` is empty for a shipped one and else the folder it was read from."""

    id: str
    version: str
    as_of: str
    sources: tuple[str, ...]
    digest: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition beside the profile's value, as tokens; `concept` names the concept that asks for it, where one does."""

    field: str
    value: str
    requires: str
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Applicability:
    """Whether the patient is one the study enrolled.

    `inside`: meets recorded criteria that say more than the scope; `partly_stated`: meets the little that is recorded
    (`stated` names it); `outside`: by `outside_by`; `unknown`: depends on the fields `unknown`; `not_stated`: no
    criterion is recorded, or the record enrolled nobody (an approval, a case report, a statement).
    """

    status: ApplicabilityStatus
    outside_by: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A study beside the patient."""

    study: str
    name: str
    phase: str
    design: str
    kind: str
    status: str
    n: int | None
    nct: str
    level: str
    source: Place
    applicability: Applicability
    results: tuple[Result, ...]
    discrepancies: tuple[Discrepancy, ...]
    later: tuple[LaterEvent, ...]


@dataclass(frozen=True, slots=True)
class ArmValue:
    """One arm's figure, as shown."""

    arm: str
    value: Figure
    unit: str


@dataclass(frozen=True, slots=True)
class Headline:
    """The one line that a therapy is known by: the best-fitting study, arms named with the tested therapy first, and what
    overturns it."""

    text: str
    study: str = ""
    endpoint: str = ""
    arms: tuple[ArmValue, ...] = ()
    marks: tuple[str, ...] = ()
    later: str = ""


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule says of the patient: the list it reaches, what it needs, what blocks it."""

    rule: str
    reaches: ListName
    line: Line
    standing: Standing
    verdict: Verdict | None
    says: str
    because: tuple[Reason, ...]
    needs: tuple[str, ...]
    blocked_by: tuple[Reason, ...]
    caveats: tuple[Caveat, ...]
    extrapolates: str
    citations: tuple[Citation, ...]
    headline: Headline


@dataclass(frozen=True, slots=True)
class Entry:
    """A therapy in its list: the rule that puts it there, what it says of the patient, and what the other rules say.

    `needs` (possible) and `needs_any` (ruled out: what each rule would need, one alternative to a rule) speak for all
    rules of the therapy. `would_be` is the list that the strongest open rule would reach.
    """

    therapy: str
    name: str
    rule: str
    line: Line
    standing: Standing
    verdict: Verdict | None
    would_be: ListName | None
    says: str
    because: tuple[Reason, ...]
    needs: tuple[str, ...]
    needs_any: tuple[tuple[Reason, ...], ...]
    caveats: tuple[Caveat, ...]
    extrapolates: str
    citations: tuple[Citation, ...]
    headline: Headline
    other_rules: tuple[RuleAnswer, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answer for one profile under one ruleset. Every known therapy is in exactly one of the six lists."""

    notice: str
    contract: str
    ruleset: RulesetIdentity
    profile: Profile
    measured: Mapping[str, Any]
    warnings: tuple[ProfileWarning, ...]
    derived: Mapping[str, Truth]
    derived_from: Mapping[str, tuple[Reason, ...]]
    scope: Scope
    scope_needs: tuple[str, ...]
    scope_says: str
    options: tuple[Entry, ...]
    trials: tuple[Entry, ...]
    possible: tuple[Entry, ...]
    not_supported: tuple[Entry, ...]
    ruled_out: tuple[Entry, ...]
    unreported: tuple[Entry, ...]
    notes: tuple[Note, ...]
    knowledge: Annotated[Ruleset, Field(exclude=True)]
