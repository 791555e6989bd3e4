"""Answers to a quiz read from a document: a list with one mapping a case. Everything wrong is reported at once."""

from __future__ import annotations

from collections.abc import Sequence

from hepatica.documents import Node
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.teaching.quiz import QuizAnswer, QuizCase, QuizQuestion, fact, not_offered, pick

PICKS, FACT, CHANGES = "picks", "fact", "changes"
KEYS = (PICKS, FACT, CHANGES)
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def read_answers(node: Node, file: str, cases: Sequence[QuizCase]) -> list[QuizAnswer]:
    """One answer for each of the first cases, in order. Therapies by number, id or name; the fact by number, title or field.

    Raises `InvalidInput` with every problem, located in `file`.
    """
    if not isinstance(node.value, list) or not 0 < len(node.value) <= len(cases):
        found = len(node.value) if isinstance(node.value, list) else "no list"
        message = f"answers are a list with one entry a case, here at most {len(cases)}, not {found}"
        raise InvalidInput([node.problem(file, "answers", message)])
    reader = _Reading(file)
    answers = [reader.answer(entry, case.question) for entry, case in zip(node.value, cases, strict=False)]
    if reader.problems:
        raise InvalidInput(reader.problems)
    return answers


class _Reading:
    """Collects what is wrong with the answers of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def answer(self, node: Node, question: QuizQuestion) -> QuizAnswer:
        entries = node.value
        if not isinstance(entries, dict):
            self.problems.append(node.problem(self.file, "answers", f"an answer is a mapping of {', '.join(KEYS)}"))
            return QuizAnswer(picks=(), fact="", changes=False)
        for key in entries:
            if key not in KEYS:
                message = f"unknown part {quote(key)} of an answer; {suggestion(key, KEYS)}"
                self.problems.append(node.key_problem(self.file, key, "unknown-field", message))
        for key in KEYS:
            if key not in entries:
                self.problems.append(node.problem(self.file, "missing", f"case {question.number} lacks {key!r}"))
        picks = self._picks(entries[PICKS], question) if PICKS in entries else ()
        named = self._fact(entries[FACT], question) if FACT in entries else ""
        return QuizAnswer(picks=picks, fact=named, changes=self._changes(entries[CHANGES]) if CHANGES in entries else False)

    def _picks(self, node: Node, question: QuizQuestion) -> tuple[str, ...]:
        members = node.value if isinstance(node.value, list) else [node]
        found = []
        for member in members:
            text = self._text(member)
            therapy = pick(text, question)
            if therapy is None:
                self._wrong(member, f"case {question.number}: {not_offered(text, question)}")
            else:
                found.append(therapy)
        return tuple(choice.therapy for choice in question.choices if choice.therapy in found)

    def _fact(self, node: Node, question: QuizQuestion) -> str:
        text = self._text(node)
        found = fact(text, question)
        if found is None:
            titles = [fact.title for fact in question.facts]
            self._wrong(node, f"case {question.number}: {quote(text)} is not offered; {suggestion(text, titles)}, or a number")
        return found or ""

    def _changes(self, node: Node) -> bool:
        word = self._text(node).lower()
        if word not in _WORDS:
            self._wrong(node, f"{CHANGES} cannot be {quote(word)}; allowed: yes, no")
        return _WORDS.get(word, False)

    def _text(self, node: Node) -> str:
        return "a list or mapping" if isinstance(node.value, (list, dict)) else node.raw.strip()

    def _wrong(self, node: Node, message: str) -> None:
        self.problems.append(node.problem(self.file, "unknown-value", message))
