"""What an answer says, typed and complete: the only thing that views read. Its JSON and its schema derive from these types.

Everything here is immutable and may be shared between answers. A field that is excluded is at hand for views and no
part of the JSON contract. Keys may be added to the contract, never renamed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal, NamedTuple

from hepatica.faces import WRITERS
from hepatica.knowledge import (
    ESTABLISHED,
    RANK,
    Caveat,
    Discrepancy,
    Extrapolation,
    Figure,
    LaterEvent,
    Line,
    Note,
    Place,
    Result,
    Ruleset,
    Standing,
    Test,
    Verdict,
)
from hepatica.patient import Profile, ProfileWarning, Understood
from hepatica.records import Hidden, record

CONTRACT = "2"

ListName = Literal["options", "trials", "possible", "not_supported", "ruled_out", "unreported"]
Scope = Literal["in", "out", "unknown"]
Truth = Literal[True, False, "unknown"]
ApplicabilityStatus = Literal["inside", "partly_stated", "outside", "unknown", "not_stated"]


class ListWords(NamedTuple):
    """A list's heading, what it means, and how a sentence names it: "tivantinib is <phrase>"."""

    heading: str
    meaning: str
    phrase: str


LISTS: Mapping[ListName, ListWords] = {
    "options": ListWords(
        "Options, by strength of evidence",
        "studies reported results that bear it out for such a patient, or an authority approved it",
        "an option",
    ),
    "trials": ListWords(
        "In trial, no result yet",
        "a trial was in progress whose recorded criteria the patient meets",
        "in trial",
    ),
    "possible": ListWords(
        "Depends on missing information",
        "it may be an option, in trial or not supported; what is missing is named",
        "possible",
    ),
    "not_supported": ListWords(
        "Tested here, not supported",
        "a trial enrolled such patients and failed",
        "not supported",
    ),
    "ruled_out": ListWords(
        "No evidence in this setting",
        "no rule applies; what any of them would need is named",
        "without evidence in this setting",
    ),
    "unreported": ListWords(
        "Named, nothing reported",
        "the source gives neither a result nor an entry criterion that a patient could be held against",
        "named, nothing reported",
    ),
}
"""The lists in the order in which an answer shows them; every therapy is in exactly one."""


@record
class RulesetIdentity:
    """Which ruleset answered; `folder` is empty for a shipped one and else the folder it was read from."""

    id: str
    version: str
    as_of: str
    sources: tuple[str, ...]
    digest: str
    folder: str = ""

    @property
    def named(self) -> str:
        """Id and version, and the folder where it is not a shipped one: rules of the same name may say something else."""
        return f"{self.id} {self.version}{self.read_from}"

    @property
    def read_from(self) -> str:
        """The folder it was read from as the end of a phrase; empty for a shipped one."""
        return f", read from {self.folder}" if self.folder else ""


@record(kw_only=True)
class RulesetResult:
    """What every result of one ruleset begins with."""

    notice: str
    ruleset: RulesetIdentity


@record
class Reason:
    """One condition beside the profile's value, as tokens; `concept` names the concept that asks for it, where one does.

    `test` is the condition itself, for views that say it in words.
    """

    field: str
    value: str
    requires: str
    concept: str = ""
    test: Hidden[Test | None] = None


@record
class Applicability:
    """Whether the patient is one the study enrolled.

    `inside`: meets recorded criteria that say more than the scope; `partly_stated`: meets the little that is recorded
    (`stated` names it); `outside`: by `outside_by`; `unknown`: depends on the fields `unknown`; `not_stated`: no
    criterion is recorded, or the record enrolled nobody (an approval, a case report, a statement).
    """

    status: ApplicabilityStatus
    outside_by: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()


@record
class Citation:
    """A study beside the patient."""

    study: str
    name: str
    phase: str
    design: str
    kind: str
    status: str
    n: int | None
    nct: str
    level: str
    source: Place
    applicability: Applicability
    results: tuple[Result, ...]
    discrepancies: tuple[Discrepancy, ...]
    later: tuple[LaterEvent, ...]


@record
class ArmValue:
    """One arm's figure, as shown."""

    arm: str
    value: Figure
    unit: str


@record
class Headline:
    """The one line that a therapy is known by: the best-fitting study, arms named with the tested therapy first, and what
    overturns it. `text` says all of it; `against` are the failures of the therapy as a whole that stand beside a signal."""

    text: str
    study: str = ""
    endpoint: str = ""
    arms: tuple[ArmValue, ...] = ()
    marks: tuple[str, ...] = ()
    later: str = ""
    against: tuple[str, ...] = ()


