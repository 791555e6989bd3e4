"""Words and numbers as people type them: what is missing, which spellings mean the same, patterns of what is understood.

A pattern is written once and used twice: compiled without regard to case by the reader, and spelled out by `either_case`
for JSON Schema, whose patterns have no flags. The words themselves are data: `vocabulary.json`.
"""

import math
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from hepatica.paths import package_data
from hepatica.records import record

# JSON, since every start of the program reads it: YAML would take twenty times as long.
VOCABULARY: dict[str, Any] = package_data("patient", "vocabulary.json")

_MISSING_HOLDS = frozenset("[]_- \t\n\r\f\v".join(VOCABULARY["missing"]))
LONGEST_TEXT = 200
GAP = r"[\s_-]*"
BESIDE = r"[\s_:=.,()-]*"

# Characters that look or mean the same as an ASCII one: full-width forms, non-breaking spaces, signs that keyboards offer.
_SAME = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME |= str.maketrans(VOCABULARY["same_characters"]) | str.maketrans(*VOCABULARY["accents"])
# What Python strips, but for the separators \x1c to \x1f and \x85: the patterns of a schema do not know these as blanks.
_BLANKS = " \t\n\r\f\v\u1680\u2028\u2029\u205f" + "".join(map(chr, range(0x2000, 0x200B)))
_LOOKS = str.maketrans(*VOCABULARY["other_alphabets"])
_TO = "~"
# A hyphen between two numerals joins them; it is no gap inside a word.
_RANGE = r"(?i)\b(\d+|[iv]+)\s*-\s*(?=(?:\d+|[iv]+)\b)"
_ESCAPED = str.maketrans({" ": GAP, _TO: r"\s*-\s*"} | {char: f"\\{char}" for char in "\\.+*?()[]{}|^$"})


def plain(text: str) -> str:
    """The text without outer blanks, in ASCII where a character has an ASCII twin."""
    return (text if text.isascii() else text.translate(_SAME)).strip(_BLANKS)


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
    return "|".join(word.translate(_ESCAPED) for word in sorted(spelled, key=lambda word: (-len(word), word)))


@cache
def framed(words: str, noise: tuple[str, ...]) -> str:
    """A pattern of `words` (one group), among words that say nothing more (`BCLC stage C`)."""
    beside = one_of(noise)
    # A bound, not a star: words that contain one another would else be divided in exponentially many ways.
    before, after = (f"(?:(?:{beside}){BESIDE}){{0,5}}", f"(?:{BESIDE}(?:{beside})){{0,5}}") if beside else ("", "")
    return rf"\s*{before}\(?({words})\)?{after}\s*"


@cache
def missing_pattern() -> str:
    """A pattern of everything that means "not known"."""
    words = one_of(VOCABULARY["missing"])
    return rf"\s*(?:\[\s*(?:{words})\s*\]|{words})?\s*"


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for reading, whatever the case."""
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def either_case(pattern: str) -> str:
    """The pattern for a JSON Schema: anchored, each letter in either case."""
    spelled = re.sub(r"\\.|[a-z]", lambda found: found[0] if found[0][0] == "\\" else f"[{found[0]}{found[0].upper()}]", pattern)
    return f"^(?:{spelled})$"


def is_missing(text: str) -> bool:
    """True for an empty text and for every way of writing that something is not known."""
    # Most texts hold a character that no such word has: for them the pattern, a millisecond's work, need not be compiled.
    return _MISSING_HOLDS.issuperset(text.lower()) and compiled(missing_pattern()).fullmatch(text) is not None


# -- numbers, as laboratories print them, with units and comparisons --------------------------------------------------

DECIMALS = 6

# In order: groups of three by blank or apostrophe, by comma, by point; then a plain number with a decimal point or comma.
_GROUPED = r"[1-9]\d{0,2}(?:[ ']\d{3})+(?:[.,]\d{1,20})?|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,20})?"
_POINTS = r"[1-9]\d{0,2}(?:\.\d{3}){2,4}(?:,\d{1,20})?|[1-9]\d{0,2}(?:\.\d{3})+,\d{1,20}"
# A comma that nothing follows is no decimal comma: the number was cut off ("12,000" in a file whose columns commas part).
_PLAIN = r"(?:\d{1,15}(?:\.\d{0,20}|,\d{1,20})?|[.,]\d{1,20})(?:e[+-]?\d{1,2})?"
NUMBER = rf"(?:{_GROUPED}|{_POINTS}|{_PLAIN})"
# Three decimals after a point may be a group of three: 1.200 is 1.2 or 1200.
TWO_WAYS = r"[1-9]\d{0,2}\.\d{3}(?![\d.,]|e)"
_SIGN_OF = {word: sign for sign, words in VOCABULARY["signs"].items() for word in words}
SIGN = "|".join(sorted((word.replace(" ", r"\s+") for word in _SIGN_OF), key=len, reverse=True))
TO = r"\s*(?:-|to)\s*"
_UNIT = r"[^\d\s.,<>='-]\S{0,15}(?: \S{1,15})?|(?:(?<=\s)|x\s*)10[\^*]\d{1,2}/\S{1,6}"
_AMOUNT = (
    rf"(?:(?P<sign>{SIGN})\s*)?(?P<number>[+-]?{NUMBER})"
    rf"(?:{TO}(?P<to>{NUMBER})|\s*and\s*(?P<sign2>{SIGN})\s*(?P<and>{NUMBER}))?\s*(?P<unit>{_UNIT})?"
)


@record
class Interval:
    """A number known only within bounds: `> 1210`. An open end is infinite. Never empty, never a single point."""

    low: float = -math.inf
    high: float = math.inf
    low_included: bool = False
    high_included: bool = False

    def __str__(self) -> str:
        low = f"{'>=' if self.low_included else '>'} {digits(self.low)}"
        high = f"{'<=' if self.high_included else '<'} {digits(self.high)}"
        if self.low == -math.inf or self.high == math.inf:
            return high if self.low == -math.inf else low
        both = self.low_included and self.high_included
        return f"{digits(self.low)}-{digits(self.high)}" if both else f"{low} and {high}"


class Amount(NamedTuple):
    """What a text says, not yet held against a unit's bounds: ends as (sign, number as typed), and the unit as typed."""

    ends: tuple[tuple[str, str], ...]
    unit: str


