"""Answers to a quiz read from a document: a list with one mapping a case. Everything wrong is reported at once."""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.documents import Node
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.teaching.quiz import Answer
from hepatica.teaching.quiz_cases import Case

PICKS, FACT, CHANGES = "picks", "fact", "changes"
KEYS = (PICKS, FACT, CHANGES)
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def read_answers(node: Node, file: str, cases: Sequence[Case]) -> list[Answer]:
    """One answer a case, in order. Therapies are given by id or number, the fact by title, field or number.

    Raises `InvalidInput` with every problem, located in `file`.
    """
    if not isinstance(node.value, list) or len(node.value) != len(cases):
        found = len(node.value) if isinstance(node.value, list) else "no list"
        message = f"answers are a list with one entry a case, here {len(cases)}, not {found}"
        raise InvalidInput([node.problem(file, "answers", message)])
    problems: list[Problem] = []
    answers = [_answer(entry, file, case, problems) for entry, case in zip(node.value, cases, strict=True)]
    if problems:
        raise InvalidInput(problems)
    return answers


def _answer(node: Node, file: str, case: Case, problems: list[Problem]) -> Answer:
    entries = node.value
    if not isinstance(entries, dict):
        problems.append(node.problem(file, "answers", f"an answer is a mapping of {', '.join(KEYS)}"))
        return Answer(frozenset(), "", changes=False)
    for key in entries:
        if key not in KEYS:
            message = f"unknown part {quote(key)} of an answer; {suggestion(key, KEYS)}"
            problems.append(node.key_problem(file, key, "unknown-field", message))
    problems += [node.problem(file, "missing", f"case {case.number} lacks {key!r}") for key in KEYS if key not in entries]
    picks = _picks(entries[PICKS], file, case, problems) if PICKS in entries else frozenset()
    fact = _fact(entries[FACT], file, case, problems) if FACT in entries else ""
    changes = _changes(entries[CHANGES], file, problems) if CHANGES in entries else False
    return Answer(picks, fact, changes)


def _picks(node: Node, file: str, case: Case, problems: list[Problem]) -> frozenset[str]:
    members = node.value if isinstance(node.value, list) else [node]
    found = set()
    for member in members:
        therapy = pick(member.raw.strip(), case) if not isinstance(member.value, (list, dict)) else None
        if therapy is None:
            problems.append(_not_offered(member, file, case, [choice.therapy.id for choice in case.choices]))
        else:
            found.add(therapy)
    return frozenset(found)


def _not_offered(node: Node, file: str, case: Case, names: Sequence[str]) -> Problem:
    found = "a list or mapping" if isinstance(node.value, (list, dict)) else quote(node.raw)
    message = f"case {case.number} does not offer {found}; {suggestion(node.raw, names)}, or a number"
    return node.problem(file, "unknown-value", message)


def pick(text: str, case: Case) -> str | None:
    """The therapy that a learner names by id or number; None for one the case does not offer."""
    names = [choice.therapy.id for choice in case.choices]
    return text if text in names else _numbered(text, names)


def fact(text: str, case: Case) -> str | None:
    """The fact that a learner names by title, field or number; None for one the case does not offer."""
    for facet in case.facts:
        if text.lower() == facet.title.lower() or text in [field.name for field in facet.fields]:
            return facet.title
    return _numbered(text, [facet.title for facet in case.facts])


def _numbered(text: str, names: Sequence[str]) -> str | None:
    """The name with a number counted from 1."""
    known = text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= len(names)
    return names[int(text) - 1] if known else None


def _fact(node: Node, file: str, case: Case, problems: list[Problem]) -> str:
    found = fact(node.raw.strip(), case) if not isinstance(node.value, (list, dict)) else None
    if found is None:
        problems.append(_not_offered(node, file, case, [facet.title for facet in case.facts]))
    return found or ""


def _changes(node: Node, file: str, problems: list[Problem]) -> bool:
    word = node.raw.strip().lower()
    if word not in _WORDS:
        problems.append(node.problem(file, "unknown-value", f"{CHANGES} cannot be {quote(node.raw)}; allowed: yes, no"))
    return _WORDS.get(word, False)
