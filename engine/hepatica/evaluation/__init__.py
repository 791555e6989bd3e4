"""From verdicts to an answer: each therapy in one list, with its reasons, its evidence and the line it is known by."""

from __future__ import annotations

from hepatica.evaluation.evaluate import (
    ORDER,
    Evaluator,
    evaluator_of,
    facts_under,
    headed,
    identity,
    in_precedence,
    judged,
    precedence,
    ways_in,
)
from hepatica.evaluation.figures import (
    TELLING,
    arm_name,
    arm_order,
    corrected_result,
    correction_line,
    correction_verb,
    discrepancy_of,
    endpoint_words,
    figure_words,
    p_words,
    ratio,
    ratio_words,
    result_line,
    shown,
)
from hepatica.evaluation.headline import evidence_rank
from hepatica.evaluation.reasons import (
    BoundedCache,
    Derived,
    Explained,
    naming_mask,
    owners,
    reason,
    smallest_failing,
    still_asked,
)
from hepatica.evaluation.result import (
    CONTRACT,
    LISTS,
    Applicability,
    ApplicabilityStatus,
    Citation,
    Entry,
    Evaluation,
    ListName,
    Reason,
    RuleAnswer,
    RulesetIdentity,
    RulesetResult,
    Scope,
)
