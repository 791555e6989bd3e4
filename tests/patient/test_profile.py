"""The profile: every normalisation, every contradiction, every refusal, located and complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.patient import (
    CLASS_RANGES,
    COMMON_FIELDS,
    Profile,
    class_of,
    keys_of,
    profile_in,
    profile_of,
    profiles_in,
    read_profile,
)
from hepatica.problems import InvalidInput
from tests.conftest import each_patient
from tests.making import profiles

FULL = "{{bilirubin: {}, albumin: {}, inr: {}, ascites: {}, encephalopathy: {}}}"


def read(text: str, *settings: str, name: str = "p.yaml") -> Profile:
    return profile_in(text.encode(), name, settings)


def refused(text: str, *settings: str, name: str = "p.yaml") -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(text, *settings, name=name)
    return str(caught.value).splitlines()


def one(text: str, field: str) -> object:
    return read(text)[field]


@pytest.mark.parametrize(
    ("components", "score", "letter"),
    [
        (("1.0 mg/dL", "4 g/dL", 1.0, "none", "none"), 5, "A"),
        (("1.99 mg/dL", "3.51 g/dL", 1.69, "none", "none"), 5, "A"),
        (("2 mg/dL", "3.5 g/dL", 1.7, "none", "none"), 8, "B"),
        (("3 mg/dL", "2.8 g/dL", 2.3, "slight", "grade_1_2"), 10, "C"),
        (("3.01 mg/dL", "2.79 g/dL", 2.31, "moderate", "grade_3_4"), 15, "C"),
        (("33.9 µmol/L", "36 g/L", 1.0, "none", "none"), 5, "A"),
        (("34 umol/L", "35 g/L", 1.0, "none", "none"), 7, "B"),
        (("51 μmol/L", "28 g/L", 1.0, "mild", "grade 1"), 9, "B"),
        (("51.1 µmol/L", "27.9 g/L", 1.0, "severe", "4"), 13, "C"),
    ],
)
def test_child_pugh_is_computed_from_its_components_in_either_unit(
    components: tuple[object, ...], score: int, letter: str
) -> None:
    profile = read("child_pugh_components: " + FULL.format(*components))
    assert (profile["child_pugh_score"], profile["child_pugh_class"]) == (score, letter)


def test_a_score_gives_the_class_and_a_class_alone_gives_no_score() -> None:
    assert one("child_pugh_score: 9", "child_pugh_class") == "B"
    assert one("child_pugh_class: B", "child_pugh_score") is None


@pytest.mark.parametrize("score", range(5, 16))
def test_every_score_falls_in_the_class_that_prints_it(score: int) -> None:
    low, high = CLASS_RANGES[class_of(score)]
    assert low <= score <= high


def test_missing_components_leave_the_score_unknown_and_say_so() -> None:
    profile = read("child_pugh_components: {bilirubin: 1 mg/dL, albumin: 4 g/dL, inr: 1.1}")
    assert profile["child_pugh_score"] is None
    assert profile["child_pugh_class"] is None
    assert profile.warnings[0].code == "child-pugh-incomplete"
    assert "Ascites, Encephalopathy unknown (score 5 to 9)" in profile.warnings[0].message


def test_missing_components_that_cannot_change_the_class_leave_it_known() -> None:
    profile = read("child_pugh_components: {bilirubin: 9 mg/dL, albumin: 2 g/dL, inr: 3, ascites: moderate}")
    assert profile["child_pugh_class"] == "C"
    assert profile["child_pugh_score"] is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("high", "high"),
        ("{intensity: 2, percent: 50}", "high"),
        ("{intensity: 3+, percent: 100 %}", "high"),
        ("{intensity: 2, percent: 49.9}", "low"),
        ("{intensity: 1, percent: 100}", "low"),
        ("{intensity: 0, percent: 0}", "low"),
        ("{intensity: 3}", None),
        ("{percent: 80}", None),
        ("{intensity: 1}", "low"),
        ("{percent: 10}", "low"),
        ("{intensity: unknown, percent: unknown}", None),
        ("unknown", None),
    ],
)
def test_cmet_is_high_from_2_plus_in_half_of_the_cells(written: str, expected: str | None) -> None:
    assert one(f"cmet: {written}", "cmet") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("400", 400.0),
        ("620 ng/mL", 620.0),
        ("620 µg/L", 620.0),
        ("620 μg/l", 620.0),
        ("0", 0.0),
        (".5", 0.5),
        ("1.1234567", 1.123457),
    ],
)
def test_afp_is_kept_in_ng_per_ml(written: str, expected: float) -> None:
    assert one(f"afp: {written}", "afp") == expected


@pytest.mark.parametrize("field", [*COMMON_FIELDS])
def test_absent_null_empty_and_the_word_unknown_mean_not_known(field: str) -> None:
    for text in ("{}", f"{field}:", f"{field}: null", f"{field}: unknown", f'{field}: ""', f"{field}: Unknown"):
        assert one(text, field) is None


def test_an_empty_list_is_known_to_be_empty() -> None:
    assert one("other_prior_systemic: []", "other_prior_systemic") == ()
    assert one("etiology: none", "etiology") == ()
    assert one("etiology: [hcv, hbv, hcv]", "etiology") == ("hbv", "hcv")


@pytest.mark.parametrize("word", ["yes", "Yes", "true", '"yes"'])
def test_yes_is_yes_however_written(word: str) -> None:
    assert one(f"portal_vein_invasion: {word}", "portal_vein_invasion") is True


def test_every_problem_is_reported_at_its_place_in_order_with_the_nearest_spelling() -> None:
    text = "bclc_stage: E\nregoin: europe\nprior_sorafenib: progresed\necog: 5\netiology: [hbv, hvc]\nafp: lots\n"
    assert refused(text) == [
        "p.yaml:1:13: unknown-value: BCLC stage cannot be 'E'; allowed: 0, A, B, C, D, unknown",
        f"p.yaml:2:1: unknown-field: unknown field 'regoin'; did you mean 'region'? allowed: {', '.join(keys_of(COMMON_FIELDS))}",
        "p.yaml:3:18: unknown-value: Prior sorafenib cannot be 'progresed'; did you mean 'progressed'? "
        "allowed: none, progressed, intolerant, refused, unknown",
        "p.yaml:4:7: out-of-range: ECOG performance status cannot be '5'; allowed: a whole number from 0 to 4, or unknown",
        "p.yaml:5:17: unknown-value: Aetiology cannot be 'hvc'; allowed: HBV, HCV, alcohol, NAFLD, other, unknown",
        "p.yaml:6:6: not-a-number: AFP cannot be 'lots'; allowed: a number from 0 to 100,000,000 ng/mL, or unknown",
    ]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("child_pugh_class: C\nchild_pugh_score: 6", "contradiction", "score 6 is class A, but Child-Pugh class is C (10-15)"),
        (
            "child_pugh_class: B\nchild_pugh_components: " + FULL.format("1 mg/dL", "4 g/dL", 1, "none", "none"),
            "contradiction",
            "give class A",
        ),
        (
            "child_pugh_score: 9\nchild_pugh_components: {bilirubin: 9 mg/dL, albumin: 2 g/dL, inr: 3}",
            "contradiction",
            "11 to 15",
        ),
        ("prior_sorafenib: none\nother_prior_systemic: [sorafenib]", "unclear", "belongs in Prior sorafenib"),
        ("other_prior_systemic: [tki, none]", "unknown-value", "does not go beside other values"),
        ("child_pugh_components: {bilirubin: 34}", "unit", "a number with its unit (mg/dL or µmol/L)"),
        ("child_pugh_components: {albumin: 38 mg/dL}", "unit", "g/dL or g/L"),
        ("child_pugh_components: {albumin: 38 g/dL}", "out-of-range", "not plausible: is it in g/L? allowed: 0.5 to 7 g/dL"),
        ("child_pugh_components: {inr: 1.1 mg/dL}", "unit", "a number without a unit"),
        ("child_pugh_components: {asites: none}", "unknown-field", "did you mean 'ascites'?"),
        ("child_pugh_components: 7", "wrong-type", "is a mapping of bilirubin"),
        ("cmet: {intensity: 4, percent: 50}", "out-of-range", "from 0 to 3"),
        ("cmet: {intensity: 2, percent: 150}", "out-of-range", "0 to 100 %"),
        ("cmet: {intensity: 3++, percent: 60}", "unit", "has no unit"),
        ("cmet: {intensity: 2, percent: 60%%}", "unit", "allowed: %"),
        ("cmet: {strength: 2}", "unknown-field", "allowed: intensity, percent"),
        ("afp: -1", "out-of-range", "from 0 to 100,000,000 ng/mL"),
        ("afp: 1000000000", "out-of-range", "0 to 100,000,000"),
        ("afp: [1]", "wrong-type", "not a list"),
        ("region: {a: b}", "wrong-type", "not a mapping"),
        ("etiology: {hbv: yes}", "wrong-type", "a list of words"),
        ("label: [a]", "label", "one line"),
        ("- 1", "not-a-profile", "not a list"),
        ("just words", "not-a-profile", "a mapping of fields"),
        ("ecog: 1.5", "out-of-range", "a whole number"),
        ("ecog: ١", "not-a-number", "a whole number"),
        ("portal_vein_invasion: maybe", "unknown-value", "allowed: yes, no, unknown"),
    ],
)
def test_what_no_reading_can_save_is_refused(text: str, code: str, says: str) -> None:
    lines = refused(text)
    assert any(f": {code}: " in line and says in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bclc_stage: C\nchild_pugh_class: C", "stage-child-pugh"),
        ("bclc_stage: D\nchild_pugh_class: A\necog: 1", "stage-not-terminal"),
        ("bclc_stage: B\necog: 3", "stage-ecog"),
        ("bclc_stage: A\necog: 1", "stage-symptoms"),
        ("bclc_stage: B\nextrahepatic_spread: yes", "stage-spread"),
        ("bclc_stage: 0\nportal_vein_invasion: yes", "stage-portal-vein"),
        ("bclc_stage: C\nlocoregional_suitable: yes", "stage-locoregional"),
    ],
)
def test_a_staging_disagreement_is_a_warning_not_an_error(text: str, code: str) -> None:
    assert [warning.code for warning in read(text).warnings] == [code]


def test_no_warning_without_a_disagreement() -> None:
    assert read("bclc_stage: C\nchild_pugh_class: A\necog: 1\nextrahepatic_spread: yes").warnings == ()


def test_settings_override_the_file_and_are_located_by_their_number() -> None:
    profile = read("afp: 10\nregion: europe", "afp=620 ng/mL", "etiology=hbv,hcv", "cmet={intensity: 2, percent: 60}")
    assert (profile["afp"], profile["etiology"], profile["cmet"], profile["region"]) == (620.0, ("hbv", "hcv"), "high", "europe")
    assert refused("region: europ", "afp=5 miles", "nonsense", "agee=1")[0].startswith("--set:1:5: unit: ")
    assert [line.split(": ")[1] for line in refused("region: europ", "afp=5 miles", "nonsense", "agee=1")] == [
        "unit",
        "setting",
        "unknown-field",
        "unknown-value",
    ]


def test_setting_any_part_of_child_pugh_replaces_all_of_it() -> None:
    text = "child_pugh_components: " + FULL.format("1 mg/dL", "4 g/dL", 1, "none", "none")
    profile = read(text, "child_pugh_class=B")
    assert (profile["child_pugh_class"], profile["child_pugh_score"]) == ("B", None)


def test_a_label_is_taken_as_it_is_and_a_field_is_set_once() -> None:
    assert read("ecog: 1", "label=Case #3: one").label == "Case #3: one"
    assert read("label: a", "label=").label == ""
    assert refused("ecog: 1", "cmet=high", "cmet=low") == ["--set:2:1: setting: Tumour c-MET is set twice"]


def test_a_measurement_is_shown_as_exactly_as_it_was_judged() -> None:
    text = "child_pugh_components: " + FULL.format("1.9999999 mg/dL", "4 g/dL", 1, "none", "none")
    profile = read(text)
    assert profile["child_pugh_score"] == 5
    assert profile.measurements["child_pugh"]["components"]["bilirubin"] == "1.9999999 mg/dL"
    assert read(str(profile.as_document()))["child_pugh_score"] == 5
    assert read("cmet: {intensity: 2, percent: 49.9999999}").entered["cmet"]["percent"] == "49.9999999"


def test_a_known_score_is_not_called_uncomputed() -> None:
    assert read("child_pugh_score: 5\nchild_pugh_components: {bilirubin: 1 mg/dL}").warnings == ()


def test_nought_has_no_sign_and_a_whole_number_may_have_a_point() -> None:
    assert str(one("afp: -0", "afp")) == "0.0"
    assert one("ecog: 1.0", "ecog") == 1


def test_a_file_holds_a_bounded_number_of_profiles() -> None:
    with pytest.raises(InvalidInput, match="more than 1000 profiles"):
        profiles_in(b"[" + b"{}," * 1001 + b"{}]", "p.json")


def test_settings_alone_make_a_profile() -> None:
    assert profile_of(["bclc_stage=0", "prior_sorafenib=none"])["bclc_stage"] == "0"


def test_json_reads_as_yaml_does_and_a_file_may_hold_a_list() -> None:
    assert read('{"bclc_stage": "C", "afp": 1e3, "etiology": []}', name="p.json")["afp"] == 1000.0
    many = profiles_in(b"- {ecog: 1}\n- {ecog: 2}\n", "p.yaml")
    assert [profile["ecog"] for profile in many] == [1, 2]
    with pytest.raises(InvalidInput, match=r"p.yaml:2:10: out-of-range"):
        profiles_in(b"- {ecog: 1}\n- {ecog: 9}\n", "p.yaml")


@each_patient
def test_every_shipped_patient_survives_a_round_trip(path: Path) -> None:
    profile = read_profile(path)
    document = profile.as_document()
    again = profile_in(str(document).encode(), "again.yaml")
    assert (dict(again.facts), again.label) == (dict(profile.facts), profile.label)


@given(profiles())
def test_whatever_a_profile_says_is_read_back_the_same(facts: Any) -> None:
    document = Profile(facts).as_document()
    assert dict(profile_in(str(document).encode(), "again.yaml").facts) == dict(facts)


@given(
    st.dictionaries(
        st.sampled_from([*keys_of(COMMON_FIELDS)]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_any_json_value_is_read_or_refused_never_anything_else(value: dict[str, object]) -> None:
    import json

    try:
        read(json.dumps(value), name="p.json")
    except InvalidInput as error:
        assert error.problems
        assert list(error.problems) == sorted(error.problems)
