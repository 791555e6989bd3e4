"""Standings, verdicts and lines of treatment: one table each, held by the loader and shown in every output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from hepatica.knowledge.evidence import Study

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


def _phase_3_met(study: Study) -> bool:
    return study.phase in ("III", "II/III") and study.outcome in ("met", "partly_met")


def _trial_backs(study: Study) -> bool:
    return study.kind == "randomised_controlled_trial" and _finished(study) and _phase_3_met(study)


def _activity(study: Study) -> bool:
    clinical = study.kind not in ("regulatory_approval", "review_statement", "trial_in_progress")
    return clinical and _finished(study)


def _negative(study: Study) -> bool:
    finished = _finished(study) or study.kind == "review_statement"
    return finished and not (_phase_3_met(study) and study.outcome == "met")


# In the order in which an answer shows them: evidence before licence. Everything that needs to know the standings (the
# loader, the schema, the answer's lists and their order, the guide) reads this table.
STANDINGS: Mapping[str, Demand] = {
    "standard": Demand(
        "Standard",
        "established standard of care at the ruleset's date",
        "options",
        "a finished, randomised phase III trial that met its primary endpoint",
        _trial_backs,
    ),
    "positive_phase_3": Demand(
        "Positive phase III",
        "a phase III trial met its primary endpoint; not yet a standard",
        "options",
        "a finished, randomised phase III trial that met its primary endpoint",
        _trial_backs,
    ),
    "licensed": Demand(
        "Licensed",
        "an authority approved it for such patients; no trial that met its endpoint in them is shown",
        "options",
        "a record of the approval",
        lambda study: study.kind == "regulatory_approval",
    ),
    "early_signal": Demand(
        "Early signal",
        "a finished study reported activity: phase I or II, a series, or pooled uncontrolled studies",
        "options",
        "a finished clinical study of this tumour",
        _activity,
    ),
    "supportive": Demand(
        "Supportive",
        "care without anticancer drugs",
        "options",
        "a statement of the source",
        lambda study: study.kind == "review_statement",
    ),
    "in_trial": Demand(
        "In trial",
        "a trial was in progress at the ruleset's date, and the patient meets its recorded criteria",
        "trials",
        "a trial that was ongoing or planned",
        lambda study: study.status in ("ongoing", "planned"),
    ),
    "not_supported": Demand(
        "Not supported",
        "tested in this setting and failed, or recommended against",
        "not_supported",
        "a finished study of this tumour (or a statement of the source) that is not a phase III trial which met its endpoint",
        _negative,
    ),
    "unreported": Demand(
        "Named, nothing reported",
        "the source names it, with neither a result nor an entry criterion",
        "unreported",
        "a study without a recorded result",
        lambda study: not study.results,
    ),
}

VERDICTS: Mapping[str, str] = {
    "harmful": "significantly worse than the comparison",
    "no_better": "no better than the comparison",
    "secondary_only": "primary endpoint missed; better on another endpoint",
}

LINES: Mapping[str, str] = {
    "first": "first line",
    "second": "second line",
    "third": "third line",
    "later": "later line",
    "any": "any line",
}

if TYPE_CHECKING:
    Standing = str
    Verdict = str
    Line = str
else:
    # A type checker cannot read a table; pydantic can, so the loader and the schemas allow exactly the tables' words.
    Standing = Literal[tuple(STANDINGS)]
    Verdict = Literal[tuple(VERDICTS)]
    Line = Literal[tuple(LINES)]

RANK: Mapping[str, int] = {standing: rank for rank, standing in enumerate(STANDINGS)}
DEMANDS = STANDINGS
OPTION_STANDINGS = tuple(name for name, demand in STANDINGS.items() if demand.reaches == "options")
