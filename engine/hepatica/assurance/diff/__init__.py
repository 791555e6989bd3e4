"""What an edit of the rules changes in what is shown, for every profile, as a proof."""

from __future__ import annotations

from hepatica.assurance.diff.allow import read_allowances
from hepatica.assurance.diff.differ import diff, new_or_gone
from hepatica.assurance.diff.result import AnswerChange, RulesetDiff, RulesetEdit
from hepatica.assurance.diff.revisions import PastRuleset, merge_base, ruleset_at, ruleset_in
