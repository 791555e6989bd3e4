"""A mapping proposed for a table: what its columns seem to be, what they hold, and what only a person can say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from difflib import get_close_matches
from textwrap import wrap
from typing import Literal

from hepatica.cohort.cells import plain_cell
from hepatica.cohort.mapping import NUMERIC, PARTS, TableFormat, found_field
from hepatica.cohort.sources import TableSource
from hepatica.notice import NOTICE
from hepatica.patient import COMPONENTS, Field, Fields, Refused, is_missing, profile_from, read_value, with_unit
from hepatica.problems import InvalidInput, quote
from hepatica.records import record

MOST_CELLS, MOST_SHOWN = 2000, 8
_CHECK_BOX = re.compile(r"(?P<group>.+?)___(?P<code>[A-Za-z0-9_]+)")
_PATIENT = re.compile(r"(record|patient|subject|case|study|participant)?[ _-]?(id|no|nr|number|pseudonym)", re.IGNORECASE)
_UNIT = re.compile(r"(?:^|[ _])units?(?:$|[ _])", re.IGNORECASE)
# Words such as No, which YAML takes for more than a text, do not stand bare.
_BARE = re.compile(r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*", re.IGNORECASE)
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
    columns = []
    # By place: a heading may hold what pyarrow cannot look up.
    for name, column in zip(source.columns, batch.table.columns, strict=True):
        cells = Counter(text for cell in column.to_pylist() if (text := (plain_cell(cell) or "").strip()))
        shown = tuple(cell for cell, _ in cells.most_common(MOST_SHOWN))
        key, certainty, says, unit = _seems(name, cells, fields)
        columns.append(DraftColumn(column=name, field=key, certainty=certainty, says=says, unit=unit, cells=shown))
    # Which of two columns is meant, neither its name nor its cells can say.
    sure = [each for each in columns if each.certainty == "sure"]
    for place, each in enumerate(columns):
        others = ", ".join(quote(one.column) for one in sure if one.field == each.field and one is not each)
        if others and each in sure:
            says = f"{others} seems to be the same field: which one is meant?"
            columns[place] = replace(each, certainty="unsure", says=says)
    yaml = "\n".join(_written(source, columns, fields, how)) + "\n"
    return MappingDraft(notice=NOTICE, table=source.name, rows=batch.table.num_rows, columns=tuple(columns), yaml=yaml)


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
    return resolved[:2] if resolved else None


def _judged(key: str, known: Field, unit: str, cells: Counter[str], fields: Fields) -> tuple[str, Certainty]:
    """What the cells say of a field, in words, and whether all of them can be read."""
    refused = {cell: reason for cell in list(cells)[:MOST_CELLS] if (reason := _refusal(key, with_unit(cell, unit), fields))}
    total, bad = cells.total(), sum(cells[cell] for cell in refused)
    if not refused:
        bare = known.kind == "number" and known.unit and not unit and any(_bare([cell]) for cell in cells)
        return f"{total} cells, all read{f', numbers without a unit as {known.unit}' if bare else ''}", "sure"
    if _bare(refused) and known.kind not in NUMERIC:
        return f"bare codes ({', '.join(_ordered(refused)[:MOST_SHOWN])}): a code book must say what each means", "unsure"
    if _bare(refused) and known.unit and not unit:
        numbers = sorted(float(cell.replace(",", ".")) for cell in refused if re.fullmatch(r"\d+(?:[.,]\d+)?", cell))
        span = f"{numbers[0]:g} to {numbers[-1]:g}" if numbers else "some of them unlike numbers"
        return f"numbers without a unit, {span}: {' or '.join(known.every_unit)}?", "unsure"
    first = min(refused, key=lambda cell: (-cells[cell], cell))
    said = f"{bad} of {total} cells are refused, such as {quote(first)}: {refused[first]}"
    return said, "sure" if bad * 10 < total else "unsure"


def _refusal(key: str, cell: str, fields: Fields) -> str:
    group, dot, part = key.partition(".")
    try:
        if not is_missing(cell):
            profile_from({group: {part: cell}} if dot else {key: cell}, fields=fields)
    except InvalidInput as error:
        return error.problems[0].message
    return ""


def _bare(cells: Iterable[str]) -> bool:
    return all(re.fullmatch(r"[\d.,]+", cell) for cell in cells)


def _ordered(cells: Iterable[str]) -> list[str]:
    return sorted(cells, key=lambda cell: (len(cell), cell))


def _written(source: TableSource, columns: Sequence[DraftColumn], fields: Fields, how: TableFormat) -> Iterator[str]:
    yield f"# A draft for {_line(source.name)}, from its headings and first rows. Read every line: it says what your table means."
    yield from ("# " + part for part in wrap(NOTICE, 120))
    yield "mapping: draft"
    if said := {name: value for name, value in asdict(how).items() if value}:
        yield f"table: {json.dumps(said, ensure_ascii=False)}"
    elif source.european:
        yield "# The cells stand between semicolons. If a comma stands before decimals (1,5), say so:"
        yield '# table: {decimal: ","}'
    sure, unsure, left = ([one for one in columns if one.certainty == each] for each in ("sure", "unsure", "not_read"))
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
    known: Field = found_field(key, fields)[1]  # type: ignore[index]  # a column was found to be of it
    yield from (f"  # UNSURE {_line(each.column)}: {_line(each.says)}" for each in columns)
    boxes = [each for each in columns if known.kind == "set" and each.column != key]
    if boxes:
        yield f"  # {key}:"
        yield f"  #   members:  # for each of {', '.join(known.values)}; or end with others: absent"
    for each in boxes:
        member = _member(each.column, fields)
        codes = ", ".join(f"{_scalar(cell)}: ..." for cell in _ordered(each.cells))
        yield f"  #     {member[1] if member else '...'}: {{column: {_scalar(each.column)}, codes: {{{codes}}}}}"
    for each in () if boxes else columns:
        asked = ", unit: ...}" if "without a unit" in each.says else f", unit: {_scalar(each.unit)}}}" if each.unit else "}"
        if "bare codes" in each.says:
            codes = ", ".join(f"{_scalar(cell)}: ..." for cell in _ordered(each.cells) if _bare([cell]))
            words = ", ".join((*(("yes", "no") if known.kind == "flag" else known.values), "unknown"))
            asked = f", codes: {{{codes}}}}}  # each one of {words}"
        yield f"  # {key}: {{column: {_scalar(each.column)}{asked}"


def _line(text: str) -> str:  # a heading may hold anything, and a comment of YAML is one line
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _scalar(text: str) -> str:
    """Text as a scalar of YAML that is read back as it is: in quotes, what does not print as an escape."""
    if _BARE.fullmatch(text):
        return text
    escaped = (f"\\{char}" if char in '"\\' else char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)
    return f'"{"".join(escaped)}"'
