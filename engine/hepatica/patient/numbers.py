"""Numbers as laboratories print them, with units and comparisons, and the interval as a value of its own."""

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from hepatica.patient.text import VOCABULARY, compiled
from hepatica.records import record

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
_MICRO = "[µμ]|mc(?=g|mol|ro)"


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


@cache
def _amount() -> re.Pattern[str]:
    return compiled(
        rf"(?:(?P<sign>{SIGN})\s*)?(?P<number>[+-]?{NUMBER})"
        rf"(?:{TO}(?P<to>{NUMBER})|\s*and\s*(?P<sign2>{SIGN})\s*(?P<and>{NUMBER}))?\s*(?P<unit>{_UNIT})?"
    )


def simple(text: str, units: Iterable[str]) -> Amount | None:
    """As `parsed` of a plain number and one of the units as they are written; None for anything else.

    Most amounts are such: the pattern of all others takes longer to compile than a profile to be read.
    """
    number, blank, unit = text.partition(" ")
    plain = number.isascii() and len(number) <= 15 and number[:1] != "." and number.replace(".", "", 1).isdecimal()
    return Amount((("=", number),), unit) if plain and bool(blank) == bool(unit) and (not unit or unit in units) else None


def parsed(text: str) -> Amount | None:
    """The amount in `text` (`620 ng/mL`, `> 1,210`, `200-400`); None where it is none."""
    found = _amount().fullmatch(text)
    if found is None:
        return None
    sign, other = (_SIGN_OF[" ".join(said.lower().split())] if said else "" for said in found.group("sign", "sign2"))
    ends = [(sign or "=", found["number"])]
    if found["to"]:
        ends = [(">=", found["number"]), ("<=", found["to"])]
    elif found["and"]:
        ends.append((other, found["and"]))
    # "> 200 and > 400" is no interval, and which of the two was meant cannot be told; nor is a sign before "200-400" one.
    if (found["to"] and sign) or (found["and"] and {sign[:1], other[:1]} != {"<", ">"}):
        return None
    return Amount(tuple(ends), found["unit"] or "")


def chosen(number: str, low: float, high: float) -> float | tuple[float, float]:
    """The value of a number within bounds; both readings where neither bounds nor marks settle which is meant.

    Several marks of a kind group digits by three, and so does a comma before exactly three wherever that is possible; a
    lone point before three is a decimal point only where grouping is not possible. Of two kinds, the last is the decimal.
    """
    text = number.lower().replace(" ", "").replace("'", "")
    whole, mark, decimals = text.rpartition(max(",.", key=text.rfind))
    grouped = float(_unmarked(text))
    decimal = float(f"{_unmarked(whole)}.{decimals}") if mark else grouped
    if text.count(mark or ",") > 1:
        return grouped
    # Blanks or apostrophes have grouped already, so the one mark left is the decimal sign.
    if text != number.lower() or len(decimals) != 3 or not re.fullmatch(r"[+]?[1-9]\d{0,2}[.,]\d{3}", text):
        return decimal
    if mark == ",":
        return decimal if low <= decimal <= high < grouped else grouped
    return decimal if low <= decimal <= high < grouped else (decimal, grouped)


def _unmarked(number: str) -> str:
    return number.replace(".", "").replace(",", "")


def unit_key(text: str) -> str:
    """What two spellings of a unit share: case, the three ways to write micro, and blanks do not count."""
    plain = re.sub(r"[\s.*^]+|^x(?=\s*10)", "", text.lower())
    return re.sub(_MICRO, "u", plain).replace("micro", "u")
