"""A ruleset's card: identity, scope, source, limits, source attributes, and what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hepatica.evaluation.result import RulesetIdentity
from hepatica.knowledge import DEMANDS, Ruleset, Source, counts, words
from hepatica.notice import notice
from hepatica.report.blocks import Blocks, Bullets, Notice, Paragraph, Section, Title


@dataclass(frozen=True, slots=True)
class UsedAttribute:
    """One of the attributes by which clinical decision support is judged: whether it is used here, and how."""

    attribute: str
    used: str
    says: str


@dataclass(frozen=True, slots=True)
class StandingMeaning:
    """What a standing is called, means, and asks of the cited studies."""

    standing: str
    title: str
    means: str
    needs: str


@dataclass(frozen=True, slots=True)
class About:
    """The whole card."""

    notice: str
    ruleset: RulesetIdentity
    title: str
    released: str
    extends: str
    developer: str
    funding: str
    intended_use: str
    intended_users: str
    cautioned_against: tuple[str, ...]
    source: Source
    scope: str
    out_of_scope: str
    covers: tuple[str, ...]
    leaves_out: tuple[str, ...]
    known_limits: tuple[str, ...]
    update_process: str
    source_attributes: tuple[UsedAttribute, ...]
    standings: tuple[StandingMeaning, ...]
    counts: Mapping[str, int | Mapping[str, int]]


def about(ruleset: Ruleset) -> About:
    """The card of a ruleset with what it holds, counted."""
    card = ruleset.card
    return About(
        notice=notice(card.as_of),
        ruleset=RulesetIdentity(card.id, card.version, card.as_of, (card.source.citation,), ruleset.digest),
        title=card.title,
        released=card.released,
        extends=card.extends,
        developer=card.developer,
        funding=card.funding,
        intended_use=card.intended_use,
        intended_users=card.intended_users,
        cautioned_against=card.cautioned_against,
        source=card.source,
        scope=words(card.scope),
        out_of_scope=card.out_of_scope,
        covers=card.covers,
        leaves_out=card.leaves_out,
        known_limits=card.known_limits,
        update_process=card.update_process,
        source_attributes=tuple(UsedAttribute(a.attribute, a.used, a.says) for a in card.source_attributes),
        standings=tuple(StandingMeaning(name, d.title, d.means, d.needs) for name, d in DEMANDS.items()),
        counts=counts(ruleset)._asdict(),
    )


def about_view(card: About) -> Blocks:
    """The card as a reader sees it."""
    return (Title(card.title), *_sections(card), Notice(card.notice))


def _sections(card: About) -> Iterator[Section]:
    identity = card.ruleset
    revised = f", released {card.released}" if card.released else ""
    yield from _given("Ruleset", f"{identity.id} {identity.version}{revised}; evidence as of {identity.as_of}", identity.digest)
    yield from _given("Source", *_source(card.source))
    yield from _listed("Holds", _holds(card.counts))
    yield from _given("For", card.intended_use, card.intended_users)
    yield from _listed("Not for", card.cautioned_against)
    yield from _given("Scope", f"Applies where: {card.scope}.", card.out_of_scope)
    yield from _listed("Covers", card.covers)
    yield from _listed("Leaves out", card.leaves_out)
    yield from _listed("Known limits", card.known_limits)
    yield from _given("How it is kept up", card.update_process)
    yield from _listed("The thirteen source attributes", (_attribute(item) for item in card.source_attributes))


def _given(title: str, *sentences: str) -> Iterator[Section]:
    shown = tuple(Paragraph(sentence) for sentence in sentences if sentence)
    if shown:
        yield Section(title, shown)


def _listed(title: str, sentences: Iterable[str]) -> Iterator[Section]:
    shown = tuple(sentences)
    if shown:
        yield Section(title, (Bullets(shown),))


def _source(source: Source) -> Iterator[str]:
    yield f"{source.citation}{f' doi:{source.doi}' if source.doi else ''} (basis: {source.basis})"
    yield source.text


def _holds(held: Mapping[str, int | Mapping[str, int]]) -> Iterator[str]:
    yield f"{held['therapies']} therapies, {held['rules']} rules: {_named(held['rules_by_standing'])}"
    yield f"{held['studies']} studies and statements, {held['studies_of_other_tumours']} of them not on HCC, which back no rule"
    yield f"{held['figures']} printed figures; {held['corrected_results']} results carry a correction beside what is printed"
    yield f"{held['discrepancies']} discrepancies, known by: {_named(held['discrepancies_by_basis'])}"
    yield f"{held['notes']} general statements of the source; {held['left_out']} printed numbers left out, each with a reason"


def _named(counted: int | Mapping[str, int]) -> str:
    if isinstance(counted, int):
        return str(counted)
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counted.items() if number)


def _attribute(item: UsedAttribute) -> str:
    return f"{item.attribute}: {_USED[item.used]}. {item.says}"


_USED = {"yes": "used", "no": "not used", "n/a": "does not apply"}
