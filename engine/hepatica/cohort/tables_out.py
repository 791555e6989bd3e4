"""Tables to bytes, piece by piece: CSV, TSV, Excel, Parquet, NDJSON and Arrow; every one carries what it rests on."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from hepatica.printable import escaped_in_json, printable
from hepatica.problems import InvalidInput, Problem

# A spreadsheet runs what begins like this as a formula, unless it is a plain number.
_FORMULA, _NUMBER = r"^[=+\-@\t\r\n]", r"^[+-]\d[\d.,]*$"
_MOST_ROWS, _LONGEST = 1_048_575, 32_767
_EPOCH = (1980, 1, 1, 0, 0, 0)


def table_bytes(tables: Iterable[Any], kind: str, stamp: Mapping[str, str], packing: str = "") -> Iterator[bytes]:
    """The bytes of one table that comes in pieces of one schema (at least one, which may have no rows), as it is made.

    `stamp` says what the answers rest on: the metadata of the schema where the kind has any, else columns. `packing` is "gz",
    "zst" or nothing. Raises `InvalidInput` where a kind cannot hold the table.
    """
    yield from _packed(_WRITERS[kind](tables, stamp), packing)


def _packed(chunks: Iterator[bytes], packing: str) -> Iterator[bytes]:
    if not packing:
        yield from chunks
        return
    sink = _Sink()
    with _packer(sink, packing) as packer:
        for chunk in chunks:
            packer.write(chunk)
            yield sink.taken()
    yield sink.taken()


def _packer(sink: _Sink, packing: str) -> Any:
    if packing == "gz":
        return gzip.GzipFile("", "wb", 6, sink, mtime=0)
    import pyarrow as pa

    return pa.CompressedOutputStream(pa.PythonFile(sink, "w"), "zstd")


class _Sink(io.RawIOBase):
    """A file that is emptied while it is written."""

    def __init__(self) -> None:
        super().__init__()
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


def _with_stamp(table: Any, stamp: Mapping[str, str]) -> Any:
    """The stamp as columns, for kinds of tables that carry nothing else."""
    import pyarrow as pa

    for name, text in stamp.items():
        table = table.append_column(name, pa.repeat(text, table.num_rows))
    return table


def _streamed(tables: Iterable[Any], opened: Callable[[_Sink, Any], Any]) -> Iterator[bytes]:
    """Tables through one of Arrow's writers, which is opened with the schema of the first."""
    sink, writer = _Sink(), None
    for table in tables:
        writer = writer or opened(sink, table.schema)
        writer.write_table(table)
        yield sink.taken()
    if writer is not None:
        writer.close()
    yield sink.taken()


def _separated(tables: Iterable[Any], stamp: Mapping[str, str], delimiter: str) -> Iterator[bytes]:
    from pyarrow import csv

    options = csv.WriteOptions(delimiter=delimiter)
    safe = (_harmless(_with_stamp(table, stamp)) for table in tables)
    return _streamed(safe, lambda sink, schema: csv.CSVWriter(sink, schema, write_options=options))


def _harmless(table: Any) -> Any:
    """Texts for a spreadsheet: what it would run as a formula gets an apostrophe before it, and lists become text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for column in table.columns:
        text = _text(column)
        if pa.types.is_string(text.type):
            runs = pc.and_not(pc.match_substring_regex(text, _FORMULA), pc.match_substring_regex(text, _NUMBER))
            text = pc.if_else(runs, pc.binary_join_element_wise("'", text, ""), text) if pc.any(runs).as_py() else text
        columns.append(text)
    names = [f"'{name}" if re.match(_FORMULA, name) else name for name in table.column_names]
    return pa.table(columns, names=names)


def _text(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return pc.binary_join(column, "; ") if pa.types.is_list(column.type) else column


def _lines(tables: Iterable[Any], stamp: Mapping[str, str]) -> Iterator[bytes]:
    for table in tables:
        rows = _with_stamp(table, stamp).to_pylist()
        text = "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows)
        yield escaped_in_json(text).encode("utf-8", "replace")


def _stamped(table: Any, stamp: Mapping[str, str]) -> Any:
    return table.replace_schema_metadata({f"hepatica.{name}": text for name, text in stamp.items()})


def _parquet(tables: Iterable[Any], stamp: Mapping[str, str]) -> Iterator[bytes]:
    import pyarrow as pa

    from hepatica.cohort.streaming import parquet_writer

    return _streamed(
        (_stamped(table, stamp) for table in tables), lambda sink, schema: parquet_writer(pa.PythonFile(sink, "w"), schema)
    )


def _arrow(tables: Iterable[Any], stamp: Mapping[str, str]) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import ipc

    options = ipc.IpcWriteOptions(compression="zstd")
    plain = (pa.table([_text(column) for column in each.columns], names=each.column_names) for each in tables)
    return _streamed(
        (_stamped(table, stamp) for table in plain),
        lambda sink, schema: ipc.new_file(pa.PythonFile(sink, "w"), schema, options=options),
    )


def _workbook(tables: Iterable[Any], stamp: Mapping[str, str]) -> Iterator[bytes]:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    book.properties.creator, book.properties.description = "Hepatica", " ".join(stamp.values())
    sheet = book.create_sheet("Answers")

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if len(value) > _LONGEST:
            raise _cannot(f"a cell of a workbook holds {_LONGEST} characters, and this has {len(value)}")
        made = WriteOnlyCell(sheet, re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", printable(value)))
        made.data_type = "s"  # a text that begins with = is a text here, and no formula
        return made

    rows = 0
    for number, table in enumerate(tables):
        stamped = _with_stamp(table, stamp)
        if not number:
            sheet.append([cell(name) for name in stamped.column_names])
        rows += table.num_rows
        if rows > _MOST_ROWS:
            raise _cannot(f"a sheet holds {_MOST_ROWS} rows, and the table has more")
        for row in zip(*(_text(column).to_pylist() for column in stamped.columns), strict=True):
            sheet.append([cell(value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    yield _undated(stream.getvalue())


def _cannot(reason: str) -> InvalidInput:
    return InvalidInput([Problem("xlsx", 1, 1, "cannot-write", f"{reason}; write CSV or Parquet")])


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


_WRITERS: Mapping[str, Callable[[Iterable[Any], Mapping[str, str]], Iterator[bytes]]] = {
    "csv": partial(_separated, delimiter=","),
    "tsv": partial(_separated, delimiter="\t"),
    "ndjson": _lines,
    "parquet": _parquet,
    "arrow": _arrow,
    "xlsx": _workbook,
}
