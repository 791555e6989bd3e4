"""Holds a ruleset against its source text, both ways: is every recorded figure printed, is every printed number recorded?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from hepatica.documents import decoded
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.lines import ranges
from hepatica.knowledge.ruleset import Ruleset, TextSection
from hepatica.knowledge.traceability.accounting import Fated, account
from hepatica.knowledge.traceability.numbers import Token, tokens, values
from hepatica.knowledge.traceability.printed import Claim, Ranges, claims, left_out
from hepatica.knowledge.traceability.prose import unfounded
from hepatica.problems import InvalidInput, Problem, quote

MAX_LINES = 50_000
_ABBREVIATIONS = ("NR", "NS", "NA")
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "<": ("<", "less than", "below", "under"),
    ">": (">", "more than", "above", "greater than", "exceeding"),
}
_NO_SECTION = "elsewhere"


class SectionCoverage(NamedTuple):
    """One part of the source: figures recorded from it and found there; numbers it prints, and what became of them."""

    title: str
    figures: int
    found: int
    numbers: int
    recorded: int
    left_out: int

    @property
    def missing(self) -> int:
        """Printed numbers that are neither recorded nor left out."""
        return self.numbers - self.recorded - self.left_out


class Verification(NamedTuple):
    """Coverage part by part, and everything that does not hold; `findings` is empty for a traceable ruleset."""

    sections: tuple[SectionCoverage, ...]
    findings: tuple[Problem, ...]

    @property
    def total(self) -> SectionCoverage:
        """The sum of the parts."""
        sums = [sum(part) for part in zip(*(section[1:] for section in self.sections), strict=True)] or [0] * 5
        return SectionCoverage("all", *sums)


def read_text(data: bytes, file: str) -> tuple[str, ...]:
    """The lines of a source text (1 MB, UTF-8); raises `InvalidInput` for anything else."""
    lines = decoded(data, file).replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise InvalidInput([Problem(file, MAX_LINES, 1, "too-large", f"more than {MAX_LINES} lines")])
    return tuple(lines)


def verify(ruleset: Ruleset, files: RulesetFiles, text: Sequence[str], file: str) -> Verification:
    """Check `ruleset` (read from `files`) against the lines of its source text, called `file` in the findings."""
    found = _Check(ruleset, files, text, file).run()
    sentences = unfounded(ruleset, files, text)
    return found._replace(findings=tuple(sorted({*found.findings, *sentences})))


class _Check:
    def __init__(self, ruleset: Ruleset, files: RulesetFiles, text: Sequence[str], file: str) -> None:
        sections = ruleset.card.source.sections if ruleset.card.source else ()
        self.text = text
        self.file = file
        self.claims = tuple(claims(ruleset, files))
        self.left_out = tuple(left_out(files, len(text)))
        self.sections = _by_line(sections)
        self.titles = [section.title for section in sections]
        self.tokens = tokens(text)
        self.at: dict[int, list[Token]] = defaultdict(list)
        for token in self.tokens:
            self.at[token.line].append(token)

    def run(self) -> Verification:
        absent = {claim: tuple(self._absent(claim)) for claim in self.claims}
        inside = [token for token in self.tokens if token.line in self.sections]
        fates = account(inside, self.claims, self.left_out)
        findings = [problem for problems in absent.values() for problem in problems]
        findings += [self._unrecorded(token) for token, fate in fates if fate == "missing"]
        findings += self._idle()
        return Verification(tuple(self._coverage(absent, fates)), tuple(sorted(set(findings))))

    def _printed(self, lines: Ranges) -> Iterator[Token]:
        for first, last in lines:
            for line in range(first, min(last, len(self.text)) + 1):
                yield from self.at[line]

    def _absent(self, claim: Claim) -> Iterator[Problem]:
        """What of a claim is not at its lines."""
        if max(last for _, last in claim.lines) > len(self.text):
            yield _problem(claim, "no-such-line", f"{claim.what}: the text has {len(self.text)} lines")
            return
        printed = [token for token in self._printed(claim.lines) if token.reference == claim.references]
        for value in values(claim.figure):
            same = [token for token in printed if token.value == value or token.value in claim.otherwise]
            if not same and value == 0 and self._word("no", claim.lines):
                continue
            if not same:
                where = self._elsewhere(value, claim)
                yield _problem(claim, "figure-not-printed", f"{claim.what}: {value} is not at {_lines(claim.lines)}{where}")
            elif not any(_signed(token, claim.figure) for token in same):
                yield _problem(
                    claim, "sign-not-printed", f"{claim.what}: no sign of {quote(claim.figure)} at {_lines(claim.lines)}"
                )
        if claim.figure in _ABBREVIATIONS and not self._word(claim.figure, claim.lines):
            yield _problem(claim, "figure-not-printed", f"{claim.what}: {claim.figure} is not at {_lines(claim.lines)}")

    def _word(self, word: str, lines: Ranges) -> bool:
        text = " ".join(self.text[line - 1] for first, last in lines for line in range(first, last + 1))
        return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None

    def _elsewhere(self, value: Decimal, claim: Claim) -> str:
        """Where the number does stand, nearest first; empty where the text does not hold it."""
        start = claim.lines[0][0]
        others = {token.line for token in self.tokens if token.value == value and token.reference == claim.references}
        near = sorted(others, key=lambda line: (abs(line - start), line))[:3]
        return f"; it stands at line {', '.join(map(str, near))}" if near else "; the text does not print it"

    def _unrecorded(self, token: Token) -> Problem:
        sentence = quote(self.text[token.line - 1].strip())
        message = f"{quote(token.text)} is neither recorded nor left out with a reason: {sentence}"
        return Problem(self.file, token.line, token.column, "number-not-recorded", message)

    def _idle(self) -> Iterator[Problem]:
        """Omissions of numbers that their line does not print."""
        for entry in self.left_out:
            printed = {token.value for token in self.at.get(entry.at, ())}
            if not set(values(entry.number)) & printed:
                message = f"{quote(entry.number)} is left out at line {entry.at}, which does not print it"
                yield Problem(entry.file, entry.line, entry.column, "idle-omission", message)

    def _coverage(self, absent: Mapping[Claim, tuple[Problem, ...]], fates: Iterable[Fated]) -> Iterator[SectionCoverage]:
        figures, found, seen = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
        for claim, problems in absent.items():
            title = self.sections.get(claim.lines[0][0], _NO_SECTION)
            if values(claim.figure) or claim.figure in _ABBREVIATIONS:
                figures[title] += 1
                found[title] += not problems
        for token, fate in fates:
            seen[self.sections[token.line], fate] += 1
        for title in [*self.titles, *([_NO_SECTION] if figures[_NO_SECTION] else [])]:
            recorded, omitted, missing = (seen[title, fate] for fate in ("recorded", "left out", "missing"))
            yield SectionCoverage(title, figures[title], found[title], recorded + omitted + missing, recorded, omitted)


def _by_line(sections: Iterable[TextSection]) -> dict[int, str]:
    return {
        line: section.title
        for section in sections
        for first, last in ranges(section.lines) or ()
        for line in range(first, min(last, MAX_LINES) + 1)
    }


def _signed(token: Token, figure: str) -> bool:
    """Whether the sign a figure is recorded with stands before the number, as a sign or in words."""
    words = _SIGNS.get(figure[:1])
    return words is None or token.before.endswith(words)


def _lines(lines: Ranges) -> str:
    shown = ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in lines)
    return f"line{'s' if '-' in shown or ',' in shown else ''} {shown}"


def _problem(claim: Claim, code: str, message: str) -> Problem:
    return Problem(claim.file, claim.line, claim.column, code, message)
