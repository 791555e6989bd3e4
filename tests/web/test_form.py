"""The form as the page shows it: every field in a clinician's order, unknown visible, what was read echoed."""

from __future__ import annotations

import html
import re
from functools import cache

import pytest

from hepatica.patient import CHILD_PUGH_PARTS, COMMON_FIELDS, STAINING_PARTS
from tests.web.serving import Server

ORDER = ("bclc_stage", "child_pugh_class", "prior_sorafenib", "afp", "region", "label")


@cache
def form(server: Server, query: str = "") -> str:
    page = server.get(f"/answer?{query}").text
    return page[page.index('<form action="/answer"') : page.index("</form>")]


def control(server: Server, name: str, query: str = "") -> str:
    """The part of the form that belongs to one control."""
    whole = form(server, query)
    start = whole.index(f'data-name="{name}"')
    following = whole.find("data-name=", start + 10)
    return html.unescape(whole[start : following if following > 0 else None])


def chosen(text: str) -> list[str]:
    return re.findall(r'value="([^"]*)" (?:checked|selected)', text)


@pytest.mark.slow
def test_every_parameter_has_one_control_in_a_clinicians_order(server: Server) -> None:
    names = re.findall(r' name="([^"]+)"', form(server))
    parts = [f"child_pugh_components.{part}" for part in CHILD_PUGH_PARTS] + [f"cmet.{part}" for part in STAINING_PARTS]
    assert {*COMMON_FIELDS, "label", *parts} == set(names)
    places = [names.index(name) for name in ORDER]
    assert places == sorted(places)


def test_unknown_is_a_visible_choice_of_every_field_and_chosen_at_first(server: Server) -> None:
    for name, field in COMMON_FIELDS.items():
        if field.kind != "number":
            assert chosen(control(server, name)) == ["unknown"], name


def test_what_was_entered_is_chosen_again_as_it_was_read(server: Server) -> None:
    query = "bclc_stage=BCLC-C&ecog=2&etiology=HBV&etiology=hcv&portal_vein_invasion=true&region=Tokyo&afp=%3E400"
    expected = {
        "bclc_stage": ["C"],
        "ecog": ["2"],
        "etiology": ["hbv", "hcv"],
        "portal_vein_invasion": ["yes"],
        "region": ["japan"],
    }
    for name, values in expected.items():
        assert chosen(control(server, name, query)) == values, name
    assert chosen(control(server, "cmet.intensity", "cmet.intensity=2%2B")) == ["2"]
    assert 'value=">400"' in control(server, "afp", query)


def test_what_was_typed_is_echoed_as_it_was_read(server: Server) -> None:
    assert "Read as 15000" in control(server, "afp", "afp=15%2C000")
    assert "Read as Japan" in control(server, "region", "region=Tokyo")
    assert "Read as" not in control(server, "afp", "afp=620")


def test_what_is_computed_stands_as_chosen_and_is_not_sent(server: Server) -> None:
    query = "child_pugh_score=8&cmet.intensity=3&cmet.percent=60"
    shown = control(server, "child_pugh_class", query)
    assert chosen(shown) == []
    assert re.search(r'choice-computed"><input type="radio" name="child_pugh_class" value="B"', shown)
    assert re.search(r'choice-computed"><input type="radio" name="cmet" value="high"', control(server, "cmet", query))
    assert "8 (computed)" not in control(server, "child_pugh_score", query)
    assert "8 (computed)" in control(server, "child_pugh_score", "child_pugh_class=B8")


def test_a_field_that_no_rule_reads_says_so(server: Server, library: object) -> None:
    used = set(server.library.rulesets["hcc-2016"].used_fields)
    for name in COMMON_FIELDS:
        assert ("not used by these rules" in control(server, name)) == (name not in used), name


def test_an_error_opens_the_part_it_is_in_and_keeps_the_rest(server: Server) -> None:
    query = "bclc_stage=C&child_pugh_components.inr=99&etiology=hcv"
    whole = form(server, query)
    assert re.search(r'<details class="control parts" id="f-child_pugh_components-parts"[^>]* open', whole)
    assert not re.search(r'<details class="control parts" id="f-cmet-parts"[^>]* open', whole)
    assert "not plausible" in control(server, "child_pugh_components.inr", query)
    assert chosen(control(server, "bclc_stage", query)) == ["C"]
    assert chosen(control(server, "etiology", query)) == ["hcv"]


def test_ids_are_unique(server: Server) -> None:
    ids = re.findall(r'\bid="([^"]+)"', server.get("/answer").text)
    assert len(ids) == len(set(ids))
