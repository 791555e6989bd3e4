"""Words as people type them: what counts as missing, which spellings mean the same, patterns of the words understood.

A pattern is written once and used twice: compiled without regard to case by the reader, and spelled out by `either_case`
for JSON Schema, whose patterns have no flags. The words themselves are data: `vocabulary.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from hepatica.paths import package_data

# JSON, since every start of the program reads it: YAML would take twenty times as long.
VOCABULARY: dict[str, Any] = package_data("patient", "vocabulary.json")

_MISSING_HOLDS = frozenset("[]_- \t\n\r\f\v".join(VOCABULARY["missing"]))

LONGEST_TEXT = 200
GAP = r"[\s_-]*"
BESIDE = r"[\s_:=.,()-]*"

# Characters that look or mean the same as an ASCII one: full-width forms, non-breaking spaces, signs that keyboards offer.
_SAME = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME |= str.maketrans(VOCABULARY["same_characters"]) | str.maketrans(*VOCABULARY["accents"])
_LOOKS = str.maketrans(*VOCABULARY["other_alphabets"])
_TO = "~"
# A hyphen between two numerals joins them; it is no gap inside a word.
_RANGE = r"(?i)\b(\d+|[iv]+)\s*-\s*(?=(?:\d+|[iv]+)\b)"
_SPECIAL = frozenset("\\.+*?()[]{}|^$")


def plain(text: str) -> str:
    """The text without outer blanks, in ASCII where a character has an ASCII twin."""
    return (text if text.isascii() else text.translate(_SAME)).strip()


def looks_like(text: str) -> str | None:
    """The text in Latin letters where it holds Cyrillic or Greek ones that look the same; else None."""
    latin = text.translate(_LOOKS)
    return None if latin == text else latin


def squashed(text: str) -> str:
    """Without case, blanks, hyphens and underscores: what two spellings of one word share. I-II stays apart from III."""
    joined = re.sub(_RANGE, rf"\1{_TO}", text) if "-" in text else text
    return re.sub(GAP, "", joined).lower()


def one_of(words: Iterable[str]) -> str:
    """A pattern of any of the words; a blank, hyphen or underscore in a word may be written as any of them, or left out."""
    spelled = {re.sub(r"[ _-]+", " ", word.lower()).strip() or word for word in words}
    return "|".join("".join(map(_escaped, word)) for word in sorted(spelled, key=lambda word: (-len(word), word)))


def _escaped(char: str) -> str:
    return {" ": GAP, _TO: r"\s*-\s*"}.get(char) or (f"\\{char}" if char in _SPECIAL else char)


def framed(words: str, noise: Iterable[str]) -> str:
    """A pattern of `words` (one group), among words that say nothing more (`BCLC stage C`)."""
    beside = one_of(noise)
    # A bound, not a star: words that contain one another would else be divided in exponentially many ways.
    before, after = (f"(?:(?:{beside}){BESIDE}){{0,5}}", f"(?:{BESIDE}(?:{beside})){{0,5}}") if beside else ("", "")
    return rf"\s*{before}\(?({words})\)?{after}\s*"


def missing_pattern() -> str:
    """A pattern of everything that means "not known"."""
    words = one_of(VOCABULARY["missing"])
    return rf"\s*(?:\[\s*(?:{words})\s*\]|{words})?\s*"


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for reading, whatever the case."""
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def either_case(pattern: str) -> str:
    """The pattern for a JSON Schema: anchored, each letter in either case."""
    spelled = re.sub(r"\\.|[a-z]", lambda found: found[0] if found[0][0] == "\\" else f"[{found[0]}{found[0].upper()}]", pattern)
    return f"^(?:{spelled})$"


@cache
def _missing() -> re.Pattern[str]:
    return compiled(missing_pattern())


def is_missing(text: str) -> bool:
    """True for an empty text and for every way of writing that something is not known."""
    # Most texts hold a character that no such word has: for them the pattern, a millisecond's work, need not be compiled.
    return _MISSING_HOLDS.issuperset(text.lower()) and _missing().fullmatch(text) is not None
