"""The whole profile space: checked, compared, and still exact for a thousand rules.

    python -m tests.bench.space [--rounds 7] [--rules 50] [--therapies 60] [--thresholds 200] [--against COMMAND]

Prints the size of hcc-2016's space; the check (diagrams and a sweep over every point); the comparison with an edited version,
warm, and as a command from cold (the compiled rulesets kept by no earlier run); memory; and the same of a generated ruleset.
The commands of another installed `hepatica` are measured beside them, on the ruleset that it ships, with `--against`.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from hepatica.assurance.agreement import counts
from hepatica.assurance.check import check
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.assurance.space import space_of
from hepatica.inference import GoalKey
from hepatica.knowledge import Ruleset, load_ruleset
from tests.assurance.generated import EVERY, a_large_ruleset, edited, version
from tests.bench.diff import HCC, an_edited_copy
from tests.bench.processes import command_of, cost

KIND = "condition"
"""The edit: another threshold, and a condition dropped."""


def timed(function: Callable[[], object], rounds: int) -> str:
    """Median and slowest time of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return f"median {statistics.median(times):6.3f} s, slowest {max(times):6.3f} s"


def peak() -> str:
    """The most memory this process has had."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rules", type=int, default=50, help="rules of each therapy of the generated ruleset")
    parser.add_argument("--therapies", type=int, default=60)
    parser.add_argument("--thresholds", type=int, default=200)
    parser.add_argument("--against", metavar="COMMAND", help="another `hepatica` to measure")
    parser.add_argument("--its-ruleset", type=Path, metavar="FOLDER", help="the folder of hcc-2016 that it reads")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        changed = an_edited_copy(HCC, Path(folder) / "hcc-2016", KIND)
        hcc(changed, chosen.rounds)
        cold("this", command_of(), HCC, changed, chosen.rounds)
        if chosen.against:
            its = chosen.its_ruleset or HCC
            other = an_edited_copy(its, Path(folder) / "other" / "hcc-2016", KIND)
            cold("other", command_of(chosen.against), its, other, chosen.rounds)
    generated(a_large_ruleset(Random(1), chosen.therapies, chosen.rules, chosen.thresholds))


def hcc(changed: Path, rounds: int) -> None:
    """Check and compare hcc-2016 in this process."""
    old, new = version(load_ruleset(HCC)), version(load_ruleset(changed))
    space = space_of(old.program.tests, old.fields)
    print(f"hcc-2016: {len(old.ruleset.rules)} rules, {space.profiles:,} profiles, {space.points:,} that a test tells apart")
    rules = [GoalKey("rule", name) for name in old.ruleset.rules]
    print(f"sweep over every point           {timed(lambda: counts(space, old.program, rules), rounds)}")
    print(f"check (both methods)             {timed(lambda: check(old, []), rounds)}; peak {peak()}")
    comparison = diff(old, new)
    print(f"diff, warm                       {timed(lambda: diff(old, new), rounds)}; {size(comparison)}")
    print(f"diff with itself (a proof)       {timed(lambda: diff(old, old), rounds)}")
    print(f"peak {peak()}")


def cold(name: str, command: list[str], ruleset: Path, changed: Path, rounds: int) -> None:
    """The commands as whole processes, every run without anything kept from an earlier one: processor time and memory."""
    for arguments in (["diff", str(ruleset), str(changed)], ["check", str(ruleset)]):
        used = [cost([*command, *arguments], own=name == "this") for _ in range(rounds)]
        seconds, memory = statistics.median(one.seconds for one in used), max(one.memory for one in used)
        print(f"{f'{arguments[0]} from cold, {name}':32} {seconds:6.3f} s of processor time; peak {memory:.0f} MB")


def generated(ruleset: Ruleset) -> None:
    """A generated ruleset, checked, and compared with three edits of it."""
    random = Random(1)
    old = version(ruleset)
    for _ in range(3):
        ruleset = edited(random, ruleset, EVERY)
    new = version(ruleset)
    space = space_of(old.program.tests, old.fields)
    print(f"generated: {len(old.ruleset.rules)} rules, {space.profiles:,} profiles, {space.points:,} that a test tells apart")
    comparison = diff(old, new)
    print(f"diff of three edits              {timed(lambda: diff(old, new), 3)}; {size(comparison)}")
    print(f"check (diagrams)                 {timed(lambda: check(old, []), 1)}; peak {peak()}")


def size(comparison: RulesetDiff) -> str:
    """How much a comparison found."""
    return f"{len(comparison.changes)} changes, {sum(change.profiles for change in comparison.changes):,} profiles"


if __name__ == "__main__":
    main()
