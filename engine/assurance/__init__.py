"""Proofs over every profile a ruleset can tell apart: checks of one ruleset, comparison of two."""
