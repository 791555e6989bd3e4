"""A quiz as JSON-ready values, for a course or a page: questions apart from answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hepatica.notice import notice
from hepatica.report.old_document import identity
from hepatica.report.teaching.quiz_text import because, exactly, fact_question, turned, twist_question
from hepatica.teaching.quiz import TOPICS, Marked, Quiz, Summary
from hepatica.teaching.quiz_cases import Case, Choice

Document = dict[str, Any]


def document(quiz: Quiz, marks: Sequence[Marked] = (), found: Summary | None = None) -> Document:
    """The quiz with its answers, and, where they are given, the marks and the summary."""
    return {
        "notice": notice(quiz.ruleset.card.as_of),
        "ruleset": identity(quiz.ruleset),
        "seed": quiz.seed,
        "level": quiz.level,
        "asked": quiz.asked,
        "cases": [{**question(case), "answer": answer(case)} for case in quiz.cases],
        "marks": [marked_document(marked) for marked in marks],
        "summary": summary_document(found) if found is not None else None,
    }


def question(case: Case) -> Document:
    """What a learner may see before committing."""
    return {
        "number": case.number,
        "origin": case.origin,
        "level": case.level,
        "nearly_met": case.nearly,
        "profile": case.profile.as_document(),
        "choices": [{"therapy": choice.therapy.id, "name": choice.therapy.name} for choice in case.choices],
        "fact_question": fact_question(case),
        "focus": case.focus.therapy.id,
        "facts": [{"title": facet.title, "fields": [field.name for field in facet.fields]} for facet in case.facts],
        "twist_question": twist_question(case),
        "twist": {"title": case.twist.step.facet.title, "was": case.twist.step.was, "becomes": exactly(case.twist.step)},
    }


def answer(case: Case) -> Document:
    """What is revealed after committing."""
    twist = case.twist
    return {
        "picks": [choice.therapy.id for choice in case.choices if choice.is_option],
        "choices": [_choice(choice) for choice in case.choices],
        "fact": case.deciding.title,
        "fact_because": turned(case.turn),
        "changes": twist.changes,
        "gained": [therapy.id for therapy in twist.gained],
        "lost": [therapy.id for therapy in twist.lost],
    }


def _choice(choice: Choice) -> Document:
    rule = choice.entry.finding.rule
    return {
        "therapy": choice.therapy.id,
        "list": choice.list,
        "is_option": choice.is_option,
        "rule": rule.id,
        "line": rule.line,
        "standing": rule.standing,
        "says": rule.says,
        "because": because(choice),
        "studies": list(rule.cites),
        "near": turned(choice.near) if choice.near is not None else "",
    }


def marked_document(marked: Marked) -> Document:
    """One answer, marked."""
    return {
        "number": marked.case.number,
        "picks": sorted(marked.answer.picks),
        "right": [choice.therapy.id for choice in marked.right],
        "wrong": [choice.therapy.id for choice in marked.wrong],
        "fact": marked.answer.fact,
        "fact_right": marked.fact_right,
        "changes": marked.answer.changes,
        "changes_right": marked.twist_right,
        "points": marked.points,
        "possible_points": marked.possible_points,
    }


def summary_document(found: Summary) -> Document:
    """The score and the tallies by topic."""
    return {
        "points": found.points,
        "possible_points": found.possible_points,
        "topics": {
            topic: [{"name": t.name, "right": t.right, "asked": t.asked} for t in found.tallies if t.topic == topic]
            for topic in TOPICS
        },
    }