def digits(value: float) -> str:
    """A number in full, in a spelling that reads back one way only."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return f"{text}0" if re.fullmatch(TWO_WAYS, text) else text


def simple(text: str, units: Iterable[str]) -> Amount | None:
    """As `parsed` of a plain number and one of the units as they are written; None for anything else. Most amounts are such: the
    pattern of all others takes longer to compile than a profile to be read."""
    number, blank, unit = text.partition(" ")
    plain = number.isascii() and len(number) <= 15 and number[:1] != "." and number.replace(".", "", 1).isdecimal()
    return Amount((("=", number),), unit) if plain and bool(blank) == bool(unit) and (not unit or unit in units) else None


def parsed(text: str) -> Amount | None:
    """The amount in `text` (`620 ng/mL`, `> 1,210`, `200-400`); None where it is none."""
    found = compiled(_AMOUNT).fullmatch(text)
    if found is None:
        return None
    sign, other = (_SIGN_OF[" ".join(said.lower().split())] if said else "" for said in found.group("sign", "sign2"))
    # "> 200 and > 400" is no interval, and which of the two was meant cannot be told; nor is a sign before "200-400" one.
    if (found["to"] and sign) or (found["and"] and {sign[:1], other[:1]} != {"<", ">"}):
        return None
    first = sign or (">=" if found["to"] else "=")
    second = [("<=", found["to"])] if found["to"] else [(other, found["and"])] if found["and"] else []
    return Amount(((first, found["number"]), *second), found["unit"] or "")


def chosen(number: str, low: float, high: float) -> float | tuple[float, float]:
    """The value of a number within bounds; both readings where neither bounds nor marks settle which is meant.

    Several marks of a kind group digits by three, and so does a comma before exactly three wherever that is possible; a
    lone point before three is a decimal point only where grouping is not possible. Of two kinds, the last is the decimal.
    """
    text = number.lower().replace(" ", "").replace("'", "")
    whole, mark, decimals = text.rpartition(max(",.", key=text.rfind))
    grouped = float(text.replace(".", "").replace(",", ""))
    decimal = float(f"{whole.replace('.', '').replace(',', '')}.{decimals}") if mark else grouped
    if text.count(mark or ",") > 1:
        return grouped
    # Blanks or apostrophes have grouped already, so the one mark left is the decimal sign.
    if text != number.lower() or len(decimals) != 3 or not re.fullmatch(r"[+]?[1-9]\d{0,2}[.,]\d{3}", text):
        return decimal
    if low <= decimal <= high < grouped:
        return decimal
    return grouped if mark == "," else (decimal, grouped)


def unit_key(text: str) -> str:
    """What two spellings of a unit share: case, the three ways to write micro, and blanks do not count."""
    plain = re.sub(r"[\s.*^]+|^x(?=\s*10)", "", text.lower())
    return re.sub("[µμ]|mc(?=g|mol|ro)|micro", "u", plain)
