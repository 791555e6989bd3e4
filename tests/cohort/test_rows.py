"""Every row of a table gets the answer that the same row gets as a patient file, and is refused where that is refused."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import hepatica
from hepatica.cohort import Answers, Coded, Kernel
from hepatica.knowledge import Ruleset
from tests.cohort.tables import stream

RULESETS = ("hcc-2016", "hcc-2026")
PARTS: dict[str, list[Any]] = {
    "bilirubin": ["1.2 mg/dL", "34 µmol/L", "> 3 mg/dL", "60 µmol/L", "2", "unknown"],
    "albumin": ["3.9 g/dL", "30 g/L", "27 g/L", "n/a"],
    "inr": [1.1, 1.7, 2.5, "1.2", None],
    "ascites": ["none", "slight", "moderate", "lots"],
    "encephalopathy": ["none", "grade 1-2", "grade 3-4"],
}
STAINING: dict[str, list[Any]] = {
    "intensity": [0, 1, 2, 3, "2+", "high", None],
    "percent": [10, 49.9999999, 50, 80.0, "60", 101, "?"],
}
AMOUNTS = ["> 400", ">1210", "<20", ">=400", "<= 400", "200-450", "10-20", "400-400", "1,200", "1.200", "500 IU/mL", "20 µg/L",
           "400.0000004", "many", "> 20 and < 400", "unknown", "-3", "1e9", ">0", "<100000000"]  # fmt: skip


@cache
def kernel(name: str) -> Kernel:
    return Kernel(hepatica.load(name))


def cells(name: str, ruleset: Ruleset) -> st.SearchStrategy[Any]:
    """What a column may hold for a field, of one type: Arrow has no columns of several."""
    field = ruleset.fields[name]
    words = list(field.values) or ["yes", "no"]
    spelled = [*words, *field.value_titles.values(), *(word for several in field.synonyms.values() for word in several)]
    if field.kind == "number":
        return st.sampled_from([st.sampled_from([*AMOUNTS, "500", "20"]), numbers(), st.integers(-1, 10**9)]).flatmap(many)
    if field.kind == "integer":
        whole = st.integers(int(field.low) - 1, int(field.high) + 1)
        return st.sampled_from([whole, whole.map(str), st.sampled_from([1.0, 2.5, 6.0, math.nan, math.inf])]).flatmap(many)
    texts = st.sampled_from([*spelled, "unknown", "", "maybe", "A6", "B (8)"])
    if field.kind == "set":
        return st.sampled_from([texts, st.lists(st.sampled_from(words), max_size=3)]).flatmap(many)
    return st.sampled_from([texts, st.booleans() if field.kind == "flag" else st.sampled_from(words)]).flatmap(many)


def numbers() -> st.SearchStrategy[float]:
    near = [
        20.0,
        400.0,
        399.9999996,
        399.9999994,
        400.0000004,
        400.0000006,
        100_000_000.0,
        100_000_000.1,
        -0.0,
        math.nan,
        math.inf,
    ]
    return st.one_of(st.sampled_from(near), st.floats(0, 1000), st.floats(allow_nan=False))


def many(cell: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(st.none(), cell, cell, cell), min_size=12, max_size=12)


def few(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    """Cells of one type, for Arrow's sake."""
    kinds = [[value for value in values if isinstance(value, kind)] for kind in (str, (int, float))]
    return st.sampled_from([kind for kind in kinds if kind]).flatmap(lambda kind: many(st.sampled_from(kind)))


@st.composite
def tables(draw: st.DrawFn, name: str) -> dict[str, list[Any]]:
    """Columns of twelve rows; a column may be missing, and a measurement may come in parts."""
    ruleset = hepatica.load(name)
    found: dict[str, list[Any]] = {}
    for field in ruleset.fields:
        way = draw(st.integers(0, 5))
        if field == "cmet" and way < 2:
            found |= {f"cmet.{part}": draw(few(values)) for part, values in STAINING.items()}
        elif way:
            found[field] = draw(cells(field, ruleset))
    if draw(st.booleans()):
        found |= {f"child_pugh_components.{part}": draw(few(values)) for part, values in PARTS.items() if draw(st.booleans())}
    return found or {"ecog": [1] * 12}


