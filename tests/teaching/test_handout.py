"""The handout: all of an answer that paper has room for, on two pages, the same bytes for the same input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hepatica import load, report
from hepatica.cli.main import run
from hepatica.evaluation import evaluator_of
from hepatica.patient import read_profile
from hepatica.report.teaching import handout, handout_view
from tests.conftest import PATIENTS, ROOT, each_patient
from tests.teaching.conftest import pdf_pages

MET_HIGH = ROOT / "patients" / "after-sorafenib-met-high.yaml"


def shown(name: str, path: Path) -> report.Blocks:
    evaluator = evaluator_of(load(name))
    return handout_view(handout(evaluator, read_profile(path).under(evaluator.ruleset.fields), "3 May 2027", "room/case"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "step"), [("hcc-2016", 3), ("hcc-2026", 5)])
def test_example_patients_take_one_or_two_pages(name: str, step: int) -> None:
    pytest.importorskip("weasyprint", reason="PDF needs the extra 'pdf'")
    for path in PATIENTS[::step]:
        assert pdf_pages(report.pdf_page(shown(name, path), "Handout")) in (1, 2), path.stem


@each_patient
def test_it_says_what_the_answer_says(path: Path) -> None:
    text = " ".join(report.text(shown("hcc-2016", path)).split())
    answer = evaluator_of(load("hcc-2016")).evaluate(read_profile(path))
    listed = () if answer.scope == "out" else (*answer.options, *answer.not_supported, *answer.trials)
    for entry in listed:
        assert f"{entry.name} " in text
        assert entry.headline.text in text
    for part in (answer.notice, "3 May 2027", "room/case", "Evidence as of 2016-08"):
        assert " ".join(part.split()) in text


def test_why_tells_what_all_share_once_and_changes_are_ones_that_can_happen() -> None:
    text = " ".join(report.text(shown("hcc-2016", MET_HIGH)).split())
    assert "All of them: BCLC stage C; Child-Pugh class A" in text
    assert "Tivantinib Prior sorafenib progressed; Tumour c-MET high." in text
    added, removed = text.index("WHAT WOULD ADD"), text.index("WHAT WOULD REMOVE")
    assert "Sorafenib (standard of care)" in text[added:removed]
    assert "Tumour c-MET low (now high) Tivantinib (not supported)" in text[removed:]
    assert "for comparison only" not in text
    assert "BCLC stage D" not in text[added:]


@pytest.mark.parametrize("path", [MET_HIGH, ROOT / "patients" / "little-known.yaml"], ids=lambda path: path.stem)
def test_a_count_is_what_is_listed_and_what_is_said_to_be_left_out(path: Path) -> None:
    ways = [one for one in shown("hcc-2016", path) if isinstance(one, report.Section) and one.id.startswith("what-would")]
    assert ways
    for way in ways:
        names = [item.name for block in way.blocks if isinstance(block, report.Items) for item in block.items]
        names += [block.text for block in way.blocks if isinstance(block, report.Paragraph)]
        left = [int(name.split()[2]) if name.startswith("... and ") else 0 for name in names]
        assert way.count == sum(left) + left.count(0)


def test_the_trials_are_all_those_that_the_lines_above_quote() -> None:
    table = report.text(shown("hcc-2016", MET_HIGH)).partition("THE TRIALS")[2]
    rows = [line.split("  ")[1] for line in table.splitlines() if "Ramucirumab" in line]
    assert rows == ["REACH", "REACH-2"]


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="PDF needs the extra 'pdf'")
    made = []
    for seed in ("1", "2"):
        file = tmp_path / f"{seed}.pdf"
        command = [sys.executable, "-m", "hepatica", "handout", str(MET_HIGH), "--date", "today", "--output", str(file)]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        made.append(file.read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")


def test_without_weasyprint_html_is_there_and_pdf_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert run(["handout", str(MET_HIGH), "--format", "html"]) == 0
    assert "hepatica evaluate" in capsys.readouterr().out
    for command in (["handout", str(MET_HIGH)], ["quiz", "-n", "1"]):
        assert run([*command, "--format", "pdf"]) == 2
        assert "pip install '.[pdf]'" in capsys.readouterr().err


def test_several_patients_begin_new_pages_and_are_a_list_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    both = [str(MET_HIGH), "first-line-europe"]
    assert run(["handout", *both, "--format", "html"]) == 0
    html = capsys.readouterr().out
    assert html.count("<h1>") == 2
    assert "break-before:page" in html
    assert run(["handout", *both, "--format", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["link"] == f"hepatica evaluate {MET_HIGH} --ruleset hcc-2016"
    assert second["answer"]["profile"]["label"] == "First line in Europe, hepatitis C"


def test_a_quiz_on_paper_asks_first_and_answers_on_a_page_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quiz", "-n", "2", "--seed", "3", "--export", "html"]) == 0
    asked, key = capsys.readouterr().out.split("<h1>Quiz 3: answers</h1>")
    assert asked.count("☐") > 15
    assert "The lesson" not in asked
    assert key.count("The lesson") == key.count("The deciding fact") == 2
