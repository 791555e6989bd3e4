"""Holds a ruleset against its source text, both ways: is every recorded figure printed, is every printed number recorded?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from hepatica.documents import Node, decoded
from hepatica.knowledge.cache import RulesetFiles
from hepatica.knowledge.draft import Draft
from hepatica.knowledge.evidence import Arm, OtherFigure, Result, Study, Toxicity
from hepatica.knowledge.figures import Ranges, Token, digits, placed_sentences, ranges, recorded, tokens, values
from hepatica.knowledge.loader import drafted
from hepatica.knowledge.ruleset import Note, Regimen, Rule, Ruleset, Therapy
from hepatica.problems import InvalidInput, Problem, quote
from hepatica.records import record

# The parts of each record that are printed figures: at the record's own lines, or at those of its source.
_FIGURES: Mapping[type, tuple[str, ...]] = {
    Therapy: (),
    Regimen: ("says",),
    Study: ("nct", "n", "n_planned"),
    Arm: ("n", "dose"),
    Result: ("hr", "ci", "p", "n", "arms", "arm_ci", "at"),
    Toxicity: ("percent", "count", "grade"),
    OtherFigure: ("value",),
    Rule: (),
    Note: ("says",),
}


class Claim(NamedTuple):
    """A recorded figure: what it is, as written, where the source should print it, and where the record stands. `otherwise` is
    another printed form of the same figure (12 months as one year); `references` are bracketed numbers."""

    what: str
    figure: str
    lines: Ranges
    place: Node
    references: bool = False
    otherwise: tuple[Decimal, ...] = ()


class LeftOut(NamedTuple):
    """A printed number that is deliberately not recorded, on one line."""

    number: str
    at: int
    place: Node


def own_records(files: RulesetFiles) -> Draft:
    """What a ruleset's own files hold; what it takes over is traced where it comes from."""
    draft, own = drafted(files), set(files.shown.values())
    for kind in ("therapies", "notes", "omissions"):
        setattr(draft, kind, [part for part in getattr(draft, kind) if part[1].origin in own])
    return draft


def claims(records: Draft) -> Iterator[Claim]:
    """Every figure and every reference number of the therapies and notes."""
    for held, node in (*records.therapies, *records.notes):
        yield from _claims(held, node, "")


