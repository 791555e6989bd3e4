"""What columns and codes mean: said by a mapping, never guessed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import hepatica
from hepatica.cohort import TableMapping, mapping_schema, read_mapping, shipped_mappings
from hepatica.cohort.cells import BadCell, CellReader
from hepatica.cohort.mapping import found_field
from hepatica.patient import COMMON_FIELDS
from hepatica.problems import InvalidInput
from tests.cohort.tables import cohort, csv_of, read_csv, table
from tests.conftest import ROOT

Capture = pytest.CaptureFixture[str]
MAPPINGS = sorted((ROOT / "patients" / "mappings").glob("*.yaml"))


def mapping(folder: Path, text: str) -> TableMapping:
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def canonical(found: TableMapping, table: pa.Table) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]]]:
    """A table's rows as a mapping reads them, by field, and what is refused: row, column, code."""
    bound, rejects = found.over(table.column_names, COMMON_FIELDS), []
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(table.to_pylist(), 1):
        rows.append({})
        for name, reading in bound.fields.items():
            named = found_field(name, COMMON_FIELDS)
            assert named
            reader = CellReader(bound, reading, named[1])
            try:
                rows[-1][name] = reader.read([row[column] for column in reader.names])
            except BadCell as wrong:
                rows[-1][name] = None
                rejects.append((number, reader.names[wrong.source], wrong.code))
    return rows, rejects


def read(folder: Path, fields: str, **columns: list[Any]) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]]]:
    """As `canonical`, of a mapping with these fields."""
    return canonical(mapping(folder, f"mapping: test\nfields:\n{fields}"), pa.table(columns))


def test_only_a_code_book_gives_a_bare_code_a_meaning(tmp_path: Path) -> None:
    field = '  child_pugh_class: {column: cp, codes: {0: A, 1: B, 2: C, "": unknown}}'
    rows, rejects = read(tmp_path, field, cp=["0", "1.0", " 2 ", "", "NA", "3", "A"])
    assert [row["child_pugh_class"] for row in rows] == ["A", "B", "C", "unknown", None, None, None]
    assert rejects == [(6, "cp", "unknown-code"), (7, "cp", "unknown-code")]
    assert read(tmp_path, field, cp=[0, 1, None])[0] == [{"child_pugh_class": value} for value in ("A", "B", "unknown")]
    assert read(tmp_path, field, cp=[0.0, 2.0, float("nan")])[0][1] == {"child_pugh_class": "C"}


def test_units_stand_in_the_mapping_in_the_cell_or_in_a_column_of_their_own(tmp_path: Path) -> None:
    fields = "  child_pugh_components.bilirubin: {column: bili, unit: µmol/L}"
    rows, _ = read(tmp_path, fields, bili=["34", "2 mg/dL", "> 51", None, "?"])
    assert [row["child_pugh_components.bilirubin"] for row in rows] == ["34 µmol/L", "2 mg/dL", "> 51 µmol/L", None, "?"]
    fields = "  afp: {column: afp, unit_column: u, units: {1: ng/mL, 2: IU/mL}}"
    rows, rejects = read(tmp_path, fields, afp=["5", "6", "7", "", "8 ng/mL"], u=["1", "2", "", "", ""])
    assert [row["afp"] for row in rows] == ["5 ng/mL", "6 IU/mL", None, None, "8 ng/mL"]
    assert rejects == [(3, "u", "unit")]


CHECKED = "  etiology: {members: {hbv: b, hcv: {column: c, codes: {1: yes, 0: no}}}, others: absent}"


def test_check_boxes_make_a_set_that_is_known_only_where_all_of_them_are(tmp_path: Path) -> None:
    rows, rejects = read(tmp_path, CHECKED, b=["yes", "Negative", "yes", "", "1"], c=["1", "0", "", "1", "0"])
    assert [row["etiology"] for row in rows] == ["hbv, hcv", "none", None, None, None]
    assert [(row, column) for row, column, _ in rejects] == [(5, "b")]


