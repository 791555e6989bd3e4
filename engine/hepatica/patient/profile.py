"""The profile: what is known of one hypothetical patient, after validation and normalisation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, field, replace
from types import MappingProxyType
from typing import Any, TypedDict, cast

from hepatica.patient.fields import COMMON_FIELDS, FLAGS, NONE, UNKNOWN, Field, Fields, Value
from hepatica.patient.text import VOCABULARY, Interval, digits
from hepatica.records import record

Facts = Mapping[str, Value | None]
COMPONENTS = "child_pugh_components"
_NAMED = "named-elsewhere"

# `class` is a keyword of Python and a key of the contract, hence the functional form.
_Score = int | None
ChildPugh = TypedDict(
    "ChildPugh",
    {"components": dict[str, str], "points": dict[str, int], "score": _Score, "lowest": int, "highest": int, "class": str | None},
)


class Staining(TypedDict):
    """c-MET by immunohistochemistry: intensity 0-3, percentage of tumour cells, and the status that follows."""

    intensity: int | None
    percent: float | None
    status: str | None


class Measurements(TypedDict, total=False):
    """What was entered in more detail than a field holds. Keys are absent where nothing was measured."""

    child_pugh: ChildPugh
    cmet: Staining


@record
class ProfileWarning:
    """A doubt about the facts that does not stop an answer; `fields` are those it concerns."""

    code: str
    message: str
    fields: tuple[str, ...]


@record
class Understood:
    """A value that was read as something else than was typed; `field` is the name, `read` the words a reader sees.

    An `implied` one follows from what was typed for another field.
    """

    field: str
    typed: str
    read: str
    implied: bool = False

    def __str__(self) -> str:
        return f"{self.read}, from {self.typed}" if self.implied else f"'{self.typed}' as {self.read}"


@record
class Profile:
    """Facts by field name (every field of `fields`; None is unknown), a label, and what was doubtful in the input."""

    facts: Facts
    label: str = ""
    _: KW_ONLY
    measurements: Measurements = field(default_factory=Measurements)
    warnings: tuple[ProfileWarning, ...] = ()
    understood: tuple[Understood, ...] = ()
    fields: Fields = field(default=COMMON_FIELDS, compare=False, repr=False)

    def __getitem__(self, name: str) -> Value | None:
        return self.facts[name]

    def __getstate__(self) -> dict[str, object]:
        # A view of facts that nobody can change is no part of what a pickle or a copy may hold.
        return {**vars(self), "facts": dict(self.facts)}

    def as_document(self) -> dict[str, Any]:
        """The known facts as JSON-ready values, and the measured components; reading it back gives the same facts."""
        shown: dict[str, Any] = {"label": self.label} if self.label else {}
        shown.update({name: _json(value) for name, value in self.facts.items() if value is not None})
        if "child_pugh" in self.measurements:
            shown[COMPONENTS] = self.entered[COMPONENTS]
        return shown

    def leaves_open(self, name: str) -> bool:
        """Whether a field is not known, and may be either way: nobody tolerated a drug that was never taken."""
        known = self.fields[name]
        return self.facts.get(name) is None and not (known.kind == "flag" and self.denied(known))

    def missing(self, name: str) -> str:
        """What is not known of a field: "Tumour c-MET"; "how prior immunotherapy ended" where other facts say it was given."""
        known = self.fields[name]
        if known.nature != "history" or NONE not in self.denied(known):
            return known.title
        return f"how {known.title[:1].lower()}{known.title[1:]} ended"

    def to_enter(self, name: str) -> str:
        """A field as a reader is asked to enter it: "AFP", "AFP more exactly", "Untreated varices (yes or no)"."""
        known, denied = self.fields[name], self.denied(self.fields[name])
        if self.facts.get(name) is not None:
            return f"{known.title} more exactly"
        choices = ("yes", "no") if known.kind == "flag" else known.values if denied else ()
        left = " or ".join(value for value in choices if value not in denied)
        return f"{self.missing(name)} ({left})" if left else known.title

    def denied(self, known: Field) -> set[str]:
        """The values of a field that are known not to be, from what other fields or their texts say."""
        named = {one.fields for one in self.warnings if one.code == _NAMED}
        holding = (i for i in known.implied if i.holds(self.facts.get(i.field)) or (i.field, known.name) in named)
        return {value for one in holding for value in one.never}

    def under(self, fields: Fields) -> Profile:
        """The same patient over other fields: what those do not have is left out, and what they imply follows."""
        facts = dict(facts_of(self.facts, fields))
        said = (*(one for one in self.understood if one.field in fields), *implied(facts, fields))
        kept = (*(one for one in self.warnings if fields.keys() >= {*one.fields}), *doubts(facts, fields, said))
        return replace(self, facts=facts_of(facts, fields), understood=said, warnings=tuple(dict.fromkeys(kept)), fields=fields)

    def without(self, names: Iterable[str]) -> Measurements:
        """The measurements that do not stand behind any of the fields named."""
        # Class and score rest on the same components.
        gone = {"child_pugh" if name.startswith("child_pugh") else name for name in names}
        kept: Any = {name: found for name, found in self.measurements.items() if name not in gone}
        return cast("Measurements", kept)

    @property
    def entered(self) -> dict[str, dict[str, str]]:
        """What was measured, as it would be entered again: known parts by `child_pugh_components` and `cmet`."""
        found: dict[str, dict[str, str]] = {}
        if "child_pugh" in self.measurements:
            found[COMPONENTS] = self.measurements["child_pugh"]["components"]
        if "cmet" in self.measurements:
            grade, percent = self.measurements["cmet"]["intensity"], self.measurements["cmet"]["percent"]
            shown = UNKNOWN if percent is None else f"{percent:.12g}"
            found["cmet"] = {"intensity": UNKNOWN if grade is None else f"{grade}+", "percent": shown}
        return {name: {part: text for part, text in own.items() if text != UNKNOWN} for name, own in found.items()}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """As part of a result, a profile is written as its document."""
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(
            cls.as_document, return_schema=core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
        )
        return core_schema.is_instance_schema(cls, serialization=written)


def facts_of(known: Mapping[str, Value | None], fields: Fields = COMMON_FIELDS) -> Facts:
    """Total facts, in the order of the fields, from whatever is known."""
    return MappingProxyType({name: known.get(name) for name in fields})


def implied(facts: dict[str, Any], fields: Fields) -> Iterator[Understood]:
    """Fills in what other fields imply of those that are not known, and says so."""
    for name, known in fields.items():
        for one in known.implied if facts[name] is None else ():
            ground = facts.get(one.field)
            if one.value and one.holds(ground):
                facts[name] = FLAGS[one.value] if known.kind == "flag" else one.value
                said = f"{fields[one.field].title} {fields[one.field].show(ground)}"
                yield Understood(name, said, known.show(facts[name]), implied=True)
                break


CONTRADICTIONS: tuple[Mapping[str, Any], ...] = tuple(VOCABULARY["contradictions"])
"""What `doubts` looks for: `code`, `message`, and `when`, the values of each field that contradict each other."""


def doubts(facts: Facts, fields: Fields = COMMON_FIELDS, typed: Iterable[Understood] = ()) -> tuple[ProfileWarning, ...]:
    """Every disagreement in `facts`: each is possible, so it is shown, and never resolved silently.

    Grounds: the definition of the BCLC stages (general knowledge), and what fields say of each other; `typed` are the texts of
    which a field keeps less than they say. A table without one of the fields has no such doubt.
    """
    found = [
        ProfileWarning(doubt["code"], doubt["message"].format_map(facts), tuple(doubt["when"]))
        for doubt in CONTRADICTIONS
        if all(facts.get(name) in values for name, values in doubt["when"].items())
    ]
    read = tuple(typed)
    for name, known in fields.items():
        for one in known.implied:
            value, ground = facts[name], facts.get(one.field)
            words = [each.typed for each in read if each.field == one.field]
            texts = [text for text in words if not {*re.findall(r"[a-z]+", text.lower())}.isdisjoint(one.named)]
            if value is None and texts:
                said = f"{fields[one.field].title} names {texts[0]}: enter how it ended under {known.title}."
                found.append(ProfileWarning(_NAMED, said, (one.field, name)))
            elif one.denies(value) and (texts or one.holds(ground)):
                other = f"{fields[one.field].title} {texts[0] if texts else fields[one.field].show(ground)}"
                said = f"{known.title} {known.show(value)} does not go with {other}."
                found.append(ProfileWarning("fields-disagree", said, (one.field, name)))
    return tuple(found)


def _json(value: Value | None) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Interval):
        return str(value)
    # A float with exactly three decimals would read two ways: it is written as text with a fourth.
    return digits(value) if isinstance(value, float) and digits(value).endswith("0") and value % 1 else value
