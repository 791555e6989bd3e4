"""A case: a sentence, a hypothetical patient, and what the answer must say of that patient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hepatica.evaluation import ApplicabilityStatus, ListName, Scope
from hepatica.knowledge import Standing
from hepatica.patient import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """The list that another rule of the therapy reaches, and its standing and studies where asked."""

    reaches: ListName
    standing: Standing | None = None
    cites: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a therapy is in its list; what is left out is not asked.

    `rule` is the rule that puts it there, `needs` and `blocked_by` the fields that decide (no more, no fewer), `cites` its
    studies in order, `also` what other rules of the therapy say.
    """

    rule: str = ""
    standing: Standing | None = None
    cites: tuple[str, ...] | None = None
    needs: frozenset[str] | None = None
    blocked_by: frozenset[str] | None = None
    also: Mapping[str, Also] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case and where it is written.

    `lists` says where each therapy must be, `exactly` which lists are given whole. `derived` maps concepts to yes, no or
    unknown; `applicability` maps studies that the answer cites to inside, outside and so on. `warnings`, where given, are
    all the codes that the profile raises.
    """

    sentence: str
    profile: Profile
    file: str = ""
    line: int = 1
    lists: Mapping[str, ListName] = field(default_factory=dict)
    exactly: Mapping[ListName, frozenset[str]] = field(default_factory=dict)
    why: Mapping[str, Why] = field(default_factory=dict)
    scope: Scope | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    applicability: Mapping[str, ApplicabilityStatus] = field(default_factory=dict)
    warnings: frozenset[str] | None = None

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    def speaks_of(self, therapy: str) -> bool:
        """Whether the case says what it expects of a therapy."""
        return bool(self.exactly) or therapy in self.lists or therapy in self.why

    def named(self) -> Iterator[str]:
        """The therapies that the case names, once each."""
        whole = [name for names in self.exactly.values() for name in sorted(names)]
        yield from dict.fromkeys((*self.lists, *self.why, *whole))
