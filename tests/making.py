"""Rulesets and profiles for tests, small enough to reason about, and hypothesis strategies for them."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hepatica.assurance.space import Box, Space, space_of
from hepatica.documents import Node
from hepatica.evaluation import Evaluator
from hepatica.inference import FieldClasses, Program, classes_of
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Operator, Test
from hepatica.patient import CLASS_RANGES, COMMON_FIELDS, Facts, Field, Interval, Profile, Value, class_of, facts_of

if TYPE_CHECKING:
    import pytest

CARD = """\
ruleset: tiny
version: 1.0.0
title: A ruleset for tests
as_of: 2016-08
source: {citation: A text, basis: recalled}
scope: {advanced_hcc: yes}
out_of_scope: Local therapies come first.
therapies: [alpha, beta]
"""
CONCEPTS = """\
concepts:
  - {id: advanced_hcc, says: Advanced., when: {any: [{bclc_stage: [C, D]}, {locoregional_suitable: no}]}}
  - {id: untreated, says: Nothing taken., when: {prior_sorafenib: [none, refused], other_prior_systemic: none}}
"""
ALPHA = """\
therapy: alpha
name: Alpha
class: a drug
about: Made for tests.
source: {section: One, lines: 1-9}
studies:
  - id: alpha-3
    name: Alpha phase III
    kind: randomised_controlled_trial
    phase: III
    status: completed
    design: randomised
    summary: Longer survival.
    source: {section: One, lines: 2-4, refs: [1]}
    primary_endpoints: [{name: OS, met: yes, lines: 3}]
    population: {when: {advanced_hcc: yes, child_pugh_class: A}, lines: 2}
    arms: [{id: alpha, n: 10, lines: 2}, {id: placebo, n: 10, lines: 2}]
    results:
      - {id: os, endpoint: OS, unit: mo, arms: {alpha: 9.2, placebo: 7.6}, hr: 0.8, ci: [0.7, 0.9], p: 0.01, lines: 3}
rules:
  - id: alpha-first
    says: Alpha lived longer.
    line: first
    standing: standard
    when: {untreated: yes, child_pugh_class: A}
    cites: [alpha-3]
    source: {lines: 3}
"""
BETA = """\
therapy: beta
name: Beta
class: a drug
about: Made for tests.
source: {section: Two, lines: 10-19}
studies:
  - id: beta-2
    name: Beta phase II
    kind: single_arm_trial
    phase: II
    status: completed
    design: single arm
    summary: Some activity.
    source: {section: Two, lines: 12, refs: [2]}
    results:
      - {id: rr, endpoint: RR, unit: "%", arms: {beta: 12}, lines: 12}
rules:
  - id: beta-high-afp
    says: Beta was active with a high AFP.
    line: second
    standing: early_signal
    when: {prior_sorafenib: [progressed, intolerant], afp: "> 400"}
    cites: [beta-2]
    source: {lines: 12}
"""


def write_ruleset(folder: Path, **changed: str | None) -> Path:
    """A small valid ruleset in `folder`; `card`, `concepts`, `alpha`, `beta` may be replaced, or left out with None."""
    texts: dict[str, str | None] = {"card": CARD, "concepts": CONCEPTS, "alpha": ALPHA, "beta": BETA, **changed}
    names = {"card": "ruleset.yaml", "concepts": "concepts.yaml"}
    for key, text in texts.items():
        path = folder / names.get(key, f"therapies/{key}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


def common_space(tests: Iterable[Test]) -> Space:
    """The space that some tests of the common fields cut."""
    return space_of(tests, COMMON_FIELDS)


@st.composite
def boxes_of(draw: st.DrawFn, space: Space) -> Box:
    """Any box of a space."""
    return tuple(draw(st.integers(1, axis.full)) for axis in space.axes)


def consistent(known: dict[str, Value | None]) -> Facts:
    """Facts whose Child-Pugh class and score agree, as a profile's always do."""
    score = known.get("child_pugh_score")
    if isinstance(score, int):
        known = {**known, "child_pugh_class": class_of(score)}
    return facts_of(known)


def values(field: Field) -> st.SearchStrategy[Value | None]:
    """Any value of a field, unknown included."""
    known: st.SearchStrategy[Any]
    if field.kind == "flag":
        known = st.booleans()
    elif field.kind == "choice":
        known = st.sampled_from(field.values)
    elif field.kind == "set":
        known = st.sets(st.sampled_from(field.values)).map(lambda chosen: tuple(v for v in field.values if v in chosen))
    elif field.kind == "integer":
        known = st.integers(int(field.low), int(field.high))
    else:
        exact = st.sampled_from([0.0, 0.000001, 19.5, 20.0, 399.999999, 400.0, 400.000001, 620.0, float(field.high)])
        known = exact | st.floats(0, 5000).map(lambda value: round(value, 6))
    return st.none() | known


def intervals() -> st.SearchStrategy[Interval]:
    """Amounts known only within bounds, some with an end on a threshold, some open."""
    ends = st.sampled_from([0.0, 19.5, 20.0, 200.0, 400.0, 400.5, 800.0, 5000.0])
    both = st.lists(ends, min_size=2, max_size=2, unique=True).map(sorted)
    closed = st.tuples(both, st.booleans(), st.booleans()).map(lambda parts: Interval(parts[0][0], parts[0][1], *parts[1:]))
    below = st.builds(lambda high, included: Interval(high=high, high_included=included), ends, st.booleans())
    above = st.builds(lambda low, included: Interval(low=low, low_included=included), ends, st.booleans())
    return closed | below | above


