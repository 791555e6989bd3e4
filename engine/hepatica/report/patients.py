"""The example patients that come with the program, with what each teaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hepatica.notice import NOTICE
from hepatica.report.blocks import Blocks, Item, Items, Notice, Paragraph, Ref, Title
from hepatica.wording import counted

_TEACHES = "# Teaches:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePatient:
    """An example: the name that commands take, its title, and what it teaches."""

    name: str
    label: str
    teaches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientListing:
    """The examples, by name."""

    notice: str
    patients: tuple[ExamplePatient, ...]


def patient_listing(found: Iterable[tuple[str, str, str]]) -> PatientListing:
    """Examples from the name, the label and the text of each file; the text's first line says what it teaches."""
    patients = tuple(ExamplePatient(name=name, label=label, teaches=_teaches(text)) for name, label, text in sorted(found))
    return PatientListing(notice=NOTICE, patients=patients)


def _teaches(text: str) -> str:
    first = text.partition("\n")[0].removeprefix("\ufeff")
    return first.removeprefix(_TEACHES).strip() if first.startswith(_TEACHES) else ""


def patients_view(listing: PatientListing) -> Blocks:
    """The examples with what each teaches."""
    items = tuple(
        Item(one.name, f"{one.label}. {one.teaches[:1].upper()}{one.teaches[1:]}".strip(), ref=Ref("patient", one.name))
        for one in listing.patients
    )
    how = Paragraph("Wherever a command takes a patient, it takes one of these names: hepatica evaluate <name>.")
    return Title(counted(len(items), "example patient")), how, Items(items), Notice(listing.notice)
