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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import ipc, parquet

from hepatica.cohort.cells import Reject, flat, plain_cell, plain_column, shortened, texts
from hepatica.cohort.mapping import DELIMITERS, TableFormat
from hepatica.problems import InvalidInput, Problem, gathered, quote

BATCH = 65_536
LONGEST_CELL = 1_000_000
LONGEST_LINE = 1 << 26
MOST_COLUMNS = 16_384  # as many as a sheet of Excel has
STDIN = "-"
_PATTERN = re.compile(r"[*?\[]")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[{\]])")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UNREADABLE = (pa.ArrowException, UnicodeDecodeError)  # the second where a name in the schema is damaged
_wrong = InvalidInput.at


class RawBatch(NamedTuple):
    """Some rows of a file: an Arrow table of its columns, the rows' numbers (n,), the rows that are none, and the columns that
    go with the answers."""

    table: pa.Table
    rows: Any
    rejects: tuple[Reject, ...] = ()
    given: Any = None


class TableSource(NamedTuple):
    """One table and how to go through it: `rows` where their number is known, `european` where semicolons stand between texts,
    and a comma may be the mark before decimals."""

    name: str
    columns: tuple[str, ...]
    batches: Callable[[], Iterator[RawBatch]]
    rows: int | None = None
    european: bool = False


def opened(paths: Sequence[str], how: TableFormat) -> list[TableSource]:
    """The tables of some files, `-` for standard input, or a pattern; raises `InvalidInput` for all that are wrong."""
    return gathered([name for path in paths for name in _fitting(path)], lambda name: [_opened(name, how)])


def _fitting(path: str) -> list[str]:
    if path == STDIN or not _PATTERN.search(path) or Path(path).exists():
        return [path]
    found = sorted(name for name in glob(path, recursive=True) if Path(name).is_file())  # noqa: PTH207 -- may be absolute
    if not found:
        raise _wrong(path, "unreadable", "no file fits this pattern")
    return found


def _opened(path: str, how: TableFormat) -> TableSource:
    name = "<stdin>" if path == STDIN else path
    with _readable(name):
        file = _spooled() if path == STDIN else Path(path)
        with file.open("rb") as stream:
            head = unpacked(stream).read(4096)
        source = _source(file, name, head, how)

    def batches() -> Iterator[RawBatch]:
        with _readable(name):
            every = source.batches()
            # At least one, which may have no rows.
            yield next(every, None) or _batch(source.columns, [])
            yield from every

    return source._replace(batches=batches)


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
    # In a file: most kinds of tables must be read from both ends, and text is read twice.
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
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"))
    # Unlike Arrow's, Python's own reader takes zero bytes behind the end for padding, as gzip itself does.
    return gzip.GzipFile(fileobj=stream) if head.startswith(b"\x1f\x8b") else stream  # type: ignore[return-value]


