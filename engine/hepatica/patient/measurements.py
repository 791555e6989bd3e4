"""What is measured in parts: Child-Pugh from its five components, c-MET from staining.

Cut-offs of Child-Pugh (general knowledge): bilirubin below 2, 2 to 3, above 3 mg/dL (34 and 51 µmol/L); albumin above
3.5, 2.8 to 3.5, below 2.8 g/dL; INR below 1.7, 1.7 to 2.3, above 2.3; ascites none, slight, moderate; encephalopathy
none, grade 1-2, grade 3-4. A value exactly on a cut-off scores 2. An amount in µmol/L is held against 34 and 51 as
published, not converted (34 µmol/L is 1.99 mg/dL).

c-MET is high with at least 2+ in at least 50 % of tumour cells.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from hepatica.patient.fields import COMMON_FIELDS, UNKNOWN, Field, table
from hepatica.patient.profile import COMPONENTS, ChildPugh, ProfileWarning, Staining, Understood
from hepatica.patient.text import VOCABULARY, Interval, compiled, digits, framed, plain, unit_key
from hepatica.patient.value_reader import (
    JsonSchema,
    NumberReader,
    Reading,
    Refused,
    ValueReader,
    WordReader,
    parts_schema,
    read_parts,
    reader_of,
    text_schema,
)
from hepatica.problems import quote

CLASS, SCORE = "child_pugh_class", "child_pugh_score"
CHILD_PUGH_GROUP = (CLASS, SCORE, COMPONENTS)
CLASS_RANGES = {"A": (5, 6), "B": (7, 9), "C": (10, 15)}
LOWEST, HIGHEST = 1, 3
CHILD_PUGH_PARTS = table("child_pugh_parts")

_BOTH = framed(r"(?:(?P<class>[abc])[\s(,]*(?:score\s*)?)?(?P<score>1[0-5]|[5-9])\)?", COMMON_FIELDS[CLASS].noise)

CMET = "cmet"
STAINING_PARTS = table("cmet_parts")
HIGH_INTENSITY, HIGH_PERCENT = 2, 50
_STAINING = framed(
    r"([0-3])\s*\+?\s*(?:in|,|/|at)?\s*(100|\d{1,2}(?:\.\d+)?)\s*%", ("c-met", "met", "of tumour cells", "of cells")
)


class Scale(NamedTuple):
    """A component in one unit: the two cut-offs, the plausible range, and what a value below or above it may be."""

    cutoffs: tuple[float, float]
    plausible: tuple[float, float]
    below: str = ""
    above: str = ""


SCALES: Mapping[str, Mapping[str, Scale]] = {
    name: {unit: Scale(**row) for unit, row in rows.items()} for name, rows in VOCABULARY["child_pugh_scales"].items()
}


def class_of(score: int) -> str:
    """The class of a score from 5 to 15."""
    return next(name for name, (low, high) in CLASS_RANGES.items() if low <= score <= high)


class ScaleReader(NumberReader):
    """The points of a measured component, and the amount in words, in one of its units with that unit's own cut-offs."""

    _native = ValueReader._native

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.scales = SCALES[field.name]
        # An amount of bilirubin or albumin means nothing without its unit.
        self.unit_needed = bool(field.unit)

    def _reading(self, text: str) -> Reading:
        amount = self._amount(text)
        unit = next((unit for unit in self.scales if amount and unit_key(unit) == unit_key(amount.unit)), None)
        if amount is None or unit is None:
            raise self._not_in(text, amount.unit if amount else None)
        # Not converted: each unit is held against its own published cut-offs.
        value = self._value_of(amount, (1, 1), self.scales[unit].plausible, text)
        if isinstance(value, Interval):
            ends, shown = (value.low, value.high), str(value)
        else:
            ends, shown = (value, value), f"{value:.12g}"
            shown = digits(value) if digits(value) == f"{shown}0" else shown  # else it would read two ways
        # Both ends of an interval: it scores only where it cannot matter which value it stands for.
        points = {self._points(end, unit, text) for end in ends}
        if len(points) > 1:
            either = " or ".join(map(str, sorted(points)))
            raise Refused("unclear", f"{self.field.title} of {quote(text)} may score {either} points; give the amount")
        return Reading(points.pop(), f"{shown} {unit}".strip())

    def _points(self, value: float, unit: str, text: str) -> int:
        scale = self.scales[unit]
        least, most = scale.plausible
        # The open end of a bound (> 10 mg/dL) is infinite, and plausible.
        if not least <= value <= most and abs(value) < float("inf"):
            said = f"{self.field.title} of {quote(text)} is not plausible{scale.below if value < least else scale.above}"
            raise Refused("out-of-range", f"{said} allowed: {least:g} to {most:g} {unit}".rstrip())
        points = 1 if value < scale.cutoffs[0] else 3 if value > scale.cutoffs[1] else 2
        # Of albumin more is better: its points run the other way.
        return 4 - points if self.field.name == "albumin" else points

    def _not_in(self, text: str, unit: str | None) -> Refused:
        allowed = f"a number with its unit ({' or '.join(self.scales)})" if self.unit_needed else "a number without a unit"
        cause = " (a prothrombin time in seconds is no INR)" if unit and not self.unit_needed else ""
        said = f"{self.field.title} cannot be {quote(text)}{cause}; allowed: {allowed}, or {UNKNOWN}"
        return Refused("not-a-number" if unit is None else "unit", said)


