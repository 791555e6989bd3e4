"""The columns kernel against zen's batch, durable_rules, and a bare chain of NumPy gathers over the same arrays.

    python -m tests.bench.columns [--profiles 1000000] [--rounds 5] [--ruleset hcc-2016]

The same rules and profiles for all, certain verdicts only where zen and durable_rules are compared (that is what zen's table
gives); answers are compared first. The slow engines get fewer profiles. All take turns; quote the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import zen

from hepatica.assurance.agreement import sampled
from hepatica.assurance.space import space_of
from hepatica.inference import GoalKey, Inference, compile_ruleset
from hepatica.inference.columns import Codes, Columns, ColumnTable
from hepatica.knowledge import load_ruleset
from hepatica.patient import Interval
from tests.bench.zen_table import context, decision_table
from tests.conftest import ROOT

SLOW = 2_000
BATCH = 1_000


def bare_chain(tables: Sequence[ColumnTable], codes: Codes) -> list[np.ndarray[Any, Any]]:
    """What the kernel does, written down as plainly as NumPy allows: gathers and `bitwise_and`, one word after another."""
    answers = []
    for side in range(2):
        for word in range(len(tables[0][side])):
            answer = tables[0][side][word][codes[0]]
            for column, table in enumerate(tables[1:], 1):
                answer = np.bitwise_and(answer, table[side][word][codes[column]])
            answers.append(answer)
    return answers


def per_profile(function: Callable[[], object], profiles: int) -> float:
    """Microseconds a profile."""
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) / profiles * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ruleset", default="hcc-2016")
    chosen = parser.parse_args()
    ruleset = load_ruleset(ROOT / "rulesets" / chosen.ruleset)
    program = compile_ruleset(ruleset)
    rules = [name for name in program.goals if name.kind == "rule"]
    columns = Columns(program, rules)
    drawn = sampled(space_of(program.tests, program.fields), 4 * SLOW, 1)
    facts = [one for one in drawn if not any(isinstance(value, Interval) for value in one.values())][:SLOW]
    few = columns.code(facts)
    many = np.ascontiguousarray(few[:, np.random.default_rng(1).integers(0, len(facts), chosen.profiles)])
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": json.loads(decision_table(program))}}})
    contexts = [context(dict(one)) for one in facts]
    inference = Inference(ruleset, program)
    marks = {name: program.goals[name].mark for name in rules}
    ours = applying(columns, few, rules)
    conjunctions = sum(len(program.goals[name].conjunctions) for name in rules)
    print(f"{len(rules)} rules, {conjunctions} conjunctions in {columns.layout.words} words; {chosen.profiles:,} profiles")
    print(f"answers that differ from zen's: {sum(a != b for a, b in zip(ours, zen_rules(engine, contexts), strict=True))}")
    fired = [frozenset(name for name in rules if inference.rete.fire(one).certain & marks[name]) for one in facts[:BATCH]]
    print(f"answers that differ from durable_rules': {sum(a != b for a, b in zip(ours, fired, strict=False))}")
    chain = bare_chain(columns.tables, many)
    verdicts = columns.evaluate(many)
    half = len(chain) // 2
    plain = [columns.layout.folded(np.stack(side)) for side in (chain[:half], chain[half:])]
    wrong = sum(int((ours != bare).sum()) for ours, bare in zip(verdicts, plain, strict=True))
    print(f"verdict words that differ from the bare chain's: {wrong}")
    work: dict[str, tuple[Callable[[], object], int]] = {
        "columns": (lambda: columns.evaluate(many), chosen.profiles),
        "bare chain of gathers and bitwise_and": (lambda: bare_chain(columns.tables, many), chosen.profiles),
        "columns, certain, one array to a rule": (lambda: verdict_rows(columns, many, rules), chosen.profiles),
        "zen evaluate_batch, decision table": (lambda: zen_rules(engine, contexts), len(contexts)),
        "durable_rules": (lambda: [inference.rete.fire(one) for one in facts], len(facts)),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(chosen.rounds):
        for name, (function, profiles) in work.items():
            times[name].append(per_profile(function, profiles))
    base, slow = statistics.median(times["columns"]), statistics.median(times["columns, certain, one array to a rule"])
    for name, values in times.items():
        middle = statistics.median(values)
        shown = f"median {middle:9.4f} us a profile, fastest {min(values):9.4f}"
        print(f"{name:40} {shown}   x{middle / base:8.2f}, x{middle / slow:8.2f} as arrays")


def applying(columns: Columns, codes: Codes, rules: Sequence[GoalKey]) -> list[frozenset[GoalKey]]:
    """The rules that certainly apply to each profile."""
    certain = columns.evaluate(codes).certain
    held = {rule: columns.holds(certain, rule) for rule in rules}
    return [frozenset(rule for rule in rules if held[rule][row]) for row in range(codes.shape[1])]


def verdict_rows(columns: Columns, codes: Codes, rules: Sequence[GoalKey]) -> list[Any]:
    """Which profiles each rule certainly applies to, as one array to a rule: what zen's table says, spread out."""
    certain = columns.evaluate(codes).certain
    return [columns.holds(certain, rule) for rule in rules]


def zen_rules(engine: Any, contexts: list[dict[str, Any]]) -> list[frozenset[GoalKey]]:
    """The rules that zen's table gives for each context, a batch at a time."""
    found = []
    for start in range(0, len(contexts), BATCH):
        batch = [{"key": "rules", "context": one} for one in contexts[start : start + BATCH]]
        for answer in engine.evaluate_batch(batch):
            rows = answer["data"]["result"] or []
            found.append(frozenset(GoalKey("rule", row["rule"]) for row in rows))
    return found


if __name__ == "__main__":
    main()
