"""Cold: `hepatica evaluate` on one patient as a whole process, against importing the fixed packages and doing nothing.

    python -m tests.bench.cold [--runs 21]

The commands run in pairs, one after the other; the ratio of each pair is taken, and the median of those quoted. CPU time of
the process is counted beside wall time. Byte code is written first, as an installation does.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from tests.conftest import ROOT

PATIENT = "after-sorafenib-met-high"
BARE = [sys.executable, "-c", "import pydantic, click, yaml, durable.lang"]
# As the script `hepatica` that pip installs does it.
EVALUATE = [sys.executable, "-c", "import sys; from hepatica.__main__ import main; sys.exit(main())", "evaluate", PATIENT]
TODAY = [*EVALUATE, "-r", "hcc-2026"]
API = [sys.executable, "-c", f"import hepatica; hepatica.evaluate(hepatica.load(), 'patients/{PATIENT}.yaml')"]


class Cost(NamedTuple):
    """Milliseconds of a process."""

    wall: float
    cpu: float


def cost(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command and say what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    commands = {"bare imports": BARE, "hepatica evaluate": EVALUATE, "under hcc-2026": TODAY, "from Python": API}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HEPATICA_CACHE": f"{folder}/kept"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        first = cost(EVALUATE, environment)
        for command in commands.values():
            cost(command, environment)
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                costs[name].append(cost(command, environment))
    for name, found in costs.items():
        wall = statistics.median(one.wall / bare.wall for one, bare in zip(found, costs["bare imports"], strict=True))
        cpu = statistics.median(one.cpu / bare.cpu for one, bare in zip(found, costs["bare imports"], strict=True))
        fastest = min(one.wall for one in found) / min(one.wall for one in costs["bare imports"])
        middle = statistics.median(one.wall for one in found)
        print(f"{name:18} median {middle:6.1f} ms   x{wall:.2f} wall, x{cpu:.2f} CPU, fastest x{fastest:.2f}")
    pairs = zip(costs["under hcc-2026"], costs["hepatica evaluate"], strict=True)
    print(f"hcc-2026 against hcc-2016: x{statistics.median(now.cpu / then.cpu for now, then in pairs):.2f} CPU")
    print(f"the first run ever, which reads and checks the ruleset: {first.wall:.0f} ms")


if __name__ == "__main__":
    main()
