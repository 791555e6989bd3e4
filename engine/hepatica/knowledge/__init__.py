"""The rule language, the evidence behind the rules, and the loader that accepts nothing it cannot stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy
from hepatica.knowledge.cache import (
    CARD,
    CASES,
    MAX_FILES,
    MAX_TOTAL,
    RulesetFiles,
    belongs,
    find_ruleset,
    gather,
    keep_compiled,
    load,
    loaded,
    recall_compiled,
)
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
    conjuncts,
    leaves,
    strata,
)
from hepatica.knowledge.evidence import (
    KNOWN_BY,
    Approval,
    Arm,
    ConfidenceInterval,
    Correction,
    Discrepancy,
    Endpoint,
    Figure,
    LaterEvent,
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
from hepatica.knowledge.standing import (
    DESIGNS,
    ESTABLISHED,
    FATES,
    LINES,
    RANK,
    STANDINGS,
    VERDICTS,
    FateStatus,
    Line,
    Standing,
    Verdict,
    level_of,
)

if TYPE_CHECKING:
    from hepatica.knowledge.draft import ConditionReader, ruleset_schemas
    from hepatica.knowledge.figures import figure_findings
    from hepatica.knowledge.loader import load_files, load_ruleset
    from hepatica.knowledge.study_search import (
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
    from hepatica.knowledge.style import changed_lines, file_kind, styled
    from hepatica.knowledge.traceability import CoveredPart, Verification, read_text, verify_figures

# What reads and checks a ruleset's files is loaded when it is first asked for: a ruleset that was kept needs none of it.
__getattr__ = lazy(__name__)
