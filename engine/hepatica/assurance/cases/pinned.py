"""Cases made from answers: what a ruleset says of a profile, written down so that a change of it is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hepatica.assurance.cases.case import Also, Case, Why
from hepatica.assurance.cases.run import Placed, answered
from hepatica.assurance.cases.sentence import sentence
from hepatica.evaluation import Evaluator, Finding
from hepatica.patient import FIELDS, Facts, Profile

SCOPE_SUBJECT = "scope"


@dataclass(frozen=True, slots=True)
class Pin:
    """A profile, and a part of its answer to write down: `therapy/<id>`, `concept/<id>`,
    `study/<id>` (its applicability) or `scope`.

    Standing and citations are written where a rule applies; `evidence` asks for them also where it only may.
    """

    facts: Facts
    subject: str
    evidence: bool = False


def pinned(pins: Iterable[Pin], evaluator: Evaluator) -> list[Case]:
    """One case to a profile, holding everything that is pinned of it, in order of first meeting."""
    groups: dict[tuple[object, ...], list[Pin]] = {}
    for pin in pins:
        groups.setdefault(_key(pin.facts), []).append(pin)
    return [_case(group, evaluator) for group in groups.values()]


def _key(facts: Facts) -> tuple[object, ...]:
    return tuple((type(facts[field.name]).__name__, facts[field.name]) for field in FIELDS)


def _case(pins: list[Pin], evaluator: Evaluator) -> Case:
    profile = Profile(pins[0].facts)
    answer = answered(evaluator.evaluate(profile))
    subjects = list(dict.fromkeys(pin.subject for pin in pins))
    named = {
        kind: [s.partition("/")[2] for s in subjects if s.startswith(f"{kind}/")] for kind in ("therapy", "concept", "study")
    }
    evidence = {pin.subject for pin in pins if pin.evidence}
    placed = {therapy: answer.placed[therapy] for therapy in evaluator.ruleset.therapies if therapy in named["therapy"]}
    case = Case(
        sentence="",
        profile=profile,
        lists={therapy: reached for therapy, (reached, _) in placed.items()},
        why={therapy: _why(one, f"therapy/{therapy}" in evidence) for therapy, one in placed.items()},
        scope=answer.scope if SCOPE_SUBJECT in subjects else None,
        derived={concept: answer.derived[concept] for concept in named["concept"]},
        applicability={study: answer.applicability[study] for study in named["study"]},
    )
    return replace(case, sentence=sentence(case, placed, evaluator.ruleset))


def _why(placed: Placed, evidence: bool) -> Why:
    reached, entry = placed
    finding = entry.finding
    if reached == "ruled_out":
        return Why(blocked_by=frozenset(reason.field for reason in finding.blocked_by))
    full = evidence or reached != "possible"
    others = {other.rule.id: other for other in entry.others}
    return Why(
        rule=finding.rule.id,
        standing=finding.rule.standing if full else None,
        cites=finding.rule.cites if full else None,
        needs=frozenset(finding.needs) if reached == "possible" else None,
        also={rule.id: _also(others.get(rule.id), evidence) for rule in entry.therapy.rules if rule.id != finding.rule.id},
    )


def _also(finding: Finding | None, evidence: bool) -> Also:
    if finding is None:
        return Also(reaches="ruled_out")
    rule = finding.rule
    return Also(reaches=finding.reaches, standing=rule.standing if evidence else None, cites=rule.cites if evidence else None)
