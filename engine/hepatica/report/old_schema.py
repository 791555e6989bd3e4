"""The JSON Schema of `evaluate --format json`: pydantic models of the contract, used for nothing else."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hepatica.evaluation import ApplicabilityStatus, ListName, Scope
from hepatica.knowledge import Figure, Line, Phase, Standing, Status, StudyKind


class _Part(BaseModel):
    """Keys may be added to the output, so more than these are allowed."""

    model_config = ConfigDict(extra="allow")


class RulesetIdentity(_Part):
    """Which ruleset answered."""

    id: str
    version: str
    as_of: str
    source: str
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")


class Warned(_Part):
    """A doubt about the facts."""

    code: str
    message: str
    fields: list[str]


class ReasonPart(_Part):
    """A condition beside the patient's value."""

    field: str
    value: str
    requires: str
    concept: str = ""


class ApplicabilityPart(_Part):
    """Whether the patient is one the study enrolled."""

    status: ApplicabilityStatus
    outside_by: list[ReasonPart]
    unknown: list[str]


class ResultPart(_Part):
    """One printed finding; `printed_lines` is empty where the source prints no figure."""

    endpoint: str
    subgroup: str
    unit: str
    arms: dict[str, Figure]
    hr: float | None
    ci95: tuple[float, float] | None
    p: Figure | None
    printed_lines: str


class DiscrepancyPart(_Part):
    """What is printed, what it should read, how that is known."""

    prints: str
    correction: str
    basis: str


class CitationPart(_Part):
    """A study beside the patient."""

    study: str
    name: str
    phase: Phase | None
    design: str
    kind: StudyKind
    status: Status
    n: int | None
    nct: str
    refs: list[int]
    section: str
    lines: str
    level: str
    applicability: ApplicabilityPart
    results: list[ResultPart]
    discrepancies: list[DiscrepancyPart]


class RulePart(_Part):
    """What a rule says of the patient."""

    therapy: str
    rule: str
    line: Line
    standing: Standing
    says: str
    citations: list[CitationPart]


class OtherRulePart(RulePart):
    """Another rule of the same therapy that applies or may."""

    list: ListName
    needs: list[str]  # type: ignore[valid-type]


class OptionPart(RulePart):
    """A therapy that the evidence backs, or speaks against."""

    because: list[ReasonPart]
    caveats: list[dict[str, str]]
    other_rules: list[OtherRulePart]


class PossiblePart(RulePart):
    """A therapy that depends on facts not known."""

    needs: list[str] = Field(min_length=1)
    would_be: Literal["options", "not_supported"]
    other_rules: list[OtherRulePart]


class RuledOutPart(_Part):
    """A therapy that no rule supports for this patient."""

    therapy: str
    rule: str
    blocked_by: list[ReasonPart] = Field(min_length=1)


class Answer(_Part):
    """What `hepatica evaluate --format json` prints for one patient; a list of these for several."""

    notice: str
    ruleset: RulesetIdentity
    profile: dict[str, Any]
    warnings: list[Warned]
    derived: dict[str, bool | Literal["unknown"]]
    scope: Scope
    options: list[OptionPart]
    possible: list[PossiblePart]
    not_supported: list[OptionPart]
    ruled_out: list[RuledOutPart]


def output_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one answer."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Answer.model_json_schema()}