def _claims(record: Any, node: Node, owner: str) -> Iterator[Claim]:
    """The claims of a record and of every record below it; `owner` is what the one above is called ("evolve-1")."""
    name = next(filter(None, (getattr(record, key, "") for key in ("event", "what", "id"))), "regimen")
    if isinstance(record, (Arm, Toxicity, OtherFigure, Regimen, Result)):
        name = f"{owner}/{name}" if isinstance(record, Result) else f"{owner}, {name}"
    source = getattr(record, "source", None)
    lines = ranges(getattr(record, "lines", "") or (source.lines if source else "")) or ()
    for part in _FIGURES[type(record)] if lines else ():
        for key, figure in _figures(record, part):
            number, _, unit = figure.partition(" ") if part == "at" else ("", "", "")
            whole_years = unit == "mo" and number.isdigit() and int(number) % 12 == 0
            otherwise = (Decimal(int(number) // 12),) if whole_years else ()
            yield Claim(f"{name}, {part} {key}".rstrip(), _written(figure), lines, node.at((part, key)), False, otherwise)
    for index, number in enumerate(source.refs if source and lines else ()):
        yield Claim(f"{name}, reference", str(number), lines, node.at(("source", "refs", index)), references=True)
    for item in fields(record):
        below = getattr(record, item.name)
        for index, inner in enumerate(below if isinstance(below, tuple) else ()):
            if type(inner) in _FIGURES:
                yield from _claims(inner, node.at((item.name, index)), name)


def _figures(record: Any, part: str) -> Iterable[tuple[str, Any]]:
    value = getattr(record, part)
    if isinstance(record, Note):
        value = ", ".join(digits(value))
    if isinstance(record, Study) and part == "n":
        # A total that is the sum of the printed arms, or the single patient of a case report, is not itself printed.
        alone = record.kind == "case_report" and record.n == 1
        value = None if alone or record.n == sum(arm.n or 0 for arm in record.arms) else record.n
    return value.items() if isinstance(value, dict) else [] if value in (None, "") else [("", value)]


def _written(figure: object) -> str:
    if isinstance(figure, tuple):
        return " to ".join(map(_written, figure))
    return f"{Decimal(str(figure)):f}" if isinstance(figure, float) else str(figure)


def left_out(records: Draft, length: int) -> Iterator[LeftOut]:
    """Every number that the omissions name, one for each of their lines; of the lines past `length` only the last."""
    for omission, node in records.omissions:
        for first, last in ranges(omission.lines) or ():
            at = [*range(first, min(last, length) + 1), *([last] if last > length else [])]
            for index, number in enumerate(omission.numbers):
                yield from (LeftOut(number, line, node.at(("numbers", index))) for line in at)


# -- held against the text ------------------------------------------------------------------------------------------------

MAX_LINES = 50_000
_ABBREVIATIONS = ("NR", "NS", "NA")
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "<": ("<", "less than", "below", "under"),
    ">": (">", "more than", "above", "greater than", "exceeding"),
}
_NO_SECTION = "elsewhere"

Fate = Literal["recorded", "left out", "missing"]
_Number = tuple[Decimal, bool]


@record
class CoveredPart:
    """A part of the source text: recorded figures found at their lines, and what became of the numbers it prints."""

    title: str
    figures: int
    found: int
    numbers: int
    recorded: int
    left_out: int
    missing: int


class Verification(NamedTuple):
    """Coverage part by part, and everything that does not hold; `findings` is empty for a traceable ruleset."""

    sections: tuple[CoveredPart, ...]
    findings: tuple[Problem, ...]

    @property
    def total(self) -> CoveredPart:
        """The sum of the parts."""
        sums = [sum(part) for part in zip(*(astuple(section)[1:] for section in self.sections), strict=True)] or [0] * 6
        return CoveredPart("all", *sums)


def read_text(data: bytes, file: str) -> tuple[str, ...]:
    """The lines of a source text (1 MB, UTF-8); raises `InvalidInput` for anything else."""
    lines = decoded(data, file).replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise InvalidInput.at(file, "too-large", f"more than {MAX_LINES} lines", MAX_LINES)
    return tuple(lines)


def verify_figures(ruleset: Ruleset, files: RulesetFiles, text: Sequence[str], file: str) -> Verification:
    """Check `ruleset` (read from `files`) against the lines of its source text, called `file` in the findings."""
    records = own_records(files)
    check = _Check(ruleset, records, text)
    absent = {claim: tuple(check.absent(claim)) for claim in check.claims}
    inside = [token for token in check.tokens if token.line in check.sections]
    fates = account(inside, check.claims, check.left_out)
    findings = {problem for problems in absent.values() for problem in problems}
    for token in (token for token, fate in zip(inside, fates, strict=True) if fate == "missing"):
        message = f"{quote(token.text)} is neither recorded nor left out with a reason: {quote(text[token.line - 1].strip())}"
        findings.add(Problem(file, token.line, token.column, "number-not-recorded", message))
    findings |= {*check.idle(), *unfounded(ruleset, records, text)}
    return Verification(tuple(check.coverage(absent, zip(inside, fates, strict=True))), tuple(sorted(findings)))


class _Check:
    def __init__(self, ruleset: Ruleset, records: Draft, text: Sequence[str]) -> None:
        self.text = text
        self.claims = tuple(claims(records))
        self.left_out = tuple(left_out(records, len(text)))
        parts = ruleset.card.source.sections if ruleset.card.source else ()
        self.titles = [part.title for part in parts]
        self.sections = {line: part.title for part in parts for line in _lines(part.lines, MAX_LINES)}
        self.tokens = tokens(text)
        self.at: dict[int, list[Token]] = defaultdict(list)
        for token in self.tokens:
            self.at[token.line].append(token)

    def absent(self, claim: Claim) -> Iterator[Problem]:
        shown = ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in claim.lines)
        where = f"line{'s' if '-' in shown or ',' in shown else ''} {shown}"
        if max(last for _, last in claim.lines) > len(self.text):
            yield claim.place.fault("no-such-line", f"{claim.what}: the text has {len(self.text)} lines")
            return
        lines = [line for first, last in claim.lines for line in range(first, last + 1)]
        printed = [token for line in lines for token in self.at[line] if token.reference == claim.references]
        for value in values(claim.figure):
            same = [token for token in printed if token.value == value or token.value in claim.otherwise]
            # "No deaths" prints a nought in a word.
            if not same and not (value == 0 and self._word("no", lines)):
                start = claim.lines[0][0]
                others = {one.line for one in self.tokens if one.value == value and one.reference == claim.references}
                near = sorted(others, key=lambda line: (abs(line - start), line))[:3]
                elsewhere = f"it stands at line {', '.join(map(str, near))}" if near else "the text does not print it"
                yield claim.place.fault("figure-not-printed", f"{claim.what}: {value} is not at {where}; {elsewhere}")
            elif same and not any(token.before.endswith(_SIGNS.get(claim.figure[:1], "")) for token in same):
                yield claim.place.fault("sign-not-printed", f"{claim.what}: no sign of {quote(claim.figure)} at {where}")
        if claim.figure in _ABBREVIATIONS and not self._word(claim.figure, lines):
            yield claim.place.fault("figure-not-printed", f"{claim.what}: {claim.figure} is not at {where}")

    def _word(self, word: str, lines: Iterable[int]) -> bool:
        text = " ".join(self.text[line - 1] for line in lines)
        return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None

    def idle(self) -> Iterator[Problem]:
        for entry in self.left_out:
            if not set(values(entry.number)) & {token.value for token in self.at.get(entry.at, ())}:
                said = f"{quote(entry.number)} is left out at line {entry.at}, which does not print it"
                yield entry.place.fault("idle-omission", said)

    def coverage(self, absent: Mapping[Claim, tuple[Problem, ...]], fates: Iterable[tuple[Token, Fate]]) -> Iterator[CoveredPart]:
        """The parts of the source in the card's order, then what is recorded from elsewhere."""
        figures, found = Counter[str](), Counter[str]()
        for claim, problems in absent.items():
            title = self.sections.get(claim.lines[0][0], _NO_SECTION)
            if values(claim.figure) or claim.figure in _ABBREVIATIONS:
                figures[title] += 1
                found[title] += not problems
        seen = Counter((self.sections[token.line], fate) for token, fate in fates)
        for title in [*self.titles, *([_NO_SECTION] if figures[_NO_SECTION] else [])]:
            kept, omitted, missing = (seen[title, fate] for fate in ("recorded", "left out", "missing"))
            yield CoveredPart(title, figures[title], found[title], kept + omitted + missing, kept, omitted, missing)


