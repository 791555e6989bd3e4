"""An answer as JSON-ready values: the contract that other programs rely on. Keys may be added, never renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from hepatica.evaluation import Applicability, Entry, Evaluation, Finding, Reason
from hepatica.knowledge import Note, Result, Rule, Ruleset, Study, Therapy, level_of
from hepatica.notice import notice
from hepatica.report.figures import corrected, months

Document = dict[str, Any]


def answer(evaluation: Evaluation, shelf: Shelf | None = None) -> Document:
    """One answer. Pass one `Shelf` of the ruleset for many answers: what is said whoever the patient is is built once."""
    ruleset, profile = evaluation.ruleset, evaluation.profile
    known = shelf or Shelf(ruleset)
    return {
        "notice": known.notice,
        "ruleset": known.identity,
        "profile": profile.as_document(),
        "measured": dict(profile.measurements),
        "warnings": [{"code": w.code, "message": w.message, "fields": list(w.fields)} for w in profile.warnings],
        "derived": {name: "unknown" if d.value is None else d.value for name, d in evaluation.derived.items()},
        "derived_from": {name: _reasons(d.because) for name, d in evaluation.derived.items()},
        "scope": evaluation.scope,
        "scope_needs": list(evaluation.scope_needs),
        "scope_says": ruleset.card.out_of_scope if evaluation.scope != "in" else "",
        "options": [_applying(entry, known) for entry in evaluation.options],
        "possible": [_possible(entry, known) for entry in evaluation.possible],
        "not_supported": [_applying(entry, known) for entry in evaluation.not_supported],
        "ruled_out": [_ruled_out(entry) for entry in evaluation.ruled_out],
        "notes": [known.notes[note.id] for note in evaluation.notes],
    }


def identity(ruleset: Ruleset) -> Document:
    """Which ruleset answered."""
    card = ruleset.card
    return {
        "id": card.id,
        "version": card.version,
        "as_of": card.as_of,
        "source": card.source.citation if card.source else "",
        "source_basis": card.source.basis if card.source else "",
        "digest": ruleset.digest,
    }


def framed(ruleset: Ruleset, content: Document) -> Document:
    """Any other document with the notice and the ruleset's identity before it."""
    return {"notice": notice(ruleset.card.as_of), "ruleset": identity(ruleset), **content}


class Shelf:
    """What is said whoever the patient is (of studies, rules, notes), built when first needed.

    Answers share it: treat what they hold as read-only.
    """

    def __init__(self, ruleset: Ruleset) -> None:
        self.identity = identity(ruleset)
        self.notice = notice(ruleset.card.as_of)
        self.notes = {note.id: _note(note) for note in ruleset.notes}
        self.rules = {rule.id: _rule(therapy, rule) for therapy, rule in ruleset.rules_with_therapy()}
        self._studies: dict[str, Document] = {}

    def study(self, study: Study) -> Document:
        """A study in full."""
        known = self._studies.get(study.id)
        if known is None:
            known = self._studies[study.id] = study_document(study)
        return known


def _rule(therapy: Therapy, rule: Rule) -> Document:
    return {
        "therapy": therapy.id,
        "name": therapy.name,
        "rule": rule.id,
        "line": rule.line,
        "standing": rule.standing,
        "says": rule.says,
        "caveats": [{"says": c.says, "lines": c.lines, "basis": c.basis} for c in rule.caveats],
        "extrapolates": rule.extrapolates.says if rule.extrapolates else "",
    }


def study_document(study: Study) -> Document:
    """A study in full, as in a citation but without applicability."""
    return {
        "study": study.id,
        "name": study.name,
        "phase": study.phase,
        "design": study.design,
        "kind": study.kind,
        "status": study.status,
        "tumour": study.tumour,
        "n": study.n,
        "n_planned": study.n_planned,
        "nct": study.nct,
        "refs": list(study.source.refs),
        "section": study.source.section,
        "lines": study.source.lines,
        "level": level_of(study.kind),
        "summary": study.summary,
        "primary_endpoint": _plain(study.primary_endpoints[0] if study.primary_endpoints else None),
        "population": study.population.says if study.population else "",
        "results": [_result(result) for result in study.results],
        "toxicity": [_plain(event) for event in study.toxicity],
        "discrepancies": [_plain(discrepancy) for discrepancy in study.discrepancies],
    }


def _result(result: Result) -> Document:
    shown: Document = {
        "id": result.id,
        "endpoint": result.endpoint,
        "label": result.label,
        "at": result.at,
        "subgroup": result.subgroup,
        "unit": result.unit,
        "arms": dict(result.arms or {}),
        "hr": result.hr,
        "ci95": list(result.ci) if result.ci and result.ci_level == 95 else None,
        "ci90": list(result.ci) if result.ci and result.ci_level == 90 else None,
        "arm_ci95": {arm: list(interval) for arm, interval in (result.arm_ci or {}).items()},
        "p": result.p,
        "n": result.n,
        "says": result.says,
        "printed_lines": result.lines,
        "corrected": _plain(result.corrected),
        "corrected_text": corrected(result),
    }
    in_months = {arm: months(figure, result.unit) for arm, figure in (result.arms or {}).items()}
    if any(value is not None for value in in_months.values()):
        shown["arms_months"] = in_months
    return shown


def _citations(finding: Finding, shelf: Shelf) -> list[Document]:
    return [{**shelf.study(study), "applicability": _applicability(fits)} for study, fits in finding.citations]


def _applicability(fits: Applicability) -> Document:
    return {"status": fits.status, "outside_by": _reasons(fits.outside_by), "unknown": list(fits.unknown)}


def _applying(entry: Entry, shelf: Shelf) -> Document:
    finding = entry.finding
    return {
        **shelf.rules[finding.rule.id],
        "because": _reasons(finding.because),
        "citations": _citations(finding, shelf),
        "other_rules": [_other(finding, shelf) for finding in entry.others],
    }


def _possible(entry: Entry, shelf: Shelf) -> Document:
    finding = entry.finding
    return {
        **shelf.rules[finding.rule.id],
        "would_be": "not_supported" if finding.rule.standing == "not_supported" else "options",
        "needs": list(finding.needs),
        "citations": _citations(finding, shelf),
        "other_rules": [_other(finding, shelf) for finding in entry.others],
    }


def _other(finding: Finding, shelf: Shelf) -> Document:
    """What another rule of the same therapy says of the patient."""
    return {
        **shelf.rules[finding.rule.id],
        "list": finding.reaches,
        "because": _reasons(finding.because),
        "needs": list(finding.needs),
        "citations": _citations(finding, shelf),
    }


def _ruled_out(entry: Entry) -> Document:
    return {
        "therapy": entry.therapy.id,
        "name": entry.therapy.name,
        "rule": entry.finding.rule.id,
        "blocked_by": _reasons(entry.finding.blocked_by),
    }


def _reasons(reasons: tuple[Reason, ...]) -> list[Document]:
    return [
        {"field": field, "value": value, "requires": requires, "concept": concept}
        if concept
        else {"field": field, "value": value, "requires": requires}
        for field, value, requires, concept in reasons
    ]


def _note(note: Note) -> Document:
    return {
        "id": note.id,
        "says": note.says,
        "topic": note.topic,
        "section": note.source.section,
        "lines": note.source.lines,
        "refs": list(note.source.refs),
    }


def _plain(value: Any) -> Any:
    """A knowledge object as plain values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return value
