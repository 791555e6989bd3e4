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
from hepatica.evaluation import Evaluation, Evaluator
from hepatica.knowledge import RANK, STANDINGS
from hepatica.patient import Profile, profile_of, read_profile
from hepatica.report import document, markdown, text
from hepatica.report.teaching import INKS, MARKS, mermaid, pathway_drawings, pathway_svg, pathway_view, printed_pages, svg
from hepatica.teaching import Pathway, pathway
from tests.teaching.conftest import pdf_pages, sample_profiles

SVG = "{http://www.w3.org/2000/svg}"
A4 = 297 / 210


@pytest.fixture(scope="module")
def whole(evaluator: Evaluator) -> Pathway:
    return pathway(evaluator.ruleset)


@pytest.fixture(scope="module")
def lit(evaluator: Evaluator, met_high: Profile) -> Pathway:
    return pathway(evaluator.ruleset, met_high)


def states_of(answer: Evaluation) -> dict[str, str]:
    """Where the evaluator puts every rule that may apply: open, depends, or against."""
    found: dict[str, str] = {}
    for name in ("options", "trials", "possible", "not_supported", "unreported"):
        for entry in getattr(answer, name):
            reached = {entry.rule: name, **{rule.rule: rule.reaches for rule in entry.other_rules}}
            words = {"possible": "depends", "not_supported": "against", "ruled_out": "closed"}
            found |= {rule: words.get(reaches, "open") for rule, reaches in reached.items()}
    return found


def test_every_rule_stands_once_in_its_line_and_standing(evaluator: Evaluator, whole: Pathway) -> None:
    assert sorted(rule.rule for rule in whole.rules) == sorted(evaluator.ruleset.rules)
    for line in whole.lines:
        assert [RANK[group.standing] for group in line.groups] == sorted(RANK[group.standing] for group in line.groups)
        for group in line.groups:
            therapies = [drug.therapy for drug in group.drugs]
            assert len(set(therapies)) == len(therapies)
            for rule in (rule for drug in group.drugs for rule in drug.rules):
                known = evaluator.ruleset.rules[rule.rule]
                assert (known.line, known.standing) == (line.line, group.standing)


def test_the_positive_phase_3_comes_first_in_the_second_line(whole: Pathway) -> None:
    second = next(line for line in whole.lines if line.line == "second")
    assert second.groups[0].standing == "positive_phase_3"
    assert [drug.therapy for drug in second.groups[0].drugs] == ["regorafenib"]


@pytest.mark.slow
def test_rules_are_lit_where_the_evaluator_says_they_apply(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 60, seed=21):
        expected = states_of(evaluator.evaluate(profile))
        for rule in pathway(evaluator.ruleset, profile).rules:
            if evaluator.ruleset.rules[rule.rule].reaches != "unreported":  # named whatever the facts are
                assert rule.state == expected.get(rule.rule, "closed"), rule.rule


def test_what_is_closed_says_by_which_fact_and_what_is_open_needs_nothing(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 40, seed=23):
        for rule in pathway(evaluator.ruleset, profile).rules:
            assert bool(rule.closed_by) == (rule.state == "closed")
            assert rule.state != "depends" or rule.needs
            assert rule.state not in ("open", "against") or not rule.needs


def test_what_most_rules_ask_for_is_said_once(whole: Pathway) -> None:
    assert [condition.says for condition in whole.common] == ["not terminal stage"]
    own = [condition.says for rule in whole.rules for condition in rule.conditions]
    assert "not terminal stage" not in own
    for line in whole.lines:
        common = [condition.says for condition in line.common]
        inside = [c.says for g in line.groups for d in g.drugs for r in d.rules for c in r.conditions]
        assert not set(common) & set(inside)
    shown = text(pathway_view(whole))
    assert shown.count("not terminal stage") == 1


