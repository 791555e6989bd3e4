"""What a ruleset answers over a space: by box algebra, by going through every point, and by three evaluators compared."""
