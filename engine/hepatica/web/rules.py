"""The rules as they are written: a list, one therapy in full, and the ruleset's card."""

from __future__ import annotations

from dataclasses import asdict

from hepatica.evaluation import Evaluation
from hepatica.knowledge import DEMANDS
from hepatica.report.knowledge import rules as report
from hepatica.report.knowledge.about_document import card
from hepatica.report.words import LIST_WORDS
from hepatica.web.view import Asked, NotFound, View


def listing(asked: Asked) -> View:
    """Every therapy with its rules; with a case, the list each therapy stands in."""
    ruleset = asked.book.ruleset
    document = report.document(ruleset, list(ruleset.rules_with_therapy()))
    return View("rules.html", document, {"demands": DEMANDS, "stands": _stands(asked)})


def therapy(asked: Asked) -> View:
    """One therapy: what it is, its rules and its studies."""
    ruleset = asked.book.ruleset
    found = ruleset.therapies.get(asked.path["therapy"])
    if found is None:
        raise NotFound("No therapy of that name in this ruleset.")
    document = {
        **report.document(ruleset, [(found, rule) for rule in found.rules]),
        "therapy": found.id,
        "name": found.name,
        "class": found.drug_class,
        "about": found.about,
        "targets": list(found.targets),
        "synonyms": list(found.synonyms),
        "regimens": [asdict(regimen) for regimen in found.regimens],
        "studies": [study.id for study in found.studies],
    }
    return View("therapy.html", document, {"therapy": found, "demands": DEMANDS, "stands": _stands(asked)})


def about(asked: Asked) -> View:
    """The ruleset's card: what it covers, what it leaves out, and what it must not be used for."""
    return View("about.html", card(asked.book.ruleset), {"demands": DEMANDS})


def _stands(asked: Asked) -> dict[str, str]:
    """The list each therapy stands in for the case; empty while nothing is known of the patient."""
    if asked.case.profile is None or asked.case.empty:
        return {}
    evaluation: Evaluation = asked.book.evaluator.evaluate(asked.case.profile)
    return {entry.therapy.id: LIST_WORDS[entry.finding.reaches] for entries in evaluation.entries().values() for entry in entries}