def test_a_rule_is_what_is_said_of_it_and_above_it(evaluator: Evaluator) -> None:
    """Read from the words' own states: all that is said of a drug being met, it is open, unless it says otherwise."""
    for profile in sample_profiles(evaluator.program, 40, seed=5):
        path = pathway(evaluator.ruleset, profile)
        for line in path.lines:
            for rule in (rule for group in line.groups for drug in group.drugs for rule in drug.rules):
                own = [condition.met for condition in rule.conditions]
                above = [path.scope.met, *(c.met for c in path.common), *(c.met for c in line.common)]
                if "no" in own:
                    assert rule.state == "closed"
                if all(met == "yes" for met in (*own, *above) if met):
                    assert rule.state in ("open", "against")


def test_without_a_profile_nothing_is_lit(whole: Pathway) -> None:
    assert {rule.state for rule in whole.rules} == {""}
    assert not any(mark and mark in pathway_svg(whole) for mark in MARKS.values())


def test_only_the_chosen_line_is_drawn(evaluator: Evaluator) -> None:
    path = pathway(evaluator.ruleset, lines=["second"])
    assert {evaluator.ruleset.rules[rule.rule].line for rule in path.rules} == {"second"}


def test_refused_sorafenib_is_not_a_path_to_drugs_after_failure(evaluator: Evaluator) -> None:
    patient = read_profile("patients/after-sorafenib-met-high.yaml", ["prior_sorafenib=refused"])
    states = {rule.rule: rule.state for rule in pathway(evaluator.ruleset, patient).rules}
    assert states["regorafenib-second-line"] == "closed"
    assert states["nivolumab-child-pugh-a"] == "open"


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


def test_each_line_fits_a_landscape_page_and_stays_legible(whole: Pathway, lit: Pathway) -> None:
    for path in (whole, lit):
        drawings = pathway_drawings(path)
        assert len(drawings) == len(path.lines)
        for drawing in drawings:
            assert drawing.width / drawing.height >= A4 - 0.01
            assert drawing.width <= 1.3 * 1122  # a smaller scale would make 10 px text unreadable on paper


def test_the_svg_is_accessible_and_complete(lit: Pathway) -> None:
    root = ET.fromstring(pathway_svg(lit))
    assert root.get("role") == "img"
    labels = {child.get("id"): child.text or "" for child in root if child.get("id")}
    assert list(labels) == str(root.get("aria-labelledby")).split()
    assert "Regorafenib (open to the patient)" in labels["figure-says"]
    assert pathway_svg(lit) == pathway_svg(lit)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_enough_contrast_on_every_ground_in_light_and_dark() -> None:
    grounds = ["page", *STANDINGS]
    assert set(STANDINGS) <= set(INKS)
    for scheme in (0, 1):
        for ground in grounds:
            for ink in ("ink", "quiet"):
                light, dark = sorted((luminance(INKS[name][scheme]) for name in (ink, ground)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, ink, ground)


def test_states_differ_by_more_than_colour() -> None:
    marks = [mark for mark in MARKS.values() if mark]
    assert len(set(marks)) == len(marks) == 4


def test_a_hostile_label_cannot_leave_its_text(evaluator: Evaluator) -> None:
    profile = replace(profile_of(["bclc_stage=C"]), label='"]:::x --> <script>alert(1)</script>')
    path = pathway(evaluator.ruleset, profile)
    for drawn in (pathway_svg(path), mermaid(path)):
        assert "<script>" not in drawn
    ET.fromstring(svg(pathway_drawings(path)[0]))


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
    made = printed_pages(pathway_drawings(whole), "pdf")
    assert pdf_pages(made) == len(whole.lines)


def test_command_writes_every_format(tmp_path: Path) -> None:
    for suffix in ("txt", "md", "json", "html", "svg", "mmd"):
        file = tmp_path / f"p.{suffix}"
        assert run(["pathway", "after-sorafenib-met-high", "-o", str(file)]) == 0
        assert "Tivantinib" in file.read_text(encoding="utf-8")
    assert run(["pathway", "--narrow", "--line", "second", "-o", str(tmp_path / "phone.svg")]) == 0
    assert ET.parse(tmp_path / "phone.svg").getroot().get("width") == "390"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_command_writes_paper(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pypdfium2", reason="pictures on paper need the extra 'plots'")
    file = tmp_path / f"p.{suffix}"
    assert run(["pathway", "after-sorafenib-met-high", "--line", "second", "-o", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG" if suffix == "png" else b"%PDF")
