"""Tables from files: CSV, TSV, Excel, Parquet, NDJSON and Arrow, as they are or packed by gzip or zstd, batch by batch.

What a file is, its first bytes say, not its name. A text table is never interpreted: every cell stays the text it is.
"""

from __future__ import annotations

import atexit
import csv
import gzip
import io
import itertools
import json
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from glob import glob
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import ipc, parquet

from hepatica.cohort.cells import flat, plain_cell, plain_column
from hepatica.cohort.mapping import DELIMITERS, TableFormat
from hepatica.cohort.rejects import Reject, shortened
from hepatica.problems import InvalidInput, Problem, gathered, quote
from hepatica.records import record

BATCH = 65_536
LONGEST_CELL = 1_000_000
STDIN = "-"
_PATTERN = re.compile(r"[*?\[]")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[{\]])")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class RawBatch(NamedTuple):
    """Some rows of a file: an Arrow table of its columns, the rows' numbers (n,), and the rows that are none."""

    table: pa.Table
    rows: Any
    rejects: tuple[Reject, ...] = ()


@record
class TableSource:
    """One table: its name, its columns, the number of rows where that is known, and how to go through it.

    `european` is true of a text table that is separated by semicolons, where a comma may be the mark before decimals.
    """

    name: str
    columns: tuple[str, ...]
    batches: Callable[[], Iterator[RawBatch]] = field(compare=False)
    rows: int | None = None
    european: bool = False


def opened(paths: Sequence[str], how: TableFormat) -> list[TableSource]:
    """The tables of some files: `-` is standard input, a pattern stands for every file that fits.

    Raises `InvalidInput` with what is wrong with any of them.
    """
    return gathered([name for path in paths for name in _fitting(path)], lambda name: [_opened(name, how)])


def _fitting(path: str) -> list[str]:
    if path == STDIN or not _PATTERN.search(path) or Path(path).exists():
        return [path]
    found = sorted(name for name in glob(path, recursive=True) if Path(name).is_file())  # noqa: PTH207 -- may be absolute
    if not found:
        raise _wrong(path, "unreadable", "no file fits this pattern")
    return found


def _wrong(name: str, code: str, message: str, line: int = 1) -> InvalidInput:
    return InvalidInput([Problem(name, line, 1, code, message)])


def _opened(path: str, how: TableFormat) -> TableSource:
    name = "<stdin>" if path == STDIN else path
    with _readable(name):
        file = _spooled() if path == STDIN else Path(path)
        with file.open("rb") as stream:
            head = unpacked(stream).read(4096)
        source = _source(file, name, head, how)
    return replace(source, batches=lambda: _whole(source))


def _whole(source: TableSource) -> Iterator[RawBatch]:
    """The batches of a table, at least one, which may have no rows."""
    number = -1
    with _readable(source.name):
        for number, batch in enumerate(source.batches()):  # noqa: B007 -- whether there was any is asked below
            yield batch
    if number < 0:
        yield _batch(source.columns, [])


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What files and their packing raise, as a problem of the file."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "no such file" if missing else (getattr(error, "strerror", None) or "cannot be read to its end").lower()
        raise _wrong(name, "unreadable", reason) from None


def _spooled() -> Path:
    """Standard input in a file: most kinds of tables must be read from both ends, and text is read twice."""
    if sys.stdin is None:
        raise _wrong("<stdin>", "unreadable", "standard input is closed")
    spool = tempfile.NamedTemporaryFile(prefix="hepatica-")  # noqa: SIM115 -- lives as long as the process
    # Registering keeps it, and commands end without taking objects apart, which would remove it.
    atexit.register(spool.close)
    shutil.copyfileobj(sys.stdin.buffer, spool)
    spool.flush()
    return Path(spool.name)


def unpacked(stream: IO[bytes]) -> IO[bytes]:
    """The bytes of a file, unpacked where it is packed."""
    head = stream.read(4)
    stream.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.open(stream)  # type: ignore[return-value]
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(stream), "zstd"))
    return stream


def _source(file: Path, name: str, head: bytes, how: TableFormat) -> TableSource:
    if head[:4] == b"PAR1":
        return _parquet(file, name)
    if head[:6] == b"ARROW1" or head[:4] == b"\xff\xff\xff\xff":
        return _arrow(file, name)
    if head[:4] == b"PK\x03\x04":
        return _workbook(file, name, how)
    if head[:4] == _OLD_EXCEL:
        raise _wrong(name, "unreadable", "an Excel file of before 2007, or a locked one: save it as .xlsx without a password")
    if _JSON.match(head):
        return _json_table(file, name)
    return _text_table(file, name, head, how)


