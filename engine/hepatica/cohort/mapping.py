"""A mapping: how the columns of a table become fields. What it does not say is not guessed.

A bare code has a meaning only where a code book gives it one; a number without a unit has one only where the mapping names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from hepatica.documents import DIALECT, Node, adapter, decode, read_bytes, read_yaml
from hepatica.paths import shipped
from hepatica.patient import (
    CHILD_PUGH_PARTS,
    COMMON_FIELDS,
    COMPONENTS,
    LABEL,
    STAINING_PARTS,
    Field,
    Fields,
    Refused,
    keys_of,
    read_value,
    table,
)
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.records import record

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NUMERIC = ("integer", "number")
UNSAID = "?"
"""The decimal mark of a table in which it may be a comma (semicolons stand between its cells), and nobody says so."""
Take = Literal["last_before", "first_after", "last", "first"]
(YES_NO,) = table("check_box").values()
# Measurements that are made of parts: each part is a column of its own, named `child_pugh_components.inr`.
PARTS: Mapping[str, Fields] = {COMPONENTS: CHILD_PUGH_PARTS, "cmet": STAINING_PARTS}


@record(kw_only=True)
class TableFormat:
    """How a file is to be read where it does not say so itself: part of a mapping.

    `header` names the columns of a file without a header row. `encoding` and `delimiter` are those of a text table, `decimal`
    the mark before decimals in it ("." or ","), `sheet` the sheet of a workbook.
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    header: tuple[str, ...] = ()


@record(kw_only=True)
class ColumnReading:
    """One column, and how its cells are read.

    `codes` is the code book: what each code means, in words that the field takes; "" is the empty cell. Where there is one, no
    other cell is taken but words for "missing". `unit` is the unit of bare numbers, or `unit_column` names the column that
    holds it, whose own codes `units` explains. `missing` are further words for "not known".
    """

    column: str
    codes: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    unit_column: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@record(kw_only=True)