def profiles(with_intervals: bool = False) -> st.SearchStrategy[Facts]:
    """Consistent facts over every field."""
    parts = {field.name: values(field) for field in COMMON_FIELDS.values()}
    if with_intervals:
        parts["afp"] = parts["afp"] | intervals()
    return st.fixed_dictionaries(parts).map(consistent)


NUMERIC: tuple[Operator, ...] = ("<", "<=", ">", ">=", "=", "!=")
AMONG: tuple[Operator, ...] = ("includes", "lacks")
ONE_OF: tuple[Operator, ...] = ("in", "not in")
EMPTINESS: tuple[Operator, ...] = ("empty", "not empty")


def tests() -> st.SearchStrategy[Test]:
    """Any test of the rule language, some with a verdict for what is not known."""
    open_or_closed = st.sampled_from((None, None, None, True, False))
    return st.builds(lambda test, unknown: replace(test, unknown=unknown), _tests(), open_or_closed)


@st.composite
def _tests(draw: st.DrawFn) -> Test:
    field = draw(st.sampled_from([*COMMON_FIELDS.values()]))
    if field.kind in ("integer", "number"):
        low, high = (int(field.low), int(field.high)) if field.kind == "integer" else (0, 800)
        operator = draw(st.sampled_from(NUMERIC))
        return Test(field.name, operator, (float(draw(st.integers(low, high))),))
    if field.kind == "set" and draw(st.booleans()):
        return Test(field.name, draw(st.sampled_from(EMPTINESS)))
    words: Any = (True, False) if field.kind == "flag" else field.values
    chosen = tuple(draw(st.lists(st.sampled_from(words), min_size=1, max_size=4, unique=True)))
    return Test(field.name, draw(st.sampled_from(AMONG if field.kind == "set" else ONE_OF)), chosen)


def conditions(concepts: tuple[str, ...] = ()) -> st.SearchStrategy[Condition]:
    """Any condition of the rule language, a few levels deep."""
    leaf: st.SearchStrategy[Condition] = tests()
    if concepts:
        leaf = leaf | st.builds(ConceptTest, st.sampled_from(concepts), st.booleans())
    return st.recursive(
        leaf,
        lambda inner: (
            st.builds(NotOf, inner)
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
        ),
        max_leaves=6,
    )


def field_classes(program: Program) -> dict[str, FieldClasses]:
    """Each field cut by the program's own tests."""
    return {field.name: classes_of(field, program.tests) for field in COMMON_FIELDS.values()}


def profile(**known: Any) -> Profile:
    """A profile of some facts; lists become tuples."""
    for name in known:
        assert name in COMMON_FIELDS, name
    return Profile(consistent({name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}))


def plain(node: Node) -> object:
    """A document without its places."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    return [plain(inner) for inner in node.value] if isinstance(node.value, list) else node.value


def sample_profiles(evaluator: Evaluator, count: int, seed: int = 1, unknown: float = 0.25) -> list[Profile]:
    """Seeded, consistent, no two alike, spread over the classes of every used field; each is unknown with that probability."""
    chance = random.Random(seed)
    fields = [field for field in evaluator.ruleset.fields.values() if field.name in evaluator.ruleset.used_fields]
    samples = {field.name: classes_of(field, evaluator.program.tests).samples for field in fields}
    known = {name: [value for value in values if value is not None] for name, values in samples.items()}
    found: dict[tuple[Any, ...], Profile] = {}
    while len(found) < count:
        facts: dict[str, Any] = {
            name: chance.choice(values) if chance.random() >= unknown else None for name, values in known.items()
        }
        letter = facts.get("child_pugh_class")
        facts["child_pugh_score"] = chance.randint(*CLASS_RANGES[letter]) if letter and chance.random() < 0.6 else None
        if isinstance(facts.get("afp"), float) and facts["afp"] != 400:  # many are alike in all but this
            facts["afp"] = round(facts["afp"] + chance.random() / 10, 6)
        made = facts_of(facts, evaluator.ruleset.fields)
        found[tuple(made.values())] = Profile(made, fields=evaluator.ruleset.fields)
    return list(found.values())


def interruptible(*arguments: str, told: bool = False) -> list[str]:
    """The command line of a process that Ctrl-C reaches also where it runs in a background job, which inherits an ignored SIGINT.

    Where `told`, it prints "here" once the program itself has begun: before that the interpreter answers an interrupt.
    """
    script = (
        "import signal, sys; from hepatica.__main__ import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "begun = lambda event, names: event == 'import' and names[0] == 'hepatica.cli.main' and print('here', flush=True); "
        f"{told} and sys.addaudithook(begun); sys.exit(main())"
    )
    return [sys.executable, "-c", script, *arguments]


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """What the next command reads where it is given a dash."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def lies_in(interval: Interval, value: float) -> bool:
    """Whether a number known as an interval may be this one."""
    above = value > interval.low or (interval.low_included and value == interval.low)
    return above and (value < interval.high or (interval.high_included and value == interval.high))
