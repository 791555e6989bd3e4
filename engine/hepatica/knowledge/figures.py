"""Numbers in texts and records, and what figures say: of themselves, of their trial's endpoint, of a therapy not supported.

Nothing here needs the source's text. What a result says against itself is refused by the loader; what figures say against
the sentences, verdicts and endpoints that rest on them is told by `figure_findings`. A named discrepancy (`affects`)
excuses a result.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from math import log
from typing import Any, Literal, NamedTuple

from hepatica.documents import Path
from hepatica.knowledge.evidence import LEADING_NUMBER, Figure, Result, Study, number
from hepatica.knowledge.ruleset import Rule, Ruleset, Therapy
from hepatica.problems import quote
from hepatica.records import record

Effect = Literal["better", "worse", "none", "unclear", "unknown"]

SURVIVAL = ("OS", "PFS", "TTP", "DFS")
# A rate of disease control counts patients whose tumour merely did not grow yet, so it carries no verdict.
TELLING = (*SURVIVAL, "RR", "PR", "CR", "OS_rate", "PFS_rate")
_RESPONSES = ("RR", "CR", "PR")
_PERCENT_ENDPOINTS = ("RR", "PR", "CR", "SD", "DCR", "CBR", "OS_rate", "PFS_rate")
_ALPHA, _ONE_SIDED = 0.05, 0.025
_NEAR_ONE = 0.015  # an interval printed with two decimals may touch 1 and still exclude it
_NEAR_ALPHA = 1.25
_SAME_MEDIANS, _SAME_RATIO = 0.1, 0.05

# -- numbers in texts: digits, number words ("thirty", "fifty-one"), bracketed references; and the numbers of a record ------

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: number for number, word in enumerate(_UNITS)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_WORD = rf"(?:{'|'.join(_TENS)})-(?:{'|'.join(_UNITS[1:10])})|{'|'.join(sorted(_WORDS, key=len, reverse=True))}"
_NUMBER = re.compile(rf"\d+(?:\.\d+)?|\b(?:{_WORD})\b", re.IGNORECASE)
_REFERENCES = re.compile(r"\[\d+(?:\s*[,-]\s*\d+)*\]")
_PLACES = re.compile(r"\blines? \d+(?:-\d+)?(?:(?:,| and) \d+(?:-\d+)?)*")
_DIGITS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]*[a-z])", re.IGNORECASE)
_RANGE = re.compile(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*\Z")
_LOOK_BACK = 24
# What a record says in sentences; the numbers in them are held against the numbers of everything else.
SENTENCES = ("says", "summary", "about", "design", "n_says")
_NO_NUMBERS = (*SENTENCES, "lines", "refs", "source", "id")

Ranges = tuple[tuple[int, int], ...]


class Token(NamedTuple):
    """A number at a 1-based line and column; `before` is the text just ahead of it, with single spaces."""

    value: Decimal
    line: int
    column: int
    text: str
    reference: bool
    before: str


def ranges(text: str) -> Ranges | None:
    """The line ranges of "413-415" or "213-233, 433-458", in order of writing; None where the text is not of that form."""
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        match = _RANGE.match(part)
        first, last = (int(match.group(1)), int(match.group(2) or match.group(1))) if match else (0, 0)
        if not 1 <= first <= last:
            return None
        found.append((first, last))
    return tuple(found)


def values(text: str) -> tuple[Decimal, ...]:
    """The numbers in a figure as it is recorded: "< 7.2" gives 7.2, "2:1" gives 2 and 1, "four" gives 4."""
    return tuple(_value(match.group()) for match in _NUMBER.finditer(text))


def digits(prose: str) -> tuple[str, ...]:
    """The figures of a sentence, as written: no words, no names such as FOLFOX4, no places such as "lines 165-172"."""
    return tuple(_DIGITS.findall(_PLACES.sub("", prose)))


def tokens(lines: Sequence[str]) -> tuple[Token, ...]:
    """Every number of a text, in order; the first line is line 1. A bracketed range of references counts each of them."""
    found: list[Token] = []
    ahead = ""
    for at, line in enumerate(lines, start=1):
        brackets = [match.span() for match in _REFERENCES.finditer(line)]
        first = len(found)
        for match in _NUMBER.finditer(line):
            start, end = match.span()
            inside = any(low < start and end < high for low, high in brackets)
            before = " ".join(f"{ahead} {line[:start]}"[-_LOOK_BACK:].lower().split())
            value = _value(match.group())
            if inside and line[:start].rstrip().endswith("-") and len(found) > first:
                # The reference numbers that a range such as [9-12] leaves out.
                between = range(int(found[-1].value) + 1, min(int(value), 10_000))
                found.extend([found[-1]._replace(value=Decimal(n), text=str(n)) for n in between])
            found.append(Token(value, at, start + 1, match.group(), inside, before))
        ahead = f"{ahead} {line}"[-_LOOK_BACK:]
    return tuple(found)


def _value(text: str) -> Decimal:
    if text[0].isdigit():
        return Decimal(text)
    tens, _, unit = text.lower().partition("-")
    return Decimal(_WORDS[tens] + (_WORDS[unit] if unit else 0))


def recorded(value: object) -> set[Decimal]:
    """Every number of a record, its discrepancies included and its sentences and places left out. What cites a source of its own
    inside a record (an entry criterion, what became of a study) is a record itself, so its sentence counts."""
    if isinstance(value, (str, int, float)):
        return set(values(str(value)))
    inner: Iterable[object] = ()
    if isinstance(value, (Mapping, tuple)):
        inner = value.values() if isinstance(value, Mapping) else value
    elif is_dataclass(value):
        sayings = {"says"} if _is_record(value) else set()
        inner = [getattr(value, item.name) for item in fields(value) if item.name not in _NO_NUMBERS or item.name in sayings]
    return set().union(*map(recorded, inner))


def _is_record(value: object) -> bool:
    """Whether a part of a record without an id names a reference: it says by itself where it is from."""
    return bool(getattr(getattr(value, "source", None), "ref", "")) and not hasattr(value, "id")


def placed_sentences(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every sentence below a record with its place; what is a record itself, as discrepancies are, is left out."""
    if isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from placed_sentences(inner, (*path, index))
    elif is_dataclass(value) and not _is_record(value):
        for name in (item.name for item in fields(value)):
            inner = getattr(value, name)
            if name in SENTENCES and isinstance(inner, str):
                yield (*path, name), inner
            elif name not in ("discrepancies", "corrected", "when"):
                yield from placed_sentences(inner, (*path, name))


