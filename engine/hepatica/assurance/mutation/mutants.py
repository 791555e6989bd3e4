"""Every single-point change of a ruleset's conditions, standings, verdicts and citations.

Thresholds move by one step of the precision they are written in and change strictness; words are added to and dropped from
one-of lists; conditions are dropped and negated; all and any change places; a concept is asked for the other way round.
Inside rules, concepts, the scope and the populations of cited studies. A standing becomes each other one, a citation is
dropped or exchanged for another study of the therapy, as far as the loader would accept the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hepatica.assurance.decisions import Decision, decisions
from hepatica.inference import GoalKey, words_of
from hepatica.knowledge import (
    STANDINGS,
    VERDICTS,
    AllOf,
    AnyOf,
    ConceptTest,
    Condition,
    NotOf,
    Operator,
    Rule,
    Ruleset,
    Test,
    condition_words,
    leaves,
)
from hepatica.patient import Field as ProfileField
from hepatica.patient import Fields
from hepatica.records import Hidden, record

STRICTNESS: dict[Operator, tuple[Operator, ...]] = {
    "<": ("<=",),
    "<=": ("<",),
    ">": (">=",),
    ">=": (">",),
    "=": ("<=", ">="),
    "!=": ("<", ">"),
}


@record(kw_only=True)
class Mutant:
    """One change of a rule, a concept, the scope, or whom a study enrolled.

    Either its `condition` is replaced or, for standing, verdict and citations, the whole `rule`.
    """

    place: str
    goal: str
    kind: str
    says: str
    of: Hidden[GoalKey]
    condition: Hidden[Condition | None] = None
    rule: Hidden[Rule | None] = None


def mutants(ruleset: Ruleset) -> Iterator[Mutant]:
    """All of them, in the order of `decisions`."""
    for decision in decisions(ruleset):
        yield from _of_condition(decision, ruleset.fields)
        if decision.goal.kind == "rule":
            rule = ruleset.rules[decision.goal.id]
            others = [study.id for study in ruleset.owners[rule.id].studies if study.id not in rule.cites]
            for kind, says, changed in (*_weights(rule), *_citations(rule, others)):
                if accepted(changed, ruleset):
                    yield _mutant(decision, kind, says, decision.place, rule=changed)


def _mutant(decision: Decision, kind: str, says: str, place: str, **changed: Any) -> Mutant:
    return Mutant(goal=str(decision.goal), of=decision.goal, kind=kind, says=says, place=place, **changed)


def _of_condition(decision: Decision, fields: Fields) -> Iterator[Mutant]:
    condition = decision.condition
    # Several changes may come to the same condition, or back to the old one: each is tried once.
    seen = {condition}
    changes = list(_changes(condition, fields))
    if isinstance(condition, (Test, ConceptTest)):
        says = f"dropped the only condition ({condition_words(condition, fields)})"
        changes.append(("condition dropped", says, AllOf(parts=()), 0))
    for kind, says, changed, index in changes:
        if changed not in seen:
            seen.add(changed)
            yield _mutant(decision, kind, says, decision.place_at(index), condition=changed)


Change = tuple[str, str, Condition, int]
"""Kind, sentence, the condition changed, and the index of the first single condition concerned."""


def _changes(condition: Condition, fields: Fields) -> Iterator[Change]:
    if isinstance(condition, Test):
        yield from _test_changes(condition, fields)
    elif isinstance(condition, ConceptTest):
        flipped = ConceptTest(concept=condition.concept, wanted=not condition.wanted)
        yield "concept flipped", _becomes(condition, flipped, fields), flipped, 0
    elif isinstance(condition, NotOf):
        yield "negation dropped", _becomes(condition, condition.part, fields), condition.part, 0
        for kind, says, part, index in _changes(condition.part, fields):
            yield kind, f"inside not: {says}", NotOf(part), index
    else:
        yield from _joined_changes(condition, fields)


def _joined_changes(condition: AllOf | AnyOf, fields: Fields) -> Iterator[Change]:
    other: Condition = AnyOf(condition.parts) if isinstance(condition, AllOf) else AllOf(condition.parts)
    names = ("all", "any") if isinstance(condition, AllOf) else ("any", "all")
    yield "all and any", f"{names[0]} of becomes {names[1]} of ({condition_words(condition, fields)})", other, 0
    first = 0
    for index, part in enumerate(condition.parts):
        before, after = condition.parts[:index], condition.parts[index + 1 :]
        rest = (*before, *after)
        words, join = condition_words(part, fields), type(condition)
        yield "condition dropped", f"dropped: {words}", rest[0] if len(rest) == 1 else join(rest), first
        if isinstance(part, (AllOf, AnyOf)):
            yield "condition negated", f"negated: {words}", join((*before, NotOf(part), *after)), first
        for kind, says, changed, inner in _changes(part, fields):
            yield kind, says, join((*before, changed, *after)), first + inner
        first += sum(1 for _ in leaves(part))


def _test_changes(test: Test, fields: Fields) -> Iterator[Change]:
    changes = _numeric_changes if test.operator in STRICTNESS else _word_changes
    for kind, changed in (*changes(test, fields[test.field]), ("condition negated", test.opposite())):
        yield kind, _becomes(test, changed, fields), changed, 0


def _numeric_changes(test: Test, field: ProfileField) -> Iterator[tuple[str, Test]]:
    bound = float(test.operands[0])
    # One in the last place that the threshold is written with: 400 moves by 1, 2.5 by 0.1.
    step = float(10 ** -len(f"{bound:.6f}".rstrip("0").partition(".")[2]))
    for moved in (bound - step, bound + step):
        if field.low <= moved <= field.high:
            yield "threshold moved", replace(test, operands=(round(moved, 6),))
    for operator in STRICTNESS[test.operator]:
        yield "strictness", replace(test, operator=operator)


def _word_changes(test: Test, field: ProfileField) -> Iterator[tuple[str, Test]]:
    if test.operator in ("empty", "not empty"):
        return
    for word in test.operands if len(test.operands) > 1 else ():
        yield "value dropped", replace(test, operands=tuple(other for other in test.operands if other != word))
    for word in field.values if field.kind == "set" else words_of(field):
        if word not in test.operands:
            yield "value added", replace(test, operands=(*test.operands, word))


def _becomes(before: Condition, after: Condition, fields: Fields) -> str:
    return f"{condition_words(before, fields)} becomes {condition_words(after, fields)}"


def _weights(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    for standing in STANDINGS:
        if standing != rule.standing:
            verdict = "no_better" if standing == "not_supported" else None
            says = f"standing {rule.standing} becomes {standing}"
            yield "standing changed", says, replace(rule, standing=standing, verdict=verdict)
    for verdict in VERDICTS if rule.verdict is not None else ():
        if verdict != rule.verdict:
            yield "verdict changed", f"verdict {rule.verdict} becomes {verdict}", replace(rule, verdict=verdict)


def _citations(rule: Rule, others: Sequence[str]) -> Iterator[tuple[str, str, Rule]]:
    for index, name in enumerate(rule.cites):
        before, after = rule.cites[:index], rule.cites[index + 1 :]
        yield "citation dropped", f"no longer cites {name}", replace(rule, cites=(*before, *after))
        for other in others:
            yield "citation changed", f"cites {other} instead of {name}", replace(rule, cites=(*before, other, *after))


def accepted(rule: Rule, ruleset: Ruleset) -> bool:
    """Whether the loader would take the rule: it cites something, only of the tumour, and its studies bear the standing out."""
    cited = [ruleset.studies[name] for name in rule.cites]
    of_tumour = all(study.tumour == ruleset.card.tumour for study in cited)
    return of_tumour and any(STANDINGS[rule.standing].borne_out_by(study) for study in cited)
