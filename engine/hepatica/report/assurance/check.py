"""What `check` found: the findings by kind, what was proved besides, and the page of one kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hepatica.assurance.agreement import EvaluatorAgreement
from hepatica.assurance.cases import shown
from hepatica.assurance.check import KINDS, CheckFinding, CheckResult, FindingKind
from hepatica.knowledge import CARD
from hepatica.notice import NOTICE
from hepatica.report.assurance.words import annotation, identity_words, settings
from hepatica.report.blocks import Block, Blocks, Facts, Item, Items, Notice, Paragraph, Title, listed
from hepatica.wording import counted

MOST_DIFFERENCES = 5
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"fault": "error", "remark": "note"}


def check_view(result: CheckResult) -> Blocks:
    """The whole result."""
    return tuple(_blocks(result))


def _counts(result: CheckResult) -> str:
    waived = f", {result.waived} waived" if result.waived else ""
    return f"{counted(result.faults, 'fault')}, {counted(result.remarks, 'remark')}{waived}"


def _blocks(result: CheckResult) -> Iterator[Block]:
    # Nothing else fails a check: without a fault it was a strict one.
    differing = result.agreement is not None and result.agreement.differences
    strict = " (--strict: remarks fail the check)" if not (result.passed or result.faults or differing) else ""
    yield Title(f"{_counts(result)}{strict}", identity_words(result.ruleset))
    distinct = f"{result.space.distinguishable:,} that some test tells apart"
    yield Paragraph(f"{counted(len(result.applies), 'rule')} checked over all {result.space.profiles:,} profiles ({distinct}).")
    for code, kind in KINDS.items():
        heading = f"{code.upper()}{' (remark)' if kind.weight == 'remark' else ''}"
        yield from listed(heading, (_item(one) for one in result.findings if one.code == code and not one.waived))
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


def check_annotations(result: CheckResult) -> Iterator[str]:
    """One workflow command to a finding: an error for a fault, a notice for a remark."""
    for one in result.findings:
        if not one.waived:
            file, line = _place(one, result)
            level = "error" if one.weight == "fault" else "notice"
            yield annotation(level, file, line, one.code, f"{one.says} Remedy: {one.remedy}")
    if result.agreement is not None:
        yield from (annotation("error", "", 1, "disagreement", one.says) for one in result.agreement.differences)
    yield f"{_counts(result)}. {result.notice}\n"


def _place(found: CheckFinding, result: CheckResult) -> tuple[str, int]:
    """The file, from the working folder where it lies below, and the line; of what a ruleset builds on, its own file."""
    file, _, line = found.place.rpartition(":")
    return shown(Path(result.ruleset.folder, file or CARD)).as_posix(), int(line or 1)


def sarif(result: CheckResult) -> str:
    """The findings as SARIF 2.1.0."""
    # SARIF tells a kind of finding once, and each finding names its kind by where it stands in that list.
    codes = list(dict.fromkeys(one.code for one in result.findings))
    rules = [
        {
            "id": code,
            "shortDescription": {"text": KINDS[code].sentence},
            "fullDescription": {"text": KINDS[code].page},
            "help": {"text": KINDS[code].remedy},
            "defaultConfiguration": {"level": _LEVELS[KINDS[code].weight]},
        }
        for code in codes
    ]
    run = {
        "tool": {"driver": {"name": "hepatica check", "rules": rules}},
        "results": [_sarif_result(one, codes, result) for one in result.findings],
        "properties": {"notice": result.notice, "ruleset": result.ruleset.id, "digest": result.ruleset.digest},
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _sarif_result(found: CheckFinding, codes: list[str], result: CheckResult) -> dict[str, Any]:
    file, line = _place(found, result)
    told: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": _LEVELS[found.weight],
        "message": {"text": f"{found.says} Remedy: {found.remedy}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}}}],
    }
    return told | ({"suppressions": [{"kind": "inSource", "justification": found.waived}]} if found.waived else {})
