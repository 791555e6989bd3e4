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
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PACKINGS = {"gz": "gzip", "zst": "zstd"}


def table_bytes(tables: Iterable[pa.Table], kind: str, stamp: Mapping[str, str], packing: str = "") -> Iterator[bytes]:
    """The bytes of one table that comes in pieces of one schema (at least one, which may have no rows), as it is made.

    `stamp` says what the answers rest on: the metadata of the schema where the kind has any, else columns. `packing` is "gz",
    "zst" or nothing. Raises `InvalidInput` where a kind cannot hold the table.
    """
    # All writers write into one file that is emptied after every table: memory does not grow, nor is a disk needed.
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


class _Sink(io.RawIOBase):
    """A file that is emptied while it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._written += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def _in_columns(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    """The stamp as columns, for kinds of tables that carry nothing else."""
    for name, text in stamp.items():
        table = table.append_column(name, pa.repeat(text, table.num_rows))
    return table


def _in_schema(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    return table.replace_schema_metadata({f"hepatica.{name}": text for name, text in stamp.items()})


def _harmless(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    """Texts that steer no terminal; what a spreadsheet would run as a formula gets an apostrophe before it."""
    columns = []
    for column in plain(_in_columns(table, stamp)).columns:
        text, runs = column, None
        if pa.types.is_string(column.type):
            if pc.any(pc.match_substring_regex(column, _UNSAFE)).as_py():
                text = pc.replace_substring_regex(column, _UNSAFE, "\ufffd")
            runs = pc.and_not(pc.match_substring_regex(text, _FORMULA), pc.match_substring_regex(text, _NUMBER))
        some = runs is not None and pc.any(runs).as_py()
        columns.append(pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text) if some else text)
    names = [f"'{name}" if re.match(_FORMULA, name) else name for name in map(printable, (*table.column_names, *stamp))]
    return pa.table(columns, names=names)


class _Lines:
    """A writer of NDJSON."""

    def __init__(self, target: Any, _: pa.Schema) -> None:
        self._target = target

    def write_table(self, table: pa.Table) -> None:
        text = "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in table.to_pylist())
        self._target.write(escaped_in_json(text).encode("utf-8", "replace"))

    def close(self) -> None:
        """Nothing follows the lines."""


class _Workbook:
    """A writer of Excel's workbooks: one sheet, written when it is closed."""

    def __init__(self, target: Any, schema: pa.Schema) -> None:
        from openpyxl import Workbook

        self._target, self._book, self._rows = target, Workbook(write_only=True), 0
        said = b" ".join(schema.metadata.values()).decode()
        self._book.properties.creator, self._book.properties.description = "Hepatica", said
        self._sheet = self._book.create_sheet("Answers")
        self._sheet.append([self._cell(name) for name in schema.names])

    def write_table(self, table: pa.Table) -> None:
        self._rows += table.num_rows
        if self._rows > _MOST_ROWS:
            raise _cannot(f"a sheet holds {_MOST_ROWS} rows, and the table has more")
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            self._sheet.append([self._cell(value) for value in row])

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str):
            return value
        if len(value) > _LONGEST:
            raise _cannot(f"a cell of a workbook holds {_LONGEST} characters, and this has {len(value)}")
        made = WriteOnlyCell(self._sheet, printable(value))
        # openpyxl would make a formula of it.
        made.data_type = "s"  # a text that begins with = is a text here, and no formula
        return made

    def close(self) -> None:
        stream = io.BytesIO()
        self._book.save(stream)
        self._target.write(_undated(stream.getvalue()))


def _cannot(reason: str) -> InvalidInput:
    return InvalidInput.at("xlsx", "cannot-write", f"{reason}; write CSV or Parquet")


def _undated(data: bytes) -> bytes:
    """A workbook without the time at which it was written, so that the same answers are the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            # The notice stands in there unpacked, so that the next run knows the file for its own.
            packed = zipfile.ZIP_STORED if name == "docProps/core.xml" else zipfile.ZIP_DEFLATED
            new.writestr(zipfile.ZipInfo(name, _EPOCH), content, packed)
    return out.getvalue()


def _separated(target: Any, schema: pa.Schema, delimiter: str) -> Any:
    return csv.CSVWriter(target, schema, write_options=csv.WriteOptions(delimiter=delimiter))


def _in_workbook(table: pa.Table, stamp: Mapping[str, str]) -> pa.Table:
    """Texts and the stamp in columns; the schema carries the stamp as well, for the properties of the file."""
    return _in_schema(plain(_in_columns(table, stamp)), stamp)


_KINDS: Mapping[str, tuple[Callable[[pa.Table, Mapping[str, str]], pa.Table], Callable[[Any, pa.Schema], Any]]] = {
    "csv": (_harmless, partial(_separated, delimiter=",")),
    "tsv": (_harmless, partial(_separated, delimiter="\t")),
    "ndjson": (_in_columns, _Lines),
    "parquet": (_in_schema, parquet_writer),
    "arrow": (
        lambda table, stamp: _in_schema(plain(table), stamp),
        partial(ipc.new_file, options=ipc.IpcWriteOptions(compression="zstd")),
    ),
    "xlsx": (_in_workbook, _Workbook),
}
"""How each kind of table carries the stamp, and what writes it."""
