"""From verdicts to an answer: each therapy in one list, with its reasons, its evidence and the line it is known by."""

# ruff: noqa: F403 -- a type checker sees all of the modules; what others may use is what the table below names

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.faces import lazy

if TYPE_CHECKING:
    from hepatica.evaluation.evaluate import *
    from hepatica.evaluation.figures import *
    from hepatica.evaluation.headline import *
    from hepatica.evaluation.reasons import *
    from hepatica.evaluation.result import *

__getattr__ = lazy(
    __name__,
    {
        "evaluate": "ORDER Evaluator evaluator_of facts_under identity in_precedence judged precedence",
        "figures": "TELLING arm_name arm_order correction_line correction_verb corrected_result endpoint_words printed_line "
        "ratio ratio_words result_line shown",
        "headline": "evidence_rank",
        "reasons": "Derived Explained reason smallest_failing still_asked",
        "result": "CONTRACT LISTS Applicability ApplicabilityStatus Citation Entry Evaluation ListName Reason RuleAnswer "
        "RulesetIdentity Scope Truth",
    },
)
