"""Why, and why not: one therapy's rules as trees with the patient's value at every leaf."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.evaluation import LISTS
from hepatica.explain.why import document, why, words
from hepatica.knowledge import DEMANDS
from hepatica.notice import notice
from hepatica.patient import show
from hepatica.report.old_document import Document, identity
from hepatica.web.view import Asked, Parameter, View

THERAPY = "therapy"
VERDICTS = {"true": "applies", "false": "does not apply", "unknown": "cannot be told"}
MARKS = {"true": "yes", "false": "no", "unknown": "?"}
FITS = {
    "inside": "The patient is inside the population it enrolled.",
    "outside": "The patient is outside the population it enrolled.",
    "unknown": "Whether it enrolled such a patient depends on facts not known.",
    "not_stated": "The review does not say whom it enrolled.",
}
LIST_TITLES = {
    "options": "An option that the evidence backs",
    "possible": "Possible, depending on facts not known",
    "not_supported": "Not supported in this setting",
    "ruled_out": "Ruled out",
}


def parameters(therapies: Iterable[str]) -> tuple[Parameter, ...]:
    """The view's own parameters."""
    schema: Document = {"type": "string", "enum": ["", *therapies]}
    return (Parameter(name=THERAPY, says="The therapy to explain; all are listed without it.", schema=schema),)


def view(asked: Asked) -> View:
    """Every therapy with its list; or one explained rule by rule."""
    assert asked.case.profile is not None
    chosen = asked.choice(THERAPY, tuple(asked.book.ruleset.therapies))
    evaluation = asked.book.evaluator.evaluate(asked.case.profile)
    lists = [(LIST_TITLES[name], evaluation.entries()[name]) for name in LISTS]
    head: Document = {
        "notice": notice(asked.book.ruleset.card.as_of),
        "ruleset": identity(asked.book.ruleset),
        "profile": asked.case.profile.as_document(),
    }
    context = {"lists": lists, "demands": DEMANDS, "verdicts": VERDICTS, "marks": MARKS, "branch_words": words, "show": show}
    if not chosen:
        stands = [
            {"therapy": entry.therapy.id, "name": entry.therapy.name, "list": name, "rule": entry.finding.rule.id}
            for name in LISTS
            for entry in evaluation.entries()[name]
        ]
        return View("why.html", {**head, "therapies": stands}, {**context, "explained": None})
    explained = why(evaluation, chosen)
    context |= {"explained": explained, "stands": LIST_TITLES[explained.listed], "fit_words": FITS}
    return View("why.html", {**head, **document(explained)}, context)