# -- what a result says against itself ------------------------------------------------------------------------------------


@record
class FigureFinding:
    """What figures say against the record: a code, what it is about (`study/x`, `rule/x`), where, and the sentence."""

    code: str
    about: str
    place: str
    says: str


class Probability(NamedTuple):
    """A printed P: its sign ("", "<", ">"), its number, and whether it is said to be one-sided."""

    sign: str
    value: float
    one_sided: bool


def probability(figure: Figure | None) -> Probability | None:
    """A printed P read; None where it is a word or absent. "NS" is read as above 0.05."""
    match = re.match(LEADING_NUMBER, f"> {_ALPHA}" if str(figure).strip().upper() == "NS" else str(figure))
    if match is None:
        return None
    sign = {"≤": "<", "≥": ">"}.get(match.group(1), match.group(1).strip("=~"))
    return Probability(sign, float(match.group(2)), "one-sided" in (match.group(3) or ""))


def contradictions(result: Result) -> Iterator[tuple[str, str]]:
    """What one result says against itself: the part and the sentence."""
    if result.ci is not None:
        low, high = result.ci
        if low > high:
            yield "ci", f"the interval {low:g} to {high:g} is upside down"
        elif result.hr is not None and not low <= result.hr <= high:
            yield "ci", f"the interval {low:g} to {high:g} excludes its estimate {result.hr:g}"
    if not 50 <= result.ci_level < 100:
        yield "ci_level", f"an interval is at 95 percent or the like, not {result.ci_level:g}"
    for arm, (low, high) in (result.arm_ci or {}).items():
        estimate = number((result.arms or {}).get(arm))
        if low > high or (estimate is not None and not low <= estimate <= high):
            yield "arm_ci", f"the interval {low:g} to {high:g} of {arm} does not hold its figure"
    if result.hr is not None and result.hr <= 0:
        yield "hr", f"a hazard ratio is above 0, not {result.hr:g}"
    for arm, figure in (result.arms or {}).items():
        value = number(figure)
        if value is not None and (value < 0 or (result.unit == "%" and value > 100)):
            yield "arms", f"{value:g} of {arm} is no percentage"
    value = number(result.p)
    if value is not None and not 0 <= value <= 1:
        yield "p", f"{result.p} is no probability"
    if result.endpoint in _PERCENT_ENDPOINTS and result.unit not in ("%", "n"):
        yield "unit", f"{result.endpoint} is given in % or n, not {result.unit}"


