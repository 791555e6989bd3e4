"""The JSON Schema of a patient file and the reader are one: what either takes, the other takes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.documents import decode, read_json
from hepatica.patient import (
    CHILD_PUGH_PARTS,
    COMMON_FIELDS,
    COMPONENTS,
    Field,
    Fields,
    keys_of,
    profile_from,
    profile_in,
    profile_schema,
    read_profile,
)
from hepatica.patient.fields import table
from hepatica.problems import InvalidInput, Problem
from tests.conftest import ROOT, each_patient
from tests.patient.test_spellings import PARTS_READ, PARTS_REFUSED, READ, REFUSED

TYPED = {name: [word for words in READ[name].values() for word in words] + list(REFUSED[name]) for name in READ}
PARTS = {name: [word for words in PARTS_READ[name].values() for word in words] + list(PARTS_REFUSED[name]) for name in PARTS_READ}
# A bound in a text, a character that only looks like another, and 0 beside 0.0 cannot be told apart by a schema; which control
# characters are blanks, Python and JSON Schema see differently.
BEYOND_SCHEMA = re.compile(r"[^\x20-\x7f]|\\u00|\d[.,]?e\+?\d|\d{9}|\d-\d|and|[<>]", re.IGNORECASE)


@cache
def validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(profile_schema())


def fits(document: dict[str, Any]) -> bool:
    return validator().is_valid(document)


def taken(document: dict[str, Any]) -> bool:
    try:
        profile_in(json.dumps(document).encode(), "p.json")
    except InvalidInput as error:
        return all(problem.code == "contradiction" for problem in error.problems)
    return True


def refusal(document: dict[str, Any]) -> str:
    try:
        profile_from(document)
    except InvalidInput as error:
        return str(error)
    return ""


def test_the_schema_is_a_schema_and_names_every_key() -> None:
    jsonschema_rs.meta.validate(profile_schema())
    assert set(profile_schema()["properties"]) == set(keys_of(COMMON_FIELDS))


@each_patient
def test_every_shipped_patient_fits_the_schema(path: Path) -> None:
    assert fits(read_profile(path).as_document())


@pytest.mark.parametrize("bad", [{"ecog": 9}, {"regoin": "europe"}, {"bclc_stage": "E"}, {"cmet": {"strength": 1}}, {"afp": -1}])
def test_neither_takes_what_is_plainly_wrong(bad: dict[str, object]) -> None:
    assert not fits(bad)
    assert not taken(bad)


@pytest.mark.parametrize("name", TYPED)
def test_every_spelling_known_to_the_tests_fits_the_schema_where_it_is_read(name: str) -> None:
    for typed in TYPED[name]:
        if not BEYOND_SCHEMA.search(typed):
            assert fits({name: typed}) == taken({name: typed}), typed


@pytest.mark.parametrize("typed", ["\x1f", "C\x1c", "\x85B", "\t C\n"])
def test_blanks_are_those_of_a_schema(typed: str) -> None:
    assert fits({"bclc_stage": typed}) == taken({"bclc_stage": typed}) == (typed.strip(" \t\n") == "C")


@pytest.mark.parametrize("name", CHILD_PUGH_PARTS)
def test_components_too(name: str) -> None:
    for typed in PARTS[name]:
        if "plausible" in refusal({COMPONENTS: {name: typed}}) or BEYOND_SCHEMA.search(typed):
            continue
        assert fits({COMPONENTS: {name: typed}}) == taken({COMPONENTS: {name: typed}}), typed


def mangled(words: list[str]) -> st.SearchStrategy[str]:
    """A spelling in another case, with other blanks, or with a letter lost or added."""

    def change(word: str, how: str, place: int, letter: str) -> str:
        place %= len(word) + 1
        changed = {"upper": word.upper(), "title": word.title(), "blanks": word.replace(" ", "_").replace("-", " ")}
        changed |= {"lost": word[:place] + word[place + 1 :], "added": word[:place] + letter + word[place:], "same": f" {word} "}
        return changed[how]

    how = st.sampled_from(["upper", "title", "blanks", "lost", "added", "same"])
    return st.builds(change, st.sampled_from(words), how, st.integers(0, 40), st.sampled_from("abc -_+:;,0159"))


NATIVE = (
    st.none()
    | st.booleans()
    | st.integers(-3, 20)
    | st.floats(0.001, 500).map(lambda value: round(value, 2))
    | st.text(max_size=4)
)
ENTRIES = st.sampled_from(sorted(TYPED)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        mangled(TYPED[name])
        | NATIVE
        | st.lists(mangled(TYPED[name]) | NATIVE, max_size=3)
        | st.dictionaries(st.text(max_size=3), NATIVE, max_size=2),
    )
)


@pytest.mark.slow
@settings(max_examples=600)
@given(ENTRIES)
def test_schema_and_reader_agree_on_generated_values(entry: tuple[str, Any]) -> None:
    name, value = entry
    shown = json.dumps(value, ensure_ascii=False)
    if BEYOND_SCHEMA.search(shown) or (isinstance(value, float) and value.is_integer()):
        return
    if COMMON_FIELDS[name].kind in ("number", "integer") and isinstance(value, str):
        number = re.search(r"\d[\d,.]*", value)
        if number is None or "-" in value or ":" in value:
            return
    assert fits({name: value}) == taken({name: value})


@given(
    st.sampled_from(
        [
            "AFP",
            "afp:",
            "Afp",
            "BCLC stage",
            "bclc",
            "ECOG_PS",
            "Child Pugh",
            "regions",
            "x",
            "agee",
            "Country",
            "c met",
            "label",
            "Title",
        ]
    )
)
def test_schema_and_reader_agree_on_names(key: str) -> None:
    assert fits({key: None}) == taken({key: None})


@pytest.mark.parametrize("name", ["keys", "fields", "child_pugh_parts", "cmet_parts"])
def test_the_shipped_tables_are_fields_as_a_ruleset_declares_them(name: str) -> None:
    file = ROOT / "engine/hepatica/patient/vocabulary.json"
    problems: list[Problem] = []
    entries = read_json(file.read_bytes(), str(file)).at((name,)).value
    assert isinstance(entries, list)
    for entry, known in zip(entries, table(name).values(), strict=True):
        assert decode(Field, entry, problems) == known, problems


def test_a_field_of_a_rulesets_own_is_read_shown_and_in_the_schema() -> None:
    platelets = Field(
        name="platelets",
        title="Platelets",
        kind="number",
        nature="test",
        help="",
        high=2000,
        unit="10^9/L",
        units={"10^3/µL": 1},
        aliases=("plt",),
    )
    risk = Field(
        name="imdc_risk",
        title="IMDC risk",
        kind="choice",
        nature="test",
        help="",
        values=("favourable", "intermediate", "poor"),
        synonyms={"poor": ("high",)},
    )
    fields = Fields([risk, platelets])
    profile = profile_from({"PLT": "150 x10^3/µL", "IMDC risk": "Poor"}, fields=fields)
    assert dict(profile.facts) == {"imdc_risk": "poor", "platelets": 150.0}
    assert fields["platelets"].shown(profile["platelets"]) == "150 10^9/L"
    for amount in ("100 10^9/L", "100 x10^9/L", "100"):
        assert profile_from({"platelets": amount}, fields=fields)["platelets"] == 100
    with pytest.raises(InvalidInput, match="has no unit"):
        profile_from({"platelets": "100 ng/mL"}, fields=fields)
    with pytest.raises(InvalidInput, match="unknown field 'bclc_stage'"):
        profile_from({"bclc_stage": "C"}, fields=fields)
    assert set(profile_schema(fields)["properties"]) == {"label", "imdc_risk", "platelets"}
    wider = COMMON_FIELDS.merged([platelets])
    assert [*wider][-1] == "platelets"
    assert profile_from({"platelets": 90, "bclc_stage": "C"}, fields=wider)["platelets"] == 90


@pytest.mark.slow
def test_the_schema_is_the_same_in_every_run() -> None:
    command = [sys.executable, "-m", "hepatica", "schema", "profile"]
    told = [
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
