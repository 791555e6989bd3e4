"""What can be proved of a ruleset, and of a change of it, over every profile."""

from __future__ import annotations

from hepatica.assurance.version import RulesetVersion
