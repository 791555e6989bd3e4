"""Standings, verdicts and lists in the middle of a sentence."""

from __future__ import annotations

from hepatica.knowledge import STANDINGS, VERDICTS, Standing, Verdict


def standing_words(standing: Standing, verdict: Verdict | None = None) -> str:
    """A standing inside a sentence, with the verdict that makes it precise: "not supported: no better than the comparison"."""
    return f"{STANDINGS[standing].phrase}: {VERDICTS[verdict]}" if verdict else STANDINGS[standing].phrase
