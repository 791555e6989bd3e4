"""Hepatica: evidence-backed systemic options for a hypothetical patient with advanced liver cancer. For education.

>>> import hepatica
>>> answer = hepatica.evaluate("hcc-2016", {"bclc_stage": "C", "child_pugh": "A6", "prior_sorafenib": "progressed"})
>>> [entry.name for entry in answer.options]  # doctest: +SKIP
>>> print(answer.to_text())  # doctest: +SKIP

The names below are loaded when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from hepatica.faces import WRITERS, lazy

if TYPE_CHECKING:
    from pathlib import Path

    from hepatica.cohort import TableAnswers
    from hepatica.evaluation import Evaluation
    from hepatica.knowledge import Ruleset
    from hepatica.patient import Profile
    from hepatica.problems import InternalError, InvalidInput

__version__ = "0.2.0"
__all__ = [
    "Evaluation", "InternalError", "InvalidInput", "Profile", "Ruleset", "TableAnswers", "evaluate", "evaluate_table", "load",
    "read_profile",
]  # fmt: skip

__getattr__ = lazy(__name__)


def _written(form: str, answer: Evaluation) -> Any:
    """An answer in a form of `report`, which is loaded when the first is written."""
    from hepatica import report

    return report.document(answer) if form == "document" else getattr(report, form)(report.answer(answer))


WRITERS |= {form: partial(_written, form) for form in ("document", "text", "markdown", "html")}


def load(ruleset: str | Path = "hcc-2016") -> Ruleset:
    """A shipped ruleset by id, or one by its folder; raises `InvalidInput` with every problem it has."""
    from hepatica.knowledge import load as load_ruleset

    return load_ruleset(ruleset)


def read_profile(profile: Mapping[str, Any] | str | Path, ruleset: Ruleset | None = None) -> Profile:
    """The profile in a YAML or JSON file, or in a mapping of facts as a person would type them.

    `ruleset` brings fields of its own. Raises `InvalidInput` with every problem.
    """
    from hepatica.patient import COMMON_FIELDS, profile_from, read_profile
    from hepatica.problems import InvalidInput

    fields = COMMON_FIELDS if ruleset is None else ruleset.fields
    if isinstance(profile, Mapping):
        return profile_from(profile, fields=fields)
    # A number would be taken for a file that is open already, such as standard input.
    if not isinstance(profile, (str, PathLike)):
        said = f"{type(profile).__name__} is no patient; allowed: a mapping of facts, a file, a Profile"
        raise InvalidInput.at("<profile>", "wrong-type", said)
    return read_profile(profile, fields=fields)


def evaluate(ruleset: Ruleset | str | Path, profile: Profile | Mapping[str, Any] | str | Path) -> Evaluation:
    """The answer for one patient: a profile, a mapping of facts, or a file.

    The compiled rules are kept with the ruleset, so load it once for many patients. Safe for several threads. Raises
    `InvalidInput` for a ruleset or a patient that cannot be used, `InternalError` where the program disagrees with itself.
    """
    from hepatica.evaluation import evaluator_of
    from hepatica.knowledge import Ruleset
    from hepatica.patient import Profile

    loaded = ruleset if isinstance(ruleset, Ruleset) else load(ruleset)
    known = profile if isinstance(profile, Profile) else read_profile(profile, loaded)
    return evaluator_of(loaded).evaluate(known)


def evaluate_table(frame: Any, ruleset: Ruleset | str | Path = "hcc-2016", mapping: Any = None) -> TableAnswers:
    """The answers for every row of a data frame, as frames of the same kind: see `TableAnswers`. Needs the extra `tables`.

    `frame` is a pandas or polars frame, an Arrow table, a DuckDB relation, anything with `__arrow_c_stream__`, or a mapping of
    columns; its columns are named as in a patient file, or as `mapping` says. Columns that are no fields are passed through. A
    cell that cannot be read rejects its row, with the reason. Raises `InvalidInput` for a ruleset, a mapping or columns that
    cannot be used, and `ImportError` without pyarrow.
    """
    from hepatica.cohort import evaluate_table

    return evaluate_table(frame, ruleset, mapping)
