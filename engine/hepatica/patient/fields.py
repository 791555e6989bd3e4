"""A clinical field and a table of them. One table says everything about a field: the reader, the schema, the form, the
conditions, pictures and the profile space are made from it; a ruleset may add fields or replace one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from hepatica.patient.text import VOCABULARY, Interval, digits, either_case, one_of, squashed, unit_key
from hepatica.records import record

Kind = Literal["choice", "set", "flag", "integer", "number"]
Nature = Literal["test", "history", "characteristic"]
Value = str | bool | int | float | tuple[str, ...] | Interval

UNKNOWN = "unknown"
NONE = "none"
_WITH_UNIT = r"(.*?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*:?\s*"
FLAGS = {"yes": True, "no": False, "true": True, "false": False}


@record(kw_only=True)
class Implication:
    """What another field says of the one that declares this.

    Where the set `field` lacks the word `lacks` or has the word `has`, or where `field` is `equals`, this one is `value`, and
    cannot be any of `never`: it is filled in where it is not known, and doubted where it is something else. Where one of the
    words `named` was typed for `field`, which keeps less than was typed, this one has to be known.
    """

    field: str
    lacks: str = ""
    has: str = ""
    equals: str = ""
    named: tuple[str, ...] = ()
    value: str = ""
    never: tuple[str, ...] = ()

    def holds(self, ground: Value | None) -> bool:
        """Whether this says anything of a patient of whom the other field is `ground`."""
        if isinstance(ground, tuple):
            return self.has in ground or bool(self.lacks and self.lacks not in ground)
        return ground is not None and Field.written(ground) == self.equals

    def denies(self, value: Value | None) -> bool:
        """Whether it cannot be true of such a patient that this field is `value`."""
        written = Field.written(value)
        return value is not None and (written in self.never or self.value not in ("", written))


@record(kw_only=True)
class Field:
    """One clinical field.

    `values` are the tokens of a choice or set, `value_titles` the words a reader sees for them. A number lies from `low`
    to `high` in `unit`; `units` gives for every unit that is read the factor to `unit`, or the lowest and highest factor
    where published ones differ (the number then becomes an interval). `nature` says how the value could become known.

    `aliases` are names people write for the field. `synonyms` maps a token (`yes` and `no` for a flag; several of a set
    joined by a comma; `none` for its empty value) to other words for it. `unclear` maps a reason to the words that are
    refused for it. `noise` are words that may stand beside a value and say nothing more. Case, blanks, hyphens and
    underscores never matter. `implied` says what follows from another field where this one is not known.
    """

    name: str
    title: str
    kind: Kind
    nature: Nature
    help: str
    values: tuple[str, ...] = ()
    value_titles: Mapping[str, str] = field(default_factory=dict)
    low: float = 0
    high: float = 0
    unit: str = ""
    units: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    noise: tuple[str, ...] = ()
    implied: tuple[Implication, ...] = ()

    def __hash__(self) -> int:
        # Its mappings have no hash; equal fields have equal names, kinds and values, which is all that a hash must see.
        return hash((self.name, self.kind, self.values))

    def title_of(self, token: str) -> str:
        """The words for one of the field's tokens."""
        return self.value_titles.get(token, token.replace("_", " "))

    def show(self, value: Value | None) -> str:
        """A value as a reader sees it: "South Korea", "HBV, HCV", "yes", "> 400"; `unknown` for None. No unit."""
        if isinstance(value, tuple):
            return ", ".join(map(self.title_of, value)) if value else NONE
        return self.title_of(value) if isinstance(value, str) else self.written(value)

    def shown(self, value: Value | None) -> str:
        """As `show`, a number with its unit; a grade or a score (a whole number) is known by its title."""
        return self.show(value) if value is None else self.in_unit(self.show(value))

    def in_unit(self, text: str) -> str:
        """A number in words, or its bounds, with the field's unit: "> 400 ng/mL"."""
        return f"{text} {self.unit}".strip() if self.kind == "number" else text

    @property
    def every_unit(self) -> tuple[str, ...]:
        """The units that a number is read in, its own first."""
        return tuple(dict.fromkeys(filter(None, (self.unit, *self.units))))

    def has_unit(self, unit: str) -> bool:
        """Whether a unit, however it is spelled, is one of them."""
        return unit_key(unit) in map(unit_key, self.every_unit)

    @staticmethod
    def written(value: Value | None) -> str:
        """A value as a patient file or `--set` takes it, in tokens and digit for digit."""
        if value is None or isinstance(value, bool):
            return UNKNOWN if value is None else "yes" if value else "no"
        if isinstance(value, tuple):
            return f"[{', '.join(value)}]"
        return digits(value) if isinstance(value, float) else str(value)


