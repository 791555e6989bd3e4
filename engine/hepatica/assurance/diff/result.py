"""What a comparison of two rulesets found, typed and complete; views and JSON read nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from hepatica.assurance.cases import LostCase
from hepatica.assurance.space import Box, Diagram, Limits
from hepatica.assurance.version import Placement, ProfileSpace, SubjectKind
from hepatica.evaluation import RulesetIdentity
from hepatica.records import Hidden, record

Area = Literal["rule", "study", "figure", "text", "therapy", "concept", "note", "card", "fields", "reference", "omission"]
Action = Literal["added", "removed", "changed", "renamed"]
ChangeKind = Literal["list", "standing", "verdict", "other rules", "reasons", "applicability", "scope", "concept", "note"]


@record(kw_only=True)
class RulesetEdit:
    """One edit: what kind of thing, which one, which part of it, and the two values as text ("" where there is none).

    `profiles` is how many profiles' answers show the thing: 0 where only the pages about the ruleset do.
    `headlines` are the lines of an answer that the edit changes, before and after, where it changes one.
    """

    area: Area
    action: Action
    what: str
    part: str
    before: str
    after: str
    profiles: int = 0
    therapies: tuple[str, ...] = ()
    headlines: tuple[tuple[str, str], ...] = ()
    declared: bool = False


@record(kw_only=True)
class AnswerChange:
    """One subject's answer changes in the same way throughout a region.

    Of the `profiles` in the region `known` have every fact that matters. `who` describes those, or where there are none the
    whole region: a list of alternatives, field to values; `in_part` where it names only some, of a region of thousands of
    parts. `rules` are the rules that the change comes from.
    """

    kind: ChangeKind
    subject: SubjectKind
    id: str
    name: str
    before: Placement
    after: Placement
    profiles: int
    known: int
    who: tuple[Limits, ...]
    rules: tuple[str, ...]
    witness: Mapping[str, Any]
    declared: bool = False
    titles: Hidden[Mapping[str, str]]
    in_part: bool = False
    diagram: Hidden[Diagram[Any]] = field(compare=False, repr=False)
    outcome: Hidden[object] = field(compare=False, repr=False)

    @property
    def boxes(self) -> Iterator[Box]:
        """The region, as disjoint boxes of the comparison's space: there may be many."""
        return self.diagram.where(self.outcome)


@record(kw_only=True)
class Undeclared:
    """A change that no declaration covers, by its place among the changes, with the profiles left over."""

    change: int
    profiles: int


@record(kw_only=True)
class UnmetDeclaration:
    """A declared change that did not happen."""

    place: str
    kind: str
    id: str


@record(kw_only=True)
class RulesetDiff:
    """The whole comparison. `old` or `new` is None for a ruleset that is new (nobody is answered otherwise: it passes) or gone.

    `changed` is whether any answer differs in anything shown: `changes` where therapies, scope, studies, concepts or notes
    stand, `edits` with profiles in what is said. `unsettled` names what has so many rules that it was not settled at a bounded
    cost; it counts as changed. `version_kept`: answers differ under the same version number. `lost_cases` ask no more what they
    asked of the old version: they do not pass unless they are declared.
    """

    notice: str
    old: RulesetIdentity | None
    new: RulesetIdentity | None
    headline: str
    changed: bool
    version_kept: bool
    gated: bool
    passed: bool
    space: ProfileSpace
    unchanged_subjects: int
    unsettled: tuple[str, ...]
    changes: tuple[AnswerChange, ...]
    edits: tuple[RulesetEdit, ...]
    undeclared: tuple[Undeclared, ...]
    declared_but_not_met: tuple[UnmetDeclaration, ...]
    lost_cases: tuple[LostCase, ...] = ()
