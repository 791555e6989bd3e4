"""The form is made from the declared fields, with unknown as a visible choice."""

from __future__ import annotations

import re

from hepatica.patient import FIELDS, child_pugh
from hepatica.web.cases import NAMES, case_in
from hepatica.web.form import Control, groups, label_control


def controls(query: str = "") -> dict[str, Control]:
    case = case_in(query)
    found = {control.name: control for group in groups(case) for control in group.controls}
    inner = {part.name: part for control in found.values() for part in control.parts}
    return {**found, **inner, "label": label_control(case)}


def test_every_parameter_of_a_case_has_a_control() -> None:
    found = controls()
    units = {control.unit_name for control in found.values() if control.unit_name}
    assert set(NAMES) <= set(found) | units


def test_unknown_is_a_visible_choice_of_every_field_and_chosen_at_first() -> None:
    for field in FIELDS:
        control = controls()[field.name]
        if control.kind != "text":
            assert [choice.value for choice in control.choices if choice.chosen] == ["unknown"], field.name


def test_every_allowed_word_is_offered_once() -> None:
    for field in FIELDS:
        offered = [choice.value for choice in controls()[field.name].choices]
        assert set(field.values) <= set(offered)
        assert len(offered) == len(set(offered))


def test_units_are_those_of_the_scales() -> None:
    for name, scale in child_pugh.SCALES.items():
        control = controls()[f"child_pugh_components.{name}"]
        assert [unit.value for unit in control.units] == [unit for unit in scale.cutoffs if unit]


def test_what_was_entered_is_chosen_again() -> None:
    found = controls("bclc_stage=C&ecog=2&etiology=hbv&etiology=hcv&afp=620&portal_vein_invasion=true&region=japan")
    for name, expected in {
        "bclc_stage": ["C"],
        "ecog": ["2"],
        "etiology": ["hbv", "hcv"],
        "portal_vein_invasion": ["yes"],
        "region": ["japan"],
    }.items():
        assert [choice.value for choice in found[name].choices if choice.chosen] == expected
    assert found["afp"].value == "620"


def test_an_amount_written_with_its_unit_is_shown_in_its_two_parts() -> None:
    control = controls("child_pugh_components.bilirubin=34+umol/L")["child_pugh_components.bilirubin"]
    assert control.value == "34"
    assert [unit.value for unit in control.units if unit.chosen] == ["µmol/L"]


def test_what_was_computed_is_said_at_the_field_and_not_where_it_was_entered() -> None:
    found = controls("child_pugh_score=8&cmet.intensity=3&cmet.percent=60")
    assert found["child_pugh_class"].computed.endswith("B")
    assert found["cmet"].computed.endswith("high")
    assert not found["child_pugh_score"].computed


def test_an_error_opens_the_part_it_is_in() -> None:
    found = controls("child_pugh_components.inr=99")
    assert found["child_pugh_components"].stated
    assert found["child_pugh_components.inr"].errors
    assert not found["cmet-staining"].stated


def test_ids_are_unique_and_plain() -> None:
    ids = [control.id for control in controls().values()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"f-[a-z_-]+", one) for one in ids)
