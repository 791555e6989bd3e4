"""The forest plot shows every randomised hazard ratio, as printed and as corrected, and the same bytes each time."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from hepatica.cli import common
from hepatica.cli.main import cli, run
from hepatica.evaluation import Evaluator
from hepatica.knowledge import Correction, Result
from hepatica.report.style import Style
from hepatica.report.teaching.forest_document import document
from hepatica.report.teaching.forest_text import MARKERS, markdown, text
from hepatica.teaching.forest import RANDOMISED, Forest, forest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found(evaluator: Evaluator) -> Forest:
    return forest(evaluator.ruleset)


def test_every_randomised_hazard_ratio_is_a_row(evaluator: Evaluator, found: Forest) -> None:
    expected = {
        (study.id, result.id)
        for study in evaluator.ruleset.studies.values()
        if study.kind.startswith("randomised")
        for result in study.results
        if result.endpoint in ("OS", "TTP", "PFS")
        and (result.hr is not None or (result.corrected is not None and result.corrected.hr is not None))
    }
    assert {(row.study.id, row.result.id) for row in found.rows} == expected
    assert len(found.rows) == len(expected) > 20


def test_printed_figures_are_those_of_the_source(found: Forest) -> None:
    for row in found.rows:
        assert (row.printed.hr if row.printed else None) == row.result.hr
        if row.printed and row.result.ci:
            assert (row.printed.low, row.printed.high) == row.result.ci


def test_a_correction_replaces_only_the_parts_it_gives(found: Forest) -> None:
    brisk = next(row for row in found.rows if (row.study.id, row.result.id) == ("brisk-ps", "ttp"))
    assert brisk.printed is not None
    assert brisk.corrected is not None
    assert brisk.corrected.hr == brisk.printed.hr
    assert (brisk.printed.high, brisk.corrected.high) == (0.78, 0.76)


def test_an_interval_is_not_borrowed_where_no_ratio_is_printed(evaluator: Evaluator, found: Forest) -> None:
    row = found.rows[0]
    lone = Result(id="x", endpoint="OS", ci=(0.3, 0.9), corrected=Correction(basis="recalled", discrepancy="d", hr=0.5))
    study = replace(row.study, results=(lone,))
    therapy = replace(row.therapy, studies=(study,))
    only = forest(replace(evaluator.ruleset, therapies={therapy.id: therapy}))
    assert only.rows[0].printed is None
    assert only.rows[0].corrected is not None
    assert only.rows[0].corrected.low is None


def test_verdicts_follow_the_primary_endpoint(found: Forest) -> None:
    words = {row.study.id: row.verdict for row in found.rows}
    assert words["brisk-ps"] == "failed (OS)"
    assert words["tivantinib-phase-2"] == "met (TTP)"
    for row in found.rows:
        assert row.verdict.startswith(
            {"yes": "met", "no": "failed", "pending": "pending", "not_reported": "not reported"}[row.met]
        )


def test_met_and_failed_have_different_marks() -> None:
    assert MARKERS["yes"] != MARKERS["no"]
    from hepatica.report.teaching.forest_plot import SHAPES

    assert SHAPES["yes"] != SHAPES["no"]


def test_filters_keep_what_they_name(evaluator: Evaluator, found: Forest) -> None:
    chosen = forest(evaluator.ruleset, ["TTP"], ["second"])
    assert chosen.rows
    assert list(chosen.rows) == [r for r in found.rows if r.result.endpoint == "TTP" and r.study.setting == "second"]


def test_text_puts_the_mark_on_the_side_of_one_that_the_ratio_is_on(found: Forest) -> None:
    shown = text(found, Style()).splitlines()
    assert all(len(line) <= 80 for line in shown)
    plotted = [line for line in shown if re.search(r"\d \((\d|90%|no CI)", line[50:]) and not line.startswith("    ")]
    assert len(plotted) >= len(found.rows)
    for line in plotted:
        bar, mark = line.find("|"), max(line.find(m) for m in "●✕◇")
        ratio = float(line[55:].split()[0])
        if bar >= 0 and mark >= 0:
            assert (mark < bar) == (ratio < 1), line


def test_document_is_json_with_both_values(found: Forest) -> None:
    written = json.loads(json.dumps(document(found)))
    row = next(r for r in written["rows"] if (r["study"], r["result"]) == ("light", "os"))
    assert row["printed"] == {"hr": 1.04, "interval": [0.89, 1.22], "level": 95}
    assert row["corrected"] == {"hr": 1.046, "interval": [0.896, 1.221], "level": 95}
    assert "For education" in written["notice"]


def test_svg_is_accessible_and_the_same_each_time(found: Forest) -> None:
    pytest.importorskip("matplotlib")
    from hepatica.report.teaching.forest_plot import plot

    first = plot(found)
    assert first == plot(found)
    root = ET.fromstring(first)
    assert root.get("role") == "img"
    labels = str(root.get("aria-labelledby")).split()
    assert [child.get("id") for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")] == labels
    words = " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))
    for row in found.rows:
        assert row.study.name in words
        assert row.verdict in words
    assert "For education" in words
    assert not re.search(rb"<dc:date>|https?://(?!www\.w3\.org|purl\.org|creativecommons\.org|matplotlib\.org)", first)


def test_png_is_a_picture_and_the_same_each_time(evaluator: Evaluator) -> None:
    pytest.importorskip("matplotlib")
    from hepatica.report.teaching.forest_plot import plot

    few = forest(evaluator.ruleset, ["PFS"])
    assert plot(few, "png").startswith(b"\x89PNG")
    assert plot(few, "png") == plot(few, "png")


def test_without_matplotlib_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run(["forest", "-f", "svg", "-o", str(tmp_path / "f.svg")]) == 2
    assert "hepatica[plots]" in capsys.readouterr().err
    assert run(["forest"]) == 0


def test_command_writes_every_format(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for format_ in ("text", "json", "markdown", "svg", "png"):
        file = tmp_path / f"forest.{format_}"
        done = CliRunner().invoke(cli, ["forest", "-f", format_, "-o", str(file)], standalone_mode=False)
        assert done.exception is None
        assert file.stat().st_size > 1000
    assert "| Endpoint |" in (tmp_path / "forest.markdown").read_text(encoding="utf-8")


def test_an_unwritable_output_is_an_error_and_not_a_traceback(tmp_path: Path) -> None:
    assert run(["forest", "-o", str(tmp_path / "missing" / "f.txt")]) == 2


def test_randomised_trials_without_a_ratio_are_named_with_their_verdict_everywhere(evaluator: Evaluator, found: Forest) -> None:
    pytest.importorskip("matplotlib")
    from hepatica.report.teaching.forest_plot import description, plot

    drawn = {row.study.id for row in found.rows}
    every = {s.id for s in evaluator.ruleset.studies.values() if s.kind in RANDOMISED and s.results}
    assert {study.id for study in found.without} == every - drawn
    shown = (text(found, Style()), markdown(found), description(found), plot(found).decode(), json.dumps(document(found)))
    assert all("RESORCE" in one for one in shown)
    assert "RESORCE, second line: met (OS)" in " ".join(text(found, Style()).split())


def test_a_choice_without_rows_names_the_trials_it_leaves_out(evaluator: Evaluator) -> None:
    empty = forest(evaluator.ruleset, ["PFS"], ["second"])
    assert not empty.rows
    shown = text(empty, Style())
    assert "No randomised trial with a hazard ratio fits" in shown
    assert "REACH, second line: failed (OS)" in " ".join(shown.split())


def test_the_legend_names_the_verdicts_that_are_drawn_and_no_others(evaluator: Evaluator) -> None:
    pytest.importorskip("matplotlib")
    from hepatica.report.teaching.forest_plot import plot

    second = forest(evaluator.ruleset, ["TTP"], ["second"])
    assert second.verdicts == ("yes", "no")
    assert "not reported;" not in plot(second).decode().split("Randomised, without")[0]
    assert "Trial's primary endpoint: ● met; ✕ failed." in text(second, Style())


@pytest.mark.parametrize("command", ["forest", "pathway"])
def test_a_file_has_no_escape_sequences_even_from_a_terminal(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = tmp_path / "out.txt"
    assert run([command, "-o", str(file)]) == 0
    assert b"\x1b" not in file.read_bytes()
    assert common.style() == Style(True)
