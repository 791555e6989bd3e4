"""What an answer says. Everything here is immutable and may be shared between answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hepatica.knowledge import Note, Rule, Ruleset, Study, Therapy
from hepatica.patient import Profile

ListName = Literal["options", "possible", "not_supported", "ruled_out"]
LISTS: tuple[ListName, ...] = ("options", "possible", "not_supported", "ruled_out")
Scope = Literal["in", "out", "unknown"]
ApplicabilityStatus = Literal["inside", "outside", "unknown", "not_stated"]


class Reason(NamedTuple):
    """One condition beside the profile's value; `concept` names the concept that asks for it, where one does."""

    field: str
    value: str
    requires: str
    concept: str = ""


class Applicability(NamedTuple):
    """Whether the patient is one the study enrolled, as far as the source says whom it enrolled."""

    status: ApplicabilityStatus
    outside_by: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()


class Citation(NamedTuple):
    """A study beside the patient."""

    study: Study
    applicability: Applicability


class Finding(NamedTuple):
    """What one rule says of the profile: the list it reaches, and why."""

    rule: Rule
    reaches: ListName
    because: tuple[Reason, ...] = ()
    needs: tuple[str, ...] = ()
    blocked_by: tuple[Reason, ...] = ()
    citations: tuple[Citation, ...] = ()


class Entry(NamedTuple):
    """A therapy in its list: the finding that puts it there, and what its other rules say of the profile."""

    therapy: Therapy
    finding: Finding
    others: tuple[Finding, ...] = ()


class Derived(NamedTuple):
    """A concept's verdict (None: unknown) and the facts that decide it, or that would."""

    value: bool | None
    because: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The answer for one profile under one ruleset. Every known therapy is in exactly one of the four lists.

    `scope_needs` names the unknown fields that decide the scope, where it is unknown.
    """

    ruleset: Ruleset
    profile: Profile
    scope: Scope
    scope_needs: tuple[str, ...]
    derived: Mapping[str, Derived]
    options: tuple[Entry, ...]
    possible: tuple[Entry, ...]
    not_supported: tuple[Entry, ...]
    ruled_out: tuple[Entry, ...]
    notes: tuple[Note, ...]

    def entries(self) -> dict[ListName, tuple[Entry, ...]]:
        """The four lists by name, in their order."""
        return {
            "options": self.options,
            "possible": self.possible,
            "not_supported": self.not_supported,
            "ruled_out": self.ruled_out,
        }

    def entry(self, therapy: str) -> tuple[ListName, Entry]:
        """The list and the entry of a therapy; raises `KeyError` for one the ruleset does not know."""
        for name, entries in self.entries().items():
            for entry in entries:
                if entry.therapy.id == therapy:
                    return name, entry
        raise KeyError(therapy)
