"""What a cohort comes to: who gets what, what blocks answers, what is out of scope or refused; small numbers hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hepatica.evaluation import ListName, RulesetIdentity
from hepatica.records import record

Number = int | None
"""A number of rows; None where it is hidden because it is small, or because it would give a small one away."""
R = TypeVar("R")


@record(kw_only=True)
class MappingIdentity:
    """Which mapping read the tables."""

    id: str
    title: str
    digest: str


@record(kw_only=True)
class ReadColumns:
    """A field, and the columns that it was read from."""

    field: str
    title: str
    columns: tuple[str, ...]


@record(kw_only=True)
class RowCounts:
    """All rows: those answered, those rejected and those `folded` into another row of a patient add up to `rows`."""

    rows: Number
    answered: Number
    rejected: Number
    folded: Number


@record(kw_only=True)
class CohortCount:
    """How many rows something is true of."""

    key: str
    title: str
    rows: Number


@record(kw_only=True)
class FieldCounts:
    """The answered rows by the value of one field."""

    field: str
    title: str
    counts: tuple[CohortCount, ...]


@record(kw_only=True)
class StandingCount:
    """Rows whose strongest option has this standing, by the line of treatment of the rule that makes it one."""

    standing: str
    title: str
    line: str
    rows: Number


@record(kw_only=True)
class TherapyCount:
    """How many answered rows in scope, or not known to be out of it, have a therapy in each list; its options by standing."""

    therapy: str
    name: str
    lists: Mapping[ListName, Number]
    standings: tuple[StandingCount, ...]


@record(kw_only=True)
class MissingFact:
    """A field that is not known: in how many rows, in how many of them some result of it would settle anything, and in how many
    any result would settle everything. `verdicts` are the open therapies, over all rows, that any result settles."""

    field: str
    title: str
    unknown: Number
    blocks: Number
    settles: Number
    verdicts: Number


@record(kw_only=True)
class RejectCount:
    """Rows refused for one column and reason; `example` is one such value, where small numbers are not hidden."""

    column: str
    code: str
    reason: str
    example: str
    rows: Number


@record(kw_only=True)
class CohortSummary:
    """A whole cohort under one ruleset. `suppress_below` is the least number that is shown, 0 where all are."""

    notice: str
    ruleset: RulesetIdentity
    mapping: MappingIdentity
    tables: tuple[str, ...]
    columns: tuple[ReadColumns, ...]
    suppress_below: int
    rows: RowCounts
    scope: tuple[CohortCount, ...]
    out_of_scope: tuple[CohortCount, ...]
    patients: tuple[FieldCounts, ...]
    strongest: tuple[StandingCount, ...]
    therapies: tuple[TherapyCount, ...]
    missing: tuple[MissingFact, ...]
    examined: Number = 0
    rejects: tuple[RejectCount, ...] = ()
    warnings: tuple[CohortCount, ...] = ()
    verified: int = 0


@record(kw_only=True)
class CohortTurn:
    """Rows that were so under the old ruleset and are so under the new one; both in words."""

    old: str
    new: str
    rows: Number


@record(kw_only=True)
class CohortTherapyTurn:
    """Rows in which a therapy is in one list under the old ruleset and in another under the new one; "" where a ruleset does not
    know the therapy."""

    therapy: str
    name: str
    old: ListName | str
    new: ListName | str
    rows: Number


@record(kw_only=True)
class CohortDiff:
    """What a change of rules does to the patients of a cohort. `changed` rows have another scope or strongest standing, or a
    therapy that both rulesets know in another list."""

    notice: str
    ruleset: RulesetIdentity
    new_ruleset: RulesetIdentity
    mapping: MappingIdentity
    tables: tuple[str, ...]
    suppress_below: int
    rows: RowCounts
    changed: Number
    scope: tuple[CohortTurn, ...]
    strongest: tuple[CohortTurn, ...]
    therapies: tuple[CohortTherapyTurn, ...]


def small(number: Number, least: int, whole: Number = None) -> Number:
    """A number, hidden where it is small, or where its difference to a whole that is shown is."""
    rest = None if number is None or whole is None else whole - number
    return None if any(each is not None and 0 < each < least for each in (number, rest)) else number


def hidden(counts: Sequence[Number], least: int) -> list[Number]:
    """The parts of a whole with the small ones hidden, and where only one would be, the next smallest with it.

    Whoever knows the whole could else work the one out. No patient is disclosed by a nought, which stays.
    """
    shown = [small(number, least) for number in counts]
    # One hidden number alone is the whole less what is shown.
    rest = [place for place, number in enumerate(shown) if number]
    if shown.count(None) == 1 and rest:
        shown[min(rest, key=lambda place: (counts[place] or 0, place))] = None
    return shown


def parts(counts: tuple[R, ...], least: int) -> tuple[R, ...]:
    """Counts that add up to something known, the small ones hidden."""
    several: Sequence[Any] = counts
    numbers = hidden([one.rows for one in several], least)
    return tuple(replace(one, rows=number) for one, number in zip(several, numbers, strict=True))


def suppressed_rows(counts: RowCounts, least: int) -> RowCounts:
    """Where a part is hidden the whole is, and the answered, whom every other table adds up to, stay."""
    own = {name: small(getattr(counts, name), least) for name in ("answered", "rejected", "folded")}
    return replace(counts, **own, rows=None if None in own.values() else counts.rows)


def suppressed(found: CohortSummary, least: int) -> CohortSummary:
    """The summary with every number below `least` hidden, and whatever gives one away."""
    if least <= 1:
        return found
    return replace(
        found,
        suppress_below=least,
        rows=suppressed_rows(found.rows, least),
        scope=parts(found.scope, least),
        out_of_scope=parts(found.out_of_scope, least),
        patients=tuple(replace(one, counts=parts(one.counts, least)) for one in found.patients),
        strongest=parts(found.strongest, least),
        therapies=tuple(_therapy(one, least) for one in found.therapies),
        missing=tuple(_missing(one, found.rows.answered or 0, least) for one in found.missing),
        examined=small(found.examined, least),
        rejects=tuple(replace(one, example="") for one in parts(found.rejects, least)),
        warnings=tuple(replace(one, rows=small(one.rows, least)) for one in found.warnings),
    )


def _therapy(one: TherapyCount, least: int) -> TherapyCount:
    lists = dict(zip(one.lists, hidden(list(one.lists.values()), least), strict=True))
    # What adds up to a hidden number must not show it.
    secret = lists.get("options") is None
    standings = tuple(replace(each, rows=None) for each in one.standings) if secret else parts(one.standings, least)
    return replace(one, lists=lists, standings=standings)


def _missing(one: MissingFact, total: int, least: int) -> MissingFact:
    # Who is known is the rest of those who are not, and the rest to a larger number that is shown must not be small either.
    unknown = small(one.unknown, least, total)
    blocks = small(one.blocks, least, unknown)
    settles = small(one.settles, least, blocks)
    return replace(one, unknown=unknown, blocks=blocks, settles=settles, verdicts=small(one.verdicts, least))
