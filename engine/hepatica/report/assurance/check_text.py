"""A check's report as text, and the page of one finding."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.assurance.answers.agreement import Agreement
from hepatica.assurance.check.check import Report
from hepatica.assurance.check.findings import KINDS, Finding, Kind
from hepatica.notice import NOTICE, notice
from hepatica.report.assurance.comparison_words import COUNTED
from hepatica.report.assurance.diff_text import witness_words
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

MOST_DIFFERENCES = 5


def text(report: Report, agreement: Agreement | None, style: Style) -> str:
    """The findings by kind, then what was proved."""
    return "\n".join(_lines(report, agreement, style)) + "\n"


def page(kind: Kind) -> str:
    """What a code means and what to do about it."""
    lines = [f"{kind.code} ({kind.weight})", ""]
    lines += [
        *hanging("", _named(kind.sentence), 0),
        "",
        *hanging("", kind.page, 0),
        "",
        *hanging("Remedy: ", _named(kind.remedy), 2),
    ]
    return "\n".join([*lines, "", *hanging("", NOTICE, 0)]) + "\n"


def index() -> str:
    """Every code with its sentence."""
    lines = [line for kind in KINDS.values() for line in hanging(f"{kind.code:<24}", _named(kind.sentence), 24)]
    return "\n".join([*lines, "", *hanging("", NOTICE, 0)]) + "\n"


def _named(sentence: str) -> str:
    return sentence.replace("{", "<").replace("}", ">")


def _lines(report: Report, agreement: Agreement | None, style: Style) -> Iterator[str]:
    card = report.version.ruleset.card
    yield from hanging("", f"{card.id} {card.version} ({report.version.ruleset.digest[:19]})", 2)
    yield from hanging("", headline(report), 2)
    for code in KINDS:
        found = [finding for finding in report.findings if finding.code == code]
        if found:
            yield ""
            yield style.bold(f"{code.upper()} ({len(found)})") + (" remark" if KINDS[code].weight == "remark" else "")
            for finding in found:
                yield from _finding(finding)
    yield ""
    yield from hanging("", " ".join(proved(report)), 0)
    if agreement is not None:
        yield from _agreement(agreement)
    yield ""
    yield from hanging("", COUNTED, 0)
    yield from hanging("", notice(card.as_of), 0)


def _finding(finding: Finding) -> Iterator[str]:
    yield from hanging("  ", f"{finding.place}: {finding.sentence}" if finding.place else finding.sentence, 4)
    yield from hanging("    remedy: ", finding.remedy, 6)
    if finding.profiles:
        yield f"    {finding.profiles:,} profiles"
    if finding.witness is not None:
        yield from hanging("    for example ", witness_words(finding.witness), 6)


def headline(report: Report) -> str:
    """How many findings over how many profiles, in one sentence."""
    faults = report.faults()
    remarks = len(report.findings) - faults
    profiles = f"{report.space.profiles:,} profiles"
    counts = f"{faults} fault{'' if faults == 1 else 's'}, {remarks} remark{'' if remarks == 1 else 's'}"
    return (
        f"{counts}; {len(report.applies)} rules checked over all {profiles} ({report.space.points:,} that some test tells apart)."
    )


def proved(report: Report) -> list[str]:
    """What holds besides the findings."""
    alone = f"for {report.supportive_only:,} of them nothing but supportive care is, or may be, an option"
    shown = [f"{report.in_scope:,} profiles are certainly in scope; {alone}."]
    if report.counted_twice:
        shown.append("Box algebra and a sweep over every point give the same counts for every rule.")
    else:
        shown.append("The space is too large for a sweep over every point: the counts rest on box algebra alone.")
    return shown


def _agreement(agreement: Agreement) -> Iterator[str]:
    compared = ", ".join(f"{number:,} {kind}" for kind, number in agreement.compared.items())
    verdict = f"they differ on {len(agreement.differences)}" if agreement.differences else "they agree on all"
    yield from hanging("", f"durable_rules, the plain reading and the columns compared on {compared}: {verdict}.", 0)
    for difference in agreement.differences[:MOST_DIFFERENCES]:
        yield from hanging("  ", f"{', '.join(difference.goals)}: {witness_words(difference.facts)}", 4)