class Fields(Mapping[str, Field]):
    """A table of fields by name, in the order in which they are shown. Compared by identity."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_name = {each.name: each for each in fields}

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    __eq__, __hash__ = object.__eq__, object.__hash__

    def merged(self, fields: Iterable[Field]) -> Fields:
        """This table with more fields, or with some replaced."""
        return Fields({**self._by_name, **{each.name: each for each in fields}}.values())

    def beside(self, *others: Fields) -> Fields:
        """This table, and behind it the fields that only the others have."""
        return self.merged(each for other in others for name, each in other.items() if name not in self)

    @cached_property
    def by_alias(self) -> Mapping[str, str]:
        """Field names by every way of writing them, squashed; a way that two fields share names neither."""
        found: dict[str, set[str]] = {}
        for each in self.values():
            for written in (each.name, each.title, *each.aliases):
                found.setdefault(squashed(written), set()).add(each.name)
        # A field's own name always means that field, whoever else claims it as an alias.
        exact = {squashed(name): name for name in self}
        return {written: next(iter(names)) for written, names in found.items() if len(names) == 1} | exact

    def find(self, written: str) -> str | None:
        """The name of the field that people write so (`AFP:`, `Child Pugh`); None where there is none."""
        return written if written in self._by_name else self.by_alias.get(squashed(written.rstrip(" :")))

    def find_with_unit(self, written: str) -> tuple[str | None, str]:
        """As `find`, of a heading that may name a unit of the field in brackets (`AFP (IU/mL)`): the name and that unit."""
        name = self.find(written)
        heading = re.fullmatch(_WITH_UNIT, written) if name is None and {*"(["} & {*written} else None
        if heading is None:
            return name, ""
        name = self.find(heading[1])
        return (name, heading[2]) if name and self[name].has_unit(heading[2]) else (None, "")

    def patterns(self) -> dict[str, str]:
        """By name, a JSON Schema pattern of every way to write it, with a unit in brackets where the field has units."""
        found = {}
        for name, known in self.items():
            words = [written for written in (name, known.title, *known.aliases) if self.find(written) == name]
            units = one_of(known.every_unit)
            heading = rf"(?:\s*[(\[]\s*(?:{units})\s*[)\]])?" if units else ""
            found[name] = either_case(rf"(?:{one_of(words)}){heading}\s*:?")
        return found


def table(name: str) -> Fields:
    """One of the tables of `vocabulary.json`."""
    return Fields(Field(**_frozen(entry)) for entry in VOCABULARY[name])


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(value) if isinstance(value, list) else value


COMMON_FIELDS = table("fields")


def fields_of(own: Iterable[Field], common: Iterable[str] | None = None) -> Fields:
    """The table of a ruleset: the common fields, or only those named, then its own, which replace common ones of their name."""
    own = tuple(own)
    if common is None:
        return COMMON_FIELDS.merged(own) if own else COMMON_FIELDS
    return Fields(COMMON_FIELDS[name] for name in common if name in COMMON_FIELDS).merged(own)


def faults(field: Field, others: Mapping[str, Field]) -> Iterator[str]:
    """What is wrong with a field that somebody declared among others, in words; nothing where it can be read and shown."""
    tokens = ("yes", "no") if field.kind == "flag" else field.values
    for one in field.implied:
        ground = others.get(one.field)
        grounds = () if ground is None else ("yes", "no") if ground.kind == "flag" else ground.values
        wanted = (one.equals,) if ground is None or ground.kind != "set" else tuple(filter(None, (one.lacks, one.has)))
        if not one.named and not (wanted and {*wanted} <= {*grounds}):
            yield f"'{one.field}' is no field that could lack, have or be '{one.lacks or one.has or one.equals}'"
        for word in filter(None, (one.value, *one.never)):
            if word not in tokens:
                yield f"'{word}' is implied, or excluded, and is no value of a choice or flag here"
    if field.kind in ("choice", "set") and not field.values:
        yield f"a {field.kind} needs values"
    if field.kind in ("integer", "number") and not field.low < field.high:
        yield "a number needs bounds: low below high"
    allowed = {*tokens, UNKNOWN, *([NONE] if field.kind == "set" else [])}
    # The first meaning of a word is kept in `meant`; a second one is the fault.
    meant = {squashed(token): token for token in tokens}
    for meaning, words in [*field.synonyms.items(), *field.unclear.items()]:
        parts = meaning.split(", ") if field.kind == "set" else [meaning]
        if meaning in field.synonyms and not {*parts} <= allowed:
            yield f"synonyms are given for '{meaning}', which is no value of the field"
        for word in words:
            if meant.setdefault(squashed(word), meaning) != meaning:
                yield f"'{word}' stands for '{meant[squashed(word)]}' and for '{meaning}'"
    for unit, factor in field.units.items():
        if not (min(factor) if isinstance(factor, tuple) else factor) > 0:
            yield f"the factor of {unit} must be above 0"
