"""The patient form, made from the declared fields: which control a field gets, its choices, its value, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hepatica.knowledge import Ruleset
from hepatica.patient import COMPONENTS, LABEL, LONGEST_LABEL, NONE, UNKNOWN, Field, child_pugh, cmet
from hepatica.web.query import PARTS, STAINING, PatientQuery, part

ControlKind = Literal["radio", "checks", "select", "text", "search", "parts"]
MOST_RADIOS = 6
# The order in which a clinician thinks. A ruleset's own fields follow in the group of their nature.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Stage": ("bclc_stage", "ecog", "extrahepatic_spread", "portal_vein_invasion", "locoregional_suitable"),
    "Liver function": ("child_pugh_class", "child_pugh_score"),
    "Prior treatment": ("prior_sorafenib", "other_prior_systemic"),
    "Tumour and markers": ("afp", "cmet", "ras"),
    "Patient": ("region", "etiology"),
}
_GROUP_OF_NATURE = {"test": "Tumour and markers", "history": "Prior treatment", "characteristic": "Patient"}
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
    """One control of the form with its errors; `echo` is how its text was read, `parts` the controls within."""

    name: str
    title: str
    kind: ControlKind
    help: str = ""
    value: str = ""
    unit: str = ""
    placeholder: str = ""
    choices: tuple[ControlChoice, ...] = ()
    errors: tuple[str, ...] = ()
    echo: str = ""
    parts: tuple[Control, ...] = ()
    longest: int = 60
    used: bool = True

    @property
    def id(self) -> str:
        """The control's id in the page."""
        return f"f-{self.name.replace('.', '-')}"

    @property
    def stated(self) -> bool:
        """Something was entered here, or in a part."""
        return bool(self.value) or bool(self.errors) or any(inner.stated for inner in self.parts)


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Controls under one heading."""

    title: str
    controls: tuple[Control, ...]


def groups(ruleset: Ruleset, patient: PatientQuery) -> tuple[ControlGroup, ...]:
    """Every control of the form, as a clinician thinks of them; the title of the case comes last."""
    names: dict[str, list[str]] = {title: list(members) for title, members in GROUPS.items()}
    placed = {name for members in GROUPS.values() for name in members}
    for known in ruleset.fields.values():
        if known.name not in placed:
            names[_GROUP_OF_NATURE[known.nature]].append(known.name)
    form = _Form(ruleset, patient)
    made = [
        ControlGroup(title, tuple(control for name in members if name in ruleset.fields for control in form.controls(name)))
        for title, members in names.items()
    ]
    return (*(group for group in made if group.controls), ControlGroup("Title", (form.label(),)))


class _Form:
    """The controls of one patient."""

    def __init__(self, ruleset: Ruleset, patient: PatientQuery) -> None:
        self.fields = ruleset.fields
        self.used = ruleset.used_fields
        self.patient = patient

    def label(self) -> Control:
        return self._text(LABEL, "Title of the case", help="Never a person's name.", longest=LONGEST_LABEL)

    def controls(self, name: str) -> Iterator[Control]:
        """The control of a field, and those of its parts."""
        yield self._field(self.fields[name])
        if name == "child_pugh_score":
            yield self._components()
        if name == STAINING:
            yield self._staining()

    def _field(self, known: Field) -> Control:
        used = known.name in self.used
        if known.kind == "number":
            return self._text(known.name, known.title, help=known.help, unit=known.unit, used=used, echo=self._echo(known))
        chosen = self._chosen(known)
        computed = () if chosen else self._tokens(known)
        offered = (*_offered(known), UNKNOWN)
        many = known.kind != "set" and len(offered) - 1 > MOST_RADIOS
        # A list has no half-chosen entry: what was computed stands where "Unknown" would, and sends as little.
        nothing = f"{known.show(self._value(known))} (computed)" if computed and many else "Unknown"
        shown = chosen or (() if computed and not many else (UNKNOWN,))
        return Control(
            name=known.name,
            title=known.title,
            kind="checks" if known.kind == "set" else "select" if many else "radio",
            help=known.help,
            value=", ".join(chosen),
            choices=tuple(
                ControlChoice(
                    value=value,
                    label=nothing if value == UNKNOWN else _choice_label(known, value),
                    chosen=value in shown,
                    computed=value in computed,
                )
                for value in offered
            ),
            errors=self._errors(known.name),
            echo=f"{known.show(self._value(known))} follows from what is entered" if computed else "",
            used=used,
        )

    def _text(
        self,
        name: str,
        title: str,
        *,
        help: str = "",
        unit: str = "",
        echo: str = "",
        used: bool = True,
        longest: int = 60,
    ) -> Control:
        return Control(
            name=name,
            title=title,
            kind="text",
            help=help,
            value=self._entered(name),
            unit=unit,
            placeholder=_PLACEHOLDERS.get(name, ""),
            errors=self._errors(name),
            echo=echo,
            used=used,
            longest=longest,
        )

    def _select(self, name: str, title: str, labels: Mapping[str, str], chosen: str) -> Control:
        offered = {**labels, UNKNOWN: "Unknown"}
        return Control(
            name=name,
            title=title,
            kind="select",
            value=self._entered(name),
            choices=tuple(
                ControlChoice(value=value, label=label, chosen=value == (chosen or UNKNOWN)) for value, label in offered.items()
            ),
            errors=self._errors(name),
        )

    def _errors(self, name: str) -> tuple[str, ...]:
        return self.patient.by_control.get(name, ())

    def _entered(self, name: str) -> str:
        """The value entered; empty where nothing is stated."""
        value = self.patient.entered.get(name, ("",))[0].strip()
        return "" if value.lower() == UNKNOWN else value

    def _value(self, known: Field) -> object:
        return self.patient.profile[known.name] if self.patient.profile else None

    def _echo(self, known: Field) -> str:
        """How a typed amount was read, where it was written otherwise."""
        value = self._value(known)
        typed = self._entered(known.name)
        if value is None or not typed or known.show(value) == typed:
            return ""
        return f"Read as {known.show(value)} {known.unit}".rstrip()

    def _chosen(self, known: Field) -> tuple[str, ...]:
        """The words entered, as the choices spell them: as they were read, or as written while the form has errors."""
        values = self.patient.entered.get(known.name, ())
        stated = tuple(value.strip() for value in values if value.strip().lower() not in ("", UNKNOWN))
        return (self._tokens(known) or stated) if stated else ()

    def _tokens(self, known: Field) -> tuple[str, ...]:
        """The value that was read, as the words of the choices."""
        value = self._value(known)
        if value is None:
            return ()
        if isinstance(value, tuple):
            return value or (NONE,)
        return ("yes" if value else "no",) if isinstance(value, bool) else (str(value),)

    def _components(self) -> Control:
        names = PARTS[COMPONENTS]
        parts = tuple(self._measured(name) if name in child_pugh.SCALES else self._graded(name) for name in names)
        return Control(
            name=COMPONENTS,
            title="Child-Pugh from its components",
            kind="parts",
            help="All five give score and class. Leave empty what is not known.",
            errors=self._errors(COMPONENTS),
            parts=parts,
        )

    def _measured(self, component: str) -> Control:
        name = part(COMPONENTS, component)
        shown = self.patient.profile.measurements.get(COMPONENTS, {}).get(component, "") if self.patient.profile else ""
        typed = self._entered(name)
        echo = f"Read as {shown}" if typed and shown not in ("", UNKNOWN, typed) else ""
        return self._text(name, "INR" if component == "inr" else component.capitalize(), echo=echo)

    def _graded(self, component: str) -> Control:
        name = part(COMPONENTS, component)
        value = self._entered(name).lower()
        labels = {grade: _grade_label(grade) for grade in child_pugh.GRADES[component]}
        return self._select(name, component.capitalize(), labels, child_pugh.GRADE_SYNONYMS[component].get(value, value))

    def _staining(self) -> Control:
        low, high = cmet.INTENSITY_RANGE
        grades = {str(value): f"{value}+" if value else "0" for value in range(low, high + 1)}
        intensity = part(STAINING, "intensity")
        return Control(
            name=f"{STAINING}-staining",
            title="c-MET from its staining",
            kind="parts",
            help="Instead of a status. Leave empty what is not known.",
            parts=(
                self._select(intensity, "Intensity", grades, self._entered(intensity).rstrip("+")),
                self._text(part(STAINING, "percent"), "Stained tumour cells", unit="%"),
            ),
        )


def _offered(known: Field) -> tuple[str, ...]:
    if known.kind == "flag":
        return ("yes", "no")
    if known.kind == "integer":
        return tuple(str(value) for value in range(int(known.low), int(known.high) + 1))
    return (*known.values, NONE) if known.kind == "set" else known.values


def _choice_label(known: Field, value: str) -> str:
    """A choice in the field's display words."""
    if known.kind == "set":
        return "None of these" if value == NONE else first_up(known.show((value,)))
    return first_up(known.show(value)) if known.kind == "choice" else first_up(value)


def _grade_label(grade: str) -> str:
    words = grade.replace("_", " ")
    return first_up(words).replace("1 2", "1-2").replace("3 4", "3-4")


def first_up(text: str) -> str:
    """The text with a capital first letter; the rest stays."""
    return text[:1].upper() + text[1:]
