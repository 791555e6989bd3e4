"""The randomised comparisons' hazard ratios, by endpoint and by what the tested arm was held against."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from hepatica.evaluation import RulesetResult, arm_name, arm_order, corrected_result, correction_verb, headed
from hepatica.knowledge import LINES, Endpoint, Figure, LaterEvent, Outcome, Place, Result, Ruleset, Study, Therapy
from hepatica.records import record
from hepatica.wording import grouped

ENDPOINTS: dict[Endpoint, str] = {"OS": "Overall survival", "PFS": "Progression-free survival", "TTP": "Time to progression"}
RANDOMISED = ("randomised_controlled_trial", "randomised_dose_comparison")
SETTINGS = (*LINES, "not_stated")
PLACEBO, OTHERS = "placebo", "other controls"
_OWN_PANEL = 3
Kind = Literal["whole_trial", "subgroup", "dose_comparison"]
# What an arm got besides that by which it is known: "sorafenib + placebo" is sorafenib.
_BESIDES = re.compile(
    r"\s*(\+|plus|and|with)\s+(matching\s+)?(placebo|best supportive care)\b|\s+alone\b|,? as printed\b", re.IGNORECASE
)


@record(kw_only=True)
class Estimate:
    """A hazard ratio with its interval of `level` per cent; `low` and `high` are None where there is none."""

    hr: float
    low: float | None = None
    high: float | None = None
    level: float = 95


@record(kw_only=True)
class ForestRow:
    """One comparison. `printed` is what the source gives, `corrected` the figure beside it: `verb` says how the two are told.

    Only a comparison of the whole trial carries the trial's `outcome`: a subgroup and a comparison of doses were not what
    the trial was designed to decide, so theirs is empty. `outcome` speaks of `primary`, which need not be this endpoint.
    """

    study: str
    name: str
    therapy: str
    therapy_name: str
    setting: str
    phase: str
    n: int | None
    kind: Kind
    subgroup: str
    tested: str
    control: str
    result: str
    label: str
    printed: Estimate | None
    corrected: Estimate | None
    verb: str
    basis: str
    source: Place | None
    p: Figure | None
    corrected_p: Figure | None
    primary: str
    outcome: Outcome | Literal[""]
    trial_outcome: Outcome
    lines: str
    later: tuple[LaterEvent, ...]


@record(kw_only=True)
class ForestPanel:
    """The comparisons of one endpoint with one kind of control, by line of treatment: never more than is comparable."""

    endpoint: Endpoint
    control: str
    rows: tuple[ForestRow, ...]


@record(kw_only=True)
class UndrawnTrial:
    """A randomised trial with results but no hazard ratio of the chosen endpoints."""

    study: str
    name: str
    setting: str
    primary: str
    outcome: Outcome


@record(kw_only=True)
class Forest(RulesetResult):
    """Every panel, and the randomised trials of the same settings that have no row."""

    panels: tuple[ForestPanel, ...]
    without: tuple[UndrawnTrial, ...]

    @property
    def rows(self) -> tuple[ForestRow, ...]:
        """Every row, in order."""
        return tuple(row for panel in self.panels for row in panel.rows)


def forest(ruleset: Ruleset, endpoints: Collection[Endpoint] = (), settings: Collection[str] = ()) -> Forest:
    """Every randomised comparison with a hazard ratio, printed or corrected, of the chosen endpoints and settings (or all)."""
    wanted, chosen = [name for name in ENDPOINTS if not endpoints or name in endpoints], settings or SETTINGS
    every: dict[Endpoint, list[ForestRow]] = {name: [] for name in ENDPOINTS}
    without = []
    trials = ((one, study) for one in ruleset.therapies.values() for study in one.studies if study.kind in RANDOMISED)
    for therapy, study in trials:
        rows = [(one.endpoint, _row(ruleset, therapy, study, one)) for one in study.results if one.endpoint in ENDPOINTS]
        drawn = [(endpoint, row) for endpoint, row in rows if row.printed or row.corrected]
        for endpoint, row in drawn:
            every[endpoint].append(row)
        if study.results and study.setting in chosen and not any(endpoint in wanted for endpoint, _ in drawn):
            primary, outcome = study.endpoint_names, study.outcome
            without.append(UndrawnTrial(study=study.id, name=study.name, setting=study.setting, primary=primary, outcome=outcome))
    # Over all endpoints and lines, so that a trial stands under one control everywhere, whatever is chosen to be shown.
    shared = _shared_controls(row for own in every.values() for row in own)
    panels = []
    for endpoint in wanted:
        shown = [row for row in every[endpoint] if row.setting in chosen]
        ranked = sorted(shown, key=lambda row: (SETTINGS.index(row.setting), row.kind != "whole_trial"))
        held = grouped((row.control if row.control in shared else OTHERS, row) for row in ranked)
        panels += [ForestPanel(endpoint=endpoint, control=c, rows=tuple(held[c])) for c in (*shared, OTHERS) if c in held]
    return Forest(**headed(ruleset), panels=tuple(panels), without=tuple(without))


def _shared_controls(rows: Iterable[ForestRow]) -> list[str]:
    """Placebo first, then each control that several trials share, but never doses of one drug."""
    trials: dict[str, set[str]] = {PLACEBO: set()}
    for row in rows:
        if row.kind != "dose_comparison":
            trials.setdefault(row.control, set()).add(row.study)
    return [control for control, held in trials.items() if control == PLACEBO or len(held) >= _OWN_PANEL]


def _row(ruleset: Ruleset, therapy: Therapy, study: Study, result: Result) -> ForestRow:
    correction = result.corrected
    found = next((d for d in study.discrepancies if correction is not None and d.id == correction.discrepancy), None)
    verb = correction_verb(study, correction, ruleset.references) if correction else ""
    kind: Kind = "dose_comparison" if study.kind == RANDOMISED[1] else "subgroup" if result.subgroup else "whole_trial"
    # The tested arm and its control by name: those the result gives a figure for, else all of the study.
    order = arm_order(study, therapy)
    ids = sorted(result.arms or (correction and correction.arms) or order, key=lambda arm: order.get(arm, len(order)))
    arms = [_BESIDES.sub("", arm_name(study, arm)).strip() or arm for arm in ids] or [""]
    return ForestRow(
        study=study.id,
        name=study.name,
        therapy=therapy.id,
        therapy_name=therapy.name,
        setting=study.setting,
        phase=study.phase or "",
        n=result.n or study.n,
        kind=kind,
        subgroup=result.subgroup,
        tested=arms[0],
        control=arms[-1],
        result=result.id,
        label=result.label or result.endpoint,
        printed=_estimate(result.hr, result.ci, result.ci_level),
        corrected=_corrected(result),
        verb="published:" if result.hr is None and verb == "should read" else verb,
        basis=correction.basis if correction else "",
        source=found.source if found else None,
        p=result.p,
        corrected_p=correction.p if correction else None,
        primary=study.endpoint_names,
        outcome=study.outcome if kind == "whole_trial" else "",
        trial_outcome=study.outcome,
        lines=result.lines,
        later=study.later,
    )


def _corrected(result: Result) -> Estimate | None:
    """The estimate with its corrected parts; None where a correction touches neither ratio nor interval."""
    parts = corrected_result(result)
    if parts is None or (parts.hr is None and parts.ci is None):
        return None
    # An interval that is printed without a ratio belongs to no ratio that is told elsewhere.
    interval = parts.ci or (result.ci if result.hr is not None else None)
    return _estimate(result.hr if parts.hr is None else parts.hr, interval, parts.ci_level)


def _estimate(ratio: float | None, interval: tuple[float, float] | None, level: float) -> Estimate | None:
    low, high = interval or (None, None)
    return None if ratio is None else Estimate(hr=ratio, low=low, high=high, level=level)
