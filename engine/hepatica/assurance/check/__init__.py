"""What can be proved wrong with one ruleset."""
