"""Every single-point change of a ruleset, and whether a case notices it."""
