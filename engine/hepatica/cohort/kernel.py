"""Coded rows in, answers out: each therapy's list, deciding rule and what is missing, as Arrow tables.

Which list a therapy is in comes from cascades of the ruleset's bit tables, judged by the evaluator's own `judged`. Words (a
headline, a rule's standing) are the evaluator's, made once for each distinct pattern of verdicts that they depend on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, cached_property, lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hepatica.cohort.cells import Places, beside, combined
from hepatica.cohort.coding import MOST_REMEMBERED, Coded, Coder, Codes, Which
from hepatica.evaluation import LISTS, Evaluator, evaluator_of, identity, in_precedence, judged, still_asked
from hepatica.inference import SCOPE, Goal, GoalKey, Program, Verdict, each_bit
from hepatica.knowledge import RANK, Rule, Ruleset
from hepatica.notice import notice
from hepatica.patient import Value
from hepatica.problems import InvalidInput, quote

LIST_NAMES = tuple(LISTS)
SCOPES = {Verdict.TRUE: "in", Verdict.FALSE: "out", Verdict.UNKNOWN: "unknown"}
TELLING_LISTS = ("options", "trials", "possible", "not_supported")
"""The lists of which a wide row names the best: in the others a therapy stands for want of evidence."""
BETWEEN = ", "
MOST_FIELDS = 64
NONE = (1 << 32) - 1
"""The mark of no option."""
MANY = 500_000
Bits = NDArray[np.uint64]
LONG = ("list", "would_be", "standing", "line", "rule", "headline")
WIDE = ("scope", "list", "standing", "therapies")
Words = tuple[str | None, ...]
"""What a row says whatever is missing: of a therapy as in `LONG`, of all as in `WIDE`."""
States = NDArray[np.uint16]
Domains = Mapping[str, tuple[int, tuple[Value | None, ...]]]
"""By field, its row in the codes, and the values that its codes stand for."""
BLOCK = 32_768
MOST_STATES = 20_000
MOST_ENTRIES = 1 << 19
_LIMIT = np.iinfo(np.uint16).max


Step = tuple[int, States]
"""A field, and by state and code the state behind it: shape (states, codes)."""


# -- a ruleset's bit tables folded into a cascade of small look-up tables ----------------------------------------------
#
# The tables say which conjunctions each value of a field leaves standing. Read field after field, what still stands is a state;
# equal states are met once, and states from which everything that follows is equal are made one. So a therapy's verdicts over
# 10^9 combinations come down to some hundred states, and answering a row is one look-up to a field. Cascades of several
# therapies are multiplied into one while that stays small: fewer look-ups to a row.


class Cascade(NamedTuple):
    """Steps in the order of the fields, and for each of m members the number of its outcome by last state: (m, states)."""

    steps: tuple[Step, ...]
    outcomes: NDArray[np.uint16]

    def run(self, codes: NDArray[np.uint16]) -> States:
        """The last state of each of n rows, from codes of shape (fields, n)."""
        rows = int(codes.shape[1])
        found = np.zeros(rows, dtype=np.uint16)
        place = np.empty(min(BLOCK, rows), dtype=np.intp)
        for start in range(0, rows, BLOCK):
            state = found[start : start + BLOCK]
            at = place[: len(state)]
            for field, after in self.steps:
                # In words, not in the states' own 16 bits: the product would not fit these.
                np.multiply(state, after.shape[1], out=at, dtype=np.intp)
                at += codes[field, start : start + BLOCK]
                # The codes are the coder's own, so none is out of range, and clipping saves the check.
                np.take(after.reshape(-1), at, out=state, mode="clip")
        return found


class TooManyStates(Exception):
    """A cascade would be too large to be quick."""


def cascade(
    program: Program, goals: Sequence[GoalKey], domains: Domains, judge: Callable[[tuple[Verdict, ...]], Hashable]
) -> tuple[Cascade, list[Any]]:
    """The cascade of some goals and, by number, the outcomes that `judge` gives to their verdicts; raises `TooManyStates`."""
    wanted = [program.goals[key] for key in goals]
    parts = [(1 << goal.first + n, tests) for goal in wanted for n, tests in enumerate(goal.conjunctions)]
    left = reduce(or_, (goal.tests for goal in wanted), 0)
    every = sum(goal.mask for goal in wanted)
    spare = sum(goal.mark for goal in wanted) & ~every
    states: list[tuple[int, int]] = [(every, every)]
    steps: list[Step] = []
    for table in [table for table in program.tables if table.asked & left]:
        left &= ~table.asked
        # What no later field can change is settled at once, so that states which differ in it alone are equal.
        finished = sum(bit for bit, tests in parts if not tests & left)
        place, values = domains[table.classes.field.name]
        rows = [(row.certain & every | spare, row.possible & every | spare) for row in map(table.row, values)]
        kinds = {row: kind for kind, row in enumerate(dict.fromkeys(rows))}
        met: dict[tuple[int, int], int] = {}
        after = [
            [met.setdefault(_settled(wanted, finished, sure & s, maybe & m), len(met)) for s, m in kinds]
            for sure, maybe in states
        ]
        if len(met) > _LIMIT:
            raise TooManyStates
        steps.append((place, np.array(after, dtype=np.uint16)[:, [kinds[row] for row in rows]]))
        states = list(met)
    numbers: dict[Any, int] = {}
    own = [goal.mask | goal.mark for goal in wanted]
    said = (judge(tuple(Verdict.of(sure & bits, maybe & bits) for bits in own)) for sure, maybe in states)
    last = [numbers.setdefault(one, len(numbers)) for one in said]
    return _reduced(steps, np.array([last], dtype=np.uint16)), list(numbers)


def _settled(goals: Sequence[Goal], finished: int, sure: int, maybe: int) -> tuple[int, int]:
    """The state with the mark of every decided goal in place of its conjunctions, so that more states are equal."""
    if not (sure | maybe) & finished:
        return sure, maybe
    for goal in goals:
        own = goal.mask | goal.mark
        if sure & goal.mask & finished:
            sure, maybe = sure & ~own | goal.mark, maybe & ~own | goal.mark
        elif maybe & goal.mask & finished and not sure & own:
            maybe = maybe & ~own | goal.mark
    return sure, maybe


def _reduced(steps: Sequence[Step], outcomes: NDArray[np.uint16]) -> Cascade:
    """States that lead to the same made one."""
    found: list[Step] = []
    unique, numbers = np.unique(outcomes, axis=1, return_inverse=True)
    for field, after in reversed(steps):
        rows, inverse = np.unique(numbers.reshape(-1)[after], axis=0, return_inverse=True)
        found.append((field, rows.astype(np.uint16)))
        numbers = inverse
    return Cascade(tuple(reversed(found)), unique)


def product(one: Cascade, other: Cascade) -> Cascade:
    """Both cascades at once: the members of the one, then of the other. Raises `TooManyStates`."""
    mine, theirs = dict(one.steps), dict(other.steps)
    first = second = np.zeros(1, dtype=np.intp)
    steps = []
    for field in sorted(mine.keys() | theirs.keys()):
        width = (mine[field] if field in mine else theirs[field]).shape[1]
        pair = ((mine, first), (theirs, second))
        left, right = (own[field][at] if field in own else np.repeat(at[:, None], width, axis=1) for own, at in pair)
        size = int(right.max()) + 1
        pairs, inverse = np.unique(left.astype(np.int64) * size + right, return_inverse=True)
        if len(pairs) > MOST_STATES or len(pairs) * width > MOST_ENTRIES:
            raise TooManyStates
        steps.append((field, inverse.reshape(-1, width).astype(np.uint16)))
        first, second = pairs // size, pairs % size
    return Cascade(tuple(steps), np.concatenate([one.outcomes[:, first], other.outcomes[:, second]]))


def grouped(cascades: Sequence[Cascade]) -> list[tuple[Cascade, list[int]]]:
    """The cascades multiplied into as few as stay small; each with the numbers of those that are its members, in order."""
    groups: list[tuple[Cascade, list[int]]] = []
    # Therapies that read the same fields multiply into few states, so they are tried side by side.
    for number in sorted(range(len(cascades)), key=lambda n: ([field for field, _ in cascades[n].steps], n)):
        for place, (group, members) in enumerate(groups):
            try:
                groups[place] = product(group, cascades[number]), [*members, number]
                break
            except TooManyStates:
                continue
        else:
            groups.append((cascades[number], [number]))
    return groups


# -- the kernel and its answers ------------------------------------------------------------------------------------------


def spread(names: Sequence[str], told: Sequence[Sequence[str | None]], which: NDArray[Any]) -> dict[str, pa.DictionaryArray]:
    """Columns of texts: row n has those of `told[which[n]]`. As dictionaries each text is kept once, in an order that depends on
    the rows alone."""
    columns = {}
    for place, name in enumerate(names):
        texts = pa.array([each[place] or None for each in told], pa.string()).dictionary_encode()
        columns[name] = pa.DictionaryArray.from_arrays(texts.indices.take(pa.array(which)), texts.dictionary)
    return columns


class TherapyKernel:
    """One therapy: its rules in order of precedence, and the judgement of every outcome of its cascade."""

    def __init__(self, position: int, evaluator: Evaluator, domains: Domains) -> None:
        ruleset, self.position = evaluator.ruleset, position
        self.therapy = tuple(ruleset.therapies.values())[position]
        self.rules: tuple[Rule, ...] = tuple(in_precedence(self.therapy.rules, ruleset.studies))
        self._program, self._domains = evaluator.program, domains
        keys = [GoalKey("rule", rule.id) for rule in self.rules]
        self.cascade, self.judgements = cascade(evaluator.program, keys, domains, lambda verdicts: judged(self.rules, verdicts))
        # A headline speaks of the studies that a rule cites, so it depends on whether they took such patients, too.
        cited = dict.fromkeys(study for rule in self.rules for study in rule.cites)
        entered = [GoalKey("study", study) for study in cited]
        results = [GoalKey("result", f"{study}/{one.id}") for study in cited for one in ruleset.studies[study].results]
        # By judgement the list, as a place in `LISTS`, and a number for the rule of an option, least for the strongest.
        self.lists = np.array([LIST_NAMES.index(one.list) for one in self.judgements], dtype=np.int8)
        ranks = [RANK[self.rules[one.main].standing] << 20 | position << 8 | one.main for one in self.judgements]
        options = [one.list == "options" for one in self.judgements]
        self.marks = np.where(options, ranks, NONE).astype(np.uint32)
        self._told_by = [key for key in (*keys, *entered, *results) if key in evaluator.program.goals]
        self.told: dict[Hashable, Words] = {}

    @cached_property
    def patterns(self) -> list[Cascade]:
        """Cascades whose outcomes together decide every word of the therapy: the verdicts of its rules and their studies."""
        found, waiting = [], [self._told_by]
        while waiting:
            goals = waiting.pop()
            try:
                found.append(cascade(self._program, goals, self._domains, tuple)[0])
            except TooManyStates:
                if len(goals) == 1:
                    raise
                waiting += [goals[len(goals) // 2 :], goals[: len(goals) // 2]]
        return found


class Needs:
    """The fields that an open condition asks for, as bits over the ruleset's fields."""

    def __init__(self, key: GoalKey, program: Program, domains: Domains) -> None:
        self._goal, self._tests = program.goals[key], program.tests
        self._bits = {name: 1 << place for place, name in enumerate(program.fields)}
        # Of each field that is tested its row in the codes, the kind of each code, and by kind the tests that hold and fail.
        self._fields: list[tuple[int, Places, tuple[tuple[int, int], ...]]] = []
        for table in program.tables:
            if table.asked & self._goal.tests:
                place, values = domains[table.classes.field.name]
                rows = [(row.holds & self._goal.tests, row.fails & self._goal.tests) for row in map(table.row, values)]
                kinds = {row: kind for kind, row in enumerate(dict.fromkeys(rows))}
                self._fields.append((place, np.array([kinds[row] for row in rows], dtype=np.intp), tuple(kinds)))
        self._asked = lru_cache(MOST_REMEMBERED)(self._ask)

    def of(self, codes: Codes) -> Bits:
        """The fields that each of n rows asks for; the condition must be open in all of them."""
        patterns = combined([kinds[codes[place]] for place, kinds, _ in self._fields])
        return np.array([self._asked(*one) for one in patterns.found], dtype=np.uint64)[patterns.which]

    def _ask(self, *pattern: int) -> int:
        rows = [rows[kind] for (_, _, rows), kind in zip(self._fields, pattern, strict=True)]
        holds, fails = (reduce(or_, side, 0) for side in zip(*rows, strict=True))
        asked = (self._tests[test].field for test in each_bit(still_asked(self._goal.conjunctions, holds, fails)))
        return reduce(or_, map(self._bits.__getitem__, asked), 0)


