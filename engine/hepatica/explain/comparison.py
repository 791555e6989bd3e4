"""Answers side by side: several patients, or one patient under several rulesets. What differs first, then what is shared.

Of one patient under a ruleset and its companion of another year, what became of each hope stands before all that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from hepatica.evaluation import ApplicabilityStatus, Evaluation, ListName, RulesetIdentity, Scope
from hepatica.knowledge import RANK, LaterEvent, Standing, TherapyFate, Verdict
from hepatica.notice import notice
from hepatica.patient import Profile
from hepatica.records import record
from hepatica.wording import NOT_KNOWN, shown

Difference = Literal["list", "standing", "grounds", ""]
MOST_COLUMNS = 26


@record
class Column:
    """One answer and the name it is shown under."""

    name: str
    evaluation: Evaluation


@record(kw_only=True)
class ComparedCase:
    """What a column is about: the case, and the ruleset that answered.

    `strongest_open` names the therapies that may yet stand above every certain option, or beside an established one, if what
    `asked` says were known: those of the best standing among them, which is `open_standing`.
    """

    name: str
    ruleset: RulesetIdentity
    scope: Scope
    profile: Profile
    strongest_open: tuple[str, ...]
    open_standing: Standing | None
    asked: tuple[str, ...]


@record(kw_only=True)
class ComparedRow:
    """A field or a component of Child-Pugh in every column, in words; empty where a ruleset has no such field."""

    id: str
    title: str
    values: tuple[str, ...]


@record(kw_only=True)
class ComparedTherapy:
    """One therapy in one column. `evidence` is each cited study with whether the patient is one it enrolled."""

    list: ListName
    rule: str
    standing: Standing
    verdict: Verdict | None
    would_be: ListName | None
    needs: tuple[str, ...]
    needs_titles: tuple[str, ...]
    headline: str
    mark: str
    evidence: tuple[tuple[str, ApplicabilityStatus], ...]


@record(kw_only=True)
class TherapyRow:
    """One therapy in every column; None where a ruleset does not know it. `difference` is the weightiest one."""

    therapy: str
    name: str
    cells: tuple[ComparedTherapy | None, ...]
    difference: Difference


@record(kw_only=True)
class DecadeRow:
    """One therapy for one patient in both years, None where that ruleset does not know it. `stood` is `absent`, the list where
    no evidence spoke (`ruled_out`), or the standing it had then. `fate` and `later` say what became of it and of its studies.
    """

    therapy: str
    name: str
    then: ComparedTherapy | None
    now: ComparedTherapy | None
    stood: str
    fate: TherapyFate | None
    later: tuple[LaterEvent, ...]


@record(kw_only=True)
class ThenAndNow:
    """One patient under the earlier ruleset and the later one: the therapies of the best standing in each, and every row."""

    notice: str
    then: ComparedCase
    now: ComparedCase
    best_then: tuple[str, ...]
    best_now: tuple[str, ...]
    rows: tuple[DecadeRow, ...]


@record(kw_only=True)
class Comparison:
    """Everything that differs between the columns, and everything they share; `then_and_now` where they are two years."""

    notice: str
    columns: tuple[ComparedCase, ...]
    facts: tuple[ComparedRow, ...]
    components: tuple[ComparedRow, ...]
    therapies: tuple[TherapyRow, ...]
    shared_facts: tuple[ComparedRow, ...]
    shared_therapies: tuple[TherapyRow, ...]
    then_and_now: ThenAndNow | None = None


def compare(columns: Sequence[Column]) -> Comparison:
    """The columns side by side; at least one."""
    evaluations = [column.evaluation for column in columns]
    held = [(one.knowledge.fields, one.profile.facts) for one in evaluations]
    facts = _rows([{name: (field.title, shown(field, known.get(name))) for name, field in own.items()} for own, known in held])
    graded: list[Any] = [one.profile.measurements.get("child_pugh") or {"components": {}, "points": {}} for one in evaluations]
    pointed = [{name: f"{v} ({one['points'].get(name, '?')})" for name, v in one["components"].items()} for one in graded]
    components = _rows([{name: (name, words) for name, words in one.items()} for one in pointed], NOT_KNOWN)
    therapies = [_row(name, evaluations) for name in dict.fromkeys(t for e in evaluations for t in e.knowledge.therapies)]
    order = get_args(Difference)
    return Comparison(
        notice=notice(" and ".join(dict.fromkeys(evaluation.ruleset.as_of for evaluation in evaluations))),
        columns=tuple(map(_case, columns)),
        facts=tuple(row for row in facts if _differs(row.values)),
        components=tuple(row for row in components if _differs(row.values)),
        therapies=tuple(sorted((row for row in therapies if row.difference), key=lambda row: order.index(row.difference))),
        shared_facts=tuple(row for row in facts if not _differs(row.values)),
        shared_therapies=tuple(row for row in therapies if not row.difference),
        then_and_now=then_and_now(*columns) if len(columns) == 2 and _two_years(*evaluations) else None,
    )


def _case(column: Column) -> ComparedCase:
    answer = column.evaluation
    open_ = sorted(answer.rivals(), key=lambda entry: RANK[entry.standing])
    open_ = [entry for entry in open_ if entry.standing == open_[0].standing]
    return ComparedCase(
        name=column.name,
        ruleset=answer.ruleset,
        scope=answer.scope,
        profile=answer.profile,
        strongest_open=tuple(entry.name for entry in open_),
        open_standing=open_[0].standing if open_ else None,
        asked=tuple(map(answer.profile.to_enter, dict.fromkeys(name for entry in open_ for name in entry.needs))),
    )


def _two_years(one: Evaluation, two: Evaluation) -> bool:
    """Whether two answers are about one patient, under a ruleset and its companion of another date."""
    cards = one.knowledge.card, two.knowledge.card
    # Either card may name the other: a ruleset is often written before its companion exists.
    companions = cards[0].id == cards[1].companion or cards[1].id == cards[0].companion
    shared = one.knowledge.fields.keys() & two.knowledge.fields.keys()
    same = all(one.profile.facts.get(name) == two.profile.facts.get(name) for name in shared)
    return companions and same and cards[0].as_of != cards[1].as_of


def then_and_now(*columns: Column) -> ThenAndNow:
    """One patient under two rulesets of different dates, given in either order."""
    then, now = sorted(columns, key=lambda column: column.evaluation.ruleset.as_of)
    before, after = then.evaluation, now.evaluation
    # In the order of the earlier answer, so that each hope stands where a reader of that year met it.
    names = dict.fromkeys(e.therapy for answer in (before, after) for listed in answer.entries().values() for e in listed)
    best = [tuple(e.therapy for e in one.options if e.standing == one.options[0].standing) for one in (before, after)]
    return ThenAndNow(
        notice=notice(f"{before.ruleset.as_of} and {after.ruleset.as_of}"),
        then=_case(then),
        now=_case(now),
        best_then=best[0],
        best_now=best[1],
        rows=tuple(_decade_row(name, before, after) for name in names),
    )


def _decade_row(therapy: str, before: Evaluation, after: Evaluation) -> DecadeRow:
    then, now = (_cell(therapy, evaluation) for evaluation in (before, after))
    known = before.knowledge.therapies.get(therapy)
    cited = before.entry(therapy)[1].citations if known else ()
    return DecadeRow(
        therapy=therapy,
        name=(known or after.knowledge.therapies[therapy]).name,
        then=then,
        now=now,
        stood="absent" if then is None else then.list if then.list == "ruled_out" else then.standing,
        fate=known.fate if known else None,
        later=tuple(dict.fromkeys(event for citation in cited for event in citation.later)),
    )


def _rows(columns: Sequence[Mapping[str, tuple[str, str]]], absent: str = "") -> list[ComparedRow]:
    titles = {name: title for column in columns for name, (title, _) in column.items()}
    values = {name: tuple(column[name][1] if name in column else absent for column in columns) for name in titles}
    return [ComparedRow(id=name, title=title, values=values[name]) for name, title in titles.items()]


def _differs(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values)


def _row(therapy: str, evaluations: list[Evaluation]) -> TherapyRow:
    cells = tuple(_cell(therapy, evaluation) for evaluation in evaluations)
    name = next(e.knowledge.therapies[therapy].name for e in evaluations if therapy in e.knowledge.therapies)
    # The weightiest difference only: a reader who is told of another verdict need not be told that its evidence differs.
    difference: Difference = ""
    if _differs([cell and cell.list for cell in cells]):
        difference = "list"
    # The lists agree from here on, so a therapy that one ruleset does not know was settled above.
    elif (known := [cell for cell in cells if cell is not None])[0].list not in ("ruled_out", "unreported"):
        if _differs([(cell.standing, cell.verdict) for cell in known]):
            difference = "standing"
        elif _differs([(cell.rule, cell.needs, cell.evidence) for cell in known]):
            difference = "grounds"
    return TherapyRow(therapy=therapy, name=name, cells=cells, difference=difference)


def _cell(therapy: str, evaluation: Evaluation) -> ComparedTherapy | None:
    if therapy not in evaluation.knowledge.therapies:
        return None
    name, entry = evaluation.entry(therapy)
    return ComparedTherapy(
        list=name,
        rule=entry.rule,
        standing=entry.standing,
        verdict=entry.verdict,
        would_be=entry.would_be,
        needs=entry.needs,
        needs_titles=tuple(map(evaluation.profile.to_enter, entry.needs)),
        headline=entry.headline.text,
        mark=evaluation.knowledge.rules[entry.rule].mark,
        evidence=tuple((citation.name, citation.applicability.status) for citation in entry.citations),
    )
