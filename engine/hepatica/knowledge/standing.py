"""Standings, verdicts and lines of treatment: one table each, held by the loader and shown in every output."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from hepatica.knowledge.evidence import Outcome, Study, StudyKind

Reaches = Literal["options", "trials", "not_supported", "unreported"]


class Demand(NamedTuple):
    """A standing in words, the list it leads to, and whether one cited study bears it out."""

    title: str
    means: str
    reaches: Reaches
    needs: str
    borne_out_by: Callable[[Study], bool]

    @property
    def phrase(self) -> str:
        """The title as it stands inside a sentence: "positive phase III"."""
        return self.title[:1].lower() + self.title[1:]


def _finished(study: Study) -> bool:
    return study.status in ("completed", "stopped_early", "announced")


def _met(study: Study, *outcomes: Outcome) -> bool:
    return study.phase in ("III", "II/III") and study.outcome in outcomes


# What a standing needs of a study that is cited for it: in words, and as a test of one.
_Needs = tuple[str, Callable[[Study], bool]]
_PHASE_3: _Needs = (
    "a finished, randomised phase III trial that met its primary endpoint",
    lambda one: one.kind == "randomised_controlled_trial" and _finished(one) and _met(one, "met", "partly_met"),
)
_APPROVAL: _Needs = (
    "a record of the approval (`approval:`) that was not withdrawn",
    lambda one: one.kind == "regulatory_approval" and one.approval is not None and not one.approval.withdrawn,
)
_NO_STUDY = ("regulatory_approval", "review_statement", "trial_in_progress")
_ACTIVITY: _Needs = (
    "a finished clinical study of this tumour that did not miss its primary endpoint",
    lambda one: one.kind not in _NO_STUDY and _finished(one) and one.outcome != "missed",
)
_STATEMENT: _Needs = ("a statement of the source", lambda one: one.kind == "review_statement")
_TRIAL: _Needs = (
    "a trial that was ongoing or planned, with a recorded entry criterion",
    lambda one: one.status in ("ongoing", "planned") and one.states_criteria,
)
_FAILURE: _Needs = (
    "a finished study of this tumour (or a statement of the source) that is not a phase III trial which met its endpoint",
    lambda one: one.kind == "review_statement" or (_finished(one) and not _met(one, "met")),
)
_NOTHING: _Needs = (
    "a study without a recorded response, progression or survival",
    lambda one: all(result.endpoint == "other" for result in one.results),
)
_LICENSED = "an authority approved it for such patients; no trial that met its endpoint in them is shown"
_SIGNAL = "a finished study reported activity: phase I or II, a series, or pooled uncontrolled studies"
_STUDIED = "a trial was in progress at the date of this evidence, and the patient meets its recorded criteria"
_NAMED = "the source names it and reports neither response nor progression nor survival"

# In the order in which an answer shows them: evidence before licence. Everything that needs to know the standings (the
# loader, the schema, the answer's lists and their order, the guide) reads this table.
STANDINGS: Mapping[str, Demand] = {
    "standard": Demand("Standard of care", "the established standard of care at the date of this evidence", "options", *_PHASE_3),
    "positive_phase_3": Demand(
        "Positive phase III", "a phase III trial met its primary endpoint; not the standard", "options", *_PHASE_3
    ),
    "licensed": Demand("Licensed", _LICENSED, "options", *_APPROVAL),
    "early_signal": Demand("Early signal", _SIGNAL, "options", *_ACTIVITY),
    "supportive": Demand("Supportive care", "care without anticancer drugs", "options", *_STATEMENT),
    "in_trial": Demand("In trial", _STUDIED, "trials", *_TRIAL),
    "not_supported": Demand(
        "Not supported", "tested in this setting and failed, or recommended against", "not_supported", *_FAILURE
    ),
    "unreported": Demand("Named, nothing reported", _NAMED, "unreported", *_NOTHING),
}

VERDICTS: Mapping[str, str] = {
    "harmful": "significantly worse than the comparator",
    "no_better": "no better than the comparator",
    "secondary_only": "primary endpoint missed, another endpoint better",
    "unproven": "no benefit shown, and no controlled trial of its own",
}

LINES: Mapping[str, str] = {
    "first": "first line",
    "second": "second line",
    "third": "third line",
    "later": "later line",
    "any": "any line",
}

FATES: Mapping[str, str] = {
    "confirmed": "borne out by a later trial or an approval that stands",
    "failed": "a later trial missed its endpoint, or none followed one that had",
    "overtaken": "never disproved, and replaced by something better",
    "withdrawn": "given up by its maker, or its approval withdrawn",
    "not_tested_further": "no later trial is known",
    "still_open": "still being tested, or the question not settled",
}
"""What became of a therapy after the ruleset's date."""

if TYPE_CHECKING:
    Standing = str
    Verdict = str
    Line = str
    FateStatus = str
else:
    # A type checker cannot read a table; pydantic can, so the loader and the schemas allow exactly the tables' words.
    Standing = Literal[tuple(STANDINGS)]
    Verdict = Literal[tuple(VERDICTS)]
    Line = Literal[tuple(LINES)]
    FateStatus = Literal[tuple(FATES)]

RANK: Mapping[str, int] = {standing: rank for rank, standing in enumerate(STANDINGS)}
# What is borne out by a phase III trial that met its endpoint.
ESTABLISHED = ("standard", "positive_phase_3")

# Levels of evidence for the benefit of a treatment, by design: a level grades the design, not the claim.
SCHEME = "OCEBM 2011"

LEVELS: Mapping[StudyKind, str] = {
    "randomised_controlled_trial": "2",
    "randomised_dose_comparison": "4 (randomised between doses; uncontrolled for benefit)",
    "single_arm_trial": "4",
    "meta_analysis": "4 (pooled, almost all uncontrolled studies)",
    "dose_finding_trial": "4",
    "retrospective_series": "4",
    "case_report": "4",
    "trial_in_progress": "none yet (no results)",
    "regulatory_approval": "not a study",
    "review_statement": "5",
}
DESIGNS = tuple(LEVELS)
"""Best evidence first."""


def level_of(kind: StudyKind) -> str:
    """The level with the scheme's name, e.g. "OCEBM 2011: 2"."""
    return f"{SCHEME}: {LEVELS[kind]}"