def row_of(columns: dict[str, list[Any]], at: int) -> dict[str, Any]:
    """A row as a patient file would have it."""
    row: dict[str, Any] = {}
    for name, column in columns.items():
        whole, _, part = name.partition(".")
        if column[at] is not None:
            row[whole] = row.get(whole, {}) | {part: column[at]} if part else column[at]
    return row


@pytest.mark.slow
@pytest.mark.parametrize("name", RULESETS)
@given(st.data())
# A failure names its row: shrinking whole tables would take minutes and say no more.
@settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_every_row_is_answered_or_refused_as_a_patient_file_is(name: str, data: st.DataObject) -> None:
    columns = data.draw(tables(name))
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    (found,) = stream([table], kernel(name))
    held_to_single_answers(columns, found.coded, found)


def held_to_single_answers(columns: dict[str, list[Any]], coded: Coded, answers: Answers) -> None:
    ruleset = answers.kernel.ruleset
    long, wide, codes = (table.to_pylist() for table in (answers.long(), answers.wide(), answers.codes()))
    refused = [one._asdict() for one in coded.rejects]
    answered = {int(row): at for at, row in enumerate(coded.rows)}
    for number in range(1, len(next(iter(columns.values()))) + 1):
        row = row_of(columns, number - 1)
        try:
            answer = hepatica.evaluate(ruleset, row)
        except hepatica.InvalidInput as error:
            assert number not in answered, row
            said = {(problem.code, problem.message) for problem in error.problems}
            assert said == {(each["code"], each["reason"]) for each in refused if each["row"] == number}
            continue
        assert number in answered, (row, [each for each in refused if each["row"] == number])
        at, therapies = answered[number], list(ruleset.therapies)
        assert wide[at]["scope"] == codes[at]["scope"] == answer.scope
        missing = set(answer.scope_needs)
        for place, therapy in enumerate(therapies):
            found, entry = answer.entry(therapy)
            told = long[at * len(therapies) + place]
            assert (told["row"], told["therapy"], told["list"], codes[at][therapy]) == (number, therapy, found, found)
            if found != "ruled_out":
                assert told["rule"] == entry.rule and told["standing"] == entry.standing and told["would_be"] == entry.would_be
                assert (told["headline"] or "") == entry.headline.text
            assert (told["needs"] or "") == ", ".join(entry.needs)
            missing |= set(entry.needs)
        assert (wide[at]["missing"] or "") == ", ".join(field for field in ruleset.fields if field in missing)
        best = next((entries for name, entries in answer.entries().items() if entries and name == wide[at]["list"]), ())
        if wide[at]["list"]:
            strongest = [entry.therapy for entry in best if entry.standing == wide[at]["standing"]]
            assert set(wide[at]["therapies"].split(", ")) == set(strongest)


@pytest.mark.slow
def test_what_fields_say_of_each_other_is_said_of_rows_as_of_one_patient() -> None:
    rows = [
        {
            "other_prior_systemic": drugs,
            "prior_lenvatinib": lenvatinib,
            "prior_immunotherapy": immune,
            "prior_sorafenib": sorafenib,
        }
        for drugs in ("none", "lenvatinib", "nivolumab", "TKI; chemotherapy", None)
        for lenvatinib in ("none", "progressed", None)
        for immune in ("none", "intolerant", None)
        for sorafenib in ("intolerant", "refused", None)
    ]
    rules = hepatica.load("hcc-2026")
    answers = hepatica.evaluate_table({name: [row[name] for row in rows] for name in rows[0]}, rules)
    singles = [hepatica.evaluate(rules, {name: cell for name, cell in row.items() if cell is not None}) for row in rows]
    assert answers.warnings == Counter(warning.code for single in singles for warning in single.warnings)
    assert {"fields-disagree", "named-elsewhere"} <= set(answers.warnings)
    listed = {(row["row"], row["therapy"]): row["list"] for row in answers.long.to_pylist()}
    for number, single in enumerate(singles, 1):
        for name, entries in single.entries().items():
            assert all(listed[number, entry.therapy] == name for entry in entries)
