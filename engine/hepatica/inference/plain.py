"""The plain three-valued reading of conditions: what they mean, taken straight from how they are written.

It is the check on durable_rules, so it shares nothing with what durable_rules is fed by: not the normal form, not
`Test.holds`, not the tables. `read` interprets; `PlainReading` says the same of a whole ruleset by one generated function.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import Facts, Interval, Value

Thought = tuple[bool, bool]
"""Whether something certainly holds, and whether it may."""

Verdicts = tuple[int, int, int, int]
"""Bits of the goals that certainly hold and that may, of the tests that hold and that fail."""


class Verdict(Enum):
    """Strong Kleene truth: known true, known false, or not decided by what is known."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def negated(self) -> Verdict:
        """Not: swaps true and false, keeps unknown."""
        return {Verdict.TRUE: Verdict.FALSE, Verdict.FALSE: Verdict.TRUE}.get(self, self)

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


def _within(name: str, bound: float, value: Interval) -> Thought:
    """A comparison of every number in an interval: it holds of all, of none, or of some."""
    low, high = value.low, value.high
    # An interval has numbers below the bound, on it or above it; a comparison holds where it passes those that occur.
    some_below, some_above = low < bound, high > bound
    on_it = (low < bound or (low == bound and value.low_included)) and (high > bound or (high == bound and value.high_included))
    cases = {"<": (True, False, False), "<=": (True, True, False), ">": (False, False, True), ">=": (False, True, True)}
    cases |= {"=": (False, True, False), "!=": (True, False, True)}
    held = [passes for passes, occurs in zip(cases[name], (some_below, on_it, some_above), strict=True) if occurs]
    return all(held), any(held)


class PlainReading:
    """A ruleset's goals read plainly. `goals` and `tests` each have the bits that stand for them in a verdict."""

    COMPILE_AFTER = 8
    """Readings that are interpreted before a function is generated: generating one takes as long as some hundred of them."""

    def __init__(self, goals: Iterable[tuple[int, Condition]], concepts: Mapping[str, Condition], tests: Sequence[Test]) -> None:
        self._goals = tuple(goals)
        self._concepts = concepts
        self._tests = tests
        self._read_so_far = 0
        self._generated: Callable[[Facts], Verdicts] | None = None

    def read(self, facts: Facts) -> Verdicts:
        """The verdicts of every goal and test."""
        # Two threads may both generate the function: it is the same one.
        if self._generated is not None:
            return self._generated(facts)
        self._read_so_far += 1
        if self._read_so_far > self.COMPILE_AFTER:
            self._generated = generate(self._goals, self._concepts, self._tests) or self.interpret
        return self.interpret(facts)

    def interpret(self, facts: Facts) -> Verdicts:
        """As `read`, without the generated function."""
        known: dict[str, Thought] = {}
        thoughts = ((bit, _thought(when, facts, self._concepts, known)) for bit, when in self._goals)
        tested = ((1 << n, judge(test, facts[test.field])) for n, test in enumerate(self._tests))
        certain = possible = holds = fails = 0
        for bit, (surely, perhaps) in thoughts:
            certain |= bit * surely
            possible |= bit * perhaps
        for bit, (surely, perhaps) in tested:
            holds |= bit * surely
            fails |= bit * (not perhaps)
        return certain, possible, holds, fails


def generate(
    goals: Sequence[tuple[int, Condition]], concepts: Mapping[str, Condition], tests: Sequence[Test]
) -> Callable[[Facts], Verdicts] | None:
    """One function that reads every goal; None where Python cannot compile it (nested too deep)."""
    source = _Source(tests)
    for name, when in concepts.items():
        source.concept(name, when)
    for bit, when in goals:
        source.goal(bit, when)
    space: dict[str, Any] = {"Interval": Interval, "within": _within, "K": source.constants}
    try:
        exec(compile(source.text(), "<plain reading>", "exec"), space)
    except (SyntaxError, RecursionError, MemoryError):
        return None
    found: Callable[[Facts], Verdicts] = space["plain"]
    return found


