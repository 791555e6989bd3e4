"""Long days: many threads from the first moment on, interrupted at random, then one thread alone; every answer is checked.

    python -m tests.bench.soak [--evaluations 200000] [--threads 16] [--interrupts 2000]

An answer's lists are held against the plain reading of each rule, made before the clock starts by an evaluator of its own.
Exit code 1 where an answer was wrong, an evaluation failed for any other reason than its interrupt, or memory grew.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

from hepatica import load
from hepatica.evaluation import Evaluation, Evaluator
from hepatica.inference import GoalKey, Verdict, conditions_of, read
from hepatica.knowledge import Ruleset
from hepatica.patient import Facts
from tests.making import sample_profiles

MAY_GROW_MB = 30
_PROFILES = 3000


class Interrupt(BaseException):
    """What Ctrl-C, a timeout or a notebook's stop button raises, at any point."""


def memory() -> float:
    """Resident megabytes now (where /proc tells), else the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1_048_576


def expected_lists(ruleset: Ruleset, facts: Facts) -> dict[str, str]:
    """What each therapy's list must be, by the plain reading."""
    conditions, concepts = conditions_of(ruleset), ruleset.concept_conditions
    found = {}
    for therapy in ruleset.therapies.values():
        verdicts = [(rule.reaches, read(conditions[GoalKey("rule", rule.id)], facts, concepts)) for rule in therapy.rules]
        certain = {name for name, verdict in verdicts if verdict is Verdict.TRUE}
        unsure = {name for name, verdict in verdicts if verdict is Verdict.UNKNOWN}
        reached = {"options", "trials"} & certain or ({"possible"} if unsure - {"unreported"} else certain | unsure)
        order = ("options", "trials", "possible", "not_supported", "unreported")
        found[therapy.id] = next((name for name in order if name in reached), "ruled_out")
    return found


def lists(answer: Evaluation) -> dict[str, str]:
    """The list of each therapy, as answered."""
    return {entry.therapy: name for name, entries in answer.entries().items() for entry in entries}


class Soak:
    """Evaluates profiles and checks every answer."""

    def __init__(self) -> None:
        self.ruleset = load()
        self.profiles = sample_profiles(Evaluator(self.ruleset), _PROFILES)
        self.right = [expected_lists(self.ruleset, profile.facts) for profile in self.profiles]
        self.evaluator = Evaluator(self.ruleset)
        self.count: Counter[str] = Counter()

    def work(self, evaluations: int, start: int) -> None:
        """Evaluate; an interrupt ends one evaluation and no more."""
        done = 0
        while done < evaluations:
            try:
                index = (start + done) % len(self.profiles)
                done += 1
                right = lists(self.evaluator.evaluate(self.profiles[index])) == self.right[index]
                self.count["right" if right else "wrong"] += 1
            except Interrupt:
                self.count["interrupted"] += 1
            except Exception as error:
                self.count[f"failed: {error!r}"[:200]] += 1

    def in_threads(self, threads: int, evaluations: int, interrupts: int) -> None:
        """Threads that begin at once on an evaluator that has never answered, each interrupted now and then."""
        ready, going = Event(), [True]

        def run(number: int) -> None:
            try:
                ready.wait()
                self.work(evaluations // threads, number * 613)
            except Interrupt:
                self.count["interrupted between evaluations"] += 1

        def disturb() -> None:
            chance = random.Random(1)
            for _ in range(interrupts):
                time.sleep(chance.uniform(0.0005, 0.02))
                victim = chance.choice(workers)
                if not going[0]:
                    return
                if victim.is_alive() and victim.ident:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(victim.ident), ctypes.py_object(Interrupt))

        workers = [Thread(target=run, args=(number,)) for number in range(threads)]
        disturber = Thread(target=disturb)
        for thread in workers:
            thread.start()
        ready.set()
        disturber.start()
        for thread in workers:
            thread.join()
        going[0] = False
        disturber.join()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--interrupts", type=int, default=2000)
    chosen = parser.parse_args()
    soak = Soak()
    tenth = chosen.evaluations // 10
    soak.in_threads(chosen.threads, tenth, chosen.interrupts // 10)
    settled = memory()
    print(f"cold, {chosen.threads} threads, {tenth:,} evaluations: {settled:.1f} MB, {dict(soak.count)}")
    start = time.perf_counter()
    for part in range(9):
        soak.in_threads(chosen.threads, tenth, chosen.interrupts // 10)
        print(f"{(part + 2) * tenth:,} evaluations: {memory():.1f} MB, {dict(soak.count)}")
    print(f"{9 * tenth / (time.perf_counter() - start):,.0f} evaluations a second, each checked")
    soak.work(tenth, 0)
    grown = memory() - settled
    print(f"and {tenth:,} in one thread: grown by {grown:.1f} MB, at most {MAY_GROW_MB} allowed; {dict(soak.count)}")
    bad = [word for word in soak.count if word == "wrong" or word.startswith("failed")]
    sys.exit(1 if bad or grown > MAY_GROW_MB else 0)


if __name__ == "__main__":
    main()
