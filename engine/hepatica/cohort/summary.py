"""What a cohort comes to: who gets what, what blocks answers, what is out of scope or refused; small numbers hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def hidden(counts: Sequence[Number], least: int) -> list[Number]:
    """The parts of a whole with the small ones hidden, and where only one would be, the next smallest with it.

    Whoever knows the whole could else work the one out. No patient is disclosed by a nought, which stays.
    """
    shown = [None if number is not None and 0 < number < least else number for number in counts]
    # One hidden number alone is the whole less what is shown.
    secret = [place for place, number in enumerate(shown) if number is None]
    if len(secret) == 1:
        rest = [place for place, number in enumerate(shown) if number]
        if rest:
            shown[min(rest, key=lambda place: (counts[place] or 0, place))] = None
    return shown


def suppressed(found: CohortSummary, least: int) -> CohortSummary:
    """The summary with every number below `least` hidden, and whatever gives one away."""
    if least <= 1:
        return found
    total = found.rows.answered or 0
    return replace(
        found,
        suppress_below=least,
        rows=suppressed_rows(found.rows, least),
        scope=parts(found.scope, least),
        out_of_scope=parts(found.out_of_scope, least),
        patients=tuple(replace(one, counts=parts(one.counts, least)) for one in found.patients),
        strongest=parts(found.strongest, least),
        therapies=tuple(_therapy(one, least) for one in found.therapies),
        missing=tuple(_missing(one, total, least) for one in found.missing),
        examined=small(found.examined, least),
        rejects=tuple(replace(one, example="") for one in parts(found.rejects, least)),
        warnings=tuple(replace(one, rows=small(one.rows, least)) for one in found.warnings),
    )


def suppressed_rows(counts: RowCounts, least: int) -> RowCounts:
    """Where a part is hidden the whole is, and the answered, whom every other table adds up to, stay."""
    own = {name: small(getattr(counts, name), least) for name in ("answered", "rejected", "folded")}
    shown = replace(counts, **own)
    return replace(shown, rows=None) if shown != counts else counts


def small(number: Number, least: int) -> Number:
    """A number by itself, hidden where it is small."""
    return None if number is not None and 0 < number < least else number


def parts(counts: tuple[R, ...], least: int) -> tuple[R, ...]:
    """Counts that add up to something known, the small ones hidden."""
    several: Iterable[Any] = counts
    numbers = hidden([one.rows for one in several], least)
    return tuple(replace(one, rows=number) for one, number in zip(several, numbers, strict=True))


def _therapy(one: TherapyCount, least: int) -> TherapyCount:
    numbers = dict(zip(one.lists, hidden(list(one.lists.values()), least), strict=True))
    standings = parts(one.standings, least)
    if numbers.get("options") is None and standings:
        # What adds up to a hidden number must not show it.
        standings = tuple(replace(each, rows=None) for each in standings)
    return replace(one, lists=numbers, standings=standings)


def _missing(one: MissingFact, total: int, least: int) -> MissingFact:
    # Who is known is the rest of those who are not: a small rest gives itself away.
    known = total - (one.unknown or 0)
    unknown = None if small(one.unknown, least) is None or small(known, least) is None else one.unknown
    # The difference to a larger number that is shown must not be a small one either.
    blocks = _apart(small(one.blocks, least), unknown, least)
    settles = _apart(small(one.settles, least), blocks, least)
    return replace(one, unknown=unknown, blocks=blocks, settles=settles, verdicts=small(one.verdicts, least))


def _apart(number: Number, whole: Number, least: int) -> Number:
    return None if number is not None and whole is not None and 0 < whole - number < least else number