@given(st.lists(st.tuples(*[st.sampled_from(["yes", "no", ""])] * 3), max_size=20))
def test_members_follow_kleene_logic(tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, ...]]) -> None:
    folder = tmp_path_factory.mktemp("kleene")
    fields = "  etiology: {members: {hbv: a, hcv: [b, c]}, others: absent}\n  extrahepatic_spread: {any_of: [a, b, c]}"
    columns = {name: [row[place] for row in cells] for place, name in enumerate("abc")}
    rows, rejects = read(folder, fields, **{name: pa.array(column, pa.string()) for name, column in columns.items()})
    assert not rejects

    def either(*said: str) -> str | None:
        return "yes" if "yes" in said else None if "" in said else "no"

    for (a, b, c), row in zip(cells, rows, strict=True):
        hbv, hcv = either(a), either(b, c)
        known = None not in (hbv, hcv)
        named = [name for name, said in (("hbv", hbv), ("hcv", hcv)) if said == "yes"]
        assert row["etiology"] == ((", ".join(named) or "none") if known else None)
        assert row["extrahepatic_spread"] == either(a, b, c)


def test_one_value_may_hold_for_all_rows_and_words_for_missing_are_added(tmp_path: Path) -> None:
    found = mapping(tmp_path, "missing: [XX]\nfields:\n  region: {value: europe}\n  ecog: {column: ps, missing: ['9']}")
    rows, _ = canonical(found, pa.table({"ps": ["0", "9", "xx", "1"]}))
    assert rows == [{"region": "europe", "ecog": value} for value in ("0", None, None, "1")]


VISITS = "mapping: v\nrows: {patient: id, date: on, index: start, take: last_before}\nfields:\n  afp: afp\n  ecog: {column: ps, take: first_after}\n"


def visits(
    folder: Path, rows: Sequence[tuple[str, ...]], capfd: Capture, text: str = VISITS
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    mapping(folder, text)
    source = table(folder, csv_of([("id", "on", "start", "afp", "ps"), *rows]))
    code, _, _ = cohort(capfd, source, "-m", str(folder / "mapping.yaml"), "-o", str(folder / "out.csv"))
    assert code == 0
    return read_csv(folder / "out.csv"), read_csv(folder / "out.rejects.csv")


def test_of_several_rows_the_last_before_or_the_first_after_the_index_date_counts(tmp_path: Path) -> None:
    rows = [
        ("a", "2024-01-01", "10", "0"),
        ("a", "2024-02-01", "", "1"),
        ("a", "2024-03-01", "30", "2"),
        ("a", "2024-04-01", "40", "3"),
    ]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("id", "on", "afp", "ps"))}
    frame = pd.DataFrame({**columns, "start": "2024-02-15"})
    answers = hepatica.evaluate_table(frame, mapping=mapping(tmp_path, VISITS))
    assert (answers.rows, answers.answered, answers.rejected) == (4, 1, 0)
    coded = answers._answers
    facts = coded.kernel.coder.facts(coded.coded.codes[:, 0])
    assert (str(facts["afp"]), facts["ecog"]) == ("< 400", 2) or facts["ecog"] == 2


def test_a_patient_with_a_row_that_cannot_be_placed_is_refused_once(tmp_path: Path, capfd: Capture) -> None:
    rows = [
        ("a", "2024-01-01", "2024-02-01", "10", "0"),
        ("a", "2024-01-02", "2024-02-01", "20", "0"),
        ("b", "01.02.2024", "2024-02-01", "10", "0"),
        ("b", "2024-01-02", "2024-02-01", "10", "0"),
        ("c", "2024-01-01", "2024-02-01", "10", "0"),
        ("c", "2024-01-01", "2024-02-01", "20", "0"),
        ("d", "2024-01-01", "2024-02-01", "10", "0"),
        ("d", "2024-01-01", "2024-03-01", "10", "0"),
        ("", "2024-01-01", "2024-02-01", "10", "0"),
    ]
    answers, rejects = visits(tmp_path, rows, capfd)
    assert [(row["row"], row["id"]) for row in answers] == [("1", "a")]
    assert [(row["row"], row["code"]) for row in rejects] == [
        ("3", "not-a-date"),
        ("6", "contradiction"),
        ("7", "contradiction"),
        ("9", "no-patient"),
    ]
    _, err_out, err = cohort(capfd, str(tmp_path / "table.csv"), "-m", str(tmp_path / "mapping.yaml"), "-f", "json")
    assert json.loads(err_out)["rows"] == {"rows": 9, "answered": 1, "rejected": 4, "folded": 4} and err == ""


