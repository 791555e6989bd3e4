"""The rule language, the evidence behind the rules, and the loader that accepts nothing it cannot stand for."""

from __future__ import annotations

from hepatica.knowledge.condition_reader import ConditionReader
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
)
from hepatica.knowledge.figures import FigureFinding, figure_findings, number
from hepatica.knowledge.files import CARD, CASES, MAX_FILES, MAX_TOTAL, RulesetFiles, belongs, find_ruleset, gather
from hepatica.knowledge.loader import load, load_files, load_ruleset
from hepatica.knowledge.numbers import ranges
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
from hepatica.knowledge.schema import ruleset_schemas
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

# What other packages may use, as many to a line as fit.
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
