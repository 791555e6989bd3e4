"""Counting answers as batches pass: what a summary needs, in memory that does not grow with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hepatica.cohort.rejects import Reject
from hepatica.cohort.summary import CohortCount, FieldCounts, MissingFact, RejectCount, StandingCount, TherapyCount
from hepatica.evaluation import LISTS, ListName
from hepatica.knowledge import RANK, STANDINGS, Rule, Ruleset
from hepatica.patient import Interval, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PATTERNS = 50_000
"""Of so many different patients it is worked out which test would settle most; of a larger cohort, of the first so many."""
NAMES: tuple[ListName, ...] = tuple(LISTS)
SCOPES = ("in", "out", "unknown")
_POSSIBLE, _OPTIONS = NAMES.index("possible"), NAMES.index("options")


class Verdicts(NamedTuple):
    """The answers to n rows: `scope` (n,), an index into `SCOPES`; by therapy `lists` (T, n), an index into `NAMES`, and `rules`
    (T, n), which of the therapy's rules decides."""

    scope: NDArray[Any]
    lists: NDArray[Any]
    rules: NDArray[Any]


class Tally:
    """Counts over all batches. `rules` are each therapy's rules in the order in which `Verdicts.rules` numbers them."""

    def __init__(self, ruleset: Ruleset, rules: Sequence[Sequence[Rule]], values: Sequence[Sequence[Value | None]]) -> None:
        self.ruleset, self.rules = ruleset, rules
        self.fields = tuple(ruleset.fields)
        self.values = values
        self._used = [place for place, name in enumerate(self.fields) if name in ruleset.used_fields]
        self.answered = 0
        self.scope = np.zeros(len(SCOPES), dtype=np.int64)
        self.lists = np.zeros((len(rules), len(NAMES)), dtype=np.int64)
        self.options = [np.zeros(max(len(own), 1), dtype=np.int64) for own in rules]
        self.strongest: Counter[tuple[str, str]] = Counter()
        self.unknown = np.zeros(len(self.fields), dtype=np.int64)
        self.patterns: dict[bytes, int] = {}
        self.rejects: Counter[tuple[str, str, str]] = Counter()
        self.examples: dict[tuple[str, str, str], str] = {}
        self.rejected = self.folded = self.rows = 0
        self.warnings: Counter[str] = Counter()
        self._ranks = ranks(rules)
        self.values_met = [np.zeros(len(own), dtype=np.int64) for own in values]

    def add(self, codes: NDArray[np.uint16], found: Verdicts) -> None:
        """The answers to n rows of codes (fields, n)."""
        self.answered += codes.shape[1]
        self.scope += np.bincount(found.scope, minlength=len(SCOPES))
        self.unknown += (codes == 0).sum(axis=1)
        for met, column in zip(self.values_met, codes, strict=True):
            np.add(met, np.bincount(column, minlength=len(met)), out=met)
        inside = found.scope != SCOPES.index("out")
        self._count_lists(found, inside)
        self._count_strongest(found, inside)
        self._count_patterns(codes)

    def _count_lists(self, found: Verdicts, inside: NDArray[np.bool_]) -> None:
        for place, (lists, rules) in enumerate(zip(found.lists, found.rules, strict=True)):
            self.lists[place] += np.bincount(lists[inside], minlength=len(NAMES))
            own = inside & (lists == _OPTIONS)
            self.options[place] += np.bincount(rules[own], minlength=len(self.options[place]))

    def _count_strongest(self, found: Verdicts, inside: NDArray[np.bool_]) -> None:
        best, rule, none = strongest(found, self._ranks)
        pairs, numbers = np.unique(np.stack([best, rule])[:, inside & ~none], axis=1, return_counts=True)
        for therapy, which, number in zip(*pairs, numbers, strict=True):
            deciding = self.rules[therapy][which]
            self.strongest[deciding.standing, deciding.line] += int(number)
        self.strongest["", ""] += int((inside & none).sum())

    def _count_patterns(self, codes: NDArray[np.uint16]) -> None:
        used = np.ascontiguousarray(codes[self._used].T)
        patterns, numbers = np.unique(used.view([("", used.dtype)] * used.shape[1]).reshape(-1), return_counts=True)
        for pattern, number in zip(patterns, numbers, strict=True):
            key = pattern.tobytes()
            if key in self.patterns or len(self.patterns) < MOST_PATTERNS:
                self.patterns[key] = self.patterns.get(key, 0) + int(number)

    def refuse(self, rejects: Iterable[Reject]) -> None:
        """Rows that are not answered, each by the first thing that is wrong with it."""
        for one in rejects:
            self.rejected += 1
            # What is wrong is one reason; the values that it quotes are many.
            key = (one.column, one.code, one.reason.replace(f"'{one.value}'", "this value") if one.value else one.reason)
            self.rejects[key] += 1
            self.examples.setdefault(key, one.value)

    # What was counted, as a summary shows it

    def scopes(self) -> tuple[CohortCount, ...]:
        """Answered rows by scope."""
        titles = ("In scope", "Out of scope", "Scope not known")
        numbers = zip(SCOPES, titles, self.scope, strict=True)
        return tuple(CohortCount(key=key, title=title, rows=int(number)) for key, title, number in numbers)

    def standings(self) -> tuple[StandingCount, ...]:
        """Rows that are not out of scope, by their strongest option."""
        order = sorted(self.strongest, key=lambda pair: (RANK.get(pair[0], 99), pair[1]))
        return tuple(_standing(standing, line, self.strongest[standing, line]) for standing, line in order)

    def therapies(self) -> tuple[TherapyCount, ...]:
        """Every therapy, those that most rows may have first."""
        found = [self._therapy(place, name) for place, name in enumerate(self.ruleset.therapies)]
        return tuple(sorted(found, key=lambda one: tuple(-(one.lists[name] or 0) for name in NAMES)))

    def _therapy(self, place: int, therapy: str) -> TherapyCount:
        by: Counter[tuple[str, str]] = Counter()
        for rule, number in zip(self.rules[place], self.options[place], strict=False):
            by[rule.standing, rule.line] += int(number)
        return TherapyCount(
            therapy=therapy,
            name=self.ruleset.therapies[therapy].name,
            lists={name: int(number) for name, number in zip(NAMES, self.lists[place], strict=True)},
            standings=tuple(_standing(standing, line, number) for (standing, line), number in by.items() if number),
        )

    def described(self, words: Callable[[str, Value | None], str]) -> tuple[FieldCounts, ...]:
        """The patients by the value of each field that the rules read, numbers left out."""
        return tuple(
            self._field(place, words) for place in self._used if self.ruleset.fields[self.fields[place]].kind != "number"
        )

    def _field(self, place: int, words: Callable[[str, Value | None], str]) -> FieldCounts:
        known = self.ruleset.fields[self.fields[place]]
        found: Counter[str] = Counter()
        for value, number in zip(self.values[place], self.values_met[place], strict=True):
            found[words(known.name, value)] += int(number)
        unknown = found.pop(words(known.name, None), 0)
        counts = [CohortCount(key=said, title=said, rows=number) for said, number in found.items() if number]
        counts.append(CohortCount(key="unknown", title="not known", rows=unknown))
        return FieldCounts(field=known.name, title=known.title, counts=tuple(counts))

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

    def missing(self, answer: Callable[[NDArray[np.uint16]], Verdicts]) -> tuple[tuple[MissingFact, ...], int]:
        """What is not known, and what knowing it would settle: that which settles most verdicts first. With the number of rows
        that this was worked out for."""
        codes, weights = self.examined()
        now = _open(answer(codes)) if len(weights) else np.zeros(0, dtype=np.int64)
        found = []
        for place in self._used:
            if self.unknown[place]:
                known = self.ruleset.fields[self.fields[place]]
                blocks, settles, verdicts = self._settled(place, codes, weights, now, answer)
                found.append(
                    MissingFact(
                        field=known.name,
                        title=known.title,
                        unknown=int(self.unknown[place]),
                        blocks=blocks,
                        settles=settles,
                        verdicts=verdicts,
                    )
                )
        found.sort(key=lambda one: (-(one.verdicts or 0), -(one.settles or 0), -(one.blocks or 0), one.field))
        return tuple(found), int(weights.sum())

    def examined(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """The different patients as codes (fields, p), and how many rows are like each (p,)."""
        width = len(self._used)
        packed = np.frombuffer(b"".join(self.patterns), dtype=np.uint16).reshape(-1, width)
        codes = np.zeros((len(self.fields), len(packed)), dtype=np.uint16)
        codes[self._used] = packed.T
        return codes, np.array(list(self.patterns.values()), dtype=np.int64)

    def _settled(
        self,
        place: int,
        codes: NDArray[np.uint16],
        weights: NDArray[np.int64],
        now: NDArray[np.int64],
        answer: Callable[[NDArray[np.uint16]], Verdicts],
    ) -> tuple[int, int, int]:
        """Rows that some result of a field brings on, rows that any result settles, and verdicts that any result settles."""
        asked = np.flatnonzero((codes[place] == 0) & (now > 0))
        if not len(asked):
            return 0, 0, 0
        most, least = np.zeros(len(asked), dtype=np.int64), np.full(len(asked), np.iinfo(np.int64).max)
        for code, value in enumerate(self.values[place]):
            if value is None or isinstance(value, Interval):
                continue
            told = codes[:, asked].copy()
            told[place] = code
            left = _open(answer(told))
            most, least = np.maximum(most, left), np.minimum(least, left)
        before, weight = now[asked], weights[asked]
        blocks = int(weight[least < before].sum())
        return blocks, int(weight[most == 0].sum()), int((np.maximum(before - most, 0) * weight).sum())


def ranks(rules: Sequence[Sequence[Rule]]) -> list[NDArray[np.int64]]:
    """By therapy, the rank of each rule's standing, the strongest first."""
    return [np.array([RANK[rule.standing] for rule in own] or [0], dtype=np.int64) for own in rules]


def strongest(found: Verdicts, by_rule: Sequence[NDArray[np.int64]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """By row: the option of the strongest standing (the first in the ruleset of several), its rule, and whether there is none."""
    worst = len(RANK) + 1
    ranked = np.full(found.lists.shape, worst)
    for place, own in enumerate(by_rule):
        optional = (found.lists[place] == _OPTIONS) & (found.scope != SCOPES.index("out"))
        ranked[place][optional] = own[found.rules[place][optional]]
    best = ranked.argmin(axis=0)
    return best, np.take_along_axis(found.rules, best[None], axis=0)[0], ranked.min(axis=0) == worst


def scope_reasons(
    tally: Tally,
    answer: Callable[[NDArray[np.uint16]], Verdicts],
    fields: Iterable[str],
    words: Callable[[str, Value | None], str],
) -> tuple[CohortCount, ...]:
    """Rows out of scope by the facts that the scope reads."""
    codes, weights = tally.examined()
    if not len(weights):
        return ()
    out = np.flatnonzero(answer(codes).scope == SCOPES.index("out"))
    read = [tally.fields.index(name) for name in fields]
    found: Counter[str] = Counter()
    for column in out:
        said = [words(tally.fields[place], tally.values[place][codes[place, column]]) for place in read if codes[place, column]]
        found["; ".join(said)] += int(weights[column])
    return tuple(
        CohortCount(key=said, title=said, rows=rows) for said, rows in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    )


def _open(found: Verdicts) -> NDArray[np.int64]:
    """How many therapies are open in each row: none where it is out of scope."""
    number: NDArray[np.int64] = (found.lists == _POSSIBLE).sum(axis=0)
    return np.where(found.scope == SCOPES.index("out"), 0, number)


def _standing(standing: str, line: str, number: int) -> StandingCount:
    title = STANDINGS[standing].title if standing else "No option that is certain"
    return StandingCount(standing=standing, title=title, line=line, rows=number)


def counted_warnings(warnings: Mapping[str, int]) -> tuple[CohortCount, ...]:
    """Doubts by their codes, the commonest first."""
    ordered = sorted(warnings.items(), key=lambda one: (-one[1], one[0]))
    return tuple(CohortCount(key=code, title=code.replace("-", " "), rows=number) for code, number in ordered)
