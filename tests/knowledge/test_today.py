"""hcc-2026 as knowledge: what its figures rest on, one yardstick with hcc-2016, its licences, and what its own fields say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from hepatica.evaluation import Entry, Evaluation, Evaluator, evaluator_of
from hepatica.evaluation.result import Headline
from hepatica.knowledge import Place, Ruleset, Study, Therapy
from hepatica.patient import Profile, profile_from, profile_of
from tests.conftest import shipped_ruleset
from tests.explain.test_then_and_now import two

FIT = (
    *("bclc=C", "child_pugh=A", "ecog=1", "prior_sorafenib=none", "other_prior_systemic=none"),
    *("immunotherapy_contraindicated=no", "untreated_varices=no", "main_portal_vein_invasion=no"),
)
AFTER_SORAFENIB = ("prior_sorafenib=progressed", "sorafenib_tolerated=yes", "afp=600", "cmet=high", "ras=mutant")
REGIONS = ("europe", "north_america", "mainland_china", "japan", "south_korea", "unknown")


@cache
def evaluator() -> Evaluator:
    return evaluator_of(shipped_ruleset("hcc-2026"))


def patient(*changed: str) -> Profile:
    names = {setting.partition("=")[0] for setting in changed}
    kept = (setting for setting in FIT if setting.partition("=")[0] not in names)
    return profile_of((*kept, *changed), fields=evaluator().ruleset.fields)


def answer(*changed: str) -> Evaluation:
    return evaluator().evaluate(patient(*changed))


def entry(therapy: str, *changed: str) -> tuple[str, Entry]:
    return answer(*changed).entry(therapy)


# What figures rest on


def was_read(ruleset: Ruleset, place: Place | None) -> bool:
    reference = ruleset.references.get(place.ref) if place else None
    return reference is not None and reference.was_read


def shown(evaluation: Evaluation) -> Iterator[Headline]:
    for entries in evaluation.entries().values():
        for one in entries:
            yield from (one.headline, *(other.headline for other in one.other_rules))


def result_of(study: Study, headline: Headline) -> Place | None:
    """Where the figure of a headline was found: the one result of that study that has its arms."""
    values = [one.value for one in headline.arms]
    found = [result for result in study.results if result.arms and {*result.arms.values()} == {*values}]
    assert found, headline.text
    return found[0].source


def test_every_figure_of_every_headline_was_read_somewhere() -> None:
    ruleset = evaluator().ruleset
    seen = set()
    for region in REGIONS:
        for settings in ((), AFTER_SORAFENIB, ("prior_immunotherapy=progressed", "other_prior_systemic=immunotherapy")):
            for headline in shown(answer(f"region={region}", *settings)):
                study = ruleset.studies.get(headline.study)
                if study is not None and headline.arms:
                    seen.add(headline.text)
                    assert was_read(ruleset, result_of(study, headline)), headline.text
    assert len(seen) > 30


def test_every_figure_licence_and_rule_names_what_was_read() -> None:
    ruleset = evaluator().ruleset
    for study in ruleset.studies.values():
        for result in study.results:
            assert was_read(ruleset, result.source), f"{study.id}/{result.id}"
        if study.approval is not None:
            assert was_read(ruleset, study.source) and study.approval.date, study.id
    for rule in ruleset.rules.values():
        assert was_read(ruleset, rule.source), rule.id


def test_every_treatment_that_it_speaks_of_is_there() -> None:
    first = (
        "atezolizumab-bevacizumab durvalumab-tremelimumab durvalumab nivolumab-ipilimumab camrelizumab-apatinib sintilimab-ibi305"
    )
    more = "toripalimab-bevacizumab penpulimab-anlotinib tislelizumab donafenib lenvatinib sorafenib folfox4"
    later = "regorafenib cabozantinib ramucirumab apatinib pembrolizumab"
    failed = (
        "nivolumab cabozantinib-atezolizumab lenvatinib-pembrolizumab sunitinib brivanib linifanib sorafenib-erlotinib tivantinib"
    )
    others = "everolimus jx-594 jx-594-sorafenib adi-peg-20 doxorubicin-sorafenib tiragolumab-atezolizumab-bevacizumab"
    promised = " ".join((first, more, later, failed, others)).split()
    assert {*promised, "atezolizumab-tki", "best-supportive-care"} == {*evaluator().ruleset.therapies}


# One yardstick in both rulesets


def test_a_failed_trial_has_the_same_verdict_in_both_years(ruleset: Ruleset) -> None:
    today = evaluator().ruleset
    verdicts = [
        {study: {rule.verdict for rule in one.rules.values() if rule.verdict and rule.cites == (study,)} for study in one.studies}
        for one in (ruleset, today)
    ]
    both = [study for study in today.studies if verdicts[1][study] and verdicts[0].get(study)]
    assert {"reach", "brisk-ps", "brisk-fl", "light", "sun", "search", "evolve-1", "traverse"} <= {*both}
    for study in both:
        assert verdicts[0][study] == verdicts[1][study], study


# The decade

FATES_OF_2026 = {
    "absent": (
        "atezolizumab-bevacizumab durvalumab-tremelimumab durvalumab nivolumab-ipilimumab camrelizumab-apatinib sintilimab-ibi305 "
        "toripalimab-bevacizumab penpulimab-anlotinib tislelizumab donafenib pembrolizumab atezolizumab-tki cabozantinib-atezolizumab "
        "lenvatinib-pembrolizumab tiragolumab-atezolizumab-bevacizumab"
    ),
    "standard": "sorafenib",
    "in_trial": "lenvatinib jx-594-sorafenib",
    "licensed": "folfox4",
    "not_supported": "sunitinib brivanib linifanib sorafenib-erlotinib doxorubicin-sorafenib",
    "early_signal": "apatinib jx-594",
    "supportive": "best-supportive-care",
    "ruled_out": "regorafenib ramucirumab cabozantinib nivolumab everolimus tivantinib adi-peg-20",
}
"""Where each treatment of 2026 stood in 2016 for an untreated patient in China, reasoned from the review by hand."""

AFTER_SORAFENIB_IN_2016 = {
    "regorafenib": "positive_phase_3",
    "ramucirumab": "in_trial",
    "cabozantinib": "early_signal",
    "tivantinib": "early_signal",
    "apatinib": "in_trial",
    "nivolumab": "early_signal",
    "everolimus": "not_supported",
    "brivanib": "not_supported",
    "jx-594": "not_supported",
    "adi-peg-20": "not_supported",
    "pembrolizumab": "absent",
    "sunitinib": "ruled_out",
}


def test_where_todays_treatments_stood_in_2016(ruleset: Ruleset) -> None:
    rows = two(ruleset, evaluator().ruleset, *FIT, "region=mainland_china", "locoregional_suitable=no").rows
    stood = {row.therapy: row.stood for row in rows if row.now is not None}
    assert stood == {therapy: where for where, named in FATES_OF_2026.items() for therapy in named.split()}


def test_where_they_stood_after_sorafenib(ruleset: Ruleset) -> None:
    settings = [setting for setting in FIT if not setting.startswith("prior_sorafenib")]
    rows = two(ruleset, evaluator().ruleset, *settings, *AFTER_SORAFENIB, "region=mainland_china").rows
    stood = {row.therapy: row.stood for row in rows}
    assert {therapy: stood[therapy] for therapy in AFTER_SORAFENIB_IN_2016} == AFTER_SORAFENIB_IN_2016


def test_every_fate_has_a_source_that_was_read_or_says_that_it_is_from_memory(ruleset: Ruleset) -> None:
    def told(therapy: Therapy) -> bool:
        assert therapy.fate is not None
        return was_read(ruleset, therapy.fate.source) or "from memory" in therapy.fate.says

    assert [name for name, therapy in ruleset.therapies.items() if not told(therapy)] == []


# Kinds of patients


@pytest.mark.parametrize(
    ("therapy", "region", "licensed"),
    [
        *(
            (name, region, True)
            for name in ("lenvatinib", "sorafenib")
            for region in ("europe", "north_america", "mainland_china")
        ),
        *(("durvalumab-tremelimumab", region, True) for region in ("europe", "north_america")),
        *(("atezolizumab-bevacizumab", region, True) for region in ("europe", "north_america", "mainland_china")),
        *((name, "mainland_china", True) for name in ("camrelizumab-apatinib", "donafenib", "folfox4", "sintilimab-ibi305")),
        *((name, "japan", False) for name in ("lenvatinib", "sorafenib", "durvalumab-tremelimumab", "camrelizumab-apatinib")),
        ("camrelizumab-apatinib", "north_america", False),
        ("durvalumab-tremelimumab", "mainland_china", False),
        ("donafenib", "europe", False),
    ],
)
def test_a_licence_reaches_beyond_the_trials_where_it_was_given(therapy: str, region: str, licensed: bool) -> None:
    where, found = entry(therapy, "child_pugh=B8", f"region={region}")
    assert (where, found.standing) == ("options", "licensed") if licensed else where == "ruled_out"


@pytest.mark.parametrize(
    ("therapy", "region"),
    [("regorafenib", "europe"), ("ramucirumab", "europe"), ("cabozantinib", "europe"), ("regorafenib", "mainland_china")],
)
def test_the_licences_after_sorafenib(therapy: str, region: str) -> None:
    settings = ("prior_sorafenib=intolerant", "child_pugh=B8", "afp=600", f"region={region}")
    where, found = entry(therapy, *settings)
    assert (where, found.standing) == ("options", "licensed")


def test_what_may_be_a_standard_is_said_although_it_is_licensed_in_any_case() -> None:
    unknown = ("immunotherapy_contraindicated=yes", "main_portal_vein_invasion=unknown", "region=europe")
    where, found = entry("lenvatinib", *unknown)
    assert (where, found.standing) == ("options", "licensed")
    said = " ".join(answer(*unknown).to_text().split())
    assert "Lenvatinib possible (standard of care): without main portal vein invasion; licensed in any case" in said
    assert "licensed in any case" not in answer("immunotherapy_contraindicated=yes", "region=europe").to_text()


def test_stage_b_asks_first_for_what_decides_the_scope() -> None:
    said = " ".join(answer("bclc=B", "region=unknown").to_text().split())
    assert "Whether this is advanced HCC cannot be told. Enter Suitable for locoregional therapy (yes or no) first." in said
    assert entry("atezolizumab-bevacizumab", "bclc=B", "locoregional_suitable=no")[0] == "options"
    assert answer("bclc=B", "locoregional_suitable=yes").scope == "out"


def test_a_region_is_no_place_of_a_study_where_it_is_a_licence() -> None:
    said = answer("child_pugh=B8", "region=japan").to_text()
    assert "Studied in" not in said and "Licence recorded in " in said


# Fields of its own


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ({"other_prior_systemic": [], "prior_immunotherapy": "progressed"}, ["fields-disagree"]),
        ({"other_prior_systemic": ["tki"], "prior_immunotherapy": "intolerant"}, ["fields-disagree"]),
        ({"other_prior_systemic": ["immunotherapy"], "prior_immunotherapy": "none"}, ["fields-disagree"]),
        ({"other_prior_systemic": ["immunotherapy"], "prior_immunotherapy": "progressed"}, []),
        ({"other_prior_systemic": [], "prior_lenvatinib": "progressed"}, ["fields-disagree"]),
        ({"other_prior_systemic": ["tki"], "prior_lenvatinib": "none"}, []),
        ({"other_prior_systemic": "lenvatinib"}, ["named-elsewhere"]),
        ({"other_prior_systemic": "Lenvima", "prior_lenvatinib": "none"}, ["fields-disagree"]),
        ({"other_prior_systemic": "lenvatinib", "prior_lenvatinib": "progressed"}, []),
        ({"portal_vein_invasion": "no", "main_portal_vein_invasion": "yes"}, ["fields-disagree"]),
        ({"portal_vein_invasion": "yes", "main_portal_vein_invasion": "no"}, []),
        ({"prior_sorafenib": "intolerant", "sorafenib_tolerated": "yes"}, ["fields-disagree"]),
        ({"prior_sorafenib": "none", "sorafenib_tolerated": "yes"}, ["fields-disagree"]),
        ({"prior_sorafenib": "progressed", "sorafenib_tolerated": "yes"}, []),
    ],
)
def test_what_does_not_go_together_is_said(typed: dict[str, object], codes: list[str]) -> None:
    profile = profile_from(typed, fields=evaluator().ruleset.fields)
    assert [one.code for one in profile.warnings] == codes
    again = profile_from(profile.as_document(), fields=evaluator().ruleset.fields)
    assert [one.code for one in again.warnings] == [
        code for code in codes if code != "named-elsewhere" and typed.get("other_prior_systemic") != "Lenvima"
    ]


def test_what_follows_is_filled_in() -> None:
    fields = evaluator().ruleset.fields
    assert profile_from({"portal_vein_invasion": "no"}, fields=fields)["main_portal_vein_invasion"] is False
    assert profile_from({"prior_sorafenib": "intolerant"}, fields=fields)["sorafenib_tolerated"] is False
    assert profile_from({"prior_sorafenib": "progressed"}, fields=fields)["sorafenib_tolerated"] is None
    assert profile_from({"portal_vein_invasion": "yes"}, fields=fields)["main_portal_vein_invasion"] is None


@pytest.mark.parametrize(
    ("field", "words", "read"),
    [
        ("prior_lenvatinib", ("no", "never", "NONE", "naive", "untreated"), "none"),
        ("prior_lenvatinib", ("PD", "progression", "refractory", "progressed on Lenvima"), "progressed"),
        ("prior_immunotherapy", ("toxicity", "not tolerated", "side effects"), "intolerant"),
        ("main_portal_vein_invasion", ("Vp4", "vp 4", "main trunk", "Y", "present"), True),
        ("main_portal_vein_invasion", ("Vp3", "Vp0", "absent", "N", "branch only"), False),
        ("sorafenib_tolerated", ("tolerated", "Y"), True),
        ("immunotherapy_contraindicated", ("autoimmune hepatitis", "liver transplant"), True),
        ("untreated_varices", ("banded", "no varices", "treated"), False),
    ],
)
def test_words_that_people_write(field: str, words: tuple[str, ...], read: object) -> None:
    for word in words:
        assert profile_from({field: word}, fields=evaluator().ruleset.fields)[field] == read, word


@pytest.mark.parametrize(
    ("field", "word", "why"),
    [
        ("prior_lenvatinib", "yes", "how did it end"),
        ("prior_immunotherapy", "nivolumab", "how did it end"),
        ("prior_lenvatinib", "declined", "never taken is none"),
        ("main_portal_vein_invasion", "1", "write yes or no"),
        ("main_portal_vein_invasion", "thrombus", "tumour (yes) or bland (no)"),
        ("untreated_varices", "varices", "treated (no) or not (yes)"),
    ],
)
def test_what_is_unclear_is_refused_with_the_reason(field: str, word: str, why: str) -> None:
    with pytest.raises(Exception, match=r"unclear|cannot be") as refused:
        profile_from({field: word}, fields=evaluator().ruleset.fields)
    assert why in str(refused.value)
