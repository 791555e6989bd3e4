"""A comparison of two rulesets as Markdown, made for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from hepatica.assurance.diff.allow import Judged
from hepatica.assurance.diff.compare import Change, Comparison, touched
from hepatica.assurance.diff.edits import Edit
from hepatica.notice import notice
from hepatica.report.assurance.comparison_words import (
    COUNTED,
    counted,
    edit_line,
    gate,
    headline,
    region,
    share,
    subject_name,
    turn,
)
from hepatica.report.assurance.diff_text import witness_words

MOST_CHARACTERS = 60_000


def markdown(comparison: Comparison, judged: Judged | None) -> str:
    """The comparison; cut, saying so, before it grows past what a comment may hold."""
    lines: list[str] = []
    size = 0
    footer = ["", COUNTED, "", f"_{notice(comparison.new.ruleset.card.as_of)}_", ""]
    for line in _body(comparison, judged):
        size += len(line) + 1
        if size > MOST_CHARACTERS:
            lines += ["", "_Cut here: the full report is in the text and JSON formats._"]
            break
        lines.append(line)
    return "\n".join(lines + footer)


def _body(comparison: Comparison, judged: Judged | None) -> Iterator[str]:
    old, new = comparison.old.ruleset.card, comparison.new.ruleset.card
    yield f"## {escaped(old.id)} {old.version} → {escaped(new.id)} {new.version}"
    yield ""
    yield f"`{comparison.old.ruleset.digest[:19]}` → `{comparison.new.ruleset.digest[:19]}`"
    yield ""
    yield f"**{escaped(headline(comparison))}**"
    if judged is not None:
        yield from _gate(comparison, judged)
    declared = set(judged.declared) if judged else set()
    for subject, changes in touched(comparison).items():
        yield ""
        yield f"### {escaped(subject_name(comparison, subject))}"
        for change in changes:
            yield from _change(comparison, change, change in declared)
    if comparison.edits:
        yield ""
        yield f"<details><summary>{counted(len(comparison.edits), 'edit')}</summary>"
        yield ""
        for edit in comparison.edits:
            yield from _edit(edit)
        yield ""
        yield "</details>"


def _change(comparison: Comparison, change: Change, declared: bool) -> Iterator[str]:
    yield ""
    yield f"- **{escaped(turn(change))}**{' (declared)' if declared else ''}: {escaped(share(comparison, change.profiles))}"
    for words in region(change):
        yield f"  - {escaped(words)}"
    yield f"  - for example `{witness_words(change.witness)}`"


def _edit(edit: Edit) -> Iterator[str]:
    yield f"- {escaped(edit_line(edit))}"
    if edit.action == "changed":
        yield f"  - was: {escaped(edit.before) or '(empty)'}"
        yield f"  - is: {escaped(edit.after) or '(empty)'}"


def _gate(comparison: Comparison, judged: Judged) -> Iterator[str]:
    yield ""
    yield escaped(gate(judged))
    for change, left in judged.undeclared:
        yield f"- not declared: {escaped(subject_name(comparison, change.subject))}: {escaped(turn(change))} ({left:,} profiles)"
    for allowance in judged.unmet:
        yield f"- declared but not met: {escaped(allowance.place)} {escaped(' '.join(allowance.subject))}"


def escaped(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    for char in "\\`*_[]<>|#~":
        text = text.replace(char, f"\\{char}" if char not in "<>" else {"<": "&lt;", ">": "&gt;"}[char])
    return text
