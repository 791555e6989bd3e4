"""The one line that a therapy is known by: which study and which of its figures, what qualifies them, what overturns them.

The rule, in order. The study: the one that fits the patient best, then one that bears the rule's standing out, then design,
then the one that asks most of what the patient meets, then size, then precision. Its figure: the one that the rule rests on, a
subgroup that the patient is of, survival in the whole study, the primary endpoint, the most telling one. The line names every
arm, the tested therapy first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

from hepatica.evaluation import figures
from hepatica.evaluation.figures import TELLING
from hepatica.evaluation.result import ApplicabilityStatus, ArmValue, Headline
from hepatica.inference import ENROLLED_NOBODY, Verdict, enrolment
from hepatica.knowledge import DESIGNS, STANDINGS, Approval, Result, Rule, Ruleset, Study, StudyKind, Therapy, leaves, number

FIT: Mapping[ApplicabilityStatus, int] = {"inside": 0, "partly_stated": 1, "not_stated": 2, "unknown": 3, "outside": 5}
"""How well a study fits a patient, best first. What tells nothing of its patients (`_TELLS_NOTHING`) stands just before the
studies that did not enrol such a patient."""

_TELLS_NOTHING = 4
DAGGER = "†"
_DESIGN_MARKS: Mapping[StudyKind, str] = {
    "randomised_dose_comparison": "comparison of doses, no untreated control",
    "single_arm_trial": "no control group",
    "dose_finding_trial": "no control group",
    "retrospective_series": "series without a control group",
    "case_report": "single patient",
    "meta_analysis": "pooled studies",
}
_UNDER_WAY = {"ongoing": "in progress", "planned": "planned"}
_SIGNALS = ("early_signal", "in_trial")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


class Telling(NamedTuple):
    """What a headline is written from: a rule of a therapy and what is known around it.

    `fits` says whether the patient is of a result's subgroup, `certain` whether the rule applies for certain.
    """

    rule: Rule
    therapy: Therapy
    ruleset: Ruleset
    fits: Callable[[Study, Result], Verdict]
    certain: bool


def evidence_rank(rule: Rule, studies: Mapping[str, Study]) -> tuple[int, int]:
    """Where a rule stands among those of its standing: the best design, then the size, among the studies that bear it out."""
    cited = [studies[name] for name in rule.cites]
    bearing = [study for study in cited if STANDINGS[rule.standing].borne_out_by(study)] or cited
    return min((_design(study) for study in bearing), default=(len(DESIGNS), 0))


def by_design(rule: Rule, studies: Mapping[str, Study]) -> list[str]:
    """The studies of a rule, the best design first: the order in which it cites them means nothing."""
    return sorted(rule.cites, key=lambda name: (_design(studies[name]), name))


def _design(study: Study) -> tuple[int, int]:
    # A threshold within an arm says no more than a trial without a control group: a control that passed it, too, is no help.
    kind = study.kind if study.compares else "single_arm_trial"
    return DESIGNS.index(kind), -(study.n or 0)


def headline(fits: Mapping[str, ApplicabilityStatus], telling: Telling, failures: Sequence[str] = ()) -> Headline:
    """The line for a rule. `fits` says how each study that it cites fits the patient, `failures` are the lines of the therapy's
    rules that are not supported for this patient."""
    studies = [telling.ruleset.studies[name] for name in fits]
    # The key is the rule at the head of this module, step by step.
    places = [_nearness(study, fits[study.id], telling) for study in studies]
    best = min(places, default=None)
    alike = [study for study, place in zip(studies, places, strict=True) if place == best]
    if not alike:
        return Headline(text="")
    # Which is cited first means nothing: of studies that are alike the more precise one leads.
    study = min(alike, key=_imprecision) if len(alike) > 1 else alike[0]
    # A statement is told in the rule's own words: what figures it gives are of no study, and may be of other patients.
    result = key_result(study, telling) if study.kind != "review_statement" else None
    line, arms, marks = _figures(study, result, telling) if result else (_without_figures(study, telling), (), ())
    marks = (*marks, *_marks(study, result, fits[study.id], telling))
    first = telling.rule.mark
    later = "; ".join(_overturning(telling, studies))
    # A signal is part of what failed as a whole; what a trial of its own bears out, or a licence, stands beside that failure.
    failing = "but as a whole not supported" if telling.rule.standing in _SIGNALS else "but a trial of it failed"
    against = tuple(f"{failing}: {failed}" for failed in failures)
    signal = _signal(study, telling)
    text = "; ".join(filter(None, (first[:1].upper() + first[1:], line, *marks, signal, *against, later)))
    marks = (first, *marks) if first else marks
    return Headline(text, study.id, figures.endpoint_words(result) if result else "", arms, marks, later, against)


def _nearness(study: Study, status: ApplicabilityStatus, telling: Telling) -> tuple[int, bool, int, int, int]:
    """How well a study fits, whether it bears the standing out, its design, how much it asked of the patient, its size."""
    silent = study.kind in ENROLLED_NOBODY or not any(r.arms or r.hr is not None for r in study.results)
    fit = _TELLS_NOTHING if status == "not_stated" and silent else FIT[status]
    # To a patient in Asia an Asian trial is nearer than another; what a trial asked in vain makes it no nearer.
    condition = enrolment(study) if status == "inside" else None
    asked = len(set(leaves(condition))) if condition is not None else 0
    # Design before what was asked, that before size: a large trial of others must not hide a small one of such patients.
    design, size = _design(study)
    return fit, not STANDINGS[telling.rule.standing].borne_out_by(study), design, -asked, size


def _imprecision(study: Study) -> tuple[float, str]:
    """How wide the narrowest interval of its ratios is (where no size is told, the larger trial has the narrower one); its id."""
    told = [part.ci for result in study.results for part in (result, result.corrected) if part is not None and part.ci]
    return min((high - low for low, high in told), default=inf), study.id


def key_result(study: Study, telling: Telling) -> Result | None:
    """The figure to show of a study for this patient; None where it has none."""
    named, _, result_id = telling.rule.figure.partition("/")
    primary = {endpoint.name for endpoint in study.primary_endpoints}
    backs = telling.rule.reaches != "not_supported"  # a failure is the whole study's, also before one of a subgroup

    def rests_on(result: Result) -> bool:
        return named == study.id and result.id == result_id

    def place(result: Result) -> tuple[int, int, bool]:
        whole = not result.subgroup
        steps = (
            rests_on(result),
            backs and result.subgroup_when is not None and telling.fits(study, result) is Verdict.TRUE,
            whole and result.endpoint == "OS",
            whole and result.endpoint in primary,
            whole,
        )
        # Of two results of one endpoint the one that tells how sure it is, whichever is written first.
        unsure = result.ci is None and (result.corrected is None or result.corrected.ci is None)
        return (*steps, True).index(True), (*TELLING, "other").index(result.endpoint), unsure

    # "No difference, no figures printed" has no endpoint of its own, and may be what a rule rests on.
    told = [r for r in study.results if rests_on(r) or r.endpoint in TELLING]
    shown = [r for r in told if r.arms or r.hr is not None or r.corrected or r.says]
    fitting = [r for r in shown if r.subgroup_when is None or telling.fits(study, r) is not Verdict.FALSE]
    return min(fitting, key=place, default=None)


def _figures(study: Study, result: Result, telling: Telling) -> tuple[str, tuple[ArmValue, ...], tuple[str, ...]]:
    """The figure in words, its arms, and the marks that its correction calls for."""
    shown, replaced, marks = _as_corrected(study, result, telling)
    line = f"{study.name}: {figures.told(study, shown, telling.therapy, replaced, DAGGER)}".rstrip()
    own = figures.arms_shown(study, shown, telling.therapy)
    if not own and shown.hr is not None and len(study.arms) == 2:
        # A ratio alone does not tell of what against what.
        order = figures.arm_order(study, telling.therapy)
        line += f" ({' v '.join(figures.arm_name(study, arm) for arm in order)})"
    arms = tuple(ArmValue(figures.arm_name(study, arm), value, result.unit) for arm, value in own)
    return line, arms, (*_against_plan(study, shown), *marks)


def _against_plan(study: Study, shown: Result) -> Iterator[str]:
    """How the figures stand to what the trial had fixed before: its margin of non-inferiority, its boundary for P."""
    margin, alpha = (_fixed(study, shown, part) for part in ("margin", "alpha"))
    # Non-inferiority is read off the upper end of the interval, not off the ratio.
    if margin and shown.ci:
        held = "not inferior" if shown.ci[1] < margin else "non-inferiority not shown"
        yield f"{held} (margin {margin:g})"
    p = number(shown.p)
    if alpha and p is not None and alpha < p and figures.significant(shown.p):
        yield f"{'superiority ' if margin else ''}boundary {alpha:g}, missed"


def _fixed(study: Study, result: Result, part: str) -> float | None:
    """A margin or boundary: the result's own, or that of the primary endpoint, if there is one only of that name."""
    # An endpoint may be primary twice (OS for non-inferiority, then for superiority): then nothing tells whose boundary is meant.
    named = [getattr(one, part) for one in study.primary_endpoints if one.name == result.endpoint and not result.subgroup]
    own: float | None = getattr(result, part)
    return own or (named[0] if len(named) == 1 else None)


