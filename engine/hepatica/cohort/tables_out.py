"""Tables to bytes, piece by piece: CSV, TSV, Excel, Parquet, NDJSON and Arrow; every one carries what it rests on."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, ipc

from hepatica.cohort.cells import plain
from hepatica.cohort.run import parquet_writer
from hepatica.printable import UNSAFE_TEXT, escaped_in_json, printable
from hepatica.problems import InvalidInput

# The pattern as Arrow (RE2) writes it; an Arrow text holds no lone surrogates.
_UNSAFE = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", UNSAFE_TEXT.replace(r"\ud800-\udfff", ""))
# A spreadsheet runs what begins like this as a formula, unless it is a plain number.
_FORMULA, _NUMBER = r"^[=+\-@\t\r\n]", r"^[+-]\d[\d.,]*$"
_MOST_ROWS, _LONGEST = 1_048_575, 32_767
_PACKINGS = {"gz": "gzip", "zst": "zstd"}


def table_bytes(tables: Iterable[pa.Table], kind: str, stamp: Mapping[str, str], packing: str = "") -> Iterator[bytes]:
    """The bytes of one table that comes in pieces of one schema (at least one, which may have no rows), as it is made.

    `stamp` says what the answers rest on: the metadata of the schema where the kind has any, else columns. `packing` is "gz",
    "zst" or nothing. Raises `InvalidInput` where a kind cannot hold the table.
    """
    sink, writer = _Sink(), None
    file = pa.PythonFile(sink, "w")
    target = pa.CompressedOutputStream(file, _PACKINGS[packing]) if packing else file
    prepared, opened = _KINDS[kind]
    for table in tables:
        made = prepared(table, stamp)
        writer = writer or opened(target, made.schema)
        writer.write_table(made)
        yield sink.taken()
    if writer is not None:
        writer.close()
    target.close()
    yield sink.taken()


class _Sink(io.BytesIO):
    """A file that is emptied while it is written: memory does not grow, nor is a disk needed."""

    _gone = 0

    def tell(self) -> int:
        return self._gone + super().tell()

    def close(self) -> None: ...  # what was written last is yet to be taken

    def taken(self) -> bytes:
        found = self.getvalue()
        self._gone += len(found)
        self.seek(0)
        self.truncate()
        return found


def _in_columns(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    for name, text in stamp.items():
        table = table.append_column(name, pa.repeat(text, table.num_rows))
    return table


def _in_schema(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    return table.replace_schema_metadata({f"hepatica.{name}": text for name, text in stamp.items()})


def _harmless(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    """Texts that steer no terminal; what a spreadsheet would run as a formula gets an apostrophe before it."""
    columns = []
    for text in plain(_in_columns(table, stamp)).columns:
        if pa.types.is_string(text.type):
            if pc.any(pc.match_substring_regex(text, _UNSAFE)).as_py():
                text = pc.replace_substring_regex(text, _UNSAFE, "\ufffd")  # noqa: PLW2901 -- the same text, made safe
            runs = pc.and_not(pc.match_substring_regex(text, _FORMULA), pc.match_substring_regex(text, _NUMBER))
            if pc.any(runs).as_py():
                text = pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text)  # noqa: PLW2901
        columns.append(text)
    names = [f"'{name}" if re.match(_FORMULA, name) else name for name in map(printable, (*table.column_names, *stamp))]
    return pa.table(columns, names=names)


class _Lines:
    def __init__(self, target: Any, _: pa.Schema) -> None:
        self._target = target

    def write_table(self, table: pa.Table) -> None:
        text = "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in table.to_pylist())
        self._target.write(escaped_in_json(text).encode("utf-8", "replace"))

    def close(self) -> None: ...


class _Workbook:
    """One sheet, written when it is closed."""

    def __init__(self, target: Any, schema: pa.Schema) -> None:
        from openpyxl import Workbook

        self._target, self._book, self._rows = target, Workbook(write_only=True), 0
        said = b" ".join(schema.metadata.values()).decode()
        self._book.properties.creator, self._book.properties.description = "Hepatica", said
        self._sheet = self._book.create_sheet("Answers")
        self._sheet.append(list(map(self._cell, schema.names)))

    def write_table(self, table: pa.Table) -> None:
        self._rows += table.num_rows
        if self._rows > _MOST_ROWS:
            raise _cannot(f"a sheet holds {_MOST_ROWS} rows, and the table has more")
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            self._sheet.append(list(map(self._cell, row)))

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str):
            return value
        if len(value) > _LONGEST:
            raise _cannot(f"a cell of a workbook holds {_LONGEST} characters, and this has {len(value)}")
        made = WriteOnlyCell(self._sheet, printable(value))
        made.data_type = "s"  # a text that begins with = is a text here, and no formula
        return made

    def close(self) -> None:
        """A workbook without the time at which it was written, so that the same answers are the same bytes."""
        made, out = io.BytesIO(), io.BytesIO()
        self._book.save(made)
        with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                content, core = old.read(name), name == "docProps/core.xml"
                if core:
                    content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
                # The notice stands in there unpacked, so that the next run knows the file for its own.
                new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_STORED if core else zipfile.ZIP_DEFLATED)
        self._target.write(out.getvalue())


def _cannot(reason: str) -> InvalidInput:
    return InvalidInput.at("xlsx", "cannot-write", f"{reason}; write CSV or Parquet")


_KINDS: Mapping[str, tuple[Callable[[pa.Table, Mapping[str, str]], pa.Table], Callable[[Any, pa.Schema], Any]]] = {
    "csv": (_harmless, csv.CSVWriter),
    "tsv": (_harmless, partial(csv.CSVWriter, write_options=csv.WriteOptions(delimiter="\t"))),
    "ndjson": (_in_columns, _Lines),
    "parquet": (_in_schema, parquet_writer),
    "arrow": (
        lambda table, stamp: _in_schema(plain(table), stamp),
        partial(ipc.new_file, options=ipc.IpcWriteOptions(compression="zstd")),
    ),
    # The schema carries the stamp as well, for the properties of the file.
    "xlsx": (lambda table, stamp: _in_schema(plain(_in_columns(table, stamp)), stamp), _Workbook),
}
"""How each kind of table carries the stamp, and what writes it."""
