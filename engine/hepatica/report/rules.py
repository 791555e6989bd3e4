"""The rules of a ruleset, listed, shown and searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import (
    LINES,
    Caveat,
    Concept,
    Condition,
    Extrapolation,
    Line,
    Place,
    Rule,
    Ruleset,
    Standing,
    Test,
    Therapy,
    Verdict,
    leaves,
)
from hepatica.notice import notice
from hepatica.report.blocks import Block, Blocks, Facts, Item, Items, Notice, Paragraph, Ref, Section, Title
from hepatica.report.sources import place_words
from hepatica.report.standings import standing_words
from hepatica.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRecord:
    """One rule with its therapy. `when` is the condition as written, `when_says` the same in words."""

    therapy: str
    name: str
    drug_class: str
    rule: str
    says: str
    standing: Standing
    verdict: Verdict | None
    line: Line
    when: Condition
    when_says: str
    fields: tuple[str, ...]
    cites: tuple[str, ...]
    cites_names: tuple[str, ...]
    caveats: tuple[Caveat, ...]
    extrapolates: Extrapolation | None
    source: Place
    written_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleListing:
    """The rules asked for, of `total`; with `full` the view shows what each cites and its caveats."""

    notice: str
    ruleset: RulesetIdentity
    total: int
    full: bool
    scope: Condition
    concepts: tuple[Concept, ...]
    rules: tuple[RuleRecord, ...]


def rule_listing(ruleset: Ruleset, found: Iterable[tuple[Therapy, Rule]], *, full: bool = False) -> RuleListing:
    """Rules with their therapies, ready to be shown."""
    words = Wording(ruleset)
    return RuleListing(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        total=len(ruleset.rules),
        full=full,
        scope=ruleset.card.scope,
        concepts=tuple(ruleset.concepts.values()),
        rules=tuple(_record(ruleset, words, therapy, rule) for therapy, rule in found),
    )


def _record(ruleset: Ruleset, words: Wording, therapy: Therapy, rule: Rule) -> RuleRecord:
    return RuleRecord(
        therapy=therapy.id,
        name=therapy.name,
        drug_class=therapy.drug_class,
        rule=rule.id,
        says=rule.says,
        standing=rule.standing,
        verdict=rule.verdict,
        line=rule.line,
        when=rule.when,
        when_says=words.condition(rule.when),
        fields=tuple(sorted(fields_of(ruleset, rule.when))),
        cites=rule.cites,
        cites_names=tuple(ruleset.studies[name].name for name in rule.cites),
        caveats=rule.caveats,
        extrapolates=rule.extrapolates,
        source=rule.source,
        written_at=ruleset.places.get(f"rule/{rule.id}", ""),
    )


def rules_view(listing: RuleListing) -> Blocks:
    """Rules by therapy."""
    identity = listing.ruleset
    title = Title(f"{len(listing.rules)} of {listing.total} rules", f"{identity.id} {identity.version}")
    return (title, *_sections(listing), Notice(listing.notice))


def _sections(listing: RuleListing) -> Iterator[Block]:
    for (therapy, name, drug_class), own in groupby(listing.rules, lambda rule: (rule.therapy, rule.name, rule.drug_class)):
        items = [_item(rule, listing.full) for rule in own]
        blocks = (Items(tuple(items)),) if not listing.full else tuple(_whole(item) for item in items)
        yield Section(name, blocks, id=therapy, says=f"{therapy}; {drug_class}")


def _item(rule: RuleRecord, full: bool) -> Item:
    badge = f"{standing_words(rule.standing, rule.verdict)}, {LINES[rule.line]}"
    short = (Paragraph(rule.when_says, lead="When"),)
    return Item(rule.rule, rule.says, badge, ref=Ref("rule", rule.rule), details=(*short, *_details(rule)) if full else short)


def _whole(item: Item) -> Section:
    return Section(item.name, (Paragraph(item.text), *item.details), says=item.badge, id=item.name)


def _details(rule: RuleRecord) -> Iterator[Block]:
    cited = zip(rule.cites, rule.cites_names, strict=True)
    yield Items(tuple(Item(study, name, ref=Ref("study", study)) for study, name in cited), group="Cites")
    yield from (Paragraph(caveat.says, lead="But") for caveat in rule.caveats)
    if rule.extrapolates:
        yield Paragraph(rule.extrapolates.says, lead="Extrapolates")
    yield Facts(tuple((k, v) for k, v in (("Source", place_words(rule.source)), ("Written at", rule.written_at)) if v))


def fields_of(ruleset: Ruleset, condition: Condition) -> set[str]:
    """The fields a condition depends on, through concepts too."""
    found: set[str] = set()
    for leaf in leaves(condition):
        found |= {leaf.field} if isinstance(leaf, Test) else fields_of(ruleset, ruleset.concepts[leaf.concept].when)
    return found


def rules_found(
    ruleset: Ruleset, names: Iterable[str] = (), *, line: str = "", standing: str = "", field: str = "", search: str = ""
) -> list[tuple[Therapy, Rule]]:
    """The rules that pass every filter: of these therapies or ids, of a line, of a standing, reading a field, holding words."""
    wanted = set(names)
    words = search.lower().split()
    return [
        (therapy, rule)
        for therapy, rule in ruleset.rules_with_therapy()
        if (not wanted or {therapy.id, rule.id} & wanted)
        and (not line or rule.line == line)
        and (not standing or rule.standing == standing)
        and (not field or field in fields_of(ruleset, rule.when))
        and all(word in _text(ruleset, therapy, rule) for word in words)
    ]


def _text(ruleset: Ruleset, therapy: Therapy, rule: Rule) -> str:
    """The text in which a search looks, in lower case."""
    studies = [ruleset.studies[name] for name in rule.cites]
    parts = [
        *(therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, rule.id, rule.says, rule.standing),
        Wording(ruleset).condition(rule.when),
        *(caveat.says for caveat in rule.caveats),
        *(text for study in studies for text in (study.id, study.name, study.nct)),
    ]
    return " ".join(parts).lower()
