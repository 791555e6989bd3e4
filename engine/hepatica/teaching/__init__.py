"""What a seminar is built on: the hazard ratios side by side, the pathway drawn from the rules, and the quiz."""
