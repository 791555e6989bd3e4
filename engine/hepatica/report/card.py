"""What a reader may start from: a ruleset's card, with what it covers and leaves out, and the example patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, takewhile

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import STANDINGS, Card, Ruleset, counts
from hepatica.notice import NOTICE, notice
from hepatica.records import record
from hepatica.report.blocks import Blocks, Item, Items, Notice, Paragraph, Ref, Title, bullets, section
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
    card, ruleset = found.card, found.ruleset
    revised = f", released {card.released}" if card.released else ""
    folder = f"Read from {ruleset.folder}." if ruleset.folder else ""
    used = {"yes": "used", "no": "not used", "n/a": "does not apply"}
    attributes = (f"{item.attribute}: {used[item.used]}. {item.says}" for item in card.source_attributes)
    parts = (
        _given("Ruleset", f"{card.id} {card.version}{revised}; evidence as of {card.as_of}", folder, ruleset.digest),
        _given("Source", *_source(found)),
        _given("Companion", f"{card.companion}: {card.companion_says}" if card.companion else ""),
        section("Holds", bullets(_holds(found.counts))),
        _given("For", card.intended_use, card.intended_users),
        section("Not for", bullets(card.cautioned_against)),
        _given("Scope", f"Applies where: {found.scope_says}.", card.out_of_scope),
        section("Covers", bullets(card.covers)),
        section("Leaves out", bullets(card.leaves_out)),
        section("Known limits", bullets(card.known_limits)),
        _given("How it is kept up", card.update_process),
        section("Source attributes", bullets(attributes)),
    )
    return (Title(card.title), *chain.from_iterable(parts), Notice(found.notice))


def _given(title: str, *sentences: str) -> Blocks:
    return section(title, tuple(Paragraph(sentence) for sentence in sentences if sentence))


def _source(found: About) -> Iterable[str]:
    source = found.card.source
    if source is None:
        return found.ruleset.sources
    return f"{source.citation}{f' doi:{source.doi}' if source.doi else ''} (basis: {source.basis})", source.text


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

    # In a comment, because a patient file has no field for it: it is said to people, not to the program.
    def teaches(text: str) -> str:
        comments = takewhile(lambda line: line.startswith("#"), text.removeprefix("\ufeff").splitlines())
        return next((line.removeprefix(_TEACHES).strip() for line in comments if line.startswith(_TEACHES)), "")

    patients = (ExamplePatient(name=name, label=label, teaches=teaches(text)) for name, label, text in sorted(found))
    return PatientListing(notice=NOTICE, patients=tuple(patients))


def patients_view(listing: PatientListing) -> Blocks:
    """The examples with what each teaches."""
    told = ((one.name, f"{one.label}. {sentence(one.teaches)}".strip()) for one in listing.patients)
    items = tuple(Item(name, words, ref=Ref("patient", name)) for name, words in told)
    how = Paragraph("Wherever a command takes a patient, it takes one of these names: hepatica evaluate <name>.")
    return Title(counted(len(items), "example patient")), how, Items(items), Notice(listing.notice)
