"""The reference part of rulesets/README.md, generated from the code: fields, standings, levels and the keys of each record.

`python -m tests.evidence.guide rulesets/README.md` writes it anew between its markers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hepatica.knowledge import evidence, ruleset
from hepatica.knowledge.draft import WRITTEN
from hepatica.knowledge.standing import LEVELS, SCHEME, STANDINGS, VERDICTS
from hepatica.patient import COMMON_FIELDS, NONE, Field
from hepatica.patient.fields import Implication

_NAMES = (
    *("Therapy", "TherapyFate", "Regimen", "Study", "PrimaryEndpoint", "Population", "Criterion", "Approval", "Arm", "Result"),
    *("Correction", "Toxicity", "OtherFigure", "Discrepancy", "LaterEvent", "Rule", "Extrapolation", "Caveat", "Place", "Card"),
    *("Waiver", "SourceText", "TextSection", "Reference", "Field", "Implication", "Concept", "Note", "Omission"),
)
_RECORDS: Mapping[str, type] = {**vars(evidence), **vars(ruleset), "Field": Field, "Implication": Implication}
_MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(page: str) -> str:
    """`page` with every generated part made anew. Raises `KeyError` for a marker that names no part."""
    return _MARKED.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", page)


def escape(text: str) -> str:
    """Text that a table cell shows as it stands."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def field_reference() -> str:
    """The fields a condition may test."""
    rows = ([f"`{field.name}`", _values(field), escape(field.help)] for field in COMMON_FIELDS.values())
    return "\n".join(table(("field", "values", "meaning"), rows))


def standing_reference() -> str:
    """The standings, in the order an answer shows them, and what the loader asks of the studies cited."""
    rows = [[f"`{name}`", escape(d.title), d.reaches, escape(d.means), escape(d.needs)] for name, d in STANDINGS.items()]
    verdicts = [[f"`{name}`", escape(means)] for name, means in VERDICTS.items()]
    head = ("standing", "shown as", "list", "means", "at least one cited study must be")
    return "\n".join([*table(head, rows), "", *table(("verdict", "means"), verdicts)])


def level_reference() -> str:
    """The level of evidence of each kind of study."""
    rows = ([f"`{kind}`", escape(level)] for kind, level in LEVELS.items())
    return "\n".join(table(("kind of study", f"level ({SCHEME})"), rows))


def key_reference() -> str:
    """The keys of every record, with the allowed words; required ones are marked."""
    return "\n\n".join("\n".join(_record(_RECORDS[name])) for name in _NAMES)


def _record(record: type) -> Iterator[str]:
    yield f"#### {record.__name__}"
    yield ""
    yield " ".join((record.__doc__ or "").split())
    yield ""
    yield from table(("key", "required", "holds"), _keys(record))


def _keys(record: type) -> Iterator[list[str]]:
    hints = get_type_hints(record)
    for item in fields(record):
        written = {name: key for key, name in WRITTEN.get(record, {}).items()}
        name = written.get(item.name, item.name)
        required = item.default is MISSING and item.default_factory is MISSING
        yield [f"`{name}`", "yes" if required else "", _holds(hints[item.name])]


def _holds(hint: Any) -> str:
    """A type in words: the allowed values, text, a number, a list of something."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " ".join(f"`{word}`" for word in inner)
    if getattr(hint, "__module__", "") == "hepatica.knowledge.conditions" or "conditions." in str(hint):
        return "a condition"
    if origin is tuple:
        return "two numbers: [low, high]" if inner == (float, float) else f"a list: {_holds(inner[0])}"
    if origin in (dict, Mapping):
        return f"for each {'arm' if origin is dict else 'word'}: {_holds(inner[1])}"
    if inner:
        return " or ".join(_holds(part) for part in inner if part is not type(None))
    return _SIMPLE.get(hint) or str(hint.__name__)


_SIMPLE: Mapping[Any, str] = {str: "text", int: "a whole number", float: "a number", bool: "yes or no"}


def _values(field: Field) -> str:
    if field.kind in ("choice", "set"):
        words: Iterable[str] = (*field.values, NONE) if field.kind == "set" else field.values
        return " ".join(f"`{word}`" for word in words)
    if field.kind == "flag":
        return "`yes` `no`"
    return f"{field.low:,.0f} to {field.high:,.0f}{f' {field.unit}' if field.unit else ''}"


PARTS: Mapping[str, Callable[[], str]] = {
    "fields": field_reference,
    "standings": standing_reference,
    "levels": level_reference,
    "keys": key_reference,
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
