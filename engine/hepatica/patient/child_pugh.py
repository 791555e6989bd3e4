"""Child-Pugh points, score and class.

Cut-offs (general knowledge; the review prints classes and scores only): bilirubin below 2, 2 to 3, above 3 mg/dL (34 and
51 µmol/L); albumin above 3.5, 2.8 to 3.5, below 2.8 g/dL; INR below 1.7, 1.7 to 2.3, above 2.3; ascites none, slight,
moderate; encephalopathy none, grade 1-2, grade 3-4. A value exactly on a cut-off scores 2. An amount in µmol/L is held
against 34 and 51 as published, not converted (34 µmol/L is 1.99 mg/dL).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

COMPONENTS = ("bilirubin", "albumin", "inr", "ascites", "encephalopathy")
CLASS_RANGES = {"A": (5, 6), "B": (7, 9), "C": (10, 15)}
LOWEST, HIGHEST = 1, 3


class Scale(NamedTuple):
    """A measured component: cut-offs per unit and the range of plausible amounts; `falling` when low is worse."""

    cutoffs: Mapping[str, tuple[float, float]]
    plausible: Mapping[str, tuple[float, float]]
    falling: bool = False

    def points(self, value: float, unit: str) -> int:
        """1 to 3 points for an amount in one of the scale's units."""
        low, high = self.cutoffs[unit]
        below, above = (3, 1) if self.falling else (1, 3)
        return below if value < low else above if value > high else 2


SCALES: Mapping[str, Scale] = {
    "bilirubin": Scale({"mg/dL": (2, 3), "µmol/L": (34, 51)}, {"mg/dL": (0, 80), "µmol/L": (0, 1400)}),
    "albumin": Scale({"g/dL": (2.8, 3.5), "g/L": (28, 35)}, {"g/dL": (0.5, 7), "g/L": (5, 70)}, falling=True),
    "inr": Scale({"": (1.7, 2.3)}, {"": (0.5, 20)}),
}

GRADES: Mapping[str, Mapping[str, int]] = {
    "ascites": {"none": 1, "slight": 2, "moderate": 3},
    "encephalopathy": {"none": 1, "grade_1_2": 2, "grade_3_4": 3},
}
GRADE_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "ascites": {"absent": "none", "no": "none", "mild": "slight", "severe": "moderate", "moderate_to_severe": "moderate"},
    "encephalopathy": {
        "absent": "none",
        "no": "none",
        "0": "none",
        "1": "grade_1_2",
        "2": "grade_1_2",
        "3": "grade_3_4",
        "4": "grade_3_4",
    },
}


def class_of(score: int) -> str:
    """The class of a score from 5 to 15."""
    return next(name for name, (low, high) in CLASS_RANGES.items() if low <= score <= high)


def score_range(points: Mapping[str, int]) -> tuple[int, int]:
    """The lowest and highest score that the known components leave open."""
    missing = len(COMPONENTS) - len(points)
    total = sum(points.values())
    return total + missing * LOWEST, total + missing * HIGHEST
