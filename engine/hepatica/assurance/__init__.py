"""Assurance of rules: proofs over every profile, comparison of versions, case tables, their coverage and mutation."""
