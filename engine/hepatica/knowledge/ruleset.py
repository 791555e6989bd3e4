"""A ruleset: the fields' concepts, the therapies with their studies and rules, and the ruleset's identity."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from hepatica.knowledge.conditions import Condition, Test, leaves
from hepatica.knowledge.evidence import Basis, Place, Reference, Study
from hepatica.knowledge.standing import STANDINGS, FateStatus, Line, Reaches, Standing, Verdict
from hepatica.patient import COMMON_FIELDS, Fields
from hepatica.records import record

Ground = Literal["source", "reading", "general_knowledge"]


@record(kw_only=True)
class Caveat:
    """A limit of a rule, in our words; `lines` where the source states it, none where it is our reading."""

    says: str
    lines: str = ""
    source: Place | None = None
    basis: Ground = "source"


@record(kw_only=True)
class Extrapolation:
    """Where a rule reaches beyond what it cites: the studies and the fields that are excused, and nothing else."""

    says: str
    studies: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@record(kw_only=True)
class Rule:
    """When a therapy has a standing. `says` is the sentence a reader sees; `extrapolates` admits a wider promise.

    `figure` names the result that a rule about a subgroup rests on, as `study/result`. `verdict` belongs to
    `not_supported` and is held to the figures of the studies cited. `mark` is what the headline must say before any figure,
    such as "declined by the patient".
    """

    id: str
    says: str
    line: Line
    standing: Standing
    when: Condition
    cites: tuple[str, ...]
    source: Place
    verdict: Verdict | None = None
    caveats: tuple[Caveat, ...] = ()
    extrapolates: Extrapolation | None = None
    figure: str = ""
    mark: str = ""

    @property
    def reaches(self) -> Reaches:
        """The list that the rule puts its therapy in where it applies."""
        return STANDINGS[self.standing].reaches

    @property
    def is_option(self) -> bool:
        """Whether the rule backs its therapy."""
        return self.reaches == "options"


@record(kw_only=True)
class Regimen:
    """A dose or schedule that the source prints."""

    says: str
    lines: str = ""
    source: Place | None = None
    study: str = ""
    discrepancy: str = ""


@record(kw_only=True)
class TherapyFate:
    """What became of a therapy after the ruleset's date."""

    status: FateStatus
    says: str
    source: Place | None = None


@record(kw_only=True)
class Therapy:
    """One drug, combination or strategy: what it is, and the rules that give it a standing."""

    id: str
    name: str
    drug_class: str
    about: str
    source: Place
    synonyms: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    regimens: tuple[Regimen, ...] = ()
    studies: tuple[Study, ...] = ()
    rules: tuple[Rule, ...] = ()
    fate: TherapyFate | None = None


@record(kw_only=True)
class Concept:
    """A named condition, derived by forward chaining before any rule is tried."""

    id: str
    says: str
    when: Condition
    lines: str = ""
    source: Place | None = None
    basis: Ground = "source"


@record(kw_only=True)
class Note:
    """A general statement of the source that an answer may show where `when` holds."""

    id: str
    says: str
    source: Place
    when: Condition | None = None
    topic: str = ""


@record(kw_only=True)
class Omission:
    """Printed numbers that the knowledge base leaves out on purpose, and why."""

    lines: str
    numbers: tuple[str, ...]
    reason: str


@record(kw_only=True)
class TextSection:
    """A part of the source text of which every number is recorded or left out with a reason."""

    title: str
    lines: str


@record(kw_only=True)
class SourceText:
    """The one text a ruleset is distilled from; `basis` says how its identity is known."""

    citation: str
    basis: Basis
    text: str = ""
    doi: str = ""
    sections: tuple[TextSection, ...] = ()


@record(kw_only=True)
class SourceAttribute:
    """One of the attributes that US certification asks of evidence-based decision support."""

    attribute: str
    used: Literal["yes", "no", "n/a"]
    says: str


@record(kw_only=True)
class Waiver:
    """A finding of `check` that the authors accept: its code, what it is about (a rule, study or therapy), and why."""

    code: str
    why: str
    about: str = ""


