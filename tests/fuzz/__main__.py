"""Fuzzing of everything that comes from outside; each finding is told with a small input that shows it again.

    python -m tests.fuzz --minutes 10 --seed 1 [--target rulesets] [--rounds 3]

A round draws some dozens of inputs for each target, from the seed and its own number: what round N of seed S finds, the first
round of seed S + N finds again. Exit code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import FlakyFailure

from tests.fuzz.oracles import Finding
from tests.fuzz.targets import TARGETS, Target

EXAMPLES = 40


@dataclass(frozen=True)
class Found:
    """A finding: where it came from, what is wrong, and the smallest input that shows it."""

    target: str
    seed: int
    what: str
    input: str

    def __str__(self) -> str:
        again = f"python -m tests.fuzz --target {self.target} --seed {self.seed} --rounds 1"
        return f"FINDING in {self.target}: {self.what}\nagain: {again}\n{self.input}\n"


def explore(name: str, target: Target, seed: int, examples: int, count: Counter[str] | None = None) -> Found | None:
    """What one round finds in a target, made small by hypothesis; None where everything held."""
    last: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(target.inputs)
    def holds(drawn: object) -> None:
        if count is not None:
            count[name] += 1
        try:
            target.check(drawn)
        except Finding:
            last[:] = [target.shown(drawn)]
            raise

    try:
        holds()
    except Finding as finding:
        return Found(name, seed, str(finding), last[0])
    except FlakyFailure as error:
        return Found(name, seed, f"not the same the second time: {error}"[:300], last[0] if last else "")
    return None


def rounds(chosen: argparse.Namespace) -> Iterator[int]:
    """The numbers of the rounds, by count or until the time is over."""
    until = time.monotonic() + chosen.minutes * 60
    for number in itertools.count():
        if number >= chosen.rounds if chosen.rounds else time.monotonic() > until:
            return
        yield number


def main(arguments: list[str] | None = None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=0, help="So many rounds, however long they take.")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="Inputs for each target in a round.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=[*TARGETS])
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hepatica-fuzz-cache-") as cache:
        os.environ["HEPATICA_CACHE"] = cache
        return _explored(chosen)


def _explored(chosen: argparse.Namespace) -> int:
    targets = {name: TARGETS[name]() for name in chosen.target or TARGETS}
    found: dict[tuple[str, str], Found] = {}
    count: Counter[str] = Counter()
    for number in rounds(chosen):
        for name, target in targets.items():
            finding = explore(name, target, chosen.seed + number, chosen.examples, count)
            if finding is not None and (name, finding.what) not in found:
                found[name, finding.what] = finding
                print(finding, flush=True)
    print(f"{sum(count.values())} inputs ({', '.join(f'{name} {n}' for name, n in count.items())}): {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
