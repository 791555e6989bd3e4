"""The pytest plugin, run as other people run it: in a process of its own, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cases.making import ruleset_with_cases

FAILING = "cases:\n  - {case: Beta is always an option., profile: {bclc_stage: C, afp: 20}, options: [beta]}\n"


def _pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    # What else is installed here takes a second to load, and has nothing to do with cases.
    without = [word for name in ("cacheprovider", "schemathesis", "hypothesispytest", "anyio") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", *without, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a ruleset, a failing case, a package called engine, and YAML files that are none of ours."""
    folder = ruleset_with_cases(tmp_path / "rules" / "tiny")
    (folder / "cases" / "failing.yaml").write_text(FAILING, encoding="utf-8")
    (tmp_path / "deploy.yaml").write_text("cases:\n  - something else: entirely\n", encoding="utf-8")
    (tmp_path / "k8s.yaml").write_text("ruleset: nginx\ncases:\n  - case: 1\n    when: x\n", encoding="utf-8")
    (tmp_path / "broken.yml").write_text("a: [unclosed", encoding="utf-8")
    for name, text in {
        "lint/ruleset.yaml": "ruleset: strict\n",
        "lint/cases/naming.yaml": "- camel\n",
        "engine/__init__.py": "POWER = 1\n",
        "test_engine.py": "from engine import POWER\ndef test_power(): assert POWER\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_each_case_is_a_test_and_other_yaml_is_left_alone(repository: Path) -> None:
    code, shown = _pytest(repository, "-q")
    assert code == 1
    assert "1 failed, 3 passed" in shown
    assert not [name for name in ("deploy", "k8s", "broken", "naming") if name in shown]


@pytest.mark.slow
def test_a_failure_reads_as_what_was_expected_and_came(repository: Path) -> None:
    _, shown = _pytest(repository, "-q")
    assert "rules/tiny/cases/failing.yaml:2" in shown
    assert "beta: expected an option, came without evidence in this setting" in shown
    assert "AFP is 20, needs > 400" in shown
    assert "Traceback" not in shown


@pytest.mark.slow
def test_cases_are_chosen_by_their_words(repository: Path) -> None:
    code, shown = _pytest(repository, "-q", "-k", "waits")
    assert code == 0
    assert "1 passed, 3 deselected" in shown


@pytest.mark.slow
def test_junit_names_each_case(repository: Path) -> None:
    _pytest(repository, "-q", "--junitxml=out.xml")
    tests = list(ElementTree.parse(repository / "out.xml").iter("testcase"))
    assert len(tests) == 4
    (failed,) = [test for test in tests if test.find("failure") is not None]
    assert failed.get("name") == "Beta is always an option."


@pytest.mark.slow
def test_a_wrong_case_file_is_a_collection_error_with_every_problem(repository: Path) -> None:
    (repository / "rules" / "tiny" / "cases" / "failing.yaml").write_text(
        "cases:\n  - {case: A., profile: {bclk: C}, optoins: [beta]}\n", encoding="utf-8"
    )
    code, shown = _pytest(repository, "-q")
    assert code == 2
    assert "failing.yaml:2:26: unknown-field" in shown
    assert "failing.yaml:2:36: unknown-key" in shown


@pytest.mark.slow
@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_cases_run_on_several_workers(repository: Path) -> None:
    code, shown = _pytest(repository, "-q", "-n", "2")
    assert code == 1
    assert "1 failed, 3 passed" in shown
