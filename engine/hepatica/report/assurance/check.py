"""What `check` found: the findings by kind, what was proved besides, and the page of one kind."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.assurance.agreement import EvaluatorAgreement
from hepatica.assurance.check import KINDS, CheckFinding, CheckResult, FindingKind
from hepatica.notice import NOTICE
from hepatica.report.assurance.words import identity_words, settings
from hepatica.report.blocks import Block, Blocks, Facts, Item, Items, Notice, Paragraph, Title, listed
from hepatica.wording import counted

MOST_DIFFERENCES = 5


def check_view(result: CheckResult) -> Blocks:
    """The whole result."""
    return tuple(_blocks(result))


def _blocks(result: CheckResult) -> Iterator[Block]:
    faults, remarks = counted(result.faults, "fault"), counted(result.remarks, "remark")
    waived = f", {result.waived} waived" if result.waived else ""
    # Nothing else fails a check: without a fault it was a strict one.
    differing = result.agreement is not None and result.agreement.differences
    strict = " (--strict: remarks fail the check)" if not (result.passed or result.faults or differing) else ""
    yield Title(f"{faults}, {remarks}{waived}{strict}", identity_words(result.ruleset))
    distinct = f"{result.space.distinguishable:,} that some test tells apart"
    yield Paragraph(f"{len(result.applies)} rules checked over all {result.space.profiles:,} profiles ({distinct}).")
    for code, kind in KINDS.items():
        yield from listed(spoken_code(kind), (_item(one) for one in result.findings if one.code == code and not one.waived))
    yield from listed("Waived", (Item(one.code, f"{one.says} Waived: {one.waived}") for one in result.findings if one.waived))
    alone = f"for {result.supportive_only:,} of them nothing but supportive care is, or may be, an option"
    yield Paragraph(f"{result.in_scope:,} profiles are certainly in scope; {alone}.")
    twice = "The decision diagrams and a sweep over every point give the same counts for every rule."
    once = "The space is too large for a sweep over every point: the counts rest on the decision diagrams alone."
    yield Paragraph(twice if result.counted_twice else once)
    if result.unproved:
        yield Paragraph(f"{', '.join(result.unproved)}.", lead="Not settled whether they ever decide, among so many rules")
    if result.agreement is not None:
        yield from _agreement(result.agreement)
    yield Paragraph(result.space.counted, tone="quiet")
    yield Notice(result.notice)


def spoken_code(kind: FindingKind) -> str:
    """A code as a heading: "OUTSIDE-TRIALS (remark)"."""
    return f"{kind.code.upper()}{' (remark)' if kind.weight == 'remark' else ''}"


def _item(found: CheckFinding) -> Item:
    parts = [f"{found.says} Remedy: {found.remedy}"]
    if found.profiles:
        parts.append(f"{found.profiles:,} profiles.")
    if found.witness is not None:
        parts.append(f"For example {settings(found.witness)}")
    return Item(found.place or "the whole ruleset", " ".join(parts))


def _agreement(agreement: EvaluatorAgreement) -> Iterator[Block]:
    compared = ", ".join(f"{number:,} {kind}" for kind, number in agreement.compared.items())
    verdict = f"they differ on {len(agreement.differences)}" if agreement.differences else "they agree on all"
    yield Paragraph(f"durable_rules, the plain reading and the bit tables compared on {compared}: {verdict}.")
    differing = agreement.differences[:MOST_DIFFERENCES]
    if differing:
        yield Items(tuple(Item(settings(one.profile), one.says) for one in differing))


def finding_page(kind: FindingKind) -> Blocks:
    """What a code means and what to do about it."""
    said = (Paragraph(_named(kind.sentence)), Paragraph(kind.page), Paragraph(_named(kind.remedy), "Remedy"))
    return (Title(f"{kind.code} ({kind.weight})"), *said, Notice(NOTICE))


def finding_index(kinds: tuple[FindingKind, ...]) -> Blocks:
    """Every code with its sentence."""
    return Title("What check can find"), Facts(tuple((kind.code, _named(kind.sentence)) for kind in kinds)), Notice(NOTICE)


def _named(sentence: str) -> str:
    """A sentence with its gaps shown as gaps."""
    return sentence.replace("{", "<").replace("}", ">")
