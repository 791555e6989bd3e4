"""Quiz cases: a profile with the therapies to judge, the fact that decides, and a changed fact to think about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hepatica.evaluation import Entry, Evaluation, ListName
from hepatica.explain.facets import Facet
from hepatica.explain.whatif import Change, Step
from hepatica.knowledge import Therapy
from hepatica.patient import Profile

Origin = Literal["patient", "generated"]
Level = Literal["easy", "medium", "hard"]
LEVELS: dict[Level, tuple[int, int]] = {"easy": (3, 10), "medium": (11, 20), "hard": (21, 1000)}


@dataclass(frozen=True, slots=True)
class Choice:
    """A therapy to judge; `near` is the change of one fact that would turn the answer, where there is one."""

    therapy: Therapy
    list: ListName
    entry: Entry
    near: Change | None

    @property
    def is_option(self) -> bool:
        """The right answer."""
        return self.list == "options"


@dataclass(frozen=True, slots=True)
class Twist:
    """One fact changed: the options that come and go."""

    step: Step
    evaluation: Evaluation
    gained: tuple[Therapy, ...]
    lost: tuple[Therapy, ...]

    @property
    def changes(self) -> bool:
        """Whether the options change: the right answer."""
        return bool(self.gained or self.lost)


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `facts` are offered as the deciding one for `focus`; only `deciding` turns it by itself.

    `nearly` is how many rules are one fact away from applying: the measure of difficulty.
    """

    number: int
    origin: Origin
    evaluation: Evaluation
    choices: tuple[Choice, ...]
    focus: Choice
    facts: tuple[Facet, ...]
    deciding: Facet
    turn: Change
    twist: Twist
    nearly: int

    @property
    def level(self) -> Level:
        """The difficulty by the number of rules nearly met."""
        return level_of(self.nearly)

    @property
    def profile(self) -> Profile:
        """The patient."""
        return self.evaluation.profile


def level_of(nearly: int) -> Level:
    """The level of a number of nearly met rules."""
    return next((name for name, (_, high) in LEVELS.items() if nearly <= high), "hard")