@record
class RuleAnswer:
    """What one rule says of the patient: the list it reaches and what it needs."""

    rule: str
    reaches: ListName
    line: Line
    standing: Standing
    verdict: Verdict | None
    says: str
    because: tuple[Reason, ...]
    needs: tuple[str, ...]
    caveats: tuple[Caveat, ...]
    extrapolates: Extrapolation | None
    citations: tuple[Citation, ...]
    headline: Headline


@record
class Entry:
    """A therapy in its list: the rule that puts it there, what it says of the patient, and what the other rules say.

    `needs` (possible) speaks for all rules of the therapy, `needs_any` (ruled out: one alternative to a rule) for those that
    lead to an option or a trial, or for all where none does. `would_be` is the list that the strongest open rule would
    reach, and of a therapy that is ruled out the best list that an alternative leads to; `ways` is the standing that each
    alternative of `needs_any` leads to.
    """

    therapy: str
    name: str
    rule: str
    line: Line
    standing: Standing
    verdict: Verdict | None
    says: str
    would_be: ListName | None = None
    because: tuple[Reason, ...] = ()
    needs: tuple[str, ...] = ()
    needs_any: tuple[tuple[Reason, ...], ...] = ()
    ways: Hidden[tuple[Standing, ...]] = ()
    caveats: tuple[Caveat, ...] = ()
    extrapolates: Extrapolation | None = None
    citations: tuple[Citation, ...] = ()
    headline: Headline = Headline(text="")
    other_rules: tuple[RuleAnswer, ...] = ()


@record
class Evaluation:
    """The answer for one profile under one ruleset. Every known therapy is in exactly one of the six lists."""

    notice: str
    contract: str
    ruleset: RulesetIdentity
    profile: Profile
    measured: Mapping[str, Any]
    understood: tuple[Understood, ...]
    warnings: tuple[ProfileWarning, ...]
    derived: Mapping[str, Truth]
    derived_from: Mapping[str, tuple[Reason, ...]]
    scope: Scope
    scope_needs: tuple[str, ...]
    scope_says: str
    options: tuple[Entry, ...]
    trials: tuple[Entry, ...]
    possible: tuple[Entry, ...]
    not_supported: tuple[Entry, ...]
    ruled_out: tuple[Entry, ...]
    unreported: tuple[Entry, ...]
    notes: tuple[Note, ...]
    knowledge: Hidden[Ruleset] = field(compare=False)

    def entries(self) -> dict[ListName, tuple[Entry, ...]]:
        """The lists by name, in their order."""
        return {name: getattr(self, name) for name in LISTS}

    def entry(self, therapy: str) -> tuple[ListName, Entry]:
        """The list and the entry of a therapy; raises `KeyError` for one the ruleset does not know."""
        for name, entries in self.entries().items():
            for entry in entries:
                if entry.therapy == therapy:
                    return name, entry
        raise KeyError(therapy)

    def open(self) -> tuple[Entry, ...]:
        """All that a missing fact may change: what is possible, and options that may be more than they are, as such."""
        return *self.possible, *(more for entry in self.options if (more := _may_be_more(entry)) is not None)

    def rivals(self) -> tuple[Entry, ...]:
        """What may yet be an option above every certain one, or beside the best of them where that is established."""
        # Or a reader would take a licence for the best there is while a standard is still open.
        options = [entry for entry in self.open() if entry.would_be == "options"]
        if not self.options:
            return tuple(options)
        best = self.options[0].standing
        last = RANK[best] if best in ESTABLISHED else RANK[best] - 1
        return tuple(entry for entry in options if RANK[entry.standing] <= last)

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready values: the contract's keys."""
        document: dict[str, Any] = WRITERS["document"](self)
        return document

    def to_text(self) -> str:
        """The answer as plain text, 80 columns wide."""
        return str(WRITERS["text"](self))

    def to_markdown(self) -> str:
        """The answer as Markdown."""
        return str(WRITERS["markdown"](self))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(WRITERS["html"](self))

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {len(entries)}" for name, entries in self.entries().items())
        return f"<Evaluation {self.ruleset.id} {self.ruleset.version}, scope {self.scope}: {counts}>"


def _may_be_more(entry: Entry) -> Entry | None:
    """An option as the strongest of its open rules would have it; None where none would have it stronger than it is."""
    open_ = [rule for rule in entry.other_rules if rule.reaches == "possible" and RANK[rule.standing] < RANK[entry.standing]]
    if not open_:
        return None
    best = min(open_, key=lambda rule: RANK[rule.standing])
    needs = tuple(dict.fromkeys(name for rule in open_ if rule.standing == best.standing for name in rule.needs))
    return replace(
        entry, rule=best.rule, standing=best.standing, would_be="options", says=best.says, needs=needs, headline=best.headline
    )
