"""Numbers in texts: digits, number words ("thirty", "fifty-one"), bracketed references; and the numbers of a record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import NamedTuple

from hepatica.documents import Path

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: number for number, word in enumerate(_UNITS)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_WORD = rf"(?:{'|'.join(_TENS)})-(?:{'|'.join(_UNITS[1:10])})|{'|'.join(sorted(_WORDS, key=len, reverse=True))}"
_NUMBER = re.compile(rf"\d+(?:\.\d+)?|\b(?:{_WORD})\b", re.IGNORECASE)
_REFERENCES = re.compile(r"\[\d+(?:\s*[,-]\s*\d+)*\]")
_PLACES = re.compile(r"\blines? \d+(?:-\d+)?(?:(?:,| and) \d+(?:-\d+)?)*")
_DIGITS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w]*[a-z])", re.IGNORECASE)
_RANGE = re.compile(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*\Z")
_LOOK_BACK = 24
# What a record says in sentences; the numbers in them are held against the numbers of everything else.
SENTENCES = ("says", "summary", "about", "design", "n_says")
_NO_NUMBERS = (*SENTENCES, "lines", "refs", "source", "id")

Ranges = tuple[tuple[int, int], ...]


class Token(NamedTuple):
    """A number at a 1-based line and column; `before` is the text just ahead of it, with single spaces."""

    value: Decimal
    line: int
    column: int
    text: str
    reference: bool
    before: str


def ranges(text: str) -> Ranges | None:
    """The line ranges of "413-415" or "213-233, 433-458", in order of writing; None where the text is not of that form."""
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        match = _RANGE.match(part)
        first, last = (int(match.group(1)), int(match.group(2) or match.group(1))) if match else (0, 0)
        if not 1 <= first <= last:
            return None
        found.append((first, last))
    return tuple(found)


def values(text: str) -> tuple[Decimal, ...]:
    """The numbers in a figure as it is recorded: "< 7.2" gives 7.2, "2:1" gives 2 and 1, "four" gives 4."""
    return tuple(_value(match.group()) for match in _NUMBER.finditer(text))


def digits(prose: str) -> tuple[str, ...]:
    """The figures of a sentence, as written: no words, no names such as FOLFOX4, no places such as "lines 165-172"."""
    return tuple(_DIGITS.findall(_PLACES.sub("", prose)))


def tokens(lines: Sequence[str]) -> tuple[Token, ...]:
    """Every number of a text, in order; the first line is line 1. A bracketed range of references counts each of them."""
    found: list[Token] = []
    ahead = ""
    for number, line in enumerate(lines, start=1):
        brackets = [match.span() for match in _REFERENCES.finditer(line)]
        first = len(found)
        for match in _NUMBER.finditer(line):
            start, end = match.span()
            inside = any(low < start and end < high for low, high in brackets)
            before = " ".join(f"{ahead} {line[:start]}"[-_LOOK_BACK:].lower().split())
            value = _value(match.group())
            if inside and line[:start].rstrip().endswith("-") and len(found) > first:
                # The reference numbers that a range such as [9-12] leaves out.
                between = range(int(found[-1].value) + 1, min(int(value), 10_000))
                found.extend([found[-1]._replace(value=Decimal(n), text=str(n)) for n in between])
            found.append(Token(value, number, start + 1, match.group(), inside, before))
        ahead = f"{ahead} {line}"[-_LOOK_BACK:]
    return tuple(found)


def _value(text: str) -> Decimal:
    if text[0].isdigit():
        return Decimal(text)
    tens, _, unit = text.lower().partition("-")
    return Decimal(_WORDS[tens] + (_WORDS[unit] if unit else 0))


def recorded(value: object) -> set[Decimal]:
    """Every number of a record, its discrepancies included and its sentences and places left out. What cites a source of its own
    inside a record (an entry criterion, what became of a study) is a record itself, so its sentence counts."""
    if isinstance(value, (str, int, float)):
        return set(values(str(value)))
    inner: Iterable[object] = ()
    if isinstance(value, (Mapping, tuple)):
        inner = value.values() if isinstance(value, Mapping) else value
    elif is_dataclass(value):
        sayings = {"says"} if _is_record(value) else set()
        inner = [getattr(value, item.name) for item in fields(value) if item.name not in _NO_NUMBERS or item.name in sayings]
    return set().union(*map(recorded, inner))


def _is_record(value: object) -> bool:
    """Whether a part of a record without an id names a reference: it says by itself where it is from."""
    return bool(getattr(getattr(value, "source", None), "ref", "")) and not hasattr(value, "id")


def placed_sentences(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Every sentence below a record with its place; what is a record itself, as discrepancies are, is left out."""
    if isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from placed_sentences(inner, (*path, index))
    elif is_dataclass(value) and not _is_record(value):
        for name in (item.name for item in fields(value)):
            inner = getattr(value, name)
            if name in SENTENCES and isinstance(inner, str):
                yield (*path, name), inner
            elif name not in ("discrepancies", "corrected", "when"):
                yield from placed_sentences(inner, (*path, name))
