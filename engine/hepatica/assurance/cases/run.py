"""Holds answers against cases: what was expected, what came, and what decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hepatica.assurance.cases.case import ExpectedRule, ExpectedWhy, PatientCase
from hepatica.evaluation import (
    LISTS,
    Entry,
    Evaluation,
    Evaluator,
    ListName,
    Reason,
    RuleAnswer,
    RulesetIdentity,
    Scope,
    identity,
)
from hepatica.notice import notice
from hepatica.patient import UNKNOWN, Fields
from hepatica.records import Hidden, record

NOT_CITED = "not cited"


@record(kw_only=True)
class RulePart:
    """What one rule contributes to a therapy's place."""

    list: ListName
    standing: str
    cites: tuple[str, ...]


@record(kw_only=True)
class TherapyPart:
    """The parts of a therapy's entry that a case can speak of; `decided` says in words what put it there."""

    list: ListName
    rule: str
    standing: str
    verdict: str | None
    cites: tuple[str, ...]
    needs: frozenset[str]
    blocked_by: frozenset[str]
    rules: Mapping[str, RulePart]
    headline: str = ""
    decided: str = ""


@record(kw_only=True)
class AnswerParts:
    """The parts of an answer that a case can speak of.

    `derived` is yes, no or unknown by concept, `applicability` inside, outside ... by each study that the answer cites.
    """

    therapies: Mapping[str, TherapyPart]
    scope: Scope
    derived: Mapping[str, str]
    warnings: frozenset[str]
    applicability: Mapping[str, str]


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
    found = tuple(mismatches(case, parts_of(evaluator.evaluate(case.profile))))
    return CaseOutcome(case=case.sentence, file=case.file, line=case.line, passed=not found, mismatches=found, source=case)


def parts_of(evaluation: Evaluation) -> AnswerParts:
    """What an evaluation says."""
    fields = evaluation.knowledge.fields
    entries = [(name, entry) for name in LISTS for entry in getattr(evaluation, name)]
    cited = [citation for _, entry in entries for said in (entry, *entry.other_rules) for citation in said.citations]
    return AnswerParts(
        therapies={entry.therapy: _therapy(name, entry, fields) for name, entry in entries},
        scope=evaluation.scope,
        derived={name: truth(value) for name, value in evaluation.derived.items()},
        warnings=frozenset(warning.code for warning in evaluation.warnings),
        applicability={citation.study: citation.applicability.status for citation in cited},
    )


def truth(value: bool | str | None) -> str:
    """A verdict as a case writes it."""
    return "yes" if value is True else "no" if value is False else UNKNOWN


def _therapy(name: ListName, entry: Entry, fields: Fields) -> TherapyPart:
    main = RulePart(list=name, standing=entry.standing, cites=tuple(citation.study for citation in entry.citations))
    fewest = entry.needs_any[0] if entry.needs_any else ()
    return TherapyPart(
        list=name,
        rule=entry.rule,
        standing=main.standing,
        verdict=entry.verdict,
        cites=main.cites,
        needs=frozenset(entry.needs),
        blocked_by=frozenset(reason.field for reason in fewest),
        rules={entry.rule: main} | {other.rule: _rule(other) for other in entry.other_rules} if name != "ruled_out" else {},
        headline=entry.headline.text,
        decided=_decided(name, entry, fewest, fields),
    )


def _rule(answer: RuleAnswer) -> RulePart:
    cites = tuple(citation.study for citation in answer.citations)
    return RulePart(list=answer.reaches, standing=answer.standing, cites=cites)


def _decided(name: ListName, entry: Entry, fewest: Sequence[Reason], fields: Fields) -> str:
    """The rule and the conditions that put a therapy where it is, each with the patient's value."""
    if name == "ruled_out":
        what = "; ".join(f"{_is(reason, fields)}, needs {reason.requires.replace('_', ' ')}" for reason in fewest)
    elif name == "possible":
        what = f"not known: {', '.join(fields[need].title for need in entry.needs)}"
    else:
        what = "; ".join(dict.fromkeys(_is(reason, fields) for reason in entry.because))
    return f"by the rule {entry.rule}: {what or 'nothing is asked'}"


