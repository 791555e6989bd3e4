"""Child-Pugh: points of the five components, score and class.

Cut-offs (general knowledge): bilirubin below 2, 2 to 3, above 3 mg/dL (34 and 51 µmol/L); albumin above 3.5, 2.8 to 3.5,
below 2.8 g/dL; INR below 1.7, 1.7 to 2.3, above 2.3; ascites none, slight, moderate; encephalopathy none, grade 1-2,
grade 3-4. A value exactly on a cut-off scores 2. An amount in µmol/L is held against 34 and 51 as published, not
converted (34 µmol/L is 1.99 mg/dL).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from hepatica.patient.common import COMMON_FIELDS
from hepatica.patient.fields import Field, Fields
from hepatica.patient.numbers import Interval, digits, parsed, unit_key
from hepatica.patient.profile import COMPONENTS, ChildPugh, ProfileWarning, Understood
from hepatica.patient.text import compiled, framed, is_missing, plain, table
from hepatica.patient.value_reader import NumberReader, Refused, reader_of, with_unit
from hepatica.problems import quote, suggestion

CLASS, SCORE = "child_pugh_class", "child_pugh_score"
CHILD_PUGH_GROUP = (CLASS, SCORE, COMPONENTS)
CLASS_RANGES = {"A": (5, 6), "B": (7, 9), "C": (10, 15)}
LOWEST, HIGHEST = 1, 3
MOST_PARTS = 50


class Scale(NamedTuple):
    """A measured component: per unit the two cut-offs, the plausible range and what a value below or above it may be."""

    cutoffs: Mapping[str, tuple[float, float]]
    plausible: Mapping[str, tuple[float, float]]
    below: Mapping[str, str] = {}
    above: Mapping[str, str] = {}
    falling: bool = False

    def points(self, value: float, unit: str) -> int:
        """1 to 3 points for an amount in one of the scale's units."""
        low, high = self.cutoffs[unit]
        least, most = (3, 1) if self.falling else (1, 3)
        return least if value < low else most if value > high else 2


_SECONDS = "a prothrombin time in seconds is no INR"
SCALES: Mapping[str, Scale] = {
    "bilirubin": Scale(
        {"mg/dL": (2, 3), "µmol/L": (34, 51)},
        {"mg/dL": (0.05, 60), "µmol/L": (3, 1100)},
        below={"µmol/L": "is it in mg/dL?"},
        above={"mg/dL": "is it in µmol/L?"},
    ),
    "albumin": Scale(
        {"g/dL": (2.8, 3.5), "g/L": (28, 35)},
        {"g/dL": (0.5, 7), "g/L": (5, 70)},
        below={"g/L": "is it in g/dL?"},
        above={"g/dL": "is it in g/L?"},
        falling=True,
    ),
    "inr": Scale({"": (1.7, 2.3)}, {"": (0.5, 6)}, above={"": "is it a prothrombin time in seconds, or in per cent?"}),
}

GRADES: Mapping[str, Mapping[str, int]] = {
    "ascites": {"none": 1, "slight": 2, "moderate": 3},
    "encephalopathy": {"none": 1, "grade_1_2": 2, "grade_3_4": 3},
}
_POINTS_OR_GRADE = "1, 2 and 3 are Child-Pugh points in some files and {} in others; write the grade in words"

