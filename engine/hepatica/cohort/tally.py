"""Counting answers as batches pass: what a summary needs, in memory that does not grow with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hepatica.cohort.cascade import BLOCK
from hepatica.cohort.cells import combined
from hepatica.cohort.coding import Coded, Codes
from hepatica.cohort.kernel import NONE, Answers, Kernel, TherapyKernel
from hepatica.cohort.rejects import Reject
from hepatica.cohort.summary import CohortCount, FieldCounts, MissingFact, RejectCount, StandingCount, TherapyCount
from hepatica.evaluation import LISTS, ListName, evaluator_of
from hepatica.inference import SCOPE
from hepatica.knowledge import RANK, STANDINGS
from hepatica.patient import Interval
from hepatica.problems import quote
from hepatica.wording import Wording, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PATTERNS = 50_000
"""Of so many different patients it is worked out which test would settle most; of a larger cohort, of the first so many."""
SCOPES = {"in": "In scope", "out": "Out of scope", "unknown": "Scope not known"}


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

    def add(self, found: Answers) -> None:
        """The answers to the rows of one batch."""
        codes = found.coded.codes
        for place, column in enumerate(codes):
            self.values_met[place] += np.bincount(column, minlength=len(self.values_met[place]))
        scopes = np.bincount(found.outcome(len(self.kernel.therapies)), minlength=len(self.kernel.scopes))
        self.scope.update(dict(zip(self.kernel.scopes, scopes.tolist(), strict=True)))
        # Lists and standings are counted of those whom the rules are about; whether they are is a count of its own.
        inside = ~found.out
        for place, states in enumerate(found.states):
            self.states[place] += np.bincount(states[inside], minlength=len(self.states[place]))
        marks, numbers = np.unique(found.strongest[inside], return_counts=True)
        self.strongest.update(dict(zip(marks.tolist(), numbers.tolist(), strict=True)))
        # How many different patients there are is not bounded, and what each result would do is worked out for every one.
        if len(self.patterns) < MOST_PATTERNS:
            patterns = combined([codes[place] for place in self._used])
            self.patterns.update(dict(zip(patterns.found, np.bincount(patterns.which).tolist(), strict=True)))

    def refuse(self, rejects: Iterable[Reject]) -> None:
        """Rows that are not answered, each by the first thing that is wrong with it."""
        for one in rejects:
            # What is wrong is one reason; the values that it quotes are many.
            key = (one.column, one.code, one.reason.replace(quote(one.value), "this value") if one.value else one.reason)
            self.rejects[key] += 1
            self.examples.setdefault(key, one.value)

    # What was counted, as a summary shows it

    def scopes(self) -> tuple[CohortCount, ...]:
        """Answered rows by scope."""
        return tuple(CohortCount(key=key, title=title, rows=self.scope[key]) for key, title in SCOPES.items())

    def standings(self) -> tuple[StandingCount, ...]:
        """Rows that are not out of scope, by their strongest option."""
        found: Counter[tuple[str, str]] = Counter()
        for mark, number in self.strongest.items():
            rule = None if mark == NONE else self.kernel.rule(mark)
            found[(rule.standing, rule.line) if rule else ("", "")] += number
        order = sorted(found, key=lambda pair: (RANK.get(pair[0], len(RANK)), pair[1]))
        return tuple(_standing(standing, line, found[standing, line]) for standing, line in order)

    def therapies(self) -> tuple[TherapyCount, ...]:
        """Every therapy, those that most rows may have first."""
        found = []
        for (cascade, members), states in zip(self.kernel.groups, self.states, strict=True):
            for member, outcomes in zip(members, cascade.outcomes, strict=True):
                if member < len(self.kernel.therapies):
                    numbers = np.bincount(outcomes, weights=states, minlength=len(self.kernel.therapies[member].judgements))
                    found.append(self._therapy(self.kernel.therapies[member], numbers.astype(np.int64).tolist()))
        return tuple(sorted(found, key=lambda one: (*(-(one.lists[name] or 0) for name in LISTS), one.name)))

    @staticmethod
    def _therapy(one: TherapyKernel, numbers: Sequence[int]) -> TherapyCount:
        lists: dict[ListName, int] = dict.fromkeys(LISTS, 0)
        by: Counter[tuple[str, str]] = Counter()
        for judgement, number in zip(one.judgements, numbers, strict=True):
            lists[judgement.list] += number
            if judgement.list == "options":
                by[one.rules[judgement.main].standing, one.rules[judgement.main].line] += number
        standings = tuple(_standing(standing, line, number) for (standing, line), number in sorted(by.items()) if number)
        return TherapyCount(therapy=one.therapy.id, name=one.therapy.name, lists=lists, standings=standings)

    def described(self) -> Iterator[FieldCounts]:
        """The patients by the value of each field that the rules read, numbers left out."""
        for place in self._used:
            known = self.ruleset.fields[self.fields[place]]
            if known.kind == "number":
                continue
            found: Counter[str] = Counter()
            for value, number in zip(self.values[place][1:], self.values_met[place][1:], strict=True):
                found[shown(known, value)] += int(number)
            counts = [CohortCount(key=said, title=said, rows=number) for said, number in found.items() if number]
            counts.append(CohortCount(key="unknown", title="not known", rows=int(self.values_met[place][0])))
            yield FieldCounts(field=known.name, title=known.title, counts=tuple(counts))

    def refused(self, most: int = 50) -> tuple[RejectCount, ...]:
        """Rejects by column and reason, the commonest first."""
        every = sorted(self.rejects.items(), key=lambda item: (-item[1], item[0]))
        rest = sum(number for _, number in every[most:])
        found = [
            RejectCount(column=key[0], code=key[1], reason=key[2], example=self.examples[key], rows=number)
            for key, number in every[:most]
        ]
        more = [RejectCount(column="", code="others", reason="further reasons", example="", rows=rest)] if rest else []
        return (*found, *more)

    def missing(self) -> tuple[tuple[MissingFact, ...], int]:
        """What is not known, and what knowing it would settle: that which settles most verdicts first. With the number of rows
        that this was worked out for."""
        codes, weights = self.examined()
        now = self.answer(codes).still_open
        found = []
        for place in self._used:
            known, unknown = self.ruleset.fields[self.fields[place]], int(self.values_met[place][0])
            # A field that everybody has settles nothing.
            if unknown:
                settled = self._settled(place, codes, weights, now)
                found.append(MissingFact(field=known.name, title=known.title, unknown=unknown, **settled))
        found.sort(key=lambda one: (-(one.verdicts or 0), -(one.settles or 0), -(one.blocks or 0), one.field))
        return tuple(found), int(weights.sum())

    def answer(self, codes: Codes) -> Answers:
        """The answers to codes of shape (fields, n)."""
        rows = np.arange(codes.shape[1])
        return self.kernel.answer(Coded(np.ascontiguousarray(codes), rows, rows))

    def examined(self) -> tuple[Codes, NDArray[np.int64]]:
        """The different patients as codes (fields, p), and how many rows are like each (p,)."""
        codes = np.zeros((len(self.fields), len(self.patterns)), dtype=np.uint16)
        codes[self._used] = np.array(list(self.patterns), dtype=np.uint16).reshape(-1, len(self._used)).T
        return codes, np.array(list(self.patterns.values()), dtype=np.int64)

    def _settled(self, place: int, codes: Codes, weights: NDArray[np.int64], now: NDArray[np.int64]) -> dict[str, int]:
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
            left = self.answer(told).still_open.reshape(len(some), -1)
            most, least = np.maximum(most, left.max(axis=0)), np.minimum(least, left.min(axis=0))
        verdicts = int((np.maximum(before - most, 0) * weight).sum())
        return {"blocks": int(weight[least < before].sum()), "settles": int(weight[most == 0].sum()), "verdicts": verdicts}

    def scope_reasons(self) -> tuple[CohortCount, ...]:
        """Rows out of scope by the facts that the scope reads."""
        codes, weights = self.examined()
        asked, fact = evaluator_of(self.ruleset).explained(SCOPE).fields, Wording(self.ruleset).fact
        read = [place for place, name in enumerate(self.fields) if name in asked]
        found: Counter[str] = Counter()
        for row in np.flatnonzero(self.answer(codes).out):
            said = [fact(self.fields[place], self.values[place][codes[place, row]]) for place in read if codes[place, row]]
            found["; ".join(said)] += int(weights[row])
        return tuple(CohortCount(key=said, title=said, rows=rows) for said, rows in by_number(found))


def by_number(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The commonest first, equal ones by name."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _standing(standing: str, line: str, number: int) -> StandingCount:
    title = STANDINGS[standing].title if standing else "No option that is certain"
    return StandingCount(standing=standing, title=title, line=line, rows=number)


def counted_warnings(warnings: Mapping[str, int]) -> tuple[CohortCount, ...]:
    """Doubts by their codes, the commonest first."""
    return tuple(CohortCount(key=code, title=code.replace("-", " "), rows=number) for code, number in by_number(warnings))
