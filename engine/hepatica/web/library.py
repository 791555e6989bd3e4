"""What the page serves: rulesets ready to answer, and the shipped patients to start from. Built once, read by all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hepatica.evaluation import Evaluator
from hepatica.knowledge import Ruleset, catalogue
from hepatica.patient import Profile, read_profile
from hepatica.report.old_document import Shelf
from hepatica.web.cases import query_of
from hepatica.web.kept import Kept

if TYPE_CHECKING:
    from hepatica.assurance.diff.compare import Comparison
    from hepatica.teaching.quiz import Quiz


@dataclass(frozen=True, slots=True)
class Starter:
    """A shipped patient: its file's name, its title and the query that reproduces it."""

    name: str
    title: str
    query: str
    profile: Profile


class Book:
    """One ruleset with its evaluator and what is said whoever the patient is."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.ruleset: Ruleset = evaluator.ruleset
        self.shelf = Shelf(evaluator.ruleset)
        self.studies = {found.study.id: found for found in catalogue(self.ruleset)}


class Library:
    """Rulesets by id, the first being the default, and the shipped patients in order of their titles."""

    def __init__(self, evaluators: Mapping[str, Evaluator], patients: Path) -> None:
        self.books = {name: Book(evaluator) for name, evaluator in evaluators.items()}
        self.default = next(iter(self.books))
        self.pictures: Kept[bytes] = Kept()
        self.comparisons: Kept[Comparison] = Kept()
        self.quizzes: Kept[Quiz] = Kept()
        self.starters = {path.stem: _starter(path) for path in sorted(patients.glob("*.yaml"))}


def _starter(path: Path) -> Starter:
    profile = read_profile(path)
    return Starter(path.stem, profile.label or path.stem.replace("-", " "), query_of(profile), profile)