def _lines(written: str, length: int) -> Iterator[int]:
    return (line for first, last in ranges(written) or () for line in range(first, min(last, length) + 1))


# -- what becomes of each printed number: recorded, left out with a reason, or missing ----------------------------------


def account(printed: Sequence[Token], claimed: Iterable[Claim], left_out: Iterable[LeftOut]) -> list[Fate]:
    """What becomes of each of the `printed` numbers, in order of the text."""
    # A reference is another number than a figure of the same digits.
    slots: dict[_Number, list[Ranges]] = defaultdict(list)
    for claim in claimed:
        for value in (*values(claim.figure), *claim.otherwise):
            slots[value, claim.references].append(claim.lines)
    places: dict[_Number, list[int]] = defaultdict(list)
    for place, token in enumerate(printed):
        places[token.value, token.reference].append(place)
    held = {place for number, found in places.items() for place in _covered(printed, found, slots[number])}
    # What is left out is used up place by place: a reason given once excuses one number of that line.
    spare = Counter((entry.at, value) for entry in left_out for value in values(entry.number))
    fates: list[Fate] = []
    for place, token in enumerate(printed):
        spared = place not in held and spare[token.line, token.value] > 0
        spare[token.line, token.value] -= spared
        fates.append("recorded" if place in held else "left out" if spared else "missing")
    return fates


def _covered(printed: Sequence[Token], places: Sequence[int], slots: Sequence[Ranges]) -> set[int]:
    """The places of one number that are recorded: of a reference any that a record covers, of a figure one to a record. For
    figures this is a largest bipartite matching of places to records, so that no record answers for two."""
    reachable = {
        place: [i for i, lines in enumerate(slots) if any(first <= printed[place].line <= last for first, last in lines)]
        for place in places
    }
    if printed[places[0]].reference:
        return {place for place, found in reachable.items() if found}
    # Augmenting paths: a place takes a free record, or one whose owner can settle elsewhere.
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


# -- sentences held against records and lines ---------------------------------------------------------------------------


def unfounded(ruleset: Ruleset, records: Draft, text: Sequence[str]) -> Iterator[Problem]:
    """Numbers in sentences that neither the studies they speak of nor the lines they name hold. What a discrepancy says is
    printed must stand at its own lines."""
    year = Decimal(ruleset.card.as_of[:4])  # the ruleset's own year needs no record
    printed = [{year, *(token.value for token in tokens([line]))} for line in text]

    def at(*places: str) -> set[Decimal]:
        return set().union(*(printed[line - 1] for lines in places for line in _lines(lines, len(printed))))

    for therapy, node in records.therapies:
        for index, study in enumerate(therapy.studies):
            place = node.at(("studies", index))
            known = recorded(study) | at(study.source.lines)
            for where, sentence in placed_sentences(study, ()):
                yield from _held(study.id, sentence, place.at(where), known)
            for number, item in enumerate(study.discrepancies):
                yield from _held(item.id, item.prints, place.at(("discrepancies", number, "prints")), at(item.lines))
        for index, rule in enumerate(therapy.rules):
            known = at(rule.source.lines, *(caveat.lines for caveat in rule.caveats))
            known = known.union(*(recorded(ruleset.studies[name]) for name in rule.cites))
            for where, sentence in placed_sentences(rule, ("rules", index)):
                yield from _held(rule.id, sentence, node.at(where), known)


def _held(name: str, sentence: str, place: Node, known: set[Decimal]) -> Iterator[Problem]:
    for number in digits(sentence):
        if Decimal(number) not in known:
            said = f"{name}: {number} is in no record it rests on, nor at its lines: {quote(sentence)}"
            yield place.fault("number-without-record", said)
