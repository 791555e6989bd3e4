"""A mapping proposed for a table: what its columns seem to be, what they hold, and what only a person can say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from textwrap import wrap
from typing import Any, Literal

from hepatica.cohort.cells import plain_cell
from hepatica.cohort.mapping import NUMERIC, PARTS, TableFormat, found_field
from hepatica.cohort.sources import TableSource
from hepatica.notice import NOTICE
from hepatica.patient import COMPONENTS, Field, Fields, Refused, is_missing, profile_from, read_value
from hepatica.problems import InvalidInput, quote
from hepatica.records import record

MOST_CELLS, MOST_SHOWN = 2000, 8
_CHECK_BOX = re.compile(r"(?P<group>.+?)___(?P<code>[A-Za-z0-9_]+)")
_PATIENT = re.compile(r"(record|patient|subject|case|study|participant)?[ _-]?(id|no|nr|number|pseudonym)", re.IGNORECASE)
_UNIT = re.compile(r"(?:^|[ _])units?(?:$|[ _])", re.IGNORECASE)
_LIKE = 0.85
Certainty = Literal["sure", "unsure", "not_read"]


@record(kw_only=True)
class DraftColumn:
    """A column, the field that it seems to hold, how sure that is, why, and some of its cells."""

    column: str
    field: str
    certainty: Certainty
    says: str
    unit: str = ""
    cells: tuple[str, ...] = ()


@record(kw_only=True)
class MappingDraft:
    """What a table's columns seem to be. `yaml` is the mapping file: what is unsure stands in it as comments to be answered."""

    notice: str
    table: str
    rows: int
    columns: tuple[DraftColumn, ...]
    yaml: str


def draft_mapping(source: TableSource, fields: Fields, how: TableFormat) -> MappingDraft:
    """A mapping proposed from a table's headings and its first rows; nothing in it is guessed silently."""
    batch = next(source.batches())
    # By place: a heading may hold what pyarrow cannot look up.
    cells = zip(source.columns, batch.table.columns, strict=True)
    columns = tuple(_once([_column(name, Counter(_texts(column)), fields) for name, column in cells]))
    yaml = "\n".join(_written(source, columns, fields, how)) + "\n"
    return MappingDraft(notice=NOTICE, table=source.name, rows=batch.table.num_rows, columns=columns, yaml=yaml)


def _texts(column: Any) -> Iterator[str]:
    return (text for cell in column.to_pylist() if (text := (plain_cell(cell) or "").strip()))


def _column(name: str, cells: Counter[str], fields: Fields) -> DraftColumn:
    shown = tuple(cell for cell, _ in cells.most_common(MOST_SHOWN))
    field, certainty, says, unit = _seems(name, cells, fields)
    return DraftColumn(column=name, field=field, certainty=certainty, says=says, unit=unit, cells=shown)


def _seems(name: str, cells: Counter[str], fields: Fields) -> tuple[str, Certainty, str, str]:
    """What a column seems to be: its field, how sure that is, why, and the unit in its heading."""
    if box := _CHECK_BOX.fullmatch(name):
        key = (found_field(box["group"], fields) or ("",))[0]
        asks = f"a check box of {quote(box['group'])}: which value is its code {box['code']}?"
        known = key in fields and fields[key].kind == "set"
        return (key, "unsure", asks, "") if known else ("", "not_read", "a check box", "")
    if _UNIT.search(name):
        return "", "not_read", "units? (unit_column of a field)", ""
    if named := found_field(name, fields):
        says, certainty = _judged(*named, cells, fields)
        return named[0], certainty, says, named[2]
    if member := _member(name, fields):
        return member[0], "unsure", f"the heading names {member[1]}, a value of {member[0]}; are its cells yes and no?", ""
    if near := _near(name, fields):
        return near[0], "unsure", f"the name is like that of {near[0]}; {_judged(*near, '', cells, fields)[0]}", ""
    repeated = _PATIENT.fullmatch(name) and cells.total() > len(cells)
    return "", "not_read", f"{cells.total()} rows, {len(cells)} patients: several rows to a patient?" if repeated else "", ""


