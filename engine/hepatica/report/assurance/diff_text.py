"""A comparison of two rulesets as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.assurance.answers.version import Version
from hepatica.assurance.diff.allow import Judged
from hepatica.assurance.diff.compare import Change, Comparison, touched
from hepatica.notice import notice
from hepatica.patient import Facts
from hepatica.report.assurance.comparison_words import COUNTED, edit_line, gate, headline, region, share, subject_name, turn
from hepatica.report.patient_file import written
from hepatica.report.style import Style
from hepatica.report.wrapping import hanging

MOST_EDITS = 40
MOST_BOXES = 6


def text(comparison: Comparison, judged: Judged | None, style: Style, *, verbose: bool = False) -> str:
    """What was edited, then what it does; `verbose` leaves nothing out."""
    return "\n".join(_Text(comparison, judged, style, verbose).lines()) + "\n"


class _Text:
    def __init__(self, comparison: Comparison, judged: Judged | None, style: Style, verbose: bool) -> None:
        self.comparison, self.judged, self.style, self.verbose = comparison, judged, style, verbose
        self._declared = set(judged.declared) if judged else set()

    def lines(self) -> Iterator[str]:
        yield from hanging("", f"{_identity(self.comparison.old)} -> {_identity(self.comparison.new)}", 2)
        yield from hanging("", headline(self.comparison), 2)
        yield from self._edits()
        yield from self._changes()
        yield from self._gate()
        yield ""
        yield from hanging("", COUNTED, 0)
        yield from hanging("", notice(self.comparison.new.ruleset.card.as_of), 0)

    def _edits(self) -> Iterator[str]:
        edits = self.comparison.edits
        if not edits:
            return
        yield ""
        yield self.style.bold(f"WHAT WAS EDITED ({len(edits)})")
        for edit in edits if self.verbose else edits[:MOST_EDITS]:
            yield from hanging("  ", edit_line(edit), 4)
            if edit.action == "changed":
                yield from hanging("    - ", edit.before or "(empty)", 6)
                yield from hanging("    + ", edit.after or "(empty)", 6)
        if len(edits) > MOST_EDITS and not self.verbose:
            yield f"  ... and {len(edits) - MOST_EDITS} more (--verbose)"

    def _changes(self) -> Iterator[str]:
        groups = touched(self.comparison)
        if not groups:
            return
        yield ""
        yield self.style.bold(f"WHAT IT DOES ({len(self.comparison.changes)})")
        for subject, changes in groups.items():
            yield from hanging("  ", self.style.underline(subject_name(self.comparison, subject)), 4)
            for change in changes:
                yield from self._change(change)

    def _change(self, change: Change) -> Iterator[str]:
        mark = " [declared]" if change in self._declared else ""
        yield from hanging("    ", f"{turn(change)}{mark}", 6)
        yield from hanging("      ", share(self.comparison, change.profiles), 8)
        where = region(change)
        for number, words in enumerate(where if self.verbose else where[:MOST_BOXES]):
            yield from hanging("      where " if not number else "         or ", words, 12)
        if len(where) > MOST_BOXES and not self.verbose:
            yield f"         or {len(where) - MOST_BOXES} more (--verbose)"
        yield from hanging("      for example ", witness_words(change.witness), 12)

    def _gate(self) -> Iterator[str]:
        if self.judged is None:
            return
        yield ""
        yield from hanging("", gate(self.judged), 2)
        for change, left in self.judged.undeclared:
            name = subject_name(self.comparison, change.subject)
            yield from hanging("  not declared: ", f"{name}: {turn(change)} ({left:,} profiles)", 4)
        for allowance in self.judged.unmet:
            yield from hanging("  declared but not met: ", f"{allowance.place} {' '.join(allowance.subject)}", 4)


def witness_words(facts: Facts) -> str:
    """A profile as the settings that make it."""
    known = [f"{name}={written(value).replace(', ', ',')}" for name, value in facts.items() if value is not None]
    return " ".join(known) or "a patient of whom nothing is known"


def _identity(version: Version) -> str:
    card = version.ruleset.card
    return f"{card.id} {card.version} ({version.ruleset.digest[:19]})"
