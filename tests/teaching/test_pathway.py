"""The pathway is made from the rules: every rule once, lit exactly where the evaluator says it applies."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hepatica.cli.main import run
from hepatica.evaluation import Evaluator
from hepatica.knowledge import RANK, STANDINGS, AnyOf, ConceptTest, NotOf, Test, load
from hepatica.patient import Profile, profile_of, read_profile
from hepatica.report import document, markdown, text
from hepatica.report.teaching import INKS, LOOKS, mermaid, pathway_pages, pathway_svg, pathway_view, pdf, svg
from hepatica.report.teaching.drawing import Words
from hepatica.teaching import Pathway, PathwayDrug, pathway
from hepatica.wording import Wording
from tests.making import sample_profiles
from tests.teaching.conftest import pdf_pages

SVG = "{http://www.w3.org/2000/svg}"
A4 = 297 / 210


@pytest.fixture(scope="module")
def whole(evaluator: Evaluator) -> Pathway:
    return pathway(evaluator.ruleset)


@pytest.fixture(scope="module")
def lit(evaluator: Evaluator, met_high: Profile) -> Pathway:
    return pathway(evaluator.ruleset, met_high)


def marks() -> list[str]:
    return [look.mark for look in LOOKS.values() if look.mark]


def drugs_of(path: Pathway) -> list[PathwayDrug]:
    return [drug for line in path.lines for drug in line.drugs]


def test_every_rule_stands_once_in_its_line_and_standing(evaluator: Evaluator, whole: Pathway) -> None:
    assert sorted(rule for drug in drugs_of(whole) for rule in drug.rules) == sorted(evaluator.ruleset.rules)
    for line in whole.lines:
        assert [RANK[group.standing] for group in line.groups] == sorted(RANK[group.standing] for group in line.groups)
        for group in line.groups:
            therapies = [drug.therapy for drug in group.drugs]
            assert len(set(therapies)) == len(therapies)
            for rule in (evaluator.ruleset.rules[name] for drug in group.drugs for name in drug.rules):
                assert (rule.line, rule.standing) == (line.line, group.standing)


def test_the_positive_phase_3_comes_first_in_the_second_line(whole: Pathway) -> None:
    second = next(line for line in whole.lines if line.line == "second")
    assert second.groups[0].standing == "positive_phase_3"
    assert [drug.therapy for drug in second.groups[0].drugs] == ["regorafenib"]


@pytest.mark.slow
def test_a_drug_is_marked_as_the_answer_has_it_and_only_there(evaluator: Evaluator) -> None:
    """No drug carries a tick and a stop sign at once: the answer has it in one list, and so has the picture."""
    for profile in sample_profiles(evaluator, 60, seed=21):
        answer = evaluator.evaluate(profile)
        drugs = drugs_of(pathway(evaluator.ruleset, profile))
        for therapy in evaluator.ruleset.therapies:
            name, entry = answer.entry(therapy)
            places = [drug for drug in drugs if drug.therapy == therapy]
            if name == "ruled_out":
                assert {drug.state for drug in places} == {"ruled_out"}
                continue
            deciding = [drug for drug in places if entry.rule in drug.rules]
            assert [drug.state for drug in deciding] == [name]
            for drug in places:
                if drug not in deciding:
                    assert drug.state in ("elsewhere", "ruled_out", "possible"), (therapy, name, drug.state)
                    verdicts = {one.rule: one.reaches for one in entry.other_rules}
                    open_ = [rule for rule in drug.rules if rule in verdicts]
                    assert bool(open_) == (drug.state != "ruled_out")


def test_what_is_closed_or_open_says_why_at_the_drug_or_above_it(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator, 40, seed=23):
        path = pathway(evaluator.ruleset, profile)
        for line in path.lines:
            above = {condition.met for condition in (path.scope, *path.common, *line.common)}
            assert line.closed == all(drug.state == "ruled_out" for drug in line.drugs)
            for drug in line.drugs:
                if drug.state == "ruled_out":
                    assert drug.told or "no" in above
                elif drug.state == "possible":
                    assert drug.told or "unknown" in above
                else:
                    assert bool(drug.told) == (drug.state == "elsewhere")


def test_what_most_rules_ask_for_is_said_once(whole: Pathway) -> None:
    assert [condition.says for condition in whole.common] == ["not terminal stage"]
    for line in whole.lines:
        common = {condition.says for condition in (*whole.common, *line.common)}
        assert not common & {part for drug in line.drugs for way in drug.ways for part in way.split("; ")}
    shown = text(pathway_view(whole))
    assert shown.count("not terminal stage") == 1
    first = next(line for line in whole.lines if line.line == "first")
    assert [condition.says for condition in first.common] == ["no systemic therapy taken so far"]
    (standard,) = first.groups[0].drugs
    assert standard.ways == ("in Child-Pugh A",)  # two rules: sorafenib not taken, or declined


def test_where_patients_live_is_said_at_the_drug_and_a_thing_or_its_contrary_asks_for_nothing() -> None:
    path = pathway(load("hcc-2026"))
    later = next(line for line in path.lines if line.line == "later")
    assert later.common == ()
    apatinib = [way for drug in later.drugs if drug.therapy == "apatinib" for way in drug.ways]
    assert apatinib
    assert all("in mainland China" in way for way in apatinib)
    (care,) = (drug for drug in drugs_of(path) if drug.therapy == "best-supportive-care")
    assert care.ways == ("terminal stage or not",)


def test_what_is_not_to_be_is_not_said_as_what_must_be(evaluator: Evaluator, lit: Pathway) -> None:
    (drug,) = (drug for drug in drugs_of(lit) if "jx-594-high-dose" in drug.rules)
    assert drug.told == "not after sorafenib"


def test_conditions_are_said_as_settings_in_clinical_words() -> None:
    words = Wording(load("hcc-2026"))
    after = Test("prior_sorafenib", "in", ("progressed", "intolerant"))
    barred = Test("immunotherapy_contraindicated", "in", (True,))
    asia = words.concepts["asian"].when
    for condition, says in (
        (after, "after sorafenib"),
        (NotOf(after), "not after sorafenib"),
        (AnyOf((after, Test("afp", ">=", (400.0,)))), "after sorafenib, or with AFP ≥ 400 ng/mL"),
        (NotOf(AnyOf((after, barred))), "not after sorafenib and fit for immunotherapy"),
        (asia, "in Asia"),
        (ConceptTest("immunotherapy_given", wanted=False), "before immunotherapy"),
    ):
        assert words.setting(condition) == says


def test_a_signal_that_was_overturned_says_so(whole: Pathway) -> None:
    told = {
        (drug.therapy, group.standing): drug.overturned for line in whole.lines for group in line.groups for drug in group.drugs
    }
    assert told["tivantinib", "early_signal"] == 2018
    assert told["tivantinib", "not_supported"] is None


def test_a_line_without_rules_is_an_error_only_as_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pathway", "--line", "third"]) == 0
    assert "No rule speaks of this line" in capsys.readouterr().out
    for suffix in ("svg", "png", "pdf"):
        assert run(["pathway", "--line", "third", "-o", str(tmp_path / f"p.{suffix}")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_profile_nothing_is_lit(whole: Pathway) -> None:
    assert {drug.state for drug in drugs_of(whole)} == {""}
    assert not any(f">{mark} " in pathway_svg(whole) for mark in marks())


def test_only_the_chosen_line_is_drawn(evaluator: Evaluator) -> None:
    path = pathway(evaluator.ruleset, lines=["second"])
    assert {evaluator.ruleset.rules[rule].line for drug in drugs_of(path) for rule in drug.rules} == {"second"}


def test_refused_sorafenib_is_not_a_path_to_drugs_after_failure(evaluator: Evaluator) -> None:
    patient = read_profile("patients/after-sorafenib-met-high.yaml", ["prior_sorafenib=refused"])
    states = {rule: drug.state for drug in drugs_of(pathway(evaluator.ruleset, patient)) for rule in drug.rules}
    assert states["regorafenib-second-line"] == "ruled_out"
    assert states["nivolumab-child-pugh-a"] == "options"


def test_every_format_names_every_drug_and_its_standing(evaluator: Evaluator, lit: Pathway) -> None:
    shown = (text(pathway_view(lit)), markdown(pathway_view(lit)), pathway_svg(lit), mermaid(lit), json.dumps(document(lit)))
    for one in shown:
        flat = " ".join(re.sub(r"</text>\s*<text[^>]*>", " ", one).replace("\\", "").split())
        for therapy in evaluator.ruleset.therapies.values():
            assert therapy.name in flat or therapy.name.replace(" + ", " ") in flat, therapy.name
        for standing in ("standard", "positive_phase_3", "not_supported"):
            assert STANDINGS[standing].title.lower() in flat.lower()
        assert "For education" in flat


# The picture


def boxes(root: ET.Element) -> list[tuple[float, ...]]:
    found = [node for node in root.iter(f"{SVG}rect") if "box" in str(node.get("class"))]
    return [tuple(float(str(node.get(key))) for key in ("x", "y", "width", "height")) for node in found]


@pytest.mark.parametrize("settings", [None, ["bclc_stage=C", "prior_sorafenib=progressed"], ["bclc_stage=D"]])
@pytest.mark.parametrize("width", [1122, 390])
def test_boxes_do_not_overlap_and_stay_on_the_page(evaluator: Evaluator, settings: list[str] | None, width: int) -> None:
    path = pathway(evaluator.ruleset, None if settings is None else profile_of(settings))
    root = ET.fromstring(pathway_svg(path, width))
    across, height = float(str(root.get("width"))), float(str(root.get("height")))
    found = boxes(root)
    assert across == width
    assert len(found) > 10
    for x, y, w, h in found:
        assert 0 <= x <= x + w <= across
        assert 0 <= y <= y + h <= height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(found, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


@pytest.mark.parametrize("ruleset", ["hcc-2016", "hcc-2026"])
def test_each_line_fits_a_landscape_page_and_stays_legible(ruleset: str) -> None:
    rules = load(ruleset)
    names = ("after-sorafenib-met-high", "first-line-mainland-china", "third-line", "bclc-d")
    patients = [read_profile(f"patients/{name}.yaml", fields=rules.fields) for name in names]
    for path in (pathway(rules), *(pathway(rules, patient) for patient in patients)):
        drawings = pathway_pages(path)
        assert len(drawings) == len(path.lines)
        for drawing in drawings:
            assert drawing.width / drawing.height == pytest.approx(A4, abs=0.002)
            points = 0.75 * 1122.5 / drawing.width  # of a pixel on the page
            sizes = {
                shape.size * points for shape in drawing.shapes if isinstance(shape, Words) and shape.text not in path.notice
            }
            assert min(sizes) >= 9
            # However few its drugs are, no page stands half empty.
            assert drawing.shapes[-1].y >= 0.85 * drawing.height  # type: ignore[union-attr] # the last is the foot, which is text


def test_the_svg_is_accessible_and_complete(lit: Pathway) -> None:
    root = ET.fromstring(pathway_svg(lit))
    assert root.get("role") == "img"
    labels = {child.get("id"): child.text or "" for child in root if child.get("id")}
    assert list(labels) == str(root.get("aria-labelledby")).split()
    assert "Regorafenib (an option)" in labels["figure-says"]
    assert pathway_svg(lit) == pathway_svg(lit)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_enough_contrast_on_every_ground_in_light_and_dark() -> None:
    inks: dict[str, tuple[str, ...]] = {f"{name}-label": ("label",) for name in STANDINGS}
    inks |= dict.fromkeys(STANDINGS, ("ink", "quiet"))
    inks |= dict.fromkeys(("page", "early_signal", "in_trial"), ("ink", "quiet", "bad"))
    for scheme in (0, 1):
        for ground, written in inks.items():
            for ink in written:
                light, dark = sorted((luminance(INKS[name][scheme]) for name in (ink, ground)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, ink, ground)


def test_states_differ_by_more_than_colour() -> None:
    assert len(set(marks())) == len(marks()) == 6


def test_a_hostile_label_cannot_leave_its_text(evaluator: Evaluator) -> None:
    profile = replace(profile_of(["bclc_stage=C"]), label='"]:::x --> <script>alert(1)</script>')
    path = pathway(evaluator.ruleset, profile)
    for drawn in (pathway_svg(path), mermaid(path)):
        assert "<script>" not in drawn
    ET.fromstring(svg(pathway_pages(path)[0]))


def test_mermaid_lines_have_one_form_each(whole: Pathway, lit: Pathway) -> None:
    shape = re.compile(
        r'flowchart LR|  (acc(Title|Descr): [^\n]+|\w+\["[^"]*"\](:::\w+)?|\w+ (-->|==>|-\.->) \w+|classDef \w+ [\w:#,\- .]+)'
    )
    for path in (whole, lit):
        drawn = mermaid(path).splitlines()
        assert [line for line in drawn if not shape.fullmatch(line)] == []
        defined = set(re.findall(r"^  (\w+)\[", "\n".join(drawn), re.MULTILINE))
        ends = re.findall(r"^  (\w+) (?:-->|==>|-\.->) (\w+)$", "\n".join(drawn), re.MULTILINE)
        assert {name for pair in ends for name in pair} <= defined


def test_changed_rules_change_the_picture(evaluator: Evaluator, whole: Pathway) -> None:
    """Nothing is drawn by hand: without a therapy its boxes are gone."""
    fewer = {name: therapy for name, therapy in evaluator.ruleset.therapies.items() if name != "tivantinib"}
    assert "Tivantinib" not in pathway_svg(pathway(replace(evaluator.ruleset, therapies=fewer)))
    assert "Tivantinib" in pathway_svg(whole)


@pytest.mark.slow
def test_the_pdf_has_a_page_for_each_line(whole: Pathway) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    made = pdf(pathway_pages(whole))
    assert pdf_pages(made) == len(whole.lines)


def test_command_writes_every_format(tmp_path: Path) -> None:
    for suffix in ("txt", "md", "json", "html", "svg", "mmd"):
        file = tmp_path / f"p.{suffix}"
        assert run(["pathway", "after-sorafenib-met-high", "-o", str(file)]) == 0
        assert "Tivantinib" in file.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_command_writes_paper(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    file = tmp_path / f"p.{suffix}"
    assert run(["pathway", "after-sorafenib-met-high", "--line", "second", "-o", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG" if suffix == "png" else b"%PDF")