def _member(name: str, fields: Fields) -> tuple[str, str] | None:
    """The set of which a heading names one value (`HBsAg`, `Alcohol`), and that value."""
    for key, known in fields.items():
        if known.kind == "set":
            try:
                value = read_value(known, name.replace("_", " ")).value
            except Refused:
                continue
            if value:
                return key, ", ".join(value)
    return None


def _near(name: str, fields: Fields) -> tuple[str, Field] | None:
    """The field whose name, or one of whose other names, the heading is like or contains as a word."""
    words = {alias.lower(): key for key, known in fields.items() for alias in (key, known.title, *known.aliases)}
    for part, known in PARTS[COMPONENTS].items() if "child_pugh_class" in fields else ():
        words |= {alias.lower(): f"{COMPONENTS}.{part}" for alias in (part, *known.aliases)}
    spoken = re.sub(r"[\s_().\[\]/-]+", " ", name).lower().strip()
    whole = [alias for alias in words if re.search(rf"(?<![^ ]){re.escape(alias.replace('_', ' '))}(?![^ ])", spoken)]
    found = sorted(whole, key=len)[-1:] or get_close_matches(spoken, words, n=1, cutoff=_LIKE)
    resolved = found_field(words[found[0]], fields) if found else None
    return (resolved[0], resolved[1]) if resolved else None


def _judged(key: str, known: Field, unit: str, cells: Counter[str], fields: Fields) -> tuple[str, Certainty]:
    """What the cells say of a field, in words, and whether all of them can be read."""
    every = list(cells)[:MOST_CELLS]
    refused = {cell: reason for cell in every if (reason := _refusal(key, _with(cell, unit), fields))}
    total = cells.total()
    if not refused:
        return f"{total} cells, all read", "sure"
    if _bare(refused) and known.kind not in NUMERIC:
        codes = ", ".join(sorted(refused, key=_order)[:MOST_SHOWN])
        return f"bare codes ({codes}): a code book must say what each means", "unsure"
    if _bare(refused) and known.unit and not unit:
        return f"numbers without a unit, {_span(refused)}: {' or '.join(known.every_unit)}?", "unsure"
    bad = sum(cells[cell] for cell in refused)
    first = sorted(refused, key=lambda cell: (-cells[cell], cell))[0]
    certainty: Certainty = "sure" if bad * 10 < total else "unsure"
    return f"{bad} of {total} cells are refused, such as {quote(first)}: {refused[first]}", certainty


def _with(cell: str, unit: str) -> str:
    return f"{cell} {unit}" if unit and cell[-1:].isdigit() else cell


def _bare(cells: Iterable[str]) -> bool:
    return all(re.fullmatch(r"[\d.,]+", cell) for cell in cells)


def _span(cells: Iterable[str]) -> str:
    numbers = sorted(float(cell.replace(",", ".")) for cell in cells if re.fullmatch(r"\d+(?:[.,]\d+)?", cell))
    return f"{numbers[0]:g} to {numbers[-1]:g}" if numbers else "some of them unlike numbers"


def _order(cell: str) -> tuple[int, str]:
    return len(cell), cell


def _refusal(key: str, cell: str, fields: Fields) -> str:
    """Why a cell is refused; empty where it is read."""
    if is_missing(cell):
        return ""
    group, dot, part = key.partition(".")
    try:
        profile_from({group: {part: cell}} if dot else {key: cell}, fields=fields)
    except InvalidInput as error:
        return error.problems[0].message
    return ""


def _once(columns: Sequence[DraftColumn]) -> Iterator[DraftColumn]:
    """The columns with at most one sure one to a field: of two that seem the same, a person must choose."""
    sure = Counter(each.field for each in columns if each.certainty == "sure")
    for each in columns:
        if each.certainty == "sure" and sure[each.field] > 1:
            others = ", ".join(quote(one.column) for one in columns if one.field == each.field and one is not each)
            yield replace(each, certainty="unsure", says=f"{others} seems to be the same field: which one is meant?")
        else:
            yield each