def _is(reason: Reason, fields: Fields) -> str:
    return f"{fields[reason.field].title} is {reason.value.replace('_', ' ')}"


def mismatches(case: PatientCase, answer: AnswerParts) -> Iterator[CaseMismatch]:
    """Every expectation of a case that an answer does not meet."""
    expected = case.expected
    if expected.scope is not None and expected.scope != answer.scope:
        yield CaseMismatch(about="scope", expected=expected.scope, came=answer.scope)
    if expected.warnings is not None and set(expected.warnings) != answer.warnings:
        yield CaseMismatch(about="warnings", expected=_listed(expected.warnings), came=_listed(answer.warnings))
    for concept, wanted in expected.derived.items():
        if wanted != answer.derived[concept]:
            yield CaseMismatch(about=concept, expected=wanted, came=answer.derived[concept])
    for study, status in expected.applicability.items():
        came = answer.applicability.get(study, NOT_CITED)
        if status != came:
            yield CaseMismatch(about=f"applicability of {study}", expected=status, came=came)
    for therapy, part in answer.therapies.items():
        yield from misplaced(case, therapy, part)
        yield from not_shown(case, therapy, part.headline)


def misplaced(case: PatientCase, therapy: str, part: TherapyPart) -> Iterator[CaseMismatch]:
    """What a case expects of one therapy's place and does not find."""
    wanted = case.expected.lists.get(therapy)
    if wanted is not None and wanted != part.list:
        yield _unlike(therapy, wanted, part.list, part)
    for whole, names in case.expected.exactly.items():
        if therapy in names and part.list != whole:
            yield _unlike(therapy, whole, part.list, part)
        elif therapy not in names and part.list == whole:
            yield _unlike(therapy, f"not in {whole}", part.list, part)
    why = case.expected.why.get(therapy)
    if why is not None:
        for about, expected, came in _unexplained(why, part):
            if expected != came:
                yield _unlike(f"{therapy}, {about}", expected, came, part)


def not_shown(case: PatientCase, therapy: str, headline: str) -> Iterator[CaseMismatch]:
    """The texts that a therapy's headline must hold and does not."""
    for text in case.expected.shows.get(therapy, ()):
        if " ".join(text.split()) not in " ".join(headline.split()):
            yield CaseMismatch(about=f"{therapy}, shows", expected=text, came=headline or "no headline")


def _unlike(about: str, expected: str, came: str, part: TherapyPart) -> CaseMismatch:
    return CaseMismatch(about=about, expected=expected, came=came, decided_by=part.decided)


def _unexplained(why: ExpectedWhy, part: TherapyPart) -> Iterator[tuple[str, str, str]]:
    """Each part of a why: what it is about, what is expected, what came."""
    if why.rule:
        yield "rule", why.rule, part.rule
    yield from _evidence(why, RulePart(list=part.list, standing=part.standing, cites=part.cites))
    if why.verdict is not None:
        yield "verdict", why.verdict, part.verdict or "none"
    if why.needs is not None:
        yield "needs", _listed(why.needs), _listed(part.needs)
    if why.blocked_by is not None:
        yield "blocked by", _listed(why.blocked_by), _listed(part.blocked_by)
    for rule, also in why.also.items():
        found = part.rules.get(rule)
        yield f"rule {rule}", also.list, found.list if found is not None else "ruled_out"
        if found is not None and found.list == also.list:
            yield from ((f"rule {rule}, {about}", expected, came) for about, expected, came in _evidence(also, found))


def _evidence(asked: ExpectedWhy | ExpectedRule, found: RulePart) -> Iterator[tuple[str, str, str]]:
    if asked.standing is not None:
        yield "standing", asked.standing, found.standing
    if asked.cites is not None:
        yield "cites", _listed(asked.cites), _listed(found.cites)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"