@cache
def _reader(part: Field) -> ValueReader:
    return ScaleReader(part) if part.name in SCALES else reader_of(part)


class ComponentsReader(ValueReader):
    """The components that are known, by name: points, and the component as shown."""

    def _native(self, typed: Any) -> Reading:
        if not isinstance(typed, Mapping):
            return self._reading(str(typed))
        read = read_parts(typed, CHILD_PUGH_PARTS, self.field.title, lambda part, entry: _reader(part).read(entry))
        # The grades of ascites and encephalopathy stand in the order of their points.
        known = ((part, *read[name]) for name, part in CHILD_PUGH_PARTS.items() if name in read)
        return Reading(
            {
                part.name: (value, shown) if part.name in SCALES else (part.values.index(value) + 1, value)
                for part, value, shown in known
                if value is not None
            }
        )

    def _reading(self, text: str) -> Reading:
        raise Refused("wrong-type", f"{self.field.title} is a mapping of {', '.join(CHILD_PUGH_PARTS)}, not {quote(text)}")

    def schema(self) -> list[JsonSchema]:
        """The parts, each as its reader takes it."""
        return [parts_schema(CHILD_PUGH_PARTS, _reader)]


def both_of(typed: object) -> tuple[str | None, int | None]:
    """The class and the score that one text states together (`A6`, `Child-Pugh B (8)`, `7`); None for what it leaves out."""
    # True is an integer to Python, and no score.
    text = plain(str(typed)) if isinstance(typed, (str, int)) and not isinstance(typed, bool) else ""
    found = compiled(_BOTH).fullmatch(text) if text and text.upper() not in CLASS_RANGES else None
    return (found["class"].upper() if found["class"] else None, int(found["score"])) if found else (None, None)


Graded = tuple[dict[str, Any], ChildPugh | None, tuple[ProfileWarning, ...]]
"""Class and score, what was measured, and doubts."""


