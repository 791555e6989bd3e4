"""Tables of patients and their mappings: odd cells, headings, kinds of file, damaged bytes and mappings."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from hepatica.patient import COMMON_FIELDS
from tests.conftest import ROOT
from tests.fuzz.edits import BYTES, HOSTILE, Edit, difference, edited, edits, words_of
from tests.fuzz.oracles import Finding, held, outcome, same_again, unclean

KINDS = ("csv", "tsv", "csv.gz", "ndjson", "parquet", "arrow", "xlsx")
TABLE, MAPPING, TARGET = "TABLE", "MAPPING", "TARGET"
# With the kind of its JSON, where it is JSON, and the end of the file's name that it writes.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("cohort TABLE -f json", "cohort", ""),
    ("cohort TABLE", "", ""),
    ("cohort TABLE -f html --suppress-below 3", "", ""),
    ("cohort TABLE -f markdown -r hcc-2026", "", ""),
    ("cohort TABLE -f csv --shape long", "", ""),
    ("cohort TABLE -f ndjson", "", ""),
    ("cohort TABLE --mapping MAPPING -f json", "cohort", ""),
    ("cohort TABLE --mapping MAPPING -f csv", "", ""),
    ("cohort TABLE --draft-mapping -f json", "mapping-draft", ""),
    ("cohort TABLE --draft-mapping", "", ""),
    ("cohort TABLE --diff hcc-2016 hcc-2026 -f json", "cohort-diff", ""),
    ("cohort TABLE --mapping MAPPING -o TARGET --force", "", "csv"),
    ("cohort TABLE -o TARGET --force", "", "csv"),
    ("cohort TABLE -o TARGET --force --verify", "", "tsv"),
    ("cohort TABLE -o TARGET --force", "", "xlsx"),
    ("cohort TABLE -o TARGET --force", "", "parquet"),
    ("cohort TABLE -o TARGET --force --shape codes", "", "arrow"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Given:
    """A table as it is written, bytes put somewhere in it, edits of a mapping, and commands by number."""

    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    kind: str
    damage: tuple[int, int, bytes] | None
    edits: tuple[Edit, ...]
    commands: tuple[int, ...]


@cache
def _example() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], bytes]:
    folder = ROOT / "patients" / "mappings"
    with (folder / "redcap.csv").open(encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    return tuple(head), tuple(map(tuple, rows)), (folder / "redcap.yaml").read_bytes()


def tables(words: Sequence[Any]) -> st.SearchStrategy[Given]:
    """Tables of fields as people type them, and the shipped example, with some cells and headings replaced."""
    cells = st.sampled_from(list(words)) | st.sampled_from(HOSTILE) | st.text(max_size=12) | st.integers(-9, 999) | st.floats()
    names = st.sampled_from([*COMMON_FIELDS, "AFP", "Child Pugh", "id", "cmet.percent", "inr", "note"])
    heads = st.lists(
        st.one_of(names, names, names, st.sampled_from(HOSTILE).map(str), st.text(max_size=8)), min_size=1, max_size=6
    )
    own = heads.map(tuple).flatmap(
        lambda head: st.tuples(st.just(head), st.lists(st.tuples(*[cells] * len(head)), max_size=6).map(tuple))
    )
    place = st.tuples(st.integers(0, 30), st.integers(0, 30), cells)
    example = st.lists(place, max_size=4).map(_replaced)
    return st.builds(
        lambda table, **more: Given(*table, **more),
        own | example,
        kind=st.sampled_from(KINDS),
        damage=st.none()
        | st.none()
        | st.tuples(st.integers(0, 20_000), st.integers(0, 6), st.sampled_from(BYTES) | st.binary(max_size=5)),
        edits=st.just(()) | edits([*words_of({"mapping": _example()[2]}), *COMMON_FIELDS]),
        commands=st.lists(st.integers(0, len(COMMANDS) - 1), min_size=1, max_size=2).map(tuple),
    )


def _replaced(places: Sequence[tuple[int, int, Any]]) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    head, rows, _ = _example()
    grid: list[list[Any]] = [list(head), *map(list, rows)]
    for row, column, cell in places:
        at = row % len(grid)
        grid[at][column % len(head)] = str(cell) if at == 0 else cell
    return tuple(grid[0]), tuple(map(tuple, grid[1:]))


def written_table(given: Given) -> bytes:
    """The table's bytes in its kind of file, damage and all."""
    kind, text = given.kind, [["" if cell is None else str(cell) for cell in row] for row in given.rows]
    data = _binary(given, text) if kind in ("parquet", "arrow", "xlsx") else _text(given, text)
    if given.damage is None:
        return data
    at, cut, put = given.damage
    at %= len(data) + 1
    return data[:at] + put + data[at + cut :]


