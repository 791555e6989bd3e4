"""Frames of every kind, with the traps that pandas sets: what comes in is read or refused, and comes back as the same kind."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import hepatica
from tests.conftest import ROOT

KNOWN = {"bclc_stage": ["C", "C", "B"], "child_pugh_class": ["A", "B", "A"], "prior_sorafenib": ["none", "progressed", None]}


def lists(answers: hepatica.TableAnswers) -> list[dict[str, Any]]:
    """The codes of the answers as plain rows."""
    found = answers.codes
    if isinstance(found, pd.DataFrame):
        return list(pa.Table.from_pandas(found, preserve_index=False).to_pylist())
    return list(found.to_dicts() if isinstance(found, pl.DataFrame) else pa.table(found).to_pylist())


FRAMES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "lazy": pl.LazyFrame,
    "arrow": pa.table,
    "duckdb": lambda columns: duckdb.from_arrow(pa.table(columns)),
    "mapping": dict,
}
KINDS = {"lazy": pl.DataFrame, "mapping": pa.Table}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_gets_the_same_answers_as_its_own_kind(kind: str) -> None:
    frame = FRAMES[kind](KNOWN)
    answers = hepatica.evaluate_table(frame)
    assert lists(answers) == lists(hepatica.evaluate_table(pa.table(KNOWN)))
    for made in (answers.wide, answers.long, answers.codes, answers.rejects):
        assert isinstance(made, KINDS.get(kind, type(frame)))
    assert (answers.rows, answers.answered, answers.rejected) == (3, 3, 0)


TRAPS: dict[str, tuple[str, Any, list[Any]]] = {
    "nan is unknown": ("afp", [np.nan, 500.0, None], [np.nan, 500.0, None]),
    "a nullable integer": ("ecog", pd.array([0, None, 2], dtype="Int64"), [0, None, 2]),
    "integers that a gap made floats": ("ecog", [0, np.nan, 2], [0, None, 2]),
    "a nullable flag": ("portal_vein_invasion", pd.array([True, None, False], dtype="boolean"), [True, None, False]),
    "objects of true, false and none": ("portal_vein_invasion", np.array([True, None, False], dtype=object), [True, None, False]),
    "a true among words": ("portal_vein_invasion", np.array([True, "no", np.nan], dtype=object), [True, "no", None]),
    "numbers among texts": ("afp", np.array([1234.567, "> 400", 20], dtype=object), [1234.567, "> 400", 20]),
    "a tiny number among texts": ("afp", np.array([1e-7, "unknown", np.float32(400.5)], dtype=object), [1e-7, None, 400.5]),
    "a missing value among texts": ("bclc_stage", np.array(["C", pd.NA, "stage b"], dtype=object), ["C", None, "stage b"]),
    "categories, one of which nobody has": ("bclc_stage", pd.Categorical(["C", None, "B"], ["B", "C", "huge"]), ["C", None, "B"]),
    "categories of numbers": ("ecog", pd.Categorical([1, 0, None]), [1, 0, None]),
    "lists": ("etiology", pd.Series([["hbv", "hcv"], None, []]), [["hbv", "hcv"], None, []]),
    "lists among texts": ("etiology", np.array([["hbv"], "alcohol", None], dtype=object), [["hbv"], "alcohol", None]),
    "a text that is a number": ("child_pugh_score", ["5", " 7 ", "A6"], ["5", " 7 ", "A6"]),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_column_of_pandas_is_read_as_its_cells_are(trap: str) -> None:
    field, values, cells = TRAPS[trap]
    answers = hepatica.evaluate_table(pd.DataFrame({field: values}))
    long = answers.long.groupby("row", observed=True)
    for number, cell in enumerate(cells, 1):
        single = hepatica.evaluate("hcc-2016", {} if cell is None else {field: cell})
        rows = long.get_group(number)
        assert dict(zip(rows["therapy"], rows["list"], strict=True)) == {
            entry.therapy: name for name, entries in single.entries().items() for entry in entries
        }
        needs = dict(zip(rows["therapy"], rows["needs"], strict=True))
        for entry in single.possible:
            assert needs[entry.therapy] == ", ".join(entry.needs)


REFUSED = {
    "half a grade": ("ecog", [0.5], "ECOG performance status cannot be '0.5'"),
    "an infinite amount": ("afp", [np.inf], "AFP cannot be 'inf'"),
    "a date": ("afp", pd.to_datetime(["2024-01-01"]), "AFP cannot be"),
    "bytes": ("bclc_stage", np.array([b"C"], dtype=object), "BCLC stage cannot be"),
    "a duration": ("ecog", pd.to_timedelta([1], "D"), "ECOG performance status has no unit"),
    "a bin": ("afp", pd.cut([30.0], [20, 400]), "AFP cannot be"),
    "a bare code": ("portal_vein_invasion", [7], "Portal vein invasion cannot be '7'"),
    "a mapping among texts": ("bclc_stage", np.array(["C", {"a": 1}], dtype=object), "BCLC stage"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_rejects_its_row_with_the_reason(case: str) -> None:
    field, values, reason = REFUSED[case]
    frame = pd.DataFrame({"who": [f"p{n}" for n in range(len(values))], field: values})
    answers = hepatica.evaluate_table(frame)
    assert answers.answered + answers.rejected == len(frame)
    assert list(answers.rejects["who"]) == [f"p{len(frame) - 1}"]
    assert answers.rejects["reason"].iloc[0].startswith(reason)
    assert list(answers.rejects["column"]) == [field]


def test_a_pandas_index_and_the_other_columns_come_back_with_the_answers() -> None:
    frame = pd.DataFrame({"id": ["a", "b", "c"], "row": [7, 8, 9], "bclc_stage": ["C", "no stage", "B"]}, index=[30, 20, 10])
    answers = hepatica.evaluate_table(frame)
    assert list(answers.wide.index) == [30, 10] and list(answers.rejects.index) == [20]
    assert list(answers.wide["id"]) == ["a", "c"] and list(answers.wide["given_row"]) == [7, 9]
    assert frame.join(answers.wide[["scope"]])["scope"].isna().tolist() == [False, True, False]
    assert set(answers.long["id"]) == {"a", "c"}


def test_no_row_and_no_readable_row_give_empty_frames() -> None:
    for stages in ([], ["?!"]):
        answers = hepatica.evaluate_table({"bclc_stage": pa.array(stages, pa.string())})
        assert (answers.rows, answers.answered) == (len(stages), 0)
        assert [len(made) for made in (answers.wide, answers.long, answers.codes)] == [0, 0, 0]


def test_columns_that_cannot_be_told_apart_or_hold_no_field_are_refused() -> None:
    for columns, code in (({"afp": [1], "AFP": [2]}, "duplicate-field"), ({"cmet": ["high"], "cmet.percent": [60]}, "duplicate-field"),
                          ({"name": ["x"]}, "no-field")):  # fmt: skip
        with pytest.raises(hepatica.InvalidInput) as caught:
            hepatica.evaluate_table(columns)
        assert [problem.code for problem in caught.value.problems] == [code]
    twice = pd.DataFrame([["C", "B"]], columns=["bclc_stage", "bclc_stage"])
    with pytest.raises(hepatica.InvalidInput, match="several columns are named 'bclc_stage'"):
        hepatica.evaluate_table(twice)
    with pytest.raises(hepatica.InvalidInput, match="a str is no table"):
        hepatica.evaluate_table("patients.csv")


@pytest.mark.parametrize("columns", [{"bclc_stage": "CB"}, {"bclc_stage": ["C"], "afp": 3}, {"bclc_stage": ["C"], "afp": [1, 2]}])
def test_the_facts_of_one_patient_are_no_columns(columns: dict[str, Any]) -> None:
    with pytest.raises(hepatica.InvalidInput, match="wrong-type: "):
        hepatica.evaluate_table(columns)


def test_a_structure_and_a_heading_with_a_unit_are_read() -> None:
    table = pa.table(
        {"AFP (IU/mL)": [300.0, 400.0], "cmet": [{"intensity": 3, "percent": 80.0}, {"intensity": 1, "percent": None}]}
    )
    answers = hepatica.evaluate_table(table)
    assert answers.fields == {"afp": ["AFP (IU/mL)"], "cmet": ["cmet.intensity", "cmet.percent"]}
    for at, row in enumerate(({"AFP (IU/mL)": 300.0, "cmet": "high"}, {"AFP (IU/mL)": 400.0, "cmet": "low"})):
        single = hepatica.evaluate("hcc-2016", row)
        assert lists(answers)[at] | {"row": 0, "scope": ""} == {
            "row": 0, "scope": "", **{e.therapy: name for name, entries in single.entries().items() for e in entries}
        }  # fmt: skip


def test_a_notebook_sees_counts_rows_and_the_notice() -> None:
    answers = hepatica.evaluate_table({"bclc_stage": ["C", "<b>"], "<i>": ["<script>", "x"]})
    shown = answers._repr_html_()
    assert "2 rows, 1 answered, 1 rejected" in shown and "not a medical device" in shown
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert repr(answers).startswith("<TableAnswers hcc-2016 ")
    assert answers.stamp["digest"] == hepatica.load("hcc-2016").digest


@pytest.mark.slow
def test_no_frame_library_is_loaded_but_the_one_that_was_given() -> None:
    script = "import hepatica, sys; hepatica.evaluate_table({'afp': [1]}).wide; print(set(sys.modules) & {'polars', 'duckdb'})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
