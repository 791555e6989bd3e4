"""What a cohort comes to: counted as batches pass, in memory that does not grow with the rows; small numbers hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hepatica.cohort.cells import Places, Reject, combined
from hepatica.cohort.coding import Coded, Codes
from hepatica.cohort.kernel import BLOCK, NONE, Answers, Kernel
from hepatica.evaluation import LISTS, ListName, RulesetIdentity, RulesetResult, evaluator_of, headed
from hepatica.inference import SCOPE
from hepatica.knowledge import RANK, STANDINGS
from hepatica.patient import Interval
from hepatica.problems import quote
from hepatica.records import record
from hepatica.wording import Wording, shown

MOST_PATTERNS = 50_000
"""Of so many different patients it is worked out which test would settle most; of a larger cohort, of the first so many."""
MOST_REASONS = 50
SCOPES = {"in": "In scope", "out": "Out of scope", "unknown": "Scope not known"}
Number = int | None
"""A number of rows; None where it is hidden because it is small, or because it would give a small one away."""
R = TypeVar("R")


@record(kw_only=True)
class MappingIdentity:
    """Which mapping read the tables."""

    id: str
    title: str
    digest: str


@record(kw_only=True)
class ReadColumns:
    """A field, and the columns that it was read from."""

    field: str
    title: str
    columns: tuple[str, ...]


@record(kw_only=True)
class RowCounts:
    """All rows: those answered, those rejected and those `folded` into another row of a patient add up to `rows`."""

    rows: Number
    answered: Number
    rejected: Number
    folded: Number


@record(kw_only=True)
class CohortCount:
    """How many rows something is true of."""

    key: str
    title: str
    rows: Number


@record(kw_only=True)
class FieldCounts:
    """The answered rows by the value of one field."""

    field: str
    title: str
    counts: tuple[CohortCount, ...]


@record(kw_only=True)
class StandingCount:
    """Rows whose strongest option has this standing, by the line of treatment of the rule that makes it one."""

    standing: str
    title: str
    line: str
    rows: Number


@record(kw_only=True)
class TherapyCount:
    """How many answered rows in scope, or not known to be out of it, have a therapy in each list; its options by standing."""

    therapy: str
    name: str
    lists: Mapping[ListName, Number]
    standings: tuple[StandingCount, ...]


@record(kw_only=True)
class MissingFact:
    """A field that is not known: in how many rows, in how many of them some result of it would settle anything, and in how many
    any result would settle everything. `verdicts` are the open therapies, over all rows, that any result settles."""

    field: str
    title: str
    unknown: Number
    blocks: Number
    settles: Number
    verdicts: Number


@record(kw_only=True)
class RejectCount:
    """Rows refused for one column and reason; `example` is one such value, where small numbers are not hidden."""

    column: str
    code: str
    reason: str
    example: str
    rows: Number


@record(kw_only=True)
class CohortSummary(RulesetResult):
    """A whole cohort under one ruleset. `suppress_below` is the least number that is shown, 0 where all are; `unread` are the
    tables' columns that no field was read from."""

    mapping: MappingIdentity
    tables: tuple[str, ...]
    unread: tuple[str, ...]
    columns: tuple[ReadColumns, ...]
    suppress_below: int
    rows: RowCounts
    scope: tuple[CohortCount, ...]
    out_of_scope: tuple[CohortCount, ...]
    patients: tuple[FieldCounts, ...]
    strongest: tuple[StandingCount, ...]
    therapies: tuple[TherapyCount, ...]
    missing: tuple[MissingFact, ...]
    examined: Number = 0
    rejects: tuple[RejectCount, ...] = ()
    warnings: tuple[CohortCount, ...] = ()
    verified: int = 0


@record(kw_only=True)
class CohortTurn:
    """Rows that were so under the old ruleset and are so under the new one; both in words."""

    old: str
    new: str
    rows: Number


@record(kw_only=True)
class CohortTherapyTurn:
    """Rows in which a therapy is in one list under the old ruleset and in another under the new one; "" where a ruleset does not
    know the therapy."""

    therapy: str
    name: str
    old: ListName | str
    new: ListName | str
    rows: Number