class Kernel:
    """Answers coded rows under one ruleset. Build once, use for many batches; safe for several threads.

    For `few` rows the therapies' cascades are left as they are: multiplying them pays from some hundred thousand rows on.
    Raises `InvalidInput` for a ruleset whose rules multiply out beyond what tables hold.
    """

    def __init__(self, ruleset: Ruleset, few: bool = False) -> None:
        self.ruleset, self.coder = ruleset, Coder(ruleset)
        self.evaluator = evaluator_of(ruleset)
        program, domains = self.evaluator.program, self.coder.values
        try:
            self.therapies = tuple(TherapyKernel(n, self.evaluator, domains) for n in range(len(ruleset.therapies)))
            scope, self.scopes = cascade(program, [SCOPE], domains, lambda verdicts: SCOPES[verdicts[0]])
        except TooManyStates:
            raise _too_large(ruleset, "its conditions have too many states") from None
        if len(ruleset.fields) > MOST_FIELDS:
            raise _too_large(ruleset, f"it has more than {MOST_FIELDS} fields")
        # The scope is answered like a therapy, behind the last one.
        single = [*(one.cascade for one in self.therapies), scope]
        self.groups = [(each, [n]) for n, each in enumerate(single)] if few else grouped(single)
        self.home = {member: (at, place) for at, (_, members) in enumerate(self.groups) for place, member in enumerate(members)}
        self.needs = cache(lambda key: Needs(key, program, domains))
        self.best = lru_cache(MOST_REMEMBERED)(self._best)

    @cached_property
    def stamp(self) -> dict[str, str]:
        """Which ruleset answers, and the educational notice: every table carries it."""
        own = identity(self.ruleset)
        named = {"ruleset": own.id, "version": own.version, "as_of": own.as_of, "digest": own.digest}
        return {"notice": notice(own.as_of), **named}

    def answer(self, coded: Coded) -> Answers:
        """The answers of the n rows of a coded batch."""
        return Answers(self, coded, [group.run(coded.codes).astype(np.intp) for group, _ in self.groups])

    @cached_property
    def by_state(self) -> list[tuple[NDArray[np.int8], NDArray[np.uint32], Places]]:
        """For each group by its states: the lists of its members, as places in `LISTS` (members, states); the mark of its best
        option; how many of its therapies are possible."""
        # Some hundred states stand for every patient, so what is counted of millions is worked out for those.
        lists = [*(one.lists for one in self.therapies), np.full(len(self.scopes), -1, dtype=np.int8)]
        marks = [*(one.marks for one in self.therapies), np.full(len(self.scopes), NONE, dtype=np.uint32)]
        found = []
        for group, members in self.groups:
            outcomes = list(zip(members, group.outcomes, strict=True))
            own = np.stack([lists[member][numbers] for member, numbers in outcomes])
            best = np.stack([marks[member][numbers] for member, numbers in outcomes])
            found.append((own, best.min(axis=0), (own == LIST_NAMES.index("possible")).sum(axis=0)))
        return found

    def rule(self, mark: int) -> Rule:
        """The rule of a mark."""
        return self.therapies[mark >> 8 & 0xFFF].rules[mark & 0xFF]

    def _best(self, *states: int) -> Words:
        outcomes = [int(self.groups[at][0].outcomes[place, states[at]]) for _, (at, place) in sorted(self.home.items())]
        found: dict[tuple[int, int], list[str]] = {}
        for one, outcome in zip(self.therapies, outcomes, strict=False):
            judgement = one.judgements[outcome]
            if judgement.list in TELLING_LISTS:
                rank = TELLING_LISTS.index(judgement.list), RANK[one.rules[judgement.main].standing]
                found.setdefault(rank, []).append(one.therapy.id)
        scope = self.scopes[outcomes[-1]]
        if not found:
            return scope, None, None, None
        best = min(found)
        return scope, TELLING_LISTS[best[0]], list(RANK)[best[1]], BETWEEN.join(found[best])

    def named(self, name: str, fields: Bits) -> dict[str, pa.DictionaryArray]:
        """A column of the names of fields that are given as bits."""
        found, names = pa.array(fields).dictionary_encode(), tuple(self.coder.fields)
        told = [[BETWEEN.join(each for at, each in enumerate(names) if bits >> at & 1)] for bits in found.dictionary.to_pylist()]
        return spread([name], told, found.indices.to_numpy())


