"""Every clinical field, written once: conditions, forms, schemas, pictures and the profile space are made from this list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["choice", "set", "flag", "integer", "number"]
Nature = Literal["test", "history", "characteristic"]
Value = str | bool | int | float | tuple[str, ...]

UNKNOWN = "unknown"
FLAGS = {"yes": True, "no": False, "true": True, "false": False}
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One clinical field.

    `values` are the allowed words (choice, set); `low`/`high` bound a number, in `unit`. `nature` says how it could
    become known or change: a test, a history, or a characteristic that cannot be changed.
    """

    name: str
    title: str
    kind: Kind
    nature: Nature
    help: str
    values: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    unit: str = ""


FIELDS: tuple[Field, ...] = (
    Field(
        name="bclc_stage",
        title="BCLC stage",
        kind="choice",
        nature="test",
        values=("0", "A", "B", "C", "D"),
        help="Barcelona Clinic Liver Cancer stage.",
    ),
    Field(
        name="child_pugh_class",
        title="Child-Pugh class",
        kind="choice",
        nature="test",
        values=("A", "B", "C"),
        help="Liver function class; computed when the score or all five components are given.",
    ),
    Field(
        name="child_pugh_score",
        title="Child-Pugh score",
        kind="integer",
        nature="test",
        low=5,
        high=15,
        unit="points",
        help="Sum of the five Child-Pugh components: class A is 5-6, B 7-9, C 10-15.",
    ),
    Field(
        name="ecog",
        title="ECOG performance status",
        kind="integer",
        nature="test",
        low=0,
        high=4,
        unit="grade",
        help="Eastern Cooperative Oncology Group performance status, 0 (fully active) to 4 (bedbound).",
    ),
    Field(
        name="prior_sorafenib",
        title="Prior sorafenib",
        kind="choice",
        nature="history",
        values=("none", "progressed", "intolerant", "refused"),
        help="'refused' means offered and declined, never taken.",
    ),
    Field(
        name="other_prior_systemic",
        title="Other prior systemic therapy",
        kind="set",
        nature="history",
        values=("tki", "antiangiogenic_antibody", "chemotherapy", "immunotherapy"),
        help="Systemic therapies other than sorafenib already taken; an empty list (or 'none') means none.",
    ),
    Field(
        name="afp",
        title="AFP",
        kind="number",
        nature="test",
        low=0,
        high=100_000_000,
        unit="ng/mL",
        help="Serum alpha-fetoprotein; 1 ng/mL is 1 µg/L. IU/mL is refused: its factor to mass is not agreed.",
    ),
    Field(
        name="cmet",
        title="Tumour c-MET",
        kind="choice",
        nature="test",
        values=("high", "low"),
        help="High is staining of at least 2+ in at least 50 % of tumour cells.",
    ),
    Field(
        name="ras",
        title="Tumour RAS",
        kind="choice",
        nature="test",
        values=("mutant", "wild_type"),
        help="RAS mutation status of the tumour.",
    ),
    Field(
        name="region",
        title="Region",
        kind="choice",
        nature="characteristic",
        values=(
            "mainland_china",
            "taiwan",
            "hong_kong",
            "japan",
            "south_korea",
            "thailand",
            "singapore",
            "other_asia",
            "europe",
            "north_america",
            "other",
        ),
        help="Where the patient is treated.",
    ),
    Field(
        name="etiology",
        title="Etiology",
        kind="set",
        nature="characteristic",
        values=("hbv", "hcv", "alcohol", "nafld", "other"),
        help="Causes of the liver disease; an empty list (or 'none') means none of these.",
    ),
    Field(
        name="extrahepatic_spread",
        title="Extrahepatic spread",
        kind="flag",
        nature="test",
        help="Metastasis outside the liver.",
    ),
    Field(
        name="portal_vein_invasion",
        title="Portal vein invasion",
        kind="flag",
        nature="test",
        help="Tumour in the portal vein (a bland thrombus does not count).",
    ),
    Field(
        name="locoregional_suitable",
        title="Suitable for locoregional therapy",
        kind="flag",
        nature="test",
        help="Suitable for resection, transplant, ablation or TACE.",
    ),
)

FIELD_BY_NAME = {field.name: field for field in FIELDS}


class Fields(Mapping[str, Field]):
    """Fields by name, in order."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = {field.name: field for field in fields}

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


COMMON_FIELDS = Fields(FIELDS)


def show(value: Value | None) -> str:
    """A field's value as a reader sees it: yes/no, words, whole numbers without a point, 'none' for an empty list."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) if value else NONE
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