PARTS = Fields(
    (
        Field(
            name="bilirubin",
            title="Bilirubin",
            kind="number",
            nature="test",
            help="",
            low=0.05,
            high=60,
            unit="mg/dL",
            units={"µmol/L": 1 / 17.1},
            aliases=("total bilirubin", "bili", "tbil", "serum bilirubin"),
            noise=("bilirubin", "total", "serum"),
        ),
        Field(
            name="albumin",
            title="Albumin",
            kind="number",
            nature="test",
            help="",
            low=0.5,
            high=7,
            unit="g/dL",
            units={"g/L": 0.1},
            aliases=("alb", "serum albumin"),
            noise=("albumin", "serum"),
        ),
        Field(
            name="inr",
            title="INR",
            kind="number",
            nature="test",
            help="",
            low=0.5,
            high=6,
            aliases=("pt-inr",),
            noise=("inr", "pt-inr"),
        ),
        Field(
            name="ascites",
            title="Ascites",
            kind="choice",
            nature="test",
            values=("none", "slight", "moderate"),
            help="",
            noise=("ascites",),
            synonyms=table("""
                none = absent; no; n; nil; negative
                slight = mild; trace; minimal; small; controlled; easily controlled; medically controlled; controlled
                  medically; diuretic-responsive; diuretic responsive
                moderate = severe; moderate to severe; moderate-severe; moderate/severe; poorly controlled; uncontrolled;
                  refractory; tense; diuretic-refractory; large; gross; massive; moderate or severe; marked
            """),
            unclear=table("""
                1, 2 and 3 are Child-Pugh points in some files and grades of ascites in others; write the grade in words = 0;
                  1; 2; 3; grade 1; grade 2; grade 3; +; ++; +++; I; II; III
                how much? slight or moderate = yes; y; present; positive; mild to moderate; mild-moderate; slight to moderate
            """),
        ),
        Field(
            name="encephalopathy",
            title="Encephalopathy",
            kind="choice",
            nature="test",
            values=("none", "grade_1_2", "grade_3_4"),
            value_titles={"grade_1_2": "grade 1-2", "grade_3_4": "grade 3-4"},
            help="",
            aliases=("hepatic encephalopathy", "HE"),
            noise=("encephalopathy", "hepatic", "he", "west haven", "wh"),
            synonyms=table("""
                none = absent; no; n; nil; negative; 0; grade 0
                grade_1_2 = grade 1; grade 2; grade I; grade II; I; II; 1-2; I-II; 1 or 2; grade I-II; grade 1 to 2; grade 1
                  or 2; grades 1-2; grades I-II; mild; mild to moderate; controlled; medically controlled; controlled
                  medically
                grade_3_4 = grade 3; grade 4; grade III; grade IV; III; IV; 3-4; III-IV; 3 or 4; grade III-IV; grade 3 to 4;
                  grade 3 or 4; grades 3-4; grades III-IV; severe; coma; comatose; advanced; refractory; 4
            """),
            unclear=table("""
                1, 2 and 3 are Child-Pugh points in some files and West Haven grades in others; write the grade in words = 1;
                  2; 3
                which grade? grade_1_2 or grade_3_4 = yes; y; present; positive; overt; moderate; moderate-severe; moderate to
                  severe; moderate/severe
                none where only tests show it (covert), grade_1_2 where it is seen = minimal; covert; subclinical; mhe
            """),
        ),
    )
)
GRADE_SYNONYMS: Mapping[str, Mapping[str, str]] = {name: {} for name in GRADES}


def class_of(score: int) -> str:
    """The class of a score from 5 to 15."""
    return next(name for name, (low, high) in CLASS_RANGES.items() if low <= score <= high)


