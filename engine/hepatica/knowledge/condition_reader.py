"""Conditions from YAML: a mapping is all-of, a list of values one-of, `any` / `all` / `not` nest, `"> 400"` compares."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from hepatica.documents import Node
from hepatica.knowledge.conditions import AllOf, AnyOf, ConceptTest, Condition, NotOf, Operator, Test
from hepatica.patient import COMMON_FIELDS, DECIMALS, FLAGS, NONE, Field, Fields
from hepatica.problems import Problem, quote, suggestion

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*([0-9]{1,9}(?:\.[0-9]{1,30})?)\s*\Z")
_JOINERS = ("all", "any")
JOINERS = frozenset({*_JOINERS, "not", "known"})


class ConditionReader:
    """Reads conditions of one file; unknown names and impossible values are added to `problems`.

    `concepts` is None where their names cannot be known: then whatever is asked with yes or no may be one.
    """

    def __init__(
        self, file: str, concepts: Collection[str] | None, problems: list[Problem], fields: Fields = COMMON_FIELDS
    ) -> None:
        self.file = file
        self.fields = fields
        self.concepts = concepts
        self.problems = problems

    def read(self, node: Node) -> Condition:
        """The condition in `node`: a mapping whose entries must all hold."""
        if not isinstance(node.value, dict) or not node.value:
            self._problem(node, "condition", "a condition is a mapping such as {prior_sorafenib: none, cmet: high}")
            return AllOf(())
        parts = tuple(self._entry(node, key, child) for key, child in node.value.items())
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _problem(self, node: Node, code: str, message: str) -> None:
        self.problems.append(node.problem(self.file, code, message))

    def _entry(self, mapping: Node, key: str, node: Node) -> Condition:
        if key in _JOINERS:
            return self._joined(key, node)
        if key == "not":
            return NotOf(self.read(node))
        if key == "known":
            return self._known(self.read(node), node)
        if key in self.fields:
            return self._field(self.fields[key], node)
        if self._may_be_concept(key, node):
            return self._concept(key, node)
        names = (*self.fields, *sorted(self.concepts or ()), *_JOINERS, "not", "known")
        message = f"unknown field or concept {quote(key)}; {suggestion(key, names)}"
        self.problems.append(mapping.key_problem(self.file, key, "unknown-field", message))
        return AllOf(())

    def _known(self, condition: Condition, node: Node) -> Condition:
        """The same tests, none of which holds where its value is not known."""
        if isinstance(condition, Test):
            return replace(condition, unknown=False)
        if isinstance(condition, (AllOf, AnyOf)):
            return type(condition)(tuple(self._known(part, node) for part in condition.parts))
        self._problem(node, "condition", "'known' takes fields and their values, not concepts or 'not'")
        return condition

    def _may_be_concept(self, key: str, node: Node) -> bool:
        if self.concepts is None:
            return not isinstance(node.value, (dict, list)) and node.raw.lower() in FLAGS
        return key in self.concepts

    def _joined(self, key: str, node: Node) -> Condition:
        if not isinstance(node.value, list) or not node.value:
            self._problem(node, "condition", f"'{key}' takes a list of conditions")
            return AllOf(())
        parts = tuple(self.read(child) for child in node.value)
        if len(parts) == 1:
            return parts[0]
        return AllOf(parts) if key == "all" else AnyOf(parts)

    def _concept(self, name: str, node: Node) -> Condition:
        wanted = FLAGS.get(node.raw.lower()) if not isinstance(node.value, (dict, list)) else None
        if wanted is None:
            self._problem(node, "unknown-value", f"the concept {name} is tested with yes or no")
            return AllOf(())
        return ConceptTest(name, wanted)

    def _field(self, field: Field, node: Node) -> Condition:
        if isinstance(node.value, dict):
            self._problem(node, "condition", f"{field.name} takes a value, a list of values or a comparison, not a mapping")
            return AllOf(())
        values = node.value if isinstance(node.value, list) else [node]
        if not values:
            if field.kind == "set":
                return Test(field.name, "empty")
            self._problem(node, "condition", f"{field.name} needs at least one value")
            return AllOf(())
        if field.kind in ("integer", "number"):
            tests: list[Condition] = [self._numeric(field, child) for child in values]
            return tests[0] if len(tests) == 1 else AnyOf(tuple(tests))
        return self._words(field, values)

    def _words(self, field: Field, values: list[Node]) -> Condition:
        read = [self._word(field, child) for child in values]
        # In the order of the field, not of writing: "one of" has no order, and sentences must not depend on it.
        known = tuple(word for word in (True, False, *field.values, NONE) if word in read)
        if field.kind != "set":
            return Test(field.name, "in", known)
        members = tuple(word for word in known if word != NONE)
        if NONE not in known:
            return Test(field.name, "includes", members)
        empty = Test(field.name, "empty")
        return AnyOf((empty, Test(field.name, "includes", members))) if members else empty

    def _word(self, field: Field, node: Node) -> str | bool | None:
        if isinstance(node.value, (dict, list)):
            self._problem(node, "condition", f"{field.name} takes words, not a mapping or a list")
            return None
        if field.kind == "flag":
            allowed: tuple[str, ...] = ("yes", "no")
            if node.raw.lower() in FLAGS:
                return FLAGS[node.raw.lower()]
        else:
            allowed = (*field.values, NONE) if field.kind == "set" else field.values
            if node.raw in allowed:
                return node.raw
        note = " (a rule cannot ask for 'unknown')" if node.raw == "unknown" else ""
        self._problem(node, "unknown-value", f"{field.name} cannot be {quote(node.raw)}{note}; {suggestion(node.raw, allowed)}")
        return None

    def _numeric(self, field: Field, node: Node) -> Condition:
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return self._bounded(field, node, "=", float(node.value))
        parts = node.raw.split(" and ") if isinstance(node.value, str) else []
        matches = [_COMPARISON.match(part) for part in parts]
        if not matches or not all(matches):
            expected = 'a number, "> 400", or ">= 7 and <= 8"'
            self._problem(node, "condition", f"{field.name} cannot be {quote(node.raw)}; allowed: {expected}")
            return AllOf(())
        tests = tuple(self._bounded(field, node, _operator(m.group(1)), float(m.group(2))) for m in matches if m)
        return tests[0] if len(tests) == 1 else AllOf(tests)

    def _bounded(self, field: Field, node: Node, operator: Operator, bound: float) -> Condition:
        if not field.low <= bound <= field.high:
            span = f"{field.low:g} to {field.high:g}"
            self._problem(node, "out-of-range", f"{field.name} is held against {bound:g}; allowed: {span} {field.unit}")
        if bound != round(bound, DECIMALS):
            message = (
                f"{field.name} is held against {quote(node.raw)}; values are kept to {DECIMALS} decimals, a bound has no more"
            )
            self._problem(node, "out-of-range", message)
        if field.kind == "integer" and bound != int(bound):
            self._problem(node, "out-of-range", f"{field.name} is a whole number; {bound:g} is not")
        return Test(field.name, operator, (bound,))


def _operator(text: str) -> Operator:
    for operator in ("<=", ">=", "<", ">"):
        if text == operator:
            return operator
    raise AssertionError(text)