def graded(letter: str | None, score: int | None, typed: Mapping[str, Any], components: Any) -> tuple[Graded, list[Understood]]:
    """Class and score, each from the other and from the components; raises `Refused` where they contradict each other.

    `typed` holds what was typed for class and score, which may state both, and how that was understood comes back as well;
    `components` is what `ComponentsReader` read.
    """
    both = {name: both_of(typed.get(name)) for name in (CLASS, SCORE)}
    scores = {said for said in (score, *(found for _, found in both.values())) if said is not None}
    if len(scores) > 1:
        stated = " and ".join(f"{COMMON_FIELDS[name].title} is {quote(str(typed[name]))}" for name in (CLASS, SCORE))
        raise Refused("contradiction", f"{stated}: two different scores", (SCORE,))
    score = next(iter(scores), None)
    implied = class_of(score) if score is not None else letter
    other = next((said for said in (letter, *(found for found, _ in both.values())) if said not in (None, implied)), None)
    if other is not None:
        span = "{}-{}".format(*CLASS_RANGES[other])
        said = f"Child-Pugh score {score} is class {implied}, but Child-Pugh class is {other} ({span})"
        raise Refused("contradiction", said, (SCORE if SCORE in typed else CLASS,))
    understood = [
        Understood(name, str(typed[name]).strip(), f"class {implied}, score {score}")
        for name, (letter_too, score_too) in both.items()
        if score_too is not None and (letter_too or name == CLASS)
    ]
    if components is None:
        return ({CLASS: implied, SCORE: score}, None, ()), understood
    return _with_components(implied, score, components), understood


def _with_components(letter: str | None, score: int | None, read: dict[str, tuple[int, str]]) -> Graded:
    points = {name: scored for name, (scored, _) in read.items()}
    missing = [CHILD_PUGH_PARTS[name].title for name in CHILD_PUGH_PARTS if name not in points]
    lowest, highest = (sum(points.values()) + len(missing) * each for each in (LOWEST, HIGHEST))
    span = f"{lowest}" if lowest == highest else f"{lowest} to {highest}"
    # With parts missing a class may be certain before the score is: every score that is left must lie in it.
    classes = [name for name, (low, high) in CLASS_RANGES.items() if low <= highest and lowest <= high]
    if score is not None and not lowest <= score <= highest:
        raise Refused("contradiction", f"the components give a score of {span}, but Child-Pugh score is {score}", (COMPONENTS,))
    if letter is not None and letter not in classes:
        either = " or ".join(classes)
        raise Refused("contradiction", f"the components give class {either}, but Child-Pugh class is {letter}", (COMPONENTS,))
    message = f"Child-Pugh score not computed: {', '.join(missing)} unknown (score {span})."
    warnings = (ProfileWarning("child-pugh-incomplete", message, (CLASS, SCORE)),) if score is None and missing else ()
    found: ChildPugh = {
        "components": {name: read[name][1] if name in read else UNKNOWN for name in CHILD_PUGH_PARTS},
        "points": points,
        "score": lowest if lowest == highest else score,
        "lowest": lowest,
        "highest": highest,
        "class": classes[0] if len(classes) == 1 else letter,
    }
    return {CLASS: found["class"], SCORE: found["score"]}, found, warnings


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
            typed = dict(zip(STAINING_PARTS, found.groups()[1:], strict=True)) if found else typed
        if not isinstance(typed, Mapping):
            return super().read(typed)
        read = read_parts(typed, STAINING_PARTS, self.field.title, _part)
        intensity, percent = read.get("intensity"), read.get("percent")
        return Reading(Staining(intensity=intensity, percent=percent, status=status(intensity, percent)))

    def schema(self) -> list[JsonSchema]:
        """The words, a staining in a text, or the parts."""
        return [*super().schema(), text_schema(_STAINING), parts_schema(STAINING_PARTS, reader_of)]


class _PercentReader(NumberReader):
    decimals = 15  # a percentage is held against 50 as it is: 49.9999999 is not rounded first


def _part(part: Field, typed: Any) -> Any:
    reader = reader_of(part) if part.kind == "integer" else _PercentReader(part)
    value = reader.read(typed.strip().removesuffix("+") if isinstance(typed, str) else typed).value
    if isinstance(value, Interval):
        raise Refused("unclear", f"{part.title} of {quote(str(typed))} is not one amount; give the amount")
    return value