def checked(columns: Iterable[Any], name: str) -> tuple[str, ...]:
    """The names of a table's columns: an empty one is named by its place. Raises `InvalidInput` where two are the same."""
    named = [str(column or "").strip() or f"column {number}" for number, column in enumerate(columns, 1)]
    twice = sorted({column for column in named if named.count(column) > 1})
    wrong = [
        Problem(name, 1, 1 + named.index(column), "duplicate-column", f"{named.count(column)} columns are named {quote(column)}; "
        "name each apart (a file without a header row needs a mapping with `table: {header: [...]}`)")
        for column in twice
    ]  # fmt: skip
    wrong += [
        Problem(name, 1, 1, "not-text", f"the name of column {number} holds a NUL: is the file UTF-16? say its encoding")
        for number, column in enumerate(named, 1)
        if "\0" in column
    ]
    if wrong:
        raise InvalidInput(wrong)
    return tuple(named)


# Text: CSV, TSV and their kin


def _text_table(file: Path, name: str, head: bytes, how: TableFormat) -> TableSource:
    encoding = how.encoding or _MARKS.get(head[:2], "utf-8-sig")
    first = next((line for line in _lines(file, name, encoding) if line.strip("\r\n")), None)
    if first is None:
        raise _wrong(name, "empty", "the file is empty")
    delimiter = how.delimiter or _delimiter(first.strip("\r\n"), name, len(how.header))
    columns = checked(how.header or next(_records(file, name, encoding, delimiter)), name)

    def batches() -> Iterator[RawBatch]:
        rows = itertools.islice(_records(file, name, encoding, delimiter), 0 if how.header else 1, None)
        yield from _of_cells(rows, columns)

    return TableSource(name, columns, batches, None, delimiter == ";")


def _lines(file: Path, name: str, encoding: str) -> Iterator[str]:
    """The lines of a text table."""
    number = 0
    try:
        with file.open("rb") as raw, io.TextIOWrapper(unpacked(raw), encoding, newline="") as text:
            for number, line in enumerate(text, 1):  # noqa: B007 -- what cannot be decoded begins behind the last line
                yield line
    except UnicodeDecodeError as error:
        line_number = number + 1 + error.object.count(b"\n", 0, error.start)
        message = f"a byte ({error.object[error.start]:#04x}) that is no {encoding.removesuffix('-sig').upper()} text; "
        raise _wrong(name, "not-text", f"{message}say the file's encoding (latin-1, cp1252 ...)", line_number) from None
    except (LookupError, UnicodeError):
        raise _wrong(name, "not-text", f"the text is not {quote(encoding)}") from None