def _as_corrected(study: Study, result: Result, telling: Telling) -> tuple[Result, frozenset[str], tuple[str, ...]]:
    """The result to show, the parts of it that are not as printed, and what is said of that.

    A misprint and what the source leaves out are put right, with a mark; a later report stands beside the print.
    """
    fix, correction = figures.corrected_result(result), result.corrected
    changed = _changed(result, fix) if fix else frozenset()
    found = figures.discrepancy_of(study, correction) if correction else None
    if fix is None or correction is None or found is None or found.kind == "remark":
        return result, frozenset(), ()
    word, beside = telling.ruleset.card.source_word, figures.figure_words(study, fix, telling.therapy)
    if changed and found.kind == "later_report":
        return result, frozenset(), (f"{figures.correction_verb(study, correction, telling.ruleset.references)} {beside}",)
    if not changed:
        # A slight misprint stands as printed. Where it is of weight it is told, or two sources seem to disagree.
        weighty = beside and found.kind == "misprint" and found.severity != "low"
        return result, frozenset(), ((f"so printed in the {word}; should read {beside}",) if weighty else ())
    right = replace(
        result,
        arms=fix.arms or result.arms,
        hr=result.hr if fix.hr is None else fix.hr,
        ci=fix.ci or (result.ci if fix.hr is None else None),
        ci_level=fix.ci_level,
        p=result.p if fix.p is None else fix.p,
    )
    source = telling.ruleset.references.get(found.source.ref) if found.source else None
    article = "an" if source and source.what[0] in "aeiou" else "a"
    where = f", but in {article} {source.what} of {source.year}" if source else ""
    said = f"the {word} prints another figure" if found.kind == "misprint" else f"not printed in the {word}{where}"
    return right, changed, (f"{DAGGER} {said}",)


