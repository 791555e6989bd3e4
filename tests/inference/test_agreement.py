"""durable_rules, the bit tables and the plain reading say the same of every profile, and a fault in any is caught."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.evaluation import Evaluator
from hepatica.inference import (
    Disagreement,
    FieldTable,
    Firings,
    Inference,
    Program,
    Rete,
    Verdict,
    compile_conditions,
    conditions_of,
    read,
)
from hepatica.knowledge import Condition, Ruleset, load_ruleset
from hepatica.patient import FIELDS, Facts, Profile, Value, facts_of, read_profile
from tests.conftest import ROOT
from tests.making import conditions, consistent, field_classes, profiles, write_ruleset

PATIENTS = sorted((ROOT / "patients").glob("*.yaml"))
_WORDS = {"yes": Verdict.TRUE, "no": Verdict.FALSE, "unknown": Verdict.UNKNOWN}


def _agree(evaluator: Evaluator, facts: Facts) -> None:
    """All three readings of every goal: durable_rules reads each distinct condition once."""
    ruleset, program = evaluator.ruleset, evaluator.program
    concepts = {concept.id: concept.when for concept in ruleset.concepts.values()}
    masks = evaluator.inference.read(facts)
    fired = evaluator.inference.rete.fire(facts)
    for name, condition in conditions_of(ruleset).items():
        plain = read(condition, facts, concepts)
        mask = program.goals[name].mask
        assert _three(bool(masks.certain & mask), bool(masks.possible & mask)) is plain, name
        if name in fired.goals:
            assert _three(name in fired.certain, name in fired.possible) is plain, name
        if name.startswith("concept/"):
            assert _WORDS[fired.concepts[name.removeprefix("concept/")]] is plain, name


def _three(certain: bool, possible: bool) -> Verdict:
    return Verdict.TRUE if certain else Verdict.UNKNOWN if possible else Verdict.FALSE


@pytest.mark.parametrize("path", PATIENTS, ids=lambda path: path.stem)
def test_they_agree_on_every_shipped_patient(evaluator: Evaluator, path: Path) -> None:
    _agree(evaluator, read_profile(path).facts)


def _boundaries(evaluator: Evaluator) -> Iterator[Facts]:
    """Every shipped patient with each numeric field below, at and above each of its thresholds, and unknown."""
    classes = field_classes(evaluator.program)
    for path in PATIENTS:
        facts = dict(read_profile(path).facts)
        for field in FIELDS:
            for sample in classes[field.name].samples:
                changed = {**facts, field.name: sample}
                if field.name == "child_pugh_class":
                    changed["child_pugh_score"] = None
                yield consistent(changed)


def test_they_agree_on_every_class_of_every_field_around_every_shipped_patient(evaluator: Evaluator) -> None:
    count = 0
    for facts in _boundaries(evaluator):
        _agree(evaluator, facts)
        count += 1
    assert count > 500


@settings(max_examples=300)
@given(facts=profiles())
def test_they_agree_on_generated_profiles(evaluator: Evaluator, facts: Facts) -> None:
    _agree(evaluator, facts)


@settings(max_examples=120)
@given(
    concept=conditions(),
    chained=conditions(("first",)),
    rules=st.lists(conditions(("first", "second")), min_size=1, max_size=4),
    sample=st.lists(profiles(), min_size=3, max_size=3),
)
def test_they_agree_on_generated_rulesets(
    concept: Condition, chained: Condition, rules: list[Condition], sample: list[Facts]
) -> None:
    concepts = {"first": concept, "second": chained}
    goals = {f"rule/{index}": rule for index, rule in enumerate(rules)}
    rete, program = Rete(goals, concepts), compile_conditions(goals, concepts)
    for facts in sample:
        fired, masks = rete.fire(facts), program.masks(facts)
        for name, condition in goals.items():
            plain, mask = read(condition, facts, concepts), program.goals[name].mask
            assert _three(name in fired.certain, name in fired.possible) is plain
            assert _three(bool(masks.certain & mask), bool(masks.possible & mask)) is plain
        for name, concept_when in concepts.items():
            assert _WORDS[fired.concepts[name]] is read(concept_when, facts, concepts)


def test_they_agree_on_every_point_of_a_small_ruleset(tmp_path: Path) -> None:
    evaluator = Evaluator(load_ruleset(write_ruleset(tmp_path)))
    classes = field_classes(evaluator.program)
    names = [table.classes.field.name for table in evaluator.program.tables if table.classes.field.kind != "set"]
    other: tuple[Value | None, ...] = (None, (), ("tki",))
    points = product(other, *(classes[name].samples for name in names))
    count = 0
    for chosen, *values in points:
        _agree(evaluator, facts_of({"other_prior_systemic": chosen, **dict(zip(names, values, strict=True))}))
        count += 1
    assert count == 3 * 6 * 4 * 5 * 4 * 3


class _FaultyRete(Rete):
    """Loses one firing, as an engine that runs past its limits does."""

    def __init__(self, rete: Rete, lost: str) -> None:
        self._inner, self._lost = rete, lost

    def fire(self, facts: Facts) -> Firings:
        fired = self._inner.fire(facts)
        lost = ~(1 << fired.goals.index(self._lost))
        return fired._replace(certain_bits=fired.certain_bits & lost, possible_bits=fired.possible_bits & lost)


def test_a_fault_planted_in_durable_rules_is_caught(ruleset: Ruleset) -> None:
    inference = Inference(ruleset)
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    lost = sorted(inference.rete.fire(facts).certain)[0]
    inference.rete = _FaultyRete(inference.rete, lost)
    with pytest.raises(Disagreement, match=lost):
        inference.read(facts)


def test_a_fault_planted_in_the_tables_is_caught(ruleset: Ruleset) -> None:
    inference = Inference(ruleset)
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    inference.program = _without_a_test(inference.program)
    with pytest.raises(Disagreement):
        inference.read(facts)


def _without_a_test(program: Program) -> Program:
    """The same program with the region no longer contradicting anything."""
    tables = tuple(
        FieldTable(t.classes, (-1,) * len(t.certain), (-1,) * len(t.possible), t.holds, t.fails)
        if t.classes.field.name == "region"
        else t
        for t in program.tables
    )
    return Program(program.tests, program.goals, tables)


def test_a_fault_in_what_is_said_of_the_trials_populations_is_caught(ruleset: Ruleset) -> None:
    inference = Inference(ruleset)
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    populations = 0
    for name, goal in inference.program.goals.items():
        populations |= goal.mask if name.startswith("population/") else 0
    tables = tuple(
        FieldTable(
            t.classes, tuple(c & ~populations for c in t.certain), tuple(p & ~populations for p in t.possible), t.holds, t.fails
        )
        for t in inference.program.tables
    )
    inference.program = Program(inference.program.tests, inference.program.goals, tables)
    with pytest.raises(Disagreement, match="population/"):
        inference.read(facts)


def test_a_fault_planted_in_the_plain_reading_is_caught(evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    monkeypatch.setattr("hepatica.inference.plain.disjunction", lambda verdicts: Verdict.FALSE)
    with pytest.raises(AssertionError):
        _agree(evaluator, facts)


def test_eight_threads_at_once_get_their_own_answers(evaluator: Evaluator) -> None:
    profiles_read = [read_profile(path) for path in PATIENTS]
    expected = [_lists(evaluator, index, profiles_read) for index in range(len(profiles_read))]
    wrong: list[int] = []

    def work(start: int) -> None:
        for step in range(150):
            index = (start + step) % len(profiles_read)
            if _lists(evaluator, index, profiles_read) != expected[index]:
                wrong.append(index)

    threads = [Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _lists(evaluator: Evaluator, index: int, read: Sequence[Profile]) -> list[list[str]]:
    answer = evaluator.evaluate(read[index])
    return [[entry.therapy.id for entry in entries] for entries in answer.entries().values()]