def test_dates_are_written_as_the_mapping_says(tmp_path: Path, capfd: Capture) -> None:
    text = VISITS.replace("take: last_before}", 'take: last_before, date_format: "%d.%m.%Y"}')
    answers, rejects = visits(tmp_path, [("a", "02.03.2024", "2024-04-01", "10", "0")], capfd, text)
    assert (len(answers), rejects) == (1, [])


WRONG = {
    "an unknown field": ("fields:\n  bclc_stag: x\n", "unknown-field", "did you mean 'bclc_stage'"),
    "an unknown key": ("feilds:\n  afp: x\n", "unknown-key", "fields"),
    "a meaning that the field does not take": (
        "fields:\n  bclc_stage: {column: b, codes: {1: E}}\n",
        "unknown-value",
        "cannot be 'E'",
    ),
    "a unit of something else": ("fields:\n  afp: {column: a, unit: g/L}\n", "unit", "ng/mL"),
    "a set of which not all is said": ("fields:\n  etiology: {members: {hbv: b}}\n", "reading", "others: absent"),
    "a value that the set has not": ("fields:\n  etiology: {members: {hbx: b}, others: absent}\n", "unknown-value", "hbv"),
    "nothing to read": ("fields:\n  afp: {unit: ng/mL}\n", "reading", "one of column"),
    "two ways to read": ("fields:\n  afp: {column: a, value: '3'}\n", "reading", "one of column"),
    "a decimal mark": ("table: {decimal: ';'}\n", "decimal", "."),
    "another name of the field": ("fields:\n  AFP level: a\n", "unknown-field", "write afp"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_with_a_fault_is_refused_at_its_place(tmp_path: Path, name: str) -> None:
    text, code, said = WRONG[name]
    with pytest.raises(InvalidInput) as error:
        mapping(tmp_path, text)
    problem = error.value.problems[0]
    assert problem.code == code and said in problem.message and problem.line >= 1


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        canonical(mapping(tmp_path, "fields:\n  afp: AFP_value\n  ecog: gone\n"), pa.table({"AFP_valeu": ["1"]}))
    assert [problem.code for problem in error.value.problems] == ["no-column", "no-column"]
    assert "did you mean 'AFP_valeu'" in str(error.value)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_shipped_mappings_are_read_and_fit_their_schema(path: Path) -> None:
    assert shipped_mappings()[path.stem] == path
    read_mapping(path.stem)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(mapping_schema()).validate(json.loads(json.dumps(document)))


def test_the_digest_follows_the_meaning_not_the_layout(tmp_path: Path) -> None:
    first = mapping(tmp_path, "fields:\n  afp: {column: a}\n").digest
    assert mapping(tmp_path, "# a comment\nfields: {afp: a}\n").digest == first
    assert mapping(tmp_path, "fields: {afp: b}\n").digest != first


def test_uci_every_row_is_accounted_for_and_the_classes_are_those_of_the_components(shared: Path, capfd: Capture) -> None:
    data = str(shared / "data" / "uci-hcc-survival" / "hcc-data.txt")
    code, out, err = cohort(capfd, data, "-m", "uci-hcc-survival", "-f", "json", "--verify")
    assert err == ""
    found = json.loads(out)
    assert code == 0 and found["verified"] == 165
    assert found["rows"] == {"rows": 165, "answered": 165, "rejected": 0, "folded": 0}
    classes = next(one for one in found["patients"] if one["field"] == "child_pugh_class")
    assert {one["title"]: one["rows"] for one in classes["counts"]} == {"A": 74, "B": 55, "C": 26, "not known": 10}
    # An oracle of its own: points counted here, from the raw cells.
    cells = [line.split(",") for line in Path(data).read_text(encoding="ascii").split()]
    expected = Counter(filter(None, map(_child_pugh, cells)))
    assert expected == {"A": 74, "B": 55, "C": 26}


def _child_pugh(cells: list[str]) -> str | None:
    encephalopathy, ascites, inr, albumin, bilirubin = (cells[place] for place in (27, 28, 29, 35, 36))
    if "?" in (encephalopathy, ascites, inr, albumin, bilirubin):
        return None
    points = int(encephalopathy) + int(ascites)
    points += 1 if float(inr) < 1.7 else 2 if float(inr) <= 2.3 else 3
    points += 1 if float(albumin) > 3.5 else 2 if float(albumin) >= 2.8 else 3
    points += 1 if float(bilirubin) < 2 else 2 if float(bilirubin) <= 3 else 3
    return "A" if points < 7 else "B" if points < 10 else "C"


def test_eucanimage_codes_mean_what_its_code_book_says(shared: Path, capfd: Capture) -> None:
    data = str(shared / "data" / "eucanimage-hcc" / "UseCase1_testdata.csv")
    _, out, _ = cohort(capfd, data, "-m", "eucanimage", "-f", "json")
    found = {one["field"]: {each["title"]: each["rows"] for each in one["counts"]} for one in json.loads(out)["patients"]}
    assert json.loads(out)["rows"]["answered"] == 15
    assert found["child_pugh_class"] == {"A": 2, "B": 5, "C": 2, "not known": 6}
    # Two patients have causes that are known in full: a yes settles "other", where one no does not.
    assert found["etiology"] == {"HBV, alcohol": 1, "alcohol, other": 1, "not known": 13}


@pytest.mark.parametrize("name", ["redcap.csv"])
def test_a_draft_is_a_mapping_and_says_what_it_is_unsure_of(tmp_path: Path, capfd: Capture, name: str) -> None:
    source, target = str(ROOT / "patients" / "mappings" / name), tmp_path / "draft.yaml"
    code, out, _ = cohort(capfd, source, "--draft-mapping")
    assert code == 0 and cohort(capfd, source, "--draft-mapping", "-o", str(target))[0] == 0
    assert target.read_text(encoding="utf-8") == out
    assert set(read_mapping(target).fields) == {"ecog"}
    assert "UNSURE bclc: bare codes (3, 4, 5, 7)" in out and "etiology___5" in out
    assert "record_id: 9 rows, 7 patients" in out
    _, out, _ = cohort(capfd, source, "--draft-mapping", "-f", "json")
    columns = {one["column"]: one["certainty"] for one in json.loads(out)["columns"]}
    assert (columns["ecog_ps"], columns["afp_value"], columns["afp_unit"]) == ("sure", "unsure", "not_read")


@pytest.mark.parametrize(("heading", "said"), [("AFP", ", numbers without a unit as ng/mL"), ("AFP (IU/mL)", "")])
def test_a_draft_says_in_which_unit_bare_numbers_are_read(tmp_path: Path, capfd: Capture, heading: str, said: str) -> None:
    _, out, _ = cohort(capfd, table(tmp_path, f"{heading},ecog\n620,1\n"), "--draft-mapping", "-f", "json")
    assert [one["says"] for one in json.loads(out)["columns"]] == [f"1 cells, all read{said}", "1 cells, all read"]


@pytest.mark.slow
@given(st.lists(st.tuples(st.text(max_size=12), st.lists(st.text(max_size=8), min_size=2, max_size=2)), min_size=1, max_size=5))
def test_a_draft_of_any_table_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, columns: list[tuple[str, list[str]]]
) -> None:
    from hepatica.cohort.draft import draft_mapping
    from hepatica.cohort.mapping import TableFormat
    from hepatica.cohort.run import numbered
    from hepatica.cohort.sources import TableSource

    cells = pa.table(dict(columns))
    source = TableSource("<table>", tuple(cells.column_names), lambda: numbered([cells]))
    path = tmp_path_factory.mktemp("draft") / "draft.yaml"
    path.write_bytes(draft_mapping(source, COMMON_FIELDS, TableFormat()).yaml.encode("utf-8", "replace"))
    read_mapping(path)
