"""The rules of a ruleset as a GoRules zen decision table: one row to a conjunction, one column to a field."""

from __future__ import annotations

import json
from typing import Any

from hepatica.inference import Program
from hepatica.knowledge import Test
from hepatica.patient import Fields, Value


def decision_table(program: Program) -> str:
    """A `collect` table whose rows are the certain conjunctions of every rule; cells compare as zen writes them."""
    fields = sorted({test.field for test in program.tests})
    rows = []
    for name, goal in program.goals.items():
        if name.kind != "rule":
            continue
        for number, conjunction in enumerate(goal.conjunctions):
            tests = [test for bit, test in enumerate(program.tests) if conjunction >> bit & 1]
            row = {"_id": f"{name}#{number}", "rule": json.dumps(name.id)}
            row |= {field: _cell([test for test in tests if test.field == field], program.fields) for field in fields}
            rows.append(row)
    inputs = [{"id": field, "name": field, "field": field} for field in fields]
    content = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {"id": "table", "name": "table", "type": "decisionTableNode", "position": {"x": 1, "y": 0}, "content": content},
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
    ]
    edges = [
        {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})


def context(facts: dict[str, Value | None]) -> dict[str, Any]:
    """A profile's facts as zen reads them: unknown is null, a set an array."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def _cell(tests: list[Test], fields: Fields) -> str:
    """A unary test of `$`; an empty cell accepts anything. Words alone are the form zen evaluates fastest."""
    if len(tests) == 1 and not tests[0].unknown and tests[0].operator == "in" and tests[0].operands:
        return ", ".join(json.dumps(word) for word in tests[0].operands)
    if any(test.unknown is not True for test in tests):
        return " and ".join(["$ != null", *(_expression(test, fields) for test in tests)])
    return " or ".join(["$ == null", f"({' and '.join(_expression(test, fields) for test in tests)})"]) if tests else ""


def _expression(test: Test, fields: Fields) -> str:
    words = [json.dumps(word) for word in test.operands]
    if fields[test.field].kind in ("integer", "number"):
        operator = {"=": "=="}.get(test.operator, test.operator)
        return f"$ {operator} {test.operands[0]:g}"
    if test.operator in ("empty", "not empty"):
        return f"len($) {'==' if test.operator == 'empty' else '>'} 0"
    if test.operator in ("includes", "lacks"):
        return f"{'some' if test.operator == 'includes' else 'none'}($, # in [{', '.join(words)}])"
    listed = f"$ in [{', '.join(words)}]"
    return f"not ({listed})" if test.operator == "not in" else listed
