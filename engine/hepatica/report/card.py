"""What a reader may start from: a ruleset's card, with what it covers and leaves out, and the example patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import STANDINGS, Card, Ruleset, counts
from hepatica.notice import NOTICE, notice
from hepatica.records import record
from hepatica.report.blocks import Block, Blocks, Item, Items, Notice, Paragraph, Ref, Section, Title, bullets
from hepatica.wording import Wording, counted, sentence

_TEACHES = "# Teaches:"


@record(kw_only=True)
class StandingMeaning:
    """What a standing is called, means, and asks of the cited studies."""

    standing: str
    title: str
    means: str
    needs: str


@record(kw_only=True)
class About:
    """The whole card, its scope in words, what the standings mean, and what the ruleset holds."""

    notice: str
    ruleset: RulesetIdentity
    card: Card
    scope_says: str
    standings: tuple[StandingMeaning, ...]
    counts: Mapping[str, int | Mapping[str, int]]


def about(ruleset: Ruleset) -> About:
    """The card of a ruleset with what it holds, counted."""
    meanings = (StandingMeaning(standing=k, title=d.title, means=d.means, needs=d.needs) for k, d in STANDINGS.items())
    return About(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        card=ruleset.card,
        scope_says=Wording(ruleset).condition(ruleset.card.scope),
        standings=tuple(meanings),
        counts=counts(ruleset),
    )


def about_view(found: About) -> Blocks:
    """The card as a reader sees it."""
    return (Title(found.card.title), *_sections(found), Notice(found.notice))


def _sections(found: About) -> Iterator[Block]:
    card, ruleset = found.card, found.ruleset
    revised = f", released {card.released}" if card.released else ""
    folder = f"Read from {ruleset.folder}." if ruleset.folder else ""
    yield from _given("Ruleset", f"{card.id} {card.version}{revised}; evidence as of {card.as_of}", folder, ruleset.digest)
    yield from _given("Source", *_source(found))
    yield from _given("Companion", f"{card.companion}: {card.companion_says}" if card.companion else "")
    yield from _listed("Holds", _holds(found.counts))
    yield from _given("For", card.intended_use, card.intended_users)
    yield from _listed("Not for", card.cautioned_against)
    yield from _given("Scope", f"Applies where: {found.scope_says}.", card.out_of_scope)
    yield from _listed("Covers", card.covers)
    yield from _listed("Leaves out", card.leaves_out)
    yield from _listed("Known limits", card.known_limits)
    yield from _given("How it is kept up", card.update_process)
    used = {"yes": "used", "no": "not used", "n/a": "does not apply"}
    attributes = (f"{item.attribute}: {used[item.used]}. {item.says}" for item in card.source_attributes)
    yield from _listed("Source attributes", attributes)


def _given(title: str, *sentences: str) -> Blocks:
    shown = tuple(Paragraph(sentence) for sentence in sentences if sentence)
    return (Section(title, shown),) if shown else ()


def _listed(title: str, sentences: Iterable[str]) -> Blocks:
    shown = bullets(sentences)
    return (Section(title, shown),) if shown else ()


def _source(found: About) -> Iterator[str]:
    source = found.card.source
    if source is None:
        yield from found.ruleset.sources
        return
    yield f"{source.citation}{f' doi:{source.doi}' if source.doi else ''} (basis: {source.basis})"
    yield source.text


def _holds(held: Mapping[str, int | Mapping[str, int]]) -> Iterator[str]:
    standings = _named(held["rules_by_standing"], lambda name: STANDINGS[name].phrase)
    yield f"{held['therapies']} therapies, {held['rules']} rules: {standings}"
    other = f"{held['studies_of_other_tumours']} of them of another disease, which back no rule"
    yield f"{held['studies']} studies and statements, {other}"
    yield f"{held['figures']} printed figures; {held['corrected_results']} results carry a correction beside what is printed"
    yield f"{held['discrepancies']} discrepancies, known by: {_named(held['discrepancies_by_basis'])}"
    yield f"{held['notes']} general statements of the source; {held['left_out']} printed numbers left out, each with a reason"


def _named(counted: int | Mapping[str, int], word: Callable[[str], str] = str) -> str:
    assert not isinstance(counted, int)
    return ", ".join(f"{number} {word(name)}" for name, number in counted.items() if number)


@record(kw_only=True)
class ExamplePatient:
    """An example: the name that commands take, its title, and what it teaches."""

    name: str
    label: str
    teaches: str


@record(kw_only=True)
class PatientListing:
    """The examples, by name."""

    notice: str
    patients: tuple[ExamplePatient, ...]


def patient_listing(found: Iterable[tuple[str, str, str]]) -> PatientListing:
    """Examples from the name, the label and the text of each file; a comment at its head says what it teaches."""
    patients = tuple(ExamplePatient(name=name, label=label, teaches=_teaches(text)) for name, label, text in sorted(found))
    return PatientListing(notice=NOTICE, patients=patients)


def _teaches(text: str) -> str:
    # In a comment, because a patient file has no field for it: it is said to people, not to the program.
    comments = takewhile(lambda line: line.startswith("#"), text.removeprefix("\ufeff").splitlines())
    return next((line.removeprefix(_TEACHES).strip() for line in comments if line.startswith(_TEACHES)), "")


def patients_view(listing: PatientListing) -> Blocks:
    """The examples with what each teaches."""
    items = tuple(
        Item(one.name, f"{one.label}. {sentence(one.teaches)}".strip(), ref=Ref("patient", one.name)) for one in listing.patients
    )
    how = Paragraph("Wherever a command takes a patient, it takes one of these names: hepatica evaluate <name>.")
    return Title(counted(len(items), "example patient")), how, Items(items), Notice(listing.notice)