def _changed(printed: Result, fix: Result) -> frozenset[str]:
    """The parts in which a correction changes what a reader would think: an arm, the ratio, on which side of significance."""
    before, found = printed.arms or {}, set()
    if any(figures.matters(before.get(arm), value) for arm, value in (fix.arms or {}).items()):
        found.add("arms")
    if fix.hr is not None and (printed.hr is None or figures.matters(printed.hr, fix.hr)):
        found.add("hr")
    # An interval that now has, or no longer has, 1 in it turns the finding round.
    if fix.ci and printed.ci and (fix.ci[0] <= 1 <= fix.ci[1]) != (printed.ci[0] <= 1 <= printed.ci[1]):
        found.add("hr")
    if None not in (printed.p, fix.p) and figures.significant(printed.p) != figures.significant(fix.p):
        found.add("p")
    return frozenset(found)


def _without_figures(study: Study, telling: Telling) -> str:
    if study.approval is not None:
        return _approved(study.approval)
    phase = f", phase {study.phase}" if study.phase and "phase" not in study.name.lower() else ""
    if telling.rule.reaches == "unreported":
        return f"{study.name}{phase}: nothing reported"
    if study.status in _UNDER_WAY:
        return f"{study.name}{phase}: {_UNDER_WAY[study.status]} at the date, no result"
    if study.kind == "review_statement":
        return telling.rule.says.rstrip(".")
    return f"{study.name}{phase}: no figures in the {telling.ruleset.card.source_word}"


