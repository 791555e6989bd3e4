"""How lists and standings are named in the middle of a sentence."""

from __future__ import annotations

from hepatica.evaluation import ListName
from hepatica.knowledge import DEMANDS, Standing

LIST_WORDS: dict[ListName, str] = {
    "options": "an option",
    "possible": "only possible",
    "not_supported": "not supported",
    "ruled_out": "ruled out",
}


def standing_words(standing: Standing) -> str:
    """A standing's title without its capital: "positive phase III"."""
    title = DEMANDS[standing].title
    return title[0].lower() + title[1:]
