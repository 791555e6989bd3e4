"""A ruleset: the fields' concepts, the therapies with their studies and rules, and the ruleset's identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from hepatica.knowledge.conditions import Condition
from hepatica.knowledge.evidence import Basis, Place, Study
from hepatica.records import Record

Standing = Literal[
    "standard",
    "approved_regionally",
    "positive_phase_3",
    "early_signal",
    "in_trial",
    "supportive",
    "not_supported",
]
Line = Literal["first", "second", "any"]


class Caveat(Record, kw_only=True):
    """A limit of a rule, in our words; `lines` where the source states it, none where it is our reading."""

    says: str
    lines: str = ""
    basis: Literal["review", "reading", "general_knowledge"] = "review"


class Rule(Record, kw_only=True):
    """When a therapy has a standing. `says` is the sentence a reader sees; `extrapolates` admits a wider promise.

    `figure` names the result to show first, as `study/result`; without it the first telling one of the citations is.
    """

    id: str
    says: str
    line: Line
    standing: Standing
    when: Condition
    cites: tuple[str, ...]
    review: Place
    caveats: tuple[Caveat, ...] = ()
    extrapolates: str = ""
    figure: str = ""


class Regimen(Record, kw_only=True):
    """A dose or schedule that the source prints."""

    says: str
    lines: str
    study: str = ""
    discrepancy: str = ""


class Therapy(Record, kw_only=True):
    """One drug, combination or strategy: what it is, and the rules that give it a standing."""

    id: str
    name: str
    drug_class: str
    about: str
    review: Place
    synonyms: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    regimens: tuple[Regimen, ...] = ()
    studies: tuple[Study, ...] = ()
    rules: tuple[Rule, ...] = ()


class Concept(Record, kw_only=True):
    """A named condition, derived by forward chaining before any rule is tried."""

    id: str
    says: str
    when: Condition
    lines: str = ""
    basis: Literal["review", "reading", "general_knowledge"] = "review"


class Note(Record, kw_only=True):
    """A general statement of the source that an answer may show where `when` holds."""

    id: str
    says: str
    review: Place
    when: Condition | None = None
    topic: str = ""


class Omission(Record, kw_only=True):
    """Printed numbers that the knowledge base leaves out on purpose, and why."""

    lines: str
    numbers: tuple[str, ...]
    reason: str


class Section(Record, kw_only=True):
    """A part of the source text of which every number is recorded or left out with a reason."""

    title: str
    lines: str


class Source(Record, kw_only=True):
    """The one text a ruleset is distilled from; `basis` says how its identity is known."""

    citation: str
    basis: Basis
    text: str = ""
    doi: str = ""
    sections: tuple[Section, ...] = ()


class SourceAttribute(Record, kw_only=True):
    """One of the attributes that US certification asks of evidence-based decision support."""

    attribute: str
    used: Literal["yes", "no", "n/a"]
    says: str


class Card(Record, kw_only=True):
    """A ruleset's identity and label: what it is for, what it covers, what it leaves out."""

    id: str
    version: str
    title: str
    as_of: str
    source: Source
    scope: Condition
    out_of_scope: str
    therapies: tuple[str, ...]
    released: str = ""
    extends: str = ""
    developer: str = ""
    funding: str = ""
    intended_use: str = ""
    intended_users: str = ""
    update_process: str = ""
    cautioned_against: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    known_limits: tuple[str, ...] = ()
    source_attributes: tuple[SourceAttribute, ...] = ()


class Ruleset(Record, kw_only=True):
    """A loaded, validated ruleset. `places` says where each rule, study, concept and therapy is written."""

    card: Card
    digest: str
    concepts: Mapping[str, Concept]
    therapies: Mapping[str, Therapy]
    notes: tuple[Note, ...] = ()
    omissions: tuple[Omission, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def studies(self) -> Mapping[str, Study]:
        """Every study by id, in order of therapy and writing."""
        return {study.id: study for therapy in self.therapies.values() for study in therapy.studies}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by id, in order of therapy and writing."""
        return {rule.id: rule for therapy in self.therapies.values() for rule in therapy.rules}

    def rules_with_therapy(self) -> Iterator[tuple[Therapy, Rule]]:
        """Every rule beside its therapy."""
        for therapy in self.therapies.values():
            for rule in therapy.rules:
                yield therapy, rule
