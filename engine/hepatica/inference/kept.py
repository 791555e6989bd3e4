"""What durable_rules is given of a ruleset, kept as data beside it.

No digest covers it, and none needs to: durable_rules' verdicts on each profile must be those of the plain reading and of the
tables, and both are made anew from the conditions that the digest covers. An entry that someone changed gives the same
verdicts or no answer. All that an answer says beside its verdicts, reasons above all, is read from the tables.
"""

from __future__ import annotations

import json
from contextlib import suppress

from hepatica.inference.productions import Network, Shard, Stratum, network_of
from hepatica.inference.program import Conditions, Program
from hepatica.knowledge import Condition, Ruleset, keep_compiled, recall_compiled


def kept_network(ruleset: Ruleset, conditions: Conditions, program: Program) -> Network:
    """As `network_for`, kept between runs."""
    body = recall_compiled(ruleset)
    with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        if body is not None:
            return _from_json(body)
    network = network_for(conditions, program)
    keep_compiled(ruleset, _as_json(network))
    return network


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


def _as_json(network: Network) -> bytes:
    # Bits as hexadecimal digits: Python writes no decimal number of more than 4,300 digits, and large rulesets have some.
    strata = []
    for concepts, shards in network.strata:
        says = [(shard.definition, [f"{bits:x}" for bits in shard.says], shard.reads) for shard in shards]
        strata.append(([(name, f"{bit:x}") for name, bit in concepts], says))
    return json.dumps((strata, network.width, network.fields), separators=(",", ":")).encode()


def _from_json(body: str) -> Network:
    strata, width, fields = json.loads(body)
    read = [
        Stratum(tuple((name, int(bit, 16)) for name, bit in concepts), tuple(_shard(*shard) for shard in shards))
        for concepts, shards in strata
    ]
    return Network(tuple(read), width, tuple(fields))


def _shard(definition: str, says: list[str], reads: list[str]) -> Shard:
    return Shard(definition, tuple(int(bits, 16) for bits in says), tuple(reads))
