"""durable_rules, the bit tables and the plain reading say the same of every profile, and a fault in any is caught."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hepatica
from hepatica.evaluation import Evaluator
from hepatica.inference import (
    Disagreement,
    GoalKey,
    Inference,
    PlainReading,
    Verdict,
    conditions_of,
    normal_form,
    plain,
    productions,
    program,
    read,
)
from hepatica.inference import classes as classes_module
from hepatica.knowledge import AllOf, AnyOf, ConceptTest, Condition, NotOf, Ruleset, Test, load_ruleset
from hepatica.patient import COMMON_FIELDS, Facts, Interval, facts_of, read_profile
from hepatica.problems import InternalError
from tests import making
from tests.conftest import PATIENTS, ROOT, each_patient
from tests.making import conditions, field_classes, profiles, write_ruleset


def _agree(inference: Inference, ruleset: Any, facts: Facts) -> None:
    """What is answered is what the conditions say, read one by one."""
    found = inference.read(facts)
    for key, condition in conditions_of(ruleset).items():
        assert found.verdict(inference.program.goals[key]) is read(condition, facts, ruleset.concept_conditions), key


def _made(concepts: dict[str, Condition], rules: list[Condition]) -> Any:
    """As much of a ruleset as inference reads."""
    return SimpleNamespace(
        card=SimpleNamespace(scope=AnyOf((Test("bclc_stage", "in", ("C", "D")), Test("cmet", "in", ("high",))))),
        concept_conditions=concepts,
        rules={str(n): SimpleNamespace(id=str(n), when=rule) for n, rule in enumerate(rules)},
        notes=(),
        studies={},
        fields=COMMON_FIELDS,
        places={},
    )


@each_patient
def test_they_agree_on_every_shipped_patient(evaluator: Evaluator, path: Path) -> None:
    _agree(evaluator.inference, evaluator.ruleset, read_profile(path).facts)


@given(facts=profiles(with_intervals=True))
def test_they_agree_on_generated_profiles(evaluator: Evaluator, facts: Facts) -> None:
    _agree(evaluator.inference, evaluator.ruleset, facts)


@pytest.mark.slow
@given(
    concept=conditions(),
    chained=conditions(("first",)),
    rules=st.lists(conditions(("first", "second")), min_size=1, max_size=4),
    sample=st.lists(profiles(with_intervals=True), min_size=3, max_size=3),
)
def test_they_agree_on_generated_rulesets(
    concept: Condition, chained: Condition, rules: list[Condition], sample: list[Facts]
) -> None:
    made = _made({"first": concept, "second": chained}, rules)
    inference = Inference(made)
    for facts in sample:
        _agree(inference, made, facts)


@pytest.mark.slow
@given(
    concept=conditions(),
    goals=st.lists(conditions(("first",)), min_size=1, max_size=4),
    tested=st.lists(making.tests(), max_size=4, unique=True),
    sample=st.lists(profiles(with_intervals=True), min_size=2, max_size=3),
)
def test_a_ruleset_is_read_as_each_of_its_conditions_is(
    concept: Condition, goals: list[Condition], tested: list[Test], sample: list[Facts]
) -> None:
    reading = PlainReading([(1 << n, when) for n, when in enumerate(goals)], {"first": concept}, tested)
    for facts in sample:
        certain, possible, holds, fails = reading.read(facts)
        for n, when in enumerate(goals):
            assert Verdict.of(certain >> n & 1, possible >> n & 1) is read(when, facts, {"first": concept})
        for n, test in enumerate(tested):
            assert Verdict.of(holds >> n & 1, not fails >> n & 1) is read(test, facts, {})


def test_a_condition_nested_deep_is_read() -> None:
    when: Condition = Test("cmet", "in", ("high",))
    for _ in range(110):
        when = AllOf((AnyOf((when,)),))
    assert PlainReading([(1, when)], {}, ()).read(facts_of({"cmet": "high"})) == (1, 1, 0, 0)


def test_they_agree_on_every_point_of_a_small_ruleset(tmp_path: Path) -> None:
    ruleset = load_ruleset(write_ruleset(tmp_path))
    inference = Inference(ruleset)
    classes = field_classes(inference.program)
    points: list[dict[str, Any]] = [{}]
    for table in inference.program.tables:
        name = table.classes.field.name
        samples = (None, (), ("tki",)) if table.classes.field.kind == "set" else classes[name].samples
        points = [{**point, name: sample} for point in points for sample in samples]
    assert len(points) == 3 * 6 * 4 * 5 * 4 * 3
    for point in points[::3]:
        _agree(inference, ruleset, facts_of(point))


@pytest.mark.parametrize(
    ("interval", "operator", "expected"),
    [
        (Interval(low=1210), ">", Verdict.TRUE),
        (Interval(low=100), ">", Verdict.UNKNOWN),
        (Interval(high=400), ">", Verdict.FALSE),
        (Interval(high=400), ">=", Verdict.FALSE),
        (Interval(high=400, high_included=True), ">=", Verdict.UNKNOWN),
        (Interval(low=400, low_included=True), ">=", Verdict.TRUE),
        (Interval(low=400, low_included=True), ">", Verdict.UNKNOWN),
        (Interval(low=400), "!=", Verdict.TRUE),
        (Interval(300, 500, True, True), "=", Verdict.UNKNOWN),
        (Interval(high=400), "<", Verdict.TRUE),
    ],
)
def test_an_interval_decides_what_all_its_numbers_decide(interval: Interval, operator: Any, expected: Verdict) -> None:
    made = _made({}, [AllOf((Test("bclc_stage", "in", ("C",)), Test("afp", operator, (400.0,))))])
    inference = Inference(made)
    found = inference.read(facts_of({"bclc_stage": "C", "afp": interval}))
    assert found.verdict(inference.program.goals[GoalKey("rule", "0")]) is expected


@pytest.mark.parametrize("step", [0.000001, 1e-9])
def test_thresholds_a_hair_apart_are_told_apart(step: float) -> None:
    made = _made({}, [Test("afp", ">", (400.0,)), Test("afp", ">", (400.0 + step,))])
    inference = Inference(made)
    for afp in (400.0, 400.0 + step / 2, 400.0 + step, 400.0 + 2 * step):
        _agree(inference, made, facts_of({"bclc_stage": "C", "afp": afp}))


# Faults, planted one at a time in each helper that readings share. None may leave with an answer that is not the right one.


def _any_as_all(patch: pytest.MonkeyPatch) -> None:
    right = normal_form.alternatives

    def wrong(condition: Condition, wanted: bool = True) -> Any:
        return right(AllOf(condition.parts) if isinstance(condition, AnyOf) else condition, wanted)

    patch.setattr(normal_form, "alternatives", wrong)
    patch.setattr(productions, "alternatives", wrong)


def _first_word_only(patch: pytest.MonkeyPatch) -> None:
    right = Test.holds
    patch.setattr(Test, "holds", lambda test, value: right(Test(test.field, test.operator, test.operands[:1]), value))


def _above_is_at_least(patch: pytest.MonkeyPatch) -> None:
    right = Test.holds
    changed = {">": ">=", "<=": "<"}
    patch.setattr(
        Test, "holds", lambda test, v: right(Test(test.field, changed.get(test.operator, test.operator), test.operands), v)
    )


def _productions_first_word(patch: pytest.MonkeyPatch) -> None:
    right = productions._set_ways
    patch.setattr(productions, "_set_ways", lambda leaf: right(Test(leaf.field, leaf.operator, leaf.operands[:1])))


def _productions_excluded_word(patch: pytest.MonkeyPatch) -> None:
    right = productions._word_ways
    patch.setattr(productions, "_word_ways", lambda leaf, field: tuple(way[:1] for way in right(leaf, field)))


def _productions_above(patch: pytest.MonkeyPatch) -> None:
    right = productions._numeric_ways
    changed = {">": ">=", "<": "<="}
    patch.setattr(
        productions,
        "_numeric_ways",
        lambda leaf: right(Test(leaf.field, changed.get(leaf.operator, leaf.operator), leaf.operands)),
    )


def _productions_unknown_is_no(patch: pytest.MonkeyPatch) -> None:
    right = productions.answers
    patch.setattr(productions, "answers", lambda known: right({question: bool(so) for question, so in known.items()}))


def _productions_sure_is_all(patch: pytest.MonkeyPatch) -> None:
    right = productions.answers
    patch.setattr(productions, "answers", lambda known: (right(known)[0],) * 2)


def _productions_unknown_number(patch: pytest.MonkeyPatch) -> None:
    right = productions._bounds
    patch.setattr(productions, "_bounds", lambda field, value: right(field, field.low if value is None else value))


def _tables_unknown_is_no(patch: pytest.MonkeyPatch) -> None:
    right = program.FieldTable._row

    def wrong(table: Any, points: tuple[Any, ...]) -> Any:
        row = right(table, points)
        return row if points else row._replace(fails=table.asked & ~row.holds)

    patch.setattr(program.FieldTable, "_row", wrong)


def _tables_slot(patch: pytest.MonkeyPatch) -> None:
    right = classes_module.FieldClasses.class_of
    patch.setattr(
        classes_module.FieldClasses, "class_of", lambda own, v: right(own, v) + (isinstance(v, float) and v in own.thresholds)
    )


def _tables_fold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(program.Program, "verdicts", lambda self, bits: bits & self.marks)


def _merging(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(normal_form.Expander, "_meet", lambda self, group: group & -group)


def _plain_first_word(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(plain._KNOWN, "in", lambda value, words: value == words[0])


def _plain_above(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(plain._KNOWN, ">", lambda value, bound: value >= bound[0])


def _plain_unknown(patch: pytest.MonkeyPatch) -> None:
    right = plain.judge
    patch.setattr(plain, "judge", lambda test, value: (False, False) if value is None else right(test, value))


FAULTS = [
    _any_as_all,
    _first_word_only,
    _above_is_at_least,
    _productions_first_word,
    _productions_excluded_word,
    _productions_above,
    _productions_unknown_is_no,
    _productions_sure_is_all,
    _productions_unknown_number,
    _tables_unknown_is_no,
    _tables_slot,
    _tables_fold,
    _merging,
    _plain_first_word,
    _plain_above,
    _plain_unknown,
]


def _every_kind() -> Any:
    """A ruleset that uses every operator, words that are merged, both joiners and negation."""
    prior = Test("prior_sorafenib", "in", ("progressed", "intolerant"))
    treated = AnyOf((prior, Test("other_prior_systemic", "includes", ("tki", "chemotherapy"))))
    asian = Test("region", "in", ("japan", "taiwan", "south_korea"))
    rules: list[Condition] = [
        AllOf((ConceptTest("treated"), Test("afp", ">", (400.0,)))),
        AllOf((Test("afp", "<=", (400.0,)), NotOf(ConceptTest("treated")))),
        AnyOf((Test("afp", ">=", (20.0,)), AllOf((asian, Test("region", "not in", ("japan",)))))),
        AllOf((Test("etiology", "lacks", ("hbv", "hcv")), Test("ecog", "<", (2.0,)))),
        AllOf((ConceptTest("treated", False), Test("other_prior_systemic", "empty"), Test("child_pugh_score", "!=", (7.0,)))),
    ]
    return _made({"treated": treated}, rules)


@pytest.fixture(scope="module")
def sample() -> list[tuple[Facts, dict[GoalKey, Verdict]]]:
    """Profiles on and around the thresholds, with what is right of them."""
    facts = [dict(read_profile(path).facts) for path in PATIENTS]
    facts += [{**facts[0], "afp": amount} for amount in (0.0, 20.0, 399.0, 400.0, 401.0, None, Interval(low=1210))]
    facts += [{**each, "etiology": ("hcv",), "other_prior_systemic": ("chemotherapy",), "region": "taiwan"} for each in facts[:8]]
    facts += [{**each, "prior_sorafenib": "intolerant", "other_prior_systemic": ()} for each in facts[:8]]
    facts += [{**facts[0], "region": region, "afp": afp} for region in ("japan", "taiwan", None) for afp in (None, 5.0)]
    inference = Inference(_every_kind())
    return [(facts_of(each), _verdicts(inference, facts_of(each))) for each in facts]


def _verdicts(inference: Inference, facts: Facts) -> dict[GoalKey, Verdict]:
    found = inference.read(facts)
    return {key: found.verdict(goal) for key, goal in inference.program.goals.items()}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_a_planted_fault_is_caught_before_an_answer_leaves(
    fault: Callable[[pytest.MonkeyPatch], None],
    sample: list[tuple[Facts, dict[GoalKey, Verdict]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault(monkeypatch)
    caught = 0
    inference = Inference(_every_kind())
    for facts, right in sample:
        try:
            found = _verdicts(inference, facts)
        except InternalError:
            caught += 1
        else:
            assert found == right, "a wrong answer left"
    assert caught


def test_a_disagreement_names_the_goal_and_who_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    _first_word_only(monkeypatch)
    facts = facts_of({"bclc_stage": "C", "prior_sorafenib": "intolerant", "afp": 500.0})
    said = r"rule/0 differ \(durable_rules: unknown, plain reading: true, tables: unknown\).*no answer is given"
    with pytest.raises(Disagreement, match=said):
        Inference(_every_kind()).read(facts)


def test_without_durable_rules_there_is_no_answer(ruleset: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(InternalError, match="durable-rules cannot be loaded"):
        hepatica.evaluate(load_ruleset(ROOT / "rulesets" / "hcc-2016"), {"bclc_stage": "C"})


def test_what_durable_rules_fires_is_the_verdict(ruleset: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the two checks made blind, a lost firing changes the verdict: nothing else is asked."""
    inference = Inference(ruleset)
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    right = inference.read(facts)
    goal = next(g for key, g in inference.program.goals.items() if key.kind == "rule" and right.certain & g.mark)
    fire = inference.rete.fire
    monkeypatch.setattr(inference, "_agree", lambda *_: True)
    monkeypatch.setattr(inference.rete, "fire", lambda f: (fire(f)[0] & ~goal.mark, fire(f)[1]))
    assert inference.read(facts).verdict(goal) is not Verdict.TRUE


def test_a_lost_firing_is_mended_once(ruleset: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that answers wrongly once is rebuilt, and its second answer counts."""
    inference = Inference(ruleset)
    facts = read_profile(ROOT / "patients" / "after-sorafenib-met-high.yaml").facts
    right, fire, calls = inference.read(facts), inference.rete.fire, []

    def once_wrong(asked: Facts) -> Any:
        calls.append(1)
        certain, possible = fire(asked)
        return certain * (len(calls) > 1), possible

    monkeypatch.setattr(inference.rete, "fire", once_wrong)
    assert inference.read(facts) == right
    assert len(calls) == 2