def corrected(result: Result) -> Result:
    """The result as its correction has it: the corrected parts, beside printed ones that do not contradict each other."""
    fix = result.corrected
    assert fix is not None
    kept = fix.hr is not None or fix.ci is not None
    printed = result if kept and "ci" not in dict(contradictions(result)) else fix
    hr = printed.hr if fix.hr is None else fix.hr
    ci = printed.ci if fix.ci is None else fix.ci
    level = fix.ci_level or result.ci_level
    return replace(result, corrected=None, arms=fix.arms, arm_ci=None, hr=hr, ci=ci, ci_level=level, p=fix.p)


def impossible_counts(study: Study) -> Iterator[tuple[Path, str]]:
    """Numbers of patients below 0 and shares of patients outside 0 to 100 %, each with its place in the study."""
    parts: list[tuple[Path, Any]] = [((), study)]
    parts += [((key, i), part) for key in ("arms", "results", "toxicity") for i, part in enumerate(getattr(study, key))]
    for path, part in parts:
        for key in ("n", "n_planned", "count"):
            count = getattr(part, key, None)
            if count is not None and count < 0:
                yield (*path, key), f"{count} is no number of patients"
        for key in ("percent", "corrected_percent"):
            share = number(getattr(part, key, None))
            if share is not None and not 0 <= share <= 100:
                yield (*path, key), f"{share:g} of {part.event} is no percentage"


def response_above_control(study: Study, explained: Container[str]) -> Iterator[tuple[int, Result, Result]]:
    """Responses above the disease control of the same patients, where a part exceeds the whole. Each comes with its position
    among the results and the lowest such control; results that a discrepancy explains (`explained`, by id) are left out."""
    shares = [
        (index, result, (result.subgroup, result.at, arm), value)
        for index, result in enumerate(study.results)
        for arm, figure in (result.arms or {}).items()
        if result.unit == "%" and result.id not in explained and (value := number(figure)) is not None
    ]
    lowest: dict[tuple[str, ...], tuple[float, Result]] = {}
    for _, control, patients, value in shares:
        if control.endpoint == "DCR" and (patients not in lowest or value < lowest[patients][0]):
            lowest[patients] = value, control
    told: set[int] = set()
    for index, response, patients, value in shares:
        above = patients in lowest and value > lowest[patients][0]
        if above and response.endpoint in _RESPONSES and index not in told:
            told.add(index)
            yield index, response, lowest[patients][1]


# -- what a result says of the therapy tested ---------------------------------------------------------------------------


def effect(study: Study, result: Result) -> Effect:
    """What a result of a randomised comparison says of the first arm of the study, the one tested.

    `better` or `worse` significantly; `none` where no difference is shown; `unclear` where a P is significant and nothing
    says for whom; `unknown` where no figure tells. Significance is by the result's own `alpha` and P where it has one,
    else by its interval, else by P below 0.05 (one-sided: 0.025).
    """
    held = _decisive(study, result)
    own = (endpoint.alpha for endpoint in study.primary_endpoints if result.endpoint in endpoint.name.split())
    significant = _significant(held, result.alpha or next(filter(None, own), None))
    if significant is None:
        return "unknown"
    if not significant:
        return "none"
    # Of a ratio and 1, and of the figures of the two arms: below 1, or more of what is counted, is better.
    compared = (1, held.hr) if held.hr is not None else _compared(study, held) or (0, 0)
    return "unclear" if compared[0] == compared[1] else "better" if compared[0] > compared[1] else "worse"


