"""What a rule's standing demands of the studies it cites: one table, held by the loader and shown in the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hepatica.knowledge.evidence import Study
from hepatica.knowledge.ruleset import Standing


class Demand(NamedTuple):
    """A standing in words, and whether one cited study bears it out."""

    title: str
    means: str
    needs: str
    borne_out_by: Callable[[Study], bool]

    @property
    def phrase(self) -> str:
        """The title as it stands inside a sentence: "positive phase III"."""
        return self.title[:1].lower() + self.title[1:]


def _met(study: Study) -> bool:
    return study.primary_endpoint is not None and study.primary_endpoint.met == "yes"


def _finished(study: Study) -> bool:
    return study.status in ("completed", "stopped_early", "announced")


def _phase_3_met(study: Study) -> bool:
    return study.phase == "III" and _met(study)


def _trial_backs(study: Study) -> bool:
    return study.kind == "randomised_controlled_trial" and _finished(study) and _phase_3_met(study)


def _activity(study: Study) -> bool:
    clinical = study.kind not in ("regulatory_approval", "review_statement", "trial_in_progress")
    return clinical and _finished(study)


def _negative(study: Study) -> bool:
    finished = _finished(study) or study.kind == "review_statement"
    return finished and not _phase_3_met(study)


DEMANDS: Mapping[Standing, Demand] = {
    "standard": Demand(
        "Standard",
        "established standard of care at the review's date",
        "a finished, randomised phase III trial that met its primary endpoint",
        _trial_backs,
    ),
    "approved_regionally": Demand(
        "Approved in a region",
        "approved by an authority for some patients or countries",
        "a record of the approval",
        lambda study: study.kind == "regulatory_approval",
    ),
    "positive_phase_3": Demand(
        "Positive phase III",
        "a phase III trial met its primary endpoint; not yet a standard",
        "a finished, randomised phase III trial that met its primary endpoint",
        _trial_backs,
    ),
    "early_signal": Demand(
        "Early signal",
        "activity in phase I or II, retrospective series or pooled uncontrolled studies",
        "a finished clinical study in HCC",
        _activity,
    ),
    "in_trial": Demand(
        "In trial",
        "a trial was in progress at the review's date, and the patient meets its printed criteria",
        "a trial that was ongoing or planned",
        lambda study: study.status in ("ongoing", "planned"),
    ),
    "supportive": Demand(
        "Supportive",
        "care without anticancer drugs",
        "a statement of the review",
        lambda study: study.kind == "review_statement",
    ),
    "not_supported": Demand(
        "Not supported",
        "tested in this setting and failed, or recommended against",
        "a finished study in HCC (or a statement of the review) that is not a phase III trial which met its endpoint",
        _negative,
    ),
}

OPTION_STANDINGS: tuple[Standing, ...] = tuple(standing for standing in DEMANDS if standing != "not_supported")
RANK: Mapping[Standing, int] = {standing: rank for rank, standing in enumerate(DEMANDS)}
