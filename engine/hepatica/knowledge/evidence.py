"""What is known of a study: its design, whom it enrolled, what it found, and where the source prints it.

Every figure is kept as the source prints it. A correction never replaces a printed figure: it stands beside it
(`Result.corrected`) and names the discrepancy that explains it.
"""

from __future__ import annotations

from typing import Literal

from hepatica.knowledge.conditions import Condition
from hepatica.records import Record

Phase = Literal["I", "Ib", "I/II", "Ib/II", "II", "III"]
Kind = Literal[
    "randomised_controlled_trial",
    "randomised_dose_comparison",
    "single_arm_trial",
    "dose_finding_trial",
    "trial_in_progress",
    "meta_analysis",
    "retrospective_series",
    "case_report",
    "regulatory_approval",
    "review_statement",
]
Status = Literal["completed", "announced", "stopped_early", "ongoing", "planned", "recorded"]
Setting = Literal["first", "second", "any", "not_stated"]
Met = Literal["yes", "no", "pending", "not_reported"]
Endpoint = Literal["OS", "PFS", "TTP", "DFS", "RR", "PR", "CR", "SD", "DCR", "CBR", "OS_rate", "PFS_rate", "other"]
Unit = Literal["mo", "wk", "d", "%", "n", "ratio", "other"]
Basis = Literal["confirmed", "reading", "arithmetic", "recalled", "methodological"]
Confidence = Literal["certain", "high", "medium-high", "medium", "low-medium", "low"]
Severity = Literal["high", "medium", "low"]
Figure = float | str
Interval = tuple[float, float]


class Place(Record, kw_only=True):
    """Where the source says it: section heading, 1-based lines of the text, bracketed reference numbers."""

    lines: str
    section: str = ""
    refs: tuple[int, ...] = ()


class PrimaryEndpoint(Record, kw_only=True):
    """The endpoint a study was designed on, and whether the source's own figures say it was met."""

    name: str
    met: Met
    lines: str = ""
    says: str = ""
    secondary: tuple[str, ...] = ()


class Population(Record, kw_only=True):
    """Whom a study enrolled: the part a profile can be held against, and the rest in words."""

    when: Condition | None = None
    says: str = ""
    lines: str = ""
    basis: Basis = "reading"


class Arm(Record, kw_only=True):
    """One arm of a study; `n` is what the source prints, absent where it prints none."""

    id: str
    name: str = ""
    n: int | None = None
    dose: str = ""
    lines: str = ""


class Correction(Record, kw_only=True):
    """What a printed figure should read, and how that is known; only the parts that differ are given."""

    basis: Basis
    discrepancy: str
    arms: dict[str, Figure] | None = None
    hr: float | None = None
    ci95: Interval | None = None
    p: Figure | None = None
    says: str = ""


class Result(Record, kw_only=True):
    """One printed finding: an endpoint in one or more arms, with whatever the source gives of HR, CI and P.

    `arms` maps arm id to the printed figure (a number, or text such as "< 7.2" where the source prints a sign).
    `ci95` and `ci90` belong to the hazard ratio; `arm_ci95` to the arm's own figure. Without a line number
    (`lines` empty) the source prints no figure and `corrected` holds what is known from elsewhere.
    """

    id: str
    endpoint: Endpoint
    lines: str = ""
    label: str = ""
    subgroup: str = ""
    at: str = ""
    unit: Unit = "mo"
    n: int | None = None
    arms: dict[str, Figure] | None = None
    arm_ci95: dict[str, Interval] | None = None
    hr: float | None = None
    ci95: Interval | None = None
    ci90: Interval | None = None
    p: Figure | None = None
    says: str = ""
    corrected: Correction | None = None


class Toxicity(Record, kw_only=True):
    """One printed adverse event: `percent` or `count` of patients, grade as printed, arm where named."""

    event: str
    lines: str
    percent: Figure | None = None
    count: int | None = None
    grade: str = "not stated"
    arm: str = ""
    corrected_grade: str = ""
    corrected_percent: Figure | None = None
    discrepancy: str = ""


class OtherFigure(Record, kw_only=True):
    """Any further printed number that is neither a result nor toxicity (enrolment, baseline, follow-up, schedule)."""

    what: str
    lines: str
    value: Figure | None = None
    unit: str = ""


class Discrepancy(Record, kw_only=True):
    """A place where the source cannot be taken at its word, with the correction and how it is known."""

    id: str
    lines: str
    prints: str
    correction: str
    basis: Basis
    confidence: Confidence
    severity: Severity
    kind: str
    use: str = ""
    basis_note: str = ""
    affects: tuple[str, ...] = ()


class Study(Record, kw_only=True):
    """A trial, series, meta-analysis, approval or statement that a rule may cite."""

    id: str
    name: str
    kind: Kind
    status: Status
    design: str
    review: Place
    summary: str
    phase: Phase | None = None
    tumour: str = "hcc"
    setting: Setting = "not_stated"
    n: int | None = None
    n_planned: int | None = None
    n_says: str = ""
    nct: str = ""
    countries: str = ""
    drugs: tuple[str, ...] = ()
    biomarkers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    primary_endpoint: PrimaryEndpoint | None = None
    population: Population | None = None
    arms: tuple[Arm, ...] = ()
    results: tuple[Result, ...] = ()
    toxicity: tuple[Toxicity, ...] = ()
    figures: tuple[OtherFigure, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
