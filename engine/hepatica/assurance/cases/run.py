"""Holds answers against cases: what was expected, what came, and what decided.

Where an answer puts a therapy, and why, is written as a case would expect it, whole: so each part that a case names is held
against the same part of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hepatica.assurance.cases.case import ExpectedRule, ExpectedWhy, Held, PatientCase
from hepatica.evaluation import (
    LISTS,
    ApplicabilityStatus,
    Entry,
    Evaluation,
    Evaluator,
    ListName,
    Reason,
    RuleAnswer,
    RulesetIdentity,
    identity,
)
from hepatica.notice import notice
from hepatica.patient import Fields
from hepatica.records import Hidden, record

NOT_CITED = "not cited"
_ASKED = ("rule", "standing", "verdict", "cites", "needs", "blocked_by")


@record(kw_only=True)
class PlacedTherapy:
    """Where an answer puts a therapy, and why; `decided` says in words what put it there."""

    list: ListName
    why: ExpectedWhy
    headline: str = ""
    decided: str = ""


@record(kw_only=True)
class CaseMismatch:
    """One expectation that was not met, and what put the therapy where it is."""

    about: str
    expected: str
    came: str
    decided_by: str = ""


@record(kw_only=True)
class CaseOutcome:
    """A case and what did not come as it says; passed where nothing did."""

    case: str
    file: str
    line: int
    passed: bool
    mismatches: tuple[CaseMismatch, ...]
    source: Hidden[PatientCase]


@record(kw_only=True)
class RulesetOutcomes:
    """The outcomes of one ruleset's cases."""

    ruleset: RulesetIdentity
    cases: int
    failed: int
    outcomes: tuple[CaseOutcome, ...]


@record(kw_only=True)
class CaseRun:
    """Every case that was run, by ruleset."""

    notice: str
    passed: bool
    cases: int
    failed: int
    rulesets: tuple[RulesetOutcomes, ...]


def run_cases(suites: Iterable[tuple[Evaluator, Sequence[PatientCase]]]) -> CaseRun:
    """Every case under its ruleset, in order."""
    found: list[RulesetOutcomes] = []
    for evaluator, cases in suites:
        each = tuple(outcome(case, evaluator) for case in cases)
        fails = sum(not one.passed for one in each)
        found.append(RulesetOutcomes(ruleset=identity(evaluator.ruleset), cases=len(each), failed=fails, outcomes=each))
    failed = sum(one.failed for one in found)
    return CaseRun(
        notice=notice(min((one.ruleset.as_of for one in found), default="")),
        passed=not failed,
        cases=sum(one.cases for one in found),
        failed=failed,
        rulesets=tuple(found),
    )


def outcome(case: PatientCase, evaluator: Evaluator) -> CaseOutcome:
    """One case under one ruleset."""
    found = tuple(mismatches(case, evaluator.evaluate(case.profile)))
    return CaseOutcome(case=case.sentence, file=case.file, line=case.line, passed=not found, mismatches=found, source=case)


def truth(value: bool | str | None) -> Held:
    """A verdict as a case writes it."""
    return "yes" if value is True else "no" if value is False else "unknown"


def enrolled(answer: Evaluation) -> Mapping[str, ApplicabilityStatus]:
    """Whether each study that an answer cites enrolled such patients."""
    said = [part for name in LISTS for entry in getattr(answer, name) for part in (entry, *entry.other_rules)]
    return {citation.study: citation.applicability.status for part in said for citation in part.citations}


def placed(name: ListName, entry: Entry, fields: Fields) -> PlacedTherapy:
    """Where an answer puts a therapy: its entry in a list."""
    fewest = entry.needs_any[0] if entry.needs_any else ()
    said: list[tuple[Entry | RuleAnswer, ListName]] = [(entry, name), *((other, other.reaches) for other in entry.other_rules)]
    rules = {
        one.rule: ExpectedRule(list=reaches, standing=one.standing, cites=tuple(citation.study for citation in one.citations))
        for one, reaches in said
    }
    why = ExpectedWhy(
        rule=entry.rule,
        standing=entry.standing,
        verdict=entry.verdict,
        cites=rules[entry.rule].cites,
        needs=entry.needs,
        blocked_by=tuple(reason.field for reason in fewest),
        also=rules if name != "ruled_out" else {},
    )
    return PlacedTherapy(list=name, why=why, headline=entry.headline.text, decided=_decided(name, entry, fewest, fields))


