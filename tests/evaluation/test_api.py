"""The Python API: what `import hepatica` gives, and what it costs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import hepatica
from tests.conftest import ROOT
from tests.making import write_ruleset

FACTS = {"bclc_stage": "C", "child_pugh_class": "A", "prior_sorafenib": "progressed", "afp": 620}


def test_a_mapping_a_file_and_a_profile_give_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text("\n".join(f"{name}: {value}" for name, value in FACTS.items()), encoding="utf-8")
    ruleset = hepatica.load("hcc-2016")
    answers = [hepatica.evaluate(ruleset, given) for given in (FACTS, path, str(path), hepatica.read_profile(path))]
    assert all(answer == answers[0] for answer in answers)
    assert hepatica.evaluate("hcc-2016", FACTS) == answers[0]
    assert hepatica.evaluate(ruleset, {**FACTS, "afp": 3}) != answers[0]


@pytest.mark.parametrize("again", [deepcopy, lambda answer: pickle.loads(pickle.dumps(answer))])
def test_an_answer_is_whole_in_another_process_and_as_a_copy(again: Callable[[hepatica.Evaluation], hepatica.Evaluation]) -> None:
    answer = hepatica.evaluate("hcc-2016", FACTS)
    copied = again(answer)
    assert copied == answer
    assert copied.to_text() == answer.to_text()
    assert hepatica.evaluate(copied.knowledge, copied.profile) == answer


@pytest.mark.parametrize("given", [0, None, 1.5, [FACTS], b"afp"])
def test_what_is_no_patient_is_refused_and_no_open_file_is_read(given: Any) -> None:
    with pytest.raises(hepatica.InvalidInput, match=r"wrong-type: \w+ is no patient"):
        hepatica.evaluate("hcc-2016", given)


def test_a_folder_is_named_and_a_shipped_ruleset_is_not(tmp_path: Path) -> None:
    folder = write_ruleset(tmp_path / "r")
    assert hepatica.evaluate(hepatica.load(folder), FACTS).ruleset.folder == str(folder)
    assert hepatica.evaluate(hepatica.load(), FACTS).ruleset.folder == ""


@pytest.mark.parametrize("facts", [{"bclc": "E"}, {"afp": "many"}, {"nonsense": 1}])
def test_what_cannot_be_read_is_invalid_input(facts: dict[str, object]) -> None:
    with pytest.raises(hepatica.InvalidInput):
        hepatica.evaluate("hcc-2016", facts)
    with pytest.raises(hepatica.InvalidInput):
        hepatica.load("no-such-ruleset")


@pytest.mark.parametrize("kind", [hepatica.Evaluation, hepatica.Ruleset])
def test_the_repr_is_one_short_line(kind: type) -> None:
    ruleset = hepatica.load("hcc-2016")
    text = repr(ruleset if kind is hepatica.Ruleset else hepatica.evaluate(ruleset, FACTS))
    assert text.startswith(f"<{kind.__name__} hcc-2016 ")
    assert "\n" not in text
    assert len(text) < 200


def test_the_names_that_are_promised_are_there() -> None:
    pytest.importorskip("pyarrow", reason="evaluate_table needs the extra 'tables'")
    for name in hepatica.__all__:
        assert getattr(hepatica, name) is not None
    with pytest.raises(AttributeError):
        hepatica.nothing  # noqa: B018


@pytest.mark.slow
def test_importing_the_package_loads_next_to_nothing_and_evaluating_nothing_heavy() -> None:
    script = (
        "import sys, hepatica; print(sorted(m for m in sys.modules if m.startswith('hepatica.')))\n"
        f"hepatica.evaluate('hcc-2016', {FACTS!r})\n"
        "heavy = {'numpy', 'jinja2', 'starlette', 'weasyprint', 'durable', 'asyncio'}\n"
        "print(sorted({*heavy, 'click'} & set(sys.modules)))\n"
        "from hepatica.cli.main import run; run(['evaluate', 'little-known', '-o', '/dev/null'])\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["['hepatica.faces']", "[]", "[]"]
