"""c-MET status from immunohistochemistry: high is at least 2+ in at least 50 % of tumour cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hepatica.patient.fields import Field, table
from hepatica.patient.profile import Staining
from hepatica.patient.text import compiled, framed, plain
from hepatica.patient.value_reader import (
    JsonSchema,
    NumberReader,
    Reading,
    WordReader,
    parts_schema,
    read_parts,
    reader_of,
    text_schema,
)

CMET = "cmet"
HIGH_INTENSITY = 2
HIGH_PERCENT = 50
PARTS = table("cmet_parts")
_STAINING = framed(
    r"([0-3])\s*\+?\s*(?:in|,|/|at)?\s*(100|\d{1,2}(?:\.\d+)?)\s*%", ("c-met", "met", "of tumour cells", "of cells")
)


def status(intensity: int | None, percent: float | None) -> str | None:
    """'high', 'low', or None while the part that is missing could still decide."""
    if (intensity is not None and intensity < HIGH_INTENSITY) or (percent is not None and percent < HIGH_PERCENT):
        return "low"
    return None if intensity is None or percent is None else "high"


class StainingReader(WordReader):
    """The status in a word, or as a `Staining` from a mapping or a text (`2+ in 60 %`)."""

    def read(self, typed: Any) -> Reading:
        """The status or the staining; raises `Refused`."""
        if isinstance(typed, str) and "%" in typed:
            found = compiled(_STAINING).fullmatch(plain(typed))
            typed = dict(zip(PARTS, found.groups()[1:], strict=True)) if found else typed
        if not isinstance(typed, Mapping):
            return super().read(typed)
        read = read_parts(typed, PARTS, CMET, _part)
        intensity, percent = read.get("intensity"), read.get("percent")
        return Reading(Staining(intensity=intensity, percent=percent, status=status(intensity, percent)))

    def schema(self) -> list[JsonSchema]:
        """The words, a staining in a text, or the parts."""
        return [*super().schema(), text_schema(_STAINING), parts_schema(PARTS, reader_of)]


class _PercentReader(NumberReader):
    """A percentage is held against 50 as it is: 49.9999999 is not rounded first."""

    decimals = 15


def _part(part: Field, typed: Any) -> Any:
    reader = reader_of(part) if part.kind == "integer" else _PercentReader(part)
    return reader.read(typed.strip().removesuffix("+") if isinstance(typed, str) else typed).value