@record(kw_only=True)
class CohortDiff(RulesetResult):
    """What a change of rules does to the patients of a cohort. `changed` rows have another scope or strongest standing, or a
    therapy that both rulesets know in another list."""

    new_ruleset: RulesetIdentity
    mapping: MappingIdentity
    tables: tuple[str, ...]
    unread: tuple[str, ...]
    suppress_below: int
    rows: RowCounts
    changed: Number
    scope: tuple[CohortTurn, ...]
    strongest: tuple[CohortTurn, ...]
    therapies: tuple[CohortTherapyTurn, ...]


def small(number: Number, least: int, whole: Number = None) -> Number:
    """A number, hidden where it is small, or where its difference to a whole that is shown is."""
    rest = None if number is None or whole is None else whole - number
    return None if any(each is not None and 0 < each < least for each in (number, rest)) else number


def hidden(counts: Sequence[Number], least: int) -> list[Number]:
    """The parts of a whole with the small ones hidden, and where only one would be, the next smallest with it.

    Whoever knows the whole could else work the one out. No patient is disclosed by a nought, which stays.
    """
    shown = [small(number, least) for number in counts]
    rest = [place for place, number in enumerate(shown) if number]
    if shown.count(None) == 1 and rest:
        shown[min(rest, key=lambda place: (counts[place] or 0, place))] = None
    return shown


def parts(counts: tuple[R, ...], least: int) -> tuple[R, ...]:
    """Counts that add up to something known, the small ones hidden."""
    several: Sequence[Any] = counts
    numbers = hidden([one.rows for one in several], least)
    return tuple(replace(one, rows=number) for one, number in zip(several, numbers, strict=True))


def suppressed_rows(counts: RowCounts, least: int) -> RowCounts:
    """Where a part is hidden the whole is, and the answered, whom every other table adds up to, stay."""
    own = {name: small(getattr(counts, name), least) for name in ("answered", "rejected", "folded")}
    return replace(counts, **own, rows=None if None in own.values() else counts.rows)


def suppressed(found: CohortSummary, least: int) -> CohortSummary:
    """The summary with every number below `least` hidden, and whatever gives one away."""
    if least <= 1:
        return found
    return replace(
        found,
        suppress_below=least,
        rows=suppressed_rows(found.rows, least),
        scope=parts(found.scope, least),
        out_of_scope=parts(found.out_of_scope, least),
        patients=tuple(replace(one, counts=parts(one.counts, least)) for one in found.patients),
        strongest=parts(found.strongest, least),
        therapies=tuple(_therapy(one, least) for one in found.therapies),
        missing=tuple(_missing(one, found.rows.answered or 0, least) for one in found.missing),
        examined=small(found.examined, least),
        rejects=tuple(replace(one, example="") for one in parts(found.rejects, least)),
        warnings=tuple(replace(one, rows=small(one.rows, least)) for one in found.warnings),
    )


def _therapy(one: TherapyCount, least: int) -> TherapyCount:
    lists = dict(zip(one.lists, hidden(list(one.lists.values()), least), strict=True))
    # What adds up to a hidden number must not show it.
    secret = lists.get("options") is None
    standings = tuple(replace(each, rows=None) for each in one.standings) if secret else parts(one.standings, least)
    return replace(one, lists=lists, standings=standings)


def _missing(one: MissingFact, total: int, least: int) -> MissingFact:
    # Who is known is the rest of those who are not, and the rest to a larger number that is shown must not be small either.
    unknown = small(one.unknown, least, total)
    blocks = small(one.blocks, least, unknown)
    settles = small(one.settles, least, blocks)
    return replace(one, unknown=unknown, blocks=blocks, settles=settles, verdicts=small(one.verdicts, least))


