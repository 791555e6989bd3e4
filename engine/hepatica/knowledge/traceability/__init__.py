"""Every number of a ruleset held against its source text, both ways."""

from __future__ import annotations

from hepatica.knowledge.numbers import digits, tokens, values
from hepatica.knowledge.traceability.claims import claims, own_records
from hepatica.knowledge.traceability.verify import CoveredPart, Verification, read_text, verify

__all__ = ["CoveredPart", "Verification", "claims", "digits", "own_records", "read_text", "tokens", "values", "verify"]
