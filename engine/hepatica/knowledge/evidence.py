"""What is known of a study: its design, whom it enrolled, what it found, and where the source prints it.

Every figure is kept as the source prints it. A correction never replaces a printed figure: it stands beside it
(`Result.corrected`) and names the discrepancy that explains it.
"""

import re
from typing import Literal

from hepatica.knowledge.conditions import Condition
from hepatica.records import record

Phase = Literal["I", "Ib", "I/II", "Ib/II", "II", "II/III", "III", "IV"]
StudyKind = Literal[
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
Setting = Literal["first", "second", "third", "later", "any", "not_stated"]
Met = Literal["yes", "no", "pending", "not_reported"]
Outcome = Literal["met", "partly_met", "missed", "pending", "not_reported", "not_stated"]
Endpoint = Literal["OS", "PFS", "TTP", "DFS", "RR", "PR", "CR", "SD", "DCR", "CBR", "OS_rate", "PFS_rate", "other"]
Unit = Literal["mo", "wk", "d", "%", "n", "ratio", "other"]
Basis = Literal["confirmed", "reading", "arithmetic", "recalled", "methodological"]
# How a basis is told beside what rests on it; what was confirmed in a publication is the rule and needs no mark.
KNOWN_BY: dict[str, str] = {
    "reading": "on reading",
    "arithmetic": "by arithmetic",
    "recalled": "from memory",
    "methodological": "on method",
}
Confidence = Literal["certain", "high", "medium-high", "medium", "low-medium", "low"]
Severity = Literal["high", "medium", "low"]
CorrectionKind = Literal["misprint", "later_report", "not_printed", "remark"]
ReferenceKind = Literal["paper", "abstract", "registry", "label", "announcement", "guideline", "secondary"]
ReadAs = Literal["full text", "abstract", "registry", "label", "secondary", "not read"]
Figure = float | str
ConfidenceInterval = tuple[float, float]
LEADING_NUMBER = r"\s*([<>=~≤≥]?)\s*(\d+(?:\.\d+)?(?:e-\d+)?)\s*%?\s*(\([^)]*\))?\s*\Z"


@record(kw_only=True)
class Place:
    """Where a source says it.

    In a ruleset of one text: section heading, 1-based lines, bracketed reference numbers. Elsewhere the id of an entry in
    `references.yaml` (`ref`) and the place in it, such as "abstract" or "table 2".
    """

    section: str = ""
    lines: str = ""
    refs: tuple[int, ...] = ()
    ref: str = ""
    place: str = ""


@record(kw_only=True)
class Reference:
    """A publication, registry entry, label or announcement; `read` says how much of it was seen, `known` how that is known."""

    id: str
    citation: str
    year: int
    kind: ReferenceKind
    read: ReadAs
    known: str
    doi: str = ""
    pmid: str = ""
    nct: str = ""
    url: str = ""

    @property
    def was_read(self) -> bool:
        """Whether any part of it was seen."""
        return self.read != "not read"

    @property
    def what(self) -> str:
        """Its kind as a noun: "paper", "announcement", "report"."""
        return "report" if self.kind == "secondary" else self.kind


@record(kw_only=True)
class PrimaryEndpoint:
    """An endpoint that a study was designed on, and whether it was met.

    `alpha` is the boundary that P was held against, `margin` the upper bound of the ratio that non-inferiority allowed.
    `threshold`: it was held against a number within one arm, so that meeting it shows no difference from the control.
    """

    name: str
    met: Met
    lines: str = ""
    source: Place | None = None
    says: str = ""
    secondary: tuple[str, ...] = ()
    alpha: float | None = None
    margin: float | None = None
    threshold: bool = False


@record(kw_only=True)
class Population:
    """Whom a study enrolled: the part a profile can be held against, and the rest in words."""

    when: Condition | None = None
    says: str = ""
    lines: str = ""
    basis: Basis = "reading"


@record(kw_only=True)
class Criterion:
    """An entry criterion known from outside the ruleset's text; it must hold beside `Population.when`."""

    when: Condition
    says: str
    source: Place
    basis: Basis = "confirmed"


@record(kw_only=True)
class LaterEvent:
    """What became of a study after the ruleset's date."""

    year: int
    says: str
    effect: Literal["overturns", "confirms", "qualifies"]
    source: Place


@record(kw_only=True)
class Approval:
    """What an authority licensed, where, and when (empty where that is not told); `withdrawn` is the date on which it ended."""

    authority: str
    region: str
    indication: str
    date: str = ""
    accelerated: Literal["yes", "no"] = "no"
    withdrawn: str = ""


@record(kw_only=True)
class Arm:
    """One arm of a study; `n` is what the source prints, absent where it prints none."""

    id: str
    name: str = ""
    n: int | None = None
    dose: str = ""
    lines: str = ""


@record(kw_only=True)
class Correction:
    """What a printed figure should read, and how that is known; only the parts that differ are given."""

    basis: Basis
    discrepancy: str
    arms: dict[str, Figure] | None = None
    hr: float | None = None
    ci: ConfidenceInterval | None = None
    ci_level: float | None = None
    p: Figure | None = None
    says: str = ""


@record(kw_only=True)
class Result:
    """One printed finding: an endpoint in one or more arms, with whatever the source gives of HR, CI and P.

    `arms` maps arm id to the printed figure (a number, or text such as "< 7.2" where the source prints a sign).
    `ci` belongs to the hazard ratio, `arm_ci` to the arm's own figure, both at `ci_level` percent. `alpha` and `margin` are
    those of the analysis where they differ from the endpoint's. `subgroup_when` says the subgroup as a condition. Without
    `lines` or `source` the source prints no figure and `corrected` holds what is known from elsewhere.
    """

    id: str
    endpoint: Endpoint
    lines: str = ""
    source: Place | None = None
    label: str = ""
    subgroup: str = ""
    subgroup_when: Condition | None = None
    at: str = ""
    unit: Unit = "mo"
    n: int | None = None
    arms: dict[str, Figure] | None = None
    arm_ci: dict[str, ConfidenceInterval] | None = None
    hr: float | None = None
    ci: ConfidenceInterval | None = None
    ci_level: float = 95
    p: Figure | None = None
    alpha: float | None = None
    margin: float | None = None
    says: str = ""
    corrected: Correction | None = None


@record(kw_only=True)
class Toxicity:
    """One printed adverse event: `percent` or `count` of patients, grade as printed, arm where named."""

    event: str
    lines: str = ""
    source: Place | None = None
    percent: Figure | None = None
    count: int | None = None
    grade: str = "not stated"
    arm: str = ""
    corrected_grade: str = ""
    corrected_percent: Figure | None = None
    discrepancy: str = ""


@record(kw_only=True)
class OtherFigure:
    """Any further printed number that is neither a result nor toxicity (enrolment, baseline, follow-up, schedule)."""

    what: str
    lines: str = ""
    source: Place | None = None
    value: Figure | None = None
    unit: str = ""


@record(kw_only=True)
class Discrepancy:
    """A place where the source cannot be taken at its word, with the correction and how it is known.

    `kind` says how the two are told: a misprint ("should read"), a later report, what the source does not print, or a
    remark without another figure. `nature` is the kind of fault in a free word. A confirmed one names in `source` what
    was read.
    """

    id: str
    prints: str
    correction: str
    basis: Basis
    confidence: Confidence
    severity: Severity
    kind: CorrectionKind
    lines: str = ""
    nature: str = ""
    source: Place | None = None
    use: str = ""
    basis_note: str = ""
    affects: tuple[str, ...] = ()


@record(kw_only=True)
class Study:
    """A trial, series, meta-analysis, approval or statement that a rule may cite. Without `tumour` it is the ruleset's."""

    id: str
    name: str
    kind: StudyKind
    status: Status
    design: str
    source: Place
    summary: str
    phase: Phase | None = None
    tumour: str = ""
    setting: Setting = "not_stated"
    n: int | None = None
    n_planned: int | None = None
    n_says: str = ""
    nct: str = ""
    countries: str = ""
    drugs: tuple[str, ...] = ()
    biomarkers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    reference: str = ""
    primary_endpoints: tuple[PrimaryEndpoint, ...] = ()
    population: Population | None = None
    criteria: tuple[Criterion, ...] = ()
    approval: Approval | None = None
    later: tuple[LaterEvent, ...] = ()
    arms: tuple[Arm, ...] = ()
    results: tuple[Result, ...] = ()
    toxicity: tuple[Toxicity, ...] = ()
    figures: tuple[OtherFigure, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What became of the primary endpoints: all met, some met, missed, pending, not reported; not stated without one."""
        met = {endpoint.met for endpoint in self.primary_endpoints}
        if not met:
            return "pending" if self.status in ("ongoing", "planned") else "not_stated"
        # One of two endpoints missed makes neither a failed trial nor a met one.
        if "yes" in met:
            return "partly_met" if "no" in met else "met"
        return "missed" if "no" in met else "pending" if "pending" in met else "not_reported"

    @property
    def states_criteria(self) -> bool:
        """Whether any entry criterion is recorded that a patient can be held against."""
        return bool(self.criteria) or (self.population is not None and self.population.when is not None)

    @property
    def endpoint_names(self) -> str:
        """The primary endpoints' names, each once: "OS and PFS", "OS and OS (non-inferiority)"; empty where none is stated.

        Where some were met and others not, which: "PFS met and OS missed".
        """
        named = [f"{one.name} (non-inferiority)" if one.margin else one.name for one in self.primary_endpoints]
        if self.outcome == "partly_met":
            words = {"yes": " met", "no": " missed"}
            named = [name + words.get(one.met, "") for name, one in zip(named, self.primary_endpoints, strict=True)]
        return " and ".join(dict.fromkeys(named))

    @property
    def compares(self) -> bool:
        """Whether its primary endpoint was a difference between arms."""
        return not any(endpoint.threshold for endpoint in self.primary_endpoints)


def number(figure: Figure | None) -> float | None:
    """The number in a printed figure ("< 7.2" is 7.2, "0.287 (one-sided)" is 0.287); None for a word such as NR."""
    if not isinstance(figure, str):
        return figure
    # Most are plain, or plain with a remark: the pattern of the others takes longer to compile than an answer's figures to read.
    said, _, remark = figure.partition(" (")
    plain = (said[1:] if said[:1] in "<>=~≤≥" else said).strip()
    unremarkable = not remark or remark.find(")") == len(remark) - 1
    if unremarkable and plain.replace(".", "", 1).isdecimal() and "." not in (plain[0], plain[-1]):
        return float(plain)
    match = re.match(LEADING_NUMBER, figure)
    return float(match.group(2)) if match else None
