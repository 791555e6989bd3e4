"""What case tables exercise of a ruleset."""