def _approved(approval: Approval) -> str:
    """Where, when and for what: "Approved in the United States on 27 April 2017 for HCC previously treated with sorafenib"."""
    region, indication, when = approval.region, approval.indication, _dated(approval.date)
    where = "" if region.startswith("not ") else f" in {'the ' if region.startswith(('United ', 'European ')) else ''}{region}"
    # An abbreviation keeps its capitals inside the sentence.
    kind = indication if indication[:2].isupper() else indication[:1].lower() + indication[1:]
    how = "Accelerated approval" if approval.accelerated == "yes" else "Approved"
    gone = f", withdrawn{_dated(approval.withdrawn)}" if approval.withdrawn else ""
    return f"{how}{where}{when}{f' for {kind}' if kind else ''}{gone}"


def _dated(date: str) -> str:
    """A date as far as it is known, inside a sentence: " on 27 April 2017", " in August 2018"; empty where it is not."""
    year, *rest = date.split("-")
    if not year.isdecimal():
        return ""
    month = f"{_MONTHS[int(rest[0]) - 1]} " if rest else ""
    return f" on {int(rest[1])} {month}{year}" if len(rest) > 1 else f" in {month}{year}"


def _signal(study: Study, telling: Telling) -> str:
    """For a trial in progress, the finding that it is to test: the figure that the rule names in another study."""
    named, _, result_id = telling.rule.figure.partition("/")
    other = telling.ruleset.studies.get(named)
    if other is None or other.id == study.id or study.status not in _UNDER_WAY:
        return ""
    result = next(result for result in other.results if result.id == result_id)
    # The trial has no figure of its own yet; without its ground a reader could not tell why it was begun.
    line, _, marks = _figures(other, result, telling)
    return "; ".join((f"its ground: {line}", *marks, *_marks(other, result, "inside", telling)))


def _marks(study: Study, result: Result | None, status: ApplicabilityStatus, telling: Telling) -> Iterator[str]:
    """What a reader must know to read the figure rightly."""
    if telling.rule.reaches == "unreported":
        return
    missed = study.outcome == "missed"
    if result is not None:
        if study.kind in _DESIGN_MARKS and (study.kind != "meta_analysis" or telling.rule.is_option):
            compared = study.kind == "retrospective_series" and len(result.arms or ()) > 1
            yield "retrospective, not randomised" if compared else _DESIGN_MARKS[study.kind]
        if result.subgroup:
            yield "subgroup of a trial that missed its primary endpoint" if missed else "subgroup"
        elif missed and telling.rule.is_option:
            yield "primary endpoint missed"
        elif study.outcome == "partly_met":
            yield f"of its primary endpoints {study.endpoint_names}"
        elif not study.compares:
            yield "primary endpoint a threshold within each arm, not a difference"
    if study.status == "stopped_early":
        yield "stopped early"
    if study.status == "announced":
        yield "announced, not published at the date"
    if status == "outside":
        yield "patient outside its population"
    if status == "unknown" and telling.certain:
        yield "not known whether it enrolled such a patient"


def _overturning(telling: Telling, own: Iterable[Study]) -> Iterator[str]:
    """What overturned the studies cited; for a mere signal or a trial in progress, also what overturned its successors."""
    # A signal falls with the trial that was to confirm it, whichever of the two the rule cites.
    further = telling.therapy.studies if telling.rule.standing in _SIGNALS else ()
    events = dict.fromkeys(event for study in (*own, *further) for event in study.later if event.effect == "overturns")
    for event in sorted(events, key=lambda event: event.year):
        yield f"later: {event.says}" if str(event.year) in event.says else f"later ({event.year}): {event.says}"
