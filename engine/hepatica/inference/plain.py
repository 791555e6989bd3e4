"""The plain three-valued reading of conditions: what they mean, taken straight from how they are written.

It is the check on durable_rules, so it shares nothing with what durable_rules is fed by: not the normal form, not
`Test.holds`, not the tables. `read` interprets one condition; `PlainReading` reads all of a ruleset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from operator import itemgetter
from typing import Any

from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import Facts, Interval, Value

Thought = tuple[bool, bool]
"""Whether something certainly holds, and whether it may."""

Verdicts = tuple[int, int, int, int]
"""Bits of the goals that certainly hold and that may, of the tests that hold and that fail."""

_Asked = Callable[[list[bool]], bool]


class Verdict(Enum):
    """Strong Kleene truth: known true, known false, or not decided by what is known."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @staticmethod
    def of(certain: object, possible: object) -> Verdict:
        """True where it certainly holds, unknown where it only may."""
        return Verdict.TRUE if certain else Verdict.UNKNOWN if possible else Verdict.FALSE


def read(condition: Condition, facts: Facts, concepts: Mapping[str, Condition]) -> Verdict:
    """The verdict of `condition` for `facts`."""
    return Verdict.of(*_thought(condition, facts, concepts, {}))


def _thought(condition: Condition, facts: Facts, concepts: Mapping[str, Condition], known: dict[str, Thought]) -> Thought:
    """As `read`; a concept that is named often is read once."""
    if isinstance(condition, Test):
        return judge(condition, facts[condition.field])
    if isinstance(condition, ConceptTest):
        if condition.concept not in known:
            known[condition.concept] = _thought(concepts[condition.concept], facts, concepts, known)
        certain, possible = known[condition.concept]
        return (certain, possible) if condition.wanted else (not possible, not certain)
    if isinstance(condition, NotOf):
        certain, possible = _thought(condition.part, facts, concepts, known)
        return not possible, not certain
    # Kleene's three values as two plain ones: all and any fold certain and possible apart, and not swaps them.
    parts = [_thought(part, facts, concepts, known) for part in condition.parts]
    if isinstance(condition, AllOf):
        return all(certain for certain, _ in parts), all(possible for _, possible in parts)
    return any(certain for certain, _ in parts), any(possible for _, possible in parts)


def judge(test: Test, value: Value | None) -> Thought:
    """What a test says of a value that is known, unknown, or known as an interval."""
    if value is None:
        return _where_open(test, (False, True))
    if isinstance(value, Interval):
        return _where_open(test, _within(test.operator, float(test.operands[0]), value))
    found = _KNOWN[test.operator](value, test.operands)
    return found, found


def _where_open(test: Test, thought: Thought) -> Thought:
    """The verdict that a test asks for where its value does not decide it (`known:`)."""
    # Also where only an interval leaves it open: what a laboratory prints as "> 1210" is not known any better.
    undecided = thought == (False, True) and test.unknown is not None
    return (bool(test.unknown), bool(test.unknown)) if undecided else thought


_KNOWN: Mapping[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "in": lambda value, words: value in words,
    "not in": lambda value, words: value not in words,
    "includes": lambda chosen, words: not set(words).isdisjoint(chosen),
    "lacks": lambda chosen, words: set(words).isdisjoint(chosen),
    "empty": lambda chosen, _: len(chosen) == 0,
    "not empty": lambda chosen, _: len(chosen) > 0,
    "<": lambda value, bound: value < bound[0],
    "<=": lambda value, bound: value <= bound[0],
    ">": lambda value, bound: value > bound[0],
    ">=": lambda value, bound: value >= bound[0],
    "=": lambda value, bound: value == bound[0],
    "!=": lambda value, bound: value != bound[0],
}


# Which numbers pass a comparison: those below the bound, on it, above it. It holds of an interval where those that occur pass.
_PASSING = {
    "<": (True, False, False), "<=": (True, True, False), ">": (False, False, True), ">=": (False, True, True),
    "=": (False, True, False), "!=": (True, False, True),
}  # fmt: skip


