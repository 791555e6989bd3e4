"""The whole profile space: checked, compared, and still exact for a thousand rules.

    python -m tests.bench.space [--rounds 7] [--rules 50] [--therapies 60] [--thresholds 200] [--against COMMAND]

Prints the size of hcc-2016's space; the check (diagrams and a sweep over every point); the comparison with an edited version,
warm, and as a command from cold (the compiled rulesets kept by no earlier run); memory; and the same of a generated ruleset.
The commands of another installed `hepatica` are measured beside them, on the ruleset that it ships, with `--against`.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from hepatica.assurance.check import check
from hepatica.assurance.diff import RulesetDiff, diff
from hepatica.assurance.space import space_of
from hepatica.assurance.sweep import counts
from hepatica.inference import GoalKey
from hepatica.knowledge import Ruleset, load_ruleset
from tests.assurance.generated import EVERY, a_large_ruleset, edited, version
from tests.conftest import ROOT

HCC = ROOT / "rulesets" / "hcc-2016"
BEFORE, AFTER = "child_pugh_class: A, cmet: high", 'cmet: high, afp: "> 200"'


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
        changed = an_edited_copy(HCC, Path(folder) / "hcc-2016")
        hcc(changed, chosen.rounds)
        own = [sys.executable, "-m", "hepatica"]
        cold("this", own, HCC, changed, chosen.rounds)
        if chosen.against:
            its = chosen.its_ruleset or HCC
            cold("other", [chosen.against], its, an_edited_copy(its, Path(folder) / "other" / "hcc-2016"), chosen.rounds)
    generated(a_large_ruleset(Random(1), chosen.therapies, chosen.rules, chosen.thresholds))


def an_edited_copy(source: Path, folder: Path) -> Path:
    """hcc-2016 with one rule of tivantinib changed: another threshold, a condition dropped."""
    shutil.copytree(source, folder)
    file = folder / "therapies" / "tivantinib.yaml"
    text = file.read_text(encoding="utf-8")
    if BEFORE not in text:
        raise SystemExit(f"{file} no longer says {BEFORE!r}; choose another edit")
    file.write_text(text.replace(BEFORE, AFTER, 1), encoding="utf-8")
    return folder


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
    environment = {**os.environ, "HEPATICA_CACHE": "off"}
    if name == "this":
        environment["PYTHONPATH"] = str(ROOT / "engine")
    for arguments in (["diff", str(ruleset), str(changed)], ["check", str(ruleset)]):
        used = []
        for _ in range(rounds):
            with subprocess.Popen([*command, *arguments], env=environment, stdout=subprocess.DEVNULL) as process:
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = 0
            used.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024))
        seconds, memory = statistics.median(time for time, _ in used), max(peak for _, peak in used)
        print(f"{f'{arguments[0]} from cold, {name}':32} {seconds:6.3f} s of processor time; peak {memory} MB")


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