class FieldReading(ColumnReading):
    """Where a field comes from: one column (the keys of `ColumnReading`), several, or one `value` that all rows have.

    `any_of` are columns of yes and no, any of which makes a flag true. `members` gives for each value of a set the columns of
    yes and no that stand for it (check boxes, serology). The set is known where all of these are; a value that is not named is
    absent only where `others: absent` says so. `take` is which of several rows of a patient counts for this field.
    """

    column: str = ""
    value: str = ""
    any_of: tuple[ColumnReading, ...] = ()
    members: Mapping[str, tuple[ColumnReading, ...]] = field(default_factory=dict)
    others: Literal["absent", ""] = ""
    take: Take | Literal[""] = ""

    @property
    def several(self) -> tuple[ColumnReading, ...]:
        """The columns of yes and no."""
        return (*self.any_of, *(each for columns in self.members.values() for each in columns))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns that are read."""
        own = filter(None, (self.column, self.unit_column))
        return tuple(dict.fromkeys((*own, *(each.column for each in self.several))))


@record(kw_only=True)
class Visits:
    """Several rows to a patient: the columns of the patient, of the row's date and of the index date, and which row counts.

    `take`: the last known value on or before the index date, the first after it; or, without an index date, the last or the
    first of all. `date_format` is that of dates which are not written YYYY-MM-DD (`%d.%m.%Y`).
    """

    patient: str
    date: str
    index: str = ""
    take: Take = "last_before"
    date_format: str = "%Y-%m-%d"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        return tuple(filter(None, (self.patient, self.date, self.index)))


@record(kw_only=True)
class TableMapping:
    """A mapping file. Without `fields` the columns are read whose names are those of fields.

    `missing` are words for "not known" in every column. `keep` names the columns that go with the answers uninterpreted; as a
    rule all that no field reads.
    """

    mapping: str = ""
    title: str = ""
    source: str = ""
    table: TableFormat = field(default_factory=TableFormat)
    missing: tuple[str, ...] = ()
    rows: Visits | None = None
    keep: tuple[str, ...] | None = None
    fields: Mapping[str, FieldReading] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """What tells this mapping from every other: it is the same wherever the file lies and however it is laid out."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def over(self, columns: Sequence[str], fields: Fields, name: str = "<table>") -> TableMapping:
        """This mapping for a table of such columns, by their names where no fields are given; raises `InvalidInput` where a
        column that it reads is missing, or where no column is read at all."""
        bound = self if self.fields else replace(self, fields=_by_names(columns, fields, name))
        read = {key: reading.columns for key, reading in bound.fields.items()}
        read |= {"rows": self.rows.columns if self.rows else (), "keep": self.keep or ()}
        listed = ", ".join(map(quote, columns[:20])) + (" ..." if len(columns) > 20 else "")
        missing = []
        for key, each in ((key, each) for key, wanted in read.items() for each in wanted if each not in columns):
            hint = suggestion(each, columns).partition(" allowed:")[0]
            near = hint if hint.startswith("did you") else "there is none"
            said = f"{key} is to be read from {quote(each)}; {near}; the columns are {listed}"
            missing.append(Problem(name, 1, 1, "no-column", said))
        if missing:
            raise InvalidInput(missing)
        return bound

    def unread(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The columns that no field is read from, nor what a row is of."""
        read = {each for reading in self.fields.values() for each in reading.columns} | {
            *(self.rows.columns if self.rows else ())
        }
        return tuple(each for each in columns if each not in read)

    def kept(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns that go with the answers as they are."""
        if self.rows:
            # Of any other column the rows of one patient may hold several values.
            return tuple(filter(None, (self.rows.patient, self.rows.index)))
        return self.unread(columns) if self.keep is None else tuple(each for each in columns if each in self.keep)


def found_field(written: str, fields: Fields) -> tuple[str, Field, str] | None:
    """The field that a column's heading names, as (key, field, unit in the heading): also a part of a measurement under the
    measurement's name (`cmet.percent`), or of Child-Pugh under its own (`INR`)."""
    name, unit = fields.find_with_unit(written)
    if name is not None:
        return name, fields[name], unit
    whole, dot, part = written.partition(".")
    # A ruleset without Child-Pugh has no components either.
    owner = (keys_of(fields).find(whole) if dot else COMPONENTS) or ""
    if owner not in PARTS or owner not in keys_of(fields):
        return None
    name, unit = PARTS[owner].find_with_unit(part or written)
    return (f"{owner}.{name}", PARTS[owner][name], unit) if name else None


def _by_names(columns: Sequence[str], fields: Fields, name: str) -> dict[str, FieldReading]:
    found: dict[str, FieldReading] = {}
    problems = []
    for place, column in enumerate(columns, 1):
        if not (named := found_field(column, fields)):
            continue
        key, whole = named[0], named[0].partition(".")[0]
        # A measurement is given as a whole or in parts.
        same = next((one for one in found if one in (key, whole) or (key == whole and one.startswith(f"{whole}."))), None)
        if same:
            said = f"{quote(found[same].column)} and {quote(column)} both name {key}; say in a mapping which one is read"
            problems.append(Problem(name, 1, place, "duplicate-field", said))
        found.setdefault(key, FieldReading(column=column, unit=named[2]))
    if not found:
        message = "no column is named as a field; a mapping says what the columns mean (hepatica cohort --draft-mapping)"
        problems.append(Problem(name, 1, 1, "no-field", message))
    if problems:
        raise InvalidInput(problems)
    return found


# Reading a mapping file


def shipped_mappings() -> dict[str, Path]:
    """The mappings that come with the program, by name."""
    return {path.stem: path for path in sorted((shipped("patients") / "mappings").glob("*.yaml"))}


def read_mapping(name: str | Path, fields: Fields = COMMON_FIELDS) -> TableMapping:
    """The mapping in a file, or a shipped one by its name; raises `InvalidInput` with every problem."""
    path = Path(name)
    if not path.exists() and str(name) in shipped_mappings():
        path = shipped_mappings()[str(name)]
    elif not path.exists() and not path.suffix:
        message = f"no such file, and no mapping of this name; {suggestion(name, shipped_mappings())}"
        raise InvalidInput.at(str(name), "unreadable", message)
    file = str(path)
    node = read_yaml(read_bytes(path, file), file)
    problems: list[Problem] = []
    _spell_out(node)
    found = decode(TableMapping, node, problems)
    if found is not None:
        problems += _faults(found, node, fields.beside(COMMON_FIELDS))
    if problems or found is None:
        raise InvalidInput(problems)
    return found


def _spell_out(node: Node) -> None:
    """Writes the short forms of a document in full: a column's name for what is read of it, one column for a list."""
    for reading in _parts(node, "fields"):
        _as_column(reading)
        any_of = [each for each in (reading.at(("any_of",)),) if each is not reading]
        for several in (*any_of, *_parts(reading, "members")):
            if not isinstance(several.value, list):
                several.value = [copy(several)]
            for each in several.value:
                _as_column(each)


def _parts(node: Node, key: str) -> list[Node]:
    found = node.at((key,))
    return list(found.value.values()) if found is not node and isinstance(found.value, dict) else []


def _as_column(node: Node) -> None:
    if not isinstance(node.value, (dict, list)):
        node.value = {"column": copy(node)}


def _faults(mapping: TableMapping, node: Node, known: Fields) -> Iterator[Problem]:
    """What is wrong with a mapping that can be read: fields, units and meanings that do not exist."""
    if mapping.table.delimiter not in ("", *DELIMITERS):
        said = f"a delimiter is one of {' '.join(DELIMITERS)} or a tab"
        yield node.fault("delimiter", said, ("table", "delimiter"))
    if mapping.table.decimal not in ("", ".", ","):
        yield node.fault("decimal", "the mark before decimals is . or ,", ("table", "decimal"))
    for key, reading in mapping.fields.items():
        named = found_field(key, known)
        if named is None or named[0] != key:
            near = f"write {named[0]}" if named else suggestion(key, _keys(known))
            yield node.at(("fields",)).key_fault(key, "unknown-field", f"unknown field {quote(key)}; {near}")
        else:
            wrong = _reading_faults(reading, named[1])
            yield from (node.fault(code, f"{key}: {said}", ("fields", key)) for code, said in wrong)


def _keys(fields: Fields) -> list[str]:
    return [*(name for name in fields if name != LABEL), *(f"{group}.{part}" for group in PARTS for part in PARTS[group])]


def _reading_faults(reading: FieldReading, known: Field) -> Iterator[tuple[str, str]]:
    if sum(map(bool, (reading.column, reading.value, reading.any_of, reading.members))) != 1:
        yield "reading", "needs one of column, value, any_of and members"
    if reading.any_of and known.kind != "flag":
        yield "reading", "any_of is for a field of yes and no"
    if reading.members and known.kind != "set":
        yield "reading", "members are for a field that takes several values"
    unnamed = [value for value in known.values if value not in reading.members]
    if reading.members and (wrong := [value for value in reading.members if value not in known.values]):
        yield "unknown-value", f"{', '.join(map(quote, wrong))} is no value; {suggestion(wrong[0], known.values)}"
    elif reading.members and unnamed and not reading.others:
        yield "reading", f"nothing says whether {', '.join(unnamed)} may be present; name them, or say others: absent"
    for unit in filter(None, (reading.unit, *reading.units.values())):
        if not known.has_unit(unit):
            yield "unit", f"is not measured in {quote(unit)}; {suggestion(unit, known.every_unit)}"
    meanings = [(known, meaning) for meaning in (*reading.codes.values(), *filter(None, [reading.value]))]
    meanings += [(YES_NO, meaning) for each in reading.several for meaning in each.codes.values()]
    for field_of, meaning in meanings:
        try:
            read_value(field_of, meaning)
        except Refused as refused:
            yield "unknown-value", str(refused)


def mapping_schema(fields: Fields = COMMON_FIELDS) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a mapping file, its field names those of `fields`."""
    made: dict[str, Any] = adapter(TableMapping).json_schema(ref_template="#/$defs/{model}")
    definitions = made["$defs"]
    text = {"type": ["string", "number", "boolean"]}
    for definition in definitions.values():
        for key, part in definition["properties"].items():
            if key in ("codes", "units"):
                part["additionalProperties"] = text
            elif part.get("type") == "string":
                part["type"] = text["type"]
    column = {"anyOf": [{"$ref": "#/$defs/ColumnReading"}, text]}
    several = {"anyOf": [*column["anyOf"], {"type": "array", "items": column}]}
    reading = definitions["FieldReading"]["properties"]
    reading |= {"any_of": several, "members": {"type": "object", "additionalProperties": several}}
    one = {"anyOf": [{"$ref": "#/$defs/FieldReading"}, text]}
    keys = dict.fromkeys(_keys(fields), one)
    made["properties"]["fields"] = {"type": "object", "properties": keys, "additionalProperties": False}
    return {"$schema": DIALECT, **made}
