"""Hepatica: evidence-backed systemic options for a hypothetical patient with advanced liver cancer. For education.

>>> from hepatica import evaluate, load, read_profile
>>> ruleset = load("hcc-2016")
>>> answer = evaluate(ruleset, read_profile("patients/after-sorafenib-met-high.yaml"))
>>> [entry.therapy.id for entry in answer.options]  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hepatica.evaluation import Evaluation
    from hepatica.knowledge import Ruleset
    from hepatica.patient import Profile

__version__ = "0.1.0"
__all__ = ["evaluate", "load", "read_profile"]


def load(ruleset: str = "hcc-2016") -> Ruleset:
    """A shipped ruleset by id, or one by its folder; raises `InvalidInput` with every problem it has."""
    from hepatica.knowledge import find_ruleset, load_ruleset
    from hepatica.paths import shipped

    return load_ruleset(find_ruleset(ruleset, (shipped("rulesets"),)))


def read_profile(path: str | Path) -> Profile:
    """The profile in a YAML or JSON file; raises `InvalidInput` with every problem it has."""
    from hepatica.patient import read_profile as read

    return read(path)


def evaluate(ruleset: Ruleset, profile: Profile) -> Evaluation:
    """One answer. For many profiles build one `hepatica.evaluation.evaluate.Evaluator` and use it again."""
    from hepatica.evaluation import Evaluator

    return Evaluator(ruleset).evaluate(profile)
