"""What durable_rules does off its safe path, pinned, and that this program cannot leave that path.

Each hazard is shown on the engine itself in a process of its own (some end in a crash or never end), so that a release
which mends one is noticed.
"""

from __future__ import annotations

import ast
import builtins
import gc
import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from hepatica.inference import MAX_PATHS, Rete, network_of
from hepatica.inference import rete as module
from hepatica.knowledge import AllOf, AnyOf, Condition, Test
from hepatica.patient import COMMON_FIELDS, Interval, facts_of
from hepatica.problems import InternalError
from tests.conftest import ROOT

Goals = dict[str, Condition]


class Fired:
    """A `Rete` of goals alone, asked by name."""

    def __init__(self, goals: Goals) -> None:
        self.names = list(goals)
        bits = {when: 1 << n for n, when in enumerate(goals.values())}
        self.rete = Rete(network_of({}, bits, COMMON_FIELDS, len(goals)), COMMON_FIELDS)

    def certain(self, **known: Any) -> set[str]:
        bits = self.rete.fire(facts_of(known))[0]
        return {name for n, name in enumerate(self.names) if bits >> n & 1}


PRELUDE = """
import json, sys
import durable_rules_engine as engine
MARK = {"kind": "p"}
def build(rules):
    return engine.create_ruleset("x", json.dumps({n: {"all": [{"m": {"$and": c}}]} for n, c in rules.items()}))
def fired(handle, **fact):
    text = json.dumps({"sid": "1", "id": "1", "kind": "p", **fact})
    names = set()
    try:
        if engine.assert_fact(handle, text)[0] == 0:
            started = engine.start_action(handle)
            if started:
                _, message, state = started
                while message:
                    names.add(next(iter(json.loads(message))))
                    message = engine.complete_and_start_action(handle, state)
    finally:
        if "keep" not in fact:
            engine.retract_fact(handle, text)
    return sorted(names)
"""
CRASHED = -11


def _alone(script: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PRELUDE + script], capture_output=True, text=True, timeout=seconds, check=False)


def test_deleting_the_state_of_a_patient_for_whom_nothing_fired_crashes() -> None:
    script = """
dirt = [b"\\xff" * size for size in range(16, 4000, 7)]; del dirt
handle = build({"r": [MARK, {"a": "y"}]})
for n in range(3000):
    text = json.dumps({"sid": str(n), "id": "1", "kind": "p", "a": "n"})
    engine.assert_fact(handle, text); engine.retract_fact(handle, text); engine.delete_state(handle, str(n))
"""
    assert _alone(script).returncode == CRASHED


def test_sixty_five_true_siblings_fail_and_sixty_four_do_not() -> None:
    script = """
for count in (64, 65):
    handle = build({f"r{n}": [MARK, {"a": "y"}, {"$gt": {"n": n}}] for n in range(count)})
    try:
        print(count, len(fired(handle, a="y", n=1000)))
    except engine.error as error:
        print(count, error)
"""
    assert _alone(script).stdout.splitlines() == ["64 64", "65 Could not assert fact, error code: 303"]


@pytest.mark.slow
def test_512_different_first_conditions_never_end() -> None:
    script = 'fired(build({f"r{n}": [{"a": f"v{n}"}] for n in range(512)}), a="none of them")'
    with pytest.raises(subprocess.TimeoutExpired):
        _alone(script, seconds=4)


def test_a_lone_not_recorded_rule_matches_the_engines_hidden_fact() -> None:
    script = """
handle = engine.create_ruleset("x", json.dumps({"r": {"all": [{"m": {"$nex": {"ecog": 1}}}]}}))
engine.assert_fact(handle, json.dumps({"sid": "1", "id": "1", "ecog": 1}))
print(engine.start_action(handle)[1])
"""
    assert '"r"' in _alone(script).stdout


def test_words_and_numbers_are_taken_for_each_other() -> None:
    script = 'print(fired(build({"n": [MARK, {"a": 10}], "b": [MARK, {"c": True}]}), a="10", c="true"))'
    assert _alone(script).stdout.strip() == "['b', 'n']"


def test_a_very_long_word_equals_a_short_one() -> None:
    script = 'print(fired(build({"r": [MARK, {"a": "A"}]}), a="A" * 65536))'
    assert _alone(script).stdout.strip() == "['r']"


def test_a_small_number_with_an_exponent_is_refused() -> None:
    assert "error code: 204" in _alone('fired(build({"r": [MARK, {"$lt": {"n": 1}}]}), n=1e-05)').stderr


