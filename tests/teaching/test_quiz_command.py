"""`hepatica quiz` at the terminal and in a script."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner, Result

from hepatica.cli.main import cli, run
from tests.conftest import ROOT
from tests.making import write_ruleset


def typed(arguments: list[str], lines: str) -> Result:
    return CliRunner().invoke(cli, ["quiz", *arguments], input=lines, standalone_mode=False)


@pytest.fixture(scope="module")
def course() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(typed(["-n", "2", "--seed", "5", "-f", "json"], "").output)
    return found


def names_of(case: dict[str, Any]) -> str:
    return ", ".join(choice["name"] for choice in case["key"]["choices"] if choice["backed"])


@pytest.mark.slow
def test_a_learner_answers_by_name_and_gets_every_point(course: dict[str, Any]) -> None:
    lines = ""
    for case in course["cases"]:
        lines += f"{names_of(case)}\n{case['key']['fact']}\n{'yes' if case['key']['changes'] else 'no'}\n"
    done = typed(["-n", "2", "--seed", "5"], lines)
    assert done.exception is None
    total = sum(len(case["question"]["choices"]) + 2 for case in course["cases"])
    assert f"SUMMARY: {total} OF {total} POINTS" in done.output
    assert re.search(r"Case 2 of 2, (\d) of \1 points so far", done.output)
    assert done.output.index("evidence or a licence back") < done.output.index("The lesson") < done.output.index("SUMMARY")
    assert "--resume" not in done.output


def test_what_cannot_be_read_is_asked_again() -> None:
    done = typed(["-n", "1"], "moonshine\n9\n0\nMoon\n1\nperhaps\nn\n")
    assert done.exception is None
    assert done.output.count("is not offered") == 2
    assert "SUMMARY" in done.output


@pytest.mark.parametrize("ruleset", ["hcc-2016", "hcc-2026"])
def test_q_stops_with_a_line_that_goes_on(ruleset: str) -> None:
    stopped = typed(["-n", "3", "--seed", "7", "-r", ruleset], "1\n1\nn\nq\n")
    assert stopped.exception is None
    (line,) = re.findall(r"hepatica quiz (--resume .*)", stopped.output)
    again = typed(line.split(), "q\n")
    assert "Case 2 of 3" in again.output
    assert re.findall(r"SUMMARY: .*", again.output) == re.findall(r"SUMMARY: .*", stopped.output)
    assert run(["quiz", "--resume", "nonsense"]) == 2


def test_input_that_ends_sums_up_what_was_answered() -> None:
    ended = typed(["-n", "2"], "1\n1\ny\n2\n")
    assert isinstance(ended.exception, click.Abort)
    assert "SUMMARY" in ended.output
    at_once = typed(["-n", "2"], "")
    assert isinstance(at_once.exception, click.Abort)
    assert "SUMMARY" not in at_once.output
    assert "For education" in at_once.output


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["0<&-", "1>&-"])
def test_closed_input_or_output_is_an_error_and_no_traceback(closed: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    command = f"{sys.executable} -m hepatica quiz -n 1 {closed}"
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "closed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_marks_its_cases_in_every_format(course: dict[str, Any]) -> None:
    first = course["cases"][0]
    answers = [names_of(first), first["key"]["fact"], "yes" if first["key"]["changes"] else "no", "q"]
    stopped = " ".join(typed(["-n", "2", "--seed", "5"], "\n".join([*answers, ""])).output.split())
    token = stopped.partition("--resume ")[2].split()[0]
    marked = json.loads(typed(["--resume", token, "-f", "json"], "").output)
    assert marked["summary"]["points"] == marked["summary"]["possible_points"]
    assert marked["summary"]["answered"] == 1
    assert "1 case left" in typed(["--resume", token, "-f", "text"], "").output


def test_exports_by_name_and_by_file(tmp_path: Path) -> None:
    ET.fromstring(typed(["-n", "1", "--export", "moodle"], "").output)
    assert run(["quiz", "-n", "1", "--export", "moodle", "-o", str(tmp_path / "quiz.xml")]) == 0
    assert ET.parse(tmp_path / "quiz.xml").getroot().tag == "quiz"
    assert run(["quiz", "-n", "1", "-o", str(tmp_path / "quiz.gift")]) == 0
    assert (tmp_path / "quiz.gift").read_text(encoding="utf-8").startswith("// For education")


def test_without_genanki_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "genanki", None)
    assert run(["quiz", "--export", "anki"]) == 2
    assert "pip install '.[anki]'" in capsys.readouterr().err


def test_rules_without_cases_are_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["quiz", "--ruleset", str(write_ruleset(tmp_path))]) == 2
    assert "no case fits the choice" in capsys.readouterr().err
