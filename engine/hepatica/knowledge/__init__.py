"""The rule language, the evidence behind the rules, and the loader that accepts nothing it cannot stand for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hepatica.knowledge.cache import load
from hepatica.knowledge.conditions import (
    AllOf,
    AnyOf,
    ConceptTest,
    Condition,
    NotOf,
    Operator,
    Test,
    concept_words,
    condition_words,
    leaves,
    strata,
)
from hepatica.knowledge.evidence import (
    ConfidenceInterval,
    Correction,
    CorrectionKind,
    Discrepancy,
    Endpoint,
    Figure,
    LaterEvent,
    Met,
    Outcome,
    Place,
    Population,
    Reference,
    Result,
    Study,
    StudyKind,
    Toxicity,
    number,
)
from hepatica.knowledge.files import CARD, CASES, MAX_FILES, MAX_TOTAL, RulesetFiles, belongs, find_ruleset, gather
from hepatica.knowledge.ruleset import (
    Card,
    Caveat,
    Concept,
    Extrapolation,
    Note,
    Regimen,
    Rule,
    Ruleset,
    SourceText,
    Therapy,
    TherapyFate,
)
from hepatica.knowledge.search import (
    OUTCOMES,
    PHASES,
    STATUSES,
    UNSTATED,
    Filters,
    Found,
    catalogue,
    counts,
    find_study,
    search,
    select,
)
from hepatica.knowledge.standing import (
    DEMANDS,
    LINES,
    OPTION_STANDINGS,
    RANK,
    STANDINGS,
    VERDICTS,
    Line,
    Standing,
    Verdict,
    level_of,
)

if TYPE_CHECKING:
    from hepatica.knowledge.condition_reader import ConditionReader
    from hepatica.knowledge.figures import FigureFinding, figure_findings
    from hepatica.knowledge.loader import load_files, load_ruleset
    from hepatica.knowledge.numbers import ranges
    from hepatica.knowledge.schema import ruleset_schemas

# What reads and checks a ruleset's files is loaded when it is first asked for: a ruleset that was kept needs none of it.
_LATER = {
    "ConditionReader": "condition_reader",
    "FigureFinding": "figures",
    "figure_findings": "figures",
    "load_files": "loader",
    "load_ruleset": "loader",
    "ranges": "numbers",
    "ruleset_schemas": "schema",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found


__all__ = [
    "CARD", "CASES", "DEMANDS", "LINES", "MAX_FILES", "MAX_TOTAL", "OPTION_STANDINGS", "OUTCOMES", "PHASES", "RANK", "STANDINGS",
    "STATUSES", "UNSTATED", "VERDICTS", "AllOf", "AnyOf", "Card", "Caveat", "Concept", "ConceptTest", "Condition",
    "ConditionReader", "ConfidenceInterval", "Correction", "CorrectionKind", "Discrepancy", "Endpoint", "Extrapolation",
    "Figure", "FigureFinding", "Filters", "Found", "LaterEvent", "Line", "Met", "NotOf", "Note", "Operator", "Outcome", "Place",
    "Population", "Reference", "Regimen", "Result", "Rule", "Ruleset", "RulesetFiles", "SourceText", "Standing", "Study",
    "StudyKind", "Test", "Therapy", "TherapyFate", "Toxicity", "Verdict", "belongs", "catalogue", "concept_words",
    "condition_words", "counts", "figure_findings", "find_ruleset", "find_study", "gather", "leaves", "level_of", "load",
    "load_files", "load_ruleset", "number", "ranges", "ruleset_schemas", "search", "select", "strata",
]  # fmt: skip