class _Source:
    """Python for one reading: `c3` and `p3` are test 3 certainly and possibly, `cC0` and `pC0` concept 0."""

    def __init__(self, tests: Sequence[Test]) -> None:
        self._listed = len(tests)
        self._numbers: dict[Test, int] = {test: n for n, test in enumerate(tests)}
        self._concepts: dict[str, str] = {}
        self._body: list[str] = []
        self.constants: list[Any] = []

    def concept(self, name: str, when: Condition) -> None:
        """A concept, after those it names."""
        label = f"C{len(self._concepts)}"
        self._body += [f"c{label} = {self._words(when, 'c')}", f"p{label} = {self._words(when, 'p')}"]
        self._concepts[name] = label

    def goal(self, bit: int, when: Condition) -> None:
        """A goal and its bit."""
        # What is certain is possible: the second question is asked only where the first is yes. The bit is in hexadecimal
        # digits, because Python takes no decimal number of more than 4,300 digits.
        self._body += [
            f"if {self._words(when, 'p')}:",
            f" possible |= {bit:#x}",
            f" if {self._words(when, 'c')}: certain |= {bit:#x}",
        ]

    def _words(self, condition: Condition, mode: str) -> str:
        """An expression that is true where the condition certainly ('c') or possibly ('p') holds."""
        if isinstance(condition, Test):
            return f"{mode}{self._numbers.setdefault(condition, len(self._numbers))}"
        other = {"c": "p", "p": "c"}[mode]
        if isinstance(condition, ConceptTest):
            label = self._concepts[condition.concept]
            return f"{mode}{label}" if condition.wanted else f"(not {other}{label})"
        if isinstance(condition, NotOf):
            return f"(not {self._words(condition.part, other)})"
        joiner, empty = (" and ", "True") if isinstance(condition, AllOf) else (" or ", "False")
        return f"({joiner.join(self._words(part, mode) for part in condition.parts) or empty})"

    def text(self) -> str:
        """The whole function."""
        lines = ["def plain(facts):", " certain = possible = holds = fails = 0"]
        for field in dict.fromkeys(test.field for test in self._numbers):
            lines += self._field(field, [(n, test) for test, n in self._numbers.items() if test.field == field])
        for n in range(self._listed):
            lines += [f" if c{n}: holds |= {1 << n:#x}", f" elif not p{n}: fails |= {1 << n:#x}"]
        lines += [f" {line}" for line in self._body]
        return "\n".join([*lines, " return certain, possible, holds, fails"])

    def _field(self, name: str, tests: list[tuple[int, Test]]) -> list[str]:
        """The tests of one field: each has two names, set for what is known of the field."""
        lines = [f" v = facts[{name!r}]", " if v is None:"]
        for n, test in tests:
            surely, perhaps = _where_open(test, (False, True))
            lines += [f"  c{n} = {surely}", f"  p{n} = {perhaps}"]
        if any(test.operator in _COMPARED for _, test in tests):
            lines += [" elif v.__class__ is Interval:"]
            for n, test in tests:
                lines += [f"  c{n}, p{n} = within({test.operator!r}, {float(test.operands[0])!r}, v)"]
                lines += [f"  if p{n} and not c{n}: c{n} = p{n} = {test.unknown}"] if test.unknown is not None else []
        return [*lines, " else:", *(f"  c{n} = p{n} = {self._known(test)}" for n, test in tests)]

    def _known(self, test: Test) -> str:
        """What a test says of a known value `v`, as Python has it."""
        if test.operator in _COMPARED:
            return f"v {'==' if test.operator == '=' else test.operator} {float(test.operands[0])!r}"
        if test.operator in ("empty", "not empty"):
            return "not v" if test.operator == "empty" else "v != ()"
        self.constants.append(frozenset(test.operands))
        constant = f"K[{len(self.constants) - 1}]"
        if test.operator in ("in", "not in"):
            return f"v {test.operator} {constant}"
        return f"{'not ' if test.operator == 'includes' else ''}{constant}.isdisjoint(v)"


_COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}


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
