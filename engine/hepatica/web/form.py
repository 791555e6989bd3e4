"""The patient form, made from the declared fields: which control a field gets, its choices, its value, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hepatica.patient import (
    CHILD_PUGH_PARTS,
    COMPONENTS,
    FIELDS,
    LABEL,
    LONGEST_LABEL,
    NONE,
    UNKNOWN,
    Field,
    Nature,
    child_pugh,
    show,
    unit_key,
)
from hepatica.web.cases import STAINING, UNITS, Case, part
from hepatica.web.words import first_up, words

ControlKind = Literal["radio", "checks", "select", "text", "parts"]
MOST_RADIOS = 6
_NATURES: Mapping[Nature, str] = {
    "test": "Staging and tests",
    "history": "Treatment so far",
    "characteristic": "The patient",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a choice; `chosen` as entered."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control of the form with its errors; `units` is the choice beside an amount, `parts` the controls within."""

    name: str
    title: str
    kind: ControlKind
    help: str = ""
    value: str = ""
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    units: tuple[Choice, ...] = ()
    unit_name: str = ""
    errors: tuple[str, ...] = ()
    computed: str = ""
    parts: tuple[Control, ...] = ()
    longest: int = 40

    @property
    def id(self) -> str:
        """The control's id in the page."""
        return f"f-{self.name.replace('.', '-')}"

    @property
    def stated(self) -> bool:
        """Something was entered here, or in a part."""
        return bool(self.value) or bool(self.errors) or any(inner.stated for inner in self.parts)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that become known in the same way."""

    title: str
    controls: tuple[Control, ...]


def groups(case: Case) -> tuple[Group, ...]:
    """Every control, by how a fact becomes known, in the declared order."""
    return tuple(
        Group(title, tuple(control for known in FIELDS if known.nature == nature for control in _controls(known, case)))
        for nature, title in _NATURES.items()
    )


def label_control(case: Case) -> Control:
    """The title of the case."""
    value = _entered(case, LABEL)
    return Control(
        name=LABEL,
        title="Title of the case",
        kind="text",
        help="Never a person's name.",
        value=value,
        errors=case.at.get(LABEL, ()),
        longest=LONGEST_LABEL,
    )


def _controls(known: Field, case: Case) -> Iterator[Control]:
    yield _control(known, case)
    if known.name == "child_pugh_score":
        yield _components(case)
    if known.name == STAINING:
        yield _staining(case)


def _entered(case: Case, name: str) -> str:
    """The value entered; empty where nothing is stated."""
    value = case.entered.get(name, ("",))[0].strip()
    return "" if value.lower() == UNKNOWN else value


def _control(known: Field, case: Case) -> Control:
    if known.kind == "number":
        return Control(
            name=known.name,
            title=known.title,
            kind="text",
            help=known.help,
            value=_entered(case, known.name),
            unit=known.unit,
            errors=case.at.get(known.name, ()),
        )
    chosen = _chosen(known, case)
    offered = (UNKNOWN, *_offered(known))
    many = len(offered) > MOST_RADIOS
    return Control(
        name=known.name,
        title=known.title,
        kind="checks" if known.kind == "set" else "select" if many else "radio",
        help=known.help,
        value=", ".join(chosen),
        choices=tuple(Choice(value, _label(known, value), value in (chosen or {UNKNOWN})) for value in offered),
        errors=case.at.get(known.name, ()),
        computed=_computed(known, case) if not chosen else "",
    )


def _computed(known: Field, case: Case) -> str:
    """What was worked out for a field from others; empty where nothing was."""
    value = case.profile[known.name] if case.profile else None
    return "" if value is None else f"From what is entered: {words(show(value))}"


def _chosen(known: Field, case: Case) -> tuple[str, ...]:
    """The words entered, as they are spelled in the choices; a flag may be written true or false."""
    values = case.entered.get(known.name, ())
    stated = tuple(value.strip() for value in values if value.strip().lower() not in ("", UNKNOWN))
    if known.kind == "flag":
        return tuple({"true": "yes", "false": "no"}.get(value.lower(), value.lower()) for value in stated)
    return tuple(word.strip() for value in stated for word in value.split(",")) if known.kind == "set" else stated


def _offered(known: Field) -> tuple[str, ...]:
    if known.kind == "flag":
        return ("yes", "no")
    if known.kind == "integer":
        return tuple(str(value) for value in range(int(known.low), int(known.high) + 1))
    return (*known.values, NONE) if known.kind == "set" else known.values


def _label(known: Field, value: str) -> str:
    if known.kind == "set" and value == NONE:
        return "None of these"
    return first_up(words(value))


def _components(case: Case) -> Control:
    parts = tuple(_measured(name, case) if name in child_pugh.SCALES else _graded(name, case) for name in CHILD_PUGH_PARTS)
    return Control(
        name=COMPONENTS,
        title="Child-Pugh from its components",
        kind="parts",
        help="All five give score and class. Leave empty what is not known.",
        errors=case.at.get(COMPONENTS, ()),
        parts=parts,
    )


def _measured(component: str, case: Case) -> Control:
    name = part(COMPONENTS, component)
    text = _entered(case, name)
    unit_name = next((unit for unit, owner in UNITS.items() if owner == name), "")
    value, unit = _split(text, _entered(case, unit_name), component)
    units = [known for known in child_pugh.SCALES[component].cutoffs if known]
    return Control(
        name=name,
        title="INR" if not units else first_up(component),
        kind="text",
        value=value,
        units=tuple(Choice(known, known, known == (unit or units[0])) for known in units),
        unit_name=unit_name,
        errors=case.at.get(name, ()),
    )


def _split(text: str, unit: str, component: str) -> tuple[str, str]:
    """The number and its unit, where a unit was written after it."""
    units = {unit_key(known): known for known in child_pugh.SCALES[component].cutoffs if known}
    number = text.rstrip("".join(set(text) - set("0123456789.,"))) if text else text
    written = units.get(unit_key(text[len(number) :]))
    return (number.strip(), written) if written else (text, unit)


def _graded(component: str, case: Case) -> Control:
    name = part(COMPONENTS, component)
    value = _entered(case, name)
    chosen = child_pugh.GRADE_SYNONYMS[component].get(value.lower(), value.lower())
    offered = (UNKNOWN, *child_pugh.GRADES[component])
    return Control(
        name=name,
        title=first_up(component),
        kind="select",
        value=value,
        choices=tuple(Choice(word, _grade(word), word == (chosen or UNKNOWN)) for word in offered),
        errors=case.at.get(name, ()),
    )


def _grade(word: str) -> str:
    return first_up(words(word)).replace("1 2", "1-2").replace("3 4", "3-4")


def _staining(case: Case) -> Control:
    low, high = (0, 3)
    intensity = _entered(case, part(STAINING, "intensity")).rstrip("+")
    offered = (UNKNOWN, *(str(value) for value in range(low, high + 1)))
    graded = Control(
        name=part(STAINING, "intensity"),
        title="Intensity",
        kind="select",
        value=intensity,
        choices=tuple(Choice(v, f"{v}+" if v != UNKNOWN else "Unknown", v == (intensity or UNKNOWN)) for v in offered),
        errors=case.at.get(part(STAINING, "intensity"), ()),
    )
    percent = Control(
        name=part(STAINING, "percent"),
        title="Tumour cells",
        kind="text",
        value=_entered(case, part(STAINING, "percent")),
        unit="%",
        errors=case.at.get(part(STAINING, "percent"), ()),
    )
    return Control(
        name=f"{STAINING}-staining",
        title="c-MET from its staining",
        kind="parts",
        help="Instead of a status. Leave empty what is not known.",
        parts=(graded, percent),
    )
