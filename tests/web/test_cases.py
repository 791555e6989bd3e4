"""A case in a query string: the same profile comes back, and every problem stands at its control."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.paths import shipped
from hepatica.patient import FIELD_BY_NAME, FIELDS, Field, read_profile
from hepatica.web.cases import LONGEST_QUERY, NAMES, case_in, field_of, query_of
from tests.web.serving import Server

PATIENTS = sorted(shipped("patients").glob("*.yaml"))


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
        return st.one_of(st.just([]), st.decimals(0, 10**8, places=2).map(lambda n: [str(n)]))
    return st.one_of(st.just([]), st.sampled_from(field.values).map(lambda word: [word]), st.just(["unknown"]))


FORMS = st.fixed_dictionaries({field.name: values_of(field) for field in FIELDS if field.name != "child_pugh_score"})


@pytest.mark.parametrize("path", PATIENTS, ids=lambda path: path.stem)
def test_a_shipped_patient_survives_the_address_bar(path: Path) -> None:
    profile = read_profile(path)
    assert case_in(query_of(profile)).profile == profile


@pytest.mark.parametrize("path", PATIENTS, ids=lambda path: path.stem)
def test_the_shortest_query_of_a_case_says_the_same(path: Path) -> None:
    case = case_in(query_of(read_profile(path)))
    assert case_in(case.query).profile == case.profile
    assert len(case.query) < LONGEST_QUERY


@given(FORMS)
def test_what_a_form_sends_is_what_the_profile_says(form: dict[str, list[str]]) -> None:
    case = case_in(urlencode([(name, value) for name, values in form.items() for value in values]))
    assert case.profile is not None
    for name, values in form.items():
        held = case.profile[name]
        if values in ([], ["unknown"]):
            assert held is None
        elif FIELD_BY_NAME[name].kind == "set":
            assert isinstance(held, tuple)
            assert set(held) == set(values) - {"none"}
        else:
            assert held is not None
    assert case_in(query_of(case.profile)).profile == case.profile


@given(st.text(max_size=300))
def test_no_query_raises(text: str) -> None:
    case = case_in(text)
    assert (case.profile is None) == bool(case.problems)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=40)), max_size=20))
def test_no_value_raises_and_every_problem_has_a_place(pairs: list[tuple[str, str]]) -> None:
    case = case_in(urlencode(pairs, errors="replace"))
    assert all(field_of(problem) in (*NAMES, "child_pugh_components", "") for problem in case.problems)
    assert sum(map(len, case.at.values())) == len(case.problems)


@pytest.mark.parametrize(
    ("query", "control", "says"),
    [
        ("bclc_stage=E", "bclc_stage", "allowed: 0, A, B, C, D"),
        ("afp=3+IU/mL", "afp", "disagree"),
        ("ecog=9", "ecog", "from 0 to 4"),
        ("etiology=none&etiology=hbv", "etiology", "does not go beside"),
        ("child_pugh_class=A&child_pugh_score=9", "child_pugh_score", "is class B"),
        ("child_pugh_components.inr=99", "child_pugh_components.inr", "not plausible"),
        ("child_pugh_components.bilirubin=3", "child_pugh_components.bilirubin", "with its unit"),
        ("cmet.intensity=7", "cmet.intensity", "from 0 to 3"),
        ("cmet=high&cmet.percent=10", "cmet", "give one of them"),
        ("ecog=1&ecog=2", "ecog", "more than once"),
        ("bcl_stage=C", "", "did you mean 'bclc_stage'"),
        ("label=%07", "label", "printable"),
    ],
)
def test_a_problem_stands_at_its_control(query: str, control: str, says: str) -> None:
    case = case_in(query)
    assert case.profile is None
    assert any(says in message for message in case.at[control]), case.at


def test_a_unit_beside_its_amount_counts_and_alone_does_not() -> None:
    micro = case_in("child_pugh_components.bilirubin=60&child_pugh_components.bilirubin.unit=%C2%B5mol/L").profile
    assert micro is not None
    assert micro.measurements["child_pugh_components"]["bilirubin"] == "60 µmol/L"
    alone = case_in("child_pugh_components.bilirubin.unit=mg/dL")
    assert alone.empty
    assert not alone.query


def test_unknown_beside_a_word_counts_for_nothing_and_alone_means_unknown() -> None:
    beside = case_in("etiology=unknown&etiology=hcv").profile
    alone = case_in("etiology=unknown").profile
    assert beside is not None
    assert alone is not None
    assert beside["etiology"] == ("hcv",)
    assert alone["etiology"] is None


def test_staging_that_follows_from_components_is_not_repeated_in_the_query() -> None:
    names = [name for name, _ in parse_qsl(query_of(read_profile(shipped("patients") / "after-sorafenib-met-high.yaml")))]
    assert "child_pugh_class" not in names
    assert "child_pugh_components.inr" in names
    assert "cmet" not in names


def test_too_many_parameters_are_one_problem_not_a_crash(server: Server) -> None:
    reply = server.get("/answer.json?" + "&".join(["ecog=1"] * 101))
    assert reply.status == 422
    assert reply.json["problems"][0]["code"] == "too-many"
