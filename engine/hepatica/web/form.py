"""The patient form, made from the declared fields: which control a field gets, its choices, its value, its errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hepatica.knowledge import Ruleset
from hepatica.patient import COMPONENTS, LABEL, LONGEST_LABEL, NONE, UNKNOWN, Field, Refused, Value, read_value
from hepatica.web.query import PARTS, STAINING, PatientQuery, part, says_nothing
from hepatica.web.request import Parameter, Request
from hepatica.wording import sentence

ControlKind = Literal["radio", "checks", "select", "text", "search", "parts"]
MOST_RADIOS = 6
LONGEST_TEXT = 100
# The order in which a clinician thinks. A ruleset's own fields follow in the group of their nature.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Stage": ("bclc_stage", "ecog", "extrahepatic_spread", "portal_vein_invasion", "locoregional_suitable"),
    "Liver function": ("child_pugh_class", "child_pugh_score"),
    "Prior treatment": ("prior_sorafenib", "other_prior_systemic"),
    "Tumour and markers": ("afp", "cmet", "ras"),
    "Patient": ("region", "etiology"),
}
_GROUP_OF_NATURE = {"test": "Tumour and markers", "history": "Prior treatment", "characteristic": "Patient"}
# What is measured behind a field: the parameter of its parts, their heading and what to do with them.
_MEASURED: Mapping[str, tuple[str, str, str]] = {
    "child_pugh_score": (COMPONENTS, "Child-Pugh from its components", "All five give score and class."),
    STAINING: (STAINING, "c-MET from its staining", "Instead of a status."),
}
_PLACEHOLDERS = {
    "afp": "620, > 400 or 15,000",
    "child_pugh_components.bilirubin": "34 µmol/L or 2 mg/dL",
    "child_pugh_components.albumin": "35 g/L or 3.5 g/dL",
    "child_pugh_components.inr": "1.2",
    "cmet.percent": "60",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChoice:
    """One word of a choice: `chosen` as entered, `computed` where it follows from what was entered elsewhere."""

    value: str
    label: str
    chosen: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control with its errors; `echo` says how its text was read, `parts` are controls within, `id` is unique in a page.

    `used` is whether any rule reads it, `typed` whether somebody typed what no choice offers.
    """

    name: str
    title: str
    kind: ControlKind
    id: str
    help: str = ""
    value: str = ""
    unit: str = ""
    placeholder: str = ""
    choices: tuple[ControlChoice, ...] = ()
    errors: tuple[str, ...] = ()
    echo: str = ""
    parts: tuple[Control, ...] = ()
    longest: int = LONGEST_TEXT
    used: bool = True
    typed: bool = False

    @property
    def stated(self) -> bool:
        """Something was entered here, or in a part."""
        return bool(self.value) or bool(self.errors) or any(inner.stated for inner in self.parts)

    @property
    def common(self) -> bool:
        """It says nothing that somebody typed, and looks alike for all who chose the same."""
        typed = self.typed or self.errors or self.echo or (self.value and not self.choices)
        return not typed and all(inner.common for inner in self.parts)


def groups(ruleset: Ruleset, patient: PatientQuery) -> Mapping[str, tuple[Control, ...]]:
    """Every control of the form under its heading, as a clinician thinks of them; the title of the case comes last."""
    names = {title: [name for name in members if name in ruleset.fields] for title, members in GROUPS.items()}
    placed = {name for members in GROUPS.values() for name in members}
    for known in ruleset.fields.values():
        if known.name not in placed:
            names[_GROUP_OF_NATURE[known.nature]].append(known.name)
    form = _Form(ruleset, patient)
    says = "Never a person's name."
    label = form.control(LABEL, title="Title of the case", kind="text", used=True, help=says, longest=LONGEST_LABEL)
    return {title: tuple(form.controls(members)) for title, members in names.items() if members} | {"Title": (label,)}


def filters(request: Request, own: Iterable[Parameter]) -> Iterator[Control]:
    """The choices above a page: one control for each of its parameters that has a title."""
    for one in (one for one in own if one.title):
        value, words = request.one(one), {"": one.none} if one.none else {}
        if one.offered:
            yield choice_control(one.name, one.title, words | dict(one.offered(request.library, request.ruleset)), value)
        else:
            yield Control(
                name=one.name, title=one.title, kind="search", id=f"c-{one.name}", value=value, placeholder=one.placeholder
            )