def _records(file: Path, name: str, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of a text table, blank lines left out."""
    csv.field_size_limit(LONGEST_CELL)
    reader, number = csv.reader(_lines(file, name, encoding), delimiter=delimiter, strict=True), 0
    try:
        for cells in reader:
            number = reader.line_num
            if cells:
                yield cells
    except csv.Error as error:
        raise _wrong(name, "not-csv", f"quotes or cells that end nowhere: {error}", number + 1) from None


def _delimiter(line: str, name: str, known: int) -> str:
    """The delimiter of a first line: the only one that stands in it outside quotes, or that gives as many cells as are known."""
    bare = re.sub(r'"[^"]*"', "", line)
    found = [mark for mark in DELIMITERS if mark in bare]
    if known:
        found = [mark for mark in DELIMITERS if bare.count(mark) + 1 == known]
    if len(found) > 1:
        said = " and ".join(DELIMITERS[mark] for mark in found)
        raise _wrong(
            name, "delimiter", f"the first line holds more than one mark that may stand between cells ({said}); say which"
        )
    return found[0] if found else ","


def _of_cells(rows: Iterable[Sequence[Any]], columns: tuple[str, ...]) -> Iterator[RawBatch]:
    """Batches of rows; one of another length, or without any content, is a reject."""
    numbered = enumerate(rows, 1)
    while part := list(itertools.islice(numbered, BATCH)):
        yield _batch(columns, part)


def _batch(columns: tuple[str, ...], rows: Sequence[tuple[int, Sequence[Any]]]) -> RawBatch:
    whole = [(number, cells) for number, cells in rows if len(cells) == len(columns) and not _empty(cells)]
    kept = {number for number, _ in whole} if len(whole) < len(rows) else None
    bad = () if kept is None else tuple(_no_row(number, cells, len(columns)) for number, cells in rows if number not in kept)
    cells = list(zip(*(cells for _, cells in whole), strict=True)) or [()] * len(columns)
    table = pa.table([_array(each) for each in cells], names=list(columns))
    return RawBatch(table, np.array([number for number, _ in whole], dtype=np.int64), bad)


def _empty(cells: Iterable[Any]) -> bool:
    return all(cell is None or cell == "" for cell in cells)


def _no_row(number: int, cells: Sequence[Any], expected: int) -> Reject:
    if len(cells) == expected:
        return Reject(number, "", "", "empty-row", "the row holds nothing")
    reason = f"{len(cells)} cells where the table has {expected} columns"
    return Reject(number, "", shortened(" | ".join(plain_cell(cell) or "" for cell in cells)), "ragged-row", reason)


def _array(cells: Sequence[Any]) -> pa.Array:
    """Cells as an Arrow array: of one kind as they are, of several as the texts that a person would have typed."""
    kinds = {type(cell) for cell in cells if cell is not None}
    with suppress(OverflowError):  # a whole number of more than 64 bits is text as well
        if kinds == {int, float}:
            return pa.array([None if cell is None else float(cell) for cell in cells])
        if kinds in ({bool}, {int}, {float}):
            return pa.array(cells)
    return pa.array(cells if kinds <= {str} else map(plain_cell, cells), pa.string())


# JSON: an object to a line, or a list of objects


def _json_table(file: Path, name: str) -> TableSource:
    names = dict.fromkeys(key for row in _json_rows(file, name) for key in row)
    columns = checked(names, name)
    return TableSource(
        name, columns, lambda: _of_cells(([row.get(key) for key in names] for row in _json_rows(file, name)), columns)
    )


def _json_rows(file: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows, mappings within them opened up (`child_pugh_components.inr`)."""
    number = 0
    with file.open("rb") as raw, io.TextIOWrapper(unpacked(raw), "utf-8-sig") as text:
        lines = (line for line in text)
        try:
            for number, line in enumerate(lines, 1):
                if line.lstrip()[:1] == "[":
                    # A list is one document: where its objects end, only its end says.
                    for row in _json("".join([line, *lines]), name, number, list):
                        yield _opened_up(row, name, number)
                elif line.strip():
                    yield _opened_up(_json(line, name, number, dict), name, number)
        except UnicodeDecodeError:
            raise _wrong(name, "not-text", "not UTF-8 text", number + 1) from None


def _json(text: str, name: str, line: int, kind: type) -> Any:
    """A list or an object in a text; raises `InvalidInput`."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
        # Half of a pair of escapes (\ud800) is text to JSON, and to nobody else.
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _wrong(name, "not-text", "half of a surrogate pair (an escape such as \\ud800) is no character", line) from None
    except (ValueError, RecursionError) as error:
        where = line + getattr(error, "lineno", 1) - 1
        said = str(error) if isinstance(error, _TwiceError) else "one JSON object to a line is needed, or a list of objects"
        raise _wrong(name, "not-ndjson", said, where) from None
    if not isinstance(found, kind):
        raise _wrong(name, "not-ndjson", "one JSON object to a line is needed, or a list of objects", line)
    return found


class _TwiceError(ValueError):
    """A key that stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError("a key stands twice in one object")
    return found


def _opened_up(row: Any, name: str, line: int, lead: str = "") -> dict[str, Any]:
    if not isinstance(row, dict):
        raise _wrong(name, "not-ndjson", f"a row is an object, not {quote(str(row))}", line)
    found: dict[str, Any] = {}
    for key, value in row.items():
        found |= _opened_up(value, name, line, f"{lead}{key}.") if isinstance(value, dict) else {f"{lead}{key}": value}
    return found


# Excel


def _workbook(file: Path, name: str, how: TableFormat) -> TableSource:
    rows = _sheet_rows(file, name, how)
    first = next(rows, None)
    if first is None:
        raise _wrong(name, "empty", "the sheet is empty")
    columns = checked(how.header or _trimmed(first), name)

    def batches() -> Iterator[RawBatch]:
        every = itertools.islice(_sheet_rows(file, name, how), 0 if how.header else 1, None)
        # A sheet does not store its empty cells, so a short row is a whole one.
        yield from _of_cells(([*cells, *[None] * (len(columns) - len(cells))] for cells in map(_trimmed, every)), columns)

    return TableSource(name, columns, batches)


def _trimmed(cells: Sequence[Any]) -> list[Any]:
    """The cells to the last that holds anything."""
    last = max((number for number, cell in enumerate(cells, 1) if cell is not None and cell != ""), default=0)
    return list(cells[:last])


def _sheet_rows(file: Path, name: str, how: TableFormat) -> Iterator[tuple[Any, ...]]:
    """The rows of the one sheet, or of the one that is named, to the last that holds anything."""
    try:
        books = [_book(file, values=values) for values in (True, False)]
    except Exception as error:  # openpyxl lets through whatever its XML and ZIP readers raise
        raise _wrong(name, "unreadable", f"no workbook that can be read: {quote(str(error))}") from None
    chosen = _sheet(books[0], name, how.sheet)
    waiting: list[tuple[Any, ...]] = []
    pairs = zip(*(book[chosen].iter_rows(values_only=True) for book in books), strict=False)
    for shown, written in pairs:
        waiting.append(tuple(map(_cell, shown, written)))
        if not _empty(waiting[-1]):
            yield from waiting
            waiting.clear()


def _book(file: Path, *, values: bool) -> Any:
    """A workbook with the results of its formulas, or with the formulas themselves."""
    from openpyxl.reader.excel import ExcelReader

    class CellsReader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
        """Passes over sheets of charts: they hold no cells, and where rows are read one by one openpyxl breaks on them."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None: ...

    reader = CellsReader(file, read_only=True, data_only=values)
    reader.read()
    return reader.wb


def _sheet(book: Any, name: str, wanted: str) -> str:
    titles = [sheet.title for sheet in book.worksheets]
    if not titles:
        raise _wrong(name, "empty", "the workbook has no sheet of cells")
    if wanted and wanted not in titles:
        raise _wrong(name, "unknown-sheet", f"no sheet {quote(wanted)}; the file has {', '.join(map(quote, titles))}")
    if not wanted and len(titles) > 1:
        message = f"{len(titles)} sheets ({', '.join(map(quote, titles))}); say which in a mapping: `table: {{sheet: ...}}`"
        raise _wrong(name, "several-sheets", message)
    return wanted or titles[0]


def _cell(shown: Any, written: Any) -> Any:
    """A cell's value. A formula whose result was never stored is given as it is written, for no reader takes it for a value."""
    value = written if shown is None and isinstance(written, str) and written.startswith("=") else shown
    return value if isinstance(value, (bool, int, float)) else plain_cell(value)


# Parquet and Arrow

_UNREADABLE = (pa.ArrowException, UnicodeDecodeError)  # the second where a name in the schema is damaged


def _parquet(file: Path, name: str) -> TableSource:
    try:
        read = parquet_file(file)
        return _of_arrow(lambda: read.iter_batches(BATCH), read.schema_arrow, name, read.metadata.num_rows)
    except _UNREADABLE as error:
        raise _wrong(name, "unreadable", f"no Parquet file that can be read: {quote(str(error))}") from None


def parquet_file(file: str | Path) -> parquet.ParquetFile:
    """A Parquet file whose texts are read as dictionaries: a tenth of the memory, and each different cell is looked at once."""
    schema = parquet.read_schema(file)
    texts = [one.name for one in schema if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)]
    return parquet.ParquetFile(file, read_dictionary=texts)


def _arrow(file: Path, name: str) -> TableSource:
    try:
        try:
            read: Any = ipc.open_file(pa.memory_map(str(file)))
            stream = (read.get_batch(index) for index in range(read.num_record_batches))
        except pa.ArrowInvalid:
            read = stream = ipc.open_stream(pa.memory_map(str(file)))
        return _of_arrow(lambda: stream, read.schema, name)
    except _UNREADABLE as error:
        raise _wrong(name, "unreadable", f"no Arrow file that can be read: {quote(str(error))}") from None


def _of_arrow(batches: Callable[[], Iterable[Any]], schema: pa.Schema, name: str, rows: int | None = None) -> TableSource:
    columns = checked(flat(schema.empty_table()).column_names, name)

    def read() -> Iterator[RawBatch]:
        done = 0
        try:
            for batch in batches():
                # Damaged offsets would lead beyond the buffers' ends: a crash, where nothing can be caught.
                batch.validate(full=True)
                numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                yield RawBatch(pa.table(list(map(plain_column, flat(batch).columns)), names=list(columns)), numbers)
        except _UNREADABLE as error:
            raise _wrong(name, "unreadable", f"ends or breaks after row {done}: {quote(str(error))}") from None

    return TableSource(name, columns, read, rows)