class Answers:
    """The answers of n rows; each table is made when it is asked for. Rows are named by `coded.rows`."""

    table: Any = None
    """The table in the shape that was asked for of a batch."""

    def __init__(self, kernel: Kernel, coded: Coded, states: Sequence[Places]) -> None:
        self.kernel, self.coded, self.states = kernel, coded, states

    def at(self, chosen: Places) -> Answers:
        """The answers of some of the n rows."""
        return Answers(self.kernel, self.coded.at(chosen), [states[chosen] for states in self.states])

    def scoped(self, wanted: str) -> Which:
        """Which rows have a scope."""
        return np.array([scope == wanted for scope in self.kernel.scopes])[self.outcome(len(self.kernel.therapies))]

    @property
    def strongest(self) -> NDArray[np.uint32]:
        """By row the mark of the strongest option, `NONE` where there is none or the row is out of scope."""
        marks = [best[states] for (_, best, _), states in zip(self.kernel.by_state, self.states, strict=True)]
        # Out of scope an option is none, whatever the rules of its therapy say by themselves.
        return np.where(self.scoped("out"), np.uint32(NONE), reduce(np.minimum, marks))

    @property
    def still_open(self) -> NDArray[np.int64]:
        """By row, how many therapies are open; none where it is out of scope."""
        number = sum(possible[states] for (_, _, possible), states in zip(self.kernel.by_state, self.states, strict=True))
        return np.where(self.scoped("out"), 0, number)

    def list_of(self, therapy: int) -> NDArray[np.int8]:
        """The list of a therapy in each row, by its place in `LISTS`; therapies count in the ruleset's order."""
        at, place = self.kernel.home[therapy]
        return np.take(self.kernel.by_state[at][0][place], self.states[at])

    def outcome(self, member: int) -> NDArray[np.uint16]:
        """By row, the number of a therapy's judgement in `TherapyKernel.judgements`; of the scope behind the last therapy."""
        at, place = self.kernel.home[member]
        return np.take(self.kernel.groups[at][0].outcomes[place], self.states[at])

    def codes(self) -> pa.Table:
        """One row per patient: the scope, and a column for each therapy with the list it is in (a dictionary of few words)."""
        names = pa.array(LIST_NAMES)
        scope = pa.array(self.outcome(len(self.kernel.therapies)).astype(np.int8))
        columns = {"scope": pa.DictionaryArray.from_arrays(scope, pa.array(self.kernel.scopes))}
        for n, name in enumerate(self.kernel.ruleset.therapies):
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(self.list_of(n)), names)
        return self._table(columns)

    def wide(self) -> pa.Table:
        """One row per patient: `WIDE` and what is missing. `therapies` are those of the best standing in the best list."""
        patterns = combined(self.states)
        best = spread(WIDE, [self.kernel.best(*states) for states in patterns.found], patterns.which)
        asked = np.zeros(len(self.coded.rows), dtype=np.uint64)
        self._ask(SCOPE, self.scoped("unknown"), asked)
        for one in self.kernel.therapies:
            asked |= self._asked(one)
        return self._table(best | self.kernel.named("missing", asked))

    def long(self) -> pa.Table:
        """One row per patient and therapy: `LONG` and needs. `needs` names the fields that a possible therapy depends on."""
        rows, therapies = len(self.coded.rows), self.kernel.therapies
        told: list[Words] = []
        which = np.zeros((rows, len(therapies)), dtype=np.int32)
        needs = np.zeros((rows, len(therapies)), dtype=np.uint64)
        for place, one in enumerate(therapies):
            own, patterns = self._told(one)
            # One table of words for all therapies: each therapy's own patterns begin behind those before it.
            which[:, place] = patterns + len(told)
            told += own
            needs[:, place] = self._asked(one)
        numbers = pa.array(np.tile(np.arange(len(therapies), dtype=np.int16), rows))
        therapy = pa.DictionaryArray.from_arrays(numbers, pa.array(list(self.kernel.ruleset.therapies)))
        columns = spread(LONG, told, which.reshape(-1)) | self.kernel.named("needs", needs.reshape(-1))
        return self._table({"therapy": therapy, **columns}, len(therapies))

    def _table(self, columns: Mapping[str, Any], times: int = 1) -> pa.Table:
        """A stamped table of columns behind row numbers and given columns; each row stands `times` times."""
        rows, places, given = self.coded.rows, self.coded.places, self.coded.given
        if times > 1:
            rows, places = np.repeat(rows, times), np.repeat(places, times)
        table = pa.table({"row": pa.array(rows), **columns})
        if given.num_columns:
            table = beside(table, given if len(places) == given.num_rows else given.take(places))
        return table.replace_schema_metadata({"hepatica": json.dumps(self.kernel.stamp)})

    def _told(self, one: TherapyKernel) -> tuple[list[Words], Places]:
        # A therapy has few patterns of verdicts, and each is put into words once, by the first patient who has it.
        patterns = combined([each.outcomes[0][each.run(self.coded.codes)] for each in one.patterns])
        for pattern, first in zip(patterns.found, patterns.firsts, strict=True):
            if pattern not in one.told:
                facts = self.kernel.coder.facts(self.coded.codes[:, first])
                name, entry = self.kernel.evaluator.entry(one.position, facts)
                words = entry.would_be, entry.standing, entry.line, entry.rule, entry.headline.text
                # Where no rule applies, none is named: the one that asks least is of no more weight than the others.
                one.told[pattern] = (name, *(words if name != "ruled_out" else [None] * len(words)))
        return [one.told[pattern] for pattern in patterns.found], patterns.which

    def _asked(self, one: TherapyKernel) -> Bits:
        """The fields that the open rules of a therapy ask for, where it is possible: bits over the fields, shape (n,)."""
        outcomes = self.outcome(one.position)
        asked = np.zeros(len(outcomes), dtype=np.uint64)
        for place, rule in enumerate(one.rules):
            is_open = [judgement.list == "possible" and place in judgement.open for judgement in one.judgements]
            self._ask(GoalKey("rule", rule.id), np.array(is_open)[outcomes], asked)
        return asked

    def _ask(self, key: GoalKey, wanted: Which, asked: Bits) -> None:
        rows = np.flatnonzero(wanted)
        if len(rows):
            asked[rows] |= self.kernel.needs(key).of(self.coded.codes[:, rows])


def kernel_for(ruleset: Ruleset, rows: int | None = None) -> Kernel:
    """A kernel for so many rows. The one for few is kept with the ruleset and goes with it, like its evaluator."""
    if rows is not None and rows >= MANY:
        return Kernel(ruleset)
    found: Kernel | None = ruleset.__dict__.get("_kernel")
    return ruleset.__dict__.setdefault("_kernel", Kernel(ruleset, few=True)) if found is None else found


def _too_large(ruleset: Ruleset, why: str) -> InvalidInput:
    said = f"the rules of {quote(ruleset.card.id)} cannot be folded into tables: {why}"
    return InvalidInput.at(ruleset.folder or ruleset.card.id, "too-many-parts", said)
