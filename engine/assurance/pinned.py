"""Cases made from answers: what a ruleset says of a profile, written down so that a change of it is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.assurance.case_run import Placed, answered
from engine.assurance.case_words import sentence
from engine.assurance.cases import Case, Why
from engine.evaluation.evaluate import Evaluator
from engine.profile.fields import FIELDS
from engine.profile.model import Facts, Profile

SCOPE_SUBJECT = "scope"


@dataclass(frozen=True, slots=True)
class Pin:
    """A profile, and the parts of its answer to write down: `therapy/<id>`, `concept/<id>` or `scope`."""

    facts: Facts
    subject: str


def pinned(pins: Iterable[Pin], evaluator: Evaluator) -> list[Case]:
    """One case to a profile, holding everything that is pinned of it, in order of first meeting."""
    groups: dict[tuple[object, ...], tuple[Facts, list[str]]] = {}
    for pin in pins:
        _, subjects = groups.setdefault(_key(pin.facts), (pin.facts, []))
        if pin.subject not in subjects:
            subjects.append(pin.subject)
    return [_case(facts, subjects, evaluator) for facts, subjects in groups.values()]


def _key(facts: Facts) -> tuple[object, ...]:
    return tuple((type(facts[field.name]).__name__, facts[field.name]) for field in FIELDS)


def _case(facts: Facts, subjects: list[str], evaluator: Evaluator) -> Case:
    profile = Profile(facts)
    answer = answered(evaluator.evaluate(profile))
    named = {kind: [s.partition("/")[2] for s in subjects if s.startswith(f"{kind}/")] for kind in ("therapy", "concept")}
    placed = {therapy: answer.placed[therapy] for therapy in evaluator.ruleset.therapies if therapy in named["therapy"]}
    case = Case(
        sentence="",
        profile=profile,
        lists={therapy: reached for therapy, (reached, _) in placed.items()},
        why={therapy: _why(one) for therapy, one in placed.items()},
        scope=answer.scope if SCOPE_SUBJECT in subjects else None,
        derived={concept: answer.derived[concept] for concept in named["concept"]},
    )
    return replace(case, sentence=sentence(case, placed, evaluator.ruleset))


def _why(placed: Placed) -> Why:
    reached, entry = placed
    finding = entry.finding
    if reached == "ruled_out":
        return Why(blocked_by=frozenset(reason.field for reason in finding.blocked_by))
    others = {other.rule.id: other.reaches for other in entry.others}
    return Why(
        rule=finding.rule.id,
        standing=finding.rule.standing,
        cites=finding.rule.cites,
        needs=frozenset(finding.needs) if reached == "possible" else None,
        also={rule.id: others.get(rule.id, "ruled_out") for rule in entry.therapy.rules if rule.id != finding.rule.id},
    )
