"""Cases side by side: this one, shipped ones, cases given as queries, and this one under another ruleset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hepatica.evaluation import Evaluator
from hepatica.explain.compare import DIFFERENCES, Column, compare
from hepatica.patient import Profile
from hepatica.problems import InvalidInput, Problem
from hepatica.report.old_document import Document
from hepatica.report.teaching.compare_document import document
from hepatica.report.teaching.compare_text import cells
from hepatica.web.cases import FILE, case_in
from hepatica.web.view import Asked, Parameter, View, refused

PATIENT, OTHER, AGAINST = "patient", "other", "against"
MOST_PATIENTS, MOST_OTHERS = 3, 2
LONGEST_OTHER = 2000


def parameters(patients: Iterable[str], rulesets: Iterable[str]) -> tuple[Parameter, ...]:
    """The view's own parameters."""
    shipped: Document = {"type": "array", "maxItems": MOST_PATIENTS, "items": {"type": "string", "enum": ["", *patients]}}
    queries: Document = {"type": "array", "maxItems": MOST_OTHERS, "items": {"type": "string", "maxLength": LONGEST_OTHER}}
    other: Document = {"type": "string", "enum": ["", *rulesets]}
    return (
        Parameter(name=PATIENT, says="A shipped patient to set beside the case.", schema=shipped),
        Parameter(name=OTHER, says="Another case as a query string of its own.", schema=queries),
        Parameter(name=AGAINST, says="A second ruleset to put the case under.", schema=other),
    )


def view(asked: Asked) -> View:
    """What differs, then what is shared. With less than two columns there is only what can be chosen."""
    columns = [Column(name, evaluator.evaluate(profile)) for name, profile, evaluator in _asked_for(asked)]
    found = compare(columns)
    tables = [
        (title, [(row.therapy, row.name, cells(row)) for row in found.therapies if row.difference == kind])
        for kind, title in DIFFERENCES.items()
    ]
    context = {
        "found": found,
        "tables": [(title, rows) for title, rows in tables if rows],
        "patients": asked.many(PATIENT, MOST_PATIENTS),
        "others": asked.many(OTHER, MOST_OTHERS),
        "against": asked.one(AGAINST),
        "books": asked.library.books,
        "cells": cells,
    }
    return View("compare.html", document(found), context)


def _asked_for(asked: Asked) -> Iterator[tuple[str, Profile, Evaluator]]:
    evaluator, starters = asked.book.evaluator, asked.library.starters
    assert asked.case.profile is not None
    against = asked.choice(AGAINST, tuple(asked.library.books))
    others = [*asked.many(PATIENT, MOST_PATIENTS), *asked.many(OTHER, MOST_OTHERS)]
    if not asked.case.empty or not others:
        yield asked.case.profile.label or "This case", asked.case.profile, evaluator
    if against:
        yield f"This case, {against}", asked.case.profile, asked.library.books[against].evaluator
    for name in asked.many(PATIENT, MOST_PATIENTS):
        if name not in starters:
            raise refused(PATIENT, name, tuple(starters))
        yield starters[name].title, starters[name].profile, evaluator
    for number, query in enumerate(asked.many(OTHER, MOST_OTHERS), 1):
        profile = _other(query)
        yield profile.label or f"Another case ({number})", profile, evaluator


def _other(query: str) -> Profile:
    """The profile of a query within the query; its problems are the form's."""
    if len(query) > LONGEST_OTHER:
        message = f"{OTHER} has {len(query)} characters; at most {LONGEST_OTHER}"
        raise InvalidInput([Problem(FILE, 0, 1, "other-case", message)])
    case = case_in(query)
    if case.profile is None:
        raise InvalidInput([Problem(FILE, 0, 1, "other-case", f"{OTHER}: {p.message}") for p in case.problems])
    return case.profile
