"""The pathway is made from the rules: every rule once, lit exactly where the evaluator says it applies."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from hepatica.cli.main import cli
from hepatica.evaluation import Evaluator
from hepatica.knowledge import AllOf
from hepatica.patient import Profile, profile_of, read_profile
from hepatica.report.style import Style
from hepatica.report.teaching.pathway_mermaid import mermaid
from hepatica.report.teaching.pathway_svg import svg
from hepatica.report.teaching.pathway_text import document, outline, text
from hepatica.report.teaching.pathway_words import behind
from hepatica.teaching.pathway import pathway, split
from tests.teaching.conftest import sample_profiles

SVG = "{http://www.w3.org/2000/svg}"


def test_every_rule_is_a_box_exactly_once(evaluator: Evaluator) -> None:
    boxes = [leaf.rule.id for leaf in pathway(evaluator.ruleset).leaves()]
    assert sorted(boxes) == sorted(evaluator.ruleset.rules)


def test_door_and_branch_together_are_the_rule(evaluator: Evaluator) -> None:
    for rule in evaluator.ruleset.rules.values():
        door, branch = split(evaluator.ruleset, rule)
        parts = rule.when.parts if isinstance(rule.when, AllOf) else (rule.when,)
        assert len(door) + len(branch) >= len(parts)
        assert door or branch


def test_boxes_are_lit_where_the_evaluator_says_the_rule_applies(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 60, seed=21):
        masks = evaluator.program.masks(profile.facts)
        for leaf in pathway(evaluator.ruleset, profile).leaves():
            goal = evaluator.program.goals[f"rule/{leaf.rule.id}"]
            expected = "lit" if masks.certain & goal.mask else "open" if masks.possible & goal.mask else "closed"
            assert leaf.status.state == expected, leaf.rule.id


def test_a_lit_node_stands_behind_lit_nodes_only(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 40, seed=22):
        path = pathway(evaluator.ruleset, profile)
        for line in path.lines:
            for door in line.doors:
                for branch in door.branches:
                    if branch.status.state == "lit":
                        assert {path.scope.state, line.status.state, door.status.state} == {"lit"}
                    if door.status.state == "closed":
                        assert branch.status.state == "closed"


def test_every_closed_door_and_branch_says_why(evaluator: Evaluator) -> None:
    for profile in sample_profiles(evaluator.program, 40, seed=23):
        path = pathway(evaluator.ruleset, profile)
        for line in path.lines:
            for door in line.doors:
                if door.status.state == "closed":
                    assert door.status.why
                for branch in door.branches:
                    if branch.status.state == "closed":
                        assert branch.status.why


def test_without_a_profile_nothing_is_lit(evaluator: Evaluator) -> None:
    assert {leaf.status.state for leaf in pathway(evaluator.ruleset).leaves()} == {""}
    assert "✓" not in svg(pathway(evaluator.ruleset))


def test_only_the_chosen_line_is_drawn(evaluator: Evaluator) -> None:
    path = pathway(evaluator.ruleset, lines=["second"])
    assert {leaf.rule.line for leaf in path.leaves()} == {"second"}


def test_text_says_which_fact_closes_a_door(evaluator: Evaluator, met_high: Profile) -> None:
    shown = text(pathway(evaluator.ruleset, met_high), Style())
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "closed: Prior sorafenib is progressed" in " ".join(shown.split())
    assert "✓ Regorafenib: Positive phase III" in shown
    assert "⊘ Brivanib: Not supported" in shown


def rectangles(root: ET.Element) -> list[tuple[float, float, float, float]]:
    found = [node for node in root.iter(f"{SVG}rect") if node.get("class") == "box"]
    return [tuple(float(str(node.get(key))) for key in ("x", "y", "width", "height")) for node in found]  # type: ignore[misc]


@pytest.mark.parametrize("settings", [None, [], ["bclc_stage=C", "prior_sorafenib=progressed"], ["bclc_stage=D"]])
def test_svg_boxes_do_not_overlap_and_stay_on_the_page(evaluator: Evaluator, settings: list[str] | None) -> None:
    root = ET.fromstring(svg(pathway(evaluator.ruleset, None if settings is None else profile_of(settings))))
    boxes = rectangles(root)
    width, height = float(str(root.get("width"))), float(str(root.get("height")))
    assert len(boxes) > 10
    for x, y, w, h in boxes:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


def test_svg_is_accessible_and_complete(evaluator: Evaluator, met_high: Profile) -> None:
    path = pathway(evaluator.ruleset, met_high)
    root = ET.fromstring(svg(path))
    assert root.get("role") == "img"
    labels = {child.get("id"): child.text or "" for child in root if child.get("id")}
    assert list(labels) == str(root.get("aria-labelledby")).split()
    assert all(labels.values())
    words = " ".join(node.text or "" for node in root.iter(f"{SVG}text"))
    for leaf in path.leaves():
        assert leaf.therapy.name.split()[0] in words
    assert "For education." in words
    assert svg(path) == svg(path)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_svg_text_has_enough_contrast_in_light_and_dark(evaluator: Evaluator) -> None:
    style = re.search(r"<style>(.*?)</style>", svg(pathway(evaluator.ruleset)), re.DOTALL)
    assert style is not None
    light, dark = style.group(1).split("@media (prefers-color-scheme:dark){")
    for rules in (light, dark):
        inks: dict[str, str] = dict(re.findall(r"^(?:\.(\w+) )?text\{[^}]*fill:(#\w{6})", rules, re.MULTILINE))
        fills: dict[str, str] = dict(re.findall(r"^(?:\.(\w+) )?rect\.box\{fill:(#\w{6})", rules, re.MULTILINE))
        page = re.search(r"\.page\{fill:(#\w{6})", rules)
        assert page is not None
        assert contrast(inks[""], str(page.group(1))) >= 4.5
        assert set(fills) == {"", "lit", "open", "closed", "against"}
        for state, fill in fills.items():
            assert contrast(inks.get(state, inks[""]), fill) >= 4.5, (state, fill)


def test_states_differ_by_more_than_colour(evaluator: Evaluator) -> None:
    from hepatica.report.teaching.pathway_words import AGAINST, MARKS

    marks = [*(mark for mark in MARKS.values() if mark), AGAINST]
    assert len(set(marks)) == len(marks) == 4


def test_hostile_label_cannot_leave_its_text(evaluator: Evaluator) -> None:
    profile = Profile(profile_of(["bclc_stage=C"]).facts, label='"]:::x --> <script>alert(1)</script>')
    drawn = svg(pathway(evaluator.ruleset, profile))
    assert "<script>" not in drawn
    ET.fromstring(drawn)
    assert "<script>" not in mermaid(pathway(evaluator.ruleset, profile))


def test_mermaid_lines_have_one_form_each(evaluator: Evaluator, met_high: Profile) -> None:
    shape = re.compile(
        r'flowchart LR|  (acc(Title|Descr): [^\n]+|\w+\["[^"]*"\](:::\w+)?|n\d+ (-->|==>|-\.->) n\d+|classDef \w+ [\w:#,\- .]+)'
    )
    for path in (pathway(evaluator.ruleset), pathway(evaluator.ruleset, met_high)):
        drawn = mermaid(path).splitlines()
        assert all(shape.fullmatch(line) for line in drawn)
        defined = set(re.findall(r"^  (n\d+)\[", "\n".join(drawn), re.MULTILINE))
        assert set(re.findall(r"\b(n\d+)\b(?= (?:-|=))", "\n".join(drawn))) <= defined


def test_document_is_json_with_states(evaluator: Evaluator, met_high: Profile) -> None:
    written = json.loads(json.dumps(document(pathway(evaluator.ruleset, met_high))))
    doors = [door for line in written["lines"] for door in line["doors"]]
    closed = next(door for door in doors if door["state"] == "closed")
    assert closed["why"][0]["field"] == "prior_sorafenib"
    assert "For education" in written["notice"]


def test_command_writes_every_format(tmp_path: Path) -> None:
    for format_ in ("text", "json", "svg", "mermaid"):
        file = tmp_path / f"p.{format_}"
        arguments = ["pathway", "after-sorafenib-met-high", "-f", format_, "-o", str(file)]
        assert CliRunner().invoke(cli, arguments, standalone_mode=False).exception is None
        assert "Tivantinib" in file.read_text(encoding="utf-8")


def test_boxes_explain_the_concepts_they_name(evaluator: Evaluator) -> None:
    path = pathway(evaluator.ruleset)
    assert evaluator.ruleset.concepts["advanced_hcc"].says in path.scope_says
    titles = [node.text or "" for node in ET.fromstring(svg(path)).iter(f"{SVG}title")]
    assert any(evaluator.ruleset.concepts["after_sorafenib"].says in title for title in titles)


def test_changed_rules_change_the_picture(evaluator: Evaluator) -> None:
    """Nothing is drawn by hand: without a therapy its boxes are gone."""
    from dataclasses import replace

    fewer = {name: therapy for name, therapy in evaluator.ruleset.therapies.items() if name != "tivantinib"}
    drawn = svg(pathway(replace(evaluator.ruleset, therapies=fewer)))
    assert "Tivantinib" not in drawn
    assert "Tivantinib" in svg(pathway(evaluator.ruleset))


def test_refused_sorafenib_is_not_a_path_to_drugs_after_failure(evaluator: Evaluator) -> None:
    patient = read_profile("patients/after-sorafenib-met-high.yaml", ["prior_sorafenib=refused"])
    states = {leaf.rule.id: leaf.status.state for leaf in pathway(evaluator.ruleset, patient).leaves()}
    assert states["regorafenib-second-line"] == "closed"
    assert states["nivolumab-child-pugh-a"] == "lit"


def test_the_scope_says_why_it_is_closed_and_so_does_every_door_behind_it(evaluator: Evaluator) -> None:
    path = pathway(evaluator.ruleset, read_profile("patients/out-of-scope-tace.yaml"))
    scope = next(node for node in ET.fromstring(svg(path)).iter(f"{SVG}g") if "Advanced HCC" in "".join(node.itertext()))
    assert "closed: BCLC stage is B" in " ".join(text.text or "" for text in scope.iter(f"{SVG}text"))
    doors = [door for line in path.lines for door in line.doors]
    assert all(door.status.state == "closed" and door.status.why for door in doors)


def test_alternatives_of_several_conditions_read_as_a_sentence(evaluator: Evaluator) -> None:
    titles = [door.title for line in pathway(evaluator.ruleset).lines for door in line.doors]
    assert "(" not in "".join(titles)
    (title,) = (title for title in titles if title.startswith("Either"))
    assert title.startswith("Either after sorafenib, Other prior systemic therapy: none; or Prior sorafenib: none or refused, ")


def test_what_lies_behind_a_closed_door_is_told_apart_by_the_evidence(evaluator: Evaluator, met_high: Profile) -> None:
    doors = [door for line in pathway(evaluator.ruleset, met_high).lines for door in line.doors]
    closed = [behind(door) for door in doors if door.status.state == "closed"]
    assert any("Lenvatinib" in words.split("; not supported: ")[0] and "Brivanib" in words.split(": ")[-1] for words in closed)


def test_description_says_in_words_what_the_marks_show(evaluator: Evaluator, met_high: Profile) -> None:
    said = outline(pathway(evaluator.ruleset, met_high))
    assert not set("✓⊘✕?") & set(said)
    assert "Closed: No prior systemic (closed: Prior sorafenib is progressed). Behind it: FOLFOX4" in said
    assert "Open: Regorafenib: Positive phase III (" in said
    assert "Reached, but not supported: Brivanib" in said
    assert "Not settled: Tumour RAS: mutant" in said
