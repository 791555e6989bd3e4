"""Tables as they come: every one is read or refused for a stated reason, and every row is answered or accounted for."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from pyarrow import parquet

from tests.cohort.tables import HEAD, ROWS, cohort, csv_of, read_csv, table
from tests.conftest import slow
from tests.making import standard_input

Capture = pytest.CaptureFixture[str]


def counts(capfd: Capture, *arguments: str) -> dict[str, int]:
    code, out, err = cohort(capfd, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    rows: dict[str, int] = json.loads(out)["rows"]
    assert rows["rows"] == rows["answered"] + rows["rejected"] + rows["folded"]
    return rows


def refused(capfd: Capture, *arguments: str) -> str:
    code, out, err = cohort(capfd, *arguments)
    assert (code, out) == (2, "")
    return err


def wide(capfd: Capture, folder: Path, *arguments: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    target = folder / "answers.csv"
    code, _, _ = cohort(capfd, *arguments, "--output", str(target))
    assert code == 0
    return read_csv(target), read_csv(folder / "answers.rejects.csv")


def written(folder: Path, kind: str) -> str:
    text = csv_of([HEAD, *ROWS])
    columns = pa.table({name: [row[place] or None for row in ROWS] for place, name in enumerate(HEAD)})
    path = folder / f"table.{kind}"
    match kind:
        case "csv":
            path.write_text(text, encoding="utf-8")
        case "bom.csv":
            path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
        case "utf16.csv":
            path.write_bytes(text.encode("utf-16"))
        case "tsv":
            path.write_text(csv_of([HEAD, *ROWS], "\t"), encoding="utf-8")
        case "csv.gz":
            path.write_bytes(gzip.compress(text.encode()) + bytes(512))  # padded, as gzip itself takes it
        case "csv.zst":
            with pa.output_stream(path, compression="zstd") as stream:
                stream.write(text.encode())
        case "parquet":
            parquet.write_table(columns, path)
        case "arrow":
            with pa.ipc.new_file(path, columns.schema) as writer:
                writer.write_table(columns)
        case "stream.arrow":
            with pa.ipc.new_stream(path, columns.schema) as writer:
                writer.write_table(columns)
        case "ndjson" | "json":
            rows = columns.to_pylist()
            lines = map(json.dumps, rows) if kind == "ndjson" else [json.dumps(rows, indent=1)]
            path.write_text("\n".join(lines), encoding="utf-8")
        case "xlsx":
            book = Workbook()
            for row in (HEAD, *ROWS):
                book.active.append(row)
            book.save(path)
    return str(path)


KINDS = (
    *("csv", "utf16.csv", "csv.zst", "parquet", "json", "xlsx"),
    *map(slow, ("bom.csv", "tsv", "csv.gz", "arrow", "stream.arrow", "ndjson")),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_says_the_same(tmp_path: Path, capfd: Capture, kind: str) -> None:
    answers, rejects = wide(capfd, tmp_path, written(tmp_path, kind))
    assert [(row["id"], row["scope"], row["list"], row["standing"]) for row in answers] == [
        ("a", "in", "options", "standard"),
        ("b", "in", "options", "supportive"),
        ("c", "unknown", "possible", "standard"),
    ]
    assert rejects == []


@pytest.mark.parametrize(
    "kind", ["csv", "xlsx", "parquet", *map(slow, ("tsv", "ndjson", "arrow", "csv.gz", "csv.zst", "ndjson.zst"))]
)
def test_a_table_that_was_written_is_the_same_bytes_again_and_is_replaced_without_force(
    tmp_path: Path, capfd: Capture, kind: str
) -> None:
    source, target = written(tmp_path, "csv"), tmp_path / f"answers.{kind}"
    found = []
    for _ in range(2):
        assert cohort(capfd, source, "--output", str(target))[0] == 0
        found.append(target.read_bytes())
    assert found[0] == found[1]


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, capfd: Capture) -> None:
    target = tmp_path / "mine.parquet"
    target.write_bytes(b"PAR1 my own data")
    assert "was not written by this program" in refused(capfd, written(tmp_path, "csv"), "--output", str(target))
    assert target.read_bytes() == b"PAR1 my own data"
    assert cohort(capfd, written(tmp_path, "csv"), "--output", str(target), "--force")[0] == 0


REFUSED = {
    "empty": (b"", "empty"),
    "duplicate headings": (b"id,afp,afp\na,1,2\n", "duplicate-column"),
    "two columns of one field": (b"AFP,alpha-fetoprotein\n1,2\n", "duplicate-field"),
    "no field": (b"name,age\nx,60\n", "no-field"),
    "latin-1": ("id,bclc_stage,note\na,C,Köln\n".encode("latin-1"), "not-text"),
    "quotes that do not close": (b'id,bclc_stage\na,"C\nb,B\n', "not-csv"),
    "text behind quotes": (b'id,bclc_stage\na,"C"x\n', "not-csv"),
    "UTF-16 without a mark": ("id,bclc_stage\na,C\n".encode("utf-16-le"), "not-text"),
    "two marks between cells": (b"id;bclc_stage,afp\na;C,1\n", "delimiter"),
    "more columns than a sheet has": (",".join(map(str, range(16_385))).encode(), "too-many"),
    "a huge cell": (b"id,bclc_stage\n" + b"x" * 1_100_000 + b",C\n", "not-csv"),
    "half a gzip": (gzip.compress(b"id,bclc_stage\na,C\n" * 5000)[:60], "unreadable"),
    "no Parquet": (b"PAR1 and nothing more", "unreadable"),
    "no workbook": (b"PK\x03\x04 and nothing more", "unreadable"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unreadable"),
    "broken JSON": (b'{"bclc_stage": "C"}\n{"bclc_stage": \n', "not-ndjson"),
    "half a surrogate pair": (b'{"bclc_stage": "C", "id": "\\ud800"}\n', "not-text"),
    "a list of numbers": (b"[\n 1]\n", "no-field"),
    "a number among objects": (b'[{"bclc_stage": "C"},\n 1]', "not-ndjson"),
    "a list that does not end": (b'[{"bclc_stage": "C"},', "not-ndjson"),
    "a key twice": (b'{"bclc_stage": "C", "bclc_stage": "B"}\n', "not-ndjson"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place_and_nothing_is_written(tmp_path: Path, capfd: Capture, name: str) -> None:
    data, code = REFUSED[name]
    source, target = table(tmp_path, data, "given"), tmp_path / "answers.csv"
    assert f": {code}: " in refused(capfd, source, "--output", str(target))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["given"]


@pytest.mark.parametrize("data", [b"bclc_stage\n" + b"C" * 99, b'{"id": "' + b"a" * 99, b'[{"bclc_stage": "C"},\n' * 9])
def test_a_line_or_a_list_without_end_is_not_unpacked_to_its_end(
    tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr("hepatica.cohort.sources.LONGEST_LINE", 99)
    assert ": too-long: " in refused(capfd, table(tmp_path, gzip.compress(data), "given"))


@pytest.mark.slow
@pytest.mark.parametrize("tail", [b'b,"C\n', b"b,\xff\n"])
def test_a_file_that_breaks_after_many_rows_leaves_nothing_half_written(tmp_path: Path, capfd: Capture, tail: bytes) -> None:
    source = table(tmp_path, b"id,bclc_stage\n" + b"a,C\n" * 70_000 + tail)
    for target in ("answers.csv", "answers.parquet", "report.html"):
        assert ":70002:" in refused(capfd, source, "--output", str(tmp_path / target))
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]


def test_no_rows_are_no_patients(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, "id,bclc_stage\n")
    assert counts(capfd, source) == {"rows": 0, "answered": 0, "rejected": 0, "folded": 0}
    answers, rejects = wide(capfd, tmp_path, source)
    assert (answers, rejects) == ([], [])
    assert (tmp_path / "answers.csv").read_text(encoding="utf-8").startswith('"row","id","scope"')


def test_a_row_of_another_length_or_without_content_is_a_reject(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, "id,bclc_stage,afp\na,C\nb,C,1,2\n\n,,\nc,B,400\n")
    answers, rejects = wide(capfd, tmp_path, source)
    assert [(row["row"], row["id"]) for row in answers] == [("4", "c")]
    assert [(row["row"], row["code"], row["value"]) for row in rejects] == [
        ("1", "ragged-row", "a | C"),
        ("2", "ragged-row", "b | C | 1 | 2"),
        ("3", "empty-row", ""),
    ]


def test_rejects_name_row_column_value_and_reason_and_the_totals_add_up(tmp_path: Path, capfd: Capture) -> None:
    source = table(
        tmp_path,
        csv_of([HEAD, *ROWS, ("d", "X", "A", "", "", ""), ("e", "C", "B7", "", "", "-5"), ("f", "C", "A", "", "", "1.200")]),
    )
    assert counts(capfd, source) == {"rows": 6, "answered": 3, "rejected": 3, "folded": 0}
    answers, rejects = wide(capfd, tmp_path, source)
    assert len(answers) == 3
    assert [(row["row"], row["column"], row["value"]) for row in rejects] == [
        ("4", "bclc_stage", "X"),
        ("5", "afp", "-5"),
        ("6", "afp", "1.200"),
    ]
    assert "1.2 or 1200" in rejects[2]["reason"]


def test_strict_writes_nothing_where_anything_is_refused(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, csv_of([HEAD, *ROWS, ("d", "X", "A", "", "", "")]))
    err = refused(capfd, source, "--strict", "--output", str(tmp_path / "answers.csv"))
    assert f"{source}:4:1: unknown-value: bclc_stage: " in err
    assert [each.name for each in tmp_path.iterdir()] == ["table.csv"]


HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", '"; DROP TABLE', "a\nb", "NUL\0", "<script>alert(1)</script>")


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_no_cell_or_heading_of_a_text_table_is_a_formula(tmp_path: Path, capfd: Capture, kind: str) -> None:
    source = table(tmp_path, csv_of([("=id", "bclc_stage"), *((cell, "C") for cell in (*HOSTILE, "-5", "+1,5"))]))
    target = tmp_path / f"answers.{kind}"
    assert cohort(capfd, source, "--output", str(target))[0] == 0
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t" if kind == "tsv" else ","))
    assert rows[0][1] == "'=id"
    ids = [row[1] for row in rows[1:]]
    # What is no formula is passed through as it is, plain numbers with a sign among it; what steers a terminal is replaced.
    shown = [cell.replace("\0", "\ufffd") for cell in HOSTILE]
    assert ids == [f"'{cell}" if cell[0] in "=+-@\t" else cell for cell in shown] + ["-5", "+1,5"]


def test_a_workbook_holds_texts_and_no_formulas(tmp_path: Path, capfd: Capture) -> None:
    source, target = table(tmp_path, csv_of([("id", "bclc_stage"), *((cell, "C") for cell in HOSTILE)])), tmp_path / "a.xlsx"
    assert cohort(capfd, source, "--output", str(target))[0] == 0
    cells = [row[1] for row in load_workbook(target).active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].value == HOSTILE[0]


def test_hostile_cells_reach_a_report_as_text(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, csv_of([("id", "bclc_stage"), ("x", "<script>alert(1)</script>"), ("y", "\x1b[31mC")]))
    _, out, _ = cohort(capfd, source, "--format", "html")
    assert "<script>alert" not in out and "\x1b" not in out
    _, out, _ = cohort(capfd, source)
    assert "\x1b" not in out


def test_identifiers_pass_through_uninterpreted(tmp_path: Path, capfd: Capture) -> None:
    ids = ["007", "1e5", "true", "NA", " x ", "1.0", "2024-01-02"]
    source = table(tmp_path, csv_of([("id", "bclc_stage", "scope"), *((each, "C", "mine") for each in ids)]))
    answers, _ = wide(capfd, tmp_path, source)
    assert [row["id"] for row in answers] == ids
    assert {row["given_scope"] for row in answers} == {"mine"}


@pytest.mark.slow
def test_european_numbers_are_read_as_declared_and_never_guessed(tmp_path: Path, capfd: Capture) -> None:
    cells = ("1,5", "1,200", "1.200", "12,50", "1.234.567,5", ">400,5")
    source = table(tmp_path, "id;bclc_stage;afp\n" + "".join(f"{n};C;{cell}\n" for n, cell in enumerate(cells)))
    _, rejects = wide(capfd, tmp_path, source)
    assert [row["value"] for row in rejects] == ["1,200", "1.200"]
    assert all("1.2 or" in row["reason"] and "1200" in row["reason"] for row in rejects)
    for mark, bad in ((",", []), (".", ["1,5", "12,50", "1.234.567,5", ">400,5"])):
        _, rejects = wide(capfd, tmp_path, source, "--decimal", mark)
        assert [row["value"] for row in rejects] == bad


def test_an_encoding_that_is_named_is_used(tmp_path: Path, capfd: Capture) -> None:
    source = table(tmp_path, "id,bclc_stage\nMüller,C\n".encode("latin-1"))
    answers, _ = wide(capfd, tmp_path, source, "--encoding", "latin-1")
    assert answers[0]["id"] == "Müller"
    # A heading in micrograms begins like a packed file, by two bytes of four.
    answers, _ = wide(capfd, tmp_path, table(tmp_path, "(µg),bclc_stage\n7,C\n".encode("latin-1")), "--encoding", "latin-1")
    assert answers[0]["(µg)"] == "7"
    lines = table(tmp_path, '{"id": "Müller", "bclc_stage": "C"}\n'.encode("latin-1"), "lines")
    answers, _ = wide(capfd, tmp_path, lines, "--encoding", "latin-1")
    assert answers[0]["id"] == "Müller"
    assert ": not-text: " in refused(capfd, source, "--encoding", "klingon")
    assert "'--delimiter': ';;' is not one of" in refused(capfd, source, "--delimiter", ";;")


def test_what_a_workbook_does_not_say_is_refused(tmp_path: Path, capfd: Capture) -> None:
    book = Workbook()
    for row in (HEAD, ("a", "C", "A", "none", "", "=1+1"), ("b", "C", "A", "none", "", 620), ("c", "C", "A", "#REF!", "", 3.5)):
        book.active.append(row)
    book.save(path := tmp_path / "book.xlsx")
    answers, rejects = wide(capfd, tmp_path, str(path))
    assert [row["id"] for row in answers] == ["b"]
    # A formula whose result is not stored is not taken for an empty cell.
    assert [(row["column"], row["value"]) for row in rejects] == [("afp", "'=1+1"), ("prior_sorafenib", "#REF!")]
    book.create_sheet("Notes").append(["x"])
    book.save(path)
    assert ": several-sheets: " in refused(capfd, str(path))


def test_sheets_of_charts_are_passed_over(tmp_path: Path, capfd: Capture) -> None:
    book = Workbook()
    book.create_chartsheet("Survival")
    for row in (HEAD, *ROWS):
        book.active.append(row)
    book.save(path := tmp_path / "book.xlsx")
    assert counts(capfd, str(path))["answered"] == len(ROWS)
    book.remove(book.worksheets[0])
    book.save(path)
    assert ": empty: the workbook has no sheet of cells" in refused(capfd, str(path))


def test_a_number_too_large_for_a_column_of_numbers_is_refused_as_any_other(tmp_path: Path, capfd: Capture) -> None:
    rows = [{"bclc_stage": "C", "afp": 10**30}, {"bclc_stage": "C", "afp": 5}, {"bclc_stage": "C", "afp": None}]
    source = table(tmp_path, "".join(f"{json.dumps(row)}\n" for row in rows), "table.ndjson")
    assert counts(capfd, source) == {"rows": 3, "answered": 2, "rejected": 1, "folded": 0}


def test_several_tables_are_one_cohort_and_a_pattern_names_them(tmp_path: Path, capfd: Capture) -> None:
    table(tmp_path, "id,bclc_stage,site\na,C,1\n", "t-1.csv")
    table(tmp_path, "id,bclc_stage\nb,X\nc,A\n", "t-2.csv")
    (tmp_path / "out").mkdir()
    answers, rejects = wide(capfd, tmp_path / "out", str(tmp_path / "t-*.csv"))
    assert [(Path(row["file"]).name, row["row"], row["id"], row["site"]) for row in answers] == [
        ("t-1.csv", "1", "a", "1"),
        ("t-2.csv", "2", "c", ""),
    ]
    assert [(Path(row["file"]).name, row["row"]) for row in rejects] == [("t-2.csv", "1")]
    assert ": unreadable: no file fits" in refused(capfd, str(tmp_path / "none-*.csv"))


@pytest.mark.slow
def test_every_output_says_what_it_rests_on(tmp_path: Path, capfd: Capture) -> None:
    source = written(tmp_path, "csv")
    answers, _ = wide(capfd, tmp_path, source)
    assert all(row["ruleset"].startswith("hcc-2016 ") and "sha256:" in row["mapping"] and row["notice"] for row in answers)
    cohort(capfd, source, "--output", str(tmp_path / "a.parquet"))
    metadata: Any = parquet.read_schema(tmp_path / "a.parquet").metadata
    assert b"sha256:" in metadata[b"hepatica.ruleset"] and b"sha256:" in metadata[b"hepatica.mapping"]
    _, out, _ = cohort(capfd, source, "--format", "json")
    assert json.loads(out)["ruleset"]["digest"] and json.loads(out)["mapping"]["digest"].startswith("sha256:")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=300), st.text(alphabet='id,;"\n\tC0.5=é\0', max_size=200).map(str.encode)))
def test_any_bytes_behind_a_heading_are_answered_or_refused(tmp_path: Path, capfd: Capture, data: bytes) -> None:
    source = table(tmp_path, b"id,bclc_stage,afp\n" + data)
    code, out, err = cohort(capfd, source, "--format", "json")
    if code == 0:
        rows = json.loads(out)["rows"]
        assert rows["rows"] == rows["answered"] + rows["rejected"]
    else:
        assert code == 2 and err.count(":") > 3


def test_standard_input_is_read_packed_or_not(tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (csv_of([HEAD, *ROWS]).encode(), gzip.compress(csv_of([HEAD, *ROWS]).encode())):
        standard_input(monkeypatch, data)
        assert counts(capfd, "-") == {"rows": 3, "answered": 3, "rejected": 0, "folded": 0}


def test_damaged_arrow_is_refused_and_ends_no_process(tmp_path: Path, capfd: Capture) -> None:
    """Offsets that lead out of the buffers are found before anything follows them."""
    data = bytearray(Path(written(tmp_path, "arrow")).read_bytes())
    texts = pa.array([row[1] for row in ROWS], pa.string()).buffers()[1].to_pybytes()[:16]
    at = bytes(data).find(texts)
    assert at > 0
    data[at + 8 : at + 12] = (2_000_000_000).to_bytes(4, "little")
    assert ": unreadable: " in refused(capfd, table(tmp_path, bytes(data), "damaged.arrow"))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_damaged_name_in_a_schema_is_refused(tmp_path: Path, capfd: Capture, kind: str) -> None:
    data = Path(written(tmp_path, kind)).read_bytes()
    damaged = data.replace(HEAD[0].encode(), b"\xff" + HEAD[0].encode()[1:])
    assert damaged != data
    assert ": unreadable: " in refused(capfd, table(tmp_path, damaged, f"damaged.{kind}"))