class Tally:
    """Counts over all batches of one ruleset."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.ruleset = kernel, kernel.ruleset
        self.fields = tuple(self.ruleset.fields)
        self.values = [domain.values for domain in kernel.coder.domains]
        self._used = [place for place, name in enumerate(self.fields) if name in self.ruleset.used_fields]
        self.scope: Counter[str] = Counter()
        self.states = [np.zeros(cascade.outcomes.shape[1], dtype=np.int64) for cascade, _ in kernel.groups]
        self.strongest: Counter[int] = Counter()
        self.values_met = [np.zeros(len(own), dtype=np.int64) for own in self.values]
        self.patterns: Counter[tuple[int, ...]] = Counter()
        self.rejects: Counter[tuple[str, str, str]] = Counter()
        self.examples: dict[tuple[str, str, str], str] = {}
        self.warnings: Counter[str] = Counter()

    def add(self, answers: Sequence[Answers], rejects: Iterable[Reject], _: Any) -> Any:
        """Counts the answers to the rows of one batch, and the rows that are not answered, each by the first thing that is wrong;
        returns the answers' table, if one was made."""
        (found,) = answers
        codes = found.coded.codes
        for place, column in enumerate(codes):
            self.values_met[place] += np.bincount(column, minlength=len(self.values_met[place]))
        scopes = np.bincount(found.outcome(len(self.kernel.therapies)), minlength=len(self.kernel.scopes))
        self.scope.update(dict(zip(self.kernel.scopes, scopes.tolist(), strict=True)))
        # Lists and standings are counted of those whom the rules are about; whether they are is a count of its own.
        inside = ~found.scoped("out")
        for place, states in enumerate(found.states):
            self.states[place] += np.bincount(states[inside], minlength=len(self.states[place]))
        marks, numbers = np.unique(found.strongest[inside], return_counts=True)
        self.strongest.update(dict(zip(marks.tolist(), numbers.tolist(), strict=True)))
        # How many different patients there are is not bounded, and what each result would do is worked out for every one.
        if len(self.patterns) < MOST_PATTERNS:
            patterns = combined([codes[place] for place in self._used])
            self.patterns.update(dict(zip(patterns.found, np.bincount(patterns.which).tolist(), strict=True)))
        self.warnings.update(found.coded.warnings)
        for one in rejects:
            # What is wrong is one reason; the values that it quotes are many.
            key = (one.column, one.code, one.reason.replace(quote(one.value), "this value") if one.value else one.reason)
            self.rejects[key] += 1
            self.examples.setdefault(key, one.value)
        return found.table

    def summary(self, read: Mapping[str, Any], least: int) -> CohortSummary:
        """What all batches come to, with numbers below `least` hidden; `read` says what was gone through."""
        codes = np.zeros((len(self.fields), len(self.patterns)), dtype=np.uint16)
        codes[self._used] = np.array(list(self.patterns), dtype=np.uint16).reshape(-1, len(self._used)).T
        weights = np.array(list(self.patterns.values()), dtype=np.int64)
        told = self._answer(codes)
        found = CohortSummary(
            **headed(self.ruleset),
            **read,
            suppress_below=0,
            scope=tuple(CohortCount(key=key, title=title, rows=self.scope[key]) for key, title in SCOPES.items()),
            out_of_scope=self._scope_reasons(codes, weights, np.flatnonzero(told.scoped("out"))),
            patients=tuple(self._described()),
            strongest=self._standings(),
            therapies=tuple(sorted(self._therapies(), key=lambda one: (*(-(one.lists[name] or 0) for name in LISTS), one.name))),
            missing=self._missing(codes, weights, told.still_open),
            examined=int(weights.sum()),
            rejects=self._refused(),
            warnings=_by_number(self.warnings, lambda code: code.replace("-", " ")),
        )
        return suppressed(found, least)

    def _answer(self, codes: Codes) -> Answers:
        rows = np.arange(codes.shape[1])
        return self.kernel.answer(Coded(np.ascontiguousarray(codes), rows, rows))

    def _scope_reasons(self, codes: Codes, weights: Places, out: Places) -> tuple[CohortCount, ...]:
        """Rows out of scope by the facts that the scope reads."""
        asked, fact = evaluator_of(self.ruleset).explained(SCOPE).fields, Wording(self.ruleset).fact
        read = [(name, place) for place, name in enumerate(self.fields) if name in asked]
        found: Counter[str] = Counter()
        for row in out:
            said = (fact(name, self.values[place][codes[place, row]]) for name, place in read if codes[place, row])
            found["; ".join(said)] += int(weights[row])
        return _by_number(found)

    def _described(self) -> Iterator[FieldCounts]:
        """The patients by the value of each field that the rules read, numbers left out."""
        for place in self._used:
            known = self.ruleset.fields[self.fields[place]]
            if known.kind != "number":
                unknown, *numbers = self.values_met[place].tolist()
                found: Counter[str] = Counter()
                for value, number in zip(self.values[place][1:], numbers, strict=True):
                    found[shown(known, value)] += number
                counts = [CohortCount(key=said, title=said, rows=number) for said, number in found.items() if number]
                counts.append(CohortCount(key="unknown", title="not known", rows=unknown))
                yield FieldCounts(field=known.name, title=known.title, counts=tuple(counts))

    def _standings(self) -> tuple[StandingCount, ...]:
        found: Counter[tuple[str, str]] = Counter()
        for mark, number in self.strongest.items():
            rule = None if mark == NONE else self.kernel.rule(mark)
            found[(rule.standing, rule.line) if rule else ("", "")] += number
        order = sorted(found, key=lambda pair: (RANK.get(pair[0], len(RANK)), pair[1]))
        return tuple(_standing(standing, line, found[standing, line]) for standing, line in order)

    def _therapies(self) -> Iterator[TherapyCount]:
        for member, one in enumerate(self.kernel.therapies):
            at, place = self.kernel.home[member]
            outcomes = self.kernel.groups[at][0].outcomes[place]
            numbers = np.bincount(outcomes, weights=self.states[at], minlength=len(one.judgements)).astype(np.int64).tolist()
            lists: dict[ListName, int] = dict.fromkeys(LISTS, 0)
            by: Counter[tuple[str, str]] = Counter()
            for judgement, number in zip(one.judgements, numbers, strict=True):
                lists[judgement.list] += number
                if judgement.list == "options":
                    by[one.rules[judgement.main].standing, one.rules[judgement.main].line] += number
            standings = tuple(_standing(*key, number) for key, number in sorted(by.items()) if number)
            yield TherapyCount(therapy=one.therapy.id, name=one.therapy.name, lists=lists, standings=standings)

    def _refused(self) -> tuple[RejectCount, ...]:
        every = sorted(self.rejects.items(), key=lambda item: (-item[1], item[0]))
        found = [
            RejectCount(column=column, code=code, reason=reason, example=self.examples[column, code, reason], rows=number)
            for (column, code, reason), number in every[:MOST_REASONS]
        ]
        if rest := sum(number for _, number in every[MOST_REASONS:]):
            found.append(RejectCount(column="", code="others", reason="further reasons", example="", rows=rest))
        return tuple(found)

    def _missing(self, codes: Codes, weights: Places, now: Places) -> tuple[MissingFact, ...]:
        """What is not known, and what knowing it would settle: that which settles most verdicts first."""
        found = []
        for place in self._used:
            known, unknown = self.ruleset.fields[self.fields[place]], int(self.values_met[place][0])
            # A field that everybody has settles nothing.
            if unknown:
                settled = self._settled(place, codes, weights, now)
                found.append(MissingFact(field=known.name, title=known.title, unknown=unknown, **settled))
        return tuple(sorted(found, key=lambda one: (-(one.verdicts or 0), -(one.settles or 0), -(one.blocks or 0), one.field)))

    def _settled(self, place: int, codes: Codes, weights: Places, now: Places) -> dict[str, int]:
        """Rows that some result of a field brings on, rows that any result settles, and verdicts that any result settles."""
        asked = np.flatnonzero((codes[place] == 0) & (now > 0))
        before, weight = now[asked], weights[asked]
        most, least = np.zeros(len(asked), dtype=np.int64), np.full(len(asked), np.iinfo(np.int64).max)
        results = [code for code, value in enumerate(self.values[place]) if value is not None and not isinstance(value, Interval)]
        # Of few patients all results at once: each for itself would cost the calls of every cascade and hardly answer anything.
        at_once = BLOCK // max(len(asked), 1) or 1
        for start in range(0, len(results) if len(asked) else 0, at_once):
            some = results[start : start + at_once]
            told = np.tile(codes[:, asked], len(some))
            told[place] = np.repeat(some, len(asked))
            left = self._answer(told).still_open.reshape(len(some), -1)
            most, least = np.maximum(most, left.max(axis=0)), np.minimum(least, left.min(axis=0))
        verdicts = int((np.maximum(before - most, 0) * weight).sum())
        return {"blocks": int(weight[least < before].sum()), "settles": int(weight[most == 0].sum()), "verdicts": verdicts}


def _by_number(counts: Mapping[str, int], title: Callable[[str], str] = str) -> tuple[CohortCount, ...]:
    """The commonest first, equal ones by key."""
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(CohortCount(key=key, title=title(key), rows=rows) for key, rows in order)


def _standing(standing: str, line: str, number: int) -> StandingCount:
    title = STANDINGS[standing].title if standing else "No option that is certain"
    return StandingCount(standing=standing, title=title, line=line, rows=number)
