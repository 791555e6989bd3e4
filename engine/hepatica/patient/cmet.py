"""c-MET status from immunohistochemistry: high is at least 2+ in at least 50 % of tumour cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from hepatica.patient.fields import Field, Fields
from hepatica.patient.profile import Staining
from hepatica.patient.text import compiled, framed, plain
from hepatica.patient.value_reader import NumberReader, Refused, ValueReader, reader_of
from hepatica.problems import quote, suggestion

CMET = "cmet"
HIGH_INTENSITY = 2
HIGH_PERCENT = 50

PARTS = Fields(
    (
        Field(
            name="intensity", title="Intensity", kind="integer", nature="test", help="", low=0, high=3, noise=("ihc", "intensity")
        ),
        Field(
            name="percent",
            title="Tumour cells",
            kind="number",
            nature="test",
            help="",
            low=0,
            high=100,
            unit="%",
            noise=("of cells", "cells"),
        ),
    )
)


class _ExactReader(NumberReader):
    """A percentage is held against 50 as it is: 49.9999999 is not rounded first."""

    decimals = 15


@cache
def _written() -> re.Pattern[str]:
    """A staining in one text."""
    staining = r"(?P<intensity>[0-3])\s*\+?\s*(?:in|,|/|at)?\s*(?P<percent>\d{1,3}(?:\.\d+)?)\s*%"
    return compiled(framed(staining, ("c-met", "met", "of tumour cells", "of cells")))


@cache
def _readers() -> Mapping[str, ValueReader]:
    return {"intensity": reader_of(PARTS["intensity"]), "percent": _ExactReader(PARTS["percent"])}


def status(intensity: int | None, percent: float | None) -> str | None:
    """'high', 'low', or None while the part that is missing could still decide."""
    below = (intensity is not None and intensity < HIGH_INTENSITY) or (percent is not None and percent < HIGH_PERCENT)
    if below:
        return "low"
    return None if intensity is None or percent is None else "high"


def staining(typed: object) -> Staining | None:
    """The staining in a mapping or in a text (`2+ in 60 %`); None for anything else. Raises `Refused`."""
    if isinstance(typed, str):
        found = _written().fullmatch(plain(typed)) if "%" in typed else None
        typed = {name: found[name] for name in PARTS} if found else None
    if not isinstance(typed, Mapping):
        return None
    wrong: list[Refused] = []
    read: dict[str, object] = {}
    for key, value in typed.items():
        try:
            if key not in PARTS:
                raise Refused("unknown-field", f"unknown part {quote(key)} of {CMET}; {suggestion(key, PARTS)}")
            stripped = value.strip().removesuffix("+") if isinstance(value, str) else value
            read[key] = _readers()[key].read(stripped).value
        except Refused as refused:
            refused.parts = [
                ((str(key), *place), code, f"{CMET}.{said}" if code != "unknown-field" else said)
                for place, code, said in refused.parts
            ]
            wrong.append(refused)
    if wrong:
        wrong[0].parts = [part for refused in wrong for part in refused.parts]
        raise wrong[0]
    intensity, percent = read.get("intensity"), read.get("percent")
    grade = intensity if isinstance(intensity, int) else None
    cells = percent if isinstance(percent, float) else None
    return {"intensity": grade, "percent": cells, "status": status(grade, cells)}
