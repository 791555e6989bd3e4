"""What durable_rules does off its safe path, pinned, and that this program cannot leave that path.

Each hazard is shown on the engine itself in a process of its own (some end in a crash or never end), so that a release
which mends one is noticed.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from hepatica.inference import MAX_PATHS, Rete
from hepatica.inference import rete as module
from hepatica.knowledge import AllOf, AnyOf, Condition, Test
from hepatica.patient import facts_of
from hepatica.problems import InternalError
from tests.conftest import ROOT

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


def _alone(script: str, seconds: float = 20) -> subprocess.CompletedProcess[str]:
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


def test_every_fact_is_total_typed_and_of_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """No null, no exponent, no missing property, always the same ids: whatever the profile."""
    seen: list[dict[str, Any]] = []
    real = module.engine_module()

    class Spy:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def assert_fact(self, handle: Any, text: str) -> Any:
            assert "e-" not in text
            assert "null" not in text
            seen.append(json.loads(text))
            return real.assert_fact(handle, text)

    monkeypatch.setattr(module, "engine_module", Spy)
    rete = Rete(
        {"rule/x": AllOf((Test("afp", ">", (1.0,)), Test("cmet", "in", ("high",)), Test("etiology", "includes", ("hcv",))))}, {}
    )
    for facts in ({}, {"afp": 0.000001, "cmet": "low", "etiology": ()}, {"afp": 1e8, "cmet": "high", "etiology": ("hcv",)}):
        rete.fire(facts_of(facts))  # type: ignore[arg-type]
    assert len({tuple(sorted(fact)) for fact in seen}) == 1
    assert {(fact["sid"], fact["id"], fact["k"]) for fact in seen} == {("1", "1", "p")}


def test_only_the_safe_part_of_the_engine_is_used() -> None:
    """No second session, no `delete_state`, no timers, no Host: the calls that crash are not in the program."""
    used: set[str] = set()
    importers = []
    for path in sorted((ROOT / "engine").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                if any(name.split(".")[0] in ("durable", "durable_rules_engine") for name in names):
                    importers.append(path.relative_to(ROOT).as_posix())
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "_engine":
                used.add(node.attr)
    assert importers == ["engine/hepatica/inference/rete.py"]
    assert used == {"create_ruleset", "assert_fact", "retract_fact", "start_action", "complete_and_start_action"}


def _definitions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The definitions that reach the engine from now on."""
    seen: list[dict[str, Any]] = []
    real = module.engine_module()

    class Spy:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def create_ruleset(self, name: str, definition: str) -> Any:
            seen.append(json.loads(definition))
            return real.create_ruleset(name, definition)

    monkeypatch.setattr(module, "engine_module", Spy)
    return seen


def test_no_handle_ever_gets_more_than_sixty_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _definitions(monkeypatch)
    goals: dict[str, Condition] = {f"rule/{n}": Test("afp", ">", (float(n),)) for n in range(300)}
    rete = Rete(goals, {})
    fired = rete.fire(facts_of({"afp": 1000.0}))
    assert len(fired.certain) == 300
    assert rete.fire(facts_of({"afp": 0.0})).certain == frozenset()
    assert len(seen) == 10
    assert max(map(len, seen)) <= MAX_PATHS


def test_every_rule_begins_with_the_marker_and_never_asks_for_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _definitions(monkeypatch)
    condition = AnyOf(
        (AllOf((Test("cmet", "in", ("high",)), Test("etiology", "lacks", ("hcv", "hbv")))), Test("ecog", "!=", (2.0,)))
    )
    Rete({"rule/x": condition}, {})
    for definition in seen:
        for rule in definition.values():
            assert rule["all"][0]["m"]["$and"][0] == {"k": "p"}
        assert not {"$not", "$nex", "$ex"} & set(_keys(definition))


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


def test_the_engine_is_given_no_disjunction_however_broad_a_rule_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _definitions(monkeypatch)
    words = (Test("etiology", "includes", ("hbv", "hcv", "alcohol", "nafld", "other")), Test("afp", "!=", (400.0,)))
    others = (
        Test("other_prior_systemic", "includes", ("tki", "chemotherapy")),
        Test("ecog", "!=", (2.0,)),
        Test("child_pugh_score", "!=", (7.0,)),
    )
    rete = Rete({"rule/x": AllOf((*words, *others))}, {})
    facts = facts_of({"etiology": ("hbv", "hcv"), "afp": 5.0, "other_prior_systemic": ("tki",), "ecog": 1, "child_pugh_score": 5})
    assert rete.fire(facts).certain == {"rule/x"}
    assert not {"$or", "$not"} & {key for definition in seen for key in _keys(definition)}
    assert max(map(len, seen)) <= MAX_PATHS


@pytest.mark.parametrize("bound", [0.000001, 0.00001, 0.5, 1e8])
def test_every_threshold_reaches_the_engine_as_plain_digits(bound: float) -> None:
    rete = Rete({"rule/x": Test("afp", ">=", (bound,))}, {})
    assert rete.fire(facts_of({"afp": bound})).certain == {"rule/x"}
    assert rete.fire(facts_of({"afp": 0.0})).certain == frozenset()


class _Failing:
    """A handle that fails a given number of times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def fire(self, members: object) -> int:
        if self.times:
            self.times -= 1
            raise RuntimeError("error code: 303")
        return 3


def test_after_an_error_the_handles_are_rebuilt_and_the_profile_tried_once_more() -> None:
    rete = Rete({"rule/x": Test("cmet", "in", ("high",))}, {})
    rete._goal_handles = [_Failing(1)]  # type: ignore[list-item]
    assert rete.fire(facts_of({"cmet": "high"})).certain == {"rule/x"}
    assert not isinstance(rete._goal_handles[0], _Failing)


def test_an_engine_that_fails_twice_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rete = Rete({"rule/x": Test("cmet", "in", ("high",))}, {})
    broken = _Failing(9)
    monkeypatch.setattr(rete, "_build", lambda: setattr(rete, "_goal_handles", [broken]))
    rete._goal_handles = [broken]  # type: ignore[list-item]
    with pytest.raises(InternalError, match="failed twice"):
        rete.fire(facts_of({"cmet": "high"}))


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    Rete({"rule/x": Test("cmet", "in", ("high",))}, {}).fire(facts_of({"cmet": "low"}))
    assert threading.active_count() == before


@pytest.mark.parametrize("afp", [0.0, 0.000001, 0.00001, 1e-4, 400.0, 1e8])
def test_every_amount_reaches_the_engine_as_plain_digits(afp: float) -> None:
    rete = Rete({"rule/low": Test("afp", "<", (1.0,)), "rule/high": Test("afp", ">=", (400.0,))}, {})
    fired = rete.fire(facts_of({"afp": afp})).certain
    assert fired == ({"rule/low"} if afp < 1 else {"rule/high"})


def test_a_missing_engine_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(InternalError, match="PyEval_CallObject=PyObject_CallObject"):
        Rete({"rule/x": Test("cmet", "in", ("high",))}, {})