def _within(name: str, bound: float, value: Interval) -> Thought:
    """A comparison of every number in an interval: it holds of all, of none, or of some."""
    low, high = value.low, value.high
    on_it = (low < bound or (low == bound and value.low_included)) and (high > bound or (high == bound and value.high_included))
    held = [passes for passes, occurs in zip(_PASSING[name], (low < bound, on_it, high > bound), strict=True) if occurs]
    return all(held), any(held)


class PlainReading:
    """A ruleset's goals read plainly; `goals` and `tests` each have the bits that stand for them in a verdict.

    Every test and concept is read once for a profile, into two places of a list: whether it certainly holds, and whether it
    may. Conditions are functions of that list, made once, which take a tenth of the time of interpreting them.
    """

    def __init__(self, goals: Iterable[tuple[int, Condition]], concepts: Mapping[str, Condition], tests: Sequence[Test]) -> None:
        self._places: dict[Test | str, int] = {test: 2 * n for n, test in enumerate(tests)}
        self._listed = len(tests)
        # A concept comes after those that it names.
        self._concepts = [(self._place(name), *self._asked(when)) for name, when in concepts.items()]
        bits: dict[Condition, int] = {}  # many trials enrolled by the same words
        for bit, when in goals:
            bits[when] = bits.get(when, 0) | bit
        self._goals = [(bit, *self._asked(when)) for when, bit in bits.items()]
        self._tests = [(place, leaf) for leaf, place in self._places.items() if isinstance(leaf, Test)]

    def read(self, facts: Facts) -> Verdicts:
        """The verdicts of every goal and test."""
        said = [False] * (2 * len(self._places))
        for place, test in self._tests:
            said[place : place + 2] = judge(test, facts[test.field])
        for place, surely, perhaps in self._concepts:
            said[place : place + 2] = surely(said), perhaps(said)
        certain = possible = holds = fails = 0
        # Most goals fail, and what may not hold does not hold for certain: the second is asked of few.
        for bit, surely, perhaps in self._goals:
            if perhaps(said):
                possible |= bit
                certain |= bit * surely(said)
        for n in range(self._listed):
            holds |= said[2 * n] << n
            fails |= (not said[2 * n + 1]) << n
        return certain, possible, holds, fails

    def _place(self, leaf: Test | str) -> int:
        return self._places.setdefault(leaf, 2 * len(self._places))

    def _asked(self, condition: Condition) -> tuple[_Asked, _Asked]:
        """Whether a condition certainly holds, and whether it may, from what is said of tests and concepts."""
        if isinstance(condition, (AllOf, AnyOf)):
            settles, parts = isinstance(condition, AnyOf), [self._asked(part) for part in condition.parts]
            return _joined([surely for surely, _ in parts], settles), _joined([perhaps for _, perhaps in parts], settles)
        if isinstance(condition, Test) or (isinstance(condition, ConceptTest) and condition.wanted):
            place = self._place(condition if isinstance(condition, Test) else condition.concept)
            return itemgetter(place), itemgetter(place + 1)
        # What is denied certainly fails where it may not hold.
        surely, perhaps = self._asked(condition.part if isinstance(condition, NotOf) else ConceptTest(condition.concept))
        return (lambda said: not perhaps(said)), (lambda said: not surely(said))


def _joined(parts: Sequence[_Asked], settles: bool) -> _Asked:
    """All of the parts, or, where one that holds settles it, any."""
    # Enrolment is often one criterion in a list: it is asked without a loop around it.
    if len(parts) == 1:
        return parts[0]

    def joined(said: list[bool]) -> bool:
        for part in parts:  # a loop: `any` of a generator takes twice as long
            if part(said) is settles:
                return settles
        return not settles

    return joined


def causes(condition: Condition, facts: Facts, concepts: Mapping[str, Condition]) -> frozenset[str]:
    """The unknown fields that leave `condition` unknown; empty where it is decided."""
    if read(condition, facts, concepts) is not Verdict.UNKNOWN:
        return frozenset()
    if isinstance(condition, Test):
        return frozenset([condition.field])
    if isinstance(condition, ConceptTest):
        return causes(concepts[condition.concept], facts, concepts)
    parts = (condition.part,) if isinstance(condition, NotOf) else condition.parts
    return frozenset().union(*(causes(part, facts, concepts) for part in parts))
