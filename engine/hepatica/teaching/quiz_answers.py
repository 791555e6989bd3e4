"""Answers to a quiz read from a document: a list with one mapping a case. Everything wrong is reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hepatica.documents import Node, decode
from hepatica.problems import InvalidInput, Problem, quote, suggestion
from hepatica.teaching.quiz import QuizAnswer, QuizCase, QuizQuestion, fact, not_offered, pick

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAnswer:
    """One answer as it is written: therapies by number, id or name; the fact by number, title or field; yes or no."""

    picks: tuple[str, ...]
    fact: str
    changes: str | bool


def read_answers(node: Node, file: str, cases: Sequence[QuizCase]) -> list[QuizAnswer]:
    """One answer for each of the first cases, in order. Raises `InvalidInput` with every problem, located in `file`."""
    if not isinstance(node.value, list) or not 0 < len(node.value) <= len(cases):
        found = len(node.value) if isinstance(node.value, list) else "no list"
        message = f"answers are a list with one entry a case, here at most {len(cases)}, not {found}"
        raise InvalidInput([node.problem(file, "answers", message)])
    problems: list[Problem] = []
    answers = [_answer(entry, file, case.question, problems) for entry, case in zip(node.value, cases, strict=False)]
    if problems:
        raise InvalidInput(problems)
    return answers


def _answer(node: Node, file: str, question: QuizQuestion, problems: list[Problem]) -> QuizAnswer:
    written = decode(WrittenAnswer, node, file, problems)
    if written is None:
        return QuizAnswer(picks=(), fact="", changes=False)
    found = {text: pick(text, question) for text in written.picks}
    named = fact(written.fact, question)
    changes = _YES_NO.get(str(written.changes).lower())
    wrong = [not_offered(text, question) for text, therapy in found.items() if therapy is None]
    if named is None:
        titles = [one.title for one in question.facts]
        wrong.append(f"{quote(written.fact)} is not offered; {suggestion(written.fact, titles)}, or a number")
    if changes is None:
        wrong.append(f"changes cannot be {quote(str(written.changes))}; allowed: yes, no")
    problems += [node.problem(file, "unknown-value", f"case {question.number}: {message}") for message in wrong]
    picks = tuple(choice.therapy for choice in question.choices if choice.therapy in found.values())
    return QuizAnswer(picks=picks, fact=named or "", changes=bool(changes))
