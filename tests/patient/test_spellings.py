"""What people type and real files hold: read right, or refused for a stated reason; never taken for something else."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.patient import (
    CHILD_PUGH_PARTS,
    COMMON_FIELDS,
    Field,
    Interval,
    Refused,
    faults,
    profile_from,
    profile_in,
    read_value,
)
from hepatica.problems import InvalidInput

HBV, HCV, ALCOHOL, NAFLD, OTHER = "hbv", "hcv", "alcohol", "nafld", "other"
CHEMO = ("chemotherapy",)

READ: dict[str, dict[object, tuple[str, ...]]] = {
    "bclc_stage": {
        "0": ("0", "Stage 0", "BCLC 0", "BCLC-0", "very early"),
        "A": ("A", "a", "BCLC A", "early stage"),
        "B": ("B", "BCLC Stage B", "Stage-B", "BCLC-B", "bclc b", "intermediate"),
        "C": (
            "C", "c", "BCLC Stage C", "Stage-C", "BCLC-C", "BCLC: C", "stage c", "Stage_C", "BCLC C", "BCLC=C", "BCLC (C)",
            "BCLC stage: C", "ＢＣＬＣ　Ｃ",
        ),
        "D": ("D", "Stage-D", "terminal", "end-stage", "BCLC-D"),
        None: (
            "NA", "ND", "N/A", "[Not Available]", "unknown", "?", "", "not reported", "Unk", "null", "-", ".", "[Unknown]",
            "n.a.",
        ),
    },
    "child_pugh_class": {
        "A": (
            "A", "a", "Child-Pugh A", "Child A", "Class A", "CP A", "CTP-A", "Child Pugh class A", "A5", "A6",
            "Child-Pugh A5", "A (6)", "CP A6", "a5", "6", "Child-Pugh: A",
        ),
        "B": ("B", "Child-Pugh B9", "B8", "B7", "CPB", "Child-Pugh B (8)", "class b", "7"),
        "C": ("C", "C10", "Child C", "Child-Pugh C12", "11"),
        None: ("", "[Unknown]", "NA"),
    },
    "child_pugh_score": {
        6: ("6", "A6", "6 points", "CP 6", "score 6", "6.0"),
        10: ("10", "C10"),
        None: ("n/a",),
    },
    "ecog": {
        0: ("0", "ECOG 0", "PS 0", "0.0"),
        1: ("1", "ECOG 1", "PS 1", "ECOG PS 1", "ECOG-PS: 1", "PS=1", "grade 1", "ECOG1", "１", "performance status 1"),
        2: ("2",),
        3: ("3",),
        4: ("4", "ECOG 4"),
        None: ("[Not Available]", "not assessed"),
    },
    "prior_sorafenib": {
        "none": (
            "none", "None", "no", "No", "naive", "sorafenib-naive", "naïve", "never", "not given", "N", "no prior sorafenib",
            "untreated",
        ),
        "progressed": (
            "progressed", "PD", "progression", "progressive disease", "progressed on sorafenib", "yes, progressed",
            "Progression on sorafenib", "radiological progression",
        ),
        "intolerant": (
            "intolerant", "intolerance", "toxicity", "stopped for toxicity", "discontinued due to adverse events",
            "not tolerated",
        ),
        "refused": ("refused", "declined", "patient declined", "Refused", "patient refused sorafenib"),
        None: ("[Not Applicable]", "[Not Available]", "unknown"),
    },
    "other_prior_systemic": {
        (): ("none", "None", "no", "nil", "no other systemic therapy", "no prior systemic therapy", "[]"),
        CHEMO: (
            "5-fluorouracil", "Adriamycin/Cytoxan", "Cisplatin", "Cisplatin, Mitomycin-C", "Gemcitabine", "Mitomycin C",
            "Temozolomide", "cisplatin", "oxaliplatin", "FOLFOX", "FOLFOX4", "chemo", "doxorubicin",
        ),
        ("tki",): ("Regorafenib", "Sunitinib", "lenvatinib", "TKI", "cabozantinib", "Lenvima"),
        ("antiangiogenic_antibody",): ("bevacizumab", "ramucirumab", "Avastin"),
        ("immunotherapy",): ("nivolumab", "Opdivo", "IO", "anti-PD-1", "pembrolizumab"),
        ("antiangiogenic_antibody", "immunotherapy"): ("atezolizumab + bevacizumab", "atezolizumab and bevacizumab"),
        ("tki", "chemotherapy"): ("tki; chemotherapy", "FOLFOX, regorafenib", "lenvatinib|FOLFOX4"),
        None: ("[Not Available]",),
    },
    "afp": {
        1.0: ("1",),
        1210.0: (
            "1,210", "1210", "1 210", "1'210", "1.21E+03", "1210 ng/mL", "1,210 µg/L", "1210ng/ml", "AFP 1210", "1.210,0",
        ),
        10346.0: ("10346.0", "10,346"),
        15000.0: ("15,000", "15000", "15 000", "15,000 ng/mL", "15.000,00", "１５０００", "15 µg/mL"),
        12100.0: ("1.21E+04", "1.21e4"),
        2035400.0: ("2035400", "2,035,400", "2.035.400"),
        12.34: ("12,34", "12.34"),
        8.7: ("8.6999999999999993", "8.7", "8,7"),
        0.083: ("0.083", "0,083"),
        400.0: ("exactly 400", "= 400"),
        Interval(low=1210.0): (">1210", "> 1210", "> 1,210 ng/mL", "more than 1210", "above 1210", "＞1210"),
        Interval(low=400.0, low_included=True): (">=400", "≥400", ">= 400", "at least 400", "=>400"),
        Interval(high=400.0): ("<400", "< 400", "below 400", "less than 400"),
        Interval(high=2.0): ("<2", "<2.0"),
        Interval(low=200.0, high=400.0, low_included=True, high_included=True): (
            "200-400", "200 - 400", "200–400", "200 to 400 ng/mL", ">= 200 and <= 400",
        ),
        Interval(low=400.0, high=500.0, high_included=True): ("> 400 and <= 500",),
        Interval(low=830.0, high=1280.0, low_included=True, high_included=True): (
            "1000 IU/mL", "1000 kIU/L", "1,000 kU/L", "1000 iu/ml", "1000000 IU/L",
        ),
        Interval(low=332.0): ("> 400 IU/mL",),
        Interval(high=512.0): ("< 400 kU/L",),
        None: ("[Not Available]", "NA", "?", ".", ">= 0", "not done"),
    },
    "cmet": {
        "high": ("high", "High", "MET-high", "c-MET high", "MET high", "high expression"),
        "low": ("low", "MET-low", "negative", "1+"),
        None: ("not tested",),
    },
    "ras": {
        "mutant": ("mutant", "mutated", "RAS mutant", "KRAS mutant", "mut", "mutation detected"),
        "wild_type": ("wild_type", "wt", "WT", "wild-type", "wild type", "RAS wild-type", "no mutation"),
        None: ("ND", "not done"),
    },
    "region": {
        "mainland_china": (
            "China", "Jiangsu", "Guangdong", "Guangzhou, China", "mainland China", "Shanghai", "PRC", "P.R. China", "CHINA",
        ),
        "taiwan": ("Taiwan", "Taipei"),
        "hong_kong": ("Hong Kong", "HK", "hong-kong"),
        "japan": ("Japan", "Tokyo", "JPN"),
        "south_korea": ("Korea", "South Korea", "Republic of Korea", "Seoul"),
        "thailand": ("Thailand",),
        "singapore": ("Singapore",),
        "other_asia": ("India", "Vietnam", "Philippines", "Malaysia", "other Asia", "North Korea"),
        "europe": ("Europe", "Germany", "UK", "U.K.", "France", "Italy", "EU", "United Kingdom", "Spain"),
        "north_america": ("USA", "US", "U.S.A.", "United States", "Canada", "north america"),
        "other": ("Brazil", "Australia", "Egypt", "other"),
        None: ("NA", "[Not Available]"),
    },
    "etiology": {
        (HBV,): (
            "HBV", "hepatitis B", "HBV only", "Hep B", "HBV: Positive", "HBV+", "HBsAg positive", "chronic hepatitis B",
            "hbv infection", "HBV-related", "CHB",
        ),
        (HCV,): ("HCV", "hep C", "HCV only", "hepatitis C", "Hepatitis-C", "HCV cirrhosis"),
        (HBV, HCV): (
            "HCV and HBV", "HBV + HCV", "HBV/HCV", "hbv|hcv", "HBV;HCV", "HBV & HCV", "hepatitis B and C", "HBV, HCV",
        ),
        (ALCOHOL,): ("Alcohol", "ALD", "alcoholic", "EtOH", "Alcohol consumption", "alcohol-related liver disease"),
        (NAFLD,): ("NAFLD", "NASH", "MASLD", "MAFLD", "Non-Alcoholic Fatty Liver Disease", "fatty liver"),
        (OTHER,): ("Other", "Hemochromatosis", "Alpha-1 Antitrypsin Deficiency|Other", "PBC", "autoimmune hepatitis"),
        (HBV, HCV, ALCOHOL, OTHER): ("Alcohol consumption|Hepatitis B|Hepatitis C|Hemochromatosis",),
        (HCV, ALCOHOL): ("Alcohol consumption|Hepatitis C", "HCV + alcohol"),
        (HCV, ALCOHOL, NAFLD): ("Alcohol consumption|Hepatitis C|Non-Alcoholic Fatty Liver Disease",),
        (ALCOHOL, NAFLD): ("Alcohol consumption|Non-Alcoholic Fatty Liver Disease", "MetALD"),
        (ALCOHOL, OTHER): ("Alcohol consumption|Other",),
        (HBV, ALCOHOL): ("hbv/alcohol",),
        (HBV, OTHER): ("Hepatitis B|Other",),
        (HCV, OTHER): ("Hepatitis C|Other",),
        (NAFLD, OTHER): ("Non-Alcoholic Fatty Liver Disease|Other",),
        (): ("none", "No History of Primary Risk Factors", "None"),
        None: ("", "-", "NA"),
    },
    "extrahepatic_spread": {
        True: ("Yes", "yes", "Y", "present", "M1", "positive", "TRUE"),
        False: ("No", "N", "absent", "M0", "none"),
        None: ("Not Available", "MX"),
    },
    "portal_vein_invasion": {
        True: ("yes", "Vp3", "present", "PVTT"),
        False: ("no", "absent", "Vp0", "bland thrombus"),
        None: ("?", "[Not Available]", "[Unknown]"),
    },
    "locoregional_suitable": {
        True: ("yes", "suitable", "eligible"),
        False: ("no", "unsuitable", "not suitable", "not a candidate"),
        None: ("unk",),
    },
}  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {
    "bclc_stage": (
        "1", "2", "3", "4", "0.0", "1.0", "2.0", "E", "B/C", "B or C", "III", "IVA", "С", "C?", "BCLC", "not C", "non-C",
    ),
    "child_pugh_class": ("0", "1", "2", "3", "D", "A/B", "I", "4", "16", "B10", "А"),
    "child_pugh_score": ("4", "16", "A", "5-6", "B", "six"),
    "ecog": ("5", "1.5", "3-4", "0-1", "-1", "KPS 90", "90", "١", "<2", "one"),
    "prior_sorafenib": (
        "Sorafenib", "SORAFENIB", "Nexavar", "Naxavar", "Sorafinib", "Partial Response",
        "HEC.1 - Sorafenib vs Sorafenib plus Doxorubicin", "yes", "failed", "SD", "ongoing", "1", "0", "contraindicated",
        "first line", "yes - ongoing", "not progressed", "no progression", "progressed, intolerant",
    ),
    "other_prior_systemic": (
        "ABT-888", "ABT-888 and temozolomide", "Alvesin", "Everolimus, Gemcitabine, and Cisplatin", "Hormone Therapy",
        "LY228820", "Tamoxifen", "Other, specify in notes", "Targeted Molecular therapy", "doxorubicin LC beads",
        "everolimus", "temsirolimus", "TACE", "sorafenib", "yes", "TACE + FOLFOX", "no TKI", "none, tki", "1",
        "not lenvatinib", "radiotherapy",
    ),
    "afp": (
        "1.200", "15.000", "1.210", "399.125", "> 1.200", "1.200 ng/ml", "1.210 IU/mL", "-5", "lots", "high", "elevated",
        "~400", "400+", "1,2,3", "1,23,456", "620 mmol/L", "620 ng", "400-200", "> 400 and > 500", "<0", "1e99",
        "> 400 < 500", "NaN ng/mL", "1..2", "5 %", "２²", "1 2", "five",
    ),
    "cmet": ("positive", "2+", "3+", "+", "1", "0", "amplified", "not high"),
    "ras": ("positive", "negative", "KRAS wild-type", "1", "yes", "0"),
    "region": (
        "Asia", "Asian", "Chinese", "Western", "America", "Turkey", "Middle East", "1", "not China", "China, Japan",
        "Atlantis",
    ),
    "etiology": (
        "+", "0", "1", "2", "No virus", "HBsAg negative, anti-HCV negative", "viral", "hepatitis", "cryptogenic", "HBV-",
        "HCV negative", "no HBV", "steatohepatitis", "metabolic", "none known", "HBV;", "HBV+/HCV-", "HBV, NA", "none, HBV",
        "anti-HBc positive", "HBV or HCV", "no alcohol", "non-alcoholic", "yes", "not HBV",
    ),
    "extrahepatic_spread": ("0", "1", "maybe", "yes/no", "2"),
    "portal_vein_invasion": ("0", "1", "Macro", "Micro", "PVT", "MVI", "vascular invasion", "thrombus"),
    "locoregional_suitable": ("0", "1", "unresectable", "TACE"),
}  # fmt: skip
PARTS_READ: dict[str, dict[int | None, tuple[str, ...]]] = {
    "bilirubin": {
        1: ("1.2 mg/dL", "1,2 mg/dL", "20 µmol/L", "20 umol/l", "< 1 mg/dL", "1.200 mg/dL"),
        2: ("2 mg/dL", "34 μmol/L"),
        3: ("3.1 mg/dL", "52 µmol/L", "> 10 mg/dL"),
        None: ("[Not Available]",),
    },
    "albumin": {
        1: ("3.9 g/dL", "39 g/L", "39g/l"),
        2: ("3.5 g/dL",),
        3: ("27 g/L",),
        None: ("[Not Available]",),
    },
    "inr": {
        1: ("0.9", "1.0", "INR 1.1", "1,1", "< 1.2"),
        2: ("1.7",),
        3: ("2.4",),
        None: ("[Not Available]", "NA"),
    },
    "ascites": {
        1: ("Absent", "none", "no", "None"),
        2: ("Controlled", "Easily controlled", "mild", "slight", "trace"),
        3: (
            "Poorly controlled", "Uncontrolled", "moderate-severe", "moderate", "severe", "moderate_severe", "refractory",
            "tense",
        ),
        None: ("?",),
    },
    "encephalopathy": {
        1: ("None", "absent", "grade 0", "0"),
        2: ("grade 1", "I", "II", "1-2", "grade I-II", "mild", "grade_1_2", "West Haven grade 2"),
        3: ("grade 3", "III-IV", "severe", "coma", "3-4"),
        None: ("NA",),
    },
}  # fmt: skip
PARTS_REFUSED: dict[str, tuple[str, ...]] = {
    "bilirubin": ("0.5", "19.0", "2.0", "3.1", "2.9 µmol/L", "3.8", "85 mg/dL", "1 g/dL", "> 1 mg/dL", "1.200 µmol/L"),
    "albumin": ("0.4", "3.9 g/L", "5200.0", "40 g/dL", "3.9", "3900 mg/dL"),
    "inr": ("10.2", "13.5", "13.5 s", "85 %", "6.1", "1.1 mg/dL", "0.2"),
    "ascites": ("1", "2", "3", "0", "yes", "present", "grade 2", "mild-moderate"),
    "encephalopathy": ("1", "2", "3", "Minimal", "moderate-severe", "yes", "present", "overt"),
}  # fmt: skip


@pytest.mark.parametrize("field", READ)
def test_what_has_one_meaning_is_read_so(field: str) -> None:
    for expected, spellings in READ[field].items():
        for typed in spellings:
            value = read_value(COMMON_FIELDS[field], typed).value
            assert (value, type(value)) == (expected, type(expected)), typed


@pytest.mark.parametrize("field", REFUSED)
def test_what_has_several_meanings_or_none_is_refused(field: str) -> None:
    for typed in REFUSED[field]:
        with pytest.raises(Refused):
            pytest.fail(f"{field} took {typed!r} for {read_value(COMMON_FIELDS[field], typed).value!r}")


@pytest.mark.parametrize("part", PARTS_READ)
def test_components_score_as_printed(part: str) -> None:
    for points, spellings in PARTS_READ[part].items():
        for typed in spellings:
            found = profile_from({"child_pugh_components": {part: typed}}).measurements["child_pugh"]["points"]
            assert found.get(part) == points, typed


@pytest.mark.parametrize("part", PARTS_REFUSED)
def test_components_that_are_another_quantity_or_a_code_are_refused(part: str) -> None:
    for typed in PARTS_REFUSED[part]:
        with pytest.raises(InvalidInput):
            pytest.fail(f"{typed!r} scored {profile_from({'child_pugh_components': {part: typed}}).measurements}")


def test_every_spelling_found_in_public_files_has_its_verdict(shared: Path) -> None:
    with (shared / "findings" / "spellings.csv").open(encoding="utf-8") as stream:
        rows = {(row["field"], row["value as typed"]) for row in csv.DictReader(stream)}
    for field, typed in sorted(rows):
        name = field.rpartition(".")[2]
        read, refused = (PARTS_READ, PARTS_REFUSED) if name in CHILD_PUGH_PARTS else (READ, REFUSED)
        known = {spelling for group in read[name].values() for spelling in group} | set(refused[name]) | {""}
        assert typed in known, (field, typed)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("bclc_stage", "2", "1 to 4 may stand for A to D, or for 0 to C"),
        ("child_pugh_class", "1", "numbered from 0 in some files and from 1 in others"),
        ("portal_vein_invasion", "1", "yes in one file and no in another"),
        ("portal_vein_invasion", "Macro", "in which vein?"),
        ("prior_sorafenib", "Nexavar", "how did it end?"),
        ("prior_sorafenib", "failed", "progressed on it, or intolerant of it"),
        ("region", "Asia", "which part of Asia?"),
        ("afp", "1.200", "reads two ways: write 1.2 or 1200"),
        ("afp", "620 mmol/L", "has no unit 'mmol/L'; allowed: ng/mL"),
        ("bclc_stage", "С", "Cyrillic or Greek letters; retype it as 'C'"),
        ("other_prior_systemic", "TACE", "not systemic"),
        ("other_prior_systemic", "sorafenib", "belongs in Prior sorafenib"),
        ("etiology", "No virus", "without a virus the cause may be"),
        ("child_pugh_components.inr", "10.2", "prothrombin time in seconds"),
        ("child_pugh_components.bilirubin", "2 µmol/L", "is it in mg/dL?"),
        ("child_pugh_components.albumin", "40 g/dL", "is it in g/L?"),
        ("child_pugh_components.encephalopathy", "1", "Child-Pugh points in some files and West Haven grades in others"),
    ],
)
def test_a_refusal_says_which_meanings_there_are(field: str, typed: str, says: str) -> None:
    whole, _, part = field.partition(".")
    with pytest.raises(InvalidInput) as caught:
        profile_from({whole: {part: typed} if part else typed})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("etiology", "hvc"),
        ("region", "Asia"),
        ("etiology", "ALF"),
        ("child_pugh_class", "B10"),
        ("bclc_stage", "ND1"),
        ("etiology", "xyz"),
        ("prior_sorafenib", "not progressed"),
    ],
)
def test_no_suggestion_turns_one_meaning_into_another(field: str, typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        profile_from({field: typed})
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        # A comma or a point groups digits only before exactly three of them; else it is a decimal sign.
        ("12,00", 12), ("12,0", 12), ("12.00", 12), ("1,5", 1.5), ("1,50", 1.5), (",5", 0.5), ("12,3456", 12.3456), ("0,400", 0.4),
        ("0.400", 0.4), ("1234,5", 1234.5), ("1234.567", 1234.567), ("1,23e4", 12300),
        # Before exactly three a comma groups, as laboratories print it; a lone point may do either.
        ("1,500", 1500), ("15,000", 15000), ("400,000", 400_000), ("1,200,000", 1_200_000), ("1.200.000", 1_200_000),
        ("1.500", None), ("15.000", None), ("400.000", None), ("1.000", None),
        # Of two kinds the last is the decimal sign.
        ("1.200,50", 1200.5), ("1,200.50", 1200.5), ("1 200,5", 1200.5),
        # No number: digits grouped by two, several decimal signs, or cut off at the comma.
        ("1,2,3", ""), ("1.2.3", ""), ("1,50,000", ""), ("12,", ""), ("1,", ""),
    ],
)  # fmt: skip
def test_commas_and_points_read_one_way_or_not_at_all(typed: str, read: float | str | None) -> None:
    if isinstance(read, (int, float)):
        value, said = read_value(COMMON_FIELDS["afp"], typed)
        assert value == read
        assert said or re.fullmatch(r"\d+\.\d*", typed), "what is read otherwise than it stands is told"
        return
    with pytest.raises(Refused) as refused:
        read_value(COMMON_FIELDS["afp"], typed)
    assert ("reads two ways: write" in str(refused.value)) is (read is None)


def test_what_was_read_as_something_else_is_told() -> None:
    profile = profile_in(b"etiology: hep C\nafp: 15,000\nregion: Guangdong\nChild Pugh: B8\nbclc: c\n", "p.yaml")
    assert [(each.field, str(each)) for each in profile.understood] == [
        ("child_pugh_class", "'B8' as class B, score 8"),
        ("afp", "'15,000' as 15000 ng/mL"),
        ("region", "'Guangdong' as mainland China"),
        ("etiology", "'hep C' as HCV"),
    ]


def test_class_and_score_are_taken_together_and_must_agree() -> None:
    assert (profile_from({"child_pugh_class": "A6"})["child_pugh_score"], profile_from({"CP": "B8"})["child_pugh_class"]) == (
        6,
        "B",
    )
    assert profile_from({"child_pugh_score": "C 11"})["child_pugh_class"] == "C"
    for contradiction in ({"child_pugh_class": "A6", "child_pugh_score": 5}, {"child_pugh_class": "B", "child_pugh_score": "A6"}):
        with pytest.raises(InvalidInput, match="contradiction"):
            profile_from(contradiction)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        *(
            ("AFP:", "afp"),
            ("Alpha-fetoprotein", "afp"),
            ("Child Pugh", "child_pugh_class"),
            ("bclc stage", "bclc_stage"),
            ("BCLC", "bclc_stage"),
        ),
        *(
            ("ECOG PS", "ecog"),
            ("PS", "ecog"),
            ("Country", "region"),
            ("aetiology", "etiology"),
            ("c-MET", "cmet"),
            ("Prior Sorafenib", "prior_sorafenib"),
        ),
    ],
)
def test_fields_are_named_as_people_name_them(written: str, field: str) -> None:
    assert COMMON_FIELDS.find(written) == field
    assert profile_from({written: "unknown"})[field] is None


@pytest.mark.parametrize("field", [*COMMON_FIELDS.values(), *CHILD_PUGH_PARTS.values()], ids=lambda field: field.name)
def test_no_spelling_stands_for_two_values(field: Field) -> None:
    """Blanks and hyphens do not count, so two words of a table may fall together: I-II and III must not."""
    assert not [*faults(field, COMMON_FIELDS)]


def test_a_field_that_cannot_be_read_is_told_so() -> None:
    colour = Field(
        name="x", title="X", kind="choice", nature="test", help="", values=("a", "b"), synonyms={"a": ("I-II",), "b": ("III",)}
    )
    assert not [*faults(colour, {})]
    wrong = Field(
        name="x", title="X", kind="choice", nature="test", help="", values=("a",), synonyms={"a": ("c", "d"), "z": ("C",)}
    )
    assert [*faults(wrong, {})] == [
        "synonyms are given for 'z', which is no value of the field",
        "'C' stands for 'a' and for 'z'",
    ]
    number = Field(name="x", title="X", kind="number", nature="test", help="", units={"g": 0})
    assert [*faults(number, {})] == ["a number needs bounds: low below high", "the factor of g must be above 0"]


def test_a_heading_may_name_the_unit() -> None:
    assert profile_from({"AFP (IU/mL)": "1000"})["afp"] == Interval(830, 1280, True, True)
    assert profile_from({"AFP [ng/mL]": 7})["afp"] == 7
    assert profile_from({"child_pugh_components": {"Bilirubin (mg/dL)": 2.4}}).measurements["child_pugh"]["points"] == {
        "bilirubin": 2
    }
    with pytest.raises(InvalidInput, match="unknown field"):
        profile_from({"AFP (miles)": 7})


def test_a_field_given_twice_under_two_names_is_refused() -> None:
    with pytest.raises(InvalidInput, match="are the same field"):
        profile_from({"afp": 1, "AFP": 2})


NUMBERS = st.from_regex(r"\d{1,4}([.,]\d{0,4}){0,2}", fullmatch=True)
UNITS = st.sampled_from(["", "ng/mL", "IU/mL", "mg/dL", "g/dL", "umol/L", "mo", "e3", "to", "%", "and", "x", "level", "serum"])


@given(name=st.sampled_from(["afp", "bilirubin", "albumin", "inr"]), number=NUMBERS, unit=UNITS)
def test_a_plain_number_says_what_it_says_with_an_equals_sign(name: str, number: str, unit: str) -> None:
    """The short way to read most numbers and the whole grammar agree."""
    assert _said(name, f"{number} {unit}".strip()) == _said(name, f"= {number} {unit}".strip())


def _said(name: str, typed: str) -> object:
    try:
        return read_value({**COMMON_FIELDS, **CHILD_PUGH_PARTS}[name], typed).value
    except Refused as refused:
        return [code for _, code, _ in refused.parts]