def choice_control(name: str, title: str, offered: Mapping[str, str], chosen: str, id_: str = "") -> Control:
    """A choice above a page: values with their labels; what was chosen and is not offered stays chosen."""
    labels = {**offered, chosen: offered.get(chosen, chosen)}
    choices = tuple(ControlChoice(value=value, label=label, chosen=value == chosen) for value, label in labels.items())
    typed = chosen not in offered
    return Control(name=name, title=title, kind="select", id=id_ or f"c-{name}", value=chosen, choices=choices, typed=typed)


class _Form:
    """The controls of one patient."""

    def __init__(self, ruleset: Ruleset, patient: PatientQuery) -> None:
        self.fields = ruleset.fields
        self.used = ruleset.used_fields
        self.patient = patient
        understood = patient.profile.understood if patient.profile else ()
        self.read_as = {one.field: f"Read as {one.read}" for one in understood if not one.implied}

    def controls(self, names: Iterable[str]) -> Iterator[Control]:
        """The controls of some fields, each followed by that of what is measured behind it."""
        for name in names:
            yield self._field(name, self.fields[name], self.patient.profile[name] if self.patient.profile else None)
            if name in _MEASURED:
                yield self._parts(*_MEASURED[name])

    def _parts(self, whole: str, title: str, says: str) -> Control:
        inner = ((part(whole, name), known) for name, known in PARTS[whole].items())
        return Control(
            name=f"{whole}.parts",
            title=title,
            kind="parts",
            id=_id(f"{whole}-parts"),
            help=f"{says} Leave empty what is not known.",
            errors=self.patient.by_control.get(whole, ()) if whole not in self.fields else (),
            parts=tuple(self._field(name, known, _read(known, self.patient.one(name))) for name, known in inner),
        )

    def control(self, name: str, **given: Any) -> Control:
        """What controls of every kind have: the value, the errors and how the text was read."""
        default = {
            "id": _id(name),
            "value": self.patient.one(name),
            "placeholder": _PLACEHOLDERS.get(name, ""),
            "errors": self.patient.by_control.get(name, ()),
            "echo": self.read_as.get(name, ""),
            "used": "." in name or name in self.used,
        }
        return Control(name=name, **{**default, **given})

    def _field(self, name: str, known: Field, value: Value | None) -> Control:
        """A field's control; `value` was entered here, or is computed from what was entered elsewhere."""
        if known.kind == "number":
            return self.control(name, title=known.title, kind="text", help=known.help, unit=known.unit)
        # The words entered, as the choices spell them: as they were read, or each by itself while the form has errors.
        stated = [text for text in self.patient.entered.get(name, ()) if not says_nothing(text)]
        read = [value] if value is not None else [_read(known, text.strip()) for text in stated]
        chosen = tuple(token for one in read for token in _tokens(one)) if stated else ()
        computed = () if chosen else _tokens(value)
        many = known.kind != "set" and ("." in name or len(tokens_of(known)) > MOST_RADIOS)
        # A list has no half-chosen entry: what was computed stands where "Unknown" would, and sends as little.
        nothing = f"{known.show(value)} (computed)" if computed and many else "Unknown"
        labels = {token: choice_label(known, token) for token in tokens_of(known)} | {UNKNOWN: nothing}
        shown = chosen or (() if computed and not many else (UNKNOWN,))
        return self.control(
            name,
            title=known.title,
            kind="checks" if known.kind == "set" else "select" if many else "radio",
            help=known.help,
            value=", ".join(chosen),
            choices=tuple(
                ControlChoice(value=token, label=label, chosen=token in shown, computed=token in computed)
                for token, label in labels.items()
            ),
            **({"echo": "Follows from what is entered"} if computed else {}),
        )


def _id(name: str) -> str:
    return f"f-{name.replace('.', '-')}"


def _read(known: Field, text: str) -> Value | None:
    """What a text says by itself (a staining of "2+" is 2); None where it says nothing, or cannot be read."""
    try:
        found: Value | None = read_value(known, text.removesuffix("+")).value
    except Refused:
        return None
    return found


def _tokens(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value or (NONE,)
    return ("yes" if value else "no",) if isinstance(value, bool) else (str(value),)


def tokens_of(known: Field) -> tuple[str, ...]:
    """The words that a field's value can be chosen from; none of a number."""
    if known.kind == "flag":
        return ("yes", "no")
    if known.kind == "integer":
        return tuple(str(value) for value in range(int(known.low), int(known.high) + 1))
    return (*known.values, NONE) if known.kind == "set" else known.values


def choice_label(known: Field, token: str) -> str:
    """A choice in the field's display words."""
    return "None of these" if known.kind == "set" and token == NONE else sentence(known.title_of(token))
