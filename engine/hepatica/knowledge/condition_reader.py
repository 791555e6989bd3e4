"""Conditions from YAML: a mapping is all-of, a list of values one-of, `any` / `all` / `not` nest, `"> 400"` compares."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import cast

from hepatica.documents import Node
from hepatica.knowledge.conditions import AllOf, AnyOf, ConceptTest, Condition, NotOf, Operator, Test, leaves
from hepatica.patient import DECIMALS, FLAGS, NONE, Field, Fields
from hepatica.problems import Problem, quote, suggestion

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*([0-9]{1,9}(?:\.[0-9]{1,30})?)\s*\Z")
_JOINERS: dict[str, type[AllOf | AnyOf]] = {"all": AllOf, "any": AnyOf}
RESERVED = (*_JOINERS, "not", "known")


class ConditionReader:
    """Reads conditions of one file; unknown names and impossible values are added to `problems`.

    `concepts` is None where their names cannot be known: then whatever is asked with yes or no may be one.
    """

    def __init__(self, file: str, concepts: Collection[str] | None, problems: list[Problem], fields: Fields) -> None:
        self.file = file
        self.fields = fields
        self.concepts = concepts
        self.problems = problems

    def read(self, node: Node) -> Condition:
        """The condition in `node`: a mapping whose entries must all hold."""
        if not isinstance(node.value, dict) or not node.value:
            return self._fault(node, "a condition is a mapping such as {prior_sorafenib: none, cmet: high}")
        return _joined(AllOf, [self._entry(node, key, child) for key, child in node.value.items()])

    def _fault(self, node: Node, message: str, code: str = "condition") -> Condition:
        self.problems.append(node.problem(self.file, code, message))
        # It stands in for what cannot be read, so that reading goes on; with a problem told, nobody is judged by it.
        return AllOf(())

    def _entry(self, mapping: Node, key: str, node: Node) -> Condition:
        if key in _JOINERS:
            return self._join(key, node)
        if key in ("not", "known"):
            inner = self.read(node)
            return NotOf(inner) if key == "not" else self._known(inner, node)
        if key in self.fields:
            return self._field(self.fields[key], node)
        wanted = FLAGS.get(node.raw.lower())
        if key in self.concepts if self.concepts is not None else wanted is not None:
            said = f"the concept {key} is tested with yes or no"
            return self._fault(node, said, "unknown-value") if wanted is None else ConceptTest(key, wanted)
        near = suggestion(key, (*self.fields, *sorted(self.concepts or ()), *RESERVED))
        message = f"unknown field or concept {quote(key)}; {near}"
        self.problems.append(mapping.key_problem(self.file, key, "unknown-field", message))
        return AllOf(())

    def _join(self, key: str, node: Node) -> Condition:
        if not isinstance(node.value, list) or not node.value:
            return self._fault(node, f"'{key}' takes a list of conditions")
        return _joined(_JOINERS[key], [self.read(child) for child in node.value])

    def _known(self, condition: Condition, node: Node) -> Condition:
        """The same tests, none of which holds where its value is not known."""
        if isinstance(condition, Test):
            return replace(condition, unknown=False)
        if isinstance(condition, (AllOf, AnyOf)):
            return type(condition)(tuple(self._known(part, node) for part in condition.parts))
        return self._fault(node, "'known' takes fields and their values, not concepts or 'not'")

    def _field(self, field: Field, node: Node) -> Condition:
        values = node.value if isinstance(node.value, list) else [node]
        if not values and field.kind != "set":
            return self._fault(node, f"{field.name} needs at least one value")
        if field.kind in ("integer", "number"):
            return _joined(AnyOf, [self._number(field, child) for child in values])
        read = {word for child in values for word in self._word(field, child)}
        # In the order of the field, not of writing: "one of" has no order, and sentences must not depend on it.
        words = [word for word in dict.fromkeys((True, False, *field.values, NONE)) if word in read]
        if field.kind != "set":
            return Test(field.name, "in", tuple(words))
        members = tuple(word for word in words if word != NONE)
        empty = [Test(field.name, "empty")] if NONE in words or not values else []
        return _joined(AnyOf, [*empty, *([Test(field.name, "includes", members)] if members or not empty else [])])

    def _word(self, field: Field, node: Node) -> Sequence[str | bool]:
        """The one word in `node`; none where it cannot be a value of the field."""
        if field.kind == "flag" and node.raw.lower() in FLAGS:
            return [FLAGS[node.raw.lower()]]
        allowed = ("yes", "no") if field.kind == "flag" else (*field.values, *([NONE] if field.kind == "set" else []))
        if field.kind != "flag" and node.raw in allowed:
            return [node.raw]
        note = " (a rule cannot ask for 'unknown')" if node.raw == "unknown" else ""
        message = f"{field.name} cannot be {node.described}{note}; {suggestion(node.raw, allowed)}"
        self._fault(node, message, "unknown-value")
        return []

    def _number(self, field: Field, node: Node) -> Condition:
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return self._bounded(field, node, "=", float(node.value))
        matches = [_COMPARISON.match(part) for part in node.raw.split(" and ")]
        if not all(matches):
            return self._fault(node, f'{field.name} cannot be {node.described}; allowed: a number, "> 400", or ">= 7 and <= 8"')
        return _joined(AllOf, [self._bounded(field, node, cast("Operator", m[1]), float(m[2])) for m in matches if m])

    def _bounded(self, field: Field, node: Node, operator: Operator, bound: float) -> Condition:
        span = f"{field.low:g} to {field.high:g} {field.unit}"
        finest = f"values are kept to {DECIMALS} decimals, a bound has no more"
        faults = (
            (not field.low <= bound <= field.high, f"{field.name} is held against {bound:g}; allowed: {span}"),
            (bound != round(bound, DECIMALS), f"{field.name} is held against {quote(node.raw)}; {finest}"),
            (field.kind == "integer" and bound != int(bound), f"{field.name} is a whole number; {bound:g} is not"),
        )
        for wrong, message in faults:
            if wrong:
                self._fault(node, message, "out-of-range")
        return Test(field.name, operator, (bound,))


def _joined(join: type[AllOf | AnyOf], parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else join(tuple(parts))


def lines_of(node: Node, condition: Condition) -> Iterator[int]:
    """For each single condition of what was read from `node` the line that it is written in."""
    assert isinstance(node.value, dict)
    for (key, child), part in zip(node.value.items(), _parted(condition, len(node.value)), strict=True):
        if key in _JOINERS and isinstance(child.value, list):
            for inner, one in zip(child.value, _parted(part, len(child.value)), strict=True):
                yield from lines_of(inner, one)
        elif key in ("not", "known"):
            yield from lines_of(child, part.part if isinstance(part, NotOf) else part)
        else:  # one key may stand for several tests ("> 7 and <= 9"), all on its line
            yield from (node.keys[key][0] for _ in leaves(part))


def _parted(condition: Condition, count: int) -> Sequence[Condition]:
    """The parts that `_joined` made a condition of."""
    return condition.parts if count > 1 and isinstance(condition, (AllOf, AnyOf)) else (condition,)