def _source(file: Path, name: str, head: bytes, how: TableFormat) -> TableSource:
    if head.startswith((b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")):
        return _arrow(file, name, "Parquet" if head[:1] == b"P" else "Arrow")
    if head[:4] == b"PK\x03\x04":
        return _workbook(file, name, how)
    if head[:4] == _OLD_EXCEL:
        raise _wrong(name, "unreadable", "an Excel file of before 2007, or a locked one: save it as .xlsx without a password")
    if _JSON.match(head):
        encoding = how.encoding or "utf-8-sig"
        names = list(dict.fromkeys(key for row in _json_rows(file, name, encoding) for key in row))
        return _listed(name, lambda: ([row.get(key) for key in names] for row in _json_rows(file, name, encoding)), names)
    return _text_table(file, name, head, how)


def checked(columns: Iterable[Any], name: str) -> tuple[str, ...]:
    """The names of a table's columns: an empty one is named by its place. Raises `InvalidInput` where two are the same."""
    named = [str(column or "").strip() or f"column {number}" for number, column in enumerate(columns, 1)]
    if len(named) > MOST_COLUMNS:
        raise _wrong(name, "too-many", f"{len(named):,} columns; at most {MOST_COLUMNS:,} are read")
    wrong, left = [], Counter(named)
    for number, column in enumerate(named, 1):
        if (same := left.pop(column, 1)) > 1:
            apart = "name each apart (a file without a header row needs a mapping with `table: {header: [...]}`)"
            message = f"{same} columns are named {quote(column)}; {apart}"
            wrong.append(Problem(name, 1, number, "duplicate-column", message))
        if "\0" in column:
            message = f"the name of column {number} holds a NUL: is the file UTF-16? say its encoding"
            wrong.append(Problem(name, 1, 1, "not-text", message))
    if wrong:
        raise InvalidInput(wrong)
    return tuple(named)


# Text: CSV, TSV and their kin


def _text_table(file: Path, name: str, head: bytes, how: TableFormat) -> TableSource:
    encoding = how.encoding or ("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    first = next((line for line in _lines(file, name, encoding) if line.strip("\r\n")), None)
    if first is None:
        raise _wrong(name, "empty", "the file is empty")
    mark = how.delimiter or _delimiter(first.strip("\r\n"), name, len(how.header))
    found = _listed(name, lambda: _records(file, name, encoding, mark), how.header or None)
    return found._replace(european=mark == ";")


def _lines(file: Path, name: str, encoding: str) -> Iterator[str]:
    """The lines of a text table; one without an end, as a packed file of few bytes may hold, is refused."""
    number = 0
    try:
        with file.open("rb") as raw, io.TextIOWrapper(unpacked(raw), encoding, newline="") as text:
            while line := text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise _wrong(name, "too-long", f"a line of more than {LONGEST_LINE:,} characters", number)
                yield line
    except UnicodeDecodeError as error:
        line_number = number + 1 + error.object.count(b"\n", 0, error.start)
        message = f"a byte ({error.object[error.start]:#04x}) that is no {encoding.removesuffix('-sig').upper()} text; "
        raise _wrong(name, "not-text", f"{message}say the file's encoding (latin-1, cp1252 ...)", line_number) from None
    except (LookupError, UnicodeError):
        raise _wrong(name, "not-text", f"the text is not {quote(encoding)}") from None


def _records(file: Path, name: str, encoding: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader, number = csv.reader(_lines(file, name, encoding), delimiter=delimiter, strict=True), 0
    try:
        for cells in reader:
            number = reader.line_num
            if cells:  # else the line is blank
                yield cells
    except csv.Error as error:
        raise _wrong(name, "not-csv", f"quotes or cells that end nowhere: {error}", number + 1) from None


def _delimiter(line: str, name: str, known: int) -> str:
    """The delimiter of a first line: the only one that stands in it outside quotes, or that gives as many cells as are known."""
    bare = re.sub(r'"[^"]*"', "", line)
    found = [mark for mark in DELIMITERS if (bare.count(mark) + 1 == known if known else mark in bare)]
    if len(found) > 1:
        said = " and ".join(DELIMITERS[mark] for mark in found)
        message = f"the first line holds more than one mark that may stand between cells ({said}); say which"
        raise _wrong(name, "delimiter", message)
    return found[0] if found else ","


def _listed(name: str, rows: Callable[[], Iterator[Sequence[Any]]], header: Sequence[str] | None) -> TableSource:
    """A table of rows, the first of which names the columns where no `header` does."""
    columns = checked(next(rows()) if header is None else header, name)

    def batches() -> Iterator[RawBatch]:
        numbered = enumerate(itertools.islice(rows(), int(header is None), None), 1)
        while part := list(itertools.islice(numbered, BATCH)):
            yield _batch(columns, part)

    return TableSource(name, columns, batches)


def _batch(columns: tuple[str, ...], rows: Sequence[tuple[int, Sequence[Any]]]) -> RawBatch:
    """Rows as a batch: one of another length than the columns, or without any content, is a reject."""
    numbers, whole, bad = [], [], []
    for number, cells in rows:
        if len(cells) != len(columns):
            value = shortened(" | ".join(plain_cell(cell) or "" for cell in cells))
            reason = f"{len(cells)} cells where the table has {len(columns)} columns"
            bad.append(Reject(number, "", value, "ragged-row", reason))
        elif all(cell is None or cell == "" for cell in cells):
            bad.append(Reject(number, "", "", "empty-row", "the row holds nothing"))
        else:
            numbers.append(number)
            whole.append(cells)
    arrays = map(_array, zip(*whole, strict=True) if whole else [()] * len(columns))
    return RawBatch(pa.table(list(arrays), names=list(columns)), np.array(numbers, dtype=np.int64), tuple(bad))


def _array(cells: Sequence[Any]) -> pa.Array:
    """Cells as an Arrow array: of one kind as they are, of several as the texts that a person would have typed."""
    kinds = {type(cell) for cell in cells if cell is not None}
    with suppress(OverflowError):  # a whole number of more than 64 bits is text as well
        if kinds == {int, float}:
            return pa.array([None if cell is None else float(cell) for cell in cells])
        if kinds in ({bool}, {int}, {float}):
            return pa.array(cells)
    return pa.array(cells, pa.string()) if kinds <= {str} else texts(cells)


# JSON: an object to a line, or a list of objects


def _json_rows(file: Path, name: str, encoding: str) -> Iterator[dict[str, Any]]:
    """The rows, mappings within them opened up (`child_pugh_components.inr`)."""
    lines = _lines(file, name, encoding)
    for number, line in enumerate(lines, 1):
        if line.lstrip()[:1] == "[":
            # A list is one document: where its objects end, only its end says.
            document = io.StringIO()
            for part in itertools.chain([line], lines):
                if document.tell() + len(part) > LONGEST_LINE:
                    raise _wrong(name, "too-long", f"a list of more than {LONGEST_LINE:,} characters: give an object to a line")
                document.write(part)
            for row in _json(document.getvalue(), name, number, list):
                yield _opened_up(row, name, number)
        elif line.strip():
            yield _opened_up(_json(line, name, number, dict), name, number)


def _json(text: str, name: str, line: int, kind: type) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) < len(pairs):
            raise _wrong(name, "not-ndjson", "a key stands twice in one object", line)
        return found

    try:
        found = json.loads(text, object_pairs_hook=once)
        # Half of a pair of escapes (\ud800) is text to JSON, and to nobody else.
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _wrong(name, "not-text", "half of a surrogate pair (an escape such as \\ud800) is no character", line) from None
    except (ValueError, RecursionError) as error:
        found, line = None, line + getattr(error, "lineno", 1) - 1
    if not isinstance(found, kind):
        raise _wrong(name, "not-ndjson", "one JSON object to a line is needed, or a list of objects", line)
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
    first = next(_sheet_rows(file, name, how), None)
    if first is None:
        raise _wrong(name, "empty", "the sheet is empty")
    empty = [None] * len(how.header or first)
    # A sheet does not store its empty cells, so a short row is a whole one.
    return _listed(name, lambda: (cells + empty[len(cells) :] for cells in _sheet_rows(file, name, how)), how.header or None)


def _sheet_rows(file: Path, name: str, how: TableFormat) -> Iterator[list[Any]]:
    """The rows of the one sheet, or of the one that is named, each to its last cell that holds anything."""
    from openpyxl.reader.excel import ExcelReader

    class CellsReader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
        """Passes over sheets of charts: they hold no cells, and where rows are read one by one openpyxl breaks on them."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None: ...

    try:
        # With the results of formulas, and with the formulas themselves.
        readers = [CellsReader(file, read_only=True, data_only=values) for values in (True, False)]
        for reader in readers:
            reader.read()
    except Exception as error:  # openpyxl lets through whatever its XML and ZIP readers raise
        raise _wrong(name, "unreadable", f"no workbook that can be read: {quote(str(error))}") from None
    chosen = _sheet(readers[0].wb, name, how.sheet)
    waiting: list[list[Any]] = []
    for shown, written in zip(*(reader.wb[chosen].iter_rows(values_only=True) for reader in readers), strict=False):
        # A formula whose result was never stored is given as it is written, for no reader takes it for a value.
        pairs = (
            (b if a is None and isinstance(b, str) and b.startswith("=") else a) for a, b in zip(shown, written, strict=False)
        )
        cells = [each if isinstance(each, (bool, int, float)) else plain_cell(each) for each in pairs]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        waiting.append(cells)
        if cells:  # what is empty to the end of the sheet is no row
            yield from waiting
            waiting.clear()


def _sheet(book: Any, name: str, wanted: str) -> str:
    titles = [sheet.title for sheet in book.worksheets]
    named = ", ".join(map(quote, titles))
    if not titles:
        raise _wrong(name, "empty", "the workbook has no sheet of cells")
    if wanted and wanted not in titles:
        raise _wrong(name, "unknown-sheet", f"no sheet {quote(wanted)}; the file has {named}")
    if not wanted and len(titles) > 1:
        message = f"{len(titles)} sheets ({named}); say which in a mapping: `table: {{sheet: ...}}`"
        raise _wrong(name, "several-sheets", message)
    return wanted or titles[0]


# Parquet and Arrow


def parquet_file(file: str | Path) -> parquet.ParquetFile:
    """A Parquet file whose texts are read as dictionaries: a tenth of the memory, and each different cell is looked at once."""
    schema = parquet.read_schema(file)
    return parquet.ParquetFile(
        file, read_dictionary=[one.name for one in schema if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)]
    )


def _arrow(file: Path, name: str, kind: str) -> TableSource:
    try:
        rows, schema, every = _record_batches(file, kind)
        columns = checked(flat(schema.empty_table()).column_names, name)
    except _UNREADABLE as error:
        raise _wrong(name, "unreadable", f"no {kind} file that can be read: {quote(str(error))}") from None

    def batches() -> Iterator[RawBatch]:
        done = 0
        try:
            for batch in every():
                # Damaged offsets would lead beyond the buffers' ends: a crash, where nothing can be caught.
                batch.validate(full=True)
                numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                yield RawBatch(pa.table(list(map(plain_column, flat(batch).columns)), names=list(columns)), numbers)
        except _UNREADABLE as error:
            raise _wrong(name, "unreadable", f"ends or breaks after row {done}: {quote(str(error))}") from None

    return TableSource(name, columns, batches, rows)


def _record_batches(file: Path, kind: str) -> tuple[int | None, pa.Schema, Callable[[], Iterable[Any]]]:
    if kind == "Parquet":
        packed = parquet_file(file)
        return packed.metadata.num_rows, packed.schema_arrow, lambda: packed.iter_batches(BATCH)
    try:
        read = ipc.open_file(pa.memory_map(str(file)))
        return None, read.schema, lambda: map(read.get_batch, range(read.num_record_batches))
    except pa.ArrowInvalid:
        stream = ipc.open_stream(pa.memory_map(str(file)))
        return None, stream.schema, lambda: stream
