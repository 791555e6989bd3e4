"""100,000 evaluations in one process, then 8 threads at once: memory stays flat, no crash, no wrong answer.

    python -m tests.bench.soak [--evaluations 100000] [--threads 8]

Every answer is checked: its lists against the plain three-valued reading of each rule.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from threading import Thread

from hepatica import load
from hepatica.evaluation import Evaluation, Evaluator
from hepatica.inference import Verdict, conditions_of, read
from hepatica.patient import Profile
from tests.bench.warm import distinct_profiles

MAY_GROW_MB = 16


def _memory() -> float:
    """Resident megabytes now (where /proc tells), else the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1_048_576


class _Truth:
    """What each therapy's list must be, by the plain reading."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ruleset = evaluator.ruleset
        self.conditions = conditions_of(self.ruleset)
        self.concepts = {concept.id: concept.when for concept in self.ruleset.concepts.values()}

    def lists(self, profile: Profile) -> dict[str, str]:
        return {therapy.id: self._list(therapy.id, profile) for therapy in self.ruleset.therapies.values()}

    def _list(self, therapy: str, profile: Profile) -> str:
        reached = set()
        for rule in self.ruleset.therapies[therapy].rules:
            verdict = read(self.conditions[f"rule/{rule.id}"], profile.facts, self.concepts)
            if verdict is Verdict.TRUE:
                reached.add("not_supported" if rule.standing == "not_supported" else "options")
            elif verdict is Verdict.UNKNOWN:
                reached.add("possible")
        return next((name for name in ("options", "possible", "not_supported") if name in reached), "ruled_out")


def _given(answer: Evaluation) -> dict[str, str]:
    return {entry.therapy.id: name for name, entries in answer.entries().items() for entry in entries}


def main() -> None:
    """Run and print; exit code 1 when an answer was wrong or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=8)
    chosen = parser.parse_args()
    evaluator = Evaluator(load())
    profiles = distinct_profiles(evaluator, 5000)
    truth = _Truth(evaluator)
    expected = [truth.lists(profile) for profile in profiles]
    wrong = [0]

    def work(count: int, start: int) -> None:
        for step in range(start, start + count):
            index = step % len(profiles)
            wrong[0] += _given(evaluator.evaluate(profiles[index])) != expected[index]

    work(10_000, 0)
    settled = _memory()
    print(f"after 10,000: {settled:.1f} MB")
    start = time.perf_counter()
    for part in range(4):
        work(chosen.evaluations // 4, part)
        print(f"after {(part + 1) * chosen.evaluations // 4:,} more: {_memory():.1f} MB, wrong {wrong[0]}")
    print(f"{chosen.evaluations / (time.perf_counter() - start):,.0f} evaluations a second, one thread, each checked")
    threads = [Thread(target=work, args=(chosen.evaluations // chosen.threads, n * 613)) for n in range(chosen.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{chosen.threads} threads, {chosen.evaluations:,} evaluations: {_memory():.1f} MB, wrong {wrong[0]}")
    grown = _memory() - settled
    print(f"grown by {grown:.1f} MB; at most {MAY_GROW_MB} allowed")
    sys.exit(1 if wrong[0] or grown > MAY_GROW_MB else 0)


if __name__ == "__main__":
    main()
