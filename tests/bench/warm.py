"""Warm, one process: a fully explained evaluation against GoRules zen's bare decision table, profiles met for the first time.

    python -m tests.bench.warm [--profiles 6000] [--chunk 50]

zen gets the same rules as a `collect` table (one row to a conjunction), and its answers are compared with ours first. The
engines take turns every few profiles and CPU time is counted, so that a busy machine disturbs all of them alike. No profile
is met twice; some thousand others are evaluated before the clock starts, as in any process that has run for a while.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import zen

from hepatica import load
from hepatica.evaluation import Evaluation, Evaluator
from tests.bench.zen_table import context, decision_table
from tests.making import sample_profiles

BASE = "zen decision table, bare"
_WARM_UP = 3000


def per_call(function: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Microseconds of CPU time a call."""
    start = time.process_time()
    for item in items:
        function(item)
    return (time.process_time() - start) / len(items) * 1e6


def in_turns(work: dict[str, tuple[Callable[[Any], object], Sequence[Any]]], chunk: int) -> dict[str, list[float]]:
    """The time of every chunk of every engine, the engines taking turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    length = min(len(items) for _, items in work.values())
    for start in range(0, length - chunk + 1, chunk):
        for name, (function, items) in work.items():
            times[name].append(per_call(function, items[start : start + chunk]))
    return times


def report(times: dict[str, list[float]], base: str) -> None:
    """Median and fastest chunk, and their ratios to the base's; the middle half of the ratios chunk by chunk."""
    for name, values in times.items():
        ratios = sorted(value / other for value, other in zip(values, times[base], strict=True))
        quarter = len(ratios) // 4
        print(
            f"{name:32} median {statistics.median(values):7.1f} us  fastest {min(values):7.1f} us   "
            f"x{statistics.median(ratios):.2f} (half of the chunks x{ratios[quarter]:.2f} to x{ratios[-quarter - 1]:.2f}), "
            f"fastest x{min(values) / min(times[base]):.2f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=6000)
    parser.add_argument("--chunk", type=int, default=50)
    chosen = parser.parse_args()
    evaluator = Evaluator(load())
    profiles = sample_profiles(evaluator, chosen.profiles + _WARM_UP)
    warm_up, profiles = profiles[:_WARM_UP], profiles[_WARM_UP:]
    decision = zen.ZenEngine().create_decision(decision_table(evaluator.program))
    for profile in warm_up:
        decision.evaluate(context(dict(profile.facts)))
        evaluator.evaluate(profile)
    contexts = [context(dict(profile.facts)) for profile in profiles]
    work: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        BASE: (decision.evaluate, contexts),
        "hepatica, fully explained": (evaluator.evaluate, profiles),
        "durable_rules alone": (lambda profile: evaluator.inference.rete.fire(profile.facts), profiles),
        "plain reading alone": (lambda profile: evaluator.inference.plain.read(profile.facts), profiles),
        "bit tables alone": (lambda profile: evaluator.program.masks(profile.facts), profiles),
    }
    times = in_turns(work, chosen.chunk)
    wrong = sum(_zen_rules(decision, c) != _our_rules(evaluator.evaluate(p)) for c, p in zip(contexts, profiles, strict=True))
    print(f"{len(evaluator.ruleset.rules)} rules, {len(profiles)} profiles met once, turns of {chosen.chunk}")
    print(f"answers that differ from zen's: {wrong}")
    report(times, BASE)


def _zen_rules(decision: Any, inputs: dict[str, Any]) -> set[str]:
    return {row["rule"] for row in decision.evaluate(inputs)["result"] or []}


def _our_rules(found: Evaluation) -> set[str]:
    """The rules that certainly apply, as the answer names them."""
    entries = [entry for listed in found.entries().values() for entry in listed]
    rules = {entry.rule for entry in entries if entry.because}
    return rules | {other.rule for entry in entries for other in entry.other_rules if other.because}


if __name__ == "__main__":
    main()
