"""The rules of a ruleset, listed, shown and searched."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.evaluation import RulesetIdentity, identity
from hepatica.knowledge import Concept, Condition, Rule, Ruleset, Test, Therapy, leaves
from hepatica.notice import notice
from hepatica.records import record
from hepatica.report.blocks import Blocks, Item, Items, Notice, Paragraph, Ref, Section, Title, facts
from hepatica.report.citing import limits, place_words, rule_words
from hepatica.wording import Wording, counted, grouped, sentence


@record(kw_only=True)
class RuleRecord:
    """One rule with its therapy, its condition in words, and the fields that it depends on, through concepts too."""

    therapy: str
    name: str
    drug_class: str
    rule: Rule
    when_says: str
    fields: tuple[str, ...]
    cites_names: tuple[str, ...]
    written_at: str


@record(kw_only=True)
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
    rules = tuple(
        RuleRecord(
            therapy=therapy.id,
            name=therapy.name,
            drug_class=therapy.drug_class,
            rule=rule,
            when_says=words.condition(rule.when),
            fields=tuple(sorted(_fields(ruleset, rule.when))),
            cites_names=tuple(ruleset.studies[name].name for name in rule.cites),
            written_at=ruleset.places.get(f"rule/{rule.id}", ""),
        )
        for therapy, rule in found
    )
    return RuleListing(
        notice=notice(ruleset.card.as_of),
        ruleset=identity(ruleset),
        total=len(ruleset.rules),
        full=full,
        scope=ruleset.card.scope,
        concepts=tuple(ruleset.concepts.values()),
        rules=rules,
    )


def rules_view(listing: RuleListing) -> Blocks:
    """Rules by therapy."""
    title = Title(f"{len(listing.rules)} of {counted(listing.total, 'rule')}", listing.ruleset.named)
    groups = grouped(((one.therapy, one.name, one.drug_class), one) for one in listing.rules)
    shown = ((who, tuple(map(_whole, own)) if listing.full else (Items(tuple(map(_item, own))),)) for who, own in groups.items())
    sections = (Section(name, own, id=therapy, says=sentence(drug_class)) for (therapy, name, drug_class), own in shown)
    return (title, *sections, Notice(listing.notice))


def _item(one: RuleRecord) -> Item:
    rule = one.rule
    return Item(rule.id, rule.says, rule_words(rule), ref=Ref("rule", rule.id), details=(Paragraph(one.when_says, lead="When"),))


def _whole(one: RuleRecord) -> Section:
    rule = one.rule
    cited = (Item(name, ref=Ref("study", study)) for study, name in zip(rule.cites, one.cites_names, strict=True))
    blocks: Blocks = (
        Paragraph(rule.says),
        Paragraph(one.when_says, lead="When"),
        Items(tuple(cited), group="Rests on"),
        *limits(rule),
        facts((("Source", place_words(rule.source)), ("Rule", rule.id), ("Written at", one.written_at))),
    )
    return Section(sentence(rule_words(rule)), blocks, id=rule.id)


def _fields(ruleset: Ruleset, condition: Condition) -> set[str]:
    found: set[str] = set()
    for leaf in leaves(condition):
        found |= {leaf.field} if isinstance(leaf, Test) else _fields(ruleset, ruleset.concepts[leaf.concept].when)
    return found


def rules_found(
    ruleset: Ruleset, names: Iterable[str] = (), *, line: str = "", standing: str = "", field: str = "", search: str = ""
) -> list[tuple[Therapy, Rule]]:
    """The rules that pass every filter: of these therapies or ids, of a line, of a standing, reading a field, holding words."""
    wanted, words = set(names), search.lower().split()
    return [
        (therapy, rule)
        for therapy, rule in ruleset.rules_with_therapy()
        # Cheap tests first: only what passes them is put into words and searched.
        if (not wanted or {therapy.id, rule.id} & wanted)
        and (not line or rule.line == line)
        and (not standing or rule.standing == standing)
        and (not field or field in _fields(ruleset, rule.when))
        and (not words or _holds_all(words, ruleset, therapy, rule))
    ]


def _holds_all(words: list[str], ruleset: Ruleset, therapy: Therapy, rule: Rule) -> bool:
    studies = [ruleset.studies[name] for name in rule.cites]
    parts = [
        *(therapy.id, therapy.name, therapy.drug_class, *therapy.synonyms, rule.id, rule.says, rule.standing),
        Wording(ruleset).condition(rule.when),
        *(caveat.says for caveat in rule.caveats),
        *(text for study in studies for text in (study.id, study.name, study.nct)),
    ]
    text = " ".join(parts).lower()
    return all(word in text for word in words)
