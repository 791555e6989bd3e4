"""Warm, one process, distinct profiles: a fully explained evaluation against GoRules zen's bare decision table.

    python -m tests.bench.warm [--profiles 3000] [--rounds 5]

zen gets the same rules as a `collect` table (one row to a conjunction), and its answers are compared with ours first.
The engines take turns; quote the ratios.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import zen

from hepatica import load
from hepatica.evaluation import Evaluator
from hepatica.inference import classes_of
from hepatica.patient import FIELDS, Profile, facts_of
from hepatica.report.old_document import Shelf, answer
from tests.bench.zen_table import context, decision_table
from tests.making import consistent


def distinct_profiles(evaluator: Evaluator, count: int, seed: int = 1) -> list[Profile]:
    """Seeded, consistent, no two alike; every field's classes equally likely, unknown included."""
    chance = random.Random(seed)
    samples = {field.name: classes_of(field, evaluator.program.tests).samples for field in FIELDS}
    found: dict[tuple[Any, ...], Profile] = {}
    while len(found) < count:
        known = {name: chance.choice(values) for name, values in samples.items()}
        if isinstance(known["afp"], float):
            known["afp"] = round(known["afp"] + chance.random() / 10, 6) if known["afp"] != 400 else 400.0
        facts = facts_of(consistent(known))
        found[tuple(facts.values())] = Profile(facts)
    return list(found.values())


def per_call(function: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Microseconds a call."""
    start = time.perf_counter()
    for item in items:
        function(item)
    return (time.perf_counter() - start) / len(items) * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    evaluator = Evaluator(load())
    profiles = distinct_profiles(evaluator, chosen.profiles)
    decision = zen.ZenEngine().create_decision(decision_table(evaluator.program))
    contexts = [context(dict(profile.facts)) for profile in profiles]
    disagreements = sum(_zen_rules(decision, c) != _our_rules(evaluator, p) for c, p in zip(contexts, profiles, strict=True))
    shelf = Shelf(evaluator.ruleset)
    work: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        "zen decision table, bare": (decision.evaluate, contexts),
        "hepatica, fully explained": (evaluator.evaluate, profiles),
        "hepatica, as JSON-ready values": (lambda profile: answer(evaluator.evaluate(profile), shelf), profiles),
        "durable_rules alone": (lambda profile: evaluator.inference.rete.fire(profile.facts), profiles),
        "bit tables alone": (lambda profile: evaluator.program.masks(profile.facts), profiles),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(chosen.rounds):
        for name, (function, items) in work.items():
            times[name].append(per_call(function, items))
    base = statistics.median(times["zen decision table, bare"])
    print(f"{len(evaluator.ruleset.rules)} rules, {len(profiles)} distinct profiles, {chosen.rounds} rounds in turn")
    print(f"answers that differ from zen's: {disagreements}")
    for name, values in times.items():
        print(f"{name:32} median {statistics.median(values):7.1f} us   x{statistics.median(values) / base:.2f} of zen")


def _zen_rules(decision: Any, inputs: dict[str, Any]) -> set[str]:
    return {row["rule"] for row in decision.evaluate(inputs)["result"] or []}


def _our_rules(evaluator: Evaluator, profile: Profile) -> set[str]:
    found = evaluator.evaluate(profile)
    findings = [f for entries in found.entries().values() for entry in entries for f in (entry.finding, *entry.others)]
    return {finding.rule.id for finding in findings if finding.because}


if __name__ == "__main__":
    main()
