"""What a verification found, as text and as JSON-ready values."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.knowledge import Ruleset
from hepatica.knowledge.traceability import SectionCoverage, Verification
from hepatica.notice import notice
from hepatica.report.old_document import Document, framed
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

_TITLE = 36


def text(ruleset: Ruleset, found: Verification, style: Style) -> str:
    """SectionCoverage part by part in both directions, then each finding."""
    return "\n".join(_lines(ruleset, found, style)) + "\n"


def _lines(ruleset: Ruleset, found: Verification, style: Style) -> Iterator[str]:
    yield style.bold("RECORDED FIGURES FOUND IN THE TEXT, AND PRINTED NUMBERS ACCOUNTED FOR")
    yield f"{'':<{_TITLE}} {'figures found':>14} {'recorded':>9} {'left out':>8} {'missing':>8}"
    for part in found.sections:
        yield _row(part, part.title)
    yield style.bold(_row(found.total, "All"))
    yield ""
    for problem in found.findings:
        yield str(problem)
    if found.findings:
        yield ""
    yield from hanging("", _verdict(found), 0)
    yield ""
    yield from hanging("", notice(ruleset.card.as_of), 0)


def _row(part: SectionCoverage, title: str) -> str:
    name = title if len(title) <= _TITLE else f"{title[: _TITLE - 3]}..."
    figures = f"{part.found} of {part.figures}"
    return f"{name:<{_TITLE}} {figures:>14} {part.recorded:>9} {part.left_out:>8} {part.missing:>8}"


def _verdict(found: Verification) -> str:
    total = found.total
    if not found.findings:
        return (
            f"Every one of the {total.figures} recorded figures and references stands at its lines. Of the {total.numbers} "
            f"numbers the text prints, {total.recorded} are recorded and {total.left_out} are left out with a reason."
        )
    return f"{len(found.findings)} finding{'' if len(found.findings) == 1 else 's'}."


def document(ruleset: Ruleset, found: Verification) -> Document:
    """The same as values."""
    parts = [{**part._asdict(), "missing": part.missing} for part in found.sections]
    total = {**found.total._asdict(), "missing": found.total.missing}
    findings = [
        {"file": p.file, "line": p.line, "column": p.column, "code": p.code, "message": p.message} for p in found.findings
    ]
    return framed(ruleset, {"verified": not found.findings, "total": total, "sections": parts, "findings": findings})
