"""Listing, showing and searching studies, and the card."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.cli.main import run
from hepatica.knowledge import OUTCOMES, Filters, Ruleset, catalogue, counts, find_study, search, select
from hepatica.notice import NOTICE
from hepatica.problems import InvalidInput
from tests.evidence import synthetic


def _ids(ruleset: Ruleset, **filters: str) -> set[str]:
    return {found.study.id for found in select(ruleset, Filters(**filters))}


def _ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


def test_without_a_filter_every_study_is_listed_once_in_the_cards_order(ruleset: Ruleset) -> None:
    found = select(ruleset, Filters())
    assert [one.study.id for one in found] == list(ruleset.studies)
    assert [one.therapy.id for one in found] == sorted((one.therapy.id for one in found), key=list(ruleset.therapies).index)


@pytest.mark.parametrize(
    ("filters", "inside", "outside"),
    [
        ({"outcome": "missed"}, {"brisk-fl", "reach", "each", "traverse"}, {"sharp", "celestial"}),
        ({"outcome": "met"}, {"sharp", "resorce"}, {"reach"}),
        ({"outcome": "pending"}, {"celestial", "phocus", "reach-2"}, {"sun"}),
        ({"line": "second", "phase": "III"}, {"brisk-ps", "evolve-1"}, {"brisk-fl", "regorafenib-phase-2"}),
        ({"status": "planned"}, {"phocus"}, {"celestial"}),
        ({"biomarker": "ras"}, {"refametinib-phase-2"}, {"reach"}),
        ({"region": "thailand"}, {"each", "tepotinib-phase-2"}, {"secox-phase-2"}),
        ({"region": "asian"}, {"each", "secox-phase-2", "lenvatinib-j081-202", "liu-meta"}, {"sharp"}),
        ({"region": "western"}, {"petrelli-meta", "liu-meta", "advanced-hcc-prognosis"}, {"each"}),
        ({"region": "taiwan"}, {"apatinib-phase-2", "each-chinese"}, {"secox-phase-2"}),
        ({"therapy": "doxorubicin"}, {"each", "doxorubicin-review-statement"}, {"sun"}),
    ],
)
def test_each_filter_keeps_what_it_names(ruleset: Ruleset, filters: dict[str, str], inside: set[str], outside: set[str]) -> None:
    found = _ids(ruleset, **filters)
    assert inside <= found
    assert not outside & found


def test_the_outcomes_share_out_all_studies(ruleset: Ruleset) -> None:
    parts = [_ids(ruleset, outcome=name) for name in OUTCOMES]
    assert sorted(study for part in parts for study in part) == sorted(ruleset.studies)
    assert ruleset.studies["each"].outcome == "missed"


@pytest.mark.parametrize("filters", [{"therapy": "nivolumap"}, {"region": "asia"}, {"biomarker": "c-met"}])
def test_an_unknown_filter_value_names_what_is_allowed(ruleset: Ruleset, filters: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="allowed"):
        select(ruleset, Filters(**filters))


@pytest.mark.parametrize(
    ("words", "study"),
    [
        (("NCT00858871",), "brisk-fl"),
        (("nct00825955",), "brisk-ps"),
        (("pexa-vec",), "jx-594-dose"),
        (("ARQ197",), "tivantinib-phase-2"),
        (("golvatinib",), "golvantinib-study"),
        (("met-high",), "tivantinib-phase-2"),
        (("GONEXT",), "gotext"),
        (("RESOURSE",), "resorce"),
        (("REFLECT",), "lenvatinib-phase-3"),
        (("AHELP",), "apatinib-phase-3"),
        (("bevacizumab",), "petrelli-meta"),
        (("capecitabine", "sorafenib"), "secox-phase-2"),
        (("hepatitis C",), "tremelimumab-hcv"),
        (("sorafenib", "oxaliplatin"), "gotext"),
        (("jx 594",), "phocus"),
    ],
)
def test_search_finds_names_numbers_drugs_synonyms_and_corrected_names(
    ruleset: Ruleset, words: tuple[str, ...], study: str
) -> None:
    assert study in {found.study.id for found in search(ruleset, words)}


def test_every_study_is_found_by_its_id_its_registry_number_and_its_drugs(ruleset: Ruleset) -> None:
    for found in catalogue(ruleset):
        study = found.study
        assert find_study(ruleset, study.id.upper()) == found
        for words in (study.id, study.nct, *study.drugs):
            assert not words or study.id in {hit.study.id for hit in search(ruleset, (words,))}, words


def test_every_word_of_a_search_must_occur(ruleset: Ruleset) -> None:
    assert search(ruleset, ("brisk", "everolimus")) == ()
    assert search(ruleset, (" ", "-")) == ()


def test_an_unknown_study_names_the_nearest_and_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "show", "brisk_fll"]) == 2
    assert "STUDY:1:1: unknown-study: no study 'brisk_fll'; did you mean 'brisk-fl'?" in capsys.readouterr().err
    assert run(["evidence", "show", "brisk"]) == 2
    assert "'brisk-fl' or 'brisk-ps'" in capsys.readouterr().err
    assert run(["evidence", "show", "\x1b[31m\n"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.slow
def test_no_words_break_search_or_show(ruleset: Ruleset) -> None:

    @given(st.text(max_size=40))
    def holds(words: str) -> None:
        assert {found.study.id for found in search(ruleset, tuple(words.split(" ")))} <= set(ruleset.studies)
        try:
            assert find_study(ruleset, words).study.id in ruleset.studies
        except InvalidInput as error:
            assert str(error).startswith("STUDY:1:1: unknown-study: no study ")

    holds()


@pytest.mark.slow
def test_text_fits_80_columns_and_carries_the_notice(ruleset: Ruleset, capsys: pytest.CaptureFixture[str]) -> None:
    pages = [("evidence", "list"), ("about",), *(("evidence", "show", study) for study in ruleset.studies)]
    for page in pages:
        text = _ran(capsys, *page)
        assert max(map(len, text.splitlines())) <= 80, page
        assert NOTICE in " ".join(text.split()), page


def test_csv_holds_every_study_and_no_cell_a_spreadsheet_would_run(
    ruleset: Ruleset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader(io.StringIO(_ran(capsys, "evidence", "list", "--format", "csv"))))
    assert [row["study"] for row in rows] == list(ruleset.studies)
    root = synthetic.write(tmp_path)
    hostile = list(csv.reader(io.StringIO(_ran(capsys, "evidence", "list", "-r", str(root), "--format", "csv"))))
    cells = [cell for row in hostile for cell in row]
    assert "'@sum in beta" in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_markdown_listing_escapes_what_would_be_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beta = synthetic.BETA.replace("study: beta", "").replace('name: "@sum in beta"', 'name: "<b>|x"')
    root = synthetic.write(tmp_path, beta=beta.replace("Few responded.", "<script>|alert"))
    page = _ran(capsys, "evidence", "show", "beta-2", "-r", str(root), "--format", "markdown")
    assert "<script>" not in page
    assert r"\<b\>\|x" in page


def test_the_card_counts_what_the_ruleset_holds(ruleset: Ruleset, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(_ran(capsys, "about", "--format", "json"))
    held = answer["counts"]
    assert held == counts(ruleset)
    assert (held["therapies"], held["rules"]) == (len(ruleset.therapies), len(ruleset.rules))
    assert sum(held["rules_by_standing"].values()) == held["rules"]
    assert sum(held["discrepancies_by_basis"].values()) == held["discrepancies"]
    assert answer["ruleset"]["digest"] == ruleset.digest
    assert answer["card"]["source"]["basis"] == "recalled"
    assert [item["used"] for item in answer["card"]["source_attributes"]].count("yes") == 5
    assert len(answer["card"]["source_attributes"]) == 13


def test_the_card_reads_the_same_in_text_and_markdown(ruleset: Ruleset, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(_ran(capsys, "about").split())
    page = _ran(capsys, "about", "--format", "markdown")
    for sentence in (*ruleset.card.cautioned_against, *ruleset.card.known_limits, ruleset.card.update_process):
        plain = " ".join(sentence.split())
        assert plain in text
        assert plain in page.replace("\\", "")


def test_a_card_that_says_little_has_no_empty_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = _ran(capsys, "about", "--ruleset", str(synthetic.write(tmp_path)))
    assert "NOT FOR" not in text
    assert "THE THIRTEEN SOURCE ATTRIBUTES" not in text
    assert "2 therapies, 2 rules" in text
