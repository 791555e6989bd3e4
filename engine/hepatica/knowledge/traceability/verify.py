"""Holds a ruleset against its source text, both ways: is every recorded figure printed, is every printed number recorded?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from hepatica.documents import Node, Path, decoded, read_yaml
from hepatica.knowledge.evidence import Study
from hepatica.knowledge.files import RulesetFiles
from hepatica.knowledge.numbers import Ranges, Token, digits, placed_sentences, ranges, recorded, tokens, values
from hepatica.knowledge.ruleset import Rule, Ruleset, TextSection, Therapy
from hepatica.knowledge.traceability.claims import Claim, LeftOut, claims, left_out
from hepatica.problems import InvalidInput, Problem, quote

MAX_LINES = 50_000
_ABBREVIATIONS = ("NR", "NS", "NA")
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "<": ("<", "less than", "below", "under"),
    ">": (">", "more than", "above", "greater than", "exceeding"),
}
_NO_SECTION = "elsewhere"

Fate = Literal["recorded", "left out", "missing"]
_Number = tuple[Decimal, bool]


class Fated(NamedTuple):
    """A printed number and what became of it."""

    token: Token
    fate: Fate


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


# -- what becomes of each printed number: recorded, left out with a reason, or missing ----------------------------------


def account(printed: Sequence[Token], claimed: Iterable[Claim], left_out: Iterable[LeftOut]) -> tuple[Fated, ...]:
    """Each of the `printed` numbers with its fate, in order of the text."""
    slots = _slots(claimed)
    held: set[int] = set()
    for number, places in _grouped(printed).items():
        held |= _covered(printed, places, slots.get(number, []))
    spare = Counter((entry.at, value) for entry in left_out for value in values(entry.number))
    return tuple(Fated(token, "recorded" if place in held else _spared(token, spare)) for place, token in enumerate(printed))


def _spared(token: Token, spare: Counter[tuple[int, Decimal]]) -> Fate:
    if spare[token.line, token.value] <= 0:
        return "missing"
    spare[token.line, token.value] -= 1
    return "left out"


def _grouped(printed: Iterable[Token]) -> Mapping[_Number, list[int]]:
    """The places of each number; a reference is another number than a figure of the same digits."""
    groups: dict[_Number, list[int]] = defaultdict(list)
    for place, token in enumerate(printed):
        groups[token.value, token.reference].append(place)
    return groups


def _slots(claimed: Iterable[Claim]) -> Mapping[_Number, list[Ranges]]:
    """For each number, the lines of every record that holds it."""
    slots: dict[_Number, list[Ranges]] = defaultdict(list)
    for claim in claimed:
        for value in (*values(claim.figure), *claim.otherwise):
            slots[value, claim.references].append(claim.lines)
    return slots


def _covered(printed: Sequence[Token], places: Sequence[int], slots: Sequence[Ranges]) -> set[int]:
    """The places of one number that are recorded: of a reference any that a record covers, of a figure one to a record.

    For figures this is a largest bipartite matching of places to records, so that no record answers for two.
    """
    reachable = {place: [i for i, lines in enumerate(slots) if _holds(lines, printed[place].line)] for place in places}
    if printed[places[0]].reference:
        return {place for place, found in reachable.items() if found}
    owner: dict[int, int] = {}

    def settle(place: int, tried: set[int]) -> bool:
        for slot in reachable[place]:
            if slot not in tried:
                tried.add(slot)
                if slot not in owner or settle(owner[slot], tried):
                    owner[slot] = place
                    return True
        return False

    return {place for place in places if settle(place, set())}


def _holds(lines: Ranges, line: int) -> bool:
    return any(first <= line <= last for first, last in lines)


# -- sentences held against records and lines ---------------------------------------------------------------------------


def unfounded(ruleset: Ruleset, files: RulesetFiles, text: Sequence[str]) -> Iterator[Problem]:
    """Numbers in sentences that neither the studies they speak of nor the lines they name hold.

    What a discrepancy says is printed must stand at its own lines.
    """
    printed = [{token.value for token in found} for found in (tokens([line]) for line in text)]
    for name, data in sorted(files.contents.items()):
        if not name.startswith("therapies/"):
            continue
        node = read_yaml(data, files.shown[name])
        therapy = ruleset.therapies.get(node.at(("therapy",)).raw)
        if therapy is not None:
            year = Decimal(ruleset.card.as_of[:4])  # the ruleset's own year needs no record
            yield from _therapy(therapy, ruleset.studies, node, files.shown[name], [found | {year} for found in printed])


def _therapy(
    therapy: Therapy, studies: Mapping[str, Study], node: Node, file: str, printed: Sequence[set[Decimal]]
) -> Iterator[Problem]:
    for index, study in enumerate(therapy.studies):
        known = recorded(study) | _at(study.source.lines, printed)
        yield from _sentences(study, node, ("studies", index), known, file)
        for place, discrepancy in enumerate(study.discrepancies):
            quoted = node.at(("studies", index, "discrepancies", place, "prints"))
            yield from _held(discrepancy.id, discrepancy.prints, quoted, _at(discrepancy.lines, printed), file)
    for index, rule in enumerate(therapy.rules):
        known = _at(_places(rule), printed).union(*(recorded(studies[name]) for name in rule.cites))
        yield from _sentences(rule, node, ("rules", index), known, file)


def _sentences(item: Study | Rule, node: Node, path: Path, known: set[Decimal], file: str) -> Iterator[Problem]:
    for where, sentence in placed_sentences(item, path):
        yield from _held(item.id, sentence, node.at(where), known, file)


def _held(name: str, sentence: str, place: Node, known: set[Decimal], file: str) -> Iterator[Problem]:
    for number in digits(sentence):
        if Decimal(number) not in known:
            message = f"{name}: {number} is in no record it rests on, nor at its lines: {quote(sentence)}"
            yield place.problem(file, "number-without-record", message)


def _places(rule: Rule) -> str:
    return ", ".join(place for place in (rule.source.lines, *(caveat.lines for caveat in rule.caveats)) if place)


def _at(lines: str, printed: Sequence[set[Decimal]]) -> set[Decimal]:
    spans = ranges(lines) or ()
    return set().union(*(printed[line - 1] for first, last in spans for line in range(first, min(last, len(printed)) + 1)))
