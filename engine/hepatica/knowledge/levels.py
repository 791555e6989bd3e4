"""OCEBM 2011 levels of evidence (treatment benefit) by study design. A level grades the design, not the claim."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.knowledge.evidence import StudyKind

SCHEME = "OCEBM 2011"

LEVELS: Mapping[StudyKind, str] = {
    "randomised_controlled_trial": "2",
    "randomised_dose_comparison": "4 (randomised between doses; uncontrolled for benefit)",
    "single_arm_trial": "4",
    "dose_finding_trial": "4",
    "trial_in_progress": "none yet (no results)",
    "meta_analysis": "4 (pooled, almost all uncontrolled studies)",
    "retrospective_series": "4",
    "case_report": "4",
    "regulatory_approval": "not a study",
    "review_statement": "5",
}


def level_of(kind: StudyKind) -> str:
    """The level with the scheme's name, e.g. "OCEBM 2011: 2"."""
    return f"{SCHEME}: {LEVELS[kind]}"
