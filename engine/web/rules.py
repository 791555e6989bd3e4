"""The rules as they are written: a list, one therapy in full, and the ruleset's card."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.model import Evaluation, Finding
from engine.knowledge.conditions import words
from engine.knowledge.ruleset import Rule, Ruleset, Therapy
from engine.knowledge.standing import DEMANDS
from engine.notice import notice
from engine.report.document import Document, identity
from engine.web.view import Asked, NotFound, View


def listing(asked: Asked) -> View:
    """Every therapy with its rules; with a case, the list each therapy stands in."""
    ruleset = asked.book.ruleset
    document: Document = {**_head(ruleset), "therapies": [_therapy(ruleset, t) for t in ruleset.therapies.values()]}
    return View("rules.html", document, {"demands": DEMANDS, "stands": _stands(asked)})


def therapy(asked: Asked) -> View:
    """One therapy: what it is, its rules and its studies."""
    ruleset = asked.book.ruleset
    found = ruleset.therapies.get(asked.path["therapy"])
    if found is None:
        raise NotFound("No therapy of that name in this ruleset.")
    document = {**_head(ruleset), **_therapy(ruleset, found)}
    return View("therapy.html", document, {"therapy": found, "demands": DEMANDS, "stands": _stands(asked)})


def about(asked: Asked) -> View:
    """The ruleset's card: what it covers, what it leaves out, and what it must not be used for."""
    card = asked.book.ruleset.card
    document: Document = {
        **_head(asked.book.ruleset),
        "title": card.title,
        "source": asdict(card.source),
        "intended_use": card.intended_use,
        "intended_users": card.intended_users,
        "cautioned_against": list(card.cautioned_against),
        "covers": list(card.covers),
        "leaves_out": list(card.leaves_out),
        "known_limits": list(card.known_limits),
        "update_process": card.update_process,
        "developer": card.developer,
        "funding": card.funding,
        "source_attributes": [asdict(attribute) for attribute in card.source_attributes],
    }
    return View("about.html", document, {"demands": DEMANDS})


def _head(ruleset: Ruleset) -> Document:
    return {"notice": notice(ruleset.card.as_of), "ruleset": identity(ruleset)}


def _therapy(ruleset: Ruleset, therapy: Therapy) -> Document:
    return {
        "therapy": therapy.id,
        "name": therapy.name,
        "class": therapy.drug_class,
        "about": therapy.about,
        "targets": list(therapy.targets),
        "synonyms": list(therapy.synonyms),
        "regimens": [asdict(regimen) for regimen in therapy.regimens],
        "rules": [_rule(ruleset, rule) for rule in therapy.rules],
        "studies": [study.id for study in therapy.studies],
    }


def _rule(ruleset: Ruleset, rule: Rule) -> Document:
    return {
        "rule": rule.id,
        "says": rule.says,
        "line": rule.line,
        "standing": rule.standing,
        "when": words(rule.when),
        "cites": list(rule.cites),
        "caveats": [asdict(caveat) for caveat in rule.caveats],
        "extrapolates": rule.extrapolates,
        "place": ruleset.places.get(f"rule/{rule.id}", ""),
        "lines": rule.review.lines,
    }


def _stands(asked: Asked) -> dict[str, str]:
    """The list each therapy stands in for the case; empty while nothing is known of the patient."""
    if asked.case.profile is None or asked.case.empty:
        return {}
    evaluation: Evaluation = asked.book.evaluator.evaluate(asked.case.profile)
    return {entry.therapy.id: _shown(entry.finding) for entries in evaluation.entries().values() for entry in entries}


def _shown(finding: Finding) -> str:
    return {
        "options": "an option",
        "possible": "not settled",
        "not_supported": "not supported",
        "ruled_out": "ruled out",
    }[finding.reaches]
