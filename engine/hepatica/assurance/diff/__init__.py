"""What an edit of the rules changes in what is shown, for every profile, as a proof."""

from __future__ import annotations

from hepatica.assurance.diff.allow import KINDS as DECLARED_KINDS
from hepatica.assurance.diff.allow import Allowance, read_allowances
from hepatica.assurance.diff.differ import diff, new_or_gone
from hepatica.assurance.diff.result import (
    AnswerChange,
    Placement,
    RulesetDiff,
    RulesetEdit,
    Undeclared,
    UnmetDeclaration,
)
from hepatica.assurance.diff.revisions import files_at, files_in, merge_base

__all__ = [
    "DECLARED_KINDS",
    "Allowance",
    "AnswerChange",
    "Placement",
    "RulesetDiff",
    "RulesetEdit",
    "Undeclared",
    "UnmetDeclaration",
    "diff",
    "files_at",
    "files_in",
    "merge_base",
    "new_or_gone",
    "read_allowances",
]
