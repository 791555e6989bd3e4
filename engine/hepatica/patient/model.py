"""The profile: what is known of one hypothetical patient, after validation and normalisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from hepatica.patient.fields import FIELD_BY_NAME, FIELDS, UNKNOWN, Value

Facts = Mapping[str, Value | None]


class ProfileWarning(NamedTuple):
    """A doubt about the facts that does not stop an answer; `fields` are those it concerns."""

    code: str
    message: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Facts by field name (every field present; `None` is unknown), a label, and what was doubtful in the input.

    `measurements` keeps what was entered in more detail than a field holds (Child-Pugh components, c-MET staining).
    """

    facts: Facts
    label: str = ""
    measurements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    warnings: tuple[ProfileWarning, ...] = ()

    def __getitem__(self, name: str) -> Value | None:
        return self.facts[name]

    def as_document(self) -> dict[str, object]:
        """The profile as JSON-ready values; reading it back gives the same facts."""
        shown: dict[str, object] = {"label": self.label} if self.label else {}
        for name, value in self.facts.items():
            shown[name] = UNKNOWN if value is None else list(value) if isinstance(value, tuple) else value
        shown.update({name: dict(parts) for name, parts in self.measurements.items() if name not in FIELD_BY_NAME})
        return shown


def facts_of(known: Mapping[str, Value | None]) -> Facts:
    """Total facts in the declared field order from whatever is known."""
    return MappingProxyType({f.name: known.get(f.name) for f in FIELDS})


def canonical(field_values: tuple[str, ...], chosen: Iterable[str]) -> tuple[str, ...]:
    """The chosen words once each, in declared order: two lists that mean the same become equal."""
    wanted = set(chosen)
    return tuple(value for value in field_values if value in wanted)
