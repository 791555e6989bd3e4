"""Amounts with units, and the unit spellings that are understood."""

from __future__ import annotations

import math
import re

NUMBER = r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?"
UNIT = r"[^\d\s.]\S{0,15}"
AMOUNT = re.compile(rf"\s*({NUMBER})\s*({UNIT})?\s*\Z")

_SPELLINGS = {
    "mg/dl": "mg/dL",
    "umol/l": "µmol/L",
    "g/dl": "g/dL",
    "g/l": "g/L",
    "ng/ml": "ng/mL",
    "ug/l": "µg/L",
    "mcg/l": "µg/L",
    "iu/ml": "IU/mL",
    "ku/l": "kU/L",
    "u/ml": "U/mL",
}


def unit_of(text: str) -> str:
    """The canonical spelling of a unit, or the text itself where it is none of ours."""
    plain = text.replace("µ", "u").replace("μ", "u").lower()
    return _SPELLINGS.get(plain, text)


def amount(text: str) -> tuple[float, str] | None:
    """`"620 ng/mL"` to `(620.0, "ng/mL")`; the unit is empty where none is written; None where it is no amount."""
    match = AMOUNT.match(text)
    if not match:
        return None
    value = float(match.group(1))
    return (value, unit_of(match.group(2) or "")) if math.isfinite(value) else None