def test_two_patients_whose_session_ids_share_a_hash_are_mixed_up() -> None:
    """These two ids have one 32-bit hash: a rule that joins two facts of one patient joins facts of two patients."""
    script = """
one, other = "f1792aa689949d45", "d2b9112f01dcb3b3"
handle = engine.create_ruleset("x", json.dumps({"r": {"all": [{"m": {"a": "y"}}, {"o": {"b": "y"}}]}}))
for number, sid in enumerate((one, "0000000000000000", other)):
    fact = {"sid": sid, "id": str(number), "a" if sid == one else "b": "y"}
    engine.assert_fact(handle, json.dumps(fact))
    started = engine.start_action(handle)
    print(sid, sorted({fact["sid"] for fact in json.loads(started[1])["r"].values()}) if started else "nothing")
"""
    lines = _alone(script).stdout.splitlines()
    assert lines[1] == "0000000000000000 nothing"
    assert lines[2] == "d2b9112f01dcb3b3 ['d2b9112f01dcb3b3', 'f1792aa689949d45']"


def test_the_host_starts_threads_that_we_do_not() -> None:
    script = "import threading, durable.lang; durable.lang.get_host(); print(threading.active_count())"
    assert int(_alone(script).stdout) > 1


def test_a_rule_without_a_blocking_fact_fires_although_the_blocking_fact_comes() -> None:
    """`$not` looks only at what is there when it is tried: the fact that should block arrives, the firing stays."""
    script = """
rule = {"all": [{"m": {"a": "y"}}, {"n$not": {"b": "y"}}]}
handle = engine.create_ruleset("x", json.dumps({"r": rule}))
engine.assert_fact(handle, json.dumps({"sid": "1", "id": "1", "a": "y"}))
started = engine.start_action(handle)
engine.assert_fact(handle, json.dumps({"sid": "1", "id": "2", "b": "y"}))
print(bool(started))
"""
    assert _alone(script).stdout.strip() == "True"


def test_deleting_a_handle_gives_its_memory_back_once_a_rule_has_fired_in_it() -> None:
    """What a handle keeps: all of it without `delete_ruleset`, most of it without `delete_state`, nothing with both."""
    script = """
import os
def grown(state, ruleset, count=60):
    before = int(open("/proc/self/statm").read().split()[1])
    for n in range(count):
        handle = build({**{f"r{n}": [MARK, {"a": "y"}, {f"b{n}": "y"}] for n in range(50)}, "end": [{"kind": "end"}]})
        fired(handle, a="y", b3="y")
        if state:
            fact = json.dumps({"sid": "1", "id": "1", "kind": "end"})
            engine.assert_fact(handle, fact)
            _, message, context = engine.start_action(handle)
            while message:
                message = engine.complete_and_start_action(handle, context)
            engine.delete_state(handle, "1")
        if ruleset:
            engine.delete_ruleset(handle)
    return (int(open("/proc/self/statm").read().split()[1]) - before) * 4 // 1024
grown(True, True)
print(grown(False, False) > 30, grown(False, True) > 20, grown(True, True) < 5)
"""
    assert _alone(script).stdout.strip() == "True True True"


class _Spy:
    """The engine, with every fact and every definition that reaches it."""

    def __init__(self) -> None:
        self.real = module.engine_module()
        self.facts: list[dict[str, Any]] = []
        self.definitions: list[dict[str, Any]] = []
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.used.add(name)
        return getattr(self.real, name)

    def assert_fact(self, handle: Any, text: str) -> Any:
        assert "e-" not in text
        assert "null" not in text
        self.facts.append(json.loads(text))
        return self.real.assert_fact(handle, text)

    def create_ruleset(self, name: str, definition: str) -> Any:
        found = json.loads(definition)
        assert found.pop("end") == {"all": [{"m": {"$and": [{"k": "end"}]}}]}
        self.definitions.append(found)
        return self.real.create_ruleset(name, definition)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> _Spy:
    found = _Spy()
    monkeypatch.setattr(module, "engine_module", lambda: found)
    return found


def test_every_fact_is_total_typed_and_of_one_session(spy: _Spy) -> None:
    """No null, no exponent, no missing property, always the same ids: whatever the profile."""
    tests = (Test("afp", ">", (1.0,)), Test("cmet", "in", ("high",)), Test("etiology", "includes", ("hcv",)))
    rete = Fired({"x": AllOf(tests)})
    rete.certain()
    rete.certain(afp=0.000001, cmet="low", etiology=())
    rete.certain(afp=1e8, cmet="high", etiology=("hcv",))
    rete.certain(afp=Interval(low=1e-9))
    asked = [fact for fact in spy.facts if fact["k"] == "p"]
    assert len({tuple(sorted(fact)) for fact in asked}) == 1
    assert {(fact["sid"], fact["id"]) for fact in spy.facts} == {("1", "1")}


