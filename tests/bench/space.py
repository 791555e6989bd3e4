"""The whole profile space: checked, compared, and still exact for a thousand rules.

    python -m tests.bench.space [--rounds 7] [--rules 1000]

Prints the size of hcc-2016's space; the check (diagrams and a sweep over every point); the comparison with an edited version,
warm, and as a command from cold (the compiled rulesets kept by no earlier run); memory; and the same of a generated ruleset.
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
from hepatica.knowledge import load_ruleset
from tests.assurance.generated import EVERY, a_ruleset, edited, version
from tests.conftest import ROOT

HCC = ROOT / "rulesets" / "hcc-2016"
BEFORE, AFTER = "child_pugh_class: A, cmet: high", 'cmet: high, afp: "> 200"'
MOST_RULES = 9
ONE_COMMAND = """
import sys
from pathlib import Path
from hepatica.cli.main import run
run(sys.argv[1:])
status = Path("/proc/self/status")
if status.exists():
    print(int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024, "MB", file=sys.stderr)
"""


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
    parser.add_argument("--rules", type=int, default=1000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        changed = an_edited_copy(Path(folder) / "hcc-2016")
        hcc(changed, chosen.rounds)
        cold(changed, Path(folder), chosen.rounds)
    generated(chosen.rules)


def an_edited_copy(folder: Path) -> Path:
    """hcc-2016 with one rule of tivantinib changed: another threshold, a condition dropped."""
    shutil.copytree(HCC, folder)
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


def cold(changed: Path, folder: Path, rounds: int) -> None:
    """The commands as whole processes, every run without anything kept from an earlier one."""
    environment = {**os.environ, "HEPATICA_CACHE": "off", "PYTHONPATH": os.pathsep.join([str(ROOT / "engine"), str(ROOT)])}
    for name, arguments in (("diff", ["diff", str(HCC), str(changed)]), ("check", ["check", str(HCC)])):
        memory = ""

        def run(arguments: list[str] = arguments) -> None:
            nonlocal memory
            command = [sys.executable, "-c", ONE_COMMAND, *arguments]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            memory = done.stderr.strip()

        print(f"{f'{name}, command from cold':32} {timed(run, rounds)}; peak {memory or 'not known here'}")


def generated(rules: int) -> None:
    """A generated ruleset over every field, checked, and compared with three edits of it."""
    random = Random(1)
    ruleset = a_ruleset(random, 1, MOST_RULES, EVERY)
    therapies = 1
    while len(ruleset.rules) < rules:
        therapies += max(1, (rules - len(ruleset.rules)) // MOST_RULES)
        ruleset = a_ruleset(Random(1), therapies, MOST_RULES, EVERY)
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