@record(kw_only=True)
class Card:
    """A ruleset's identity and label: what it is for, what it covers, what it leaves out.

    `source` is the one text that the ruleset is distilled from, or `sources` names its references; `source_word` is what
    sentences call it. `fields` are those that rules read, shown first; without it those that conditions name.
    `common_fields` are those of the program's fields that a patient of this disease has; without it all.
    `extends` names a ruleset to build on and `drop` what of it is left out, by id.
    `companion` is a ruleset that answers should mention, with `companion_says` in one line.
    """

    id: str
    version: str
    title: str
    as_of: str
    scope: Condition
    out_of_scope: str
    therapies: tuple[str, ...]
    tumour: str = "hcc"
    source: SourceText | None = None
    sources: tuple[str, ...] = ()
    source_word: str = "review"
    fields: tuple[str, ...] = ()
    common_fields: tuple[str, ...] | None = None
    companion: str = ""
    companion_says: str = ""
    released: str = ""
    extends: str = ""
    drop: tuple[str, ...] = ()
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
    waivers: tuple[Waiver, ...] = ()


@record(kw_only=True)
class Ruleset:
    """A loaded, validated ruleset. `places` says where each rule, study, concept, therapy, note and reference is written
    ("rule/<id>": `file:7`), and the tests of its condition ("rule/<id>/when": `file:7,8`); `folder` is where all was read from,
    empty for a shipped ruleset."""

    card: Card
    digest: str
    folder: str = ""
    concepts: Mapping[str, Concept]
    therapies: Mapping[str, Therapy]
    references: Mapping[str, Reference] = field(default_factory=dict)
    fields: Fields = field(default_factory=lambda: COMMON_FIELDS)
    notes: tuple[Note, ...] = ()
    omissions: tuple[Omission, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, object]:
        """What another process is given: not the engine and whatever else was made of it, which cannot be."""
        return {name: part for name, part in vars(self).items() if not name.startswith("_")}

    def __repr__(self) -> str:
        holds = f"{len(self.therapies)} therapies, {len(self.rules)} rules, {len(self.studies)} studies"
        return f"<Ruleset {self.card.id} {self.card.version}, evidence as of {self.card.as_of}: {holds}>"

    # A ruleset never changes, so what is read off it is kept in it; `replace` starts without.
    @cached_property
    def studies(self) -> Mapping[str, Study]:
        """Every study by id, in order of therapy and writing."""
        return {study.id: study for therapy in self.therapies.values() for study in therapy.studies}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by id, in order of therapy and writing."""
        return {rule.id: rule for therapy in self.therapies.values() for rule in therapy.rules}

    @cached_property
    def concept_conditions(self) -> Mapping[str, Condition]:
        """What each concept stands for, by its id."""
        return {name: concept.when for name, concept in self.concepts.items()}

    @cached_property
    def used_fields(self) -> tuple[str, ...]:
        """The fields that scope, concepts, rules or notes test, in the order of `fields`; studies' populations do not count."""
        # Whom a study enrolled decides no therapy's list: a field that only populations test need not be asked for.
        conditions = [self.card.scope, *self.concept_conditions.values(), *(rule.when for rule in self.rules.values())]
        conditions += [note.when for note in self.notes if note.when is not None]
        tested = {leaf.field for when in conditions for leaf in leaves(when) if isinstance(leaf, Test)}
        return tuple(name for name in self.fields if name in tested)

    def tests(self, *conditions: Condition) -> Iterator[Test]:
        """Every test that conditions make, also through concepts."""
        for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
            yield from [leaf] if isinstance(leaf, Test) else self.tests(self.concepts[leaf.concept].when)

    @cached_property
    def owners(self) -> Mapping[str, Therapy]:
        """The therapy of every rule, by the rule's id, in order of therapy and writing."""
        return {rule.id: therapy for therapy in self.therapies.values() for rule in therapy.rules}

    def rules_with_therapy(self) -> Iterator[tuple[Therapy, Rule]]:
        """Every rule beside its therapy."""
        return ((therapy, self.rules[name]) for name, therapy in self.owners.items())
