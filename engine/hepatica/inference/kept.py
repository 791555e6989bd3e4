"""What is compiled of a ruleset, kept as data beside it: the conjunctions of the tables, and what durable_rules is given.

No digest covers it. What makes that safe is that every verdict made from it must be the plain reading's, which is always read
from the conditions that the digest covers: an entry that someone changed gives the same verdicts or no answer.
"""

from __future__ import annotations

import json
from contextlib import suppress

from hepatica.inference.productions import Network, Shard, Stratum, network_of
from hepatica.inference.program import Conditions, GoalKey, Program, assembled, compile_ruleset
from hepatica.knowledge import Condition, Ruleset, Test, keep_compiled, recall_compiled
from hepatica.patient import Fields

Compiled = tuple[Program, Network]


def compiled(ruleset: Ruleset, conditions: Conditions) -> Compiled:
    """A ruleset's program and network, kept between runs; raises `InvalidInput` as `compile_ruleset` does."""
    body = recall_compiled(ruleset)
    with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        if body is not None:
            found = _from_json(body, ruleset.fields)
            # The cheap part of a check; the dear one is that each profile's verdicts must agree.
            if found[0].goals.keys() == conditions.keys() and found[0].concept_tests.keys() == ruleset.concepts.keys():
                return found
    program = compile_ruleset(ruleset)
    network = network_for(conditions, program)
    keep_compiled(ruleset, _as_json(program, network))
    return program, network


def network_for(conditions: Conditions, program: Program) -> Network:
    """What durable_rules is given, its firings said in the marks of the program's goals."""
    marks: dict[Condition, int] = {}  # many trials enrolled by the same words: each condition is fired once
    derived: dict[str, tuple[int, Condition]] = {}
    for key, when in conditions.items():
        mark = program.goals[key].mark
        if key.kind == "concept":
            derived[key.id] = mark, when
        else:
            marks[when] = marks.get(when, 0) | mark
    return network_of(derived, marks, program.fields, program.marks.bit_length())


def _as_json(program: Program, network: Network) -> bytes:
    tests = [(test.field, test.operator, test.operands, test.unknown) for test in program.tests]
    # Positions and masks of goals are added up anew: only what took multiplying out is worth keeping.
    goals = [(*goal.key, goal.conjunctions) for goal in program.goals.values()]
    groups = [table.groups for table in program.tables]
    return json.dumps((tests, goals, groups, program.concept_tests, network), separators=(",", ":")).encode()


def _from_json(body: bytes, fields: Fields) -> Compiled:
    tests, goals, groups, concept_tests, (strata, width, names) = json.loads(body)
    read = tuple(Test(field, operator, tuple(operands), unknown) for field, operator, operands, unknown in tests)
    conjunctions = {GoalKey(kind, name): masks for kind, name, masks in goals}
    network = Network(
        tuple(Stratum(concepts, tuple(Shard(*shard) for shard in shards)) for concepts, shards in strata), width, names
    )
    return assembled(fields, read, conjunctions, concept_tests, groups), network