def _text(given: Given, text: list[list[str]]) -> bytes:
    if given.kind == "ndjson":
        rows = (dict(zip(given.head, row, strict=True)) for row in given.rows)
        return "".join(f"{json.dumps(row, default=str)}\n" for row in rows).encode("utf-8", "replace")
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t" if given.kind == "tsv" else ",", lineterminator="\n").writerows([given.head, *text])
    data = stream.getvalue().encode("utf-8", "replace")
    return gzip.compress(data, mtime=0) if given.kind == "csv.gz" else data


def _binary(given: Given, text: list[list[str]]) -> bytes:
    import pyarrow as pa
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from pyarrow import parquet

    stream = io.BytesIO()
    if given.kind == "xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in (given.head, *text):
            sheet.append([ILLEGAL_CHARACTERS_RE.sub("?", cell) for cell in row])
        book.save(stream)
        return stream.getvalue()
    clean = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in (given.head, *text)]
    columns = [pa.array([row[place] for row in clean[1:]], pa.string()) for place in range(len(given.head))]
    found = pa.Table.from_arrays(columns, names=clean[0])
    if given.kind == "parquet":
        parquet.write_table(found, stream)
    else:
        with pa.ipc.new_file(stream, found.schema) as writer:
            writer.write_table(found)
    return stream.getvalue()


def check_table(given: Given, folder: Path) -> None:
    """A table is refused with its problems, or every row of it is accounted for, and no cell of what is written is a formula."""
    table, mapping = folder / f"table.{given.kind}", folder / "mapping.yaml"
    table.write_bytes(written_table(given))
    mapping.write_bytes(edited({"mapping": _example()[2]}, given.edits)["mapping"])
    for number in given.commands:
        words, kind, ending = COMMANDS[number]
        target = folder / f"answers.{ending}"
        for old in folder.glob("answers.*"):
            old.unlink()
        paths = {TABLE: table, MAPPING: mapping, TARGET: target}
        done = held(outcome([str(paths.get(word, word)) for word in words.split()]), kind)
        if done.code == 0 and kind == "cohort":
            _add_up(json.loads(done.out)["rows"])
        if done.code == 0 and done.format == "csv":
            _no_formulas(done.out, ",")
        if done.code and list(folder.glob("answers*")):
            raise Finding("something was written of a table that was refused")
        if done.code == 0 and ending in ("csv", "tsv"):
            for path in folder.glob(f"answers*.{ending}"):
                _no_formulas(path.read_text("utf-8"), "\t" if ending == "tsv" else ",")
        if not ending:
            same_again(done)


def _add_up(rows: dict[str, int]) -> None:
    if rows["rows"] != rows["answered"] + rows["rejected"] + rows["folded"]:
        raise Finding(f"rows that are lost: {rows}")


def _no_formulas(text: str, delimiter: str) -> None:
    unclean(text, "a table")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for cell in row:
            if cell.startswith(_FORMULA) and not _is_number(cell):
                raise Finding(f"a cell that a spreadsheet runs: {cell[:60]!a}")


def _is_number(cell: str) -> bool:
    try:
        return bool(float(cell)) or True
    except ValueError:
        return False


def shown_table(given: Given) -> str:
    """A table in printable words."""
    data = {"mapping": _example()[2]}
    lines = [f"kind: {given.kind}, damage: {given.damage!a}", *(ascii(row) for row in (given.head, *given.rows))]
    commands = [f"command: hepatica {COMMANDS[number][0]} ({COMMANDS[number][2]})" for number in given.commands]
    return "\n".join([*lines, *commands, difference(data, edited(data, given.edits))])
