"""The forest plot shows every randomised hazard ratio, as printed and as corrected, beside what it may be compared with."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hepatica.cli.main import run
from hepatica.evaluation import Evaluator
from hepatica.knowledge import Correction, LaterEvent, Place, Result, Ruleset, Study
from hepatica.report import document, markdown, text
from hepatica.report.teaching import estimate_text, forest_drawing, forest_pages, forest_view, pdf, png, svg, verdict
from hepatica.report.teaching.drawing import PlotMarker, Words
from hepatica.teaching import ENDPOINTS, Forest, ForestRow, forest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found(evaluator: Evaluator) -> Forest:
    return forest(evaluator.ruleset)


def row_of(found: Forest, study: str, result: str) -> ForestRow:
    return next(row for row in found.rows if (row.study, row.result) == (study, result))


def with_study(ruleset: Ruleset, study: Study) -> Ruleset:
    """A ruleset with one therapy that has one study."""
    therapy = replace(next(iter(ruleset.therapies.values())), studies=(study,), rules=())
    return replace(ruleset, therapies={therapy.id: therapy})


def test_every_randomised_hazard_ratio_is_a_row_once(evaluator: Evaluator, found: Forest) -> None:
    expected = {
        (study.id, result.id)
        for study in evaluator.ruleset.studies.values()
        if study.kind.startswith("randomised")
        for result in study.results
        if result.endpoint in ENDPOINTS
        and (result.hr is not None or (result.corrected is not None and result.corrected.hr is not None))
    }
    rows = [(row.study, row.result) for row in found.rows]
    assert set(rows) == expected
    assert len(rows) == len(expected) > 20


def test_panels_hold_one_endpoint_and_one_control(found: Forest) -> None:
    titles = [(panel.endpoint, panel.control) for panel in found.panels]
    assert len(set(titles)) == len(titles)
    assert {"placebo", "sorafenib", "other controls"} <= {control for _, control in titles}
    for panel in found.panels:
        controls = {row.control.removesuffix(" (printed as best supportive care)") for row in panel.rows}
        assert panel.control == "other controls" or controls == {panel.control}
    assert {row.study for panel in found.panels if panel.control == "sorafenib" for row in panel.rows} >= {
        "sun",
        "light",
        "search",
    }
    assert not {"sharp", "sun"} <= {row.study for row in found.panels[0].rows}


def test_a_trial_stands_under_the_same_control_at_every_endpoint_and_in_every_choice(evaluator: Evaluator, found: Forest) -> None:
    one_endpoint = [forest(evaluator.ruleset, [endpoint]) for endpoint in ENDPOINTS]
    one_line = [forest(evaluator.ruleset, (), [line]) for line in ("first", "second", "third")]
    panels = [panel for one in (found, *one_endpoint, *one_line) for panel in one.panels]
    under = {(row.study, row.kind == "dose_comparison", panel.control) for panel in panels for row in panel.rows}
    assert len({(study, doses) for study, doses, _ in under}) == len(under)
    assert {("calgb-80802", False, "sorafenib"), ("adi-peg-20-phase-3", False, "placebo")} <= under


def test_the_legend_of_progression_rows_says_whose_verdict_the_mark_is(evaluator: Evaluator) -> None:
    for endpoint, said in (("TTP", True), ("PFS", True), ("OS", False)):
        drawn = svg(forest_drawing(forest(evaluator.ruleset, [endpoint])))  # type: ignore[list-item]
        words = " ".join(node.text or "" for node in ET.fromstring(drawn).iter(f"{SVG}text"))
        assert ("the mark is the verdict on the trial's primary endpoint" in words) == said
        assert "trial's primary endpoint met" in words


def test_printed_figures_are_those_of_the_source(evaluator: Evaluator, found: Forest) -> None:
    for row in found.rows:
        result = next(r for r in evaluator.ruleset.studies[row.study].results if r.id == row.result)
        assert (row.printed.hr if row.printed else None) == result.hr
        if row.printed and result.ci:
            assert (row.printed.low, row.printed.high, row.printed.level) == (*result.ci, result.ci_level)


def test_a_correction_replaces_only_the_parts_it_gives(found: Forest) -> None:
    brisk = row_of(found, "brisk-ps", "ttp")
    assert brisk.printed is not None
    assert brisk.corrected is not None
    assert brisk.corrected.hr == brisk.printed.hr
    assert (brisk.printed.high, brisk.corrected.high) == (0.78, 0.76)
    shown = markdown(forest_view(found))
    assert f"{estimate_text(brisk.printed)}; should read {estimate_text(brisk.corrected)}" in shown


def test_an_interval_is_not_borrowed_where_no_ratio_is_printed(evaluator: Evaluator) -> None:
    lone = Result(id="x", endpoint="OS", ci=(0.3, 0.9), corrected=Correction(basis="recalled", discrepancy="d", hr=0.5))
    study = replace(evaluator.ruleset.studies["sharp"], results=(lone,), discrepancies=())
    (row,) = forest(with_study(evaluator.ruleset, study)).rows
    assert row.printed is None
    assert row.corrected is not None
    assert row.corrected.low is None


def test_only_a_whole_trial_carries_its_verdict(found: Forest) -> None:
    assert verdict(row_of(found, "brisk-ps", "os")) == "missed (OS)"
    assert verdict(row_of(found, "tivantinib-phase-2", "ttp-all")) == "met (TTP)"
    for row in found.rows:
        if row.subgroup or row.kind == "dose_comparison":
            assert row.outcome == ""
            assert re.match("subgroup|dose comparison", verdict(row))
    marks = [node.get("class") for node in ET.fromstring(svg(forest_drawing(found))).iter() if "mark" in str(node.get("class"))]
    filled = sum("circle f-good" in str(mark) for mark in marks)
    assert filled == sum(row.outcome == "met" and row.printed is not None for row in found.rows) + 1  # the legend's


def test_what_became_of_a_trial_stands_beside_its_figure(evaluator: Evaluator) -> None:
    event = LaterEvent(year=2018, says="the phase III failed, HR 0.97", effect="overturns", source=Place(ref="x"))
    study = replace(evaluator.ruleset.studies["tivantinib-phase-2"], later=(event,))
    one = forest(with_study(evaluator.ruleset, study))
    for shown in (text(forest_view(one)), markdown(forest_view(one)), svg(forest_drawing(one)), json.dumps(document(one))):
        assert "0.97" in shown


def test_filters_keep_what_they_name(evaluator: Evaluator, found: Forest) -> None:
    chosen = forest(evaluator.ruleset, ["TTP"], ["second"])
    expected = {(row.study, row.result) for p in found.panels if p.endpoint == "TTP" for row in p.rows if row.setting == "second"}
    assert {(row.study, row.result) for row in chosen.rows} == expected
    assert expected


def test_the_picture_puts_each_mark_where_its_ratio_is(found: Forest) -> None:
    """An independent scale from two ticks: every mark must fall on it."""
    root = ET.fromstring(svg(forest_drawing(found)))
    ticks = {node.text: float(str(node.get("x"))) for node in root.iter(f"{SVG}text") if node.get("text-anchor") == "middle"}
    per_decade = (ticks["1.5"] - ticks["0.5"]) / math.log10(3)
    estimates = [estimate for row in found.rows for estimate in (row.printed, row.corrected) if estimate is not None]
    expected = sorted(ticks["1"] + per_decade * math.log10(estimate.hr) for estimate in estimates)
    drawn = []
    for node in root.iter():
        kind = str(node.get("class"))
        if kind.startswith("mark"):
            path = str(node.get("d"))
            start = float(node.get("cx") or re.findall(r"M([\d.]+)", path)[0])
            drawn.append(start + (4.5 if "cross" in kind else 0))
    assert sorted(x for x in drawn if x > 340) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("width", [1040, 390])
def test_every_panel_stands_under_an_axis_and_all_axes_are_the_same(found: Forest, width: int) -> None:
    root = ET.fromstring(svg(forest_drawing(found, width)))
    ones = [node for node in root.iter(f"{SVG}text") if node.text == "1"]
    assert len(ones) == len(found.panels)
    assert len({node.get("x") for node in ones}) == 1


def test_pages_are_upright_a4_with_legible_text(found: Forest) -> None:
    pages = forest_pages(found)
    assert len(pages) > 1
    for page in pages:
        assert (page.width, page.height <= 1122.5) == (793.6, True)
        assert min(shape.size for shape in page.shapes if isinstance(shape, Words)) >= 12  # 9 points
    assert sum(isinstance(shape, PlotMarker) for page in pages for shape in page.shapes) >= len(found.rows)


def test_what_overturned_a_trial_is_told_in_full_once_and_never_left_out(found: Forest) -> None:
    drawn = " ".join(node.text or "" for node in ET.fromstring(svg(forest_drawing(found))).iter(f"{SVG}text"))
    tivantinib = [row for row in found.rows if row.study == "tivantinib-phase-2"]
    assert drawn.count("METIV-HCC") == 1
    assert drawn.count("later overturned (2018), as above") == len(tivantinib) - 1 > 0


def test_the_table_comes_before_the_picture(found: Forest) -> None:
    kinds = [type(block).__name__ for block in forest_view(found)]
    assert kinds.index("Section") < kinds.index("More")


def test_the_svg_is_accessible_dark_where_wanted_and_the_same_each_time(found: Forest) -> None:
    first = svg(forest_drawing(found))
    assert first == svg(forest_drawing(found))
    root = ET.fromstring(first)
    assert root.get("role") == "img"
    labels = str(root.get("aria-labelledby")).split()
    assert [child.get("id") for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")] == labels
    assert "prefers-color-scheme:dark" in first
    words = " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))
    for row in found.rows:
        assert row.name.split()[0] in words
    assert "For education" in words


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["png", "pdf"])
def test_paper_pictures_are_the_same_each_time(evaluator: Evaluator, format_: str) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    few = forest(evaluator.ruleset, ["PFS"])
    made, again = (pdf(forest_pages(few)) if format_ == "pdf" else png(forest_drawing(few)) for _ in range(2))
    assert made == again
    assert made.startswith(b"\x89PNG" if format_ == "png" else b"%PDF")


@pytest.mark.slow
def test_a_name_is_never_read_as_markup(evaluator: Evaluator) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    study = replace(evaluator.ruleset.studies["brisk-fl"], name="BRISK-FL $\\bad{ and $ <b>")
    one = forest(with_study(evaluator.ruleset, study))
    assert png(forest_drawing(one))
    assert "&lt;b&gt;" in svg(forest_drawing(one))


def test_randomised_trials_without_a_ratio_are_named_with_their_verdict(evaluator: Evaluator, found: Forest) -> None:
    drawn = {row.study for row in found.rows}
    every = {s.id for s in evaluator.ruleset.studies.values() if s.kind.startswith("randomised") and s.results}
    assert {trial.study for trial in found.without} == every - drawn
    assert found.without
    for shown in (text(forest_view(found)), markdown(forest_view(found))):
        flat = " ".join(shown.replace("\\", "").split())
        assert all(trial.name in flat for trial in found.without)


def test_a_choice_without_rows_says_so(evaluator: Evaluator) -> None:
    empty = forest(evaluator.ruleset, ["PFS"], ["second"])
    assert not empty.panels
    assert "No randomised trial with a hazard ratio fits" in text(forest_view(empty))


def test_command_writes_every_format(tmp_path: Path) -> None:
    for suffix in ("txt", "json", "md", "html", "svg"):
        file = tmp_path / f"forest.{suffix}"
        assert run(["forest", "-o", str(file)]) == 0
        assert file.stat().st_size > 1000
    assert run(["forest", "-e", "PFS", "-l", "second", "-o", str(tmp_path / "empty.svg")]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_command_writes_paper(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    assert run(["forest", "-e", "PFS", "-o", str(tmp_path / f"forest.{suffix}")]) == 0


@pytest.mark.slow
def test_without_its_library_a_picture_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("weasyprint")
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert run(["forest", "-o", str(tmp_path / "f.png")]) == 2
    assert "pip install '.[plots]'" in capsys.readouterr().err
    assert run(["forest", "-o", str(tmp_path / "f.svg")]) == 0
