"""Counting answers as batches pass: what a summary needs, in memory that does not grow with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hepatica.cohort.cascade import BLOCK
from hepatica.cohort.cells import Places, Reject, combined
from hepatica.cohort.coding import Coded, Codes
from hepatica.cohort.kernel import NONE, Answers, Kernel, TherapyKernel
from hepatica.cohort.summary import CohortCount, FieldCounts, MissingFact, RejectCount, StandingCount, TherapyCount
from hepatica.evaluation import LISTS, ListName, evaluator_of
from hepatica.inference import SCOPE
from hepatica.knowledge import RANK, STANDINGS
from hepatica.patient import Interval
from hepatica.problems import quote
from hepatica.wording import Wording, shown

MOST_PATTERNS = 50_000
"""Of so many different patients it is worked out which test would settle most; of a larger cohort, of the first so many."""
MOST_REASONS = 50
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

    def add(self, found: Answers, rejects: Iterable[Reject]) -> None:
        """The answers to the rows of one batch, and the rows that are not answered, each by the first thing that is wrong."""
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
        self.warnings.update(found.coded.warnings)
        for one in rejects:
            # What is wrong is one reason; the values that it quotes are many.
            key = (one.column, one.code, one.reason.replace(quote(one.value), "this value") if one.value else one.reason)
            self.rejects[key] += 1
            self.examples.setdefault(key, one.value)

    def counts(self) -> dict[str, Any]:
        """What was counted, as a summary shows it."""
        codes = np.zeros((len(self.fields), len(self.patterns)), dtype=np.uint16)
        codes[self._used] = np.array(list(self.patterns), dtype=np.uint16).reshape(-1, len(self._used)).T
        weights = np.array(list(self.patterns.values()), dtype=np.int64)
        told = self._answer(codes)
        return {
            "scope": tuple(CohortCount(key=key, title=title, rows=self.scope[key]) for key, title in SCOPES.items()),
            "out_of_scope": self._scope_reasons(codes, weights, np.flatnonzero(told.out)),
            "patients": tuple(self._described()),
            "strongest": self._standings(),
            "therapies": tuple(
                sorted(self._therapies(), key=lambda one: (*(-(one.lists[name] or 0) for name in LISTS), one.name))
            ),
            "missing": self._missing(codes, weights, told.still_open),
            "examined": int(weights.sum()),
            "rejects": self._refused(),
            "warnings": _by_number({code: (code.replace("-", " "), rows) for code, rows in self.warnings.items()}),
        }

    def _answer(self, codes: Codes) -> Answers:
        """The answers to codes of shape (fields, n)."""
        rows = np.arange(codes.shape[1])
        return self.kernel.answer(Coded(np.ascontiguousarray(codes), rows, rows))

    def _scope_reasons(self, codes: Codes, weights: Places, out: Places) -> tuple[CohortCount, ...]:
        """Rows out of scope by the facts that the scope reads."""
        asked, fact = evaluator_of(self.ruleset).explained(SCOPE).fields, Wording(self.ruleset).fact
        read = [place for place, name in enumerate(self.fields) if name in asked]
        found: Counter[str] = Counter()
        for row in out:
            said = [fact(self.fields[place], self.values[place][codes[place, row]]) for place in read if codes[place, row]]
            found["; ".join(said)] += int(weights[row])
        return _by_number({said: (said, rows) for said, rows in found.items()})

    def _described(self) -> Iterator[FieldCounts]:
        """The patients by the value of each field that the rules read, numbers left out."""
        for place in self._used:
            known = self.ruleset.fields[self.fields[place]]
            if known.kind == "number":
                continue
            unknown, *numbers = self.values_met[place].tolist()
            found: Counter[str] = Counter()
            for value, number in zip(self.values[place][1:], numbers, strict=True):
                found[shown(known, value)] += number
            counts = [CohortCount(key=said, title=said, rows=number) for said, number in found.items() if number]
            counts.append(CohortCount(key="unknown", title="not known", rows=unknown))
            yield FieldCounts(field=known.name, title=known.title, counts=tuple(counts))

    def _standings(self) -> tuple[StandingCount, ...]:
        """Rows that are not out of scope, by their strongest option."""
        found: Counter[tuple[str, str]] = Counter()
        for mark, number in self.strongest.items():
            rule = None if mark == NONE else self.kernel.rule(mark)
            found[(rule.standing, rule.line) if rule else ("", "")] += number
        order = sorted(found, key=lambda pair: (RANK.get(pair[0], len(RANK)), pair[1]))
        return tuple(_standing(standing, line, found[standing, line]) for standing, line in order)

    def _therapies(self) -> Iterator[TherapyCount]:
        for (cascade, members), states in zip(self.kernel.groups, self.states, strict=True):
            for member, outcomes in zip(members, cascade.outcomes, strict=True):
                if member < len(self.kernel.therapies):
                    one = self.kernel.therapies[member]
                    numbers = np.bincount(outcomes, weights=states, minlength=len(one.judgements))
                    yield self._therapy(one, numbers.astype(np.int64).tolist())

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

    def _refused(self) -> tuple[RejectCount, ...]:
        """Rejects by column and reason, the commonest first."""
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


def _by_number(counts: Mapping[str, tuple[str, int]]) -> tuple[CohortCount, ...]:
    """Counts by key, each with its title: the commonest first, equal ones by key."""
    order = sorted(counts.items(), key=lambda one: (-one[1][1], one[0]))
    return tuple(CohortCount(key=key, title=title, rows=rows) for key, (title, rows) in order)


def _standing(standing: str, line: str, number: int) -> StandingCount:
    title = STANDINGS[standing].title if standing else "No option that is certain"
    return StandingCount(standing=standing, title=title, line=line, rows=number)
