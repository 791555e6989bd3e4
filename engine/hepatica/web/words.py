"""Words of the rule language as a reader writes them: `mainland_china` is Mainland China, `hbv` is HBV."""

from __future__ import annotations

import re

from hepatica.patient import FIELD_BY_NAME

_ACRONYMS = ("hbv", "hcv", "hcc", "inr", "nafld", "tki")
_NAMES = {"asian": "Asian", "chinese": "Chinese", "western": "Western", "child": "Child", "pugh": "Pugh"}
_TOKEN = re.compile(r"[a-z]+")
_GRADE = re.compile(r"\b[abc](?=\d{1,2}\b)")


def _spellings() -> dict[str, str]:
    places = {token for value in FIELD_BY_NAME["region"].values for token in value.split("_")} - {"other"}
    return {**{place: place.capitalize() for place in places}, **{name: name.upper() for name in _ACRONYMS}, **_NAMES}


_SPELLED = _spellings()


def words(value: object) -> str:
    """A value, or a list of values joined by words, in plain spelling."""
    text = str(value).replace("child_pugh", "child-pugh").replace("_", " ")
    text = _GRADE.sub(lambda match: match.group().upper(), text)
    return _TOKEN.sub(lambda match: _SPELLED.get(match.group(), match.group()), text)


def title(name: str) -> str:
    """A field's title; a concept's name, or the last part of a parameter's, in plain words."""
    known = FIELD_BY_NAME.get(name)
    return known.title if known else words(name.rpartition(".")[2])


def said(message: str, name: str) -> str:
    """A problem's message with the field's title in place of its name."""
    return f"{title(name)}{message.removeprefix(name)}" if name and message.startswith(f"{name} ") else message


def first_up(text: str) -> str:
    """The text with a capital first letter; the rest stays."""
    return text[:1].upper() + text[1:]
