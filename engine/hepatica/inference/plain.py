"""The plain three-valued reading of a condition: the reference that every other evaluator must agree with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from hepatica.knowledge import AllOf, ConceptTest, Condition, NotOf, Test
from hepatica.patient import Facts


class Verdict(Enum):
    """Strong Kleene truth: known true, known false, or not decided by what is known."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def negated(self) -> Verdict:
        """Not: swaps true and false, keeps unknown."""
        if self is Verdict.UNKNOWN:
            return self
        return Verdict.FALSE if self is Verdict.TRUE else Verdict.TRUE


def read(condition: Condition, facts: Facts, concepts: Mapping[str, Condition]) -> Verdict:
    """The verdict of `condition` for `facts`."""
    return _read(condition, facts, concepts, {})


def _read(condition: Condition, facts: Facts, concepts: Mapping[str, Condition], known: dict[str, Verdict]) -> Verdict:
    """As `read`; a concept that is named often is read once."""
    if isinstance(condition, Test):
        value = facts[condition.field]
        if value is None:
            return Verdict.UNKNOWN
        return Verdict.TRUE if condition.holds(value) else Verdict.FALSE
    if isinstance(condition, ConceptTest):
        if condition.concept not in known:
            known[condition.concept] = _read(concepts[condition.concept], facts, concepts, known)
        verdict = known[condition.concept]
        return verdict if condition.wanted else verdict.negated()
    if isinstance(condition, NotOf):
        return _read(condition.part, facts, concepts, known).negated()
    verdicts = [_read(part, facts, concepts, known) for part in condition.parts]
    return conjunction(verdicts) if isinstance(condition, AllOf) else disjunction(verdicts)


def conjunction(verdicts: list[Verdict]) -> Verdict:
    """And: false if any is false, else unknown if any is unknown, else true."""
    if Verdict.FALSE in verdicts:
        return Verdict.FALSE
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.TRUE


def disjunction(verdicts: list[Verdict]) -> Verdict:
    """Or: true if any is true, else unknown if any is unknown, else false."""
    if Verdict.TRUE in verdicts:
        return Verdict.TRUE
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.FALSE


def causes(condition: Condition, facts: Facts, concepts: Mapping[str, Condition]) -> frozenset[str]:
    """The unknown fields that leave `condition` unknown; empty where it is decided."""
    if read(condition, facts, concepts) is not Verdict.UNKNOWN:
        return frozenset()
    if isinstance(condition, Test):
        return frozenset([condition.field])
    if isinstance(condition, ConceptTest):
        return causes(concepts[condition.concept], facts, concepts)
    parts = (condition.part,) if isinstance(condition, NotOf) else condition.parts
    return frozenset().union(*(causes(part, facts, concepts) for part in parts))
