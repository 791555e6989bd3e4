"""The rule language, the evidence behind the rules, and the loader that accepts nothing it cannot stand for."""
