"""Readings of an answer: why, why not, what if, and side by side."""