@pytest.mark.slow
def test_only_the_safe_part_of_the_engine_is_used(spy: _Spy) -> None:
    """No second session, no timers, no Host; `delete_state` only together with the handle, after a rule has fired in it."""
    importers = []
    for path in sorted((ROOT / "engine").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                if any(name.split(".")[0] in ("durable", "durable_rules_engine") for name in names):
                    importers.append(path.relative_to(ROOT).as_posix())
    assert importers == ["engine/hepatica/inference/rete.py"]
    rete = Fired({"x": Test("cmet", "in", ("high",))})
    rete.certain(cmet="high")
    assert spy.used <= {"retract_fact", "start_action", "complete_and_start_action", "error"}
    del rete
    gc.collect()
    assert spy.used <= {"retract_fact", "start_action", "complete_and_start_action", "error", "delete_state", "delete_ruleset"}
    assert spy.facts[-1] == {"sid": "1", "id": "1", "k": "end"}


def test_no_handle_ever_gets_more_than_sixty_paths(spy: _Spy) -> None:
    rete = Fired({str(n): Test("afp", ">", (float(n),)) for n in range(300)})
    assert len(rete.certain(afp=1000.0)) == 300
    assert rete.certain(afp=0.0) == set()
    assert len(spy.definitions) == 5
    assert max(map(len, spy.definitions)) <= MAX_PATHS


def test_every_rule_begins_with_the_marker_and_never_asks_for_absence(spy: _Spy) -> None:
    lacks = AllOf((Test("cmet", "in", ("high",)), Test("etiology", "lacks", ("hcv", "hbv"))))
    Fired({"x": AnyOf((lacks, Test("ecog", "!=", (2.0,))))})
    for definition in spy.definitions:
        for rule in definition.values():
            assert rule["all"][0]["m"]["$and"][0] == {"k": "p"}
        assert not {"$not", "$nex", "$ex"} & set(_keys(definition))


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


def test_the_engine_is_given_no_disjunction_however_broad_a_rule_is(spy: _Spy) -> None:
    words = (Test("etiology", "includes", ("hbv", "hcv", "alcohol", "nafld", "other")), Test("afp", "!=", (400.0,)))
    others = (
        Test("other_prior_systemic", "includes", ("tki", "chemotherapy")),
        Test("ecog", "!=", (2.0,)),
        Test("child_pugh_score", "!=", (7.0,)),
    )
    rete = Fired({"x": AllOf((*words, *others))})
    facts = {"etiology": ("hbv", "hcv"), "afp": 5.0, "other_prior_systemic": ("tki",), "ecog": 1, "child_pugh_score": 5}
    assert rete.certain(**facts) == {"x"}
    assert not {"$or", "$not"} & {key for definition in spy.definitions for key in _keys(definition)}
    assert max(map(len, spy.definitions)) <= MAX_PATHS


@pytest.mark.parametrize("amount", [0.0, 0.000001, 0.00001, 1e-4, 0.5, 400.0, 1e8, 1234567.123456])
def test_every_amount_and_every_threshold_reaches_the_engine_as_plain_digits(amount: float) -> None:
    rete = Fired({"least": Test("afp", ">=", (amount,)), "above": Test("afp", ">", (amount,)), "low": Test("afp", "<", (1.0,))})
    assert rete.certain(afp=amount) == ({"least", "low"} if amount < 1 else {"least"})


class _Failing:
    """A handle that fails a given number of times."""

    def __init__(self, times: int, error: BaseException) -> None:
        self.times, self.error = times, error

    def fire(self, members: object) -> int:
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return 3


def test_after_an_error_the_handles_are_rebuilt_and_the_profile_tried_once_more() -> None:
    rete = Fired({"x": Test("cmet", "in", ("high",))})
    rete.rete._handles = [[_Failing(1, RuntimeError("error code: 303"))]]  # type: ignore[list-item]
    assert rete.certain(cmet="high") == {"x"}


def test_an_engine_that_fails_twice_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rete = Fired({"x": Test("cmet", "in", ("high",))})
    broken = [_Failing(9, RuntimeError("error code: 303"))]
    monkeypatch.setattr(rete.rete, "_build", lambda: setattr(rete.rete, "_handles", [broken]))
    rete.rete.distrust()
    with pytest.raises(InternalError, match="failed twice"):
        rete.certain(cmet="high")


def test_after_an_interrupt_the_handles_are_rebuilt_before_the_next_profile() -> None:
    rete = Fired({"x": Test("cmet", "in", ("high",))})
    rete.rete._handles = [[_Failing(1, KeyboardInterrupt())]]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        rete.certain(cmet="high")
    assert rete.certain(cmet="low") == set()
    assert rete.certain(cmet="high") == {"x"}


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    Fired({"x": Test("cmet", "in", ("high",))}).certain(cmet="low")
    assert threading.active_count() == before


def test_a_missing_engine_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(InternalError, match="needs a C compiler"):
        Fired({"x": Test("cmet", "in", ("high",))})


def test_the_engine_is_bound_lazily_and_the_setting_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Python 3.13 the extension names a function that is gone and that only callbacks never set would call."""
    flags: list[int] = []
    monkeypatch.setattr(sys, "setdlopenflags", flags.append)
    module.engine_module()
    assert flags == [os.RTLD_LAZY, sys.getdlopenflags()]


def test_where_nothing_binds_lazily_the_second_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unresolved(name: str, *rest: Any) -> Any:
        if name == "durable_rules_engine":
            raise ImportError("undefined symbol: PyEval_CallObject")
        return real(name, *rest)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", unresolved)
    with pytest.raises(InternalError, match="PyEval_CallObject=PyObject_CallObject"):
        module.engine_module()