def _written(source: TableSource, columns: Sequence[DraftColumn], fields: Fields, how: TableFormat) -> Iterator[str]:
    """The lines of the mapping file."""
    yield f"# A draft for {_line(source.name)}, from its headings and first rows. Read every line: it says what your table means."
    yield from ("# " + part for part in wrap(NOTICE, 120))
    yield "mapping: draft"
    said = {name: value for name, value in asdict(how).items() if value}
    if said:
        yield f"table: {json.dumps(said, ensure_ascii=False)}"
    elif source.european:
        yield "# The cells stand between semicolons. If a comma stands before decimals (1,5), say so:"
        yield '# table: {decimal: ","}'
    sure = [each for each in columns if each.certainty == "sure"]
    unsure = [each for each in columns if each.certainty == "unsure"]
    left = [each for each in columns if each.certainty == "not_read"]
    for each in left:
        if each.says:
            yield f"# {_line(each.column)}: {each.says}"
        if "patients:" in each.says:
            yield f"# rows: {{patient: {_scalar(each.column)}, date: ..., index: ..., take: last_before}}"
    yield "fields:" if sure else "fields: {}  # nothing is certain; without the braces, answer what follows"
    for each in sure:
        unit = f", unit: {_scalar(each.unit)}" if each.unit else ""
        yield f"  {each.field}: {{column: {_scalar(each.column)}{unit}}}  # {_line(each.says)}"
    for key in dict.fromkeys(each.field for each in unsure):
        yield from _question(key, [each for each in unsure if each.field == key], fields)
    if left:
        yield f"# Not read, kept beside the answers: {', '.join(_line(each.column) for each in left)}"


def _question(key: str, columns: Sequence[DraftColumn], fields: Fields) -> Iterator[str]:
    """An unsure field as comments that need only be answered and uncommented."""
    named = found_field(key, fields)
    assert named is not None
    known = named[1]
    for each in columns:
        yield f"  # UNSURE {_line(each.column)}: {_line(each.says)}"
    boxes = [each for each in columns if known.kind == "set" and each.column != key]
    if boxes:
        yield f"  # {key}:"
        yield f"  #   members:  # for each of {', '.join(known.values)}; or end with others: absent"
        for each in boxes:
            member = _member(each.column, fields)
            codes = ", ".join(f"{_scalar(cell)}: ..." for cell in sorted(each.cells, key=_order))
            yield f"  #     {member[1] if member else '...'}: {{column: {_scalar(each.column)}, codes: {{{codes}}}}}"
        return
    for each in columns:
        yield f"  # {key}: {{column: {_scalar(each.column)}{_blank(each, known)}"


def _blank(each: DraftColumn, known: Field) -> str:
    """What is left to be said of an unsure column."""
    if "bare codes" in each.says:
        codes = ", ".join(f"{_scalar(cell)}: ..." for cell in sorted(each.cells, key=_order) if _bare([cell]))
        words = ", ".join((*(("yes", "no") if known.kind == "flag" else known.values), "unknown"))
        return f", codes: {{{codes}}}}}  # each one of {words}"
    return ", unit: ...}" if "without a unit" in each.says else f", unit: {_scalar(each.unit)}}}" if each.unit else "}"


def _line(text: str) -> str:
    """Text for a comment of YAML: on one line, whatever a heading holds."""
    return quote(text)[1:-1] if len(text) < 60 else "".join(char if char.isprintable() else "\ufffd" for char in text)


def _scalar(text: str) -> str:
    """Text as a scalar of YAML that is read back as it is: in quotes, what does not print as an escape."""
    # Words such as No, which YAML takes for more than a text, do not stand bare.
    if re.fullmatch(r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*", text, re.IGNORECASE):
        return text
    return (
        '"'
        + "".join(f"\\{char}" if char in '"\\' else char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)
        + '"'
    )
