"""What a profile's facts imply: durable_rules, the plain reading it must agree with, and the tables both explanations use."""