def _decisive(study: Study, result: Result) -> Result:
    """The figures that a verdict rests on: printed, as corrected unless the correction is a later report of its own."""
    fix = result.corrected
    if fix is None:
        return result
    kinds = {item.id: item.kind for item in study.discrepancies}
    printed = any(part is not None for part in (result.arms, result.hr, result.p))
    if printed and kinds.get(fix.discrepancy) == "later_report":
        return result
    parts = {name: getattr(fix, name) for name in ("arms", "hr", "ci", "p") if getattr(fix, name) is not None}
    return replace(result, corrected=None, **parts)


def _significant(result: Result, alpha: float | None) -> bool | None:
    p = probability(result.p)
    if p is not None and alpha is not None:
        return p.sign != ">" and p.value <= alpha
    # An interval that touches 1 in print may exclude it: then P decides.
    touches = result.ci is not None and min(abs(bound - 1) for bound in result.ci) <= _NEAR_ONE
    if result.ci is not None and result.unit != "other" and not (touches and p is not None):
        return not result.ci[0] <= 1 <= result.ci[1]
    if p is None:
        return None
    return p.sign != ">" and p.value < (_ONE_SIDED if p.one_sided else _ALPHA)


def _compared(study: Study, result: Result) -> tuple[float, float] | None:
    """The figures of the tested arm and of the other one; None where there are not just two."""
    given = {arm: number(figure) for arm, figure in (result.arms or {}).items()}
    if len(given) != 2:
        return None
    # The study's first arm is the one tested, whatever the order in which a result writes them.
    order = [arm.id for arm in study.arms]
    (_, a), (_, b) = sorted(given.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
    return None if a is None or b is None else (a, b)


def possible_verdicts(rule: Rule, therapy: Therapy, cited: Sequence[Study]) -> tuple[str, ...]:
    """The verdicts on a therapy that is not supported which its trials' figures allow: one, unless a direction is untold.

    One yardstick for all: `harmful` where survival or a primary endpoint is significantly worse; `secondary_only` where
    a primary endpoint was missed and another telling endpoint is significantly better; else `no_better`. Only randomised
    trials that tested this therapy count, and of them the whole trial, or the subgroup that the rule's `figure` is about;
    where there is none (a single arm, a control arm), it is `unproven`: nothing there says how it did against anything.
    """
    harm: set[Effect] = set()
    others: set[Effect] = set()
    missed = False
    subgroup = next((r.subgroup for s in cited for r in s.results if f"{s.id}/{r.id}" == rule.figure), "")
    # The therapy that a study tested is its first arm, or whatever its own file records without arms.
    tested = [one for one in cited if (one.arms[0].id == therapy.id if one.arms else one in therapy.studies)]
    controlled = [study for study in tested if study.kind == "randomised_controlled_trial"]
    if not controlled:
        return ("unproven",)
    for study in controlled:
        missed = missed or study.outcome in ("missed", "partly_met")
        primary = {word: endpoint.met for endpoint in study.primary_endpoints for word in endpoint.name.split()}
        for result in study.results:
            if result.subgroup == subgroup and result.endpoint in TELLING:
                said = effect(study, result)
                if result.endpoint == "OS" or result.endpoint in primary:
                    harm.add(said)
                # One of two primary endpoints that was met counts as better on another endpoint than the one missed.
                if primary.get(result.endpoint, "no" if result.endpoint == "OS" else "yes") == "yes":
                    others.add(said)
    if "worse" in harm:
        return ("harmful",)
    if missed and "better" in others:
        return ("secondary_only",)
    return ("secondary_only", "no_better") if missed and "unclear" in others else ("no_better",)


# -- what figures say against the record --------------------------------------------------------------------------------


def figure_findings(ruleset: Ruleset) -> tuple[FigureFinding, ...]:
    """Everything that figures say against each other, against their endpoint, or against a sentence, in order of writing."""
    found = [
        (f"study/{study.id}", *says)
        for study in ruleset.studies.values()
        for says in (*_between_figures(study), *_against_endpoint(study))
    ]
    for rule in ruleset.rules.values():
        known: set[Decimal] = set().union(*(recorded(ruleset.studies[name]) for name in rule.cites))
        known |= recorded(rule.when) | {Decimal(ruleset.card.as_of[:4])}
        for _, sentence in placed_sentences(rule, ()):
            for written in digits(sentence):
                if Decimal(written) not in known:
                    says = f"{written} is in no study that {rule.id} cites: {quote(sentence)}"
                    found.append((f"rule/{rule.id}", "number-without-record", says))
    return tuple(FigureFinding(code, about, ruleset.places.get(about, ""), text) for about, code, text in found)


def _between_figures(study: Study) -> Iterator[tuple[str, str]]:
    for result in _unexcused(study):
        held = _decisive(study, result)
        if _p_contradicts(held):
            assert held.ci is not None
            interval = f"{held.ci[0]:g} to {held.ci[1]:g}"
            yield "p-against-interval", f"{study.id}/{result.id}: P {held.p} and the interval {interval} disagree"
        values = _compared(study, held) if study.kind == "randomised_controlled_trial" and held.endpoint in SURVIVAL else None
        if held.hr is not None and values is not None and min(values) > 0:
            # Whether times and ratio point to different arms, by more than curves that cross can explain.
            times, ratio = log(values[0] / values[1]), log(held.hr)
            if times * ratio > 0 and abs(times) > _SAME_MEDIANS and abs(ratio) > _SAME_RATIO:
                arms = " v ".join(f"{arm} {figure}" for arm, figure in (held.arms or {}).items())
                yield "arms-against-ratio", f"{study.id}/{result.id}: {arms}, yet the hazard ratio is {held.hr:g}"
    own = set().union(*(recorded(part) for part in (study.results, study.arms, study.toxicity, study.figures)))
    results = {result.id for result in study.results}
    for item in study.discrepancies:
        for written in digits(item.prints) if item.kind == "misprint" and results & set(item.affects) else ():
            if Decimal(written) not in own | recorded((study.n, study.nct, item.lines)):
                yield "print-without-record", f"{item.id}: {written} is said to be printed and stands in no figure of {study.id}"


def _unexcused(study: Study) -> Iterator[Result]:
    """Results that must hold: a discrepancy excuses what is printed, but not what its correction makes of it."""
    explained = {name for discrepancy in study.discrepancies for name in discrepancy.affects}
    return (result for result in study.results if result.corrected or result.id not in explained)


def _p_contradicts(result: Result) -> bool:
    """Whether P and interval fall on different sides of significance, by more than rounding."""
    p = probability(result.p)
    if p is None or result.ci is None or result.unit == "other":
        return False
    low, high = result.ci
    # P is held against the interval's own level; a one-sided P stands for twice as much on both sides.
    alpha = round(1 - result.ci_level / 100, 6)
    value = 2 * p.value if p.one_sided else p.value
    excludes = low > 1 + _NEAR_ONE or high < 1 - _NEAR_ONE
    includes = low < 1 - _NEAR_ONE and high > 1 + _NEAR_ONE
    above = value >= alpha if p.sign == ">" else p.sign != "<" and value > alpha * _NEAR_ALPHA
    below = p.sign != ">" and value < alpha / _NEAR_ALPHA
    return (excludes and above) or (includes and below)


def _against_endpoint(study: Study) -> Iterator[tuple[str, str]]:
    """Endpoints recorded as missed whose figures show a benefit, and as met whose figures show none."""
    if study.kind != "randomised_controlled_trial":
        return
    for endpoint in study.primary_endpoints:
        own = [r for r in _unexcused(study) if r.endpoint in endpoint.name.split() and not r.subgroup]
        effects = {result.id: effect(study, result) for result in own}
        recorded_as, told = f"{study.id}: {endpoint.name} is recorded as", set(effects.values())
        shown = ", ".join(effects)
        if endpoint.met == "no" and "better" in told and not {"none", "worse"} & told:
            yield "missed-yet-better", f"{recorded_as} missed, yet {shown} shows a benefit"
        margins = [(result.ci, result.margin or endpoint.margin) for result in own]
        # Not inferior: the interval of the ratio stays below the margin that was agreed on.
        held = any(ci is not None and margin is not None and ci[1] < margin for ci, margin in margins)
        if endpoint.met == "yes" and not held and told and told <= {"none", "worse"}:
            yield "met-yet-no-better", f"{recorded_as} met, yet {shown} shows no benefit"
