"""The profile space of one or more rulesets, and exact set algebra on its regions."""
