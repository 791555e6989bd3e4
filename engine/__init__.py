"""Hepatica: evidence-backed systemic options for a hypothetical patient with advanced liver cancer. For education.

>>> from engine import evaluate, load, read_profile
>>> ruleset = load("hcc-2016")
>>> answer = evaluate(ruleset, read_profile("patients/after-sorafenib-met-high.yaml"))
>>> [entry.therapy.id for entry in answer.options]  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.evaluation.model import Evaluation
    from engine.knowledge.ruleset import Ruleset
    from engine.profile.model import Profile

__version__ = "0.1.0"
__all__ = ["evaluate", "load", "read_profile"]


def load(ruleset: str = "hcc-2016") -> Ruleset:
    """A shipped ruleset by id, or one by its folder; raises `InvalidInput` with every problem it has."""
    from engine.knowledge.files import find_ruleset
    from engine.knowledge.loader import load_ruleset
    from engine.paths import shipped

    return load_ruleset(find_ruleset(ruleset, (shipped("rulesets"),)))


def read_profile(path: str | Path) -> Profile:
    """The profile in a YAML or JSON file; raises `InvalidInput` with every problem it has."""
    from engine.profile.reading import read_profile as read

    return read(path)


def evaluate(ruleset: Ruleset, profile: Profile) -> Evaluation:
    """One answer. For many profiles build one `engine.evaluation.evaluate.Evaluator` and use it again."""
    from engine.evaluation.evaluate import Evaluator

    return Evaluator(ruleset).evaluate(profile)
