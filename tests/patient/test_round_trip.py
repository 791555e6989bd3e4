"""What the program prints of a profile can be typed back; real tables whose codes are named; input meant to hurt."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hepatica.inference import judge
from hepatica.knowledge import Operator, Test
from hepatica.patient import (
    COMMON_FIELDS,
    COMPONENTS,
    Interval,
    Profile,
    Refused,
    facts_of,
    profile_from,
    profile_in,
    profile_of,
    profiles_in,
    read_profile,
    read_value,
)
from hepatica.problems import InvalidInput
from tests.making import lies_in

AMOUNTS = st.one_of(
    st.integers(0, 10**6).map(float),
    st.floats(0, 5000).map(lambda value: round(value, 3)),
    st.floats(0, 5000).map(lambda value: round(value, 6)),
)
INTERVALS = st.one_of(
    st.builds(lambda bound, closed: Interval(low=bound, low_included=closed), AMOUNTS.filter(bool), st.booleans()),
    st.builds(lambda bound, closed: Interval(high=bound, high_included=closed), AMOUNTS.filter(bool), st.booleans()),
    st.builds(
        lambda low, width, closed: Interval(low, round(low + width, 6), *closed),
        AMOUNTS.filter(bool),
        st.floats(0.001, 1000).map(lambda value: round(value, 6)),
        st.tuples(st.booleans(), st.booleans()),
    ),
)


@given(AMOUNTS | INTERVALS)
def test_a_number_reads_back_from_every_way_of_printing_it(value: float | Interval) -> None:
    afp = COMMON_FIELDS["afp"]
    for printed in (afp.show(value), afp.shown(value), afp.written(value)):
        assert read_value(afp, printed).value == value, printed
    for text in (f"afp: {afp.written(value)}", json.dumps(Profile(facts_of({"afp": value})).as_document())):
        assert profile_in(text.encode(), "p.yaml")["afp"] == value, text
    assert profile_of([f"afp={afp.shown(value)}"])["afp"] == value


@pytest.mark.parametrize("field", COMMON_FIELDS.values(), ids=lambda field: field.name)
def test_every_other_value_reads_back_from_its_token_and_from_its_title(field: Any) -> None:
    whole = range(int(field.low), int(field.high) + 1) if field.kind == "integer" else ()
    values: list[Any] = [True, False] if field.kind == "flag" else [*field.values, *whole]
    values = [(value,) for value in values] + [field.values, ()] if field.kind == "set" else values
    for value in values:
        for printed in (field.show(value), field.shown(value)):
            assert read_value(field, printed).value == value, printed


@given(st.floats(0, 1000), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), INTERVALS)
def test_an_interval_answers_a_comparison_as_all_its_numbers_do(bound: float, operator: Operator, interval: Interval) -> None:
    low, high = max(interval.low, 0.0), min(interval.high, 10.0**7)
    inside = [low + (high - low) * part for part in (0, 0.001, 0.5, 0.999, 1)]
    inside = [value for value in (*inside, bound) if lies_in(interval, value)]
    compare = {
        "<": float.__lt__,
        "<=": float.__le__,
        ">": float.__gt__,
        ">=": float.__ge__,
        "=": float.__eq__,
        "!=": float.__ne__,
    }
    seen = {compare[operator](value, bound) for value in inside}
    certain, possible = judge(Test("afp", operator, (bound,)), interval)
    assert certain != possible or seen == {certain}


@pytest.mark.parametrize(
    ("interval", "operator", "bound", "decided"),
    [
        (Interval(low=1210), ">", 400, True),
        (Interval(low=100), ">", 400, None),
        (Interval(low=400), ">", 400, True),
        (Interval(low=400, low_included=True), ">", 400, None),
        (Interval(low=400, low_included=True), ">=", 400, True),
        (Interval(high=400), ">=", 400, False),
        (Interval(high=400, high_included=True), ">", 400, False),
        (Interval(high=400, high_included=True), ">=", 400, None),
        (Interval(415, 640, True, True), ">", 400, True),
        (Interval(200, 400, True, True), "=", 300, None),
        (Interval(200, 400), "=", 400, False),
        (Interval(200, 400), "!=", 400, True),
    ],
)
def test_an_interval_decides_what_its_bounds_decide(
    interval: Interval, operator: Operator, bound: float, decided: bool | None
) -> None:
    assert judge(Test("afp", operator, (bound,)), interval) == ((False, True) if decided is None else (decided, decided))


@pytest.mark.parametrize(
    "text",
    [
        "afp: >1210",
        "afp: > 1210",
        "{afp: > 1210, ecog: 1}",
        "afp: '> 1210'",
        "afp: >1,210 ng/mL  # as printed",
        '{"afp": ">1210"}',
        "AFP: >1.21E+03",
    ],
)
def test_a_comparison_needs_no_quotes_in_a_file(text: str) -> None:
    assert profile_in(text.encode(), "p.yaml")["afp"] == Interval(low=1210)


@pytest.mark.parametrize(
    "text", ["afp: >5", "afp: <5", "afp: ?\necog: 1", "afp: -\necog: 1", "afp: [Not Available]", "afp: .", "afp: N/A"]
)
def test_a_sign_is_never_taken_for_yaml(text: str) -> None:
    expected = {">": Interval(low=5), "<": Interval(high=5)}.get(text[5:6])
    assert profile_in(text.encode(), "p.yaml")["afp"] == expected


def test_settings_take_signs_brackets_and_names_as_people_write_them() -> None:
    profile = profile_of(
        ["AFP>=400", "etiology=[hbv, hep C]", "child pugh=B8", "cmet={intensity: 3, percent: 60}", "ras=[Not Available]"]
    )
    assert [profile[name] for name in ("afp", "etiology", "child_pugh_score", "cmet", "ras")] == [
        Interval(low=400, low_included=True),
        ("hbv", "hcv"),
        8,
        "high",
        None,
    ]
    assert profile_in(b"Child-Pugh: A5", "p.yaml", ["child_pugh_class=B"])["child_pugh_score"] is None


def test_a_native_number_is_exact_and_a_typed_one_with_three_decimals_is_asked_about() -> None:
    assert profile_from({"afp": 399.125})["afp"] == 399.125
    with pytest.raises(InvalidInput, match="two-readings"):
        profile_in(b'{"afp": 399.125}', "p.json")
    assert json.loads(json.dumps(profile_from({"afp": 399.125}).as_document())) == {"afp": "399.1250"}


def test_missing_values_of_data_frames_are_unknown() -> None:
    given = {"afp": float("nan"), "bclc_stage": None, "etiology": "nan", "ecog": "", "ras": "<NA>", "region": "NaT"}
    assert set(profile_from(given).facts.values()) == {None}


def test_a_set_of_python_is_a_list_in_no_order() -> None:
    assert profile_from({"etiology": {"hcv", "hbv"}})["etiology"] == ("hbv", "hcv")
    assert profile_from({"etiology": frozenset[str]()})["etiology"] == ()
    with pytest.raises(InvalidInput, match="not a list"):
        profile_from({"afp": {620}})


def test_a_profile_inside_a_result_is_written_as_its_known_facts() -> None:
    profile = profile_from({"bclc_stage": "C", "afp": ">400", COMPONENTS: {"inr": 1.1}})
    assert TypeAdapter(Profile).dump_python(profile, mode="json") == {
        "bclc_stage": "C",
        "afp": "> 400",
        COMPONENTS: {"inr": "1.1"},
    }
    assert TypeAdapter(Profile).json_schema(mode="serialization")["type"] == "object"


def test_child_pugh_shows_its_points() -> None:
    whole = {"bilirubin": "2.4 mg/dL", "albumin": "31 g/L", "inr": 1.2, "ascites": "mild", "encephalopathy": "none"}
    measured = profile_from({COMPONENTS: whole}).measurements["child_pugh"]
    assert measured["points"] == {"bilirubin": 2, "albumin": 2, "inr": 1, "ascites": 2, "encephalopathy": 1}
    assert (measured["score"], measured["class"], measured["components"]["ascites"]) == (8, "B", "slight")
    part = profile_from({COMPONENTS: {"bilirubin": "2.4 mg/dL"}}).measurements["child_pugh"]
    assert (part["score"], part["class"], part["lowest"], part["highest"]) == (None, None, 6, 14)


CODES = {
    "encephalopathy": {"1": "none", "2": "grade 1-2", "3": "grade 3-4"},
    "ascites": {"1": "none", "2": "slight", "3": "moderate"},
}
COLUMNS = {"encephalopathy": 27, "ascites": 28, "inr": 29, "albumin": 35, "bilirubin": 36}
UNITS = {"albumin": " g/dL", "bilirubin": " mg/dL"}


def test_a_real_table_is_classed_where_its_codes_are_named_and_never_by_guessing(shared: Path) -> None:
    with (shared / "data/uci-hcc-survival/hcc-data.txt").open(encoding="utf-8") as stream:
        rows = [{name: row[column] for name, column in COLUMNS.items()} for row in csv.reader(stream)]
    named = [
        {name: CODES.get(name, {}).get(text, text) + (UNITS.get(name, "") if text != "?" else "") for name, text in row.items()}
        for row in rows
    ]
    profiles = [profile_from({COMPONENTS: row}) for row in named]
    scored = [profile["child_pugh_class"] for profile in profiles if profile["child_pugh_score"] is not None]
    assert Counter(scored) == {"A": 74, "B": 55, "C": 26}
    for row in rows:
        with pytest.raises(InvalidInput):
            profile_from({COMPONENTS: row})


@pytest.mark.parametrize(
    "data",
    [
        b"etiology: " + b"hbv," * 250_000 + b"x\n",
        b"etiology: [" + b"hbv," * 90_000 + b"x]\n",
        "".join(f"regio{number}: 1\n" for number in range(32_000)).encode(),
        b"child_pugh_class: " + b"child-pugh " * 18 + b"x\n",
        b"bclc_stage: " + b"stage" * 39 + b"x\n",
        b"afp: " + b"1,111" * 39 + b"\n",
        b"afp: " + b"1" * 190 + b"\n",
        b"child_pugh_components: {" + b", ".join(b"inr%d: 1" % number for number in range(20_000)) + b"}\n",
        b"[" + b",".join([b'{"etiology": "xx,yy", "regoin": 1}'] * 1001) + b"]",
    ],
    ids=lambda data: repr(data[:24]),
)
def test_what_is_meant_to_take_long_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        profiles_in(data, "p.yaml")


@given(st.text(max_size=60) | st.text("0123456789.,<>=- eE+ngmLIU/", max_size=20), st.sampled_from([*COMMON_FIELDS]))
def test_any_text_is_read_or_refused_in_every_field(text: str, name: str) -> None:
    try:
        value = read_value(COMMON_FIELDS[name], text).value
    except Refused as refused:
        assert all(message.isprintable() for _, _, message in refused.parts)
    else:
        assert read_value(COMMON_FIELDS[name], COMMON_FIELDS[name].written(value)).value == value


def test_read_profile_takes_the_fields_of_a_ruleset(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("AFP: 15,000\n", encoding="utf-8")
    assert read_profile(file, fields=COMMON_FIELDS)["afp"] == 15000