def every_place(answer: Evaluation) -> dict[str, PlacedTherapy]:
    """Where an answer puts each therapy."""
    fields = answer.knowledge.fields
    return {entry.therapy: placed(name, entry, fields) for name in LISTS for entry in getattr(answer, name)}


def _decided(name: ListName, entry: Entry, fewest: Sequence[Reason], fields: Fields) -> str:
    """The rule and the conditions that put a therapy where it is, each with the patient's value."""

    def told(reason: Reason) -> str:
        return f"{fields[reason.field].title} is {reason.value.replace('_', ' ')}"

    if name == "ruled_out":
        what = "; ".join(f"{told(reason)}, needs {reason.requires.replace('_', ' ')}" for reason in fewest)
    elif name == "possible":
        what = f"not known: {', '.join(fields[need].title for need in entry.needs)}"
    else:
        what = "; ".join(dict.fromkeys(map(told, entry.because)))
    return f"by the rule {entry.rule}: {what or 'nothing is asked'}"


def mismatches(case: PatientCase, answer: Evaluation) -> Iterator[CaseMismatch]:
    """Every expectation of a case that an answer does not meet."""
    expected, studies = case.expected, enrolled(answer)
    held: list[tuple[str, str | Sequence[str] | None, str | Sequence[str]]] = [("scope", expected.scope, answer.scope)]
    held += [("warnings", expected.warnings, [warning.code for warning in answer.warnings])]
    held += [(concept, wanted, truth(answer.derived[concept])) for concept, wanted in expected.derived.items()]
    held += [(f"applicability of {s}", wanted, studies.get(s, NOT_CITED)) for s, wanted in expected.applicability.items()]
    for about, wanted, came in held:
        if wanted is not None and _listed(wanted) != _listed(came):
            yield CaseMismatch(about=about, expected=_listed(wanted), came=_listed(came))
    for therapy, place in every_place(answer).items():
        yield from misplaced(case, therapy, place)
        yield from not_shown(case, therapy, place.headline)


def misplaced(case: PatientCase, therapy: str, place: PlacedTherapy) -> Iterator[CaseMismatch]:
    """What a case expects of one therapy's place and does not find."""
    said = case.expected
    wanted = said.lists.get(therapy, place.list)
    found: list[tuple[str, ...]] = [(therapy, wanted, place.list)] if wanted != place.list else []
    for whole, names in said.exactly.items():
        if (therapy in names) != (place.list == whole):
            found.append((therapy, whole if therapy in names else f"not in {whole}", place.list))
    if therapy in said.why:
        found += ((f"{therapy}, {about}", *differing) for about, *differing in _unlike(said.why[therapy], place.why))
    for about, expected, came in found:
        yield CaseMismatch(about=about, expected=expected, came=came, decided_by=place.decided)


def not_shown(case: PatientCase, therapy: str, headline: str) -> Iterator[CaseMismatch]:
    """The texts that a therapy's headline must hold and does not."""
    for text in case.expected.shows.get(therapy, ()):
        if " ".join(text.split()) not in " ".join(headline.split()):
            yield CaseMismatch(about=f"{therapy}, shows", expected=text, came=headline or "no headline")


def _unlike(asked: ExpectedWhy | ExpectedRule, found: ExpectedWhy | ExpectedRule) -> Iterator[tuple[str, str, str]]:
    """Each part that is asked for and is otherwise: what it is about, what is expected, what came."""
    for part in _ASKED:
        # What a case leaves out it does not ask; an empty list asks that there be none.
        wanted, came = getattr(asked, part, None), getattr(found, part, None)
        if wanted not in (None, "") and _listed(wanted) != _listed(came):
            yield part.replace("_", " "), _listed(wanted), _listed(came)
    if isinstance(asked, ExpectedWhy) and isinstance(found, ExpectedWhy):
        for rule, other in asked.also.items():
            known = found.also.get(rule)
            # A rule that an answer does not mention is one that does not apply.
            reaches = known.list if known is not None else "ruled_out"
            if other.list != reaches:
                yield f"rule {rule}", other.list, reaches
            elif known is not None:
                yield from ((f"rule {rule}, {about}", wanted, came) for about, wanted, came in _unlike(other, known))


def _listed(said: str | Iterable[str] | None) -> str:
    """A word, or words in one order."""
    return said if isinstance(said, str) else ", ".join(sorted(set(said or ()))) or "none"
