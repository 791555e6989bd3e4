"""A case in the address: the same facts come back, what people type is read, and every problem stands at its control."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.patient import COMMON_FIELDS, Field, read_profile
from tests.conftest import each_patient
from tests.web.serving import Server, query_of


def values_of(field: Field) -> st.SearchStrategy[list[str]]:
    """What a form may send for a field: nothing, unknown, or allowed words."""
    if field.kind == "set":
        return st.one_of(
            st.just([]), st.just(["none"]), st.just(["unknown"]), st.lists(st.sampled_from(field.values), unique=True)
        )
    if field.kind == "flag":
        return st.sampled_from([[], ["yes"], ["no"], ["unknown"]])
    if field.kind == "integer":
        return st.one_of(st.just([]), st.integers(int(field.low), int(field.high)).map(lambda n: [str(n)]))
    if field.kind == "number":
        return st.one_of(st.just([]), st.decimals(0, 10**6, places=2).map(lambda n: [str(n)]))
    return st.one_of(st.just([]), st.sampled_from(field.values).map(lambda word: [word]), st.just(["unknown"]))


FORMS = st.fixed_dictionaries({name: values_of(field) for name, field in COMMON_FIELDS.items() if name != "child_pugh_score"})


def problems(server: Server, query: str) -> dict[str, list[str]]:
    reply = server.get(f"/answer.json?{query}")
    assert reply.status == 422, reply.text
    found: dict[str, list[str]] = {}
    for problem in reply.json["problems"]:
        found.setdefault(problem["field"], []).append(problem["message"])
    return found


@each_patient
def test_a_shipped_patient_survives_the_address_bar(server: Server, path: Path) -> None:
    profile = read_profile(path)
    for query in (query_of(profile.as_document()), server.query(path.stem)):
        assert server.get(f"/answer.json?{query}").json["profile"] == profile.as_document()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(form=FORMS)
def test_what_a_form_sends_is_what_the_profile_says(server: Server, form: dict[str, list[str]]) -> None:
    query = urlencode([(name, value) for name, values in form.items() for value in values])
    held = server.get(f"/answer.json?{query}").json["profile"]
    for name, values in form.items():
        if values in ([], ["unknown"]):
            assert name not in held or name == "child_pugh_class"
        elif COMMON_FIELDS[name].kind == "set":
            assert set(held[name]) == set(values) - {"none"}
        else:
            assert name in held
    assert server.get(f"/answer.json?{query_of(held)}").json["profile"] == held


@settings(max_examples=40, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from([*COMMON_FIELDS, "label", "cmet.percent", "x"]), st.text(max_size=40)), max_size=12)
)
def test_no_value_fails_and_every_problem_has_a_place(server: Server, pairs: list[tuple[str, str]]) -> None:
    reply = server.get(f"/answer.json?{urlencode(pairs, errors='replace')}")
    assert reply.status in (200, 422)
    if reply.status == 422:
        places = {*COMMON_FIELDS, "label", "child_pugh_components", "cmet.percent", ""}
        assert {problem["field"] for problem in reply.json["problems"]} <= places


@pytest.mark.parametrize(
    ("query", "control", "says"),
    [
        ("bclc_stage=E", "bclc_stage", "'E'"),
        ("afp=1.200", "afp", "two ways"),
        ("ecog=9", "ecog", "'9'"),
        ("etiology=none&etiology=hbv", "etiology", "none"),
        ("child_pugh_class=A&child_pugh_score=9", "child_pugh_score", "class B"),
        ("child_pugh_components.inr=99", "child_pugh_components.inr", "not plausible"),
        ("child_pugh_components.bilirubin=3", "child_pugh_components.bilirubin", "unit"),
        ("cmet.intensity=7", "cmet.intensity", "'7'"),
        ("cmet.intensity=2&cmet.percent=%3E3", "cmet.percent", "not one amount"),
        ("cmet=high&cmet.percent=10", "cmet", "give one of them"),
        ("ecog=1&ecog=2", "ecog", "more than once"),
        ("bcl_stage=C", "", "did you mean 'bclc_stage'"),
        ("label=%07", "label", "printable"),
    ],
)
def test_a_problem_stands_at_its_control(server: Server, query: str, control: str, says: str) -> None:
    found = problems(server, query)
    assert any(says in message for message in found[control]), found


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("afp=%3E400", "afp", "> 400"),
        ("afp=15%2C000", "afp", 15000.0),
        ("afp=620+%C2%B5g/L", "afp", 620.0),
        ("region=China", "region", "mainland_china"),
        ("child_pugh_class=A6", "child_pugh_score", 6),
        ("bclc_stage=BCLC-C", "bclc_stage", "C"),
        ("etiology=hepatitis+B", "etiology", ["hbv"]),
        ("cmet.intensity=2&cmet.percent=60", "cmet", "high"),
    ],
)
def test_what_people_type_is_read(server: Server, query: str, name: str, value: Any) -> None:
    assert server.get(f"/answer.json?{query}").json["profile"][name] == value


def test_unknown_beside_a_word_counts_for_nothing_and_alone_means_unknown(server: Server) -> None:
    assert server.get("/answer.json?etiology=unknown&etiology=hcv").json["profile"] == {"etiology": ["hcv"]}
    assert server.get("/answer.json?etiology=unknown").json["profile"] == {}


def test_too_many_parameters_are_one_problem_not_a_crash(server: Server) -> None:
    reply = server.get("/answer.json?" + "&".join(["ecog=1"] * 101))
    assert reply.status == 422
    assert reply.json["problems"][0]["code"] == "too-many"