class ScaleReader(NumberReader):
    """A component in one of its units, each with its own cut-offs and its own plausible range."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        # An amount of bilirubin or albumin means nothing without its unit.
        self.unit_needed = bool(field.unit)

    def points_of(self, typed: object) -> tuple[int, str] | None:
        """Points and the amount as shown; None where it is missing. Raises `Refused`."""
        name, scale = self.field.name, SCALES[self.field.name]
        text = plain(typed if isinstance(typed, str) else _number_text(typed, name))
        if is_missing(text):
            return None
        amount = parsed(self._bare(text))
        units = {unit_key(unit): unit for unit in scale.cutoffs}
        unit = units.get(unit_key(amount.unit)) if amount else None
        if amount is None or unit is None:
            raise self._not_in(text, amount.unit if amount else None)
        value = self.value_of(amount, (1, 1), scale.plausible[unit], text)
        ends = (value.low, value.high) if isinstance(value, Interval) else (value, value)
        self._plausible(ends, unit, text)
        points = {scale.points(end, unit) for end in ends}
        if len(points) > 1:
            raise Refused(
                "unclear", f"{name} of {quote(text)} may score {' or '.join(map(str, sorted(points)))} points; give the amount"
            )
        return points.pop(), f"{value if isinstance(value, Interval) else _exactly(value)} {unit}".strip()

    def _not_in(self, text: str, unit: str | None) -> Refused:
        name, units = self.field.name, [unit for unit in SCALES[self.field.name].cutoffs if unit]
        expected = f"a number with its unit ({' or '.join(units)})" if units else "a number without a unit"
        cause = f" ({_SECONDS})" if not units and unit else ""
        return Refused(
            "not-a-number" if unit is None else "unit", f"{name} cannot be {quote(text)}{cause}; allowed: {expected}, or unknown"
        )

    def _plausible(self, ends: tuple[float, float], unit: str, text: str) -> None:
        scale = SCALES[self.field.name]
        low, high = scale.plausible[unit]
        under, over = any(-1e300 < end < low for end in ends), any(high < end < 1e300 for end in ends)
        if under or over:
            cause = (scale.below if under else scale.above).get(unit, "")
            said = f"{self.field.name} of {quote(text)} is not plausible{': ' + cause if cause else ''}"
            raise Refused("out-of-range", f"{said} allowed: {low:g} to {high:g} {unit}".rstrip())


@cache
def scale_reader(name: str) -> ScaleReader:
    """The reader of a measured component."""
    return ScaleReader(PARTS[name])


def _number_text(typed: object, name: str) -> str:
    if isinstance(typed, bool) or not isinstance(typed, (int, float)):
        raise Refused("wrong-type", f"{name} is an amount, not {quote(typed)}")
    return repr(typed)


def _exactly(value: float) -> str:
    text = f"{value:.12g}"
    return f"{text}0" if digits(value) == f"{text}0" else text


def measured(typed: object) -> tuple[dict[str, int], dict[str, str]]:
    """Points by component and every component as shown, of a mapping; raises `Refused` with all that is wrong in it."""
    if not isinstance(typed, Mapping):
        raise Refused("wrong-type", f"{COMPONENTS} is a mapping of {', '.join(PARTS)}")
    if len(typed) > MOST_PARTS:
        raise Refused("too-many", f"{COMPONENTS} has more than {MOST_PARTS} entries")
    wrong: list[Refused] = []
    points: dict[str, int] = {}
    shown = dict.fromkeys(PARTS, "unknown")
    for key, value in typed.items():
        name, unit = PARTS.find_with_unit(str(key))
        try:
            if name is None:
                raise Refused("unknown-field", f"unknown component {quote(key)}; {suggestion(key, PARTS)}", (str(key),))
            read = _part(name, with_unit(value, unit))
        except Refused as refused:
            refused.parts = [((str(key), *place) if name else place, code, said) for place, code, said in refused.parts]
            wrong.append(refused)
            continue
        if name and read:
            points[name], shown[name] = read
    if wrong:
        wrong[0].parts = [part for refused in wrong for part in refused.parts]
        raise wrong[0]
    return {name: points[name] for name in PARTS if name in points}, shown


def _part(name: str, value: object) -> tuple[int, str] | None:
    if isinstance(value, (Mapping, list, tuple)) and not is_missing(
        str(value[0] if isinstance(value, list) and len(value) == 1 else "x")
    ):
        raise Refused("wrong-type", f"{name} is one value, not {'a mapping' if isinstance(value, Mapping) else 'a list'}")
    if value is None or isinstance(value, (list, tuple)):
        return None
    if name in SCALES:
        return scale_reader(name).points_of(value)
    grade = reader_of(PARTS[name]).read(value).value
    return (GRADES[name][str(grade)], str(grade)) if grade is not None else None


@cache
def _together() -> tuple[re.Pattern[str], ...]:
    """Class and score, and a score alone."""
    noise = COMMON_FIELDS[CLASS].noise
    both = r"(?P<class>[abc])[\s(,]*(?:score\s*)?(?P<score>1[0-5]|[5-9])\)?"
    return compiled(framed(both, noise)), compiled(framed(r"(?P<score>1[0-5]|[5-9])", noise))


def both_of(typed: object) -> tuple[str | None, int | None]:
    """The class and the score that one text states together (`A6`, `Child-Pugh B (8)`, `7`); None for what it leaves out."""
    text = plain(str(typed)) if isinstance(typed, (str, int)) and not isinstance(typed, bool) else ""
    if text.upper() in CLASS_RANGES:
        return None, None
    both, alone = _together()
    found = both.fullmatch(text) or alone.fullmatch(text)
    if found is None:
        return None, None
    return (found["class"].upper() if "class" in found.re.groupindex else None), int(found["score"])


def both_understood(typed: Mapping[str, object], understood: list[Understood]) -> list[Understood]:
    """What was understood, with both facts where one text states class and score."""
    both = {name: both_of(typed[name]) for name in (CLASS, SCORE) if name in typed}
    said = [
        Understood(
            name,
            str(typed[name]).strip(),
            f"class {letter}, score {score}" if letter else f"class {class_of(score)}, score {score}",
        )
        for name, (letter, score) in both.items()
        if score is not None and (letter is not None or name == CLASS)
    ]
    return said + [each for each in understood if each.field not in {new.field for new in said}]


class Graded(NamedTuple):
    """What class, score and components of one profile give together."""

    facts: dict[str, Any]
    measured: ChildPugh | None
    warnings: tuple[ProfileWarning, ...]


def graded(letter: str | None, score: int | None, typed: Mapping[str, object], components: Any) -> Graded:
    """Class and score, each from the other and from the components; raises `Refused` where they contradict each other.

    `typed` holds what was typed for class and score, which may state both; `components` is what `measured` gave, or None.
    """
    for name in (CLASS, SCORE):
        letter_too, score_too = both_of(typed[name]) if name in typed else (None, None)
        if score is not None and score_too not in (None, score):
            raise Refused("contradiction", f"{quote(typed[name])} states a score of {score_too}, but {SCORE} is {score}", (name,))
        score = score if score_too is None else score_too
        letter = letter or letter_too
        if letter_too is not None and letter_too != letter:
            raise Refused("contradiction", f"{quote(typed[name])} states class {letter_too}, but {CLASS} is {letter}", (name,))
    if score is not None:
        implied = class_of(score)
        if letter not in (None, implied):
            low, high = CLASS_RANGES[str(letter)]
            place = SCORE if SCORE in typed else CLASS
            raise Refused(
                "contradiction", f"Child-Pugh score {score} is class {implied}, but {CLASS} is {letter} ({low}-{high})", (place,)
            )
        letter = implied
    if components is None:
        return Graded({CLASS: letter, SCORE: score}, None, ())
    return _with_components(letter, score, *components)


def _with_components(letter: str | None, score: int | None, points: dict[str, int], shown: dict[str, str]) -> Graded:
    missing = [PARTS[name].title for name in PARTS if name not in points]
    lowest, highest = (sum(points.values()) + len(missing) * each for each in (LOWEST, HIGHEST))
    span = f"{lowest}" if lowest == highest else f"{lowest} to {highest}"
    if score is not None and not lowest <= score <= highest:
        raise Refused("contradiction", f"the components give a score of {span}, but {SCORE} is {score}", (COMPONENTS,))
    classes = [name for name, (low, high) in CLASS_RANGES.items() if low <= highest and lowest <= high]
    if letter is not None and letter not in classes:
        raise Refused(
            "contradiction", f"the components give class {' or '.join(classes)}, but {CLASS} is {letter}", (COMPONENTS,)
        )
    warnings: tuple[ProfileWarning, ...] = ()
    if score is None and missing:
        message = f"Child-Pugh score not computed: {', '.join(missing)} unknown (score {span})."
        warnings = (ProfileWarning("child-pugh-incomplete", message, (CLASS, SCORE)),)
    score = lowest if lowest == highest else score
    letter = classes[0] if len(classes) == 1 else letter
    found: ChildPugh = {
        "components": shown,
        "points": points,
        "score": score,
        "lowest": lowest,
        "highest": highest,
        "class": letter,
    }
    return Graded({CLASS: letter, SCORE: score}, found, warnings)
