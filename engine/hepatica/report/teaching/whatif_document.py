"""What-if as JSON-ready values."""

from __future__ import annotations

from typing import Any

from hepatica.explain.settle import Outcome, Question, Settling
from hepatica.explain.whatif import KINDS, Change, Step, WhatIf, smallest
from hepatica.knowledge import Therapy
from hepatica.notice import notice
from hepatica.patient import show
from hepatica.report.old_document import identity

Document = dict[str, Any]


def document(found: WhatIf) -> Document:
    """Every irreducible change and every question that would settle something."""
    ruleset, profile = found.evaluation.ruleset, found.evaluation.profile
    return {
        "notice": notice(ruleset.card.as_of),
        "ruleset": identity(ruleset),
        "profile": profile.as_document(),
        "kinds": dict(KINDS),
        "adds": [_change(change, found.adds) for change in found.adds],
        "removes": [_change(change, found.removes) for change in found.removes],
        "never": [_therapy(therapy) for therapy in found.never],
        "always": [_therapy(therapy) for therapy in found.always],
        "tests": _settling(found.settling),
    }


def _therapy(therapy: Therapy) -> Document:
    return {"therapy": therapy.id, "name": therapy.name}


def _change(change: Change, among: tuple[Change, ...]) -> Document:
    return {
        **_therapy(change.therapy),
        "kind": change.kind,
        "smallest": smallest(change, among),
        "steps": [_step(step) for step in change.steps],
        "reaches": change.reaches,
        "rule": change.rule.id if change.rule else "",
        "standing": change.rule.standing if change.rule else "",
        "says": change.rule.says if change.rule else "",
        "settings": settings(change),
        "doubts": [{"code": d.code, "message": d.message, "fields": list(d.fields)} for d in change.doubts],
    }


def _step(step: Step) -> Document:
    return {
        "fields": [field.name for field in step.facet.fields],
        "title": step.facet.title,
        "kind": step.kind,
        "was": step.was,
        "becomes": step.becomes,
    }


def settings(change: Change) -> list[str]:
    """The change as `field=value` settings laid over the profile, e.g. for `--set`."""
    return [
        f"{field.name}={show(value)}"
        for step in change.steps
        for field, value in zip(step.facet.fields, step.to.values, strict=True)
        if value is not None
    ]


def _settling(settling: Settling) -> Document:
    return {
        "possible": [_therapy(therapy) for therapy in settling.possible],
        "singles": [_question(question) for question in settling.singles],
        "pairs": [_question(question) for question in settling.pairs],
    }


def _question(question: Question) -> Document:
    return {
        "fields": [[field.name for field in facet.fields] for facet in question.facets],
        "titles": [facet.title for facet in question.facets],
        "tests_only": question.tests_only,
        "settles_at_least": question.least,
        "settles_at_most": question.most,
        "results": [_outcome(outcome) for outcome in question.outcomes],
    }


def _outcome(outcome: Outcome) -> Document:
    return {
        "results": list(outcome.results),
        "settled": [{**_therapy(therapy), "list": name} for therapy, name in outcome.settled],
        "left": [therapy.id for therapy in outcome.left],
    }
