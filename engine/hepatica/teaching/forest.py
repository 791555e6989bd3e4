"""The randomised trials' hazard ratios, printed and corrected, ready to be drawn as a forest plot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hepatica.knowledge import Endpoint, Met, Result, Ruleset, Study, Therapy

ENDPOINTS: tuple[Endpoint, ...] = ("OS", "TTP", "PFS")
RANDOMISED = ("randomised_controlled_trial", "randomised_dose_comparison")
MET_WORDS: dict[Met, str] = {"yes": "met", "no": "failed", "pending": "pending", "not_reported": "not reported"}
_SETTINGS = ("first", "second", "any", "not_stated")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A hazard ratio with its confidence interval of `level` per cent; `low` and `high` are None where there is none."""

    hr: float
    low: float | None = None
    high: float | None = None
    level: float = 95


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `printed` is what the source gives, `corrected` what it should read where a ratio or interval differs.

    `met` is the verdict on the trial's own primary endpoint, which need not be this one.
    """

    therapy: Therapy
    study: Study
    result: Result
    arms: tuple[str, ...]
    printed: Estimate | None
    corrected: Estimate | None

    @property
    def met(self) -> Met:
        """Whether the trial met its primary endpoint."""
        return met(self.study)

    @property
    def verdict(self) -> str:
        """As `verdict` of the study."""
        return verdict(self.study)

    @property
    def shown(self) -> Estimate:
        """The printed estimate, or the corrected one where the source prints none."""
        estimate = self.printed or self.corrected
        assert estimate is not None
        return estimate


@dataclass(frozen=True, slots=True)
class Forest:
    """The rows by endpoint, then line of treatment, then order of the ruleset.

    `without` are the randomised studies with results, of the same settings, that have no row.
    """

    ruleset: Ruleset
    rows: tuple[Row, ...]
    without: tuple[Study, ...] = ()

    @property
    def verdicts(self) -> tuple[Met, ...]:
        """Every verdict that a row has, in the order of `MET_WORDS`."""
        return tuple(word for word in MET_WORDS if any(row.met == word for row in self.rows))

    def span(self) -> tuple[float, float]:
        """The lowest and highest value drawn."""
        estimates = [e for row in self.rows for e in (row.printed, row.corrected) if e is not None]
        values = [v for e in estimates for v in (e.hr, e.low, e.high) if v is not None]
        return min(values), max(values)


def forest(ruleset: Ruleset, endpoints: Collection[Endpoint] = ENDPOINTS, settings: Collection[str] = _SETTINGS) -> Forest:
    """Every randomised comparison with a hazard ratio, printed or corrected, of the chosen endpoints and settings."""
    studies = [
        (therapy, study)
        for therapy in ruleset.therapies.values()
        for study in therapy.studies
        if study.kind in RANDOMISED and study.setting in settings and study.results
    ]
    rows = [
        _row(therapy, study, result)
        for therapy, study in studies
        for result in study.results
        if result.endpoint in endpoints and _has_ratio(result)
    ]
    drawn = {row.study.id for row in rows}
    ranked = sorted(rows, key=lambda row: (ENDPOINTS.index(row.result.endpoint), _SETTINGS.index(row.study.setting)))
    return Forest(ruleset, tuple(ranked), tuple(study for _, study in studies if study.id not in drawn))


def met(study: Study) -> Met:
    """Whether a trial met its primary endpoint."""
    return study.primary_endpoints[0].met if study.primary_endpoints else "not_reported"


def verdict(study: Study) -> str:
    """The verdict in words, with the endpoint it is about: "failed (OS)"."""
    primary = study.primary_endpoints[0] if study.primary_endpoints else None
    told = primary is not None and primary.name in ENDPOINTS and primary.met in ("yes", "no")
    return f"{MET_WORDS[met(study)]} ({primary.name})" if primary and told else MET_WORDS[met(study)]


def _has_ratio(result: Result) -> bool:
    mend = result.corrected
    return result.hr is not None or (mend is not None and mend.hr is not None)


def _row(therapy: Therapy, study: Study, result: Result) -> Row:
    return Row(therapy, study, result, _arms(study, result), _printed(result), _corrected(result))


def _arms(study: Study, result: Result) -> tuple[str, ...]:
    """The arms compared, by name: those the result gives a figure for, else all of the study."""
    names = {arm.id: arm.name or arm.id for arm in study.arms}
    mended = result.corrected.arms if result.corrected else None
    return tuple(names.get(arm, arm) for arm in (result.arms or mended or names))


def _printed(result: Result) -> Estimate | None:
    if result.hr is None:
        return None
    low, high = result.ci or (None, None)
    return Estimate(result.hr, low, high, result.ci_level)


def _corrected(result: Result) -> Estimate | None:
    """The estimate with its corrected parts; None where a correction touches neither ratio nor interval."""
    mend = result.corrected
    if mend is None or (mend.hr is None and mend.ci is None):
        return None
    ratio = mend.hr if mend.hr is not None else result.hr
    interval = mend.ci or (result.ci if result.hr is not None else None)
    return None if ratio is None else Estimate(ratio, *(interval or (None, None)))
